package model

import (
	"testing"
	"testing/synctest"
	"time"
)

// tale is what happens to a token, and what a gate says of it at the end.
type tale struct {
	happens func(m *Model, t *Token)
	verdict Verdict
	broken  bool
}

const here, there = 0, 1

// wait lets time pass.
func wait(d time.Duration) { time.Sleep(d) }

// mint makes a token at here.
func mint(m *Model, change func(*Token)) *Token {
	t := &Token{ID: "t", Subject: "db"}
	if change != nil {
		change(t)
	}
	asked := time.Now()
	wait(time.Millisecond)
	m.Minted(t, here, asked, time.Now())
	wait(time.Millisecond)
	return t
}

// ask asks for a change, and notes its outcome after a moment.
func ask(m *Model, c *Change, o Outcome) {
	m.Asking(c)
	wait(time.Millisecond)
	m.Answered(c, o)
	wait(time.Millisecond)
}

func revoke(node int, o Outcome) func(*Model, *Token) {
	return func(m *Model, t *Token) { ask(m, &Change{Node: node, Revoked: t}, o) }
}

func rotate(c Change, after time.Duration) func(*Model, *Token) {
	return func(m *Model, t *Token) {
		c.Subjects = []string{"db"}
		ask(m, &c, Acknowledged)
		wait(after)
	}
}

func both(first, second func(*Model, *Token)) func(*Model, *Token) {
	return func(m *Model, t *Token) {
		first(m, t)
		second(m, t)
	}
}

func later(d time.Duration) func(*Model, *Token) { return func(*Model, *Token) { wait(d) } }

func killed(m *Model, _ *Token) { m.Killed(here) }

func refusedHere(m *Model, t *Token) {
	m.Judge(t, Answer{Node: here, Verdict: Refused, Asked: time.Now(), Answered: time.Now()})
	wait(time.Millisecond)
}

func TestAnswersAreHeldAgainstWhatWasPromised(t *testing.T) {
	grace := Change{Node: there, Grace: 10 * time.Second}
	for name, test := range map[string]tale{
		"a valid token passes":                             {later(0), Passed, false},
		"a valid token is refused":                         {later(0), Refused, true},
		"nothing is known":                                 {later(0), Undecided, false},
		"a node that is away":                              {later(0), Silent, false},
		"an answer like no other":                          {later(0), Odd, true},
		"revoked here, and passes":                         {revoke(here, Acknowledged), Passed, true},
		"revoked here, and refused":                        {revoke(here, Acknowledged), Refused, false},
		"revoked there a moment ago, and passes":           {revoke(there, Acknowledged), Passed, false},
		"revoked there long ago, and passes":               {both(revoke(there, Acknowledged), later(time.Minute)), Passed, true},
		"revoked here before a kill, and passes":           {both(revoke(here, Acknowledged), killed), Passed, false},
		"revoked there, refused here, and passes":          {both(revoke(there, Acknowledged), refusedHere), Passed, true},
		"perhaps revoked, and passes":                      {both(revoke(here, Unknown), later(time.Hour)), Passed, false},
		"perhaps revoked, and refused":                     {revoke(here, Unknown), Refused, false},
		"perhaps revoked, refused, and passes":             {both(revoke(there, Unknown), refusedHere), Passed, true},
		"not revoked, as the node said, and refused":       {revoke(here, Failed), Refused, true},
		"rotated here, and passes":                         {rotate(Change{Node: here}, 0), Passed, true},
		"kept by a rotation, and refused":                  {rotate(Change{Node: here, Keep: []string{"t"}}, 0), Refused, true},
		"kept by a rotation, and passes":                   {rotate(Change{Node: here, Keep: []string{"t"}}, time.Hour), Passed, false},
		"rotated with a grace, and refused before its end": {rotate(grace, 5*time.Second), Refused, true},
		"rotated with a grace, and passes long after":      {rotate(grace, time.Hour), Passed, true},
		"rotated with a grace, and refused after its end":  {rotate(grace, 11*time.Second), Refused, false},
		"revoked there, then rotated, and passes":          {both(revoke(there, Acknowledged), rotate(grace, time.Minute)), Passed, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := New(Rules{MaxStaleness: 30 * time.Second})
				token := mint(m, nil)
				test.happens(m, token)
				m.Judge(token, Answer{Node: here, Verdict: test.verdict, Asked: time.Now(), Answered: time.Now()})
				if broken := m.Violations(); (len(broken) > 0) != test.broken {
					t.Errorf("broken promises: %q", broken)
				}
			})
		})
	}
}

func TestATokenThatExpires(t *testing.T) {
	for name, test := range map[string]tale{
		"passes long before":  {later(0), Passed, false},
		"passes about then":   {later(58 * time.Second), Passed, false},
		"refused about then":  {later(62 * time.Second), Refused, false},
		"passes long after":   {later(70 * time.Second), Passed, true},
		"refused long before": {later(0), Refused, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := New(Rules{MaxStaleness: time.Hour})
				token := mint(m, func(t *Token) { t.Expires = time.Now().Add(time.Minute) })
				test.happens(m, token)
				m.Judge(token, Answer{Node: here, Verdict: test.verdict, Asked: time.Now(), Answered: time.Now()})
				if broken := m.Violations(); (len(broken) > 0) != test.broken {
					t.Errorf("broken promises: %q", broken)
				}
			})
		})
	}
}

