package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

func prune(t *testing.T, s *store.Store, at time.Time) int {
	t.Helper()
	n, err := s.Prune(t.Context(), at, 100)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestRecordsAreKeptForTheirTimeAndNoLonger(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		expiring := record("expiring")
		never := record("never")
		never.ExpiresAt = time.Time{}
		revoked := record("revoked")
		revoked.ExpiresAt = time.Time{}
		save(t, s, expiring, never, revoked)
		revokedAt := now.Add(time.Minute)
		if _, err := s.MarkRevoked(t.Context(), "revoked", revokedAt, "ops", ""); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			at   time.Time
			want []string
		}{
			{expiring.ExpiresAt.Add(store.KeepExpired - time.Second), []string{"revoked", "never", "expiring"}},
			{expiring.ExpiresAt.Add(store.KeepExpired), []string{"revoked", "never"}},
			{revokedAt.Add(store.KeepRevoked - time.Second), []string{"revoked", "never"}},
			{revokedAt.Add(store.KeepRevoked), []string{"never"}},
			{now.AddDate(1000, 0, 0), []string{"never"}},
		} {
			prune(t, s, step.at)
			if got := list(t, s, 100); !slices.Equal(got, step.want) {
				t.Errorf("at %v: got %v, want %v", step.at, got, step.want)
			}
		}
		if _, err := s.Token(t.Context(), "expiring"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the record itself: %v", err)
		}
	})
}

func TestPruneStopsAtItsLimitAndLeavesNothingBehind(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for i := range 10 {
			save(t, s, record(fmt.Sprintf("t%d", i)))
		}
		late := now.AddDate(1, 0, 0)
		for _, want := range []int{4, 4, 2, 0} {
			if n, err := s.Prune(t.Context(), late, 4); err != nil || n != want {
				t.Errorf("got %d, %v, want %d", n, err, want)
			}
		}
		for _, key := range []string{"expiry", "tokens:" + subject.String(), "token:t0"} {
			if n, err := s.Redis().Exists(t.Context(), s.Key(key)).Result(); err != nil || n != 0 {
				t.Errorf("%s is still there (%v)", key, err)
			}
		}
	})
}

func TestAWrongExpiryIndexForgetsNothingThatIsStillGood(t *testing.T) {
	s, client := onMiniredis(t)
	never := record("never")
	never.ExpiresAt = time.Time{}
	save(t, s, record("good"), never)
	wrong := []redis.Z{{Score: 1, Member: "good"}, {Score: 1, Member: "never"}, {Score: 1, Member: "nobody"}}
	if err := client.ZAdd(t.Context(), s.Key("expiry"), wrong...).Err(); err != nil {
		t.Fatal(err)
	}
	prune(t, s, now)
	if got := list(t, s, 100); !slices.Equal(got, []string{"never", "good"}) {
		t.Errorf("got %v", got)
	}
	index, err := client.ZRangeWithScores(t.Context(), s.Key("expiry"), 0, -1).Result()
	want := float64(record("good").ExpiresAt.Add(store.KeepExpired).UnixMilli())
	if err != nil || len(index) != 1 || index[0].Score != want {
		t.Errorf("index is %v, %v", index, err)
	}
}

func TestPruneNamesAMalformedRecordOnceAndGoesOn(t *testing.T) {
	s, client := onMiniredis(t)
	save(t, s, record("bad"), record("good"))
	if err := client.HSet(t.Context(), s.Key("token:bad"), "family", "nonsense").Err(); err != nil {
		t.Fatal(err)
	}
	late := now.AddDate(1, 0, 0)
	if n, err := s.Prune(t.Context(), late, 10); n != 2 || !errors.Is(err, store.ErrMalformed) || !contains(err, "bad") {
		t.Errorf("got %d, %v", n, err)
	}
	if n := prune(t, s, late); n != 0 {
		t.Errorf("looked at %d more", n)
	}
	if client.Exists(t.Context(), s.Key("token:bad")).Val() != 1 {
		t.Error("the evidence is gone")
	}
}

func TestARevocationThatRacedWithPruneLeavesNoRecord(t *testing.T) {
	s, client := onMiniredis(t)
	stub := client.HSet(t.Context(), s.Key("token:stub"), "revoked", `{"at":1,"by":"","reason":""}`).Err()
	index := client.ZAdd(t.Context(), s.Key("expiry"), redis.Z{Score: 1, Member: "stub"}).Err()
	if err := errors.Join(stub, index); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Token(t.Context(), "stub"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a record without an id: %v", err)
	}
	prune(t, s, now)
	if client.Exists(t.Context(), s.Key("token:stub")).Val() != 0 {
		t.Error("the stub is still there")
	}
}
