package libsql

import (
	"errors"
	"net/http"

	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// plan is what becomes of a pipeline: what goes on, and how the client's answer
// is put together.
type plan struct {
	forward  hrana.Pipeline
	results  []planned // one per request of the client
	asks     bool      // the server has to be asked
	rewrites bool      // the server's answer is not the client's as it stands
}

// planned is where one result comes from. The zero planned is the server's next
// result, as it stands.
type planned struct {
	result  hrana.Result // not asked of the server
	chained bool         // a sequence that is sent as a batch
}

func (g *Gate) judgePipeline(x exchange, body []byte) (refusal.Reason, error) {
	pipeline, err := g.codec.DecodePipeline(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling()
	p := g.plan(ruling, pipeline)
	if !p.asks {
		return ruling.reason(), g.answerPlan(x.w, p, hrana.Response{Baton: batonOf(pipeline)})
	}
	encoded, err := g.codec.EncodePipeline(&p.forward)
	if err != nil {
		return refusal.Fault, refusal.Internal(err)
	}
	setBody(x.out, encoded)
	if !p.rewrites {
		return ruling.reason(), x.next(x.w, x.out)
	}
	err = g.splice(x, p)
	if refused, ok := errors.AsType[*refusal.Refusal](err); ok {
		return refused.Reason, err
	}
	return ruling.reason(), err
}

// plan judges every request of a pipeline. Where nothing of it is left, the server
// is still asked to close the stream, or to open one that is to stay: a client
// takes an answer without a baton for the end of its stream.
func (g *Gate) plan(j *ruling, pipeline *hrana.Pipeline) plan {
	p := plan{forward: hrana.Pipeline{Baton: pipeline.Baton}, results: make([]planned, len(pipeline.Requests))}
	closes := 0
	for i, request := range pipeline.Requests {
		goesOn, refused := j.request(request)
		if refused != nil {
			p.results[i].result = g.codec.Failed(*refused)
			p.rewrites = true
			continue
		}
		switch request.(type) {
		case hrana.Sequence:
			_, p.results[i].chained = goesOn.(hrana.RunBatch)
			p.rewrites = p.rewrites || p.results[i].chained
		case hrana.Close:
			closes++
		}
		p.forward.Requests = append(p.forward.Requests, goesOn)
	}
	opens, stays := pipeline.Baton == "", closes == 0
	p.asks = !p.rewrites || len(p.forward.Requests) > closes || opens == stays
	return p
}

// request judges one request and gives what goes on in its place.
func (j *ruling) request(r hrana.Request) (hrana.Request, *hrana.Error) {
	switch r := r.(type) {
	case hrana.Execute:
		refused := j.stmt(&r.Stmt)
		return r, refused
	case hrana.RunBatch:
		_, refused := j.batch(&r.Batch)
		return r, refused
	case hrana.Sequence:
		return j.sequence(r)
	case hrana.Describe:
		return j.describe(r)
	case hrana.StoreSQL:
		return j.store(r)
	default: // holds no SQL
		return r, nil
	}
}

// answerPlan answers without the server. A stream that there is did not see the
// request, so its baton is still good.
func (g *Gate) answerPlan(w http.ResponseWriter, p plan, response hrana.Response) error {
	for _, from := range p.results {
		if from.result == nil {
			from.result = g.codec.Closed()
		}
		response.Results = append(response.Results, from.result)
	}
	return g.answerPipeline(w, &response)
}

func (g *Gate) answerPipeline(w http.ResponseWriter, response *hrana.Response) error {
	body, err := g.codec.EncodeResponse(response)
	if err != nil {
		return notAnswered(err)
	}
	answer(w, http.StatusOK, jsonType, body)
	return nil
}

// splice sends the plan on and puts the server's results where they belong. An
// answer other than 200 concerns the request as a whole and stays as it is.
func (g *Gate) splice(x exchange, p plan) error {
	x.out.Header.Set("Accept-Encoding", "identity")
	held := &heldResponse{ResponseWriter: x.w}
	if err := x.next(held, x.out); err != nil || held.passing {
		return err
	}
	body, err := held.whole()
	if err != nil {
		return notAnswered(err)
	}
	response, err := g.codec.DecodeResponse(body)
	if err != nil {
		return notAnswered(err)
	}
	if len(response.Results) != len(p.forward.Requests) {
		return notAnswered(errors.New("another number of results than requests"))
	}
	if response.Results, err = g.merge(p.results, response.Results); err != nil {
		return notAnswered(err)
	}
	return g.answerPipeline(x.w, response)
}

// merge puts results, the server's, between those that were not asked of it.
func (g *Gate) merge(order []planned, results []hrana.Result) ([]hrana.Result, error) {
	merged := make([]hrana.Result, len(order))
	for i, from := range order {
		if from.result != nil {
			merged[i] = from.result
			continue
		}
		merged[i], results = results[0], results[1:]
		if !from.chained {
			continue
		}
		var err error
		if merged[i], err = g.codec.SequenceResult(merged[i]); err != nil {
			return nil, err
		}
	}
	return merged, nil
}

func batonOf(p *hrana.Pipeline) *string {
	if p.Baton == "" {
		return nil
	}
	return &p.Baton
}
