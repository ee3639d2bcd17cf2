package caddymodule

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/issuer/keyring"
)

// upstreamLead is the time to give a new upstream key to the libSQL server, which
// reads its keys only when it starts.
const upstreamLead = 24 * time.Hour

// openRings opens both rings, which may have no key in common, wherever each lies.
func (a *App) openRings() (signing *keyring.Ring, upstream *keyring.UpstreamSigner, err error) {
	if signing, err = a.openRing(keyring.Signing, a.staticSigning); err != nil {
		return nil, nil, fmt.Errorf("signing keys: %w", err)
	}
	ring, err := a.openRing(keyring.Upstream, a.staticUpstream)
	if err != nil {
		return nil, nil, fmt.Errorf("upstream keys: %w", err)
	}
	if err := keyring.CheckApart(signing, ring); err != nil {
		return nil, nil, err
	}
	a.warnOfKeysLeftBehind()
	return signing, keyring.NewUpstreamSigner(ring), nil
}

// openRing takes the keys of the configuration, or those in Caddy's storage if it has none.
func (a *App) openRing(name string, static *keyring.Ring) (*keyring.Ring, error) {
	if static != nil {
		return static, nil
	}
	o := keyring.Options{Name: name, Logger: a.log}
	if name == keyring.Upstream {
		o.PublishLead = upstreamLead
	}
	return keyring.Open(a.ctx, a.ctx.Storage(), o)
}

// warnOfKeysLeftBehind tells whoever names the first signing_key that this ends all
// tokens which a key in Caddy's storage has signed.
func (a *App) warnOfKeysLeftBehind() {
	if a.staticSigning == nil {
		return
	}
	ctx, cancel := context.WithTimeout(a.ctx, startPatience)
	defer cancel()
	stored, err := keyring.Stored(ctx, a.ctx.Storage(), keyring.Signing)
	if err != nil {
		a.log.Warn("whether Caddy's storage has signing keys beside those of the configuration cannot be seen", "error", err)
		return
	}
	var left []string
	for _, key := range stored {
		if _, kept := a.staticSigning.PublicKey(key.ID); !kept && key.NeededAt(time.Now()) {
			left = append(left, key.ID)
		}
	}
	if len(left) > 0 {
		a.log.Warn("Caddy's storage has keys that no signing_key of the configuration names, so the tokens that they signed are refused: "+
			"to keep those tokens, write keys[].private_key of sekisho/keys/signing.json in Caddy's storage into a file, and name it as second signing_key",
			"keys", left)
	}
}
