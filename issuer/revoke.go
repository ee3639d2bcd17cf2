package issuer

import (
	"context"
	"errors"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// RevokeRequest asks to take one token back.
type RevokeRequest struct {
	Subject token.Subject // that the token was minted for
	ID      string
	Reason  string // for people, at most 200 bytes without control characters; may be empty
}

// Revoke takes one token back and returns its record. Taking back again succeeds
// and leaves the first time as it is. A token of another subject is not found.
func (s *Service) Revoke(ctx context.Context, by Caller, r RevokeRequest) (*store.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.event(ActionRevoke, by, r.Subject)
	record, err := s.revoke(ctx, by, r, event)
	s.conclude(ctx, event, r.Subject.Family, err)
	return record, err
}

func (s *Service) revoke(ctx context.Context, by Caller, r RevokeRequest, event *store.Event) (*store.Record, error) {
	if _, err := s.locate(by.Principal, ActionRevoke, r.Subject); err != nil {
		return nil, err
	}
	if err := checkReason(r.Reason); err != nil {
		return nil, err
	}
	record, err := s.tokenOf(ctx, r.Subject, r.ID)
	if err != nil {
		return nil, err
	}
	event.TokenID = record.ID // not before it is found: people put tokens where an id should be
	// The token is dead from here on; what follows is book-keeping.
	if err := s.revocations.Revoke(ctx, s.revocationOfStored(&record)); err != nil {
		return nil, changeFailure(err)
	}
	if _, err := s.store.MarkRevoked(ctx, record.ID, event.At, by.Name(), r.Reason); err != nil {
		return nil, changeFailure(err)
	}
	if record, err = s.store.Token(ctx, record.ID); err != nil {
		return nil, changeFailure(err)
	}
	event.Detail = r.Reason
	if err := s.store.AppendAudit(ctx, *event); err != nil {
		return nil, changeFailure(err)
	}
	return &record, nil
}

func (s *Service) tokenOf(ctx context.Context, subject token.Subject, id string) (store.Record, error) {
	record, err := s.store.Token(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && record.Subject() != subject {
		return store.Record{}, tokenNotFound()
	}
	return record, storeFailure(err)
}
