package store_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

var now = time.Date(2026, 11, 3, 12, 0, 0, 0, time.UTC)

// subject is whose tokens the tests save.
var subject = token.Subject{Family: token.Group, Organization: "my-org", Name: "production"}

func record(id string) store.Record {
	return store.Record{
		ID: id, Family: subject.Family, Organization: subject.Organization, Name: subject.Name,
		Access: token.ReadOnly, Databases: []string{"a", "b"}, ReadAttach: []string{"c"}, Generation: 7,
		KeyID: "kid", Note: "nightly 報告", CreatedAt: now, CreatedBy: "ops", ExpiresAt: now.Add(time.Hour),
	}
}

func save(t *testing.T, s *store.Store, records ...store.Record) {
	t.Helper()
	for _, r := range records {
		if err := s.SaveToken(t.Context(), r, store.Event{Action: "mint", At: r.CreatedAt, TokenID: r.ID}); err != nil {
			t.Fatal(err)
		}
	}
}

// list reads all pages and checks their length.
func list(t *testing.T, s *store.Store, limit int) (ids []string) {
	t.Helper()
	page := store.Page{Limit: limit}
	for {
		records, next, err := s.Tokens(t.Context(), subject, page)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) > limit {
			t.Fatalf("a page of %d has %d records", limit, len(records))
		}
		for _, r := range records {
			ids = append(ids, r.ID)
		}
		if next == "" {
			return ids
		}
		page.Cursor = next
	}
}

func TestASavedTokenIsReadBackAsItWas(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		never := record("never")
		never.ExpiresAt, never.Databases, never.ReadAttach, never.Access = time.Time{}, nil, nil, ""
		revoked := record("revoked")
		revoked.RevokedAt, revoked.RevokedBy, revoked.Reason = now.Add(time.Minute), "ops", "leaked"
		save(t, s, record("plain"), never, revoked)
		for _, want := range []store.Record{record("plain"), never, revoked} {
			got, err := s.Token(t.Context(), want.ID)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		}
	})
}

func TestMintingLeavesAnAuditEvent(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		save(t, s, record("one"))
		events, _, err := s.Audit(t.Context(), store.Page{})
		if err != nil || len(events) != 1 || events[0].Action != "mint" || events[0].TokenID != "one" {
			t.Errorf("got %+v, %v", events, err)
		}
	})
}

func TestAnUnknownTokenIsNotFound(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for _, id := range []string{"nobody", "", "UPPER", "a:b", "*", "x\ny"} {
			if _, err := s.Token(t.Context(), id); !errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrUnavailable) {
				t.Errorf("Token(%q): %v", id, err)
			}
			if _, err := s.MarkRevoked(t.Context(), id, now, "ops", ""); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("MarkRevoked(%q): %v", id, err)
			}
		}
	})
}

func TestTokensAreListedNewestFirstInPages(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		var want []string
		for i := range 25 {
			r := record(fmt.Sprintf("t%02d", i))
			r.CreatedAt = now.Add(time.Duration(i/5) * time.Millisecond) // five share a millisecond
			save(t, s, r)
			want = append(want, r.ID)
		}
		slices.Reverse(want)
		for _, limit := range []int{1, 2, 5, 24, 25, 26, 1000} {
			if got := list(t, s, limit); !slices.Equal(got, want) {
				t.Errorf("pages of %d: got %v, want %v", limit, got, want)
			}
		}
	})
}

func TestAListGoesOnWhereItWasAfterTheTokenAtTheCursorIsForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		for i := range 4 {
			r := record(fmt.Sprintf("t%d", i))
			r.CreatedAt = now.Add(time.Duration(i) * time.Second)
			r.ExpiresAt = now.Add(time.Duration(10-i) * time.Second)
			save(t, s, r)
		}
		_, next, err := s.Tokens(t.Context(), subject, store.Page{Limit: 2}) // t3, t2
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Prune(t.Context(), now.Add(8*time.Second+store.KeepExpired), 10); err != nil { // t3, t2
			t.Fatal(err)
		}
		records, _, err := s.Tokens(t.Context(), subject, store.Page{Cursor: next})
		if err != nil || len(records) != 2 || records[0].ID != "t1" || records[1].ID != "t0" {
			t.Errorf("got %+v, %v", records, err)
		}
	})
}

func TestACursorThatWeNeverGaveOutIsRefused(t *testing.T) {
	s, _ := onMiniredis(t)
	for _, cursor := range []string{"x", "1", "-1-a", "1-A", "1-", "1-a b", "99999999999999999999-a"} {
		if _, _, err := s.Tokens(t.Context(), subject, store.Page{Cursor: cursor}); !errors.Is(err, store.ErrCursor) {
			t.Errorf("cursor %q: %v", cursor, err)
		}
	}
}

func TestAListNeverReachesIntoAnotherSubject(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		names := []string{"a", "a:b", "*", "{x}", "a/b", "a\nb", "本"}
		for i, name := range names {
			r := record(fmt.Sprintf("t%d", i))
			r.Name = name
			save(t, s, r)
		}
		for i, name := range names {
			mine := token.Subject{Family: token.Group, Organization: "my-org", Name: name}
			records, _, err := s.Tokens(t.Context(), mine, store.Page{})
			if err != nil || len(records) != 1 || records[0].ID != fmt.Sprintf("t%d", i) {
				t.Errorf("%q: got %+v, %v", name, records, err)
			}
		}
	})
}