func TestAnIsolatedNodeMayPassNothingAfterMaxStaleness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Rules{MaxStaleness: 30 * time.Second})
		token := mint(m, nil)
		m.Isolated(here)
		passes := func() {
			m.Judge(token, Answer{Node: here, Verdict: Passed, Asked: time.Now(), Answered: time.Now()})
		}
		wait(29 * time.Second)
		passes()
		if broken := m.Violations(); len(broken) > 0 {
			t.Error(broken)
		}
		wait(2 * time.Second)
		passes()
		if broken := m.Violations(); len(broken) != 1 {
			t.Errorf("it was not noticed: %q", broken)
		}
		m.Reunited(here)
		passes()
		if broken := m.Violations(); len(broken) != 1 {
			t.Error(broken)
		}
	})
}

func TestWhatAStoreForgetsTakesOpaqueTokensWithItAndNoOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Rules{MaxStaleness: time.Hour})
		ask(m, &Change{Subjects: []string{"db"}}, Acknowledged)
		opaque := mint(m, func(t *Token) { t.Opaque, t.Subject = true, "" })
		signed := mint(m, nil)
		m.Forgetting()
		between := mint(m, nil)
		neverRotated := mint(m, func(t *Token) { t.Subject = "other" })
		m.Settled()
		after := mint(m, func(t *Token) { t.Opaque = true })
		for _, token := range []*Token{opaque, between} {
			refused := Answer{Node: here, Verdict: Refused, Asked: time.Now(), Answered: time.Now()}
			if m.Judge(token, refused); len(m.Violations()) > 0 || !m.Right(token, refused) {
				t.Error(m.Violations())
			}
		}
		for i, token := range []*Token{signed, neverRotated, after} {
			if m.Judge(token, Answer{Node: here, Verdict: Refused, Asked: time.Now(), Answered: time.Now()}); len(m.Violations()) != i+1 {
				t.Error("a token that is not lost need not pass")
			}
		}
	})
}

func TestWhatAStoreForgetsMakesNoDeadTokenPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Rules{MaxStaleness: time.Minute})
		ask(m, &Change{Subjects: []string{"db"}}, Acknowledged)
		m.Forgetting()
		between := mint(m, nil)
		revoke(here, Acknowledged)(m, between)
		m.Judge(between, Answer{Node: here, Verdict: Passed, Asked: time.Now(), Answered: time.Now()})
		if len(m.Violations()) != 1 {
			t.Error("a token passes where it was taken back")
		}
		wait(2 * time.Minute)
		m.Judge(between, Answer{Node: there, Verdict: Passed, Asked: time.Now(), Answered: time.Now()})
		if len(m.Violations()) != 2 {
			t.Error("a token passes that has been dead for too long")
		}
	})
}

func TestATokenFromTheFutureNeedNotPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Rules{MaxStaleness: time.Hour})
		m.ClockTurned(here, time.Minute)
		token := mint(m, nil)
		refuse := func() {
			m.Judge(token, Answer{Node: there, Verdict: Refused, Asked: time.Now(), Answered: time.Now()})
		}
		if refuse(); len(m.Violations()) > 0 {
			t.Error(m.Violations())
		}
		wait(2 * time.Minute)
		if refuse(); len(m.Violations()) == 0 {
			t.Error("it is of the past, and need not pass")
		}
	})
}

func TestATokenMintedWhileTheClockTurnedMayBeOfTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := New(Rules{MaxStaleness: time.Hour})
		asked, token := time.Now(), &Token{ID: "t", Subject: "db"}
		wait(time.Millisecond)
		m.ClockTurns(here)
		wait(time.Millisecond)
		m.ClockTurned(here, -time.Minute)
		wait(time.Millisecond)
		m.Minted(token, here, asked, time.Now())
		wait(time.Millisecond)
		m.Judge(token, Answer{Node: here, Verdict: Refused, Asked: time.Now(), Answered: time.Now()})
		if got := m.Violations(); len(got) > 0 {
			t.Error(got)
		}
	})
}

func TestAClockThatGoesBackMayBringAGraceBack(t *testing.T) {
	for grace, broken := range map[time.Duration]int{0: 1, 3 * time.Second: 0} {
		synctest.Test(t, func(t *testing.T) {
			m := New(Rules{MaxStaleness: time.Hour, Skew: time.Minute})
			token := mint(m, nil)
			wait(time.Second)
			rotate(Change{Node: there, Grace: grace}, 5*time.Second)(m, token)
			refusedHere(m, token)
			m.ClockTurned(here, -time.Minute)
			wait(time.Second)
			m.Judge(token, Answer{Node: here, Verdict: Passed, Asked: time.Now(), Answered: time.Now()})
			if got := m.Violations(); len(got) != broken {
				t.Errorf("a grace of %s: violations %v", grace, got)
			}
		})
	}
}
