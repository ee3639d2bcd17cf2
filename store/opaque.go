package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/token"
)

// maxList bounds each list in the record of an opaque token.
const maxList = 64

// opaque is what only the records of opaque tokens have, and what never changes
// of it.
type opaque struct {
	Digest   string         `json:"digest"` // hexadecimal
	Hint     string         `json:"hint,omitzero"`
	Holder   string         `json:"holder,omitzero"`
	Scopes   []string       `json:"scopes,omitempty"`
	Networks []netip.Prefix `json:"networks,omitempty"`
	Routes   []string       `json:"routes,omitempty"`
}

// rotation is where a token went that was rotated.
type rotation struct {
	To    string `json:"to"`
	Until int64  `json:"until"` // end of the grace, milliseconds since 1970
}

// encodeOpaque adds to hash what the record of an opaque token has.
func (r *Record) encodeOpaque(hash map[string]string) error {
	if r.Digest != [sha256.Size]byte{} {
		text, err := json.Marshal(opaque{hex.EncodeToString(r.Digest[:]), r.Hint, r.Holder, r.Scopes, r.Networks, r.Routes})
		if err != nil {
			return fmt.Errorf("encoding an opaque token's record: %w", err)
		}
		hash[fieldOpaque] = string(text)
	}
	if r.RotatedTo != "" {
		text, err := encodeRotation(r.RotatedTo, r.GraceUntil)
		if err != nil {
			return err
		}
		hash[fieldRotated] = text
	}
	if !r.LastUsedAt.IsZero() {
		hash[fieldLastUsed] = formatTime(r.LastUsedAt)
	}
	return nil
}

func encodeRotation(to string, until time.Time) (string, error) {
	text, err := json.Marshal(rotation{to, until.UnixMilli()})
	if err != nil {
		return "", fmt.Errorf("encoding a rotation: %w", err)
	}
	return string(text), nil
}

func (r *Record) readOpaque(text string) error {
	if text == "" {
		return nil
	}
	var o opaque
	if err := json.Unmarshal([]byte(text), &o, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	digest, err := hex.DecodeString(o.Digest)
	if err != nil || len(digest) != sha256.Size || o.Digest != hex.EncodeToString(digest) {
		return ErrMalformed
	}
	r.Digest = [sha256.Size]byte(digest)
	if r.Digest == [sha256.Size]byte{} || !validText(o.Hint) || !validText(o.Holder) || !validList(o.Scopes) || !validList(o.Routes) {
		return ErrMalformed
	}
	if slices.ContainsFunc(o.Networks, func(n netip.Prefix) bool { return !n.IsValid() || n != n.Masked() }) {
		return ErrMalformed
	}
	if o.Networks != nil && len(o.Networks) == 0 || len(o.Networks) > maxList {
		return ErrMalformed
	}
	r.Hint, r.Holder, r.Scopes, r.Networks, r.Routes = o.Hint, o.Holder, o.Scopes, o.Networks, o.Routes
	return nil
}

func (r *Record) readRotation(text string) error {
	if text == "" {
		return nil
	}
	var v rotation
	if err := json.Unmarshal([]byte(text), &v, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	until, err := milliTime(v.Until)
	if err != nil || until.IsZero() || !token.ValidID(v.To) {
		return ErrMalformed
	}
	r.RotatedTo, r.GraceUntil = v.To, until
	return nil
}

func (r *Record) readLastUse(text string) (err error) {
	if text != "" {
		r.LastUsedAt, err = parseTime(text)
	}
	return err
}

// validList refuses an empty list too: a token without any scope and one that is
// unscoped are too far apart to be written alike.
func validList(list []string) bool {
	return (list == nil || len(list) > 0) && len(list) <= maxList &&
		!slices.ContainsFunc(list, func(s string) bool { return s == "" || !validText(s) })
}
