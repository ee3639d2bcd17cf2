package caddymodule

import (
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// services are what the handlers of one configuration work with.
type services struct {
	shared         *shared
	registry       *revocation.Registry
	signing        *keyring.Ring // of what clients hold
	upstream       *keyring.UpstreamSigner
	upstreamTokens *libsql.UpstreamTokens
	opaque         *verifier.Opaque
	cache          *verifier.Cache
	lenient        *lenient // what routes with on_stale allow ask
	doors          []door   // as in the list of all doors
	localKey       string   // of whoever comes through the admin endpoint
	strict         bool
	log            *slog.Logger
}

// buildServices needs the store to be open.
func (a *App) buildServices() (*services, error) {
	s := &services{shared: a.shared, registry: a.newRegistry(), localKey: newLocalKey(), strict: a.Store.Strict, log: a.log}
	s.lenient = &lenient{mirror: a.shared.mirror, log: a.log, now: time.Now}
	local, err := issuer.NewAdminKey(localName, s.localKey, issuer.Limits{})
	if err != nil {
		return nil, fmt.Errorf("making the key of the admin endpoint: %w", err)
	}
	if s.signing, s.upstream, err = a.openRings(); err != nil {
		return nil, err
	}
	s.upstreamTokens = libsql.NewUpstreamTokens(s.upstream, nil)
	service, err := issuer.New(issuer.Options{
		Keys: append(slices.Clone(a.adminKeys), local), Catalog: a.catalog, Policies: a.policies, Signer: s.signing,
		Limiter: a.shared.limiter, Developer: a.developer, User: a.user, AfterImport: a.shared.imported.Reload,
		Store: a.shared.store, Revocations: s.registry, Mirror: a.shared.mirror, Log: newAuditLog(a.ctx), Observe: observeAction,
	})
	if err != nil {
		return nil, err
	}
	for _, d := range doors {
		s.doors = append(s.doors, d.open(service, a))
	}
	settings := cacheSettings{size: a.TokenCache, developerPrefix: a.developer.Prefix, userPrefix: a.user.Prefix}
	if s.cache, err = a.shared.cache.get(settings); err != nil {
		return nil, err
	}
	s.opaque, err = verifier.NewOpaque(a.shared.store, s.signing, map[string]token.Family{
		a.developer.Prefix: token.Developer, a.user.Prefix: token.User,
	}, a.shared.imported)
	return s, err
}

func (a *App) newRegistry() *revocation.Registry {
	r := revocation.NewRegistry(a.shared.store, a.shared.mirror)
	r.WaitReplicas, r.WaitTimeout = a.Store.WaitReplicas, time.Duration(a.Store.WaitTimeout)
	r.NotReplicated = storeNotReplicatedTotal.Inc
	return r
}
