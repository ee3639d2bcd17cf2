package verifier

import (
	"crypto/ed25519"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Whoever can write to Redis must not be able to let anybody in.
func TestARecordThatIsNotAsItWasSignedLetsNobodyIn(t *testing.T) {
	for name, change := range map[string]func(*store.Record){
		"more scopes":              func(r *store.Record) { r.Scopes = append(r.Scopes, "admin") },
		"no scopes, which is all":  func(r *store.Record) { r.Scopes = nil },
		"a later end":              func(r *store.Record) { r.ExpiresAt = r.ExpiresAt.Add(time.Hour) },
		"no end":                   func(r *store.Record) { r.ExpiresAt = time.Time{} },
		"full access":              func(r *store.Record) { r.Access = token.FullAccess },
		"another holder":           func(r *store.Record) { r.Holder = "root" },
		"from anywhere":            func(r *store.Record) { r.Networks = nil },
		"every route":              func(r *store.Record) { r.Routes = nil },
		"a generation to come":     func(r *store.Record) { r.Generation = 1 << 40 },
		"no signature":             func(r *store.Record) { r.Signature = nil },
		"a signature of nothing":   func(r *store.Record) { r.Signature = make([]byte, ed25519.SignatureSize) },
		"made earlier than it was": func(r *store.Record) { r.CreatedAt = r.CreatedAt.Add(-time.Hour) },
	} {
		o := newOpaqueGate(t)
		credential, id := o.mintOpaque(t, "jt", func(r *store.Record) {
			r.Scopes, r.Routes, r.Access = []string{"read"}, []string{"/v1/*"}, token.ReadOnly
			r.Networks, r.ExpiresAt = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, minted.Add(time.Hour)
		})
		genuine := o.shelf.records[id]
		changed := genuine
		change(&changed)
		o.shelf.records[id] = changed
		_, err := o.Verify(credential)
		if got := reasonOf(err); got != refusal.BadSignature || answer(err) != invalidAnswer {
			t.Errorf("%s: %q, %s", name, got, answer(err))
		}
		if cause := errors.Unwrap(err); cause == nil || !strings.Contains(cause.Error(), id) {
			t.Errorf("%s: the log says %v", name, cause)
		}
		o.shelf.records[id] = genuine
		o.clock = o.clock.Add(strangerLife)
		o.accepts(t, credential)
	}
}

func TestTheRecordOfOneTokenIsWorthNothingUnderTheIDOfAnother(t *testing.T) {
	o := newOpaqueGate(t)
	mine, id := o.mintOpaque(t, "jt", func(r *store.Record) { r.Scopes = []string{"read"} })
	_, theirs := o.mintOpaque(t, "jt")
	changed := o.shelf.records[theirs]
	changed.ID, changed.Digest = id, token.OpaqueDigest(mine)
	o.shelf.records[id] = changed
	o.refuses(t, mine, refusal.BadSignature)
}

func TestAnOpaqueTokenDiesWithTheKeyThatSignedItsRecord(t *testing.T) {
	o := newOpaqueGate(t)
	known, _ := o.mintOpaque(t, "jt")
	fresh, _ := o.mintOpaque(t, "jt")
	o.accepts(t, known)
	o.ring.removed.Store(true)
	o.refuses(t, known, refusal.UnknownKey)
	o.refuses(t, fresh, refusal.UnknownKey)
}
