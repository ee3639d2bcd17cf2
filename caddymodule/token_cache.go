package caddymodule

import (
	"cmp"
	"fmt"
	"sync"

	"github.com/sekisho-project/sekisho/verifier"
)

func (o *TokenCache) newCache() (*verifier.Cache, error) {
	cache, err := verifier.NewCache(
		cmp.Or(o.Entries, verifier.DefaultCacheEntries), int(cmp.Or(o.MaxBytes, verifier.DefaultCacheBytes)))
	if err != nil {
		return nil, fmt.Errorf("token_cache: %w", err)
	}
	return cache, nil
}

// cacheSettings are what a cache must have in common with a configuration that takes
// it over.
type cacheSettings struct {
	size                        TokenCache
	developerPrefix, userPrefix string
}

// keptCache keeps the cache of verified tokens over reloads, so that tokens that
// were known go on to be while the store is down.
type keptCache struct {
	mu       sync.Mutex
	settings cacheSettings
	cache    *verifier.Cache
}

// get is the cache that is kept, or a new one in its place where the settings are others.
func (k *keptCache) get(settings cacheSettings) (*verifier.Cache, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cache != nil && k.settings == settings {
		return k.cache, nil
	}
	cache, err := settings.size.newCache()
	if err == nil {
		k.cache, k.settings = cache, settings
	}
	return cache, err
}
