package caddymodule

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/caddymodule/cli"
)

func init() {
	parent := cli.Parent()
	caddycmd.RegisterCommand(caddycmd.Command{Name: parent.Name(), Short: parent.Short, CobraFunc: become(parent)})
}

// RegisterCommands offers the commands directly, beside those of Caddy: a binary
// of its own has `sekisho keys` where a Caddy has `caddy sekisho keys`.
func RegisterCommands() {
	for _, command := range cli.Commands() {
		caddycmd.RegisterCommand(caddycmd.Command{Name: command.Name(), Short: command.Short, CobraFunc: become(command)})
	}
}

// Describe says what a Caddy with these commands is, in the language of whoever
// runs the process.
func Describe() string { return cli.Describe() }

// become makes the command that Caddy has made into ours.
func become(ours *cobra.Command) func(*cobra.Command) {
	return func(made *cobra.Command) {
		below := ours.Commands()
		ours.RemoveCommand(below...)
		*made = *ours
		made.AddCommand(below...)
	}
}
