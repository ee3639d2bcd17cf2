package main

import (
	"strings"
	"text/template"
)

// caddyfile is what the demo's gate runs with. Most clients do not find names
// under localhost, so my-db has an address of its own too.
var caddyfile = template.Must(template.New("Caddyfile").Parse(`{
	admin {{.Admin}}
	persist_config off
	auto_https off
	default_bind 127.0.0.1
	sekisho {
		store embedded
		admin_key ops {env.SEKISHO_ADMIN_KEY}
		organization my-org {
			group production {
				database my-db other-db
			}
		}
	}
}

http://{{.Gate}} {
	issue_tokens
}

http://*.localhost:{{.Port}} {
	require_token libsql {
		organization my-org
		database {labels.1}
	}
	reverse_proxy {{.Upstream}}
}

http://{{.MyDB}} {
	require_token libsql {
		organization my-org
		database my-db
	}
	reverse_proxy {{.Upstream}}
}
`))

// Port is the port of the gate.
func (d *demo) Port() string {
	_, port, _ := strings.Cut(d.Gate, ":")
	return port
}
