package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// serverFlags say which server is meant, in which form and in which language.
func (t texts) serverFlags(cmd *cobra.Command) *cobra.Command {
	flags := cmd.PersistentFlags()
	flags.String("context", "", t.of("flag_context"))
	flags.String("address", "", t.of("flag_address"))
	flags.StringP("config", "c", "", t.of("flag_config"))
	flags.StringP("adapter", "a", "", t.of("flag_adapter"))
	flags.String("server", "", t.of("flag_server"))
	flags.String("key-file", "", t.of("flag_key_file", keyName))
	t.outputFlags(cmd)
	t.complete(cmd, "context", contextNames)
	return cmd
}

// outputFlags are those of every command.
func (t texts) outputFlags(cmd *cobra.Command) *cobra.Command {
	cmd.PersistentFlags().String("lang", "", t.of("flag_lang"))
	cmd.PersistentFlags().Bool("json", false, t.of("flag_json"))
	t.completeWords(cmd, "lang", languages...)
	return cmd
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

// checkValues refuses a flag that has taken the next one for its value.
func (c *call) checkValues() (err error) {
	c.cmd.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if f.Value.Type() == "stringSlice" {
			values = c.list(f.Name)
		}
		if err == nil && slices.ContainsFunc(values, func(value string) bool { return strings.HasPrefix(value, "--") }) {
			err = c.usage("flag_without_value", "--"+f.Name)
		}
	})
	return err
}

// need makes sure that the flags were given.
func (c *call) need(flags ...string) error {
	var missing []string
	for _, flag := range flags {
		if !c.given(flag) {
			missing = append(missing, "--"+flag)
		}
	}
	if missing == nil {
		return nil
	}
	return c.usage("missing", strings.Join(missing, ", "), c.cmd.UseLine(), c.cmd.CommandPath())
}

// misused is the error for arguments that do not fit.
func (c *call) misused() error {
	return c.usage("args", c.cmd.UseLine(), c.cmd.CommandPath())
}

// flagError says in the reader's language what is wrong with a flag.
func (t texts) flagError(cmd *cobra.Command, err error) error {
	said := err.Error()
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		name, shorts := unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()
		if near := nearFlags(cmd, cmp.Or(shorts, name)); len(near) > 0 {
			return t.usage("flag_near", dashed(name, shorts), "--"+strings.Join(near, ", --"))
		}
		said = t.of("flag_unknown", dashed(name, shorts))
	}
	if empty, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		said = t.of("flag_without_value", dashed(empty.GetSpecifiedName(), empty.GetSpecifiedShortnames()))
	}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		said = t.of("flag_bad_value", bad.GetValue(), "--"+bad.GetFlag().Name)
	}
	if bad, ok := errors.AsType[*pflag.InvalidSyntaxError](err); ok {
		said = t.of("flag_unknown", bad.GetSpecifiedFlag())
	}
	return &problem{exitUsage, said + "\n" + t.of("see_help", cmd.CommandPath())}
}

// nearFlags are the flags that may be meant with another name, found as cobra finds commands.
func nearFlags(cmd *cobra.Command, name string) []string {
	flags := &cobra.Command{SuggestionsMinimumDistance: min(2, len(name)/2)}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	return flags.SuggestionsFor(name)
}

// dashed writes a flag as it was given: in short if shorts is not empty.
func dashed(name, shorts string) string {
	if shorts != "" {
		return "-" + name
	}
	return "--" + name
}
