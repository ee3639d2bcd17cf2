package verifier

import (
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const kid = "key-1"

// minted is a fixed moment in whole seconds, at which the tests' tokens were minted.
var minted = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// ringOfOne is a key ring with one key that can be taken out, and counts who asks.
type ringOfOne struct {
	private ed25519.PrivateKey
	public  ed25519.PublicKey
	removed atomic.Bool
	asked   atomic.Int64
}

func newRing(t testing.TB) *ringOfOne {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &ringOfOne{private: private, public: public}
}

func (r *ringOfOne) PublicKey(id string) (ed25519.PublicKey, bool) {
	r.asked.Add(1)
	if id != kid || r.removed.Load() {
		return nil, false
	}
	return r.public, true
}

func (r *ringOfOne) sign(t testing.TB, payload string) string {
	t.Helper()
	return signWith(t, r.private, kid, payload)
}

func signWith(t testing.TB, private ed25519.PrivateKey, kid, payload string) string {
	t.Helper()
	jwt, err := token.EncodeJWT([]byte(payload), kid, func(m []byte) []byte { return ed25519.Sign(private, m) })
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

// signRecord makes a record one of ours.
func (r *ringOfOne) signRecord(t testing.TB, record *store.Record) {
	t.Helper()
	text, err := record.Statement()
	if err != nil {
		t.Fatal(err)
	}
	record.KeyID = kid
	if record.Signature, err = r.private.Sign(nil, text, &ed25519.Options{Context: store.SigningPurpose}); err != nil {
		t.Fatal(err)
	}
}

// judgement gives every grant the same verdict, and counts who asks.
type judgement struct {
	verdict atomic.Pointer[error]
	asked   atomic.Int64
}

func (j *judgement) Judge(*token.Grant, time.Time) error {
	j.asked.Add(1)
	if v := j.verdict.Load(); v != nil {
		return *v
	}
	return nil
}

// gate is a verifier and everything that it asks, with a clock that a test sets.
type gate struct {
	*Verifier
	ring    *ringOfOne
	revoked *judgement
	clock   time.Time
}

// newGate lets database and group tokens pass, one minute after they were minted.
func newGate(t testing.TB, change ...func(*Options)) *gate {
	t.Helper()
	g := &gate{ring: newRing(t), revoked: &judgement{}, clock: minted.Add(time.Minute)}
	o := Options{
		Keys: g.ring, Revocations: g.revoked, Families: []token.Family{token.Database, token.Group},
		Now: func() time.Time { return g.clock },
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	if g.Verifier, err = New(o); err != nil {
		t.Fatal(err)
	}
	return g
}

// grant is a full-access token for my-db that lives for an hour.
func grant() *token.Grant {
	return &token.Grant{
		ID: "abc123", Family: token.Database, Organization: "my-org", Database: "my-db", Access: token.FullAccess,
		Generation: 3, IssuedAt: minted, ExpiresAt: minted.Add(time.Hour), KeyID: kid,
	}
}

func payload(t testing.TB, g *token.Grant) string {
	t.Helper()
	text, err := json.Marshal(token.NewClaims(g))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (g *gate) mint(t testing.TB, of *token.Grant) string {
	t.Helper()
	return g.ring.sign(t, payload(t, of))
}

// accepts fails the test unless credential passes.
func (g *gate) accepts(t testing.TB, credential string) {
	t.Helper()
	if _, err := g.Verify(credential); err != nil {
		t.Errorf("refused: %v", err)
	}
}

// refuses fails the test unless credential is refused for reason.
func (g *gate) refuses(t testing.TB, credential string, reason refusal.Reason) {
	t.Helper()
	got, err := g.Verify(credential)
	if got != nil || reasonOf(err) != reason {
		t.Errorf("got grant %v and %q (%v), want a refusal for %q", got, reasonOf(err), err, reason)
	}
}

func reasonOf(err error) refusal.Reason {
	if r, ok := errors.AsType[*refusal.Refusal](err); ok {
		return r.Reason
	}
	return ""
}

// answer is everything that a client sees of a refusal, but for its length.
func answer(err error) string {
	w := httptest.NewRecorder()
	refusal.Write(w, "", err)
	w.Header().Del("Content-Length")
	header, _ := json.Marshal(w.Header())
	return w.Result().Status + "\n" + string(header) + "\n" + w.Body.String()
}
