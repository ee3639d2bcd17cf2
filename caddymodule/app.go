package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token/catalog"
)

func init() {
	caddy.RegisterModule(new(App))
}

const (
	defaultMaxStaleness = 5 * time.Minute
	startPatience       = 2 * time.Second
)

// App is the checkpoint: it knows which databases exist, who may mint tokens for
// them, and what was taken back. The handlers `issue_tokens` and `require_token`
// are its doors.
type App struct {
	// Where tokens, revocations and the audit log are kept. Default: embedded, in
	// Caddy's data directory.
	Store *Store `json:"store,omitempty"`

	// Who may mint, rotate, revoke and list. At least one is required.
	AdminKeys []AdminKey `json:"admin_keys,omitempty"`

	// The organizations, groups and databases that exist.
	Organizations []Organization `json:"organizations,omitempty"`

	// What developer tokens look like and how long they live.
	DeveloperTokens OpaqueTokens `json:"developer_tokens,omitzero"`

	// What user tokens look like and how long they live: a year at most.
	UserTokens OpaqueTokens `json:"user_tokens,omitzero"`

	// Private keys that sign JWTs and the records of all tokens, as placeholders for
	// Ed25519 keys in PKCS #8 PEM: `{file./run/secrets/signing.pem}`. The first signs,
	// all verify. For nodes that do not share Caddy's storage. Default: keys are made
	// and rotated in Caddy's storage.
	SigningKeys []string `json:"signing_keys,omitempty"`

	// The same for the key that signs what the libSQL server sees.
	UpstreamKeys []string `json:"upstream_keys,omitempty"`

	// How long requests are answered from memory while the store does not answer.
	// After that they are refused with 503. Default: 5m.
	MaxStaleness caddy.Duration `json:"max_staleness,omitempty"`

	// How many verified tokens each node remembers.
	TokenCache TokenCache `json:"token_cache,omitzero"`

	// How clients reach a database, with `{database}` in it, such as
	// `{database}.db.example.com`. The Turso API tells it to its clients.
	DatabaseHost string `json:"database_host,omitempty"`

	ctx caddy.Context
	log *slog.Logger

	// From Provision.
	catalog         *catalog.Catalog
	policies        issuer.Policies
	developer, user issuer.OpaqueFamily
	adminKeys       []*issuer.AdminKey
	adminKeySet     *issuer.AdminKeys // the same, to look up a secret
	storeOptions    store.Options
	onStart         []func(*services) error // what the handlers wait for
	started         chan struct{}           // closed when all of that is done

	// The keys of the configuration; nil for those in Caddy's storage.
	staticSigning, staticUpstream *keyring.Ring

	// From Start.
	shared   *shared
	services atomic.Pointer[services]
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "sekisho",
		New: func() caddy.Module { return new(App) },
	}
}

// configuredApp finds the app for a handler.
func configuredApp(ctx caddy.Context) (*App, error) {
	app, err := ctx.AppIfConfigured("sekisho")
	if errors.Is(err, caddy.ErrNotConfigured) {
		return nil, errors.New("there is no sekisho option: add `sekisho { admin_key …; organization … }` to the global options")
	}
	if err != nil {
		return nil, err
	}
	return app.(*App), nil
}

// whenStarted runs f with the app's services as soon as they are there; its error fails the start.
func (a *App) whenStarted(f func(*services) error) {
	a.onStart = append(a.onStart, f)
}

