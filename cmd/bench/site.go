package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// site is a gate with everything behind it that is measured.
type site struct {
	Admin, Doors                  string // host:port each
	BareAnswer, CheckedAnswer     string
	BareProxy, CheckedProxy       string
	BareDatabase, CheckedDatabase string
	Upstream, Sqld                string
	Key                           string

	dir    string
	gate   *testrig.Gate
	sqld   *testrig.Sqld
	api    *httptest.Server
	direct string // a token that sqld itself takes
	full   string // tokens of the gate
	reader string
	opaque string
}

var caddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin {{.Admin}}
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	sekisho {
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		organization my-org {
			group production {
				database my-db
			}
		}
	}
}
(check) {
	require_token api {
		families database developer
	}
}
http://{{.Doors}} {
	issue_tokens
}
http://{{.BareAnswer}} {
	respond "ok"
}
http://{{.CheckedAnswer}} {
	import check
	respond "ok"
}
http://{{.BareProxy}} {
	reverse_proxy {{.Upstream}}
}
http://{{.CheckedProxy}} {
	import check
	reverse_proxy {{.Upstream}}
}
http://{{.BareDatabase}} {
	reverse_proxy {{.Sqld}} {
		header_up Host my-db.localhost
	}
}
http://{{.CheckedDatabase}} {
	require_token libsql {
		organization my-org
		database my-db
	}
	reverse_proxy {{.Sqld}}
}
`))

func start(ctx context.Context, binary, sqld string) (_ *site, err error) {
	s := &site{Key: rand.Text()}
	if s.dir, err = os.MkdirTemp("", "sekisho-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.stop()
		}
	}()
	for _, address := range []*string{
		&s.Admin, &s.Doors, &s.BareAnswer, &s.CheckedAnswer, &s.BareProxy, &s.CheckedProxy, &s.BareDatabase, &s.CheckedDatabase, &s.Sqld,
	} {
		if *address, err = testrig.FreeAddress(); err != nil {
			return nil, err
		}
	}
	s.api = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") }))
	s.Upstream = s.api.Listener.Addr().String()
	if err := s.startGate(ctx, binary); err != nil {
		return nil, err
	}
	if err := s.startSqld(ctx, sqld); err != nil {
		return nil, err
	}
	return s, s.mintTokens(ctx)
}

func (s *site) startGate(ctx context.Context, binary string) error {
	path, err := filepath.Abs(binary)
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := caddyfile.Execute(&text, s); err != nil {
		return err
	}
	s.gate, err = testrig.StartGate(ctx, testrig.GateConfig{
		Path: path, Dir: s.dir, Caddyfile: text.String(), Admin: s.Admin,
		Ready: "http://" + s.Doors + "/.well-known/jwks.json", Env: []string{"SEKISHO_ADMIN_KEY=" + s.Key},
	})
	return err
}

func (s *site) startSqld(ctx context.Context, path string) error {
	key, err := s.gate.UpstreamKey(ctx)
	if err != nil {
		return err
	}
	client, err := s.gate.Run(ctx, "keys", "export", "--address", s.Admin)
	if err != nil {
		return err
	}
	// The bare side needs a token that sqld takes: here it trusts the client key too.
	file := filepath.Join(s.dir, "keys.pem")
	if err := os.WriteFile(file, append(key, client...), 0o600); err != nil {
		return err
	}
	if s.sqld, err = testrig.StartSqld(ctx, testrig.SqldConfig{Path: path, Address: s.Sqld, Dir: s.dir, KeyFile: file}); err != nil {
		return err
	}
	return s.sqld.CreateNamespace(ctx, "my-db")
}

func (s *site) mintTokens(ctx context.Context) (err error) {
	if s.full, err = s.mint(ctx, "full-access"); err != nil {
		return err
	}
	s.direct = s.full
	if s.reader, err = s.mint(ctx, "read-only"); err != nil {
		return err
	}
	s.opaque, err = s.ask(ctx, "/devtokens", `{"note":"bench"}`)
	return err
}

func (s *site) mint(ctx context.Context, access string) (string, error) {
	return s.ask(ctx, "/v1/organizations/my-org/databases/my-db/auth/tokens?expiration=1h&authorization="+access, "")
}

// ask makes a token at one of the doors.
func (s *site) ask(ctx context.Context, path, body string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+s.Doors+path, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	request.Header.Set("Authorization", "Bearer "+s.Key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var reply struct{ JWT, Token string }
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil || reply.JWT+reply.Token == "" {
		return "", fmt.Errorf("minting: %s: %w", response.Status, errors.Join(err, ctx.Err()))
	}
	return reply.JWT + reply.Token, nil
}

func (s *site) stop() {
	if s.sqld != nil {
		_ = s.sqld.Stop()
	}
	if s.gate != nil {
		_ = s.gate.Stop()
	}
	if s.api != nil {
		s.api.Close()
	}
	_ = os.RemoveAll(s.dir)
}

// script writes what wrk sends: a pipeline of one query with a token.
func (s *site) script(name, jwt string) string {
	const query = `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}`
	var text bytes.Buffer
	fmt.Fprintf(&text, "wrk.method = 'POST'\nwrk.body = '%s'\nwrk.headers['Authorization'] = 'Bearer %s'\n", query, jwt)
	path := filepath.Join(s.dir, name+".lua")
	_ = os.WriteFile(path, text.Bytes(), 0o600) // wrk says so when it cannot read it
	return path
}

func (s *site) comparisons() []comparison {
	full, direct, reader := s.script("full", s.full), s.script("direct", s.direct), s.script("reader", s.reader)
	opaque := s.script("opaque", s.opaque)
	at := func(address, script string) target { return target{"http://" + address + "/v2/pipeline", script} }
	return []comparison{
		{"respond, JWT in memory", at(s.BareAnswer, full), at(s.CheckedAnswer, full)},
		{"respond, opaque token in memory", at(s.BareAnswer, opaque), at(s.CheckedAnswer, opaque)},
		{"reverse_proxy to an API, JWT in memory", at(s.BareProxy, full), at(s.CheckedProxy, full)},
		{"reverse_proxy to an API, opaque in memory", at(s.BareProxy, opaque), at(s.CheckedProxy, opaque)},
		{"sqld, full-access", at(s.BareDatabase, direct), at(s.CheckedDatabase, full)},
		{"sqld, read-only: every statement judged", at(s.BareDatabase, direct), at(s.CheckedDatabase, reader)},
	}
}
