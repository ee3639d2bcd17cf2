package libsql

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// judgeCursor judges a batch whose rows are streamed back. A refused step ends
// the answer before anything ran, which leaves the stream and its baton as they were.
func (g *Gate) judgeCursor(x exchange, body []byte) (refusal.Reason, error) {
	cursor, err := g.codec.DecodeCursor(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling()
	if step, refused := ruling.batch(&cursor.Batch); refused != nil {
		answer(x.w, http.StatusOK, "text/plain", g.codec.FailedCursor(cursor.Baton, step, *refused))
		return ruling.reason(), nil
	}
	return x.send(g.codec.EncodeCursor(cursor))
}

func (g *Gate) judgeExecute(x exchange, body []byte) (refusal.Reason, error) {
	stmt, err := g.codec.DecodeExecute(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling()
	if refused := ruling.stmt(stmt); refused != nil {
		return g.answerStateless(x, ruling, *refused)
	}
	return x.send(g.codec.EncodeExecute(stmt))
}

func (g *Gate) judgeBatch(x exchange, body []byte) (refusal.Reason, error) {
	batch, err := g.codec.DecodeBatch(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling()
	if _, refused := ruling.batch(batch); refused != nil {
		return g.answerStateless(x, ruling, *refused)
	}
	return x.send(g.codec.EncodeBatch(batch))
}

func (g *Gate) judgeLegacy(x exchange, body []byte) (refusal.Reason, error) {
	legacy, err := g.codec.DecodeLegacy(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling()
	for i := range legacy.Statements {
		if refused := ruling.stmt(&legacy.Statements[i]); refused != nil {
			answer(x.w, http.StatusOK, jsonType, g.codec.FailedLegacy(len(legacy.Statements), i, *refused))
			return ruling.reason(), nil
		}
	}
	return x.send(g.codec.EncodeLegacy(legacy))
}

func (g *Gate) answerStateless(x exchange, j *ruling, e hrana.Error) (refusal.Reason, error) {
	answer(x.w, http.StatusBadRequest, jsonType, g.codec.FailedStateless(e))
	return j.reason(), nil
}

// send sends a body on that was encoded here, and streams the answer back.
func (x exchange) send(body []byte, err error) (refusal.Reason, error) {
	if err != nil {
		return refusal.Fault, refusal.Internal(err)
	}
	setBody(x.out, body)
	return refusal.Allowed, x.next(x.w, x.out)
}

// refuseBody refuses what the decoder refused.
func (g *Gate) refuseBody(err error) (refusal.Reason, error) {
	refused := undecodable(err)
	if errors.Is(err, hrana.ErrTooMany) {
		refused = refusal.TooLargeBody(strconv.Itoa(g.codec.MaxSteps) + " statements").Because(err)
	}
	return refused.Reason, refused
}
