package issuer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// OpaqueRequest asks for an opaque token.
type OpaqueRequest struct {
	Family token.Family // [token.Developer] or [token.User]
	// Holder is the user of a user token, or the application of a developer token,
	// which may have none.
	Holder string
	// Note says what the token is for; developer tokens need one.
	Note string
	// Access is empty for full access.
	Access token.Access
	// Scopes, Networks and Routes narrow the token, at most 64 of each; nil does not
	// narrow. A route is as [token.ParseRoute] reads it.
	Scopes   []string
	Networks []netip.Prefix
	Routes   []string
	// Expiration as asked for; nil leaves it to the policy.
	Expiration *token.Expiration
	// IdempotencyKey makes a repeated request mint nothing; empty for none.
	IdempotencyKey string
}

// MintedOpaque is a new opaque token.
type MintedOpaque struct {
	Credential string // secret
	Record     store.Record
}

// MintOpaque makes an opaque token. A record of it and an audit event are in the
// store before it returns; when they cannot be written, nothing was minted.
func (s *Service) MintOpaque(ctx context.Context, by Caller, r OpaqueRequest) (*MintedOpaque, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.opaqueEvent(ActionMint, by, r.Family, "")
	minted, err := s.mintOpaque(ctx, by, r, event)
	s.conclude(ctx, event, r.Family, err)
	return minted, err
}

func (s *Service) mintOpaque(ctx context.Context, by Caller, r OpaqueRequest, event *store.Event) (*MintedOpaque, error) {
	record, err := s.decideOpaque(by, r, event.At)
	if err != nil {
		return nil, err
	}
	event.Subject = opaqueSubject(r.Family, r.Holder)
	minted, err := s.draw(ctx, record)
	if err != nil {
		return nil, err
	}
	if r.IdempotencyKey != "" {
		key := by.Name() + " " + string(r.Family) + " " + r.IdempotencyKey
		if err := s.claim(ctx, key, minted.Record.ID, event.At); err != nil {
			return nil, err
		}
	}
	event.TokenID, event.Detail = minted.Record.ID, describeOpaque(&minted.Record)
	if err := s.store.SaveToken(ctx, minted.Record, *event); err != nil {
		return nil, mintFailure(err)
	}
	return minted, nil
}

// decideOpaque says what a token may be: everything but its credential.
func (s *Service) decideOpaque(by Caller, r OpaqueRequest, now time.Time) (store.Record, error) {
	none := store.Record{}
	if err := authorize(by, ActionMint, r.Family); err != nil {
		return none, err
	}
	if r.Note != "" || r.Family == token.Developer {
		if err := CheckNote(r.Note); err != nil {
			return none, err
		}
	}
	if (r.Holder != "" || r.Family == token.User) && !ValidHolder(r.Holder) {
		return none, Malformed(fmt.Sprintf("The name of the user or application must have 1 to %d characters, no control characters, and be no token.", MaxHolder), nil)
	}
	record := store.Record{
		Family: r.Family, Holder: r.Holder, Note: r.Note, Access: cmp.Or(r.Access, token.FullAccess), CreatedAt: now.UTC().Truncate(time.Millisecond), CreatedBy: by.Name(),
	}
	var scopes, networks, routes, expiry error
	record.Scopes, scopes = checkScopes(r.Scopes)
	record.Networks, networks = checkNetworks(r.Networks)
	record.Routes, routes = checkRoutes(r.Routes)
	record.ExpiresAt, expiry = s.opaque[r.Family].end(r.Family, r.Expiration, now)
	for _, err := range []error{scopes, networks, routes, expiry} {
		if err != nil {
			return none, err
		}
	}
	return record, nil
}

// end says when a token ends. User tokens always do.
func (o OpaqueFamily) end(family token.Family, requested *token.Expiration, now time.Time) (time.Time, error) {
	end, err := o.Policy.end(requested, now)
	if err != nil || family != token.User {
		return end, err
	}
	switch {
	case end.IsZero():
		return time.Time{}, expirationRequired()
	case end.After(now.Add(MaxUserLifetime)):
		return time.Time{}, expirationTooLong(token.After(MaxUserLifetime))
	}
	return end, nil
}

// draw gives a record its id, credential and signature.
func (s *Service) draw(ctx context.Context, r store.Record) (*MintedOpaque, error) {
	credential, id := token.NewOpaque(s.opaque[r.Family].Prefix)
	r.ID, r.Digest, r.Hint = id, token.OpaqueDigest(credential), token.OpaqueHint(credential)
	err := s.signRecord(ctx, &r)
	return &MintedOpaque{Credential: credential, Record: r}, err
}

// maxFailures bounds how many failed requests with one idempotency key are known.
const maxFailures = 16

// claim makes a request the first with its key. A first one that is over and has
// left no token has failed, and whoever comes first after it takes its place.
func (s *Service) claim(ctx context.Context, key, id string, now time.Time) error {
	for range maxFailures {
		first, mine, err := s.store.ClaimIdempotency(ctx, key, store.Claim{ID: id, At: now})
		if err != nil || mine {
			return storeFailure(err)
		}
		_, err = s.store.Token(ctx, first.ID)
		switch left := first.At.Add(patience).Sub(now); {
		case err == nil:
			return alreadyMinted(first.ID)
		case !errors.Is(err, store.ErrNotFound):
			return storeFailure(err)
		case left > 0:
			return mintInProgress(left)
		}
		key += " " + first.ID
	}
	return Malformed("Too many requests with this Idempotency-Key have failed. Use a new one.", nil)
}

// describeOpaque writes the effective values for the audit log.
func describeOpaque(r *store.Record) string {
	parts := []string{"authorization=" + string(r.Access), "expires_at=" + endText(r.ExpiresAt)}
	if r.Scopes != nil {
		parts = append(parts, "scopes="+strings.Join(r.Scopes, ","))
	}
	if r.Networks != nil {
		parts = append(parts, fmt.Sprint("networks=", len(r.Networks)))
	}
	if r.Routes != nil {
		parts = append(parts, fmt.Sprint("routes=", len(r.Routes)))
	}
	return strings.Join(parts, " ")
}
