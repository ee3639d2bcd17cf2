package revocation

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
)

// openTestCopy opens the copy of a node by a clock that the caller may set.
func openTestCopy(t *testing.T, m *Mirror, dir string, now time.Time) *Copy {
	t.Helper()
	c, err := openCopy(m, dir, "node-1", "store", slog.New(slog.DiscardHandler), func() time.Time { return now })
	must(t, err)
	return c
}

// savedMirror saves a mirror that holds one of everything and was proven at proved.
func savedMirror(t *testing.T, dir string, proved time.Time) (ids []string) {
	t.Helper()
	ids = []string{token.NewID(), token.NewID(), "jt_" + token.NewID()[:nameLength], "imported-id", "other_1"}
	ids[3] = strings.ReplaceAll(ids[3], "-", "_")
	revoked := map[string]int64{}
	for i, id := range ids {
		revoked[id] = int64(i) * (1 << 31)
	}
	m := NewMirror(time.Minute)
	m.apply(event{revoked: revoked, rotated: []record{{subject: orders, generation: 7, keep: []string{"kept"}}}})
	m.raise(map[token.Subject]uint64{users: 9})
	m.prove(proved)
	must(t, openTestCopy(t, m, dir, proved).save(true))
	return ids
}

func TestANodeThatRestartsWithoutItsStoreKnowsWhatItKnew(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ids := savedMirror(t, dir, now.Add(-30*time.Second))
	m := NewMirror(time.Minute)
	openTestCopy(t, m, dir, now)
	for _, id := range ids {
		expect(t, m, grantFor(users, id, 9), ErrRevoked)
	}
	expect(t, m, grantFor(orders, "old", 6), ErrRotated)
	expect(t, m, grantFor(orders, "kept", 6), nil)
	expect(t, m, grantFor(users, "fine", 9), nil)
	if got := m.Generation(users); got != 9 {
		t.Errorf("Generation = %d, want 9", got)
	}
	if err := m.Judge(grantFor(users, "fine", 9), now.Add(31*time.Second)); err != ErrStale {
		t.Errorf("after the copy's proof became stale: %v", err)
	}
	want := map[string]int64{}
	for i, id := range ids {
		want[id] = int64(i) * (1 << 31)
	}
	for id, until := range m.revoked.all() {
		if rounded(until) != rounded(want[id]) {
			t.Errorf("%s until %d, want %d", id, until, want[id])
		}
	}
}

func TestACopyOfOneStoreProvesNothingAboutAnother(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ids := savedMirror(t, dir, now)
	open := func(store string) (*Copy, *Mirror) {
		m := NewMirror(time.Minute)
		c, err := openCopy(m, dir, "node-1", store, slog.New(slog.DiscardHandler), func() time.Time { return now })
		must(t, err)
		expect(t, m, grantFor(users, ids[0], 9), ErrRevoked)
		return c, m
	}
	moved, m := open("another store")
	expect(t, m, grantFor(users, "fine", 9), ErrNotReady)
	m.prove(now)
	must(t, moved.save(true))
	_, m = open("store")
	expect(t, m, grantFor(users, "fine", 9), ErrNotReady)
	_, m = open("another store")
	expect(t, m, grantFor(users, "fine", 9), nil)
}

func TestANodeThatRestartsWithAClockAheadForgetsNothing(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	ids := savedMirror(t, dir, now)
	m := NewMirror(time.Minute)
	openTestCopy(t, m, dir, now.AddDate(1000, 0, 0))
	for _, id := range ids {
		expect(t, m, grantFor(users, id, 9), ErrRevoked)
	}
}

func TestWhatACopyDoesNotProve(t *testing.T) {
	proved := time.Now()
	for name, tt := range map[string]struct {
		startedAt time.Time
		want      error
	}{
		"that nothing was revoked for longer than the bound":   {proved.Add(time.Minute + time.Second), ErrStale},
		"that a clock which went back by a second may be used": {proved.Add(-time.Second), ErrNotReady},
		"that a clock which went back by a year may be used":   {proved.AddDate(-1, 0, 0), ErrNotReady},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			ids := savedMirror(t, dir, proved)
			m := NewMirror(time.Minute)
			openTestCopy(t, m, dir, tt.startedAt)
			if got := m.Judge(grantFor(users, "fine", 9), tt.startedAt); got != tt.want {
				t.Errorf("Judge = %v, want %v", got, tt.want)
			}
			if got := m.Judge(grantFor(users, ids[0], 9), tt.startedAt); got != ErrRevoked {
				t.Errorf("Judge of a revoked token = %v", got)
			}
		})
	}
}

