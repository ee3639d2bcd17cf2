package caddymodule

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	_ "github.com/caddyserver/caddy/v2/modules/filestorage"
	_ "github.com/caddyserver/caddy/v2/modules/logging"
	_ "github.com/caddyserver/caddy/v2/modules/metrics"
)

const adminKey = "an-admin-key-of-this-test-only"

// TestMain keeps Caddy's files out of the home of whoever runs the tests.
func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	drain = 0
	dir, err := os.MkdirTemp("", "sekisho-caddymodule-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"XDG_CONFIG_HOME", "XDG_DATA_HOME"} {
		os.Setenv(name, dir)
	}
	os.Setenv("SEKISHO_TEST_ADMIN_KEY", adminKey)
	return m.Run()
}

// global is a sekisho option that loads; options stand inside of it.
func global(options string) string {
	return `{
	admin off
	persist_config off
	auto_https off
	sekisho {
		admin_key ops {env.SEKISHO_TEST_ADMIN_KEY}
		organization my-org {
			group production {
				database my-db other-db
			}
		}
		` + options + `
	}
}
`
}

// load runs a Caddyfile in this process and gives the address it listens on.
func load(t *testing.T, caddyfile string) string {
	t.Helper()
	if err := tryLoad(caddyfile); err != nil {
		t.Fatalf("loading: %v", err)
	}
	t.Cleanup(func() { _ = caddy.Stop() })
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		t.Fatal(err)
	}
	for _, server := range app.(*caddyhttp.App).Servers {
		return "http://" + server.Listeners()[0].Addr().String()
	}
	t.Fatal("no server")
	return ""
}

func tryLoad(caddyfile string) error {
	config, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(caddyfile), nil)
	if err != nil {
		return err
	}
	return caddy.Load(config, true)
}

// upstream stands in for a libSQL server and remembers what reached it.
func upstream(t *testing.T, handle http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}
