package e2e

import (
	"strings"
	"testing"
	"text/template"
)

// site is what the Caddyfile of a test is made of.
type site struct {
	Admin    string // of Caddy's admin API, host:port, as all addresses here
	Storage  string // directory of Caddy's storage: gates that share it share keys
	Store    string // arguments of "store"
	Stale    string // max_staleness
	Tokens   string // where tokens are issued
	Hosts    string // where a database is chosen by the first label of the host
	Listener map[string]string
	Allow    string // what else is open, as arguments of "allow"
	Upstream string // the libSQL server
	Recorded bool   // whether a recorder stands between the two
	Secure   string // where my-db is over TLS, HTTP/2 and HTTP/3; empty: nowhere
	Identity identity
	Limited  string // where a token for my-db may make one request an hour; empty: nowhere
	Idle     string // how long Caddy waits for a body to go on; empty: its default
	Env      []string
}

// databases are all that the Caddyfile knows. Those of the samples are among them.
var databases = []string{
	"my-db", "other-db", "other-db-1", "other-db-2", "db1", "db2", "users-db", "products-db", "posts-db",
}

var caddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin {{.Admin}}
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	debug
	storage file_system {{.Storage}}
	{{with .Idle}}servers {
		timeouts {
			read_body_idle {{.}}
		}
	}{{end}}
	sekisho {
		store {{.Store}}
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		max_staleness {{.Stale}}
		organization my-org {
			group production {
				database ` + strings.Join(databases, " ") + `
			}
			group multi-tenant {
				database tenant-123-users tenant-123-orders
			}
		}
	}
}

http://{{.Tokens}} {
	log
	issue_tokens
}

http://{{.Hosts}}, http://*.localhost:` + `{{.HostsPort}} {
	log
	require_token libsql {
		organization my-org
		database {labels.1}
	}
	reverse_proxy {{.Upstream}}
}
{{range $database, $address := .Listener}}
http://{{$address}} {
	log{{if $.Allow}} {
		format filter {
			request>headers>X-Authorization delete
		}
	}{{end}}
	require_token libsql {
		organization my-org
		database {{$database}}
		{{with $.Allow}}allow {{.}}{{end}}
	}
	reverse_proxy {{$.Upstream}}
}
{{end}}{{with .Limited}}
http://{{.}} {
	log
	route {
		require_token api {
			families database
			read_only_methods GET HEAD POST
			rate_limit 1 1h
			forward_credential
		}
		require_token libsql {
			organization my-org
			database my-db
		}
		reverse_proxy {{$.Upstream}}
	}
}
{{end}}{{with .Secure}}
https://{{.}} {
	log
	tls {{$.Identity.Certificate}} {{$.Identity.Key}}
	require_token libsql {
		organization my-org
		database my-db
	}
	reverse_proxy {{$.Upstream}}
}
{{end}}`))

// HostsPort is the port of Hosts.
func (s site) HostsPort() string {
	_, port, _ := strings.Cut(s.Hosts, ":")
	return port
}

func (s site) caddyfile(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	if err := caddyfile.Execute(&text, s); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
