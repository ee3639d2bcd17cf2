// Package issuertest is a small world to test the issuer in: two organizations,
// an in-memory Redis, a signing key, a clock that stands still, and an ear on
// the log.
package issuertest

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/golang-jwt/jwt/v5"
	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// World is everything around a service.
type World struct {
	Service  *issuer.Service
	Options  issuer.Options
	Redis    *miniredis.Miniredis
	Store    *store.Store
	Registry *revocation.Registry
	Mirror   *revocation.Mirror
	Log      *Buffer

	clock    time.Time
	observed []string
	key      ed25519.PrivateKey
}

// New makes a world; change adapts the options of its service.
func New(t testing.TB, change ...func(*issuer.Options)) *World {
	t.Helper()
	redisServer := miniredis.RunT(t)
	client := redis.NewClient(&redis.Options{Addr: redisServer.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &World{Redis: redisServer, Store: store.New(client, "sekisho:"), Log: &Buffer{}, key: key, clock: time.Now()}
	w.Mirror = revocation.NewMirror(time.Hour)
	w.Registry = revocation.NewRegistry(w.Store, w.Mirror)
	w.Options = issuer.Options{
		Keys: keys(t), Catalog: organizations(t), Policies: issuer.Policies{},
		Store: w.Store, Revocations: w.Registry, Signer: w, Mirror: inStep{w.Mirror},
		Log:     slog.New(slog.NewJSONHandler(w.Log, nil)),
		Observe: func(a string, f token.Family, o string) { w.observed = append(w.observed, a+" "+string(f)+" "+o) },
		Now:     func() time.Time { return w.clock },
	}
	for _, c := range change {
		c(&w.Options)
	}
	if w.Service, err = issuer.New(w.Options); err != nil {
		t.Fatal(err)
	}
	return w
}

// inStep is a mirror that says what it knows, though no follower proves it fresh.
type inStep struct{ *revocation.Mirror }

// Judge implements [issuer.Mirror].
func (m inStep) Judge(g *token.Grant, now time.Time) error {
	if err := m.Mirror.Judge(g, now); err != revocation.ErrNotReady {
		return err
	}
	return nil
}

// Sign implements [issuer.Signer].
func (w *World) Sign(_ context.Context, payload []byte, _ time.Time) (signed, keyID string, err error) {
	signed, err = token.EncodeJWT(payload, "test-key", func(m []byte) []byte { return ed25519.Sign(w.key, m) })
	return signed, "test-key", err
}

// SignFor implements [issuer.Signer].
func (w *World) SignFor(_ context.Context, purpose string, message []byte, _ time.Time) (signature []byte, keyID string, err error) {
	signature, err = w.key.Sign(nil, message, &ed25519.Options{Context: purpose})
	return signature, "test-key", err
}

// PublicKey implements [issuer.Signer].
func (w *World) PublicKey(keyID string) (ed25519.PublicKey, bool) {
	return w.key.Public().(ed25519.PublicKey), keyID == "test-key"
}

// Verify checks a JWT with a library that is not ours and reads its claims.
func (w *World) Verify(t testing.TB, signed string) (claims jwt.MapClaims, grant *token.Grant) {
	t.Helper()
	claims = jwt.MapClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithTimeFunc(func() time.Time { return w.clock }))
	if _, err := parser.ParseWithClaims(signed, claims, func(*jwt.Token) (any, error) { return w.key.Public(), nil }); err != nil {
		t.Fatalf("the minted token does not verify: %v", err)
	}
	parts, err := token.ParseJWT(signed)
	if err != nil {
		t.Fatal(err)
	}
	if grant, err = parts.Grant(); err != nil {
		t.Fatal(err)
	}
	return claims, grant
}

// As is a caller with that secret.
func (w *World) As(t testing.TB, secret string) issuer.Caller {
	t.Helper()
	p, ok := w.Service.Authenticate(secret)
	if !ok {
		t.Fatal("no such admin key")
	}
	return issuer.Caller{Principal: p, ClientIP: "192.0.2.7", RequestID: "req-1"}
}

// Now is where the clock stands.
func (w *World) Now() time.Time { return w.clock }

// Advance moves the clock.
func (w *World) Advance(d time.Duration) { w.clock = w.clock.Add(d) }
