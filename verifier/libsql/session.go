package libsql

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/socket"
)

const (
	// helloTimeout is how long a client may stay without having shown a token.
	helloTimeout = 10 * time.Second
	// maxHello bounds the messages of a client that has not shown a token, in bytes.
	maxHello = token.MaxJWTLength + 1024
)

// session is what the gate knows about a socket. The grant holds from one hello
// to the next. sqld is shown a token of the gate's own in place of the client's;
// that it ends after minutes does not matter, as sqld looks at it in a hello only,
// and the gate ends the socket when the grant does.
type session struct {
	gate     *Gate
	upgrade  *http.Request
	database string
	codec    hrana.SocketCodec
	deadline time.Time // for the first hello

	grant   atomic.Pointer[token.Grant] // nil: a stranger
	known   sync.Once                   // no stranger any more, or gone
	counted sync.Once                   // the reason of the socket's end

	ruling  *socketRuling // nil: requests pass as they are
	locked  chan struct{} // closed when the last stream that was opened is known to be locked
	answers answers
	rewrite answerRewrite // of the server's message that is held
}

func (g *Gate) newSession(upgrade *http.Request, database string, codec hrana.SocketCodec) *session {
	g.strangers.Add(1)
	return &session{gate: g, upgrade: upgrade, database: database, codec: codec, deadline: g.now().Add(helloTimeout)}
}

func (s *session) release() { s.known.Do(func() { s.gate.strangers.Add(-1) }) }

// MaxMessage implements [socket.Session].
func (s *session) MaxMessage() int64 {
	if s.grant.Load() == nil {
		return maxHello
	}
	return s.gate.maxBody
}

// FromClient implements [socket.Session].
func (s *session) FromClient(ctx context.Context, message []byte) (socket.Outcome, error) {
	envelope, err := s.codec.DecodeEnvelope(message)
	switch {
	case err != nil:
		return socket.Outcome{}, s.notUnderstood(err)
	case envelope.Hello != nil:
		return s.hello(envelope.Hello.JWT), nil
	case s.grant.Load() == nil:
		s.gate.observe(refusal.Missing)
		return socket.Outcome{}, &socket.Close{Code: socket.Policy, Reason: "Received a request before hello message"}
	}
	if err := s.Recheck(); err != nil {
		return socket.Outcome{}, err
	}
	if s.ruling == nil {
		s.gate.observe(refusal.Allowed)
		return socket.Outcome{Forward: [][]byte{s.codec.EncodeEnvelope(envelope.RequestID, envelope.Request)}}, nil
	}
	return s.judge(ctx, envelope)
}

// hello checks the token of a client, and shows the server another.
func (s *session) hello(jwt string) socket.Outcome {
	grant, err := s.authenticate(jwt)
	if err != nil {
		return s.turnAway(refusal.From(err))
	}
	if leftAttached(s.grant.Load(), grant) {
		return s.turnAway(anotherAttached())
	}
	credential, err := s.gate.tokens.For(s.database, grant.Access, s.gate.attachable(grant))
	if err != nil {
		return s.turnAway(refusal.Internal(err))
	}
	switch readOnly := grant.Access != token.FullAccess; {
	case !s.gate.judges(grant):
		s.ruling = nil
	case s.ruling == nil, s.ruling.readOnly != readOnly:
		s.ruling = s.gate.newSocketRuling(grant)
	default:
		s.ruling.attachable = s.gate.attachable(grant)
	}
	if s.grant.Swap(grant) == nil {
		s.release()
		s.gate.onFirstHello(s.upgrade, grant)
	}
	s.answers.greet()
	return socket.Outcome{Forward: [][]byte{s.codec.EncodeHello(hrana.Hello{JWT: credential})}}
}

// leftAttached reports whether streams may have attached what the next token may not:
// the server looks at a token's rights when it attaches, and never again.
func leftAttached(before, next *token.Grant) bool {
	return before != nil && slices.ContainsFunc(before.ReadAttach, func(database string) bool {
		return !slices.Contains(next.ReadAttach, database)
	})
}

func (s *session) authenticate(jwt string) (*token.Grant, error) {
	if jwt == "" {
		return nil, noTokenInHello()
	}
	grant, err := s.gate.authenticator.Verify(jwt)
	if err != nil {
		return nil, err
	}
	if !s.gate.reaches(grant, s.database) {
		return nil, unreachable()
	}
	return grant, nil
}

// turnAway ends a socket as sqld does, whose close code is not an error.
func (s *session) turnAway(r *refusal.Refusal) socket.Outcome {
	s.gate.observe(r.Reason)
	answer := s.codec.HelloError(hrana.Error{Message: "Authentication failed: " + r.Message, Code: string(r.Code)})
	end := &socket.Close{Code: socket.Normal, Reason: r.Message}
	if r.RetryAfter > 0 {
		end.Code = socket.TryAgain
	}
	return socket.Outcome{Answer: answer, Close: end}
}

// notUnderstood ends a socket because of a message that the decoder refused.
func (s *session) notUnderstood(err error) error {
	if errors.Is(err, hrana.ErrTooMany) {
		s.gate.observe(refusal.TooLarge)
		return &socket.Close{Code: socket.TooBig, Reason: "the request holds too many statements"}
	}
	s.gate.observe(refusal.BadRequestBody)
	return &socket.Close{Code: socket.NotConsistent, Reason: err.Error()}
}

// Recheck implements [socket.Session].
func (s *session) Recheck() error {
	grant := s.grant.Load()
	switch {
	case grant != nil:
		return s.recheck(grant)
	case s.gate.now().Before(s.deadline):
		return nil
	}
	s.observeEnd(refusal.Missing)
	return &socket.Close{Code: socket.Policy, Reason: "no hello message within " + helloTimeout.String()}
}

func (s *session) recheck(grant *token.Grant) error {
	err := s.gate.recheck(grant, s.database)
	if err == nil {
		return nil
	}
	refused := refusal.From(err)
	s.observeEnd(refused.Reason)
	return endOf(refused)
}

// observeEnd counts why a socket ends, which two goroutines may find out at once.
func (s *session) observeEnd(reason refusal.Reason) {
	s.counted.Do(func() { s.gate.observe(reason) })
}

// endOf says why a token that was good is so no more. Its holder may know.
func endOf(r *refusal.Refusal) *socket.Close {
	reason := r.Message
	switch r.Reason {
	case refusal.Expired:
		reason = "token expired"
	case refusal.Revoked:
		reason = "token revoked"
	case refusal.Rotated:
		reason = "token revoked by rotation"
	}
	if r.RetryAfter > 0 {
		return &socket.Close{Code: socket.TryAgain, Reason: reason}
	}
	return &socket.Close{Code: socket.Policy, Reason: reason}
}
