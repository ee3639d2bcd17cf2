package main

import (
	"context"
	"fmt"
)

// onEachStore does something with a gate on the embedded store, and with another
// on a Redis.
func (b *bench) onEachStore(ctx context.Context, do func(store string, s *site) error) error {
	signer, err := b.newSigner()
	if err != nil {
		return err
	}
	redis, address, err := b.startRedis(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = redis.Stop() }()
	for _, store := range []struct{ name, arguments string }{{"embedded store", "embedded"}, {"Redis", address}} {
		s, err := b.startSite(ctx, store.arguments, signer)
		if err != nil {
			return err
		}
		err = do(store.name, s)
		s.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", store.name, err)
		}
	}
	return nil
}

// measureMint compares a mint with a request that is answered with a fixed text.
func (b *bench) measureMint(ctx context.Context) ([]section, error) {
	result := section{
		title: "Minting",
		about: fmt.Sprintf("%d pairs of %s in turns: wrk, 32 connections on one thread, the same POST to a site that does no more than `respond`, "+
			"and to the door. Redis runs with `appendfsync always`.", b.pairs, b.span),
		columns: comparedColumns("`respond`"),
	}
	err := b.onEachStore(ctx, func(store string, s *site) error {
		var mints []comparison
		for _, kind := range []struct{ name, path, body string }{
			{"JWT", databaseTokens, `{}`},
			{"opaque token", developerTokens, `{"note":"bench"}`},
		} {
			mints = append(mints, comparison{
				name: kind.name + ", " + store, path: kind.path, bare: s.Answer.bare, checked: "http://" + s.Doors,
				body: kind.body, credentials: only(s.adminKey), span: b.span,
			})
		}
		rows, err := b.compareAll(ctx, s, mints)
		result.rows = append(result.rows, rows...)
		return err
	})
	return []section{result}, err
}
