package main

import (
	"context"
	"crypto/rand"
	"embed"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

//go:embed Caddyfile.tmpl
var files embed.FS

var caddyfile = template.Must(template.ParseFS(files, "Caddyfile.tmpl"))

// site is a gate with what stands behind it.
type site struct {
	Admin, Doors            string // host:port, as all addresses here
	Answer, Proxy, Database twins
	ShownToSqld             string // checked like a database, but answered by the API
	API, Sqld               string
	Store                   string // arguments of "store"
	SigningKey              string // a file

	adminKey string
	signer   *signer
	gate     *testrig.Gate
	sqld     *testrig.Sqld
	api      *httptest.Server
}

// twins are the address of one listener with paths that differ in the check only. Of
// two listeners, one is often quicker by some percent than the other.
type twins string

func (t twins) bare() string    { return "http://" + string(t) + "/bare" }
func (t twins) checked() string { return "http://" + string(t) + "/checked" }
func (t twins) vars() string    { return "http://" + string(t) + "/vars" } // of Answer only

// startSite starts a gate with a store, and an API behind it. Gates that are
// given the same signer are a fleet.
func (b *bench) startSite(ctx context.Context, store string, signer *signer) (_ *site, err error) {
	s := &site{Store: store, SigningKey: signer.file, adminKey: rand.Text(), signer: signer}
	for _, address := range []*string{
		&s.Admin, &s.Doors, (*string)(&s.Answer), (*string)(&s.Proxy), (*string)(&s.Database), &s.ShownToSqld, &s.Sqld,
	} {
		if *address, err = testrig.FreeAddress(); err != nil {
			return nil, err
		}
	}
	s.api = httptest.NewServer(newAPI())
	s.API = s.api.Listener.Addr().String()
	if err = s.startGate(ctx, b); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// newAPI answers the same to whoever asks, but at /dump says which credential it
// was shown.
func newAPI() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	api.HandleFunc("/dump", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	})
	return api
}

func (s *site) startGate(ctx context.Context, b *bench) error {
	dir, err := os.MkdirTemp(b.dir, "gate-")
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := caddyfile.Execute(&text, s); err != nil {
		return err
	}
	s.gate, err = testrig.StartGate(ctx, testrig.GateConfig{
		Path: b.binary, Dir: dir, Caddyfile: text.String(), Admin: s.Admin,
		Ready: "http://" + s.Doors + "/.well-known/jwks.json", Env: []string{"SEKISHO_ADMIN_KEY=" + s.adminKey},
	})
	return err
}

// startSqld starts a libSQL server behind the gate, which trusts the gate alone.
func (s *site) startSqld(ctx context.Context, b *bench) error {
	key, err := s.gate.UpstreamKey(ctx)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(b.dir, "sqld-")
	if err != nil {
		return err
	}
	file := filepath.Join(dir, "upstream.pem")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		return err
	}
	if s.sqld, err = testrig.StartSqld(ctx, testrig.SqldConfig{Path: b.sqld, Address: s.Sqld, Dir: dir, KeyFile: file}); err != nil {
		return err
	}
	return s.sqld.CreateNamespace(ctx, "my-db")
}

// startRedis starts a Redis and gives it as arguments of "store".
func (s *site) stop() {
	if s.sqld != nil {
		_ = s.sqld.Stop()
	}
	if s.gate != nil {
		_ = s.gate.Stop()
	}
	s.api.Close()
}
