package revocation

import "time"

// FilledMirror is a mirror in step with a store in which n ids are revoked.
func FilledMirror(n int) *Mirror {
	m := NewMirror(24 * time.Hour)
	m.revoked, _ = drawnIDs(n)
	m.prove(time.Now())
	return m
}