func TestADamagedCopyIsIgnoredAsAWholeAndLoudly(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	savedMirror(t, dir, now)
	path := filepath.Join(dir, "revocations-node-1")
	good, err := os.ReadFile(path)
	must(t, err)
	refuse := func(what string, data []byte) {
		must(t, os.WriteFile(path, data, 0o600))
		var log strings.Builder
		m := NewMirror(time.Minute)
		_, err := openCopy(m, dir, "node-1", "store", slog.New(slog.NewTextHandler(&log, nil)), func() time.Time { return now })
		must(t, err)
		if got := m.Stats(now); got.Revoked+got.Rotations != 0 || got.Ready {
			t.Errorf("%s: %+v", what, got)
		}
		if !strings.Contains(log.String(), "level=ERROR") {
			t.Errorf("%s: logged %q", what, log.String())
		}
	}
	for i := range good {
		damaged := append([]byte(nil), good...)
		damaged[i] ^= 1 << (i % 8)
		refuse("a flipped bit", damaged)
		refuse("cut short", good[:i])
	}
	refuse("longer", append(good[:len(good):len(good)], 0))
}

func TestAProofThatIsDamagedOrOfAnotherCopyProvesNothing(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	savedMirror(t, dir, now.Add(-time.Hour))
	path := filepath.Join(dir, "revocations-node-1")
	judge := func() error {
		m := NewMirror(time.Minute)
		openTestCopy(t, m, dir, now)
		return m.Judge(grantFor(users, "fine", 9), now)
	}
	digest := openTestCopy(t, NewMirror(time.Minute), dir, now).digest

	must(t, writeProof(path, proof{digest, now}))
	if got := judge(); got != nil {
		t.Errorf("with a proof: %v", got)
	}
	good, err := os.ReadFile(proofPath(path))
	must(t, err)
	for i := range good {
		damaged := append([]byte(nil), good...)
		damaged[i] ^= 1
		must(t, os.WriteFile(proofPath(path), damaged, 0o600))
		if got := judge(); got != ErrStale {
			t.Errorf("byte %d changed: %v", i, got)
		}
	}
	must(t, writeProof(path, proof{fileDigest{1}, now}))
	if got := judge(); got != ErrStale {
		t.Errorf("with the proof of another copy: %v", got)
	}
}

func TestACopyIsWrittenWhenSomethingChangedAndItsProofWhenNothingDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		m := NewMirror(time.Hour)
		c, err := OpenCopy(m, dir, "node-1", "store", slog.New(slog.DiscardHandler))
		must(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan struct{})
		go func() {
			defer close(stopped)
			c.Run(ctx)
		}()
		read := func() (*Mirror, fileDigest) {
			fresh := NewMirror(time.Hour)
			return fresh, openTestCopy(t, fresh, dir, time.Now()).digest
		}
		m.apply(event{revoked: map[string]int64{"stolen": 0}})
		m.prove(time.Now())
		time.Sleep(copyInterval + time.Second)
		first, digest := read()
		expect(t, first, grantFor(orders, "stolen", 0), ErrRevoked)

		m.prove(time.Now())
		time.Sleep(copyInterval)
		second, again := read()
		if again != digest || second.Stats(time.Now()).Age > copyInterval {
			t.Errorf("the copy was rewritten: %v; age %v", again != digest, second.Stats(time.Now()).Age)
		}

		m.apply(event{revoked: map[string]int64{"last": 0}})
		cancel()
		<-stopped
		third, _ := read()
		expect(t, third, grantFor(orders, "last", 0), ErrRevoked)
	})
}

func TestACopyIsNotWrittenAgainAfterAStartThatChangedNothing(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	savedMirror(t, dir, now)
	m := NewMirror(time.Minute)
	c := openTestCopy(t, m, dir, now)
	if c.changes != m.changes.Load() {
		t.Error("what was read counts as changed")
	}
}

