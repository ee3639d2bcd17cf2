package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// services are what the handlers of one configuration work with.
type services struct {
	shared         *shared
	registry       *revocation.Registry
	signing        *keyring.Ring
	upstream       *keyring.UpstreamSigner
	upstreamTokens *libsql.UpstreamTokens
	opaque         *verifier.Opaque
	tokens         *verifier.Cache
	lenient        *lenient // what routes with on_stale allow ask
	doors          []door   // as in the list of all doors
	localKey       string   // of whoever comes through the admin endpoint
	strict         bool
	unchecked      bool // the store has not said yet how it is set up
	log            *slog.Logger
}

func (a *App) startServices() (*services, error) {
	s := &services{shared: a.shared, registry: a.newRegistry(), strict: a.Store.Strict, log: a.log}
	s.lenient = &lenient{mirror: a.shared.mirror, log: a.log, now: time.Now}
	var local *issuer.AdminKey
	var err error
	if s.localKey, local, err = newLocalKey(); err != nil {
		return nil, err
	}
	if s.signing, err = a.openRing(keyring.Signing, a.SigningKeys); err != nil {
		return nil, fmt.Errorf("signing keys: %w", err)
	}
	ring, err := a.openRing(keyring.Upstream, a.UpstreamKeys)
	if err != nil {
		return nil, fmt.Errorf("upstream keys: %w", err)
	}
	s.upstream = keyring.NewUpstreamSigner(ring)
	s.upstreamTokens = libsql.NewUpstreamTokens(s.upstream, nil)
	service, err := issuer.New(issuer.Options{
		Keys: append(slices.Clone(a.keys), local), Catalog: a.catalog, Policies: a.policies, Signer: s.signing, PublicKeys: s.signing,
		Limiter: a.shared.limiter, Developer: a.developer, User: a.user, AfterImport: a.shared.imported.Reload,
		Store: a.shared.store, Revocations: s.registry, Mirror: a.shared.mirror, Log: newAuditLog(a.ctx), Observe: observeAction,
	})
	if err != nil {
		return nil, err
	}
	for _, d := range doors {
		s.doors = append(s.doors, d.open(service, a))
	}
	of := rememberedBy{a.TokenCache, a.developer.Prefix, a.user.Prefix}
	if s.tokens, err = a.shared.tokens.take(of); err != nil {
		return nil, err
	}
	s.opaque, err = verifier.NewOpaque(a.shared.store, map[string]token.Family{
		a.developer.Prefix: token.Developer, a.user.Prefix: token.User,
	}, a.shared.imported)
	return s, err
}

func (a *App) newRegistry() *revocation.Registry {
	r := revocation.NewRegistry(a.shared.store, a.shared.mirror)
	r.WaitReplicas, r.WaitTimeout = a.Store.WaitReplicas, time.Duration(a.Store.WaitTimeout)
	r.NotReplicated = metrics.notReplicated.Inc
	return r
}

// openRing takes the keys that the configuration points to, or those in Caddy's storage.
func (a *App) openRing(name string, placeholders []string) (*keyring.Ring, error) {
	if len(placeholders) == 0 {
		o := keyring.Options{Name: name, Logger: a.log}
		if name == keyring.Upstream {
			o.PublishLead = upstreamLead
		}
		return keyring.Open(a.ctx, a.ctx.Storage(), o)
	}
	var pems [][]byte
	for _, p := range placeholders {
		pem, err := expandSecret(p)
		if err != nil {
			return nil, err
		}
		pems = append(pems, []byte(pem))
	}
	return keyring.Static(pems...)
}

// upstreamLead is the time to give a new upstream key to the libSQL server, which
// reads its keys only when it starts.
const upstreamLead = 24 * time.Hour

const (
	announceEvery = time.Minute
	pruneEvery    = 10 * time.Minute
	pruneBatch    = 1000
	storeCallTime = 10 * time.Second
)

// maintain follows the keys of other nodes, announces ours, and forgets what is
// over, until the configuration ends.
func (s *services) maintain(ctx context.Context, log *slog.Logger) {
	go s.signing.Run(ctx)
	go s.upstream.Run(ctx)
	s.announce(ctx, log)
	announce, prune := time.NewTicker(announceEvery), time.NewTicker(pruneEvery)
	defer announce.Stop()
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-announce.C:
			s.announce(ctx, log)
			s.checkAgain(ctx, log)
		case <-prune.C:
			s.prune(ctx, log)
		}
	}
}

// checkStore warns of settings under which a Redis loses or evicts revocations; in
// strict they are an error. A store that a newer version has written is one always:
// it may mean what this version cannot know. One that does not answer is none, since
// it must not keep a server from starting: it is asked again until it does.
func (s *services) checkStore(ctx context.Context, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	warnings, err := s.shared.store.Check(ctx)
	if errors.Is(err, store.ErrSchema) {
		return err
	}
	s.unchecked = err != nil
	if err != nil {
		log.Error("the token store does not answer; minting and revoking wait for it", "error", err)
	}
	for _, w := range warnings {
		if s.strict {
			return fmt.Errorf("the token store may lose revocations, and `strict` forbids that: %s", w)
		}
		log.Warn("the token store is not set up to keep revocations", "warning", string(w))
	}
	return nil
}

// checkAgain can only complain: the configuration is loaded.
func (s *services) checkAgain(ctx context.Context, log *slog.Logger) {
	if !s.unchecked {
		return
	}
	if err := s.checkStore(ctx, log); err != nil {
		log.Error("this configuration would not load now", "error", err)
	}
}

// announce tells the other nodes the ids of our signing keys, and says so when
// theirs are others: tokens minted here would fail there.
func (s *services) announce(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, storeCallTime)
	defer cancel()
	id, err := caddy.InstanceID()
	if err != nil {
		return
	}
	var ours []string
	for _, key := range s.signing.List() {
		ours = append(ours, key.ID)
	}
	others, err := s.shared.store.AnnounceKeys(ctx, id.String(), ours, time.Now())
	if err != nil {
		return // the mirror's age says so already
	}
	for node, theirs := range others {
		if !slices.ContainsFunc(theirs, func(id string) bool { return slices.Contains(ours, id) }) {
			log.Error("another node on this store signs with keys that this node does not have, so a token minted on one fails on the other: "+
				"let them share Caddy's storage, or give both the same signing_key", "node", node, "its_keys", theirs, "our_keys", ours)
		}
	}
}

func (s *services) prune(ctx context.Context, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, storeCallTime)
	defer cancel()
	now := time.Now()
	if err := s.registry.Prune(ctx, now); err != nil {
		log.Warn("forgetting revocations of tokens that have ended", "error", err)
		return
	}
	if err := s.shared.store.PruneIdempotency(ctx, now); err != nil {
		log.Warn("forgetting idempotency keys", "error", err)
		return
	}
	for {
		n, err := s.shared.store.Prune(ctx, now, pruneBatch)
		if err != nil {
			log.Warn("forgetting records of tokens that have ended", "error", err)
		}
		if err != nil || n < pruneBatch {
			return
		}
	}
}
