package revocation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token"
)

// model is the definition: everything ever said, looked through for every token.
type model []event

func (m model) judge(g *token.Grant, now time.Time) error {
	for _, e := range m {
		if _, revoked := e.revoked[g.ID]; revoked {
			return ErrRevoked
		}
	}
	for _, e := range m {
		for _, r := range e.rotated {
			if r.subject == g.Subject() && g.Generation < r.generation &&
				now.UnixMilli() >= r.effective && !slices.Contains(r.keep, g.ID) {
				return ErrRotated
			}
		}
	}
	return nil
}

var epoch = time.UnixMilli(1_800_000_000_000)

func drawID() *rapid.Generator[string] { return rapid.SampledFrom([]string{"a", "b", "c", "d"}) }

func drawSubject() *rapid.Generator[token.Subject] {
	return rapid.SampledFrom([]token.Subject{orders, users, group})
}

func drawRecord() *rapid.Generator[record] {
	return rapid.Custom(func(t *rapid.T) record {
		r := record{
			subject:    drawSubject().Draw(t, "subject"),
			generation: rapid.Uint64Range(1, 5).Draw(t, "generation"),
			keep:       rapid.SliceOfNDistinct(drawID(), 0, 3, rapid.ID).Draw(t, "keep"),
		}
		if rapid.Bool().Draw(t, "grace") {
			r.effective = epoch.Add(drawMoment().Draw(t, "effective")).UnixMilli()
		}
		slices.Sort(r.keep)
		return r
	})
}

// drawMoment draws a time around the epoch, wide enough to outlive the slack.
func drawMoment() *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(0, 40), func(n int) time.Duration { return time.Duration(n) * time.Minute })
}

func drawEvent() *rapid.Generator[event] {
	return rapid.Custom(func(t *rapid.T) event {
		if rapid.IntRange(0, 4).Draw(t, "kind") == 0 {
			return event{revoked: map[string]int64{drawID().Draw(t, "id"): rapid.SampledFrom([]int64{0, 1, 2}).Draw(t, "until")}}
		}
		return event{rotated: rapid.SliceOfN(drawRecord(), 1, 3).Draw(t, "records")}
	})
}

// verdicts asks about every token there can be, at some times from since on.
func verdicts(t *rapid.T, judge func(*token.Grant, time.Time) error, since time.Duration) []error {
	var all []error
	for at := since; at <= 45*time.Minute; at += time.Minute {
		for _, s := range []token.Subject{orders, users, group} {
			for _, id := range []string{"a", "b", "c", "d", "e"} {
				for generation := range uint64(7) {
					all = append(all, judge(grantFor(s, id, generation), epoch.Add(at)))
				}
			}
		}
	}
	return all
}

func feed(m *Mirror, events []event) {
	for _, e := range events {
		m.apply(e)
	}
	m.SetMaxStaleness(1 << 62)
	m.prove(epoch)
}

func TestMirrorsFedInAnyOrderAnyNumberOfTimesJudgeAsTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(drawEvent(), 0, 12).Draw(t, "events")
		want := verdicts(t, model(events).judge, 0)
		for range 3 {
			order := slices.Concat(events, events)
			seed := rapid.Uint64().Draw(t, "seed")
			rand.New(rand.NewPCG(seed, 0)).Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			m := NewMirror(time.Minute)
			feed(m, order[:len(events)+len(events)/2])
			feed(m, events)
			if got := verdicts(t, m.Judge, 0); !slices.Equal(got, want) {
				t.Fatalf("verdicts differ from the model after %+v", order)
			}
		}
	})
}

func TestForgettingChangesNoVerdictFromThenOn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(drawEvent(), 0, 12).Draw(t, "events")
		for i := range events {
			for id := range events[i].revoked {
				events[i].revoked[id] = 0
			}
		}
		half := rapid.IntRange(0, len(events)).Draw(t, "half")
		now := drawMoment().Draw(t, "now")
		m := NewMirror(time.Minute)
		feed(m, events[:half])
		m.forget(epoch.Add(now))
		feed(m, events)
		m.forget(epoch.Add(now))
		want := verdicts(t, model(events).judge, now)
		if got := verdicts(t, m.Judge, now); !slices.Equal(got, want) {
			t.Fatalf("verdicts differ from the model after %v, forgetting at %v", events, now)
		}
	})
}

func TestMergingHistoriesIsASemilattice(t *testing.T) {
	drawHistory := rapid.Custom(func(t *rapid.T) history {
		var h history
		for _, r := range rapid.SliceOfN(drawRecord(), 0, 5).Draw(t, "records") {
			r.subject = orders
			h = h.with(r, 0)
		}
		return h
	})
	same := func(a, b history) bool {
		return a.generation == b.generation && slices.Equal(names(a), names(b))
	}
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := drawHistory.Draw(t, "a"), drawHistory.Draw(t, "b"), drawHistory.Draw(t, "c")
		switch {
		case !same(mergeHistories(a, b), mergeHistories(b, a)):
			t.Fatal("not commutative")
		case !same(mergeHistories(mergeHistories(a, b), c), mergeHistories(a, mergeHistories(b, c))):
			t.Fatal("not associative")
		case !same(mergeHistories(a, a), a):
			t.Fatal("not idempotent")
		}
	})
}

func TestTheStricterOfTwoRecordsCoversBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRecord().Draw(t, "a"), drawRecord().Draw(t, "b")
		b.subject, b.generation = a.subject, a.generation
		if s := a.stricter(b); !s.covers(a, 0) || !s.covers(b, 0) {
			t.Fatalf("%+v does not cover %+v and %+v", s, a, b)
		}
	})
}

func names(h history) []string {
	var all []string
	for _, r := range h.records {
		all = append(all, fmt.Sprintf("%+v", r))
	}
	slices.Sort(all)
	return all
}
