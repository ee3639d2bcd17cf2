package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

// contains reports whether err's text has part in it.
func contains(err error, part string) bool { return err != nil && strings.Contains(err.Error(), part) }

func appendEvents(t *testing.T, s *store.Store, events ...store.Event) {
	t.Helper()
	for _, e := range events {
		if err := s.AppendAudit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnEventIsReadBackAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		want := store.Event{
			At: now, Action: "mint", Outcome: "ok", Actor: "ops", Organization: "my-org", Subject: "database/my-org/db",
			TokenID: "one", Detail: "read-only, 7d", ClientIP: "192.0.2.1", RequestID: "r1",
		}
		appendEvents(t, s, want)
		events, next, err := s.Audit(t.Context(), store.Page{})
		if err != nil || len(events) != 1 || next != "" {
			t.Fatalf("got %v, %q, %v", events, next, err)
		}
		want.ID = events[0].ID
		if !reflect.DeepEqual(events[0], want) {
			t.Errorf("got  %+v\nwant %+v", events[0], want)
		}
	})
}

func TestEventsAreListedNewestFirstInPages(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for i := range 7 {
			appendEvents(t, s, store.Event{Action: "mint", At: now, TokenID: fmt.Sprint(i)})
		}
		for _, limit := range []int{1, 3, 7, 8} {
			var got strings.Builder
			page := store.Page{Limit: limit}
			for {
				events, next, err := s.Audit(t.Context(), page)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range events {
					got.WriteString(e.TokenID)
				}
				if next == "" {
					break
				}
				page.Cursor = next
			}
			if got.String() != "6543210" {
				t.Errorf("pages of %d: got %s", limit, got.String())
			}
		}
		if _, _, err := s.Audit(t.Context(), store.Page{Cursor: "+ COUNT 9"}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("a cursor that is none: %v", err)
		}
	})
}

func TestTheAuditLogIsTrimmed(t *testing.T) {
	s := openEmbedded(t)
	s.KeepAudit(5)
	for range 20 {
		appendEvents(t, s, store.Event{Action: "mint", At: now})
	}
	if n := s.Redis().XLen(t.Context(), s.Key("audit")).Val(); n != 5 {
		t.Errorf("%d events", n)
	}
}

func TestLongAndBrokenTextIsCutAndNotRefused(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		appendEvents(t, s, store.Event{Action: "mint", At: now, Detail: strings.Repeat("報", 1000), RequestID: "\xff\x00*\r\n$-1"})
		events, _, err := s.Audit(t.Context(), store.Page{})
		if err != nil || len(events) != 1 {
			t.Fatalf("got %v, %v", events, err)
		}
		if d := events[0].Detail; len(d) > 1024 || len(d) < 1000 || !utf8.ValidString(d) || !utf8.ValidString(events[0].RequestID) {
			t.Errorf("kept %d bytes and %q", len(d), events[0].RequestID)
		}
	})
}

func TestAnEventThatSomebodySpoiledIsLeftOutAndCounted(t *testing.T) {
	s, client := onMiniredis(t)
	for _, values := range []map[string]any{
		{"at": "x", "action": "mint"},
		{"action": "mint"},
		{"at": "1"},
		{"at": "-5", "action": "mint"},
		{"at": "1", "action": strings.Repeat("a", 2000)},
		{"at": "1", "action": "\xff"},
	} {
		if err := client.XAdd(t.Context(), &redis.XAddArgs{Stream: s.Key("audit"), Values: values}).Err(); err != nil {
			t.Fatal(err)
		}
	}
	appendEvents(t, s, store.Event{Action: "revoke", At: now})
	events, _, err := s.Audit(t.Context(), store.Page{})
	if err != nil || len(events) != 1 || events[0].Action != "revoke" || s.Malformed() != 6 {
		t.Errorf("got %v, %v, counted %d", events, err, s.Malformed())
	}
}