func TestACopyThatEndsAfterAReloadDoesNotTakeThePlaceOfItsSuccessor(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	before, after := NewMirror(time.Minute), NewMirror(time.Minute)
	old := openTestCopy(t, before, dir, now)
	successor := openTestCopy(t, after, dir, now)
	after.apply(event{revoked: map[string]int64{"late": 0}})
	must(t, successor.save(false))
	before.apply(event{revoked: map[string]int64{"early": 0}})
	must(t, old.save(true))
	after.prove(now)
	must(t, successor.save(false))
	m := NewMirror(time.Minute)
	openTestCopy(t, m, dir, now)
	expect(t, m, grantFor(users, "late", 0), ErrRevoked)
}

func TestAFullDiskHarmsNeitherServingNorTheLastCopy(t *testing.T) {
	dir, now := t.TempDir(), time.Now()
	savedMirror(t, dir, now)
	m := NewMirror(time.Minute)
	c := openTestCopy(t, m, dir, now)
	m.apply(event{revoked: map[string]int64{"later": 0}})
	must(t, os.Symlink("/dev/full", c.path+".tmp"))
	if err := c.save(true); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("save = %v", err)
	}
	expect(t, m, grantFor(users, "fine", 9), nil)
	before := NewMirror(time.Minute)
	openTestCopy(t, before, dir, now)
	if got := before.Stats(now).Revoked; got != 5 {
		t.Errorf("the last copy holds %d ids, want 5", got)
	}
	must(t, c.save(true))
	after := NewMirror(time.Minute)
	openTestCopy(t, after, dir, now)
	expect(t, after, grantFor(users, "later", 0), ErrRevoked)
}

func TestCopiesArePrivateAndNamedForTheirNode(t *testing.T) {
	dir := t.TempDir()
	savedMirror(t, dir, time.Now())
	info, err := os.Stat(filepath.Join(dir, "revocations-node-1"))
	must(t, err)
	if info.Mode() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	other := NewMirror(time.Minute)
	_, err = OpenCopy(other, dir, "node-2", "store", slog.New(slog.DiscardHandler))
	must(t, err)
	if got := other.Stats(time.Now()).Revoked; got != 0 {
		t.Errorf("another node read %d ids of it", got)
	}
	for _, id := range []string{"", ".", "..", "a/b", "../a", "a\x00", strings.Repeat("a", 129)} {
		if _, err := OpenCopy(other, dir, id, "store", slog.New(slog.DiscardHandler)); !errors.Is(err, ErrInvalid) {
			t.Errorf("node id %q: %v", id, err)
		}
	}
}

func TestAFleetThatRestartsAfterAFlushRepairsTheStoreFromItsCopies(t *testing.T) {
	onEveryBackend(t, func(t *testing.T, s *store.Store) {
		dir := t.TempDir()
		a := newNode(s)
		a.sync(t)
		must(t, a.Revoke(t.Context(), Entry{ID: "stolen"}, Entry{ID: token.NewID()}))
		must(t, a.Rotate(t.Context(), Rotation{Subjects: []token.Subject{orders}, Keep: []string{"kept"}}))
		a.sync(t)
		must(t, openTestCopy(t, a.Mirror, dir, time.Now()).save(true))
		wipe(t, s)

		b := newNode(s)
		openTestCopy(t, b.Mirror, dir, time.Now())
		b.sync(t)
		fresh := newNode(s)
		fresh.sync(t)
		for _, n := range []*node{b, fresh} {
			expect(t, n.Mirror, grantFor(users, "stolen", 0), ErrRevoked)
			expect(t, n.Mirror, grantFor(orders, "old", 0), ErrRotated)
			expect(t, n.Mirror, grantFor(orders, "kept", 0), nil)
			expect(t, n.Mirror, n.mint(t, orders, "new"), nil)
		}
		if got := fresh.Stats(time.Now()).Revoked; got != 2 {
			t.Errorf("the store got %d ids back, want 2", got)
		}
	})
}

func FuzzReadCopy(f *testing.F) {
	dir := f.TempDir()
	m := NewMirror(time.Minute)
	m.apply(event{revoked: map[string]int64{token.NewID(): 0, "jt_" + token.NewID()[:nameLength]: 1, "x": 2}})
	path := filepath.Join(dir, "seed")
	if _, err := writeCopy(path, m, "store", time.Now()); err != nil {
		f.Fatal(err)
	}
	seed, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(copyMagic))
	f.Add([]byte(copyMagic + "\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "copy")
		must(t, os.WriteFile(path, data, 0o600))
		s := snapshot{revoked: newIDSet()}
		if _, _, err := readCopy(path, &s); err != nil && !errors.Is(err, errDamaged) {
			t.Fatal(err)
		}
	})
}
