package main

import (
	"context"
	"crypto/rand"
	"embed"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

//go:embed Caddyfile.tmpl api.Caddyfile.tmpl
var files embed.FS

var caddyfiles = template.Must(template.ParseFS(files, "*.tmpl"))

// site is a gate with what stands behind it.
type site struct {
	Admin, Doors            string // host:port, as all addresses here
	Answer, Proxy, Database twins
	Idle                    twins  // like Answer, with a handler that does nothing in the place of the check
	ShownToSqld             string // checked like a database, but answered by the API
	API, Sqld               string
	Store                   string // arguments of "store"
	SigningKey              string // a file

	adminKey string
	signer   *signer
	gate     *testrig.Gate
	sqld     *testrig.Sqld
	api      *testrig.Gate // the same binary, with nothing of ours switched on
}

// twins are the address of one listener with paths that differ in the check only. Of
// two listeners, one is often quicker by some percent than the other.
type twins string

// bare is one of two paths: as paths are tried in their order, one stands before the
// checked one and one behind it.
func (t twins) bare(turn int) string { return fmt.Sprintf("http://%s/bare%d", t, 1+turn%2) }
func (t twins) checked() string      { return "http://" + string(t) + "/checked" }

// startSite starts a gate with a store. Gates that are given the same signer are a fleet.
func (b *bench) startSite(ctx context.Context, store string, signer *signer) (_ *site, err error) {
	s := &site{Store: store, SigningKey: signer.file, adminKey: rand.Text(), signer: signer}
	for _, address := range []*string{
		&s.Admin, &s.Doors, (*string)(&s.Answer), (*string)(&s.Idle), (*string)(&s.Proxy), (*string)(&s.Database),
		&s.ShownToSqld, &s.API, &s.Sqld,
	} {
		if *address, err = testrig.FreeAddress(); err != nil {
			return nil, err
		}
	}
	if err = s.startGate(ctx, b); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *site) startGate(ctx context.Context, b *bench) (err error) {
	s.gate, err = b.startCaddy(ctx, "Caddyfile.tmpl", s, testrig.GateConfig{
		Admin: s.Admin, Ready: "http://" + s.Doors + "/.well-known/jwks.json", Env: []string{"SEKISHO_ADMIN_KEY=" + s.adminKey},
	})
	return err
}

// startAPI starts an API in a process of its own. It answers the same to whoever
// asks, but at /dump says which credential it was shown.
func (s *site) startAPI(ctx context.Context, b *bench) error {
	admin, err := testrig.FreeAddress()
	if err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(s.API)
	if err != nil {
		return err
	}
	values := struct{ Admin, Port string }{admin, port} // of any host, as the gate names the database's
	s.api, err = b.startCaddy(ctx, "api.Caddyfile.tmpl", values, testrig.GateConfig{Admin: admin, Ready: "http://" + s.API})
	return err
}

// startCaddy starts our binary with a template of a Caddyfile.
func (b *bench) startCaddy(ctx context.Context, name string, values any, config testrig.GateConfig) (*testrig.Gate, error) {
	dir, err := os.MkdirTemp(b.dir, "gate-")
	if err != nil {
		return nil, err
	}
	var text strings.Builder
	if err := caddyfiles.ExecuteTemplate(&text, name, values); err != nil {
		return nil, err
	}
	config.Path, config.Dir, config.Caddyfile = b.binary, dir, text.String()
	return testrig.StartGate(ctx, config)
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

func (s *site) stop() {
	if s.sqld != nil {
		_ = s.sqld.Stop()
	}
	for _, gate := range []*testrig.Gate{s.gate, s.api} {
		if gate != nil {
			_ = gate.Stop()
		}
	}
}
