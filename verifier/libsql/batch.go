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
	cursor, err := x.codec.DecodeCursor(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling, clients := g.newRuling(x.grant), cursor.Baton
	if cursor.Baton, err = g.resume(x.owner, ruling, cursor.Baton); err != nil {
		return decided(refusal.Allowed, err)
	}
	if step, refused := ruling.batch(&cursor.Batch); refused != nil {
		answer(x.w, http.StatusOK, x.codec.CursorType(), x.codec.FailedCursor(clients, step, *refused))
		return ruling.reason(), nil
	}
	if x.readOnly && cursor.Baton == "" {
		if cursor.Baton, err = g.begin(x); err != nil {
			return decided(refusal.Allowed, err)
		}
	}
	encoded, err := x.codec.EncodeCursor(cursor)
	if err != nil {
		return refusal.Fault, refusal.Internal(err)
	}
	setBody(x.out, x.codec.ContentType(), encoded)
	return decided(refusal.Allowed, x.pass(x.codec.RewriteCursor(g.sealer(x.owner, ruling))))
}

func (g *Gate) judgeExecute(x exchange, body []byte) (refusal.Reason, error) {
	stmt, err := g.codec.DecodeExecute(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling(x.grant)
	if refused := ruling.stmt(stmt); refused != nil {
		return g.answerStateless(x, ruling, *refused)
	}
	if x.readOnly {
		return g.runAlone(x, hrana.Execute{Stmt: *stmt}, g.codec.StatelessAnswer)
	}
	return x.send(g.codec.EncodeExecute(stmt))
}

func (g *Gate) judgeBatch(x exchange, body []byte) (refusal.Reason, error) {
	batch, err := g.codec.DecodeBatch(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling(x.grant)
	if _, refused := ruling.batch(batch); refused != nil {
		return g.answerStateless(x, ruling, *refused)
	}
	if x.readOnly {
		return g.runAlone(x, hrana.RunBatch{Batch: *batch}, g.codec.StatelessAnswer)
	}
	return x.send(g.codec.EncodeBatch(batch))
}

func (g *Gate) judgeLegacy(x exchange, body []byte) (refusal.Reason, error) {
	legacy, err := g.codec.DecodeLegacy(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling(x.grant)
	for i := range legacy.Statements {
		if refused := ruling.stmt(&legacy.Statements[i]); refused != nil {
			answer(x.w, http.StatusOK, jsonType, g.codec.FailedLegacy(len(legacy.Statements), i, *refused))
			return ruling.reason(), nil
		}
	}
	if x.readOnly {
		return g.runAlone(x, legacy.Chain(), g.codec.LegacyAnswer)
	}
	return x.send(g.codec.EncodeLegacy(legacy))
}

// runAlone runs a request of the forms without streams in a stream of its own,
// because only a stream can be locked.
func (g *Gate) runAlone(x exchange, r hrana.Request, translate func(hrana.Result) (int, []byte, error)) (refusal.Reason, error) {
	p := plan{forward: hrana.Pipeline{Requests: []hrana.Request{r, hrana.Close{}}}}
	if err := g.lock(x, &p); err != nil {
		return decided(refusal.Allowed, err)
	}
	response, err := g.run(x, x.codec.PipelinePath(), p)
	if err != nil {
		return decided(refusal.Allowed, err)
	}
	status, body, err := translate(response.Results[0])
	if err != nil {
		return decided(refusal.Allowed, notAnswered(err))
	}
	answer(x.w, status, jsonType, body)
	return refusal.Allowed, nil
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
	setBody(x.out, jsonType, body)
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
