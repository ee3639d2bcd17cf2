package caddymodule

import (
	"slices"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
)

func init() {
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "sekisho",
		Usage: "<command>",
		Short: "Manages the tokens and keys of a running Sekisho",
		Long: `
Manages the tokens and keys of a running Sekisho. The commands talk to Caddy's
admin API: name another one with --address, or with --config as Caddy's own
commands do.`,
		CobraFunc: func(cmd *cobra.Command) {
			for _, command := range Commands() {
				cmd.AddCommand(command)
			}
		},
	})
}

// Commands makes the commands anew. A binary of its own may offer them directly,
// beside those of Caddy.
func Commands() []*cobra.Command {
	return []*cobra.Command{keysCommand()}
}

// WithoutPrefix turns the arguments of `sekisho keys …` into those of Caddy's
// `caddy sekisho keys …`.
func WithoutPrefix(args []string) []string {
	if len(args) < 2 || !slices.ContainsFunc(Commands(), func(c *cobra.Command) bool { return c.Name() == args[1] }) {
		return args
	}
	return slices.Insert(slices.Clone(args), 1, "sekisho")
}

// adminFlags are how Caddy's own commands find the running server.
func adminFlags(cmd *cobra.Command) {
	cmd.PersistentFlags().String("address", "", "Address of the administration API listener (if --config is not used)")
	cmd.PersistentFlags().StringP("config", "c", "", "Configuration file (if --address is not used)")
	cmd.PersistentFlags().StringP("adapter", "a", "", "Name of config adapter to apply (if --config is used)")
}
