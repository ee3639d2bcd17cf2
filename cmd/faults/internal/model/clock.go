package model

import (
	"slices"
	"time"
)

// clock is that of a node.
type clock struct {
	wrong   time.Duration // by how much
	turning bool
	turned  time.Time // when that was over
}

// ClockTurns notes that the clock of a node is being changed.
func (m *Model) ClockTurns(node int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clocks[node] = clock{turning: true}
}

// ClockTurned notes by how much the clock of a node is wrong now.
func (m *Model) ClockTurned(node int, wrong time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clocks[node] = clock{wrong: wrong, turned: time.Now()}
}

// unclear reports whether what was asked of the node at asked may have been done by
// the clock before it was changed.
func (c clock) unclear(asked time.Time) bool { return c.turning || asked.Before(c.turned) }

// early reports whether by the clock of a node t is of a time to come. It need not
// pass there yet: gates forgive each other's clocks some seconds only.
func (m *Model) early(t *Token, a Answer) bool {
	c := m.clocks[a.Node]
	return c.unclear(a.Asked) || t.clock-c.wrong > a.Asked.Sub(t.minted)
}

// maybeInGraceAgain reports whether the clock of a node has moved since then, which
// can bring a grace back that was over.
func (m *Model) maybeInGraceAgain(t *Token, node int, since time.Time) bool {
	c := m.clocks[node]
	return (c.turning || c.turned.After(since)) && slices.ContainsFunc(t.changes, func(c *Change) bool { return c.Grace > 0 })
}
