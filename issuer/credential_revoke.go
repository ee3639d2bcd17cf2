package issuer

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// RevokeCredential takes back the token that a credential is of (RFC 7009). One
// that is not ours is no error: what the caller wants is so already. It is refused where
// the store leads to a token that nothing proves to be this one, and where a JWT names a key
// that is not known here.
func (s *Service) RevokeCredential(ctx context.Context, by Caller, credential string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	record, ours, err := s.revocable(ctx, credential)
	if err == nil && !ours {
		return nil
	}
	event := s.opaqueEvent(ActionRevoke, by, record.Family, record.Holder)
	event.TokenID = record.ID
	if !record.Family.Opaque() && ours {
		event.Organization, event.Subject = record.Organization, record.Subject().String()
	}
	if err == nil {
		err = s.revokeCredential(ctx, by, &record, event)
	}
	s.conclude(ctx, event, record.Family, err)
	return err
}

// revocable says which token a credential takes back. A record that is lost, or not as we
// signed it, does not save the token from that: gates may remember it.
func (s *Service) revocable(ctx context.Context, credential string) (r store.Record, ours bool, err error) {
	if jwt, err := token.ParseJWT(credential); err == nil {
		if _, known := s.signer.PublicKey(jwt.KeyID); !known && isKeyID(jwt.KeyID) {
			return store.Record{}, false, keyUnknown()
		}
		r, ours = s.identifyJWT(jwt)
		return r, ours, nil
	}
	f, err := s.find(ctx, credential)
	switch family, lost := cmp.Or(f.family, f.record.Family), f.record.ID == ""; {
	case err != nil:
		return store.Record{}, false, err
	case f.same && f.signed:
		return f.record, true, nil
	case f.same && family.Opaque(), lost && f.family != "":
		return s.presumed(f, family), true, nil
	case f.imported, !f.signed && f.family != "":
		return store.Record{ID: f.id}, false, unproven()
	default: // a stranger's, or of another secret than the token of its id
		return store.Record{}, false, nil
	}
}

// presumed is a token whose record proves nothing: its revocation must not be forgotten
// before any end that it can have.
func (s *Service) presumed(f found, family token.Family) store.Record {
	r := store.Record{ID: f.id, Family: family}
	if f.family == token.User { // minted here: what has our form is not imported
		r.ExpiresAt = s.now().Add(MaxUserLifetime)
	}
	return r
}

func (s *Service) revokeCredential(ctx context.Context, by Caller, record *store.Record, event *store.Event) error {
	if !s.permits(by.Principal, ActionRevoke, record) {
		return notPermitted(ActionRevoke, record.Family)
	}
	if err := s.revocations.Revoke(ctx, revocationOf(record)); err != nil {
		return changeFailure(err)
	}
	event.Detail = "by credential"
	_, err := s.store.MarkRevoked(ctx, record.ID, event.At, by.Name(), event.Detail)
	if err != nil && !unreadable(err) {
		return changeFailure(err)
	}
	return changeFailure(s.store.AppendAudit(ctx, *event))
}

// isKeyID reports whether a key of ours may have this id: they are thumbprints with
// SHA-256 (RFC 7638).
func isKeyID(id string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(id)
	return err == nil && len(sum) == sha256.Size
}
