package openapi

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/devtokens"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/keyring"
	"github.com/sekisho-project/sekisho/issuer/oauth"
	"github.com/sekisho-project/sekisho/issuer/turso"
	"github.com/sekisho-project/sekisho/issuer/usertokens"
	"github.com/sekisho-project/sekisho/store/ratelimit"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/catalog"
)

const jwksPath = "/.well-known/jwks.json"

// The secrets of keys that only this world has.
const (
	readerSecret  = "rdr-Qx7nV2k9Ls4TzWb1" // may only list
	limitedSecret = "lim-Bv8kS3x6Nf1HwQz4" // may mint once an hour
)

// world has one organization, so that paths without one are answered too.
type world struct {
	*issuertest.World
	doors []owner
}

type owner struct {
	owns func(*http.Request) bool
	door issuertest.Door
}

// keys serves the public keys as the doors are served.
type keys struct{ *keyring.Ring }

func (k keys) Handle(w http.ResponseWriter, r *http.Request, _, _ string) error {
	k.ServeJWKS(w, r)
	return nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{World: issuertest.New(t, func(o *issuer.Options) {
		o.Catalog = catalog.New()
		if err := o.Catalog.Add("my-org", "production", "my-db", "other-db"); err != nil {
			t.Fatal(err)
		}
		o.Keys = append(o.Keys,
			newKey(t, "reader", readerSecret, issuer.Limits{Actions: []string{"list"}}),
			newKey(t, "limited", limitedSecret, issuer.Limits{Mint: ratelimit.Rate{Requests: 1, Per: time.Hour}}))
	})}
	w.doors = []owner{
		{turso.Owns, turso.New(w.Service, "{database}.db.example.com")},
		{devtokens.Owns, devtokens.New(w.Service)},
		{usertokens.Owns, usertokens.New(w.Service)},
		{oauth.Owns, oauth.New(w.Service)},
		{func(r *http.Request) bool { return r.URL.Path == jwksPath }, keys{signingKeys(t)}},
	}
	return w
}

func newKey(t *testing.T, name, secret string, limits issuer.Limits) *issuer.AdminKey {
	t.Helper()
	key, err := issuer.NewAdminKey(name, secret, limits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func signingKeys(t *testing.T) *keyring.Ring {
	t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keyring.Static(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// door finds the one that owns the request, or nil.
func (w *world) door(r *http.Request) issuertest.Door {
	for _, o := range w.doors {
		if o.owns(r) {
			return o.door
		}
	}
	return nil
}

func (w *world) serve(t *testing.T, r *http.Request) issuertest.Answer {
	t.Helper()
	door := w.door(r)
	if door == nil {
		t.Fatalf("no door owns %s", r.URL.Path)
	}
	return issuertest.Serve(door, r)
}

// mint makes a token of the family with everything that it can have, and gives its
// id and credential.
func (w *world) mint(t *testing.T, family token.Family) (id, credential string) {
	t.Helper()
	day := token.After(24 * time.Hour)
	by := w.As(t, issuertest.OpsSecret)
	if family.Opaque() {
		minted, err := w.Service.MintOpaque(t.Context(), by, issuer.OpaqueRequest{
			Family: family, Holder: holders[family], Note: "n", Scopes: []string{"read"}, Expiration: &day,
			Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Routes: []string{"GET /v1/*"},
		})
		if err != nil {
			t.Fatal(err)
		}
		return minted.Record.ID, minted.Credential
	}
	subject := token.Subject{Family: family, Organization: "my-org", Name: "my-db"}
	if family == token.Group {
		subject.Name = "production"
	}
	minted, err := w.Service.Mint(t.Context(), by, issuer.MintRequest{Subject: subject, Expiration: &day, ReadAttach: []string{"other-db"}})
	if err != nil {
		t.Fatal(err)
	}
	return minted.Grant.ID, minted.JWT
}

// holders are those of the examples.
var holders = map[token.Family]string{token.Developer: "my-app", token.User: "user123"}
