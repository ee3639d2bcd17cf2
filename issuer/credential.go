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
// there is none, and that is no error.
func (s *Service) identify(ctx context.Context, credential string) (r store.Record, ours bool, err error) {
	if jwt, err := token.ParseJWT(credential); err == nil {
		r, ours = s.identifyJWT(jwt)
		return r, ours, nil
	}
	f, err := s.find(ctx, credential)
	if err != nil || !f.same || !f.signed {
		return store.Record{}, false, err
	}
	return f.record, true, nil
}

// found is what there is of an opaque credential. Unless it is both the same and signed,
// the record proves nothing, and nothing of it may be shown.
type found struct {
	id       string       // of its token; empty if none is named
	family   token.Family // by its prefix; empty if no prefix of ours begins it
	imported bool         // so that its digest, and not its form, names the id

	record store.Record // zero if there is none that can be read
	same   bool         // the record is of this very credential
	signed bool         // the record is as we signed it
}

// find looks for a credential as gates do: by the id in it if it has the form and a prefix
// of ours, by its digest otherwise. Where neither names a token, one may have been minted
// here under a former prefix.
func (s *Service) find(ctx context.Context, credential string) (f found, err error) {
	if len(credential) > maxSecretLength {
		return found{}, nil
	}
	digest := token.OpaqueDigest(credential)
	if f.id, f.family = s.parse(credential); f.family == "" {
		id, err := s.store.ImportedID(ctx, digest)
		switch {
		case err == nil, errors.Is(err, store.ErrMalformed):
			f.id, f.imported = id, true
		case !errors.Is(err, store.ErrNotFound):
			return found{}, storeFailure(err)
		}
	}
	if f.id == "" {
		return f, nil
	}
	f.record, err = s.store.Token(ctx, f.id)
	if err != nil && !unreadable(err) {
		return found{}, storeFailure(err)
	}
	f.same = subtle.ConstantTimeCompare(digest[:], f.record.Digest[:]) == 1
	f.signed = s.signed(&f.record)
	return f, nil
}

// parse reads what a credential of our form says of itself: its id, and its family, which
// is empty if no prefix of ours begins it.
func (s *Service) parse(credential string) (id string, family token.Family) {
	id, _ = token.ParseOpaque(credential)
	for family, f := range s.opaque {
		if token.OpaquePrefix(id) == f.Prefix {
			return id, family
		}
	}
	return id, ""
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
