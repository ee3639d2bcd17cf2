// Command sekisho is Caddy with its standard modules and the Sekisho plugin. It
// has every command of Caddy, and the plugin's own beside them: `sekisho run`,
// `sekisho keys list`.
package main

import (
	"github.com/caddyserver/caddy/v2"
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/sekisho-project/sekisho/caddymodule"
)

func main() {
	caddy.CustomBinaryName = "sekisho"
	caddy.CustomLongDescription = caddymodule.Describe()
	caddymodule.RegisterCommands()
	caddycmd.Main()
}
