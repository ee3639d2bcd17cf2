package issuer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// bulkPatience bounds a call that may take back very many tokens.
const bulkPatience = time.Minute

// RevokeOpaque takes tokens back by id, at most 64: all of them or, when one is unknown,
// none. The reason is as in [RevokeRequest]. Taking back again succeeds and leaves the
// first time as it is.
func (s *Service) RevokeOpaque(ctx context.Context, by Caller, family token.Family, ids []string, reason string) ([]Listed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.opaqueEvent(ActionRevoke, by, family, "")
	records, err := s.revokeOpaque(ctx, by, family, ids, reason, event)
	s.conclude(ctx, event, family, err)
	return records, err
}

func (s *Service) revokeOpaque(ctx context.Context, by Caller, family token.Family, ids []string, reason string, event *store.Event) ([]Listed, error) {
	if err := authorize(by, ActionRevoke, family); err != nil {
		return nil, err
	}
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	ids, err := distinct("ids", ids)
	if err != nil {
		return nil, err
	}
	records := make([]store.Record, len(ids))
	for i, id := range ids {
		if records[i], err = s.opaqueToken(ctx, family, id); err != nil {
			return nil, err
		}
	}
	if len(ids) == 1 { // not before it is found: people put tokens where an id should be
		event.TokenID, event.Subject = ids[0], opaqueSubject(family, records[0].Holder)
	}
	if err := s.takeBack(ctx, records, nil, reason, *event); err != nil {
		return nil, err
	}
	event.Detail = reason
	tokens := make([]Listed, len(ids))
	for i, id := range ids {
		record, err := s.opaqueToken(ctx, family, id)
		if err != nil {
			return nil, changeFailure(err)
		}
		tokens[i] = Listed{Record: record, Status: s.status(&record, event.At)}
	}
	return tokens, nil
}

// RevokeSelected takes back every token selected that is still good, or may be as its
// record is lost, and returns the ids; with dryRun it only says which they are. A
// selection needs a holder, a creator or a time of not being used: a whole family is
// not taken back by mistake.
func (s *Service) RevokeSelected(ctx context.Context, by Caller, q Selection, reason string, dryRun bool) (ids []string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bulkPatience)
	defer cancel()
	event := s.opaqueEvent(ActionRevoke, by, q.Family, q.Holder)
	ids, err = s.revokeSelected(ctx, by, q, reason, dryRun, event)
	event.Detail = fmt.Sprintf("tokens=%d dry_run=%t", len(ids), dryRun)
	if err == nil {
		err = changeFailure(s.store.AppendAudit(ctx, *event))
	}
	s.conclude(ctx, event, q.Family, err)
	return ids, err
}

func (s *Service) revokeSelected(ctx context.Context, by Caller, q Selection, reason string, dryRun bool, event *store.Event) (ids []string, err error) {
	if err := authorize(by, ActionRevoke, q.Family); err != nil {
		return nil, err
	}
	if err := checkReason(reason); err != nil {
		return nil, err
	}
	if q.Holder == "" && q.Creator == "" && q.Unused <= 0 {
		return nil, Malformed("Say which tokens: of which user, application or creator, or unused for how long.", nil)
	}
	page := store.Page{Limit: store.MaxPage}
	for {
		records, lost, next, err := s.store.ListWithLost(ctx, q.index(), page)
		if err != nil {
			return ids, storeFailure(err)
		}
		if q.Unused > 0 {
			lost = nil // when they were used is lost too
		}
		lost = slices.DeleteFunc(lost, func(id string) bool { return s.isRevoked(&token.Grant{ID: id}, event.At) })
		records = slices.DeleteFunc(records, func(r store.Record) bool { return !s.toTakeBack(&q, &r, event.At) })
		for i := range records {
			ids = append(ids, records[i].ID)
		}
		ids = append(ids, lost...)
		if !dryRun {
			if err := s.takeBack(ctx, records, lost, reason, *event); err != nil {
				return ids, err
			}
		}
		if next == "" {
			return ids, nil
		}
		page.Cursor = next
	}
}

// toTakeBack reports whether a selection means a token that is still good. What notes
// say of its end is no proof, nor is a record that is not as we signed it.
func (s *Service) toTakeBack(q *Selection, r *store.Record, now time.Time) bool {
	g, signed := r.Grant(), s.signed(r)
	from, rotated := s.mirror.RetiredFrom(g)
	switch {
	case s.isRevoked(g, now), rotated && !now.Before(from):
		return false
	case signed && !r.ExpiresAt.IsZero() && !now.Before(r.ExpiresAt):
		return false
	case signed && q.Creator != "" && r.CreatedBy != q.Creator:
		return false
	default:
		return q.Unused <= 0 || idle(r, now) >= q.Unused
	}
}

// isRevoked reports what this node knows; no note in a record does.
func (s *Service) isRevoked(g *token.Grant, now time.Time) bool {
	return errors.Is(s.mirror.Judge(g, now), revocation.ErrRevoked)
}

// takeBack revokes, and notes it in the records and in the audit log. Those whose records
// are lost are taken back for good: nothing says when they end.
func (s *Service) takeBack(ctx context.Context, records []store.Record, lost []string, reason string, event store.Event) error {
	entries := make([]revocation.Entry, 0, len(records)+len(lost))
	for i := range records {
		entries = append(entries, s.revocationOfStored(&records[i]))
	}
	for _, id := range lost {
		entries = append(entries, revocation.Entry{ID: id})
	}
	// The tokens are dead from here on; what follows is book-keeping.
	if err := s.revocations.Revoke(ctx, entries...); err != nil {
		return changeFailure(err)
	}
	event.Detail = reason
	return changeFailure(s.store.MarkAllRevoked(ctx, records, event))
}

// revocationOf is for a record that is proven: the revocation is forgotten with its token.
func revocationOf(r *store.Record) revocation.Entry {
	return revocation.Entry{ID: r.ID, ForgetAfter: r.ExpiresAt}
}

// revocationOfStored is never forgotten if the record is not as we signed it: the token
// may end later than that says.
func (s *Service) revocationOfStored(r *store.Record) revocation.Entry {
	if !s.signed(r) {
		return revocation.Entry{ID: r.ID}
	}
	return revocationOf(r)
}

func checkReason(reason string) error {
	if len(reason) > maxReason || !printable(reason) {
		return Malformed(fmt.Sprintf("reason may have %d bytes at most, and no control characters.", maxReason), nil)
	}
	return nil
}