func TestTheFirstRevocationIsTheOneThatIsKept(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		save(t, s, record("one"))
		for i, wantAlready := range []bool{false, true, true} {
			at := now.Add(time.Duration(i+1) * time.Minute)
			already, err := s.MarkRevoked(t.Context(), "one", at, fmt.Sprint("admin", i), fmt.Sprint("reason ", i))
			if err != nil || already != wantAlready {
				t.Errorf("revocation %d: already %t, %v", i, already, err)
			}
		}
		r, err := s.Token(t.Context(), "one")
		if err != nil || !r.RevokedAt.Equal(now.Add(time.Minute)) || r.RevokedBy != "admin0" || r.Reason != "reason 0" {
			t.Errorf("got %+v, %v", r, err)
		}
	})
}

func TestSaveRefusesARecordWithoutIdentity(t *testing.T) {
	s, _ := onMiniredis(t)
	for name, spoil := range map[string]func(*store.Record){
		"no id":           func(r *store.Record) { r.ID = "" },
		"a bad id":        func(r *store.Record) { r.ID = "a:b" },
		"no family":       func(r *store.Record) { r.Family = "" },
		"no organization": func(r *store.Record) { r.Organization = "" },
		"a slash":         func(r *store.Record) { r.Organization = "a/b" },
		"no name":         func(r *store.Record) { r.Name = "" },
		"no time":         func(r *store.Record) { r.CreatedAt = time.Time{} },
		"a bad database":  func(r *store.Record) { r.Databases = []string{"a b"} },
		"a bad access":    func(r *store.Record) { r.Access = "all" },
	} {
		r := record("one")
		spoil(&r)
		if err := s.SaveToken(t.Context(), r, store.Event{Action: "mint", At: now}); err == nil {
			t.Errorf("%s: saved", name)
		}
	}
}

func TestARecordThatSomebodySpoiledIsNamedAndLeftOutOfLists(t *testing.T) {
	s, client := onMiniredis(t)
	ctx := t.Context()
	save(t, s, record("good"), record("bad"), record("wrongtype"), record("gone"))
	for _, err := range []error{
		client.HSet(ctx, s.Key("token:bad"), "created", "yesterday").Err(),
		client.Set(ctx, s.Key("token:wrongtype"), "a string", 0).Err(),
		client.Del(ctx, s.Key("token:gone")).Err(),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"bad", "wrongtype"} {
		_, err := s.Token(ctx, id)
		if !errors.Is(err, store.ErrMalformed) || !contains(err, id) {
			t.Errorf("Token(%q): %v", id, err)
		}
	}
	if got := list(t, s, 100); !slices.Equal(got, []string{"good"}) {
		t.Errorf("got %v", got)
	}
	if n := s.Malformed(); n != 2 {
		t.Errorf("counted %d malformed records, want 2", n)
	}
}

func TestARedisThatIsDownIsUnavailableAndNeverAnAnswer(t *testing.T) {
	s := open(t, "unix:///nonexistent/redis.sock")
	ctx := t.Context()
	_, token := s.Token(ctx, "one")
	_, revoked := s.MarkRevoked(ctx, "one", now, "ops", "")
	_, _, tokens := s.Tokens(ctx, subject, store.Page{})
	_, _, audit := s.Audit(ctx, store.Page{})
	_, prune := s.Prune(ctx, now, 10)
	_, keys := s.AnnounceKeys(ctx, "node", nil, now)
	_, check := s.Check(ctx)
	for name, err := range map[string]error{
		"Ping": s.Ping(ctx), "SaveToken": s.SaveToken(ctx, record("one"), store.Event{Action: "mint", At: now}),
		"AppendAudit": s.AppendAudit(ctx, store.Event{Action: "mint", At: now}),
		"Token":       token, "MarkRevoked": revoked, "Tokens": tokens, "Audit": audit, "Prune": prune, "AnnounceKeys": keys, "Check": check,
	} {
		if !errors.Is(err, store.ErrUnavailable) || errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFailureInTheMiddleOfAMintIsAFailure(t *testing.T) {
	s, client := onMiniredis(t)
	for _, key := range []string{"audit", "expiry", "tokens:" + subject.String(), "token:one"} {
		if err := client.FlushAll(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := client.SAdd(t.Context(), s.Key(key), "of another type").Err(); err != nil {
			t.Fatal(err)
		}
		if err := s.SaveToken(t.Context(), record("one"), store.Event{Action: "mint", At: now}); !errors.Is(err, store.ErrUnavailable) {
			t.Errorf("with a broken %s: %v", key, err)
		}
	}
}

func TestNoKeyHasATTL(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		save(t, s, record("one"))
		if _, err := s.AnnounceKeys(ctx, "node", []string{"kid"}, now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Check(ctx); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"token:one", "tokens:" + subject.String(), "expiry", "audit", "keys", "schema"} {
			if ttl, err := s.Redis().TTL(ctx, s.Key(name)).Result(); err != nil || ttl != -1 {
				t.Errorf("TTL of %s: %v, %v", name, ttl, err)
			}
		}
	})
}

func TestOfManyRevocationsAtOnceExactlyOneIsTheFirst(t *testing.T) {
	onEach(t, func(t *testing.T, s *store.Store) {
		save(t, s, record("one"))
		const nodes = 8
		first := make(chan string, nodes)
		var wg sync.WaitGroup
		for i := range nodes {
			wg.Go(func() {
				by := fmt.Sprint("admin", i)
				already, err := s.MarkRevoked(t.Context(), "one", now, by, "")
				if err != nil {
					t.Error(err)
				}
				if !already {
					first <- by
				}
			})
		}
		wg.Wait()
		close(first)
		by := <-first
		r, err := s.Token(t.Context(), "one")
		if err != nil || by == "" || r.RevokedBy != by || len(first) != 0 {
			t.Errorf("%s was told to be first, the record says %s (%v)", by, r.RevokedBy, err)
		}
	})
}
