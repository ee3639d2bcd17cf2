package main

import (
	"context"
	"fmt"
	"time"
)

const selectOne = `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}`

// comparison is the same request to the same server, with and without a check.
type comparison struct {
	name          string
	bare, checked string // URL
	body          string
	credentials   source
	direct        source // for the bare side, where it needs another credential
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
	comparisons := s.comparisons(full.JWT, reader.JWT, opaque.Token)
	rows, err := b.compareAll(ctx, s, comparisons)
	return []section{{
		title: "The same request, without a check and with it",
		about: fmt.Sprintf("%d pairs of %s in turns: wrk, 32 connections on one thread, the query `SELECT 1` as a pipeline, with the headers of the "+
			"libSQL client for JavaScript. At first sight means that the gate has not seen the token of any request before. Before sqld, which "+
			"checks the gate's own short-lived tokens, a client without a check shows it the very same. CPU time is that of the gate, per request.",
			b.pairs, b.span),
		columns: comparedColumns("no check"),
		rows:    rows,
	}}, err
}

// comparisons are of a query with a full-access, a read-only and an opaque token.
func (s *site) comparisons(full, reader, opaque string) []comparison {
	jwt, first, secret := only(full), s.fresh(full), only(opaque)
	query := func(name, bare, checked string, credentials, direct source) comparison {
		const path = "/v2/pipeline"
		return comparison{name, "http://" + bare + path, "http://" + checked + path, selectOne, credentials, direct}
	}
	return []comparison{
		query("`respond`, JWT seen before", s.BareAnswer, s.CheckedAnswer, jwt, nil),
		query("`respond`, JWT at first sight", s.BareAnswer, s.CheckedAnswer, first, nil),
		query("`respond`, opaque token seen before", s.BareAnswer, s.CheckedAnswer, secret, nil),
		query("`reverse_proxy` to an API, JWT seen before", s.BareProxy, s.CheckedProxy, jwt, nil),
		query("`reverse_proxy` to an API, JWT at first sight", s.BareProxy, s.CheckedProxy, first, nil),
		query("`reverse_proxy` to an API, opaque token seen before", s.BareProxy, s.CheckedProxy, secret, nil),
		query("sqld, full-access JWT seen before", s.BareDatabase, s.CheckedDatabase, jwt, s.shownToSqld(full)),
		query("sqld, full-access JWT at first sight", s.BareDatabase, s.CheckedDatabase, first, s.shownToSqld(full)),
		query("sqld, read-only JWT seen before", s.BareDatabase, s.CheckedDatabase, only(reader), s.shownToSqld(reader)),
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
	bare, checked := load{url: c.bare, body: c.body}, load{url: c.checked, body: c.body}
	atMost := 1
	var rates, costs [2]sample // of the bare and the checked side
	for i := range b.pairs + 1 {
		var err error
		if checked.credentials, err = c.credentials(ctx, atMost); err != nil {
			return nil, err
		}
		bare.credentials = checked.credentials
		if c.direct != nil {
			if bare.credentials, err = c.direct(ctx, 1); err != nil {
				return nil, err
			}
		}
		if i == 0 { // warms up, and tells how many requests there can be
			o, err := b.runWrk(ctx, bare, time.Second)
			if err != nil {
				return nil, err
			}
			atMost = int(max(20_000, 2*o.rate()) * b.span.Seconds())
			continue
		}
		for turn := range 2 {
			side := (i + turn) % 2
			got, err := b.measureLoad(ctx, s.gate, []load{bare, checked}[side])
			if err != nil {
				return nil, err
			}
			rates[side] = append(rates[side], got.rate)
			if got.cpu > 0 {
				costs[side] = append(costs[side], got.cpu)
			}
		}
	}
	return []string{
		c.name, rates[0].spread("%.0f"), rates[1].spread("%.0f"), rates[1].by(rates[0]).spread("%.3f"),
		costs[0].middle("%.1f µs"), costs[1].middle("%.1f µs"), costs[1].less(costs[0]).spread("%.1f µs"),
	}, nil
}
