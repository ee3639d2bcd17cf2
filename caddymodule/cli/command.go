package cli

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"
)

// Commands makes the commands anew, in the language of whoever runs the process.
func Commands() []*cobra.Command {
	t := current()
	return []*cobra.Command{t.devtoken(), t.usertoken(), t.dbtoken(), t.verify(), t.audit(), t.keys()}
}

// Describe gives a word on what the commands are for, short and long, in the
// language of whoever runs the process.
func Describe() (short, long string) {
	t := current()
	return t.of("sekisho"), t.of("sekisho_long")
}

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

// leaf makes a command that runs; its description is the sentence for key.
func (t texts) leaf(use, key string, run func(*call) error) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: t.of(key), Args: cobra.ArbitraryArgs, SilenceUsage: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c := &call{
			texts: t, cmd: cmd, args: args, in: cmd.InOrStdin(), out: cmd.OutOrStdout(), err: cmd.ErrOrStderr(), now: time.Now(),
		}
		c.screen = screenOf(c.out)
		return ended(cmd, c.err, c.run(run))
	}
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return ended(cmd, cmd.ErrOrStderr(), &problem{exitUsage, err.Error() + "\n" + cmd.UseLine()})
	})
	return cmd
}

func (c *call) run(run func(*call) error) error {
	language := c.text("lang")
	if language != "" && !slices.Contains(languages, language) {
		return c.usage("one_of", "--lang", "en, ja, zh")
	}
	c.json, _ = c.cmd.Flags().GetBool("json")
	c.yes, _ = c.cmd.Flags().GetBool("yes")
	var err error
	c.client, err = c.connect(target{
		address: c.text("address"), config: c.text("config"), adapter: c.text("adapter"),
		server: c.text("server"), keyFile: c.text("key-file"),
	}, c.in)
	if err != nil {
		return err
	}
	return run(c)
}

// group makes a command that has others below it.
func (t texts) group(use, key string, below ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: t.of(key), Args: cobra.ArbitraryArgs, SilenceUsage: true}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return ended(cmd, cmd.ErrOrStderr(), t.usage("no_command", args[0], cmd.CommandPath()))
	}
	cmd.AddCommand(below...)
	t.serverFlags(cmd)
	return cmd
}

// serverFlags say which server is meant, in which form and in which language.
func (t texts) serverFlags(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.String("address", "", t.of("flag_address"))
	flags.StringP("config", "c", "", t.of("flag_config"))
	flags.StringP("adapter", "a", "", t.of("flag_adapter"))
	flags.String("server", "", t.of("flag_server"))
	flags.String("key-file", "", t.of("flag_key_file", keyName))
	flags.String("lang", "", t.of("flag_lang"))
	flags.Bool("json", false, t.of("flag_json"))
}

func (t texts) yesFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolP("yes", "y", false, t.of("flag_yes"))
	return cmd
}

// text is the value of a flag; empty when it was not given or the command has none.
func (c *call) text(flag string) string {
	value, _ := c.cmd.Flags().GetString(flag)
	return value
}

func (c *call) list(flag string) []string {
	values, _ := c.cmd.Flags().GetStringSlice(flag)
	return values
}

func (c *call) given(flag string) bool { return c.cmd.Flags().Changed(flag) }

// say tells people something.
func (c *call) say(key string, args ...any) {
	fmt.Fprintln(c.err, inert(c.of(key, args...), true))
}

// call asks a door.
func (c *call) call(r request) (reply, error) {
	answer, err := c.client.door(c.cmd.Context(), r)
	return answer, c.unreached(err)
}

// unreached says what to do when nobody answers.
func (c *call) unreached(err error) error {
	if _, refused := err.(*refusedError); err == nil || refused {
		return err
	}
	return c.failed("unreached", c.client.base, err)
}

// printJSON writes a value on lines of its own.
func (c *call) printJSON(value jsontext.Value) error {
	value = value.Clone()
	if err := value.Indent(jsontext.WithIndent("  ")); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	_, err := fmt.Fprintf(c.out, "%s\n", value)
	return err
}

// array joins values to one JSON array.
func array(values []jsontext.Value) jsontext.Value {
	parts := make([][]byte, len(values))
	for i, v := range values {
		parts[i] = v
	}
	return jsontext.Value("[" + string(bytes.Join(parts, []byte(","))) + "]")
}
