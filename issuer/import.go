package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// maxImport is how many tokens one call may import.
const maxImport = 10_000

// Foreign is a token that another system has made, with its secret.
type Foreign struct {
	ID         string
	Credential string // secret
	Holder     string
	Note       string
	Scopes     []string // nil: unscoped
	CreatedAt  time.Time
	CreatedBy  string
	LastUsedAt time.Time // zero: never
	ExpiresAt  time.Time // zero: never
	Revoked    bool
}

// Imported counts what an import did.
type Imported struct {
	Active  int // good from now on
	Revoked int // refused from now on
	Skipped int // known before, and left as they are
}

// Import takes over tokens of another system, at most 10,000, which go on working as
// they are: only their digests are kept. Tokens that are known already are left alone, so an
// import may be repeated, and cannot bring back what was revoked here; but those that have
// been revoked there meanwhile are taken back here.
//
// All of the tokens are checked before any is taken. When the store fails on the
// way, some have been taken, and the import is to be repeated.
func (s *Service) Import(ctx context.Context, by Caller, family token.Family, tokens []Foreign) (Imported, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bulkPatience)
	defer cancel()
	event := s.opaqueEvent(ActionMint, by, family, "")
	done, err := s.importAll(ctx, by, family, tokens, event)
	event.Detail = fmt.Sprintf("imported=%d revoked=%d skipped=%d", done.Active, done.Revoked, done.Skipped)
	s.conclude(ctx, event, family, err)
	return done, err
}

func (s *Service) importAll(ctx context.Context, by Caller, family token.Family, tokens []Foreign, event *store.Event) (done Imported, err error) {
	if err := authorize(by, ActionMint, family); err != nil {
		return done, err
	}
	if len(tokens) > maxImport {
		return done, Malformed(fmt.Sprintf("One import may have %d tokens at most.", maxImport), nil)
	}
	seen := map[string]bool{}
	for i := range tokens {
		f := &tokens[i]
		if problem := s.problem(f, family); problem != "" {
			return done, Malformed(fmt.Sprintf("Token %d of the import cannot be taken: %s. Nothing was imported.", i+1, problem), nil)
		}
		if seen[f.ID] || seen[f.Credential] {
			return done, Malformed(fmt.Sprintf("Token %d of the import stands there twice. Nothing was imported.", i+1), nil)
		}
		seen[f.ID], seen[f.Credential] = true, true
	}
	for i := range tokens {
		if err := s.importOne(ctx, by, family, &tokens[i], *event, &done); err != nil {
			return done, err
		}
	}
	if err := s.afterImport(ctx); err != nil {
		s.log.Warn("imported tokens are known here in half a minute only", "error", err)
	}
	return done, nil
}

// problem says why a token cannot be taken; it never repeats the credential.
func (s *Service) problem(f *Foreign, family token.Family) string {
	_, ours := s.parse(f.Credential)
	shows := func(text string) bool { return strings.Contains(text, f.Credential) }
	switch {
	case !token.ValidID(f.ID):
		return fmt.Sprintf(`its id must have 1 to %d of a-z, 0-9, "_" and "-", and no "-" first`, token.MaxIDLength)
	case len(f.Credential) < minSecretLength || len(f.Credential) > maxSecretLength:
		return fmt.Sprintf("its token must have %d to %d characters", minSecretLength, maxSecretLength)
	case !token.IsB64Token(f.Credential) || strings.Contains(f.Credential, "."): // with a dot it would be taken for a JWT
		return `its token has other characters than a-z, A-Z, 0-9, "-", "_", "~", "+", "/" and "=" at the end, so no request could show it`
	case shows(f.ID) || len(f.ID) >= minSecretLength && strings.Contains(f.Credential, f.ID):
		return "its id, which is no secret, holds its token or is a part of it"
	case ours != "":
		return "its token has the form of those that are minted here, and another id than the one in it, so gates would not find it"
	case slices.ContainsFunc(f.Scopes, shows) || shows(f.Holder) || shows(f.Note) || shows(f.CreatedBy):
		return "its user, note, scopes or the name of who made it, which are no secrets, hold its token"
	case family == token.Developer && CheckNote(f.Note) != nil:
		return fmt.Sprintf("its note must have 1 to %d characters", MaxNote)
	case family == token.User && (!ValidHolder(f.Holder) || f.Scopes == nil || f.ExpiresAt.IsZero()):
		return "it needs a user, scopes and an end"
	case f.CreatedAt.IsZero() || !printable(f.CreatedBy):
		return "it needs a time and a name of who made it"
	}
	if _, err := checkScopes(f.Scopes); err != nil || len(f.Scopes) > MaxScopes {
		return "its scopes must be words, at most 64 of at most 128 bytes"
	}
	return ""
}

