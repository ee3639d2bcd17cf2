package cli

import (
	"cmp"
	"os"
	"path/filepath"
	"regexp"

	"github.com/spf13/cobra"
)

// contextName keeps names free of what a shell or a completion reads otherwise.
var contextName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

func (t texts) context() *cobra.Command {
	cmd := t.group("context", "context", t.contextAdd(), t.contextList(), t.contextUse(), t.contextRemove())
	return t.outputFlags(cmd)
}

// shownContext is a context as lists show it.
type shownContext struct {
	Name string `json:"name"`
	savedContext
	Current bool `json:"current"`
}

func (t texts) contextAdd() *cobra.Command {
	cmd := t.offline("add <name> --server <url> | --address <address>", "context_add", (*call).contextAdd)
	cmd.Example = "sekisho context add production --server https://tokens.example.com --key-file ~/.sekisho-production"
	cmd.Flags().String("server", "", t.of("flag_server"))
	cmd.Flags().String("key-file", "", t.of("flag_context_key", keyName))
	cmd.Flags().String("address", "", t.of("flag_context_address"))
	return cmd
}

func (c *call) contextAdd() error {
	if len(c.args) != 1 || !contextName.MatchString(c.args[0]) {
		return c.misused()
	}
	saved := savedContext{Server: c.text("server"), Address: c.text("address")}
	if (saved.Server == "") == (saved.Address == "") {
		return c.usage("server_or_address")
	}
	if _, err := c.serverAddress(saved.Server); saved.Server != "" && err != nil {
		return err
	}
	if file := c.text("key-file"); file != "" {
		path, err := filepath.Abs(file)
		if err == nil {
			_, err = os.Stat(path)
		}
		if err != nil {
			return c.failed("key_unreadable", err)
		}
		saved.KeyFile = path
	}
	return c.changeContexts(c.args[0], func(b *contextBook) error {
		b.Contexts[c.args[0]] = saved
		c.say("context_added", c.args[0], c.cmd.Parent().CommandPath(), c.args[0])
		return nil
	})
}

// changeContexts changes what is saved, and prints the context of that name.
func (c *call) changeContexts(name string, change func(*contextBook) error) error {
	book, err := c.contextBook()
	if err != nil {
		return err
	}
	before, known := book.of(name)
	if err := change(book); err != nil {
		return err
	}
	if err := book.save(); err != nil {
		return c.failed("contexts_unwritten", err)
	}
	if !c.json {
		return nil
	}
	after, still := book.of(name)
	if known && !still {
		after = before
	}
	return c.printJSON(shownContext{name, after, name == book.Current})
}

func (t texts) contextList() *cobra.Command {
	return t.offline("list", "context_list", func(c *call) error {
		if len(c.args) > 0 {
			return c.misused()
		}
		book, err := c.contextBook()
		if err != nil {
			return err
		}
		current := cmp.Or(os.Getenv(contextVariable), book.Current, localContext)
		var list []shownContext
		t := c.newTable("label_name", "label_server", "label_key_file", "label_in_use")
		for _, name := range book.names() {
			saved, _ := book.of(name)
			list = append(list, shownContext{name, saved, name == current})
			used := ""
			if name == current {
				used = c.of("in_use")
			}
			t.rows = append(t.rows, []string{name, cmp.Or(saved.Server, saved.Address, c.of("this_machine")), cmp.Or(saved.KeyFile, "-"), used})
		}
		if c.json {
			return c.printJSON(list)
		}
		return c.print(t.text(c.screen))
	})
}

func (t texts) contextUse() *cobra.Command {
	cmd := t.offline("use <name>", "context_use", func(c *call) error {
		if len(c.args) != 1 {
			return c.misused()
		}
		return c.changeContexts(c.args[0], func(b *contextBook) error {
			saved, known := b.of(c.args[0])
			if !known {
				return c.noContext(b, c.args[0])
			}
			b.Current = c.args[0]
			c.say("context_used", c.args[0], cmp.Or(saved.Server, saved.Address, c.of("this_machine")))
			return nil
		})
	})
	cmd.ValidArgsFunction = t.completing(first(contextNames))
	return cmd
}

func (t texts) contextRemove() *cobra.Command {
	cmd := t.offline("remove <name>", "context_remove", func(c *call) error {
		if len(c.args) != 1 {
			return c.misused()
		}
		return c.changeContexts(c.args[0], func(b *contextBook) error {
			if _, known := b.Contexts[c.args[0]]; !known {
				return c.noContext(b, c.args[0])
			}
			delete(b.Contexts, c.args[0])
			if b.Current == c.args[0] {
				b.Current = ""
			}
			c.say("context_removed", c.args[0])
			return nil
		})
	})
	cmd.ValidArgsFunction = t.completing(first(contextNames))
	return cmd
}
