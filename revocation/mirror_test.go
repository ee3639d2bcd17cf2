package revocation

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// readyMirror is a mirror that was in step with its store just now.
func readyMirror(events ...event) *Mirror {
	m := NewMirror(time.Minute)
	for _, e := range events {
		m.apply(e)
	}
	m.prove(time.Now())
	return m
}

func TestWhatTheMirrorRefuses(t *testing.T) {
	m := readyMirror(
		event{revoked: map[string]int64{"stolen": 0}},
		event{rotated: []record{{subject: orders, generation: 7, keep: []string{"kept1", "kept2"}}}},
	)
	tests := []struct {
		name  string
		grant *token.Grant
		want  error
	}{
		{"a revoked id", grantFor(users, "stolen", 0), ErrRevoked},
		{"a revoked id of a new generation", grantFor(orders, "stolen", 7), ErrRevoked},
		{"an older generation", grantFor(orders, "a", 6), ErrRotated},
		{"the first generation", grantFor(orders, "a", 0), ErrRotated},
		{"not the new generation", grantFor(orders, "a", 7), nil},
		{"not a later generation", grantFor(orders, "a", 8), nil},
		{"not a kept id", grantFor(orders, "kept2", 0), nil},
		{"not another subject", grantFor(users, "a", 0), nil},
		{
			"not a subject of the same name in another family",
			grantFor(token.Subject{Family: token.Group, Organization: "acme", Name: "orders"}, "a", 0), nil,
		},
		{
			"not a subject of the same name in another organization",
			grantFor(token.Subject{Family: token.Database, Organization: "other", Name: "orders"}, "a", 0), nil,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { expect(t, m, tt.grant, tt.want) })
	}
}

func TestATokenKeptByOneRotationIsRefusedByALaterOneThatDoesNotKeepIt(t *testing.T) {
	m := readyMirror(event{rotated: []record{
		{subject: orders, generation: 1, keep: []string{"a", "b"}},
		{subject: orders, generation: 2, keep: []string{"b", "c"}},
	}})
	expect(t, m, grantFor(orders, "a", 0), ErrRotated)
	expect(t, m, grantFor(orders, "b", 0), nil)
	expect(t, m, grantFor(orders, "c", 0), ErrRotated)
	expect(t, m, grantFor(orders, "c", 1), nil)
}

func TestAMirrorThatWasNeverInStepAcceptsNothing(t *testing.T) {
	m := NewMirror(time.Minute)
	m.apply(event{revoked: map[string]int64{"stolen": 0}})
	expect(t, m, grantFor(orders, "a", 0), ErrNotReady)
	expect(t, m, grantFor(orders, "stolen", 0), ErrRevoked)
	if s := m.Stats(time.Now()); s.Ready || s.Age != 0 {
		t.Errorf("Stats = %+v, want not ready", s)
	}
}

func TestAStaleMirrorAcceptsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := readyMirror(event{revoked: map[string]int64{"stolen": 0}})
		good, bad := grantFor(orders, "a", 0), grantFor(orders, "stolen", 0)

		time.Sleep(time.Minute)
		expect(t, m, good, nil)
		time.Sleep(time.Nanosecond)
		expect(t, m, good, ErrStale)
		expect(t, m, bad, ErrRevoked)
		if s := m.Stats(time.Now()); !s.Ready || s.Age != time.Minute+1 {
			t.Errorf("Stats = %+v", s)
		}

		m.SetMaxStaleness(time.Hour)
		expect(t, m, good, nil)
		time.Sleep(time.Hour)
		expect(t, m, good, ErrStale)
		m.prove(time.Now())
		expect(t, m, good, nil)
	})
}

func TestARotationWithGraceRefusesFromItsTimeOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := readyMirror(event{rotated: []record{
			{subject: orders, generation: 1, effective: time.Now().Add(30 * time.Second).UnixMilli()},
		}})
		old := grantFor(orders, "a", 0)
		time.Sleep(30*time.Second - 1)
		expect(t, m, old, nil)
		time.Sleep(time.Nanosecond)
		expect(t, m, old, ErrRotated)
		expect(t, m, grantFor(orders, "b", 1), nil)
	})
}

