package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
)

func TestRecordsThatWereTakenBackTogetherAreKeptForTheirTimeAndNoLonger(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		never, expiring := record("never"), record("expiring")
		never.ExpiresAt, expiring.ExpiresAt = time.Time{}, now.AddDate(10, 0, 0)
		save(t, s, never, expiring)
		at := now.Add(time.Minute)
		if err := s.MarkAllRevoked(t.Context(), []store.Record{never, expiring}, store.Event{Action: "revoke", At: at, Actor: "ops"}); err != nil {
			t.Fatal(err)
		}
		prune(t, s, at.Add(store.KeepRevoked-time.Second))
		if got := list(t, s, 100); len(got) != 2 {
			t.Errorf("too early there are %v", got)
		}
		prune(t, s, at.Add(store.KeepRevoked))
		if _, err := s.Token(t.Context(), "never"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the record of a token without an end: %v", err)
		}
	})
}

func TestTheRecordOfARotatedTokenIsKeptForItsTimeAndNoLonger(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		never := opaque("jt_old", "me", "ops")
		never.ExpiresAt = time.Time{}
		save(t, s, never)
		end := now.Add(time.Hour)
		if err := s.MarkRotated(t.Context(), "jt_old", "jt_new", end, store.Event{Action: "rotate", At: now}); err != nil {
			t.Fatal(err)
		}
		prune(t, s, end.Add(store.KeepExpired-time.Second))
		if _, err := s.Token(t.Context(), "jt_old"); err != nil {
			t.Errorf("too early: %v", err)
		}
		prune(t, s, end.Add(store.KeepExpired))
		if _, err := s.Token(t.Context(), "jt_old"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("in the end: %v", err)
		}
	})
}
