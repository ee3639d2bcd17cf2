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
	locks    bool      // the first requests are lockRequests
}

// planned is where one result comes from. The zero planned is the server's next
// result, as it stands.
type planned struct {
	result  hrana.Result // not asked of the server
	chained bool         // a sequence that is sent as a batch
}

func (g *Gate) judgePipeline(x exchange, body []byte) (refusal.Reason, error) {
	pipeline, err := x.codec.DecodePipeline(body)
	if err != nil {
		return g.refuseBody(err)
	}
	ruling := g.newRuling(x.grant)
	if pipeline.Baton, err = g.resume(x.owner, ruling, pipeline.Baton); err != nil {
		return decided(refusal.Allowed, err)
	}
	p, seal := x.plan(ruling, pipeline), g.sealer(x.owner, ruling)
	if !p.asks {
		return decided(ruling.reason(), x.answerPlan(p, seal))
	}
	if err := g.lock(x, &p); err != nil {
		return decided(ruling.reason(), err)
	}
	if p.rewrites {
		return decided(ruling.reason(), g.splice(x, p, seal))
	}
	encoded, err := x.codec.EncodePipeline(&p.forward)
	if err != nil {
		return refusal.Fault, refusal.Internal(err)
	}
	setBody(x.out, x.codec.ContentType(), encoded)
	return decided(ruling.reason(), x.pass(x.codec.RewriteResponse(seal)))
}

// decided is the reason of err, if that is a refusal, and else the one given.
func decided(reason refusal.Reason, err error) (refusal.Reason, error) {
	if err == errAnswered {
		return reason, nil
	}
	if refused, ok := errors.AsType[*refusal.Refusal](err); ok {
		return refused.Reason, err
	}
	return reason, err
}

// plan judges every request of a pipeline. Where nothing of it is left, the server
// is still asked to close the stream, or to open one that is to stay: a client
// takes an answer without a baton for the end of its stream.
func (x exchange) plan(j *ruling, pipeline *hrana.Pipeline) plan {
	p := plan{forward: hrana.Pipeline{Baton: pipeline.Baton}, results: make([]planned, len(pipeline.Requests))}
	closes := 0
	for i, request := range pipeline.Requests {
		goesOn, refused := j.request(request)
		if refused != nil {
			p.results[i].result = x.refusedResult(j, request, *refused)
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
	case hrana.CloseSQL:
		delete(j.refused, r.ID)
		return r, nil
	default: // holds no SQL
		return r, nil
	}
}

// refusedResult is the answer to a request that was refused. To store a text
// succeeds, and each use of it fails: some clients store their texts in requests
// whose failure they take for the end of the stream.
func (x exchange) refusedResult(j *ruling, r hrana.Request, refused hrana.Error) hrana.Result {
	if store, ok := r.(hrana.StoreSQL); ok && j.refused[store.ID] != nil {
		return x.codec.Stored()
	}
	return x.codec.Failed(refused)
}

// answerPlan answers without the server. A stream that there is did not see the
// request, so its baton is still good.
func (x exchange) answerPlan(p plan, seal hrana.Rebaton) error {
	response := hrana.Response{Baton: batonOf(&p.forward)}
	for _, from := range p.results {
		if from.result == nil {
			from.result = x.codec.Closed()
		}
		response.Results = append(response.Results, from.result)
	}
	return x.answerPipeline(&response, seal)
}

func (x exchange) answerPipeline(response *hrana.Response, seal hrana.Rebaton) error {
	if response.Baton != nil {
		baton, err := seal(*response.Baton)
		if err != nil {
			return err
		}
		response.Baton = &baton
	}
	body, err := x.codec.EncodeResponse(response)
	if err != nil {
		return notAnswered(err)
	}
	answer(x.w, http.StatusOK, x.codec.ContentType(), body)
	return nil
}

// splice sends the plan on and puts the server's results where they belong.
func (g *Gate) splice(x exchange, p plan, seal hrana.Rebaton) error {
	response, err := g.run(x, x.out.URL.Path, p)
	if err != nil {
		return err
	}
	if response.Results, err = x.merge(p.results, response.Results); err != nil {
		return notAnswered(err)
	}
	return x.answerPipeline(response, seal)
}

// merge puts results, the server's, between those that were not asked of it.
func (x exchange) merge(order []planned, results []hrana.Result) ([]hrana.Result, error) {
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
		if merged[i], err = x.codec.SequenceResult(merged[i]); err != nil {
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