func TestAnIDIsForgottenOnlyTenMinutesAfterItsTokenDied(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	m := readyMirror(event{revoked: map[string]int64{"mortal": now.Unix(), "immortal": 0}})
	m.forget(now.Add(forgetSlack - 1))
	expect(t, m, grantFor(orders, "mortal", 0), ErrRevoked)
	m.forget(now.Add(forgetSlack))
	expect(t, m, grantFor(orders, "mortal", 0), nil)
	expect(t, m, grantFor(orders, "immortal", 0), ErrRevoked)
	if s := m.Stats(now); s.Revoked != 1 {
		t.Errorf("Revoked = %d, want 1", s.Revoked)
	}
}

func TestTheLatestTimeToForgetCounts(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	early, late := event{revoked: map[string]int64{"a": now.Unix()}}, event{revoked: map[string]int64{"a": now.Unix() + 3600}}
	for _, m := range []*Mirror{readyMirror(early, late), readyMirror(late, early)} {
		m.forget(now.Add(time.Hour))
		expect(t, m, grantFor(orders, "a", 0), ErrRevoked)
	}
}

func TestRotationsThatDecideNothingAreDropped(t *testing.T) {
	now := time.Now()
	soon := now.Add(time.Minute)
	m := readyMirror()
	add := func(generation uint64, effective time.Time, keep ...string) {
		r := record{subject: orders, generation: generation, keep: keep}
		if !effective.IsZero() {
			r.effective = effective.UnixMilli()
		}
		m.apply(event{rotated: []record{r}})
	}
	for generation := range uint64(100) {
		add(generation+1, time.Time{})
	}
	add(101, soon)
	add(102, soon.Add(time.Second))
	if got := m.Stats(now).Rotations; got != 3 {
		t.Errorf("with two rotations ahead: %d records, want 3", got)
	}
	m.forget(soon.Add(2 * forgetSlack))
	if got := m.Stats(now).Rotations; got != 1 {
		t.Errorf("long after both: %d records, want 1", got)
	}
	expect(t, m, grantFor(orders, "a", 100), nil)
	if err := m.Judge(grantFor(orders, "a", 101), soon.Add(time.Second)); err != ErrRotated {
		t.Errorf("Judge = %v, want %v", err, ErrRotated)
	}
	if got := m.Generation(orders); got != 102 {
		t.Errorf("Generation = %d, want 102", got)
	}
}

func TestMergingWhileJudgingNeverLosesARevocation(t *testing.T) {
	m := readyMirror(event{revoked: map[string]int64{"stolen": 0}})
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 500 {
				id := fmt.Sprintf("id_%d_%d", i, j)
				m.apply(event{revoked: map[string]int64{id: 0}})
				expect(t, m, grantFor(orders, id, 0), ErrRevoked)
				expect(t, m, grantFor(orders, "stolen", 0), ErrRevoked)
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			m.forget(time.Now())
		}
	})
	wg.Wait()
	if got := m.Stats(time.Now()).Revoked; got != 2001 {
		t.Errorf("Revoked = %d, want 2001", got)
	}
}

// crowdedMirror holds n ids and a rotation, and a grant that passes both.
func crowdedMirror(n int) (*Mirror, *token.Grant) {
	ids := make(map[string]int64, n)
	for range n {
		ids[token.NewID()] = 0
	}
	id := token.NewID()
	m := readyMirror(event{revoked: ids, rotated: []record{{subject: orders, generation: 1, keep: []string{id}}}})
	m.SetMaxStaleness(time.Hour)
	return m, grantFor(orders, id, 0)
}

func TestJudgeDoesNotAllocate(t *testing.T) {
	m, g := crowdedMirror(1000)
	now := time.Now()
	for name, g := range map[string]*token.Grant{"passes": g, "rotated": grantFor(orders, "a", 0)} {
		if n := testing.AllocsPerRun(100, func() { _ = m.Judge(g, now) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkJudge(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		m, g := crowdedMirror(n)
		now := time.Now()
		b.Run(fmt.Sprintf("revoked=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(4) // 8 goroutines on two cores
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := m.Judge(g, now); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
