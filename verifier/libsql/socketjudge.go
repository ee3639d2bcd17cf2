package libsql

import (
	"context"
	"errors"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/socket"
)

// judge decides about a request of a token that is not trusted.
func (s *session) judge(ctx context.Context, envelope hrana.Envelope) (socket.Outcome, error) {
	request, err := s.codec.DecodeSocketRequest(envelope.Request)
	if err != nil {
		return socket.Outcome{}, s.notUnderstood(err)
	}
	s.ruling.left, s.ruling.denied = s.gate.codec.MaxSteps, false
	if err := s.awaitLock(ctx); err != nil {
		return socket.Outcome{}, err
	}
	goesOn, refused := s.ruling.socketRequest(request)
	if refused != nil {
		return s.refuse(envelope.RequestID, request, *refused)
	}
	s.gate.observe(refusal.Allowed)
	if goesOn == nil { // to close a cursor that is not there
		now, err := s.answers.ofNoStream(s.codec.ResponseCursorClosed(envelope.RequestID))
		return socket.Outcome{Answer: now}, err
	}
	return s.forward(envelope.RequestID, request, goesOn)
}

// forward sends a request on, and what locks a stream behind one that opens it.
func (s *session) forward(id int32, request, goesOn hrana.SocketRequest) (socket.Outcome, error) {
	if err := s.answers.ask(streamOf(request), id, s.rewriteOf(request, goesOn)); err != nil {
		return socket.Outcome{}, err
	}
	encoded, err := s.codec.EncodeSocketRequest(id, goesOn)
	if err != nil {
		return socket.Outcome{}, err
	}
	messages := [][]byte{encoded}
	if opens, ok := request.(hrana.OpenStream); ok && s.ruling.readOnly {
		messages, err = s.lock(messages, opens.Stream)
	}
	return socket.Outcome{Forward: messages}, err
}

// refuse answers a request in its turn. To store a text succeeds, as in
// [exchange.refusedResult], and each use of it fails.
func (s *session) refuse(id int32, request hrana.SocketRequest, refused hrana.Error) (socket.Outcome, error) {
	reason := refusal.BadRequestBody
	if s.ruling.denied {
		reason = s.ruling.reason()
	}
	s.gate.observe(reason)
	answer := s.codec.ResponseError(id, refused)
	if store, ok := request.(hrana.StoreSQL); ok && s.ruling.refused[store.ID] != nil {
		answer = s.codec.ResponseStored(id)
	}
	stream := streamOf(request)
	if stream == noStream {
		now, err := s.answers.ofNoStream(answer)
		return socket.Outcome{Answer: now}, err
	}
	now, err := s.answers.refuse(stream, answer)
	return socket.Outcome{Answer: now}, err
}

// rewriteOf is for a sequence that goes on as a batch.
func (s *session) rewriteOf(request, goesOn hrana.SocketRequest) answerRewrite {
	was, ok := request.(hrana.OnStream)
	if !ok {
		return nil
	}
	_, sequence := was.Request.(hrana.Sequence)
	_, batch := goesOn.(hrana.OnStream).Request.(hrana.RunBatch)
	if !sequence || !batch {
		return nil
	}
	return s.codec.SequenceAnswer
}

// FromServer implements [socket.Session].
func (s *session) FromServer(head []byte) (socket.Passage, error) {
	if s.answers.idle() {
		return socket.Passage{}, nil
	}
	kind, id, err := s.codec.PeekServer(head)
	if err != nil {
		return socket.Passage{}, errAnswer
	}
	if kind != hrana.ServerRequest {
		return socket.Passage{After: s.answers.greeted()}, nil
	}
	rewrite, after := s.answers.answered(id)
	s.rewrite = rewrite
	return socket.Passage{Hold: rewrite != nil, After: after}, nil
}

// Rewrite implements [socket.Session].
func (s *session) Rewrite(message []byte) ([]byte, error) {
	rewritten, err := s.rewrite(message)
	if errors.Is(err, hrana.ErrResponse) {
		return nil, errAnswer
	}
	return rewritten, err
}

var errAnswer = &socket.Close{Code: socket.Fault, Reason: "the database server's answer is not understood"}
