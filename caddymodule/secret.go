package caddymodule

import (
	"errors"
	"strings"

	"github.com/caddyserver/caddy/v2"
)

// errLiteralSecret keeps secrets out of the configuration, which Caddy shows to
// whoever may read its admin endpoint and writes to its autosave file.
var errLiteralSecret = errors.New("the secret stands in the configuration itself, where /config/ shows it: " +
	"name where it is instead, as {env.NAME} or {file./path} (and not {$NAME}, which is replaced before Caddy sees it)")

// expandSecret reads the secret that a placeholder points to.
func expandSecret(placeholder string) (string, error) {
	if !strings.HasPrefix(placeholder, "{env.") && !strings.HasPrefix(placeholder, "{file.") || !strings.HasSuffix(placeholder, "}") {
		return "", errLiteralSecret
	}
	value, err := caddy.NewReplacer().ReplaceOrErr(placeholder, true, true)
	if err != nil {
		return "", errors.New("nothing found at " + placeholder + ": is the variable set, or the file readable?")
	}
	return strings.TrimSpace(value), nil
}

// expandName is expandSecret for a name, which may be written out.
func expandName(name string) (string, error) {
	if !strings.HasPrefix(name, "{") {
		return name, nil
	}
	return expandSecret(name)
}
