package caddymodule

import (
	"cmp"
	"fmt"
	"strconv"
	"sync"

	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"

	"github.com/sekisho-project/sekisho/verifier"
)

// TokenCache bounds what a node remembers of verified tokens. A token that is not
// remembered is verified again: a JWT by its signature, any other by its record.
type TokenCache struct {
	// How many tokens. Default: 100,000.
	Entries int `json:"entries,omitempty"`

	// In how many bytes. Default: 128 MiB.
	MaxBytes int64 `json:"max_bytes,omitempty"`
}

func (o *TokenCache) newCache() (*verifier.Cache, error) {
	cache, err := verifier.NewCache(
		cmp.Or(o.Entries, verifier.DefaultCacheEntries), int(cmp.Or(o.MaxBytes, verifier.DefaultCacheBytes)))
	if err != nil {
		return nil, fmt.Errorf("token_cache: %w", err)
	}
	return cache, nil
}

// unmarshal reads
//
//	token_cache <entries> [<size>]
func (o *TokenCache) unmarshal(d *caddyfile.Dispenser) (err error) {
	if !d.NextArg() {
		return d.ArgErr()
	}
	if o.Entries, err = strconv.Atoi(d.Val()); err != nil || o.Entries < 1 {
		return d.Errf("token_cache takes a number of tokens and a size: token_cache 100000 128MiB")
	}
	if d.CountRemainingArgs() == 0 {
		return nil
	}
	return size(d, &o.MaxBytes)
}

// rememberedBy is what a cache must have in common with a configuration that takes
// it over.
type rememberedBy struct {
	option          TokenCache
	developer, user string // prefixes
}

// tokenCaches keeps the cache of verified tokens over reloads, so that tokens that
// were known go on to be while the store is down.
type tokenCaches struct {
	mu    sync.Mutex
	of    rememberedBy
	cache *verifier.Cache
}

func (c *tokenCaches) take(of rememberedBy) (*verifier.Cache, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cache != nil && c.of == of {
		return c.cache, nil
	}
	cache, err := of.option.newCache()
	if err == nil {
		c.cache, c.of = cache, of
	}
	return cache, err
}
