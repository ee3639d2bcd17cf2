package libsql

import (
	"context"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/socket"
)

// lock adds [lockRequests] behind the request that opens a stream. The server
// answers them before anything else on the stream, and the socket ends if the
// lock is not honoured. At a server that is not known to honour it, the client's
// next request waits for that.
func (s *session) lock(messages [][]byte, stream int32) ([][]byte, error) {
	locked := make(chan struct{})
	rewrites := []answerRewrite{nothing, func(answer []byte) ([]byte, error) { return nil, s.checkLock(answer, locked) }}
	for i, request := range lockRequests {
		id, err := s.answers.askOwn(int64(stream), rewrites[i])
		if err != nil {
			return nil, err
		}
		message, err := s.codec.EncodeSocketRequest(id, hrana.OnStream{Stream: stream, Request: request})
		if err != nil {
			return nil, err
		}
		messages = append(messages, message)
	}
	if s.locked = locked; s.gate.locks.trusts(s.database) {
		s.locked = nil
	}
	return messages, nil
}

// nothing withholds an answer that is not the client's.
func nothing([]byte) ([]byte, error) { return nil, nil }

func (s *session) checkLock(answer []byte, locked chan<- struct{}) error {
	value, err := s.codec.AnswerValue(answer)
	honoured := err == nil && value == int64(1)
	s.gate.locks.saw(s.database, honoured)
	if !honoured && !s.gate.allowUnlocked {
		s.observeEnd(refusal.Fault)
		return &socket.Close{Code: socket.Fault, Reason: string(refusal.ReadOnlyUnenforced) + ": the database server did not make the stream read-only"}
	}
	close(locked)
	return nil
}

func (s *session) awaitLock(ctx context.Context) error {
	if s.locked == nil {
		return nil
	}
	select {
	case <-s.locked:
		s.locked = nil
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
