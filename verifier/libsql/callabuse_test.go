package libsql_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// abuse is a call that must not reach the server.
type abuse struct {
	name, path, database string
	body                 []byte
	headers              []string
	status               int // of gRPC
	reason               refusal.Reason
	says                 string
}

var (
	asFull     = []string{"Authorization", "Bearer full"}
	asRead     = []string{"X-Authorization", "Bearer read"}
	someClient = framed(program("SELECT 1"))
)

var abuses = []abuse{
	{name: "no token", path: syncing + "Hello", status: 16, reason: refusal.Missing, says: "AUTH_HTTP_HEADER_MISSING"},
	{name: "no token to disconnect", path: proxied + "Disconnect", body: someClient, status: 16, reason: refusal.Missing, says: "AUTH_HTTP_HEADER_MISSING"},
	{name: "a forged token", path: syncing + "Hello", headers: []string{"X-Authorization", "Bearer forged"}, status: 16, reason: refusal.BadSignature, says: "AUTH_JWT_INVALID"},
	{name: "a token in no header of ours", path: syncing + "Hello", headers: []string{"X-Proxy-Authorization", "Bearer full"}, status: 16, reason: refusal.Missing},
	{
		name: "both headers", path: syncing + "Hello", headers: append([]string{"X-Authorization", "Bearer full"}, asFull...),
		status: 3, reason: refusal.Multiple, says: "AUTH_MULTIPLE_CREDENTIALS",
	},
	{
		name: "two tokens in one header", path: syncing + "Hello", headers: []string{"X-Authorization", "Bearer full", "X-Authorization", "Bearer read"},
		status: 3, reason: refusal.Multiple,
	},
	{
		name: "a token beside X-Proxy-Authorization", path: syncing + "Hello", headers: append([]string{"X-Proxy-Authorization", "FullAccess"}, asRead...),
		status: 3, reason: refusal.Multiple,
	},
	{
		name: "another database", path: syncing + "BatchLogEntries", database: "other-db", headers: asFull,
		status: 7, reason: refusal.Unreachable, says: "does not reach this database",
	},
	{
		name: "another database that the headers call ours", path: syncing + "BatchLogEntries", database: "other-db",
		headers: append([]string{"X-Namespace-Bin", "bXktZGI", "X-Namespace", "my-db"}, asFull...), status: 7, reason: refusal.Unreachable,
	},
	{name: "a database that is none", path: proxied + "Execute", database: "no-such-db", headers: asFull, body: someClient, status: 7, reason: refusal.Unreachable},
	{name: "a read-only token that executes", path: proxied + "Execute", headers: asRead, body: someClient, status: 7, reason: refusal.ReadOnlyToken, says: "TOKEN_READ_ONLY"},
	{name: "a read-only token that describes", path: proxied + "Describe", headers: asRead, body: someClient, status: 7, reason: refusal.ReadOnlyToken},
	{name: "a read-only token that disconnects", path: proxied + "Disconnect", headers: asRead, body: someClient, status: 7, reason: refusal.ReadOnlyToken},
	{name: "a read-only token that streams", path: proxied + "StreamExec", headers: asRead, status: 7, reason: refusal.ReadOnlyToken},
	{
		name: "a token without access that executes", path: proxied + "Execute", headers: []string{"Authorization", "Bearer neither"}, body: someClient,
		status: 7, reason: refusal.ReadOnlyToken,
	},
	{name: "an unknown method", path: syncing + "Hello2", headers: asFull, status: 12, reason: refusal.Route, says: "not open"},
	{name: "a method in another case", path: proxied + "execute", headers: asFull, status: 12, reason: refusal.Route},
	{name: "a method below a method", path: proxied + "Execute/", headers: asFull, status: 12, reason: refusal.Route},
	{name: "an encoded method", path: syncing + "H%65llo", headers: asFull, status: 12, reason: refusal.Route},
	{name: "no method", path: syncing, headers: asFull, status: 12, reason: refusal.Route},
	{name: "an encoded body", path: syncing + "Hello", headers: append([]string{"Content-Encoding", "gzip"}, asFull...), status: 3, reason: refusal.BadRequestBody},
	{name: "no message", path: proxied + "Execute", headers: asFull, status: 3, reason: refusal.BadRequestBody},
	{name: "half a frame", path: proxied + "Execute", headers: asFull, body: []byte{0, 0, 0}, status: 3, reason: refusal.BadRequestBody},
	{name: "half a message", path: proxied + "Execute", headers: asFull, body: []byte{0, 0, 0, 0, 9, 1}, status: 3, reason: refusal.BadRequestBody},
	{name: "a length beyond all", path: proxied + "Execute", headers: asFull, body: []byte("\x00\xff\xff\xff\xff1"), status: 3, reason: refusal.BadRequestBody},
	{name: "a compressed message", path: proxied + "Execute", headers: asFull, body: append([]byte{1}, someClient[1:]...), status: 3, reason: refusal.BadRequestBody},
	{name: "two messages", path: proxied + "Execute", headers: asFull, body: append(someClient[:len(someClient):len(someClient)], someClient...), status: 3, reason: refusal.BadRequestBody},
	{name: "trailers behind the message", path: proxied + "Execute", headers: asFull, body: append(someClient[:len(someClient):len(someClient)], webTrailers...), status: 3, reason: refusal.BadRequestBody},
	{name: "no program", path: proxied + "Execute", headers: asFull, body: framed(field(nil, 1, "client")), status: 3, reason: refusal.BadRequestBody},
	{name: "no protobuf", path: proxied + "Execute", headers: asFull, body: framed([]byte("\xff\xff")), status: 3, reason: refusal.BadRequestBody},
	{name: "a number for a client", path: proxied + "Disconnect", headers: asFull, body: framed([]byte{0x08, 1}), status: 3, reason: refusal.BadRequestBody},
	{name: "a group for a client", path: proxied + "Disconnect", headers: asFull, body: framed([]byte{0x0b, 0x0c}), status: 3, reason: refusal.BadRequestBody},
	{name: "a body over the limit", path: proxied + "Execute", headers: asFull, body: make([]byte, 1<<20+1), status: 8, reason: refusal.TooLarge, says: "1 MiB"},
}

