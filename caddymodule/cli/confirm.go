package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/term"
)

// maxSecret bounds a secret on standard input, in bytes.
const maxSecret = 64 << 10

// confirm asks a person before something that cannot be undone. A script must say
// --yes; without it nothing is done.
func (c *call) confirm(key string, args ...any) error {
	if c.yes {
		return nil
	}
	answer, err := c.ask(c.of(key, args...), c.of("yes_or_no"), c.usage("needs_yes"))
	if err != nil {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes", "はい", "是":
		return nil
	}
	return c.usage("cancelled")
}

// confirmWord is confirm for what is too much for a yes: the word itself must be
// typed. A script must say --confirm with it.
func (c *call) confirmWord(word, key string, args ...any) error {
	if c.text("confirm") == word {
		return nil
	}
	answer, err := c.ask(c.of(key, args...), c.of("type_word", word), c.usage("needs_word", word))
	if err != nil || answer == word {
		return err
	}
	return c.usage("cancelled")
}

// ask puts a question to a person. Where nobody can answer it is an error, missing.
func (c *call) ask(question, prompt string, missing error) (string, error) {
	if c.client.admin == "" {
		c.say("at_server", c.client.host)
	}
	fmt.Fprint(c.err, inert(question, true))
	file, ok := c.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		fmt.Fprintln(c.err)
		return "", missing
	}
	fmt.Fprint(c.err, " "+prompt+" ")
	return strings.TrimSpace(c.answer(file)), nil
}

// answer reads a line; an interrupt is an answer too, and means no.
func (c *call) answer(from io.Reader) string {
	ctx, stop := signal.NotifyContext(c.cmd.Context(), os.Interrupt)
	defer stop()
	lines := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(from).ReadString('\n')
		if !strings.HasSuffix(line, "\n") {
			fmt.Fprintln(c.err) // what follows begins a line
		}
		lines <- line
	}()
	select {
	case line := <-lines:
		return line
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return ""
	}
}

// readCredential reads a token from standard input, never from an argument.
func (c *call) readCredential() (string, error) {
	if c.text("key-file") == "-" {
		return "", c.usage("stdin_twice")
	}
	if file, ok := c.in.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		c.say("paste_credential")
	}
	text, err := io.ReadAll(io.LimitReader(c.in, maxSecret))
	if err != nil {
		return "", fmt.Errorf("reading standard input: %w", err)
	}
	credential := strings.TrimSpace(string(text))
	if credential == "" || strings.ContainsAny(credential, " \t\r\n") {
		return "", c.usage("no_credential")
	}
	return credential, nil
}
