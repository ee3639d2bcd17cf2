package libsql

import (
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// resume gives sqld's baton for the one that a client sent, and tells the ruling
// which stored texts of the stream were refused. No baton begins a stream.
func (g *Gate) resume(o owner, j *ruling, baton string) (string, error) {
	if baton == "" {
		return "", nil
	}
	s, err := g.batons.open(o, baton)
	if err != nil {
		return "", err
	}
	j.refused = s.refused
	return s.baton, nil
}

// sealer writes batons for the client, with what the ruling has found by then.
func (g *Gate) sealer(o owner, j *ruling) hrana.Rebaton {
	return func(baton string) (string, error) { return g.batons.seal(o, sealed{baton, j.refused}) }
}

// pass lets a full-access request through unjudged, but for its baton.
func (g *Gate) pass(x exchange, s streams) (refusal.Reason, error) {
	if s == noStreams {
		return decided(refusal.Allowed, x.next(x.w, x.out))
	}
	none := &ruling{}
	body, err := passBody(x.out, x.codec.RewriteRequest(func(baton string) (string, error) { return g.resume(x.owner, none, baton) }))
	if err != nil {
		return decided(refusal.Allowed, err)
	}
	rewrite := x.codec.RewriteResponse
	if s == cursors {
		rewrite = x.codec.RewriteCursor
	}
	err = x.pass(rewrite(g.sealer(x.owner, none)))
	if refused := body.refused.Load(); refused != nil {
		return refused.Reason, refused
	}
	return decided(refusal.Allowed, err)
}

// pass sends the request on, and rewrites the answer while it passes.
func (x exchange) pass(rewriter hrana.Rewriter) error {
	x.out.Header.Set("Accept-Encoding", "identity")
	passing := &passingResponse{ResponseWriter: x.w, rewriter: rewriter}
	if err := x.next(passing, x.out); err != nil {
		return err
	}
	return passing.end()
}