func TestCallsThatAreRefusedNeverReachTheServer(t *testing.T) {
	for _, contentType := range []string{grpcType, webType} {
		for _, a := range abuses {
			t.Run(a.name+" as "+contentType, func(t *testing.T) {
				s := newReplication(t, allowAll)
				if a.database != "" {
					s.database = a.database
				}
				got := s.call(a.path, contentType, a.body, a.headers...)
				reason, err := s.decided()
				if got.http != 200 || got.status != a.status || got.message != "" || reason != a.reason || err != nil || !strings.Contains(got.detail, a.says) {
					t.Errorf("%+v, %s, %v", got, reason, err)
				}
				if len(s.requests()) != 0 {
					t.Errorf("the server got %+v", s.requests())
				}
			})
		}
	}
}

func TestWhatIsNoCallIsRefusedInJSON(t *testing.T) {
	for _, c := range []struct {
		line, contentType string
		status            int
	}{
		{"POST " + syncing + "Hello", "", 400},
		{"POST " + syncing + "Hello", "application/json", 400},
		{"POST " + syncing + "Hello", "application/grpc", 400},
		{"POST " + syncing + "Hello", "application/grpc+proto", 400},
		{"POST " + syncing + "Hello", "application/grpc+json", 400},
		{"POST " + syncing + "Hello", "application/grpc-web-text", 400},
		{"POST " + syncing + "Hello", "application/grpc-web-text+proto", 400},
		{"POST " + syncing + "Hello", "application/grpc-web+thrift", 400},
		{"POST " + syncing + "Hello", "application/grpc-web; charset=utf-8", 400},
		{"POST " + syncing + "Hello", webType + "\r\nContent-Type: " + webType, 400},
		{"GET " + syncing + "Hello", "text/plain", 405},
		{"OPTIONS " + syncing + "Hello", "text/plain", 405},
	} {
		s := newReplication(t, allowAll)
		response, body := s.send(c.line, "full", "", "Content-Type: "+c.contentType)
		if response.StatusCode != c.status || response.Header.Get("Content-Type") != "application/json" || len(s.requests()) != 0 {
			t.Errorf("%s as %q: %d %s", c.line, c.contentType, response.StatusCode, body)
		}
	}
}

func TestNoCallIsUpgraded(t *testing.T) {
	s := newReplication(t, allowAll)
	response, body := s.send("POST "+syncing+"Hello", "full", string(framed(nil)), "Content-Type: "+webType, "Connection: Upgrade", "Upgrade: h2c")
	if a := readAnswer(response, body); a.status != 12 || len(s.requests()) != 0 {
		t.Errorf("%+v", a)
	}
}

func TestReplicationIsClosedInWordsUnlessAllowed(t *testing.T) {
	for _, contentType := range []string{grpcType, webType} {
		for _, path := range []string{syncing + "Hello", syncing + "Snapshot", proxied + "Execute", proxied + "Disconnect", proxied + "X"} {
			s := newReplication(t, libsql.Allow{Dump: true, Listen: true})
			if got := s.call(path, contentType, someClient, asFull...); got.status != 12 || !strings.Contains(got.detail, "without a sync URL") || len(s.requests()) != 0 {
				t.Errorf("%s: %+v", path, got)
			}
		}
	}
}

func TestAFaultOfOursStaysPlainHTTP(t *testing.T) {
	s := newReplication(t, allowAll)
	s.gate = newGate(t, libsql.Options{Allow: allowAll, Tokens: libsql.NewUpstreamTokens(&counter{err: errors.New("no key")}, nil)})
	got := s.call(syncing+"Hello", webType, framed(nil), asFull...)
	if reason, err := s.decided(); got.http != http.StatusInternalServerError || reason != refusal.Fault || err == nil {
		t.Errorf("%+v, %s, %v", got, reason, err)
	}
}
