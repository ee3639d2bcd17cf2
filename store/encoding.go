package store

import (
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/token"
)

// The fields of a record's hash.
const (
	fieldID         = "id"
	fieldFamily     = "family"
	fieldOrg        = "organization"
	fieldName       = "name"
	fieldAccess     = "access"
	fieldDatabases  = "databases"
	fieldAttach     = "read_attach"
	fieldGeneration = "generation"
	fieldKey        = "key"
	fieldNote       = "note"
	fieldCreated    = "created"
	fieldCreatedBy  = "created_by"
	fieldExpires    = "expires"
	fieldRevoked    = "revoked"
	fieldOpaque     = "opaque"
	fieldSignature  = "signature"
	fieldRotated    = "rotated"
	fieldLastUsed   = "last_used"
)

// revocation is one field, so that whoever writes it first has written all of it.
type revocation struct {
	At     int64  `json:"at"` // milliseconds since 1970
	By     string `json:"by"`
	Reason string `json:"reason"`
}

func encodeRevocation(at time.Time, by, reason string) (string, error) {
	text, err := json.Marshal(revocation{at.UnixMilli(), clip(by), clip(reason)})
	if err != nil {
		return "", fmt.Errorf("encoding a revocation: %w", err)
	}
	return string(text), nil
}

// encode writes the record as fields and values of a hash, and refuses what
// decodeRecord would.
func (r *Record) encode() (map[string]string, error) {
	hash := map[string]string{
		fieldID: r.ID, fieldFamily: string(r.Family), fieldOrg: r.Organization, fieldName: r.Name,
		fieldAccess: string(r.Access), fieldDatabases: strings.Join(r.Databases, ","), fieldAttach: strings.Join(r.ReadAttach, ","),
		fieldGeneration: strconv.FormatUint(r.Generation, 10), fieldKey: clip(r.KeyID), fieldNote: clip(r.Note),
		fieldCreated: formatTime(r.CreatedAt), fieldCreatedBy: clip(r.CreatedBy), fieldExpires: formatTime(r.ExpiresAt),
	}
	if !r.RevokedAt.IsZero() {
		revoked, err := encodeRevocation(r.RevokedAt, r.RevokedBy, r.Reason)
		if err != nil {
			return nil, err
		}
		hash[fieldRevoked] = revoked
	}
	if r.Signature != nil {
		hash[fieldSignature] = hex.EncodeToString(r.Signature)
	}
	if err := r.encodeOpaque(hash); err != nil {
		return nil, err
	}
	if _, bad := readRecord(hash); bad != "" {
		return nil, fmt.Errorf("token record %q cannot be saved with this %s", r.ID, bad)
	}
	return hash, nil
}

// decodeRecord reads the hash of token id. A hash without an id is [ErrNotFound]:
// it is what a revocation leaves that raced with [Store.Prune].
func decodeRecord(id string, hash map[string]string) (Record, error) {
	if hash[fieldID] == "" {
		return Record{}, fmt.Errorf("%w: token %s", ErrNotFound, id)
	}
	r, field := readRecord(hash)
	if field == "" && r.ID != id {
		field = fieldID
	}
	if field != "" {
		return Record{}, fmt.Errorf("%w: token %s, field %q", ErrMalformed, id, field)
	}
	return r, nil
}

// readRecord names the first field that is not as encode writes it.
func readRecord(hash map[string]string) (r Record, bad string) {
	r = Record{
		ID: hash[fieldID], Family: token.Family(hash[fieldFamily]), Organization: hash[fieldOrg], Name: hash[fieldName],
		Access: token.Access(hash[fieldAccess]), KeyID: hash[fieldKey], Note: hash[fieldNote], CreatedBy: hash[fieldCreatedBy],
		Databases: names(hash[fieldDatabases]), ReadAttach: names(hash[fieldAttach]),
	}
	var generation, created, expires error
	r.Generation, generation = strconv.ParseUint(hash[fieldGeneration], 10, 64)
	r.CreatedAt, created = parseTime(hash[fieldCreated])
	r.ExpiresAt, expires = parseTime(hash[fieldExpires])
	_, access := token.ParseAccess(string(r.Access))
	checks := []struct {
		field string
		ok    bool
	}{
		{fieldID, token.ValidID(r.ID)},
		{fieldFamily, validFamily(r.Family)},
		{fieldOrg, token.ValidName(r.Organization) || r.Organization == "" && r.Family.Opaque()},
		{fieldName, (r.Name != "" || r.Family.Opaque()) && validText(r.Name)},
		{fieldAccess, r.Access == "" || access == nil},
		{fieldDatabases, validNames(r.Databases)},
		{fieldAttach, validNames(r.ReadAttach)},
		{fieldGeneration, generation == nil},
		{fieldKey, validText(r.KeyID)},
		{fieldNote, validText(r.Note)},
		{fieldCreated, created == nil && !r.CreatedAt.IsZero()},
		{fieldCreatedBy, validText(r.CreatedBy)},
		{fieldExpires, expires == nil},
		{fieldRevoked, r.readRevocation(hash[fieldRevoked]) == nil},
		{fieldOpaque, r.readOpaque(hash[fieldOpaque]) == nil},
		{fieldSignature, r.readSignature(hash[fieldSignature]) == nil},
		{fieldRotated, r.readRotation(hash[fieldRotated]) == nil},
		{fieldLastUsed, r.readLastUse(hash[fieldLastUsed]) == nil},
	}
	for _, c := range checks {
		if !c.ok {
			return Record{}, c.field
		}
	}
	return r, ""
}

func (r *Record) readRevocation(text string) error {
	if text == "" {
		return nil
	}
	var v revocation
	if err := json.Unmarshal([]byte(text), &v, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	at, err := milliTime(v.At)
	if err != nil || at.IsZero() || !validText(v.By) || !validText(v.Reason) {
		return ErrMalformed
	}
	r.RevokedAt, r.RevokedBy, r.Reason = at, v.By, v.Reason
	return nil
}

func validFamily(f token.Family) bool {
	return f == token.Database || f == token.Group || f.Opaque()
}

func names(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func validNames(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !token.ValidName(name) })
}
