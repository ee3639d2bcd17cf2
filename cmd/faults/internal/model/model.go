package model

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Rules are the promises that answers are judged by.
type Rules struct {
	// MaxStaleness is for how long a node may go on with what it knew.
	MaxStaleness time.Duration
	// Skew is how much the clocks of the nodes disagree.
	Skew time.Duration
}

// Model may be used by many goroutines.
type Model struct {
	rules Rules

	mu         sync.Mutex
	forgetting bool
	forgot     time.Time // when the store last forgot something
	tokens     []*Token
	changes    []*Change
	rotated    map[string]bool   // subjects that a rotation was ever asked for
	open       map[*Change]bool  // asked, and not answered yet
	isolated   map[int]time.Time // by node, from when on it can know nothing new
	clocks     map[int]clock
	killed     map[int]time.Time // when the last life of a node was over
	violations []string
	count      Count
}

// Count is how many changes ended how.
type Count struct{ Acknowledged, Failed, Unknown int }

// New makes a model of a fleet that has done nothing yet.
func New(rules Rules) *Model {
	return &Model{
		rules: rules, rotated: map[string]bool{}, open: map[*Change]bool{},
		isolated: map[int]time.Time{}, clocks: map[int]clock{}, killed: map[int]time.Time{},
	}
}

// Minted notes a token that a node was asked for at asked and gave at answered.
// Rotations of its subject that were under way meanwhile leave it in doubt.
func (m *Model) Minted(t *Token, node int, asked, answered time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t.asked, t.minted, t.known = asked, answered, map[int]time.Time{}
	t.clock = m.clocks[node].wrong
	t.unsure = m.forgetting && m.rotated[t.Subject] || m.clocks[node].unclear(asked)
	for _, c := range m.changes {
		if c.concerns(t) && (m.open[c] || c.doubtful() || c.answered.After(asked)) {
			t.changes = append(t.changes, c)
		}
	}
	m.tokens = append(m.tokens, t)
}

// doubtful reports whether c may show late or never.
func (c *Change) doubtful() bool { return !c.acknowledged && !c.failed }

// Asking notes a change before it is asked for.
func (m *Model) Asking(c *Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c.asked = time.Now()
	m.changes = append(m.changes, c)
	m.open[c] = true
	for _, subject := range c.Subjects {
		m.rotated[subject] = true
	}
	for _, t := range m.tokens {
		if c.concerns(t) {
			t.changes = append(t.changes, c)
		}
	}
}

// Outcome is how a request for a change ended.
type Outcome int

// Without an answer, or with one that promises nothing, a change is [Unknown].
const (
	Unknown Outcome = iota
	Acknowledged
	Failed // nothing was changed
)

// Answered notes how a change ended. A node that acknowledges it knows of it.
func (m *Model) Answered(c *Change, o Outcome) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.open, c)
	c.answered = time.Now()
	c.acknowledged, c.failed = o == Acknowledged, o == Failed
	switch o {
	case Acknowledged:
		m.count.Acknowledged++
	case Failed:
		m.count.Failed++
	default:
		m.count.Unknown++
	}
	if !c.acknowledged || c.Grace > 0 {
		return
	}
	for _, t := range m.tokens {
		if c.concerns(t) && c.asked.After(t.minted) {
			m.learn(t, c.Node, c.answered)
		}
	}
}

// Killed notes that a node lost what was in its memory.
func (m *Model) Killed(node int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.killed[node] = time.Now()
}

// Isolated notes that from now on a node learns nothing; Reunited, that it may again.
func (m *Model) Isolated(node int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.isolated[node] = time.Now()
}

// Blank notes that an isolated node has lost what it knew on its disk too.
func (m *Model) Blank(node int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, isolated := m.isolated[node]; isolated {
		m.isolated[node] = time.Time{}
	}
}

// Reunited is the end of Isolated.
func (m *Model) Reunited(node int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.isolated, node)
}

// Forgetting notes that from now on the store may forget what it acknowledged, until
// Settled. Opaque tokens of before need not pass any more, and what is minted
// meanwhile may be retired by a rotation of its subject that comes back: a node that
// does not know of it mints in the generation that the store still has.
func (m *Model) Forgetting() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetting = true
}

// Settled notes that every request has ended, and that the store has all that it
// acknowledged, as every node has: no change of before can show on a token that is
// minted from now on.
func (m *Model) Settled() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes = slices.DeleteFunc(m.changes, func(c *Change) bool { return !m.open[c] })
	if m.forgetting {
		m.forgetting, m.forgot = false, time.Now()
	}
}

// Tokens are all that were minted, oldest first.
func (m *Model) Tokens() []*Token {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.tokens)
}

// Usable are the tokens that nobody has tried to take back, and that have not expired.
func (m *Model) Usable() []*Token {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(m.tokens), func(t *Token) bool {
		fate, _ := m.fate(t, now)
		return fate != Alive
	})
}

// Newest are the ids of the newest tokens of the subjects that must pass, n at most.
func (m *Model) Newest(subjects []string, n int) []string {
	var ids []string
	for _, t := range slices.Backward(m.Usable()) {
		if len(ids) < n && slices.Contains(subjects, t.Subject) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// Retired are tokens that an acknowledged change takes back, n at most.
func (m *Model) Retired(c *Change, n int) []*Token {
	m.mu.Lock()
	defer m.mu.Unlock()
	var tokens []*Token
	for _, t := range slices.Backward(m.tokens) {
		if len(tokens) < n && c.concerns(t) && c.asked.After(t.minted) {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

// Count counts the changes that have ended.
func (m *Model) Count() Count {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

// Violations are the broken promises so far.
func (m *Model) Violations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.violations)
}

// Violate notes a broken promise that is not about a single answer.
func (m *Model) Violate(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.violate(format, args...)
}

func (m *Model) violate(format string, args ...any) {
	m.violations = append(m.violations, fmt.Sprintf(format, args...))
}
