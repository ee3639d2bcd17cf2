package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	fewTokens  = 1_000
	manyTokens = 100_000
	perImport  = 500
	patience   = 10 // tries of one import
)

// operation is what is done to a user's tokens, the id of one among them.
type operation struct {
	name string
	call func(s *site, user, id string) call
}

var operations = []operation{
	{"list the first page", func(s *site, user, _ string) call {
		return call{method: "GET", url: "http://" + s.Doors + userTokens + "?userId=" + user, credential: s.adminKey}
	}},
	{"look at one", func(s *site, _, id string) call {
		return call{method: "GET", url: "http://" + s.Doors + userTokens + "/" + id, credential: s.adminKey}
	}},
	{"revoke one", func(s *site, _, id string) call {
		return call{method: "DELETE", url: "http://" + s.Doors + userTokens + "/" + id, credential: s.adminKey}
	}},
}

// measureTokens compares what is done to a token of a user who has many with the
// same for one who has few.
func (b *bench) measureTokens(ctx context.Context) ([]section, error) {
	result := section{
		title:   "Tokens of one user",
		about:   fmt.Sprintf("%d pairs, one request at a time at the door, for a user with %d tokens and one with %d. Quartiles in parentheses.", b.requests, fewTokens, manyTokens),
		columns: []string{"what", fmt.Sprintf("of %d, ms", fewTokens), fmt.Sprintf("of %d, ms", manyTokens), "many / few"},
	}
	err := b.onEachStore(ctx, func(store string, s *site) error {
		for user, count := range map[string]int{"few": fewTokens, "many": manyTokens} {
			if err := s.importTokens(ctx, user, count); err != nil {
				return err
			}
		}
		for _, o := range operations {
			of := func(user string, count int) timed {
				return sending(func(i int) call { return o.call(s, user, tokenID(user, i*count/b.requests)) })
			}
			took, err := alternately(ctx, b.requests, of("few", fewTokens), of("many", manyTokens))
			if err != nil {
				return err
			}
			result.rows = append(result.rows, []string{
				o.name + ", " + store, took[0].quartiles("%.2f"), took[1].quartiles("%.2f"), took[1].by(took[0]).quartiles("%.2f"),
			})
		}
		return nil
	})
	return []section{result}, err
}

func tokenID(user string, i int) string { return fmt.Sprintf("%s_%d", user, i) }

// importTokens gives a user tokens, faster than a door would mint them.
func (s *site) importTokens(ctx context.Context, user string, count int) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for first := 0; first < count; first += perImport {
		table := tokenTable(user, first, min(first+perImport, count))
		group.Go(func() error { return s.importTable(ctx, table) })
	}
	return group.Wait()
}

// importTable asks again when the store is too busy to answer in its time, which
// an import allows.
func (s *site) importTable(ctx context.Context, table string) error {
	c := call{"POST", "http://" + s.Doors + userTokens + "/import", s.adminKey, table}
	for attempt := 1; ; attempt++ {
		a, err := c.do(ctx)
		if err == nil || a.status != http.StatusServiceUnavailable || attempt == patience {
			return err
		}
	}
}

// tokenTable is what a door imports.
func tokenTable(user string, first, end int) string {
	var table strings.Builder
	table.WriteString("id,token,userId,scopes,createdAt,expiresAt\n")
	now := time.Now()
	for i := first; i < end; i++ {
		id := tokenID(user, i)
		fmt.Fprintf(&table, "%s,token-%s-0123456789abcdef0123456789abcdef,%s,{read},%s,%s\n", id, id, user,
			now.Add(time.Duration(i-manyTokens)*time.Millisecond).Format(time.RFC3339), now.Add(24*time.Hour).Format(time.RFC3339))
	}
	return table.String()
}
