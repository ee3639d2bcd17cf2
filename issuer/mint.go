package issuer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// MintRequest asks for a token.
type MintRequest struct {
	Subject token.Subject // of the families [token.Database] and [token.Group]
	// Expiration as asked for; nil leaves it to the policy.
	Expiration *token.Expiration
	// Access as asked for; empty leaves it to the policy.
	Access token.Access
	// Databases narrows a group token to some databases of the group, at most 64.
	Databases []string
	// ReadAttach adds databases of the organization that may be attached for reading, at
	// most 64.
	ReadAttach []string
}

// Minted is a new token and what it grants.
type Minted struct {
	JWT      string // secret
	Grant    *token.Grant
	Warnings []string // sentences for the person who asked
}

// Mint makes a token. A record of it and an audit event are in the store before
// it returns; when they cannot be written, nothing was minted.
func (s *Service) Mint(ctx context.Context, by Caller, r MintRequest) (*Minted, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.event(ActionMint, by, r.Subject)
	minted, err := s.mint(ctx, by, r, event)
	s.conclude(ctx, event, r.Subject.Family, err)
	return minted, err
}

func (s *Service) mint(ctx context.Context, by Caller, r MintRequest, event *store.Event) (*Minted, error) {
	g, err := s.decide(by.Principal, r, event.At)
	if err != nil {
		return nil, err
	}
	if g.Generation, err = s.revocations.Generation(ctx, r.Subject); err != nil {
		return nil, storeFailure(err)
	}
	jwt, err := s.sign(ctx, g)
	if err != nil {
		return nil, err
	}
	record := recordOf(g, by.Name())
	if err := s.signRecord(ctx, &record); err != nil { // its end tells when a revocation may be forgotten
		return nil, err
	}
	event.TokenID, event.Detail = g.ID, describe(g)
	if err := s.store.SaveToken(ctx, record, *event); err != nil {
		return nil, mintFailure(err)
	}
	return &Minted{JWT: jwt, Grant: g, Warnings: warnings(g)}, nil
}

// decide says what a token may be: everything but its generation and key.
func (s *Service) decide(p *Principal, r MintRequest, now time.Time) (*token.Grant, error) {
	group, err := s.locate(p, ActionMint, r.Subject)
	if err != nil {
		return nil, err
	}
	g := &token.Grant{ID: token.NewID(), Family: r.Subject.Family, Organization: r.Subject.Organization, IssuedAt: now.UTC()}
	if g.Family == token.Group {
		g.Group = r.Subject.Name
	} else {
		g.Database = r.Subject.Name
	}
	policy := s.policies.of(g.Organization, group)
	if g.ExpiresAt, err = policy.end(r.Expiration, now); err != nil {
		return nil, err
	}
	if g.Access, err = policy.access(r.Access); err != nil {
		return nil, err
	}
	if g.Databases, err = s.checkNarrowing(r.Subject, r.Databases); err != nil {
		return nil, err
	}
	g.ReadAttach, err = s.checkAttach(p, g.Organization, r.ReadAttach)
	return g, err
}

// sign writes the grant as a JWT and notes which key signed it.
func (s *Service) sign(ctx context.Context, g *token.Grant) (jwt string, err error) {
	payload, err := json.Marshal(token.NewClaims(g))
	if err != nil {
		return "", refusal.Internal(fmt.Errorf("encoding claims: %w", err))
	}
	if jwt, g.KeyID, err = s.signer.Sign(ctx, payload, g.ExpiresAt); err != nil {
		return "", unsigned(err)
	}
	return jwt, nil
}

func recordOf(g *token.Grant, createdBy string) store.Record {
	subject := g.Subject()
	return store.Record{
		ID: g.ID, Family: g.Family, Organization: g.Organization, Name: subject.Name, Access: g.Access,
		Databases: g.Databases, ReadAttach: g.ReadAttach, Generation: g.Generation, KeyID: g.KeyID,
		CreatedAt: g.IssuedAt, CreatedBy: createdBy, ExpiresAt: g.ExpiresAt,
	}
}

// describe writes the effective values for the audit log.
func describe(g *token.Grant) string {
	parts := []string{"authorization=" + string(g.Access), "expires_at=" + endText(g.ExpiresAt)}
	if len(g.Databases) > 0 {
		parts = append(parts, "databases="+strings.Join(g.Databases, ","))
	}
	if len(g.ReadAttach) > 0 {
		parts = append(parts, "read_attach="+strings.Join(g.ReadAttach, ","))
	}
	return strings.Join(parts, " ")
}

func endText(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

// warnings says what people commonly take for something else.
func warnings(g *token.Grant) []string {
	var w []string
	if g.ExpiresAt.IsZero() {
		w = append(w, "This token never expires. It ends only when it is revoked or rotated.")
	}
	switch {
	case len(g.ReadAttach) == 0:
	case g.Access == token.ReadOnly:
		w = append(w, "A read-only token may not attach: permissions.read_attach does nothing for this token.")
	case g.Family == token.Group && len(g.Databases) == 0:
		w = append(w, "permissions.read_attach adds ATTACH rights; this token can still access every database in group "+g.Group)
	}
	return w
}
