package cli

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"
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
