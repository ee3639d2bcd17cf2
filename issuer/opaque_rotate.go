package issuer

import (
	"context"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// RotateOpaque makes a token that takes the place of another: the same holder,
// note, limits and end, and a new credential. The old one goes on working for the
// grace, at most [MaxGrace] and never past its own end. A token may be rotated
// again during its grace, which that does not extend. Each rotation that succeeds
// makes a token of its own, also of two at once.
func (s *Service) RotateOpaque(ctx context.Context, by Caller, family token.Family, id string, grace time.Duration) (*MintedOpaque, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.opaqueEvent(ActionRotate, by, family, "")
	minted, err := s.rotateOpaque(ctx, by, family, id, grace, event)
	s.conclude(ctx, event, family, err)
	return minted, err
}

func (s *Service) rotateOpaque(ctx context.Context, by Caller, family token.Family, id string, grace time.Duration, event *store.Event) (*MintedOpaque, error) {
	if err := authorize(by, ActionRotate, family); err != nil {
		return nil, err
	}
	if grace < 0 || grace > MaxGrace {
		return nil, Malformed("grace may be 7d at most.", nil)
	}
	old, err := s.opaqueToken(ctx, family, id)
	if err != nil {
		return nil, err
	}
	event.TokenID, event.Subject = old.ID, opaqueSubject(family, old.Holder)
	if status := s.status(&old, event.At); !status.Good() {
		return nil, inactive(status)
	}
	if !s.signed(&old) { // its limits are not those it was made with
		return nil, unproven()
	}
	next, err := s.successor(ctx, by, &old, event.At)
	if err != nil {
		return nil, err
	}
	mint := *event
	mint.Action, mint.TokenID, mint.Detail = string(ActionMint), next.Record.ID, describeOpaque(&next.Record)
	if err := s.store.SaveToken(ctx, next.Record, mint); err != nil {
		return nil, mintFailure(err)
	}
	event.Detail = fmt.Sprintf("to=%s grace=%s", next.Record.ID, grace)
	if err := s.retire(ctx, &old, next.Record.ID, grace, event); err != nil {
		return nil, unrotated(err)
	}
	return next, nil
}

// successor is the new token. Where the old one ends later than a token may that is minted
// now, by a policy that became stricter or as it was imported, the new one ends sooner.
func (s *Service) successor(ctx context.Context, by Caller, old *store.Record, now time.Time) (*MintedOpaque, error) {
	end, limits := old.ExpiresAt, []token.Expiration{s.opaque[old.Family].Policy.MaxLifetime}
	if old.Family == token.User {
		limits = append(limits, token.After(MaxUserLifetime))
	}
	for _, limit := range limits {
		longest, err := limit.At(now)
		if err != nil {
			return nil, ExpirationInvalid(err)
		}
		if !longest.IsZero() && (end.IsZero() || end.After(longest)) {
			end = longest
		}
	}
	if end.IsZero() && s.opaque[old.Family].Policy.ForbidNever {
		return nil, expirationRequired()
	}
	return s.draw(ctx, store.Record{
		Family: old.Family, Holder: old.Holder, Note: old.Note, Access: old.Access, Scopes: old.Scopes, Networks: old.Networks, Routes: old.Routes,
		CreatedAt: now.UTC().Truncate(time.Millisecond), CreatedBy: by.Name(), ExpiresAt: end,
	})
}

// retire ends the old token, now or when the grace is over.
func (s *Service) retire(ctx context.Context, old *store.Record, to string, grace time.Duration, event *store.Event) error {
	until := event.At.Add(grace)
	var err error
	switch end := old.ExpiresAt; { // the end of an earlier grace is not signed
	case grace == 0:
		err = s.revocations.Revoke(ctx, revocationOf(old))
	case !end.IsZero() && !until.Before(end):
		until = end // it ends of itself
	default:
		err = s.revocations.Rotate(ctx, revocation.Rotation{Subjects: []token.Subject{old.Subject()}, Effective: until})
	}
	if err != nil {
		return changeFailure(err)
	}
	return changeFailure(s.store.MarkRotated(ctx, old.ID, to, until, *event))
}
