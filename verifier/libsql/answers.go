package libsql

import (
	"math"
	"slices"
	"sync"

	"github.com/sekisho-project/sekisho/verifier/libsql/socket"
)

const (
	// maxWaiting bounds the requests of a judged socket that wait for their answer.
	maxWaiting = 16_384
	// noStream stands for the stream of requests that belong to none. They are noted
	// too, so that the answer to one is not taken for that to a request of ours.
	noStream = math.MinInt64
)

// answers keeps the answers of each stream in the order of its requests, also
// where one is the gate's own. The server answers a stream in order.
type answers struct {
	mu      sync.Mutex
	lines   map[int64][]waiting // by stream
	streams map[int32]int64     // by the id of a request that the server has
	held    int                 // answers of ours in all lines, and early ones

	hellos int      // that the server has not answered
	early  [][]byte // answers of ours that no stream keeps back, behind a hello
}

// waiting is a request of a stream: one that the server has, or one with an
// answer of ours for when its turn comes.
type waiting struct {
	id      int32
	rewrite answerRewrite // of the server's answer; nil: it passes
	answer  []byte        // ours
}

// answerRewrite gives what the client gets in place of the server's answer: nil for nothing.
type answerRewrite func(message []byte) ([]byte, error)

var (
	errTwice   = &socket.Close{Code: socket.Policy, Reason: "request_id is in use by a request without an answer"}
	errTooMany = &socket.Close{Code: socket.Policy, Reason: "too many requests without an answer"}
)

// ask notes a request that goes on to the server.
func (a *answers) ask(stream int64, id int32, r answerRewrite) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if _, twice := a.streams[id]; twice {
		return errTwice
	}
	return a.note(stream, id, r)
}

// askOwn notes a request of ours, under an id that no request has.
func (a *answers) askOwn(stream int64, r answerRewrite) (id int32, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	id = math.MinInt32
	for _, taken := a.streams[id]; taken; _, taken = a.streams[id] {
		id++
	}
	return id, a.note(stream, id, r)
}

// note needs the lock.
func (a *answers) note(stream int64, id int32, r answerRewrite) error {
	if len(a.streams)+a.held >= maxWaiting {
		return errTooMany
	}
	if a.streams == nil {
		a.streams, a.lines = map[int32]int64{}, map[int64][]waiting{}
	}
	a.streams[id] = stream
	a.lines[stream] = append(a.lines[stream], waiting{id: id, rewrite: r})
	return nil
}

// refuse gives the answer back if the client may have it now, and else keeps it.
func (a *answers) refuse(stream int64, answer []byte) (now []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	line := a.lines[stream]
	if len(line) == 0 {
		return a.own(answer)
	}
	if len(a.streams)+a.held >= maxWaiting {
		return nil, errTooMany
	}
	a.held++
	a.lines[stream] = append(line, waiting{answer: answer})
	return nil, nil
}

// ofNoStream is refuse for a request that belongs to no stream.
func (a *answers) ofNoStream(answer []byte) (now []byte, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.own(answer)
}

// own gives an answer of ours back, unless a hello has to be answered first:
// clients that do not wait for that take any other message for a fault. It needs
// the lock.
func (a *answers) own(answer []byte) (now []byte, err error) {
	if a.hellos == 0 {
		return answer, nil
	}
	if len(a.streams)+a.held >= maxWaiting {
		return nil, errTooMany
	}
	a.held++
	a.early = append(a.early, answer)
	return nil, nil
}

// greet notes a hello that goes on to the server.
func (a *answers) greet() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.hellos++
}

// greeted notes that the server has answered a hello, and gives our answers that
// come next.
func (a *answers) greeted() (after [][]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.hellos = max(0, a.hellos-1); a.hellos > 0 {
		return nil
	}
	after, a.early = a.early, nil
	a.held -= len(after)
	return after
}

// idle reports that the server owes no answer that matters here.
func (a *answers) idle() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.streams) == 0 && a.hellos == 0
}

// answered takes out a request that the server has answered, and our answers that
// come next.
func (a *answers) answered(id int32) (r answerRewrite, after [][]byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	stream, ok := a.streams[id]
	if !ok {
		return nil, nil
	}
	delete(a.streams, id)
	line := a.lines[stream]
	i := slices.IndexFunc(line, func(w waiting) bool { return w.answer == nil && w.id == id })
	r = line[i].rewrite
	line = slices.Delete(line, i, i+1)
	for len(line) > 0 && line[0].answer != nil {
		after, line = append(after, line[0].answer), line[1:]
		a.held--
	}
	a.lines[stream] = line
	if len(line) == 0 {
		delete(a.lines, stream)
	}
	return r, after
}
