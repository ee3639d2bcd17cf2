package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// contextVariable names the context where no flag does.
const contextVariable = "SEKISHO_CONTEXT"

// localContext is the name that always means Caddy's admin endpoint on this machine.
const localContext = "local"

// savedContext is a server under a name. The key stays in a file of its own.
type savedContext struct {
	Server  string `json:"server,omitzero"`
	KeyFile string `json:"key_file,omitzero"`
	Address string `json:"address,omitzero"`
}

// contextBook is what is saved of servers, in the directory for configuration of
// whoever runs the process.
type contextBook struct {
	Current  string                  `json:"current,omitzero"`
	Contexts map[string]savedContext `json:"contexts"`

	path string // empty for a process without a home, such as a service
}

// contextBook reads what is saved.
func (c *call) contextBook() (*contextBook, error) {
	b := &contextBook{Contexts: map[string]savedContext{}}
	directory, err := os.UserConfigDir()
	if err != nil {
		return b, nil
	}
	b.path = filepath.Join(directory, "sekisho", "contexts.json")
	text, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		return b, nil
	}
	if err == nil {
		err = json.Unmarshal(text, b)
	}
	if err == nil && b.Contexts == nil {
		err = errNoContexts
	}
	if err != nil {
		return nil, c.failed("contexts_unreadable", err)
	}
	return b, nil
}

var (
	errNoContexts = errors.New("the file has no contexts")
	errNoHome     = errors.New("neither HOME nor XDG_CONFIG_HOME is set")
)

// save leaves the file whole at every moment.
func (b *contextBook) save() error {
	if b.path == "" {
		return errNoHome
	}
	text, err := json.Marshal(b, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("encoding contexts: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(b.path), 0o700); err != nil {
		return fmt.Errorf("saving contexts: %w", err)
	}
	return replaceFile(b.path, append(text, '\n'))
}

func (b *contextBook) names() []string {
	names := slices.Sorted(maps.Keys(b.Contexts))
	if !slices.Contains(names, localContext) {
		names = append(names, localContext)
	}
	return names
}

// of finds a context by its name.
func (b *contextBook) of(name string) (savedContext, bool) {
	saved, known := b.Contexts[name]
	return saved, known || name == localContext
}

// target says which server is meant: the one that flags name, or else that of the
// context of a flag, of the environment, or in use.
func (c *call) target() (target, error) {
	to := target{
		address: c.text("address"), config: c.text("config"), adapter: c.text("adapter"),
		server: c.text("server"), keyFile: c.text("key-file"),
	}
	if to.server != "" || to.address != "" || to.config != "" || to.adapter != "" {
		if c.given("context") {
			return to, c.usage("context_and_server")
		}
		return to, nil
	}
	book, err := c.contextBook()
	if err != nil {
		return to, err
	}
	name := cmp.Or(c.text("context"), os.Getenv(contextVariable), book.Current, localContext)
	saved, known := book.of(name)
	if !known {
		return to, c.noContext(book, name)
	}
	to.server, to.address = saved.Server, saved.Address
	to.keyFile = cmp.Or(to.keyFile, saved.KeyFile)
	return to, nil
}

func (c *call) noContext(book *contextBook, name string) error {
	return c.usage("no_context", name, strings.Join(book.names(), ", "))
}

// contextNames offers the names of contexts.
func contextNames(c *call) ([]string, error) {
	book, err := c.contextBook()
	if err != nil {
		return nil, err
	}
	var offers []string
	for _, name := range book.names() {
		saved, _ := book.of(name)
		offers = append(offers, name+"\t"+cmp.Or(saved.Server, saved.Address))
	}
	return offers, nil
}
