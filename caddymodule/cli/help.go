package cli

import (
	"cmp"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// values says what the value of a flag looks like, where its type does not.
var values = map[string]string{
	"adapter": "NAME", "address": "ADDRESS", "app": "NAME", "authorization": "WORD", "config": "FILE", "confirm": "WORD", "context": "NAME",
	"creator": "NAME", "database": "NAME", "databases": "NAMES", "env-file": "FILE", "env-name": "NAME", "expiration": "TIME",
	"expires": "TIME", "grace": "SPAN", "keep": "IDS", "key-file": "FILE", "lang": "WORD", "of": "NAME", "org": "NAME",
	"preset": "WORD", "read-attach": "NAMES", "scope": "NAME", "server": "URL", "sort": "WORD", "source-tz": "ZONE",
	"status": "WORD", "unused": "SPAN", "user": "ID",
}

// help shows what a command is for and all that it takes, no wider than the screen.
// Cobra's own is in English only.
func (t texts) help(cmd *cobra.Command, to io.Writer) {
	room := screenOf(to).columns
	var text strings.Builder
	section := func(heading string, rows [][2]string) {
		if len(rows) > 0 {
			text.WriteString("\n" + t.of(heading) + "\n" + listing(rows, room))
		}
	}
	text.WriteString(strings.Join(wrapped(cmp.Or(cmd.Long, cmd.Short), room), "\n") + "\n")
	section("help_usage", [][2]string{{cmd.UseLine(), ""}})
	if cmd.Example != "" {
		section("help_examples", [][2]string{{example(cmd), ""}})
	}
	var below [][2]string
	for _, sub := range cmd.Commands() {
		below = append(below, [2]string{sub.Name(), sub.Short})
	}
	section("help_commands", below)
	section("help_flags", t.flagRows(cmd.NonInheritedFlags()))
	section("help_common_flags", t.flagRows(cmd.InheritedFlags()))
	if len(below) > 0 {
		text.WriteString("\n" + t.of("see_help", cmd.CommandPath()+" <…>") + "\n")
	}
	_, _ = io.WriteString(to, text.String())
}

// example names the command as this program has it: it may be a Caddy with all
// commands below `caddy sekisho`.
func example(cmd *cobra.Command) string {
	_, args, _ := strings.Cut(cmd.Example, " "+cmd.Name()+" ")
	return cmd.CommandPath() + " " + args
}

// flagRows has a row for each flag, with its default if that says something.
func (t texts) flagRows(flags *pflag.FlagSet) (rows [][2]string) {
	flags.VisitAll(func(f *pflag.Flag) {
		name := "    --" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", --" + f.Name
		}
		switch f.Value.Type() {
		case "bool":
		case "int":
			name += " N"
		default:
			name += " " + cmp.Or(values[f.Name], "TEXT")
		}
		usage := f.Usage
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			usage += t.of("flag_default", f.DefValue)
		}
		rows = append(rows, [2]string{name, usage})
	})
	return rows
}

// listing puts rows below each other: a name, and beside it what that is. Where
// the room is too narrow for both, the second stands below the first.
func listing(rows [][2]string, room int) string {
	const margin = 2
	widest := 0
	for _, row := range rows {
		widest = max(widest, cells(row[0]))
	}
	indent, beside := margin+widest+gap, true
	if room > 0 && room-indent < room/2 {
		indent, beside = 8, false
	}
	var text strings.Builder
	for _, row := range rows {
		if row[1] == "" {
			text.WriteString("  " + strings.Join(wrapped(row[0], max(0, room-2*margin)), "\n    ") + "\n")
			continue
		}
		text.WriteString(strings.Repeat(" ", margin) + row[0])
		padding := strings.Repeat(" ", max(0, indent-margin-cells(row[0])))
		if !beside {
			padding = "\n" + strings.Repeat(" ", indent)
		}
		text.WriteString(padding + strings.Join(wrapped(row[1], max(0, room-indent)), "\n"+strings.Repeat(" ", indent)) + "\n")
	}
	return text.String()
}
