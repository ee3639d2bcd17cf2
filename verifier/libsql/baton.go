package libsql

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"maps"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// FleetSecrets derives secrets that every gate of a fleet shares: the first is
// for new seals, all of them are for seals that were made before.
type FleetSecrets interface {
	Derive(purpose string) ([][]byte, error)
}

const batonPurpose = "libsql baton"

// batons binds streams to who began them. sqld runs a request on the stream that
// its baton names, whoever sends it and for whichever database, so clients get
// sqld's baton together with a MAC over it and its owner. Nothing is kept here,
// and any gate of the fleet can check a baton of another.
type batons struct{ secrets FleetSecrets }

// owner is who a stream belongs to: a token, at a database, with an access.
type owner string

func newOwner(grant *token.Grant, database string) owner {
	access := token.ReadOnly
	if grant.Access == token.FullAccess {
		access = token.FullAccess
	}
	// No part holds a NUL byte, so no two owners are written alike.
	return owner(grant.ID + "\x00" + grant.Organization + "\x00" + database + "\x00" + string(access) + "\x00")
}

// sealed is what a baton of ours holds.
type sealed struct {
	baton   string     // sqld's
	refused refusedIDs // texts that the stream's client has stored, but the server has not
}

// seal writes the baton that a client gets.
func (b batons) seal(o owner, s sealed) (string, error) {
	secrets, err := b.secrets.Derive(batonPurpose)
	if err != nil {
		return "", refusal.Internal(err)
	}
	payload := append(s.refused.appendTo(nil), s.baton...)
	return base64.RawURLEncoding.EncodeToString(append(batonMAC(secrets[0], o, payload), payload...)), nil
}

// open reads a baton that a client sent. One that is not the owner's is refused.
func (b batons) open(o owner, text string) (sealed, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < sha256.Size || strings.ContainsAny(text, "\r\n") {
		return sealed{}, notYours()
	}
	secrets, err := b.secrets.Derive(batonPurpose)
	if err != nil {
		return sealed{}, refusal.Internal(err)
	}
	mac, payload := raw[:sha256.Size], raw[sha256.Size:]
	if !slices.ContainsFunc(secrets, func(secret []byte) bool { return hmac.Equal(mac, batonMAC(secret, o, payload)) }) {
		return sealed{}, notYours()
	}
	refused, baton, ok := readRefusedIDs(payload)
	if !ok {
		return sealed{}, notYours()
	}
	return sealed{string(baton), refused}, nil
}

func batonMAC(secret []byte, o owner, payload []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(o))
	mac.Write(payload)
	return mac.Sum(nil)
}

// refusedIDs holds the errors of texts that a stream's client has stored and the
// server has not, by their ids.
type refusedIDs map[int32]*hrana.Error

// maxRefusedIDs bounds the batons of a stream; sqld stores 50 texts for one.
const maxRefusedIDs = 64

// storedCodes are the codes with which a text to be stored is refused, by their
// numbers in a baton.
var storedCodes = []string{
	string(refusal.SQLiteReadOnly), string(refusal.SQLiteAuth), hrana.NoStatement, hrana.ManyStatements, string(refusal.BodyTooLarge),
}

func (r refusedIDs) appendTo(b []byte) []byte {
	b = append(b, byte(len(r)))
	for _, id := range slices.Sorted(maps.Keys(r)) {
		b = binary.AppendVarint(b, int64(id))
		b = append(b, byte(slices.Index(storedCodes, r[id].Code)))
	}
	return b
}

func readRefusedIDs(b []byte) (r refusedIDs, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	count, b := int(b[0]), b[1:]
	r = make(refusedIDs, count)
	for range count {
		id, n := binary.Varint(b)
		if n <= 0 || len(b) == n || int(b[n]) >= len(storedCodes) {
			return nil, nil, false
		}
		r[int32(id)] = &hrana.Error{Message: "The text stored under this id was refused.", Code: storedCodes[b[n]]}
		b = b[n+1:]
	}
	return r, b, true
}
