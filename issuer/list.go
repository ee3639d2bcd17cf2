package issuer

import (
	"context"
	"errors"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// Status is how a token stands. The set is closed.
type Status string

// The statuses. A token to which several apply has the first of them, but one whose
// place another has taken stays rotated when its own end is over too.
const (
	StatusRevoked  Status = "revoked"
	StatusExpired  Status = "expired"
	StatusRotated  Status = "rotated"
	StatusRotating Status = "rotating" // another takes its place; still good for the rest of the grace
	StatusActive   Status = "active"
)

// Good reports whether a token of this status is accepted.
func (s Status) Good() bool { return s == StatusActive || s == StatusRotating }

// ListRequest asks for the tokens of a subject.
type ListRequest struct {
	Subject token.Subject
	Page    store.Page
}

// Listed is a token that was minted, without its secret. GraceUntil is set also for
// a token that ends by a rotation of its subject.
type Listed struct {
	store.Record
	Status Status
}

// List shows what was minted for a subject, newest first; next is the cursor of
// the page that follows, or empty.
func (s *Service) List(ctx context.Context, by Caller, r ListRequest) (tokens []Listed, next string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.event(ActionList, by, r.Subject)
	tokens, next, err = s.list(ctx, by, r, event)
	s.conclude(ctx, event, r.Subject.Family, err)
	return tokens, next, err
}

func (s *Service) list(ctx context.Context, by Caller, r ListRequest, event *store.Event) (tokens []Listed, next string, err error) {
	if _, err := s.locate(by.Principal, ActionList, r.Subject); err != nil {
		return nil, "", err
	}
	records, next, err := s.store.Tokens(ctx, r.Subject, r.Page)
	if errors.Is(err, store.ErrCursor) {
		return nil, "", Malformed("cursor is not one that a list gave out.", err)
	}
	if err != nil {
		return nil, "", storeFailure(err)
	}
	if err := s.store.AppendAudit(ctx, *event); err != nil {
		return nil, "", storeFailure(err)
	}
	for _, record := range records {
		listed := Listed{Record: record, Status: s.status(&record, event.At)}
		if listed.Status == StatusRotating && listed.GraceUntil.IsZero() {
			listed.GraceUntil, _ = s.mirror.RetiredFrom(record.Grant())
		}
		tokens = append(tokens, listed)
	}
	return tokens, next, nil
}

func (s *Service) status(r *store.Record, now time.Time) Status {
	g := r.Grant()
	retired, rotated := s.mirror.RetiredFrom(g)
	switch {
	case !r.RevokedAt.IsZero():
		return StatusRevoked
	case r.RotatedTo != "" && !now.Before(r.GraceUntil):
		return StatusRotated
	case s.isRevoked(g, now):
		return StatusRevoked
	case g.Expired(now, 0):
		return StatusExpired
	case rotated && !now.Before(retired):
		return StatusRotated
	case rotated || r.RotatedTo != "":
		return StatusRotating
	default:
		return StatusActive
	}
}
