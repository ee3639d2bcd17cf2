//go:build !race

package differential

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly/sqltext"
)

// round is after how many texts the state of the database is compared.
const round = 500

// maxFailures ends a shard that found that much.
const maxFailures = 10

// checker draws texts and holds the rule's verdict on each against SQLite.
type checker struct {
	*testing.T
	rules    *readonly.Rules
	random   *rand.Rand
	texts    *sqltext.Generator
	oracle   *oracle
	tally    *tally
	failures int
	last     string // the text that was allowed before
	run      []string
}

func (c *checker) failed(format string, args ...any) {
	c.Helper()
	c.Errorf(format, args...)
	if c.failures++; c.failures == maxFailures {
		c.Fatal("too many failures")
	}
}

func (c *checker) check(n int) {
	before := c.oracle.state(c)
	for i := range n {
		switch i % 4 {
		case 0:
			c.query()
		case 1:
			c.dressed(c.texts.Read(), true)
		case 2:
			c.dressed(c.texts.Spliced(), false)
		case 3:
			c.judge(c.texts.Broken())
		}
		if len(c.run) == round || i == n-1 {
			if after := c.oracle.state(c); after != before {
				c.findCulprit(before, after)
			}
			c.run = c.run[:0]
		}
	}
}

// query draws a query, which SQLite takes: so must the rule.
func (c *checker) query() {
	text := c.texts.Query().String()
	if found := c.judge(text); found == nil || !found.whole || found.statements != 1 {
		v, _ := c.rules.Judge(text, nil)
		c.failed("%s\nSQLite: %v; the rule: %s", text, found, v.Message(text))
	}
}

// dressed judges a text twice: comments, blanks and case must change nothing.
func (c *checker) dressed(text sqltext.Text, reads bool) {
	plain, dressed := text.String(), text.Dressed(c.random)
	v, spans := c.rules.Judge(plain, nil)
	if reads && !v.OK() {
		c.failed("refused: %s\n%s", plain, v.Message(plain))
	}
	again, spansAgain := c.rules.Judge(dressed, nil)
	if v.OK() != again.OK() || v.Code() != again.Code() || len(spans) != len(spansAgain) {
		c.failed("%q: %s\n%q: %s", plain, v.Message(plain), dressed, again.Message(dressed))
	}
	c.judge(dressed)
}

// judge asks the rule about a text, and SQLite if the rule lets it pass.
func (c *checker) judge(text string) *finding {
	c.tally.texts.Add(1)
	v, spans := c.rules.Judge(text, nil)
	if !v.OK() {
		return nil
	}
	c.tally.allowed.Add(1)
	text, spans = c.sent(text, spans)
	c.judgeAlone(text, spans)
	c.judgeBehind(text, len(spans))
	found, err := c.oracle.try(text)
	switch {
	case err != nil:
		c.failed("%q passed, but %v", text, err)
	case found.statements > len(spans), found.whole && found.statements != len(spans):
		c.failed("%q has %d statements for SQLite, and %d for the rule", text, found.statements, len(spans))
	}
	c.tally.run.Add(int64(found.statements))
	if found.whole {
		c.tally.compiled.Add(1)
	}
	c.run = append(c.run, text)
	return &found
}

// sent is a text with its locks left out, as they are when it is sent on, and its spans.
func (c *checker) sent(text string, spans []readonly.Span) (string, []readonly.Span) {
	for _, s := range slices.Backward(spans) {
		if s.Kind == readonly.BeginLock {
			text = text[:s.Start] + readonly.Form(text, s) + text[s.End:]
		}
	}
	_, spans = c.rules.Judge(text, spans[:0])
	return text, spans
}

// judgeAlone wants each statement of a text to pass without the others, and to be
// one for SQLite too.
func (c *checker) judgeAlone(text string, spans []readonly.Span) {
	for _, s := range spans {
		statement := text[s.Start:s.End]
		v, alone := c.rules.Judge(statement, nil)
		if !v.OK() || len(alone) != 1 || alone[0] != (readonly.Span{Start: 0, End: len(statement), Kind: s.Kind}) {
			c.failed("%q: alone, %q has spans %v: %s", text, statement, alone, v.Message(statement))
		}
		if len(spans) == 1 {
			return
		}
		if found, err := c.oracle.try(statement); err != nil || found.statements > 1 {
			c.failed("%q: alone, %q: %+v, %v", text, statement, found, err)
		}
	}
}

// judgeBehind wants the text to pass behind another that does, too.
func (c *checker) judgeBehind(text string, statements int) {
	both := c.last + "\n;" + text
	v, spans := c.rules.Judge(both, nil)
	_, before := c.rules.Judge(c.last, nil)
	if !v.OK() || len(spans) != len(before)+statements {
		c.failed("%q and %q pass alone, but together: %s", c.last, text, v.Message(both))
	}
	c.last = text
}

// findCulprit runs the last texts again, in a new database.
func (c *checker) findCulprit(before, after string) {
	o := openOracle(c, c.rules)
	start := o.state(c)
	for _, text := range c.run {
		_, _ = o.try(text)
		if now := o.state(c); now != start {
			c.Fatalf("%q passed, and changed\n%s\nto\n%s", text, start, now)
		}
	}
	c.Fatalf("one of %q passed, and changed\n%s\nto\n%s", c.run, before, after)
}
