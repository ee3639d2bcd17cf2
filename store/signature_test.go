package store

import (
	"crypto/ed25519"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// signed is an opaque record as it comes out of the store, and the key of its maker.
func signed(t *testing.T) (Record, ed25519.PublicKey) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := opaqueRecord()
	text, err := r.Statement()
	if err != nil {
		t.Fatal(err)
	}
	if r.Signature, err = private.Sign(nil, text, &ed25519.Options{Context: SigningPurpose}); err != nil {
		t.Fatal(err)
	}
	r.KeyID = "key-1"
	hash, err := r.encode()
	if err != nil {
		t.Fatal(err)
	}
	if r, err = decodeRecord(r.ID, hash); err != nil {
		t.Fatal(err)
	}
	return r, public
}

// mutable are the fields that change while a token lives, each of which only takes
// rights away, and the one that says whom to ask.
var mutable = []string{"RevokedAt", "RevokedBy", "Reason", "LastUsedAt", "RotatedTo", "GraceUntil", "KeyID"}

func TestASignedRecordCannotBeChanged(t *testing.T) {
	good, key := signed(t)
	if !good.SignedBy(key) {
		t.Fatal("a record does not bear the signature with which it was stored")
	}
	for i := range reflect.TypeFor[Record]().NumField() {
		r := good
		field := reflect.ValueOf(&r).Elem().Field(i)
		change(t, field)
		name := reflect.TypeFor[Record]().Field(i).Name
		if got, want := r.SignedBy(key), slices.Contains(mutable, name); got != want {
			t.Errorf("with another %s it is taken as signed: %t, want %t", name, got, want)
		}
	}
}

// change gives a field another value than it has.
func change(t *testing.T, field reflect.Value) {
	t.Helper()
	switch v := field.Addr().Interface().(type) {
	case *string:
		*v += "x"
	case *token.Family:
		*v = token.User
	case *token.Access:
		*v = token.ReadOnly
	case *time.Time:
		*v = v.Add(time.Hour)
	case *[]string:
		*v = append(slices.Clone(*v), "x")
	case *uint64:
		*v++
	case *[]netip.Prefix:
		*v = nil
	case *[]byte:
		*v = slices.Concat([]byte{(*v)[0] ^ 1}, (*v)[1:])
	case *[32]byte:
		v[0] ^= 1
	default:
		t.Fatalf("a field of type %T: this does not know how to change it", v)
	}
}

func TestTextCannotMoveFromOneFieldOfARecordToAnother(t *testing.T) {
	r, key := signed(t)
	r.Scopes, r.Routes = []string{"write", "read"}, append([]string{"日本"}, r.Routes...)
	if r.SignedBy(key) {
		t.Error("a scope became a route")
	}
}

func TestOnlyTheKeyAndThePurposeOfARecordsSignatureCount(t *testing.T) {
	r, key := signed(t)
	other, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.SignedBy(other) {
		t.Error("another key was taken for the one that signed")
	}
	text, err := r.Statement()
	if err != nil {
		t.Fatal(err)
	}
	r.Signature = ed25519.Sign(private, text) // as a JWT is signed
	if r.SignedBy(other) {
		t.Error("a signature for no purpose was taken for that of a record")
	}
	r.Signature = nil
	if r.SignedBy(key) {
		t.Error("a record without a signature was taken as signed")
	}
}
