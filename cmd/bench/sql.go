package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// texts are pipelines with a number in them, so that no text comes twice.
var texts = []struct {
	name string
	body func(i int) string
}{
	{"a query of 100 bytes", func(i int) string {
		return pipeline(statement("SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE name = 'an_ordinary_table' AND rootpage > " + strconv.Itoa(i)))
	}},
	{"a query of 10 kB", func(i int) string {
		return pipeline(statement("SELECT " + strconv.Itoa(i) + " IN (0" + strings.Repeat(", 12345", 1420) + ")"))
	}},
	{"a batch of 1,000 queries", func(i int) string {
		steps := make([]string, 1000)
		for n := range steps {
			steps[n] = `{"stmt":{"sql":"SELECT ` + strconv.Itoa(1000*i+n) + `"}}`
		}
		return pipeline(`{"type":"batch","batch":{"steps":[` + strings.Join(steps, ",") + `]}}`)
	}},
}

func pipeline(request string) string {
	return `{"requests":[` + request + `,{"type":"close"}]}`
}

func statement(sql string) string {
	return `{"type":"execute","stmt":{"sql":"` + sql + `"}}`
}

// startDatabase starts a gate with a libSQL server and an API behind it, and mints a
// token of each kind.
func (b *bench) startDatabase(ctx context.Context) (s *site, full, reader minted, err error) {
	signer, err := b.newSigner()
	if err != nil {
		return nil, full, reader, err
	}
	if s, err = b.startSite(ctx, "embedded", signer); err != nil {
		return nil, full, reader, err
	}
	if err = s.startAPI(ctx, b); err == nil {
		err = s.startSqld(ctx, b)
	}
	if err == nil {
		full, err = s.mintJWT(ctx, "full-access")
	}
	if err == nil {
		reader, err = s.mintJWT(ctx, "read-only")
	}
	if err != nil {
		s.stop()
	}
	return s, full, reader, err
}

func (b *bench) measureSQL(ctx context.Context) ([]section, error) {
	s, full, reader, err := b.startDatabase(ctx)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	result := section{
		title: "What judging SQL adds to a whole request",
		about: fmt.Sprintf("%d pairs, one request at a time, through the gate to sqld and back. What a full-access token sends streams unread; "+
			"what a read-only token sends is decoded, judged, locked and encoded again. No text comes twice. Quartiles in parentheses.", b.requests),
		columns: []string{"body", "full-access, ms", "read-only, ms", "share of the whole that read-only adds"},
	}
	for _, text := range texts {
		with := func(credential string) timed {
			return sending(func(i int) call {
				return call{"POST", s.Database.checked() + "/v2/pipeline", credential, text.body(i)}
			})
		}
		took, err := alternately(ctx, b.requests, with(full.JWT), with(reader.JWT))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text.name, err)
		}
		added := took[1].less(took[0]).median() / took[1].median()
		result.rows = append(result.rows, []string{text.name, took[0].quartiles("%.2f"), took[1].quartiles("%.2f"), fmt.Sprintf("%.0f %%", 100*added)})
	}
	return []section{result}, nil
}
