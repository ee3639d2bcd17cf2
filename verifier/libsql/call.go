package libsql

import (
	"errors"
	"net/http"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/rpc"
)

// call is a method of the services that embedded replicas use.
type call struct {
	writes  bool      // or may do so
	message rewrite   // of the one message of the request; nil: a stream of messages, which passes
	sql     fieldPath // in that message, nil: there is none
	answer  rewrite   // of the one message of the answer; nil: it passes
}

// rewrite gives what goes on in place of a message.
type rewrite func(o owner, message []byte) ([]byte, error)

const (
	replicationPrefix = "/wal_log.ReplicationLog/"
	proxyPrefix       = "/proxy.Proxy/"
)

// calls are open if replication is allowed. sqld checks for those of ReplicationLog
// that there is a valid token, but not for which database it is, and for
// Disconnect nothing at all.
var calls = map[string]call{
	replicationPrefix + "Hello":           {message: hello, answer: withoutConfig},
	replicationPrefix + "LogEntries":      {message: unchanged},
	replicationPrefix + "BatchLogEntries": {message: unchanged},
	replicationPrefix + "Snapshot":        {message: unchanged},
	proxyPrefix + "Execute":               {message: execution, sql: fieldPath{2, 1, 2, 1}, writes: true}, // pgm, steps, query, stmt
	proxyPrefix + "Describe":              {message: withOwnClient, sql: fieldPath{2}, writes: true},      // stmt
	proxyPrefix + "Disconnect":            {message: withOwnClient, writes: true},
	proxyPrefix + "StreamExec":            {writes: true},
}

// isCall reports a path of the two services.
func isCall(r *http.Request) bool {
	path := r.URL.EscapedPath()
	return strings.HasPrefix(path, replicationPrefix) || strings.HasPrefix(path, proxyPrefix)
}

// serveCall lets a call of an embedded replica through, or refuses it in the form
// that it was made in. Faults stay plain HTTP, which clients understand too, so
// that the caller of the gate hears of them.
func (g *Gate) serveCall(w http.ResponseWriter, r *http.Request, database string, next Next) (refusal.Reason, error) {
	form := rpc.FormOf(r)
	err := g.passCall(w, r, form, database, next)
	refused, ok := errors.AsType[*refusal.Refusal](err)
	if !ok {
		return refusal.Allowed, err
	}
	if form == rpc.None || refused.Status >= http.StatusInternalServerError {
		return refused.Reason, refused
	}
	rpc.Deny(w, form, rpc.StatusOf(refused.Status), refused.Message+" ("+string(refused.Code)+")")
	return refused.Reason, nil
}

func (g *Gate) passCall(w http.ResponseWriter, r *http.Request, form rpc.Form, database string, next Next) error {
	grant, err := g.authenticator.Authenticate(withAuthorization(r))
	if err != nil {
		return err
	}
	if !g.reaches(grant, database) {
		return unreachable()
	}
	c, refused := g.findCall(r, form)
	if refused != nil {
		return refused
	}
	if c.writes && g.judges(grant) {
		if c, refused = g.judgedCall(c, grant); refused != nil {
			return refused
		}
	}
	credential, err := g.tokens.For(database, grant.Access, g.attachable(grant))
	if err != nil {
		return refusal.Internal(err)
	}
	out, o := forwardCall(r, form, database, credential), newOwner(grant, database)
	if c.message != nil {
		out.Body = g.lasting(out.Body, grant, database)
		if err := g.rewriteCall(out, form, o, c.message); err != nil {
			return err
		}
	}
	if c.answer != nil {
		next = rewriteReply(next, o, c.answer)
	}
	return g.whileGood(w, out, grant, database, next)
}

// withAuthorization is r with X-Authorization in place of Authorization, if only
// the former is there: libSQL's client sends it instead.
func withAuthorization(r *http.Request) *http.Request {
	if len(r.Header["Authorization"]) > 0 || len(r.Header["X-Authorization"]) == 0 {
		return r
	}
	moved := r.WithContext(r.Context())
	moved.Header = r.Header.Clone()
	moved.Header["Authorization"] = r.Header["X-Authorization"]
	delete(moved.Header, "X-Authorization")
	return moved
}

// findCall finds the open call of a request, or says what is not open.
func (g *Gate) findCall(r *http.Request, form rpc.Form) (call, *refusal.Refusal) {
	path := r.URL.EscapedPath()
	c, ok := calls[path]
	switch {
	case len(r.Header["Upgrade"]) > 0:
		return call{}, closed(upgradeClosed)
	case !g.allow.Replication:
		return call{}, closed(whyClosed(path))
	case !ok:
		return call{}, closed("This call is not open here. Embedded replicas do not make it.")
	case r.Method != http.MethodPost:
		return call{}, refusal.Method("POST")
	case encoded(r.Header):
		return call{}, refusal.NotUnderstood("Send the body without Content-Encoding.", nil)
	case form == rpc.None:
		return call{}, refusal.NotUnderstood("This is no call. Send application/grpc-web, or application/grpc over HTTP/2.", nil)
	}
	return c, nil
}

// judgedCall is c for a token whose SQL is judged, which none may be that writes
// and comes with a read-only token or in a stream.
func (g *Gate) judgedCall(c call, grant *token.Grant) (call, *refusal.Refusal) {
	switch {
	case grant.Access != token.FullAccess:
		return call{}, readOnlyReplica()
	case c.message == nil:
		return call{}, streamOfStatements()
	case c.sql != nil:
		c.message = judged(g.newRuling(grant), c.sql, c.message)
	}
	return c, nil
}

// forwardCall is r as the server may see it. The session token, which sqld hands
// to whoever says hello, opens nothing.
func forwardCall(r *http.Request, form rpc.Form, database, credential string) *http.Request {
	out := forward(r, database, credential)
	h := out.Header
	h.Set("Content-Type", form.ContentType())
	h.Set("Accept", form.ContentType())
	h.Set("Accept-Encoding", "identity")
	if form == rpc.GRPC {
		h.Set("Te", "trailers")
	}
	if session := r.Header.Get("X-Session-Token"); session != "" {
		h.Set("X-Session-Token", session)
	}
	return out
}
