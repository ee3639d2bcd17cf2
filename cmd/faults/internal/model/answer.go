package model

import (
	"fmt"
	"time"
)

// Verdict is what a gate says to a request with a token.
type Verdict int

// A node that was killed, or cut off from us, is [Silent].
const (
	Silent Verdict = iota
	Passed
	Refused
	Undecided // 503
	Odd       // anything else
)

func (v Verdict) String() string {
	return [...]string{"silent", "passed", "refused", "undecided", "odd"}[v]
}

// Answer is what a node said about a token.
type Answer struct {
	Node            int
	Verdict         Verdict
	Status          int // of HTTP
	Asked, Answered time.Time
}

// Judge holds an answer against the promises.
func (m *Model) Judge(t *Token, a Answer) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch a.Verdict {
	case Passed:
		m.judgePassed(t, a)
	case Odd:
		m.violate("%s answers with status %d: %s", name(a.Node), a.Status, m.describe(t, a.Answered))
	case Refused:
		m.judgeRefused(t, a)
	}
}

// judgeRefused learns from a refusal that the node knows of a change, unless there
// is another cause. For an opaque token that may be its record, which says so too,
// and which a store may forget.
func (m *Model) judgeRefused(t *Token, a Answer) {
	if m.early(t, a) {
		return
	}
	if fate, _ := m.fate(t, a.Answered); fate == Alive && !m.lost(t) {
		m.violate("%s refuses a valid token: %s", name(a.Node), m.describe(t, a.Answered))
	}
	if len(t.changes) > 0 && !t.Opaque {
		m.learn(t, a.Node, a.Answered)
	}
}

// judgePassed may say no only to what was so before the question was asked.
func (m *Model) judgePassed(t *Token, a Answer) {
	fate, since := m.fate(t, a.Asked)
	age := a.Asked.Sub(since)
	isolated, cut := m.isolated[a.Node]
	switch {
	case m.knew(t, a) && fate != Alive:
		m.violate("%s lets a token pass that it knew to be dead: %s", name(a.Node), m.describe(t, a.Asked))
	case cut && a.Asked.Sub(isolated) > m.rules.MaxStaleness:
		m.violate("%s lets a token pass although it can have learnt nothing for too long", name(a.Node))
	case fate == Dead && since.IsZero():
		m.violate("%s lets a token pass that has expired: %s", name(a.Node), m.describe(t, a.Asked))
	case fate == Dead && age > m.rules.MaxStaleness:
		m.violate("%s lets a token pass that is dead for %s: %s", name(a.Node), age, m.describe(t, a.Asked))
	}
}

// knew reports whether the node had shown, in this life and before it was asked,
// that it knows of a change, which is still in force by its clock.
func (m *Model) knew(t *Token, a Answer) bool {
	since, known := t.known[a.Node]
	return known && a.Asked.After(since) && since.After(m.killed[a.Node]) && !m.maybeInGraceAgain(t, a.Node, since)
}

// learn notes that a node knows of a change, for the rest of its life.
func (m *Model) learn(t *Token, node int, at time.Time) {
	if since, known := t.known[node]; !known || !since.After(m.killed[node]) {
		t.known[node] = at
	}
}

// Right reports whether a verdict is what must be in the end. One that is in doubt
// must be decided, one way or the other.
func (m *Model) Right(t *Token, a Answer) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	fate, _ := m.fate(t, a.Asked)
	switch {
	case fate == Dead:
		return a.Verdict == Refused
	case fate == Alive && !m.lost(t) && !m.early(t, a):
		return a.Verdict == Passed
	default:
		return a.Verdict == Passed || a.Verdict == Refused
	}
}

// MustAgree reports whether all nodes must say the same of t.
func (m *Model) MustAgree(t *Token) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !m.lost(t) && t.Expires.IsZero()
}

// Describe says what is known of a token, without the secret.
func (m *Model) Describe(t *Token) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.describe(t, time.Now())
}

func (m *Model) describe(t *Token, now time.Time) string {
	text := fmt.Sprintf("%s of %q, minted %s ago", t.ID, t.Subject, now.Sub(t.minted).Round(time.Millisecond))
	if !t.Expires.IsZero() {
		text += fmt.Sprintf(", expires in %s", t.Expires.Sub(now).Round(time.Millisecond))
	}
	for _, c := range t.changes {
		text += "; " + c.describe(now)
	}
	return text
}

func (c *Change) describe(now time.Time) string {
	what := "rotated"
	if c.Revoked != nil {
		what = "revoked"
	}
	if c.Grace > 0 {
		what += " with a grace of " + c.Grace.String()
	}
	outcome := "not acknowledged"
	switch {
	case c.failed:
		outcome = "to no effect"
	case c.acknowledged:
		outcome = fmt.Sprintf("acknowledged %s ago", now.Sub(c.answered).Round(time.Millisecond))
	}
	return fmt.Sprintf("%s at %s, asked %s ago, %s", what, name(c.Node), now.Sub(c.asked).Round(time.Millisecond), outcome)
}

func name(node int) string { return fmt.Sprintf("gate %d", node+1) }
