package store_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

func opaque(id, holder, creator string) store.Record {
	return store.Record{
		ID: id, Family: token.User, Holder: holder, CreatedBy: creator, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
		Digest: token.OpaqueDigest("secret of " + id), Hint: "a1b2", Scopes: []string{"read"},
	}
}

func listed(t *testing.T, s *store.Store, index store.Index) (ids []string) {
	t.Helper()
	records, _, err := s.List(t.Context(), index, store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestOpaqueTokensAreListedByFamilyHolderAndCreator(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		names := []string{"alice", "a:b*?", "x/holder/y", "x/creator/y", "", "{z}", "本"}
		for i, name := range names {
			save(t, s, opaque(fmt.Sprint("t", i), name, name+"!"))
		}
		for i, name := range names {
			want := []string{fmt.Sprint("t", i)}
			if got := listed(t, s, store.OfHolder(token.User, name)); name != "" && !slices.Equal(got, want) {
				t.Errorf("holder %q: got %v", name, got)
			}
			if got := listed(t, s, store.OfCreator(token.User, name+"!")); !slices.Equal(got, want) {
				t.Errorf("creator %q: got %v", name, got)
			}
		}
		if got := listed(t, s, store.OfFamily(token.User)); len(got) != len(names) {
			t.Errorf("all: got %v", got)
		}
		if got := listed(t, s, store.OfFamily(token.Developer)); len(got) != 0 {
			t.Errorf("another family: got %v", got)
		}
	})
}

func TestPruneLeavesNothingOfAnOpaqueToken(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		r := opaque("one", "alice", "ops")
		if err := s.SaveImported(t.Context(), r, store.Event{Action: "mint", At: now}); err != nil {
			t.Fatal(err)
		}
		prune(t, s, r.ExpiresAt.Add(store.KeepExpired))
		for _, index := range []store.Index{store.OfFamily(token.User), store.OfHolder(token.User, "alice"), store.OfCreator(token.User, "ops")} {
			if got := listed(t, s, index); len(got) != 0 {
				t.Errorf("%v still has %v", index, got)
			}
		}
		if ids, err := s.Imported(t.Context()); err != nil || len(ids) != 0 {
			t.Errorf("imported: %v, %v", ids, err)
		}
	})
}

func TestImportedTokensAreFoundByTheirDigest(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		r := opaque("jt_abc123def456", "alice", "ops")
		if _, err := s.ImportedID(t.Context(), r.Digest); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("before: %v", err)
		}
		if err := s.SaveImported(t.Context(), r, store.Event{Action: "mint", At: now}); err != nil {
			t.Fatal(err)
		}
		if id, err := s.ImportedID(t.Context(), r.Digest); err != nil || id != r.ID {
			t.Errorf("got %q, %v", id, err)
		}
		if ids, err := s.Imported(t.Context()); err != nil || len(ids) != 1 || ids[r.Digest] != r.ID {
			t.Errorf("got %v, %v", ids, err)
		}
	})
}

func TestSpoiledImportsAreLeftOut(t *testing.T) {
	s, client := onMiniredis(t)
	client.HSet(t.Context(), s.Key("imported"), "zz", "one", "00", "two", fmt.Sprintf("%064d", 1), "NO ID")
	if ids, err := s.Imported(t.Context()); err != nil || len(ids) != 0 || s.Malformed() != 3 {
		t.Errorf("got %v, %v, %d malformed", ids, err, s.Malformed())
	}
}

func TestRevokingManyKeepsEachFirstRevocation(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		first, second := opaque("one", "alice", "ops"), opaque("two", "alice", "ops")
		save(t, s, first, second)
		for i, by := range []string{"ops", "late"} {
			at := now.Add(time.Duration(i+1) * time.Minute)
			err := s.MarkAllRevoked(t.Context(), []store.Record{first, second}[:i+1], store.Event{Action: "revoke", At: at, Actor: by, Detail: "leaked"})
			if err != nil {
				t.Fatal(err)
			}
		}
		for id, want := range map[string]string{"one": "ops", "two": "late"} {
			if r, err := s.Token(t.Context(), id); err != nil || r.RevokedBy != want {
				t.Errorf("%s: by %q, %v; want %q", id, r.RevokedBy, err, want)
			}
		}
		if events, _, err := s.Audit(t.Context(), store.Page{}); err != nil || len(events) != 5 || events[0].TokenID != "two" {
			t.Errorf("audit: %+v, %v", events, err)
		}
	})
}

func TestRotatingAgainDoesNotExtendTheGrace(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		save(t, s, opaque("one", "alice", "ops"))
		for _, grace := range []time.Duration{20, 30, 10} {
			if err := s.MarkRotated(t.Context(), "one", fmt.Sprint("to", int(grace)), now.Add(grace*time.Minute), store.Event{Action: "rotate", At: now}); err != nil {
				t.Fatal(err)
			}
			want := min(grace, 20) * time.Minute
			r, err := s.Token(t.Context(), "one")
			if err != nil || !r.Ends().Equal(now.Add(want)) || r.RotatedTo != fmt.Sprint("to", int(grace)) {
				t.Errorf("got %+v, %v", r, err)
			}
		}
	})
}

func TestOfManyRequestsWithOneKeyOneIsTheFirst(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		firsts := map[string]int{}
		mines := 0
		for i := range 20 {
			wg.Go(func() {
				first, mine, err := s.ClaimIdempotency(t.Context(), "key *:{}", store.Claim{ID: fmt.Sprint("t", i), At: now})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				firsts[first.ID]++
				if mine {
					mines++
				}
			})
		}
		wg.Wait()
		if mines != 1 || len(firsts) != 1 {
			t.Errorf("%d were the first: %v", mines, firsts)
		}
		if _, mine, err := s.ClaimIdempotency(t.Context(), "another", store.Claim{ID: "x", At: now}); err != nil || !mine {
			t.Errorf("another key: %v, %v", mine, err)
		}
	})
}

func TestIdempotencyKeysAreForgottenAfterADay(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		claim := func() bool {
			_, mine, err := s.ClaimIdempotency(t.Context(), "key", store.Claim{ID: token.NewID(), At: now})
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		claim()
		for _, step := range []struct {
			at   time.Duration
			free bool
		}{{store.KeepIdempotency - time.Second, false}, {store.KeepIdempotency, true}} {
			if err := s.PruneIdempotency(t.Context(), now.Add(step.at)); err != nil {
				t.Fatal(err)
			}
			if got := claim(); got != step.free {
				t.Errorf("after %v: free is %v", step.at, got)
			}
		}
	})
}
