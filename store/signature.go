package store

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"maps"
	"time"

	"github.com/go-json-experiment/json"
)

// SigningPurpose is what keys that sign records sign for, so that no JWT, and
// nothing else that such a key signs, can be taken for the signature of a record.
const SigningPurpose = "sekisho token record"

// Statement is what the signature of a record is over: all of it that never changes.
// Whoever signed it made the token; Redis, where the record is, is not trusted with
// that. What may change later, such as a revocation or the end of a grace, takes rights
// away only; it proves none of that, so that nobody may rely on it.
func (r *Record) Statement() ([]byte, error) {
	made := *r
	made.RevokedAt, made.RevokedBy, made.Reason = time.Time{}, "", ""
	made.LastUsedAt, made.RotatedTo, made.GraceUntil = time.Time{}, "", time.Time{}
	made.KeyID, made.Signature = "", nil
	hash, err := made.encode()
	if err != nil {
		return nil, err
	}
	// So that a field which a later version adds does not spoil the signatures there are.
	maps.DeleteFunc(hash, func(_, value string) bool { return value == "" })
	text, err := json.Marshal(hash, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("encoding the statement of record %q: %w", r.ID, err)
	}
	return text, nil
}

// SignedBy reports whether the record is as it was signed with the private half of key.
func (r *Record) SignedBy(key ed25519.PublicKey) bool {
	text, err := r.Statement()
	return err == nil && ed25519.VerifyWithOptions(key, text, r.Signature, &ed25519.Options{Context: SigningPurpose}) == nil
}

func (r *Record) readSignature(text string) error {
	if text == "" {
		return nil
	}
	signature, err := hex.DecodeString(text)
	if err != nil || len(signature) != ed25519.SignatureSize {
		return ErrMalformed
	}
	r.Signature = signature
	return nil
}
