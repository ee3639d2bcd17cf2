package caddymodule

import (
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
	"github.com/sekisho-project/sekisho/verifier/libsql"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

func init() {
	caddy.RegisterModule(new(LibSQL))
}

// LibSQL guards a libSQL server (sqld): every request needs a database or group
// token that reaches the database, and with a read-only token every SQL text is
// judged before it goes on. The server never sees the client's token; it gets a
// short-lived one of the gate's own.
type LibSQL struct {
	// The organization whose databases stand behind. Required.
	Organization string `json:"organization"`

	// The database that a request is for: a name, or a placeholder such as
	// `{http.request.host.labels.3}`. It becomes the namespace at the server, and
	// a token for another database is refused. Required.
	Database string `json:"database"`

	// The largest body of a read-only request, in bytes. Default: 32 MiB.
	MaxBody int64 `json:"max_body,omitempty"`

	// SQL functions of your server that a read-only token may call, beside the
	// ones that are known to only read.
	AllowFunctions []string `json:"allow_functions,omitempty"`

	// What else of the server is open: `replication` for embedded replicas, `dump`
	// for whole databases as SQL, `listen` for news of changed tables. Default: nothing.
	Allow []string `json:"allow,omitempty"`

	// Whether full-access tokens too are refused what is not of their database:
	// files of the server, extensions, settings of the process, other databases.
	// Without it their requests stream unread. Default: true when the organization
	// has more than one database.
	Untrusted *bool `json:"untrusted,omitempty"`

	// Whether read-only tokens may use a server that does not lock their streams
	// against writing (`PRAGMA query_only`). Default: false.
	AllowUnlocked bool `json:"allow_unlocked,omitempty"`

	// What becomes of requests when the store has been away for longer than
	// max_staleness: `deny` answers 503; `allow` lets tokens pass that were not
	// revoked as far as this node knows. Default: deny.
	OnStale string `json:"on_stale,omitempty"`

	rules   *readonly.Rules
	allow   libsql.Allow
	app     *App
	lenient *lenient
	gate    atomic.Pointer[libsql.Gate]
}

// CaddyModule returns the Caddy module information.
func (*LibSQL) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "sekisho.upstreams.libsql",
		New: func() caddy.Module { return new(LibSQL) },
	}
}

// Provision checks the rules; the gate opens when the app has started.
func (u *LibSQL) Provision(ctx caddy.Context) error {
	app, err := configuredApp(ctx)
	if err != nil {
		return err
	}
	switch {
	case u.Organization == "":
		return errors.New("libsql needs the organization whose databases stand behind: organization my-org")
	case !app.catalog.HasOrganization(u.Organization):
		return fmt.Errorf("organization %q is not among those of the sekisho option", u.Organization)
	case u.Database == "":
		return errors.New("libsql needs the database that a request is for: a name, or a placeholder such as {labels.3}")
	case u.MaxBody < 0:
		return errors.New("max_body takes more than 0")
	}
	if err := checkDatabase(app.catalog, u.Organization, u.Database); err != nil {
		return err
	}
	if err := validOnStale(u.OnStale); err != nil {
		return err
	}
	if u.rules, err = readonly.New(u.AllowFunctions...); err != nil {
		return fmt.Errorf("allow_function: %w", err)
	}
	if u.allow, err = libsql.ParseAllow(u.Allow...); err != nil {
		return fmt.Errorf("allow: %w", err)
	}
	if u.Untrusted == nil {
		shared := len(databasesOf(app.catalog, u.Organization)) > 1
		u.Untrusted = &shared
	}
	u.app = app
	app.whenStarted(u.open)
	return nil
}

func (u *LibSQL) open(s *services) error {
	var revocations verifier.Revocations
	revocations, u.lenient = s.revocations(u.OnStale)
	counters := newVerdictCounters("libsql")
	v, err := verifier.New(verifier.Options{
		Keys: s.signing, Revocations: revocations, Cache: s.cache, Observe: observeVerification,
		Families: []token.Family{token.Database, token.Group}, Realm: "sekisho",
	})
	if err != nil {
		return err
	}
	gate, err := libsql.New(libsql.Options{
		Authenticator: v, Catalog: u.app.catalog, Tokens: s.upstreamTokens, Secrets: s.upstream, Organization: u.Organization,
		Rules: u.rules, MaxBody: u.MaxBody, Allow: u.allow, Untrusted: *u.Untrusted, AllowUnlocked: u.AllowUnlocked,
		OnFirstHello: setPlaceholdersLate, Logger: s.log, Observe: func(reason refusal.Reason) { counters.count(countedAs(reason, u.lenient.stale())) },
	})
	if err != nil {
		return err
	}
	u.gate.Store(gate)
	return nil
}

// Guard implements [Upstream].
func (u *LibSQL) Guard(w http.ResponseWriter, r *http.Request, pass Pass) (refusal.Reason, error) {
	gate := started(r, u.app, &u.gate)
	if gate == nil {
		return refusal.Unready, errStarting
	}
	if r.Method == http.MethodConnect {
		defer allowSilence(r)()
	}
	repl := r.Context().Value(caddy.ReplacerCtxKey).(*caddy.Replacer)
	stale := u.lenient.stale()
	reason, err := gate.Handle(w, r, repl.ReplaceAll(u.Database, ""), libsql.Next(pass))
	return countedAs(reason, stale), err
}

// maxSilence is as good as no limit, in a form that can be added to a time.
const maxSilence = 365 * 24 * time.Hour

// allowSilence lets the client of an extended CONNECT stay quiet for as long as it
// may after an upgrade of HTTP/1.1, to which the server's idle time of bodies does
// not apply. The gate ends sockets whose clients show no token.
func allowSilence(r *http.Request) (restore func()) {
	reader, _ := caddyhttp.IdleTimeoutsFromContext(r.Context())
	if reader == nil {
		return func() {}
	}
	return reader.Override(maxSilence, 0)
}

// Interface guards
var (
	_ caddy.Provisioner = (*LibSQL)(nil)
	_ Upstream          = (*LibSQL)(nil)
)
