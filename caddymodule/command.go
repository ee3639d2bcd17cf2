package caddymodule

import (
	"slices"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/caddymodule/cli"
)

func init() {
	short, long := cli.Describe()
	caddycmd.RegisterCommand(caddycmd.Command{
		Name:  "sekisho",
		Usage: "<command>",
		Short: short,
		Long:  long,
		CobraFunc: func(cmd *cobra.Command) {
			for _, command := range Commands() {
				cmd.AddCommand(command)
			}
		},
	})
}

// Commands makes the commands anew. A binary of its own may offer them directly,
// beside those of Caddy.
func Commands() []*cobra.Command { return cli.Commands() }

// WithoutPrefix turns the arguments of `sekisho keys …` into those of Caddy's
// `caddy sekisho keys …`.
func WithoutPrefix(args []string) []string {
	if len(args) < 2 || !slices.ContainsFunc(Commands(), func(c *cobra.Command) bool { return c.Name() == args[1] }) {
		return args
	}
	return slices.Insert(slices.Clone(args), 1, "sekisho")
}
