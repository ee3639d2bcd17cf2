package issuer

import (
	"context"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// signRecord makes a record one that is believed. It comes last: nothing that the
// record says of the token may change after it.
func (s *Service) signRecord(ctx context.Context, r *store.Record) error {
	statement, err := r.Statement()
	if err != nil {
		return refusal.Internal(err)
	}
	if r.Signature, r.KeyID, err = s.signer.SignFor(ctx, store.SigningPurpose, statement, r.ExpiresAt); err != nil {
		return unsigned(err)
	}
	return nil
}

// signed reports whether a record is as one of our keys signed it.
func (s *Service) signed(r *store.Record) bool {
	key, ok := s.signer.PublicKey(r.KeyID)
	return ok && r.SignedBy(key)
}
