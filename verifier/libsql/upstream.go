package libsql

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

const (
	upstreamLife   = 5 * time.Minute
	upstreamMargin = time.Minute // a token with less left than this is not handed out again
	maxUpstream    = 1024        // tokens kept
)

// UpstreamSigner signs the payload of a JWT with the key that sqld trusts.
type UpstreamSigner interface {
	SignUpstream(payload []byte) (string, error)
}

// UpstreamTokens makes the short-lived tokens that the gate shows to sqld, and
// keeps each until shortly before its end. They grant no more than the request's
// own token, so sqld is a second lock. Reading takes no lock.
type UpstreamTokens struct {
	signer UpstreamSigner
	now    func() time.Time

	tokens atomic.Pointer[map[upstreamKey]upstreamToken] // replaced, never changed
	mu     sync.Mutex                                    // held by whoever replaces it
}

type upstreamKey struct {
	database string
	access   token.Access
	attach   string // names joined by ","
}

type upstreamToken struct {
	text string
	ends time.Time
}

// upstreamClaims are the claims that sqld reads. It takes any "aud" for a failure,
// and "id" and "a" for the rights of an older kind of token, so they are absent.
type upstreamClaims struct {
	Permissions token.Permissions `json:"p"`
	ExpiresAt   int64             `json:"exp"`
}

// NewUpstreamTokens makes tokens signed by signer; now is the clock, time.Now if nil.
func NewUpstreamTokens(signer UpstreamSigner, now func() time.Time) *UpstreamTokens {
	if now == nil {
		now = time.Now
	}
	u := &UpstreamTokens{signer: signer, now: now}
	u.tokens.Store(&map[upstreamKey]upstreamToken{})
	return u
}

// For gives the token for a database, which may attach others for reading. Any
// access but [token.FullAccess] gives a read-only one.
func (u *UpstreamTokens) For(database string, access token.Access, attach []string) (string, error) {
	if access != token.FullAccess {
		access = token.ReadOnly
	}
	key := upstreamKey{database, access, strings.Join(attach, ",")}
	now := u.now()
	if t, ok := (*u.tokens.Load())[key]; ok && t.fresh(now) {
		return t.text, nil
	}
	return u.renew(key, attach, now)
}

func (t upstreamToken) fresh(now time.Time) bool { return t.ends.Sub(now) >= upstreamMargin }

func (u *UpstreamTokens) renew(key upstreamKey, attach []string, now time.Time) (string, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	old := *u.tokens.Load()
	if t, ok := old[key]; ok && t.fresh(now) {
		return t.text, nil
	}
	made, err := u.make(key, attach, now.Add(upstreamLife))
	if err != nil {
		return "", err
	}
	kept := maps.Clone(old)
	maps.DeleteFunc(kept, func(_ upstreamKey, t upstreamToken) bool { return !t.fresh(now) })
	if len(kept) >= maxUpstream {
		clear(kept)
	}
	kept[key] = made
	u.tokens.Store(&kept)
	return made.text, nil
}

func (u *UpstreamTokens) make(key upstreamKey, attach []string, ends time.Time) (upstreamToken, error) {
	claims := upstreamClaims{ExpiresAt: ends.Unix()}
	reach := &token.Reach{Namespaces: []string{key.database}}
	if key.access == token.FullAccess {
		claims.Permissions.ReadWrite = reach
	} else {
		claims.Permissions.ReadOnly = reach
	}
	if len(attach) > 0 {
		claims.Permissions.ReadAttach = &token.Reach{Namespaces: slices.Clone(attach)}
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return upstreamToken{}, fmt.Errorf("encoding the upstream token: %w", err)
	}
	text, err := u.signer.SignUpstream(payload)
	if err != nil {
		return upstreamToken{}, fmt.Errorf("signing the upstream token: %w", err)
	}
	return upstreamToken{text, time.Unix(claims.ExpiresAt, 0)}, nil
}
