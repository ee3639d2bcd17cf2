package issuer

import (
	"context"
	"crypto/ed25519"
	"crypto/subtle"
	"errors"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// identify finds the record of a credential of any family. Without one that we signed
// there is none, and that is no error. A record that is not ours is of the token whose
// id the credential names, with another secret: nothing of it may be shown or done.
func (s *Service) identify(ctx context.Context, credential string) (r store.Record, ours bool, err error) {
	if len(credential) > token.MaxJWTLength {
		return store.Record{}, false, nil
	}
	if jwt, err := token.ParseJWT(credential); err == nil {
		r, ours = s.identifyJWT(jwt)
		return r, ours, nil
	}
	if r, ours, err = s.stored(ctx, credential); err != nil || !r.Family.Opaque() || !s.signed(&r) {
		return store.Record{}, false, err
	}
	return r, ours, nil
}

// stored finds what the store has of an opaque credential, which proves nothing.
func (s *Service) stored(ctx context.Context, credential string) (r store.Record, ours bool, err error) {
	digest := token.OpaqueDigest(credential)
	id, native := token.ParseOpaque(credential)
	if !native {
		id, err = s.store.ImportedID(ctx, digest)
	}
	if err == nil {
		r, err = s.store.Token(ctx, id)
	}
	if unreadable(err) {
		return store.Record{}, false, nil
	}
	if err != nil {
		return store.Record{}, false, storeFailure(err)
	}
	return r, subtle.ConstantTimeCompare(digest[:], r.Digest[:]) == 1, nil
}

// unreadable reports that the store has no record, or none that makes sense: asking again
// will not mend that.
func unreadable(err error) bool {
	return errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrMalformed)
}

// identifyJWT reads what the token says of itself, which its signature proves.
func (s *Service) identifyJWT(jwt token.JWT) (r store.Record, ours bool) {
	key, ok := s.signer.PublicKey(jwt.KeyID)
	if !ok || !ed25519.Verify(key, []byte(jwt.Signed), jwt.Signature) {
		return store.Record{}, false
	}
	g, err := jwt.Grant()
	if err != nil {
		return store.Record{}, false
	}
	return recordOf(g, ""), true
}

// permits reports whether a principal may do this with a token in hand.
func (s *Service) permits(p *Principal, a Action, r *store.Record) bool {
	if r.Family.Opaque() {
		return p.may(a, r.Family)
	}
	_, err := s.locate(p, a, r.Subject())
	return err == nil
}

// RevokeCredential takes back the token that a credential is of (RFC 7009). One
// that is not ours is no error: what the caller wants is so already.
func (s *Service) RevokeCredential(ctx context.Context, by Caller, credential string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	record, ours, err := s.identify(ctx, credential)
	if err == nil && record.ID == "" {
		record, ours, err = s.unproven(ctx, credential)
	}
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

// unproven says which token to take back where its record is lost, or is not as we
// signed it, while gates remember the token: a credential of our form names it. When the
// token ends is not known then.
func (s *Service) unproven(ctx context.Context, credential string) (r store.Record, ours bool, err error) {
	id, native := token.ParseOpaque(credential)
	if !native {
		r, ours, err = s.stored(ctx, credential)
		return store.Record{ID: r.ID, Family: r.Family}, ours && r.Family.Opaque(), err
	}
	for family, f := range s.opaque {
		if token.OpaquePrefix(id) == f.Prefix {
			return store.Record{ID: id, Family: family}, true, nil
		}
	}
	return store.Record{}, false, nil
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

// Introspect says what a credential is good for (RFC 7662), or nil when it is
// good for nothing or not for this caller to know. It counts as no use of the
// token, and only a refusal stands in the audit log.
func (s *Service) Introspect(ctx context.Context, by Caller, credential string) (*store.Record, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	record, err := s.introspect(ctx, by, credential)
	if err != nil {
		s.conclude(ctx, s.opaqueEvent(ActionIntrospect, by, "", ""), "", err)
		return nil, err
	}
	s.observe(string(ActionIntrospect), "", string(OutcomeOK))
	return record, nil
}

func (s *Service) introspect(ctx context.Context, by Caller, credential string) (*store.Record, error) {
	if !by.mayAny(ActionIntrospect) {
		return nil, notIntrospected()
	}
	record, ours, err := s.identify(ctx, credential)
	if err != nil || !ours || !s.permits(by.Principal, ActionIntrospect, &record) {
		return nil, err
	}
	now := s.now()
	if !s.status(&record, now).Good() {
		return nil, nil
	}
	// A mirror that is out of step cannot say that a token was not taken back.
	if err := s.mirror.Judge(record.Grant(), now); err != nil {
		return nil, revocationsUnknown(err)
	}
	return &record, nil
}

func notIntrospected() *refusal.Refusal {
	r := notPermitted(ActionIntrospect, "")
	r.Message = "This admin key may not introspect tokens."
	return r
}

func revocationsUnknown(cause error) *refusal.Refusal {
	r := refusal.Unavailable(cause)
	r.Code, r.Reason = refusal.RevocationsStale, refusal.Stale
	if errors.Is(cause, revocation.ErrNotReady) {
		r.Code, r.Reason = refusal.NotReady, refusal.Unready
	}
	r.Message = "What was taken back lately is not known here at the moment. Try again."
	return r
}