// Provision reads the configuration. It reaches for nothing: that is Start's
// part, so that `caddy validate` can run beside the server.
func (a *App) Provision(ctx caddy.Context) error {
	a.ctx, a.log, a.started = ctx, ctx.Slogger(), make(chan struct{})
	// Made while no app runs: two that make the id of this node at once, as Caddy's TLS
	// app does in its start, would not agree. Start reports an error.
	_, _ = caddy.InstanceID()
	if a.Store == nil {
		a.Store = new(Store)
	}
	if a.MaxStaleness == 0 {
		a.MaxStaleness = caddy.Duration(defaultMaxStaleness)
	}
	if a.MaxStaleness < 0 {
		return errors.New("max_staleness takes more than 0")
	}
	if _, err := a.TokenCache.newCache(); err != nil {
		return err
	}
	var err error
	if a.catalog, err = a.buildCatalog(); err != nil {
		return err
	}
	if a.policies, err = a.buildPolicies(); err != nil {
		return err
	}
	if a.adminKeys, err = a.buildAdminKeys(); err != nil {
		return err
	}
	if a.adminKeySet, err = issuer.NewAdminKeys(a.adminKeys...); err != nil {
		return err
	}
	if err := a.buildFamilies(); err != nil {
		return err
	}
	if err := a.buildKeys(); err != nil {
		return err
	}
	if a.storeOptions, err = a.Store.options(); err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return registerMetrics(ctx.GetMetricsRegistry())
}

// Start opens the store, loads or makes the keys, and opens the doors.
func (a *App) Start() error {
	if err := a.openStore(); err != nil {
		return fmt.Errorf("opening the token store: %w", err)
	}
	s, err := a.buildServices()
	if err != nil {
		return err
	}
	checked, err := s.checkStore(a.ctx)
	if err != nil {
		return err
	}
	a.awaitMirror() // before anything answers: Caddy may listen already
	a.takeOver()
	for _, f := range a.onStart {
		if err := f(s); err != nil {
			return err
		}
	}
	a.services.Store(s)
	close(a.started)
	go s.maintain(a.ctx, checked)
	return nil
}

// openStore takes over the store of the configuration before, if it is the same.
func (a *App) openStore() error {
	directory := a.Store.Directory
	if directory == "" {
		directory = filepath.Join(caddy.AppDataDir(), "sekisho")
	}
	key := a.storeOptions.Fingerprint()
	if a.Store.embedded() {
		key = "embedded:" + directory
	}
	opened, _, err := pool.LoadOrNew(key, func() (caddy.Destructor, error) {
		return openShared(key, a.Store, a.storeOptions, directory, a.log)
	})
	if err != nil {
		return err
	}
	a.shared = opened.(*shared)
	return nil
}

// takeOver lets this configuration set what all configurations of one store share.
func (a *App) takeOver() {
	a.shared.mirror.SetMaxStaleness(time.Duration(a.MaxStaleness))
	a.shared.log.current.Store(a.log)
	currentMirror.Store(a.shared.mirror)
}

// awaitMirror gives the mirror a moment to fill, so that a server whose store
// answers serves from its first request on. One that is down holds up nothing.
func (a *App) awaitMirror() {
	select {
	case <-a.shared.follower.Ready():
	case <-time.After(startPatience):
		a.warnOfSilence(time.Now())
	}
}

// warnOfSilence says what require_token does while the store has not answered yet.
func (a *App) warnOfSilence(now time.Time) {
	proof, _ := a.shared.mirror.StaleSince(now)
	until := proof.Add(time.Duration(a.MaxStaleness))
	switch {
	case proof.IsZero():
		a.log.Warn("require_token answers 503 until the token store has answered once")
	case now.After(until):
		a.log.Warn("the copy of the revocations on this node is older than max_staleness: until the token store answers, "+
			"require_token answers 503 where on_stale is not allow", "copied", proof)
	default:
		a.log.Warn("the token store does not answer: require_token goes on with the copy of the revocations on this node", "until", until)
	}
}

// Stop implements [caddy.App]. What runs ends with the app's context.
func (a *App) Stop() error { return nil }

// Cleanup gives the store back. It may run after a failed Provision or Start, and after
// an app beside this one has failed: then the configuration that goes on takes over again.
func (a *App) Cleanup() error {
	if a.shared == nil {
		return nil
	}
	if running, err := configuredApp(caddy.ActiveContext()); err == nil {
		running.takeOver()
	}
	_, err := pool.Delete(a.shared.key)
	return err
}

// Interface guards
var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
