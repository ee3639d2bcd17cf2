package libsql

import (
	"iter"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// maxNames bounds the streams, texts and cursors that a judged socket has open, each.
const maxNames = 1024

// socketRuling judges the requests of a socket, from a hello whose token is to be
// judged to one whose token is not. Streams, texts and cursors from before were
// not judged, so they are as if they were not there.
type socketRuling struct {
	*ruling
	streams, texts, cursors names
}

type names map[int32]struct{}

func (n names) has(name int32) bool { _, ok := n[name]; return ok }

// add refuses a name for which there is no room.
func (n names) add(name int32) *hrana.Error {
	if len(n) >= maxNames {
		return &hrana.Error{Message: "The connection has too many streams, texts or cursors open.", Code: string(refusal.BodyTooLarge)}
	}
	n[name] = struct{}{}
	return nil
}

func (g *Gate) newSocketRuling(grant *token.Grant) *socketRuling {
	return &socketRuling{ruling: g.newRuling(grant), streams: names{}, texts: names{}, cursors: names{}}
}

func unknown(what string) *hrana.Error {
	return &hrana.Error{Message: "There is no such " + what + " under this token.", Code: string(refusal.BadRequest)}
}

// socketRequest judges one request and gives what goes on in its place.
func (j *socketRuling) socketRequest(r hrana.SocketRequest) (goesOn hrana.SocketRequest, refused *hrana.Error) {
	switch r := r.(type) {
	case hrana.OpenStream:
		return r, j.streams.add(r.Stream)
	case hrana.CloseStream:
		if !j.streams.has(r.Stream) {
			return nil, unknown("stream")
		}
		delete(j.streams, r.Stream)
		return r, nil
	case hrana.OnStream:
		return j.onStream(r)
	case hrana.OpenCursor:
		return j.openCursor(r)
	case hrana.FetchCursor:
		if !j.cursors.has(r.Cursor) {
			return nil, unknown("cursor")
		}
		return r, nil
	case hrana.CloseCursor:
		if !j.cursors.has(r.Cursor) {
			return nil, nil
		}
		delete(j.cursors, r.Cursor)
		return r, nil
	case hrana.StoreSQL:
		return j.storeSQL(r)
	case hrana.CloseSQL:
		delete(j.texts, r.ID)
		delete(j.refused, r.ID)
		return r, nil
	default:
		return nil, unknown("request")
	}
}

func (j *socketRuling) onStream(r hrana.OnStream) (hrana.SocketRequest, *hrana.Error) {
	if !j.streams.has(r.Stream) {
		return nil, unknown("stream")
	}
	if refused := j.judged(storedTexts(r.Request)); refused != nil {
		return nil, refused
	}
	goesOn, refused := j.request(r.Request)
	r.Request = goesOn
	return r, refused
}

func (j *socketRuling) openCursor(r hrana.OpenCursor) (hrana.SocketRequest, *hrana.Error) {
	if !j.streams.has(r.Stream) {
		return nil, unknown("stream")
	}
	if refused := j.judged(storedTexts(hrana.RunBatch{Batch: r.Batch})); refused != nil {
		return nil, refused
	}
	if _, refused := j.batch(&r.Batch); refused != nil {
		return nil, refused
	}
	return r, j.cursors.add(r.Cursor)
}

func (j *socketRuling) storeSQL(r hrana.StoreSQL) (hrana.SocketRequest, *hrana.Error) {
	delete(j.texts, r.ID)
	stored, refused := j.store(r)
	if refused != nil {
		return nil, refused
	}
	return stored, j.texts.add(r.ID)
}

// judged refuses texts that were stored when nothing was judged. Those that were
// refused when they were stored are refused again by the ruling.
func (j *socketRuling) judged(texts iter.Seq[int32]) *hrana.Error {
	for id := range texts {
		if !j.texts.has(id) && j.refused[id] == nil {
			return unknown("stored text")
		}
	}
	return nil
}

// storedTexts are the texts that a request names by their ids.
func storedTexts(r hrana.Request) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		visit := func(t hrana.Text) bool { return t.Stored == nil || yield(*t.Stored) }
		switch r := r.(type) {
		case hrana.Execute:
			visit(r.Stmt.Text)
		case hrana.Sequence:
			visit(r.Text)
		case hrana.Describe:
			visit(r.Text)
		case hrana.RunBatch:
			for i := range r.Batch.Steps {
				if !visit(r.Batch.Steps[i].Stmt.Text) {
					return
				}
			}
		}
	}
}

// streamOf is the stream that a request waits for, or noStream.
func streamOf(r hrana.SocketRequest) int64 {
	switch r := r.(type) {
	case hrana.OpenStream:
		return int64(r.Stream)
	case hrana.CloseStream:
		return int64(r.Stream)
	case hrana.OnStream:
		return int64(r.Stream)
	case hrana.OpenCursor:
		return int64(r.Stream)
	default:
		return noStream
	}
}
