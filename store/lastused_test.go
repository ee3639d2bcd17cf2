package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
)

func TestTheLastUseNeverGoesBack(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		save(t, s, record("one"))
		save(t, s, record("two"))
		for _, step := range []struct{ use, want time.Duration }{{5, 5}, {9, 9}, {7, 9}, {9, 9}, {10, 10}} {
			uses := map[string]time.Time{"one": now.Add(step.use * time.Second), "two": now}
			if err := s.MarkUsed(t.Context(), uses); err != nil {
				t.Fatal(err)
			}
			r, err := s.Token(t.Context(), "one")
			if want := now.Add(step.want * time.Second); err != nil || !r.LastUsedAt.Equal(want) {
				t.Errorf("after a use at %s: %v, %v, want %v", step.use, r.LastUsedAt, err, want)
			}
		}
		if err := s.MarkUsed(t.Context(), nil); err != nil {
			t.Errorf("no use: %v", err)
		}
	})
}

func TestAUseBringsNoRecordBack(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		uses := map[string]time.Time{"gone": now, "": now, "no/id": now}
		if err := s.MarkUsed(t.Context(), uses); err != nil {
			t.Fatal(err)
		}
		for id := range uses {
			if n, err := s.Redis().Exists(t.Context(), s.Key("token:"+id)).Result(); err != nil || n != 0 {
				t.Errorf("%q: %d keys, %v", id, n, err)
			}
		}
	})
}

func TestAUseOfASpoiledRecordKeepsNoOtherFromBeingNoted(t *testing.T) {
	s, client := onMiniredis(t)
	save(t, s, record("good"))
	client.Set(t.Context(), s.Key("token:text"), "x", 0)
	save(t, s, record("spoiled"))
	client.HSet(t.Context(), s.Key("token:spoiled"), "last_used", "yesterday")
	if err := s.MarkUsed(t.Context(), map[string]time.Time{"good": now, "text": now, "spoiled": now}); err != nil {
		t.Fatal(err)
	}
	if r, err := s.Token(t.Context(), "good"); err != nil || !r.LastUsedAt.Equal(now) {
		t.Errorf("got %v, %v", r.LastUsedAt, err)
	}
}

func TestAUseAtTheTimeOfARevocationLosesNeither(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		save(t, s, record("one"))
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if err := s.MarkUsed(t.Context(), map[string]time.Time{"one": now.Add(time.Duration(i) * time.Second)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Go(func() {
			if _, err := s.MarkRevoked(t.Context(), "one", now, "ops", "leaked"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if r, err := s.Token(t.Context(), "one"); err != nil || !r.RevokedAt.Equal(now) || r.LastUsedAt.IsZero() {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}
