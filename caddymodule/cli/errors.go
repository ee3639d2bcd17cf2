package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// The exit codes, as the GitHub command line has them.
const (
	exitError = 1
	exitUsage = 2 // wrong usage, or not confirmed
	exitAuth  = 4
)

// problem is an error that says to people what happened, in their language.
type problem struct {
	code     int
	sentence string
}

func (p *problem) Error() string { return p.sentence }

func (t texts) usage(key string, args ...any) error {
	return &problem{exitUsage, t.of(key, args...)}
}

func (t texts) failed(key string, args ...any) error {
	return &problem{exitError, t.of(key, args...)}
}

// refusedError is the answer of a door that says no.
type refusedError struct {
	Status    int    `json:"-"`
	Title     string `json:"error"`
	Message   string `json:"message"`
	Code      string `json:"code"`
	RequestID string `json:"request_id"`
	Details   []struct {
		Message string `json:"message"`
	} `json:"details"`

	foreign bool   // something else than Sekisho has answered
	hint    string // what to do next
}

// Error leaves out what the title only says in general.
func (e *refusedError) Error() string {
	text := e.Message
	if text == "" {
		text = e.Title
	}
	for _, d := range e.Details {
		text += "\n  " + d.Message
	}
	if e.Code != "" {
		text += fmt.Sprintf(" (%s, request %s)", e.Code, e.RequestID)
	}
	if e.hint != "" {
		text += "\n" + e.hint
	}
	return text
}

// unreached says what to do when nobody answers.
func (c *call) unreached(err error) error {
	refused, answered := err.(*refusedError)
	switch {
	case err == nil:
		return nil
	case answered && (refused.foreign || refused.Code == "" && c.client.admin == ""):
		return c.failed("not_sekisho", c.client.host, refused.Title)
	case answered && adminSentences[refused.Title] != "":
		return c.failed(adminSentences[refused.Title])
	case answered:
		return c.advised(refused)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return c.failed("untrusted", c.client.host, c.cmd.Root().Name(), err)
	}
	return c.failed("unreached", c.client.host, err)
}

// What the admin endpoint itself says.
var (
	ErrNoOption = errors.New("the running configuration has no sekisho option")
	ErrStarting = errors.New("sekisho is starting; try again")
)

// adminSentences are what people read in place of the admin endpoint's errors, which
// have no code, as all of Caddy's.
var adminSentences = map[string]string{
	ErrNoOption.Error():       "no_option",
	ErrStarting.Error():       "starting",
	keyring.ErrStatic.Error(): "keys_configured",
}

// advised says what to do next, where a door speaks to programs only.
func (c *call) advised(refused *refusedError) error {
	switch refusal.Code(refused.Code) {
	case refusal.AdminKeyInvalid:
		refused.Message = c.of("key_unknown", c.client.host, keyName)
	case refusal.TokenNotFound:
		refused.hint = c.of("see_ids", c.cmd.Parent().CommandPath())
	case refusal.NotFound:
		if refused.Title == "organization not found" {
			c.nameOrganizations(refused)
		} else if server, err := url.Parse(c.client.host); err == nil && c.client.admin == "" && server.Path != "" {
			refused.hint = c.of("server_path", server.Scheme, server.Host)
		}
	}
	return refused
}

func exitCode(err error) int {
	if p, ok := errors.AsType[*problem](err); ok {
		return p.code
	}
	if r, ok := errors.AsType[*refusedError](err); ok && (r.Status == http.StatusUnauthorized || r.Status == http.StatusForbidden) {
		return exitAuth
	}
	return exitError
}

// ended tells err to people and makes it the exit code of the process. Caddy ends
// with a code of its own only for errors that it has made itself.
func ended(cmd *cobra.Command, to io.Writer, err error) error {
	if err == nil {
		return nil
	}
	fmt.Fprintln(to, inert(err.Error(), true))
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	code := exitCode(err)
	if code == exitError {
		return err
	}
	return caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) { return code, nil })(cmd, nil)
}
