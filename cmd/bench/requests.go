package main

import (
	"context"
	"fmt"
	"time"
)

const selectOne = `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}`

// comparison is the same request to the same server, with and without a check.
type comparison struct {
	name        string
	bare        func(turn int) string // URLs, to which the path is added
	checked     string
	path, body  string
	credentials source
	direct      source        // for the bare side, where it needs another credential
	span        time.Duration // how long each side of a pair is measured
}

func (b *bench) measureRequests(ctx context.Context) ([]section, error) {
	s, full, reader, err := b.startDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	opaque, err := s.mintOpaque(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := b.compareAll(ctx, s, b.comparisons(s, full.JWT, reader.JWT, opaque.Token))
	return []section{{
		title: "The same request, without a check and with it",
		about: fmt.Sprintf("%d pairs of %s, and of %s where the token was seen before and no database answers, in turns of a second: wrk, 32 connections on one "+
			"thread, the query `SELECT 1` as a pipeline, with the headers of the libSQL client for JavaScript. At first sight means that the gate "+
			"has not seen the token of any request before. The API is another process of the same binary, which answers with `respond`. Before "+
			"sqld, which checks the gate's own short-lived tokens, a client without a check shows it the very same. CPU time is that of the gate, "+
			"per request. `vars` does next to nothing: its row is what one more handler costs in Caddy, whatever it does.",
			b.pairs, b.span, closer*b.span),
		columns: comparedColumns("no check"),
		rows:    rows,
	}}, err
}

// closer is how many times longer sides are measured that differ by a few percent.
const closer = 4

// comparisons are of a query with a full-access, a read-only and an opaque token.
func (b *bench) comparisons(s *site, full, reader, opaque string) []comparison {
	jwt, first, secret := only(full), s.fresh(full), only(opaque)
	query := func(name string, t twins, credentials, direct source, times time.Duration) comparison {
		return comparison{name, t.bare, t.checked(), "/v2/pipeline", selectOne, credentials, direct, times * b.span}
	}
	return []comparison{
		query("`respond`, JWT seen before", s.Answer, jwt, nil, closer),
		query("`respond`, JWT at first sight", s.Answer, first, nil, 1),
		query("`respond`, opaque token seen before", s.Answer, secret, nil, closer),
		query("`respond`, Caddy's `vars` in the place of the check", s.Idle, jwt, nil, closer),
		query("`reverse_proxy` to an API, JWT seen before", s.Proxy, jwt, nil, closer),
		query("`reverse_proxy` to an API, JWT at first sight", s.Proxy, first, nil, 1),
		query("`reverse_proxy` to an API, opaque token seen before", s.Proxy, secret, nil, closer),
		query("sqld, full-access JWT seen before", s.Database, jwt, s.shownToSqld(full), 1),
		query("sqld, full-access JWT at first sight", s.Database, first, s.shownToSqld(full), 1),
		query("sqld, read-only JWT seen before", s.Database, only(reader), s.shownToSqld(reader), 1),
	}
}

// comparedColumns are those of [bench.compareAll], for a bare side of that name.
func comparedColumns(bare string) []string {
	return []string{
		"what", bare + ", requests/s", "ours, requests/s", "rate kept",
		bare + ", CPU", "ours, CPU", "CPU added",
	}
}

func (b *bench) compareAll(ctx context.Context, s *site, comparisons []comparison) (rows [][]string, err error) {
	for _, c := range comparisons {
		row, err := b.compare(ctx, s, c)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// compare measures pairs. The side that comes first changes with each, so that
// neither profits from what the other leaves behind.
func (b *bench) compare(ctx context.Context, s *site, c comparison) ([]string, error) {
	atMost, err := b.warmUp(ctx, c)
	if err != nil {
		return nil, err
	}
	var rates, costs [2]sample // of the bare and the checked side
	for i := range b.pairs {
		pair, err := b.measurePair(ctx, s, c, atMost, i)
		if err != nil {
			return nil, err
		}
		for side, got := range pair {
			rates[side] = append(rates[side], got.rate())
			if got.cpu > 0 {
				costs[side] = append(costs[side], got.perRequest())
			}
		}
	}
	return []string{
		c.name, rates[0].spread("%.0f"), rates[1].spread("%.0f"), rates[1].by(rates[0]).spread("%.3f"),
		costs[0].middle("%.1f µs"), costs[1].middle("%.1f µs"), costs[1].less(costs[0]).spread("%.1f µs"),
	}, nil
}

// warmUp also tells how many requests there can be in a slice.
func (b *bench) warmUp(ctx context.Context, c comparison) (atMost int, err error) {
	source := c.credentials
	if c.direct != nil {
		source = c.direct
	}
	bare := load{url: c.bare(0) + c.path, body: c.body}
	if bare.credentials, err = source(ctx, 1); err != nil {
		return 0, err
	}
	o, err := b.runWrk(ctx, bare, b.span) // a server may take more than a slice to open its connections
	return int(max(20_000, 2*o.rate()) * slice.Seconds()), err
}

// slice is how long one side of a pair is measured before it is the other's turn: what
// disturbs the machine for longer disturbs both.
const slice = time.Second

// measurePair measures both sides for the same time, slice by slice.
func (b *bench) measurePair(ctx context.Context, s *site, c comparison, atMost, number int) (pair [2]cost, err error) {
	slices := int(c.span / slice)
	for n := range slices {
		turn := number*slices + n
		sides := [2]load{{url: c.bare(turn/2) + c.path, body: c.body}, {url: c.checked + c.path, body: c.body}}
		if sides[1].credentials, err = c.credentials(ctx, atMost); err != nil {
			return pair, err
		}
		sides[0].credentials = sides[1].credentials
		if c.direct != nil {
			if sides[0].credentials, err = c.direct(ctx, 1); err != nil {
				return pair, err
			}
		}
		for i := range 2 {
			side := (turn + i) % 2
			got, err := b.measureLoad(ctx, s.gate, sides[side], slice)
			if err != nil {
				return pair, err
			}
			pair[side] = pair[side].plus(got)
		}
	}
	return pair, nil
}