// revokedThere is the reason of what another system has revoked.
const revokedThere = "revoked before it was imported"

func (s *Service) importOne(ctx context.Context, by Caller, family token.Family, f *Foreign, event store.Event, done *Imported) error {
	record := store.Record{
		ID: f.ID, Family: family, Holder: f.Holder, Note: f.Note, Access: token.FullAccess, Scopes: f.Scopes, CreatedAt: f.CreatedAt, CreatedBy: f.CreatedBy,
		LastUsedAt: f.LastUsedAt, ExpiresAt: f.ExpiresAt, Digest: token.OpaqueDigest(f.Credential),
	}
	if err := s.signRecord(ctx, &record); err != nil {
		return err
	}
	known, err := s.knownForeign(ctx, &record)
	if err != nil {
		return err
	}
	if known {
		return s.importAgain(ctx, f, &record, event, done)
	}
	if f.Revoked && record.RevokedAt.IsZero() {
		record.RevokedAt, record.RevokedBy, record.Reason = event.At, by.Name(), revokedThere
	}
	if !record.RevokedAt.IsZero() { // also where that was noted already: a note is no proof
		if err := s.revocations.Revoke(ctx, revocationOf(&record)); err != nil {
			return changeFailure(err)
		}
	}
	event.TokenID, event.Subject, event.Detail = record.ID, opaqueSubject(family, record.Holder), "imported "+describeOpaque(&record)
	if err := s.store.SaveImported(ctx, record, event); err != nil {
		return changeFailure(err)
	}
	if record.RevokedAt.IsZero() {
		done.Active++
	} else {
		done.Revoked++
	}
	return nil
}

// importAgain takes a token back that is known here, and was revoked there meanwhile.
func (s *Service) importAgain(ctx context.Context, f *Foreign, r *store.Record, event store.Event, done *Imported) error {
	if !f.Revoked || s.isRevoked(r.Grant(), event.At) {
		done.Skipped++
		return nil
	}
	event.Action = string(ActionRevoke)
	if err := s.takeBack(ctx, []store.Record{*r}, nil, revokedThere, event); err != nil {
		return err
	}
	done.Revoked++
	return nil
}

// knownForeign reports whether a token was imported before, and signed with a key that
// there still is. When the former was cut off halfway, r becomes the record as it is;
// what was revoked meanwhile stays so. An id or a secret that another token has is refused.
func (s *Service) knownForeign(ctx context.Context, r *store.Record) (bool, error) {
	id, unlisted := s.store.ImportedID(ctx, r.Digest)
	stored, unsaved := s.store.Token(ctx, r.ID)
	for _, err := range []error{unlisted, unsaved} {
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return false, storeFailure(err)
		}
	}
	if unlisted == nil && id != r.ID || unsaved == nil && (stored.Digest != r.Digest || stored.Family != r.Family) {
		return false, conflictingImport(r.ID)
	}
	if unsaved != nil {
		return false, nil
	}
	if !s.signed(&stored) {
		r.RevokedAt, r.RevokedBy, r.Reason = stored.RevokedAt, stored.RevokedBy, stored.Reason
		return false, nil
	}
	*r = stored
	return unlisted == nil, nil
}
