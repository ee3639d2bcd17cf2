package fleet

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// Gate is one node.
type Gate struct {
	*testrig.Gate
	Name string
	Link *testrig.Link // to a single Redis; nil for others

	clock    string // file that a gate with a movable clock reads
	copies   string // directory of the durable copy
	url      string
	adminKey string
}

type gateConfig struct {
	binary, dir string
	name        string
	store       *Store
	staleness   time.Duration
	signingKey  string
	adminKey    string
}

// site is what a Caddyfile is made of.
type site struct {
	Admin, Listen, Store, SigningKey string
	Staleness                        time.Duration
}

var caddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin {{.Admin}}
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	sekisho {
		store {{.Store}}
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		max_staleness {{.Staleness}}
		signing_key {file.{{.SigningKey}}}
		organization my-org {
			group production {
				database db1 db2
			}
			group staging {
				database db3 still
			}
		}
	}
}
http://{{.Listen}} {
	issue_tokens
	require_token /checked api {
		families database group developer
	}
	respond /checked "passed"
}
`))

func startGate(ctx context.Context, c gateConfig) (*Gate, error) {
	g := &Gate{Name: c.name, adminKey: c.adminKey, clock: filepath.Join(c.dir, "clock")}
	s := site{Staleness: c.staleness, SigningKey: c.signingKey}
	for _, address := range []*string{&s.Admin, &s.Listen} {
		var err error
		if *address, err = testrig.FreeAddress(); err != nil {
			return nil, err
		}
	}
	if c.store.Single != nil {
		link, err := testrig.OpenLink(c.store.Single.Address)
		if err != nil {
			return nil, err
		}
		g.Link = link
	}
	if c.store.Replicated != nil {
		if err := c.store.Replicated.Admit(ctx, c.name); err != nil {
			return nil, err
		}
	}
	s.Store = c.store.option(c.name, g.Link)
	g.url = "http://" + s.Listen
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return nil, errors.Join(err, g.End())
	}
	var text strings.Builder
	if err := caddyfile.Execute(&text, s); err != nil {
		return nil, errors.Join(err, g.End())
	}
	gate, err := testrig.StartGate(ctx, testrig.GateConfig{
		Path: c.binary, Dir: c.dir, Caddyfile: text.String(), Admin: s.Admin,
		Ready: g.url + "/.well-known/jwks.json",
		Env:   []string{"SEKISHO_ADMIN_KEY=" + c.adminKey, ClockVariable + "=" + g.clock, "SENTINEL_PASSWORD=any"},
	})
	if err != nil {
		return nil, errors.Join(err, g.End())
	}
	g.Gate = gate
	g.copies = filepath.Join(gate.Data(), "caddy", "sekisho")
	return g, nil
}

// End kills the gate and closes its link.
func (g *Gate) End() error {
	var errs []error
	if g.Gate != nil {
		errs = append(errs, g.Kill())
	}
	if g.Link != nil {
		errs = append(errs, g.Link.Close())
	}
	return errors.Join(errs...)
}
