package cli

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// Commands makes the commands anew, in the language of whoever runs the process.
func Commands() []*cobra.Command {
	t := current()
	return []*cobra.Command{t.devtoken(), t.usertoken(), t.dbtoken(), t.verify(), t.audit(), t.keys(), t.context()}
}

// Parent makes the command that a Caddy with the plugin has them all below.
func Parent() *cobra.Command {
	t := current()
	cmd := t.group("sekisho", "sekisho", Commands()...)
	cmd.Long = t.of("sekisho_long")
	prefixExamples("caddy ", cmd)
	return cmd
}

// prefixExamples puts what stands before the commands into their examples, for manual pages.
func prefixExamples(before string, cmd *cobra.Command) {
	if cmd.Example != "" {
		cmd.Example = before + cmd.Example
	}
	for _, sub := range cmd.Commands() {
		prefixExamples(before, sub)
	}
}

// Describe says what a Caddy with these commands is, in the language of whoever
// runs the process.
func Describe() string { return current().of("binary") }

// call is one run of a command.
type call struct {
	texts
	cmd    *cobra.Command
	args   []string
	in     io.Reader
	out    io.Writer // for what was asked for
	err    io.Writer // for people
	screen screen
	now    time.Time

	json, yes bool
	client    *client
}

// leaf makes a command that asks a server; its description is the sentence for key.
func (t texts) leaf(use, key string, run func(*call) error) *cobra.Command {
	return t.offline(use, key, func(c *call) error {
		if err := c.reach(); err != nil {
			return err
		}
		return run(c)
	})
}

// offline makes a command that needs no server.
func (t texts) offline(use, key string, run func(*call) error) *cobra.Command {
	cmd := t.command(use, key)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c := &call{
			texts: t, cmd: cmd, args: args, in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), now: time.Now(),
		}
		c.screen = screenOf(c.out)
		return ended(cmd, c.err, c.run(run))
	}
	return cmd
}

// group makes a command that has others below it.
func (t texts) group(use, key string, below ...*cobra.Command) *cobra.Command {
	cmd := t.command(use+" <command>", key)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		unknown := t.usage("no_command", args[0], cmd.CommandPath())
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			unknown = t.usage("command_near", args[0], strings.Join(near, ", "))
		}
		return ended(cmd, cmd.ErrOrStderr(), unknown)
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.AddCommand(below...)
	return cmd
}

// command makes a command that speaks the language, also where cobra has English.
func (t texts) command(use, key string) *cobra.Command {
	cmd := &cobra.Command{
		Use: use, Short: t.of(key), Args: cobra.ArbitraryArgs,
		SilenceUsage: true, DisableFlagsInUseLine: true, ValidArgsFunction: cobra.NoFileCompletions,
	}
	cmd.Flags().BoolP("help", "h", false, t.of("flag_help"))
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { t.help(cmd, cmd.OutOrStdout()) })
	cmd.SetUsageFunc(func(cmd *cobra.Command) error { t.help(cmd, cmd.ErrOrStderr()); return nil })
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return ended(cmd, cmd.ErrOrStderr(), t.flagError(cmd, err)) })
	return cmd
}

func (c *call) run(run func(*call) error) error {
	if err := c.checkValues(); err != nil {
		return err
	}
	if language := c.text("lang"); language != "" && !slices.Contains(languages, language) {
		return c.usage("one_of", "--lang", "en, ja, zh")
	}
	c.json, _ = c.cmd.Flags().GetBool("json")
	c.yes, _ = c.cmd.Flags().GetBool("yes")
	return run(c)
}

// reach finds out which server is meant.
func (c *call) reach() error {
	to, err := c.target()
	if err != nil {
		return err
	}
	if info, err := os.Stat(to.keyFile); err == nil && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		c.say("key_open", to.keyFile)
	}
	c.client, err = c.connect(to, c.in)
	return err
}

// say tells people something.
func (c *call) say(key string, args ...any) {
	fmt.Fprintln(c.err, inert(c.of(key, args...), true))
}

// call asks a door.
func (c *call) call(r request) (reply, error) {
	answer, err := c.client.door(c.cmd.Context(), r)
	return answer, c.unreached(err)
}

// printJSON writes a value on lines of its own.
func (c *call) printJSON(value any) error {
	encoded, err := json.Marshal(value, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("encoding the output: %w", err)
	}
	return c.print(string(encoded) + "\n")
}

// print writes what was asked for.
func (c *call) print(text string) error {
	if _, err := io.WriteString(c.out, text); err != nil {
		return c.failed("unwritten", err)
	}
	return nil
}
