package issuer_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
)

// Whoever can write to Redis must not be able to have the issuer take a token back for a
// while only: what no node was told, none remembers.

// staysRevoked takes a token back whose record in Redis says something else than was
// signed, and then as it was.
func staysRevoked(t *testing.T, w *issuertest.World, g *token.Grant, field, lie string, takeBack func() error) {
	t.Helper()
	key := "sekisho:token:" + g.ID
	truth := w.Redis.HGet(key, field)
	w.Redis.HSet(key, field, lie)
	if err := takeBack(); err != nil {
		t.Fatal(err)
	}
	w.Redis.HSet(key, field, truth)
	w.Redis.HDel(key, "revoked")
	if err := w.Registry.Prune(t.Context(), time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if err := w.Mirror.Judge(g, w.Now()); err != revocation.ErrRevoked {
		t.Errorf("%s %q: got %v", field, lie, err)
	}
}

func TestARevocationIsNotForgottenAtAnEndThatIsNotSigned(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	opaque := mintOpaque(t, w, developer("note")).Record
	staysRevoked(t, w, opaque.Grant(), "expires", "1", func() error {
		_, err := w.Service.RevokeOpaque(t.Context(), caller, token.Developer, []string{opaque.ID}, "")
		return err
	})
	jwt := mint(t, w, myDB).Grant
	staysRevoked(t, w, jwt, "expires", "1", func() error {
		_, err := w.Service.Revoke(t.Context(), caller, issuer.RevokeRequest{Subject: myDB, ID: jwt.ID})
		return err
	})
}

func TestARevocationIsForgottenWithItsToken(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	hour := token.After(time.Hour)
	minted, err := w.Service.Mint(t.Context(), caller, issuer.MintRequest{Subject: myDB, Expiration: &hour})
	if err != nil {
		t.Fatal(err)
	}
	jwt, opaque := minted.Grant, mintOpaque(t, w, user("u")).Record.Grant()
	_, err = w.Service.Revoke(t.Context(), caller, issuer.RevokeRequest{Subject: myDB, ID: jwt.ID})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Service.RevokeOpaque(t.Context(), caller, token.User, []string{opaque.ID}, ""); err != nil {
		t.Fatal(err)
	}
	for _, g := range []*token.Grant{jwt, opaque} {
		if until, err := w.Redis.ZScore("{sekisho:revoked}:ids", g.ID); err != nil || until < float64(g.ExpiresAt.Unix()) || until > float64(g.ExpiresAt.Unix()+1) {
			t.Errorf("%s: until %f, %v", g.Family, until, err)
		}
	}
}

func TestAnImportedTokenIsTakenBackByItsCredentialWhateverItsRecordSays(t *testing.T) {
	w := issuertest.New(t)
	caller := w.As(t, issuertest.OpsSecret)
	tokens := foreignTokens()[:1]
	if _, err := w.Service.Import(t.Context(), caller, token.Developer, tokens); err != nil {
		t.Fatal(err)
	}
	g := &token.Grant{ID: tokens[0].ID, Family: token.Developer}
	staysRevoked(t, w, g, "note", "another", func() error {
		return w.Service.RevokeCredential(t.Context(), caller, tokens[0].Credential)
	})
}

func TestATokenIsTakenBackByItsCredentialThoughItsRecordCannotBeRead(t *testing.T) {
	w := issuertest.New(t)
	minted := mintOpaque(t, w, developer("note"))
	staysRevoked(t, w, minted.Record.Grant(), "created", "no time", func() error {
		return w.Service.RevokeCredential(t.Context(), w.As(t, issuertest.OpsSecret), minted.Credential)
	})
}

func TestATokenThatIsImportedAsRevokedIsRevokedWhateverRedisSays(t *testing.T) {
	elsewhere, w := issuertest.New(t), issuertest.New(t)
	tokens := foreignTokens()[1:]
	key := "sekisho:token:" + tokens[0].ID
	for _, world := range []*issuertest.World{elsewhere, w} {
		if _, err := world.Service.Import(t.Context(), world.As(t, issuertest.OpsSecret), token.Developer, tokens); err != nil {
			t.Fatal(err)
		}
		// Its holder knows all that a record of it says but for our signature.
		for _, field := range []string{"id", "family", "access", "generation", "created", "expires", "opaque", "revoked"} {
			w.Redis.HSet(key, field, elsewhere.Redis.HGet(key, field))
		}
	}
	w.Redis.HDel(key, "revoked")
	if err := judged(t, w, tokens[0].ID, w.Now()); err != revocation.ErrRevoked {
		t.Errorf("got %v", err)
	}
}

func TestARotationDoesNotRelyOnAGraceThatIsNotSigned(t *testing.T) {
	w := issuertest.New(t)
	old := mintOpaque(t, w, developer("note")).Record
	key := "sekisho:token:" + old.ID
	w.Redis.HSet(key, "rotated", fmt.Sprintf(`{"to":"jt_0","until":%d}`, w.Now().Add(time.Minute).UnixMilli()))
	rotateOpaque(t, w, old.ID, time.Hour)
	w.Redis.HDel(key, "rotated")
	if err := judged(t, w, old.ID, w.Now().Add(time.Hour)); err != revocation.ErrRotated {
		t.Errorf("after its grace: %v", err)
	}
}
