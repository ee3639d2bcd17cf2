package store

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// defaultAuditLength is about how many audit events are kept; older ones go.
const defaultAuditLength = 100_000

// Event is one line of the audit log: who did what to which token, and how it
// went. It never holds a credential. Texts are cut at 1024 bytes.
type Event struct {
	ID           string // position in the log; set when read
	At           time.Time
	Action       string // "mint", "revoke", "rotate", …
	Outcome      string // "ok", or why it was refused
	Actor        string // name of the admin key
	Organization string
	Subject      string // as token.Subject.String writes it
	TokenID      string
	Detail       string // effective values, for people
	ClientIP     string
	RequestID    string
}

// texts are the text fields by name, as they stand in the stream.
func (e *Event) texts() []struct {
	name string
	text *string
} {
	return []struct {
		name string
		text *string
	}{
		{"action", &e.Action},
		{"outcome", &e.Outcome},
		{"actor", &e.Actor},
		{"organization", &e.Organization},
		{"subject", &e.Subject},
		{"token", &e.TokenID},
		{"detail", &e.Detail},
		{"ip", &e.ClientIP},
		{"request", &e.RequestID},
	}
}

func (s *Store) auditKey() string { return s.Key("audit") }

// AppendAudit adds an event to the log. An error is [ErrUnavailable]: the event
// may be missing, and what it tells of must not go ahead.
func (s *Store) AppendAudit(ctx context.Context, e Event) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	return Unavailable(s.appendAudit(ctx, s.redis, e).Err())
}

func (s *Store) appendAudit(ctx context.Context, to redis.Cmdable, e Event) *redis.StringCmd {
	values := []string{"at", formatTime(e.At)}
	for _, f := range e.texts() {
		if *f.text != "" {
			values = append(values, f.name, clip(*f.text))
		}
	}
	return to.XAdd(ctx, &redis.XAddArgs{Stream: s.auditKey(), MaxLen: s.auditLength, Approx: true, Values: values})
}

// Audit lists events, newest first. An entry that cannot be read is left out and
// counted ([Store.Malformed]); next is empty after the last page.
func (s *Store) Audit(ctx context.Context, page Page) (events []Event, next string, err error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	from := "+"
	if page.Cursor != "" {
		if _, _, err := page.cursor(); err != nil {
			return nil, "", err
		}
		from = "(" + page.Cursor
	}
	limit := page.limit()
	messages, err := s.redis.XRevRangeN(ctx, s.auditKey(), from, "-", limit).Result()
	if err != nil {
		return nil, "", Unavailable(err)
	}
	events = make([]Event, 0, len(messages))
	for _, m := range messages {
		e, err := decodeEvent(m)
		if err != nil {
			s.malformed.Add(1)
			continue
		}
		events = append(events, e)
	}
	if n := len(messages); int64(n) == limit {
		next = messages[n-1].ID
	}
	return events, next, nil
}

func decodeEvent(m redis.XMessage) (Event, error) {
	e := Event{ID: m.ID}
	at, _ := m.Values["at"].(string)
	var err error
	if e.At, err = parseTime(at); err != nil {
		return Event{}, fmt.Errorf("audit event %s: %w", m.ID, err)
	}
	for _, f := range e.texts() {
		*f.text, _ = m.Values[f.name].(string)
		if !validText(*f.text) {
			return Event{}, fmt.Errorf("%w: audit event %s, field %q", ErrMalformed, m.ID, f.name)
		}
	}
	if e.Action == "" {
		return Event{}, fmt.Errorf("%w: audit event %s has no action", ErrMalformed, m.ID)
	}
	return e, nil
}
