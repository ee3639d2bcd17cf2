package cli

import (
	"bufio"
	"fmt"
	"io"
	"os"
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
	file, ok := c.in.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		c.say(key, args...)
		return c.usage("needs_yes")
	}
	fmt.Fprint(c.err, inert(c.of(key, args...), true)+" "+c.of("yes_or_no")+" ")
	answer, _ := bufio.NewReader(file).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "はい", "是":
		return nil
	}
	return c.usage("cancelled")
}

// readCredential reads a token from standard input, never from an argument.
func (c *call) readCredential() (string, error) {
	if c.text("key-file") == "-" {
		return "", c.usage("stdin_twice")
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
