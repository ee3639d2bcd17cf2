package issuer

import (
	"context"
	"errors"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// Selection says which opaque tokens of a family are meant: those that fit all of
// its fields, of which empty ones fit everything.
type Selection struct {
	Family  token.Family
	Holder  string
	Creator string
	// Good leaves out tokens that are revoked, expired or rotated.
	Good bool
	// Status, when not empty, is the only one that is meant.
	Status Status
	// Unused is for how long a token was not used, nor made.
	Unused time.Duration
}

// index is the shortest list that has everything selected.
func (q *Selection) index() store.Index {
	switch {
	case q.Holder != "":
		return store.OfHolder(q.Family, q.Holder)
	case q.Creator != "":
		return store.OfCreator(q.Family, q.Creator)
	default:
		return store.OfFamily(q.Family)
	}
}

func (q *Selection) has(r *Listed, now time.Time) bool {
	if q.Creator != "" && r.CreatedBy != q.Creator || q.Good && !r.Status.Good() || q.Status != "" && r.Status != q.Status {
		return false
	}
	return q.Unused == 0 || idle(&r.Record, now) >= q.Unused
}

// idle is for how long a token was not used, nor made.
func idle(r *store.Record, now time.Time) time.Duration {
	last := r.CreatedAt
	if r.LastUsedAt.After(last) {
		last = r.LastUsedAt
	}
	return now.Sub(last)
}

// maxLooked bounds how many records one page of a list looks at.
const maxLooked = 10 * store.MaxPage

// ListOpaque shows the tokens selected, newest first. Next is the cursor of the
// page that follows, or empty; a page may be short when most tokens do not fit.
func (s *Service) ListOpaque(ctx context.Context, by Caller, q Selection, page store.Page) (tokens []Listed, next string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.opaqueEvent(ActionList, by, q.Family, q.Holder)
	tokens, next, err = s.listOpaque(ctx, by, q, page, event)
	s.conclude(ctx, event, q.Family, err)
	return tokens, next, err
}

func (s *Service) listOpaque(ctx context.Context, by Caller, q Selection, page store.Page, event *store.Event) ([]Listed, string, error) {
	if err := authorize(by, ActionList, q.Family); err != nil {
		return nil, "", err
	}
	tokens, next, err := s.selectTokens(ctx, q, page, event.At)
	if errors.Is(err, store.ErrCursor) {
		return nil, "", Malformed("cursor is not one that a list gave out.", err)
	}
	if err == nil {
		err = s.store.AppendAudit(ctx, *event)
	}
	return tokens, next, storeFailure(err)
}

// selectTokens reads on until the page is full.
func (s *Service) selectTokens(ctx context.Context, q Selection, page store.Page, now time.Time) (tokens []Listed, next string, err error) {
	if page.Limit <= 0 {
		page.Limit = store.DefaultPage
	}
	for looked := 0; looked < maxLooked; {
		records, next, err := s.store.List(ctx, q.index(), page)
		if err != nil {
			return nil, "", err
		}
		for i := range records {
			listed := Listed{Record: records[i], Status: s.status(&records[i], now)}
			if !q.has(&listed, now) {
				continue
			}
			tokens = append(tokens, listed)
			if last := i == len(records)-1; len(tokens) == page.Limit && !(last && next == "") {
				return tokens, store.CursorAfter(&records[i]), nil
			}
		}
		page.Cursor = next
		if next == "" {
			return tokens, "", nil
		}
		looked += len(records) + 1
	}
	return tokens, page.Cursor, nil
}

// Opaque shows one token.
func (s *Service) Opaque(ctx context.Context, by Caller, family token.Family, id string) (*Listed, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	event := s.opaqueEvent(ActionList, by, family, "")
	listed, err := s.showOpaque(ctx, by, family, id, event)
	s.conclude(ctx, event, family, err)
	return listed, err
}

func (s *Service) showOpaque(ctx context.Context, by Caller, family token.Family, id string, event *store.Event) (*Listed, error) {
	if err := authorize(by, ActionList, family); err != nil {
		return nil, err
	}
	record, err := s.opaqueToken(ctx, family, id)
	if err != nil {
		return nil, err
	}
	event.TokenID, event.Subject = record.ID, opaqueSubject(family, record.Holder)
	if err := s.store.AppendAudit(ctx, *event); err != nil {
		return nil, storeFailure(err)
	}
	return &Listed{Record: record, Status: s.status(&record, event.At)}, nil
}

// opaqueToken reads a record; a token of another family is not found.
func (s *Service) opaqueToken(ctx context.Context, family token.Family, id string) (store.Record, error) {
	record, err := s.store.Token(ctx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && record.Family != family {
		return store.Record{}, noSuchToken()
	}
	return record, storeFailure(err)
}
