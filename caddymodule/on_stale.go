package caddymodule

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
)

// What a route does with tokens once the revocations are stale.
const (
	denyStale  = "deny"
	allowStale = "allow"
)

func validOnStale(choice string) error {
	switch choice {
	case "", denyStale, allowStale:
		return nil
	default:
		return fmt.Errorf("on_stale is deny or allow, not %q", choice)
	}
}

// staleMirror is what a lenient judge asks; *revocation.Mirror is one.
type staleMirror interface {
	verifier.Revocations
	StaleSince(now time.Time) (proof time.Time, stale bool)
}

// lenient judges as a mirror does, but lets tokens pass while that is stale. What
// is known to be taken back is refused all the same, and so is everything while
// nothing is known yet.
type lenient struct {
	mirror staleMirror
	log    *slog.Logger
	now    func() time.Time
	said   atomic.Pointer[time.Time] // the proof of the outage that was logged
}

// Judge implements [verifier.Revocations].
func (l *lenient) Judge(g *token.Grant, now time.Time) error {
	err := l.mirror.Judge(g, now)
	if !errors.Is(err, revocation.ErrStale) {
		return err
	}
	proof, _ := l.mirror.StaleSince(now)
	if said := l.said.Load(); said == nil || !said.Equal(proof) {
		if l.said.CompareAndSwap(said, &proof) {
			l.log.Error("the store has been away for longer than max_staleness: where on_stale is allow, tokens pass that may have been revoked since",
				"since", proof)
		}
	}
	return nil
}

// stale reports whether a request that comes now passes only because on_stale allows it.
func (l *lenient) stale() bool {
	if l == nil {
		return false
	}
	_, stale := l.mirror.StaleSince(l.now())
	return stale
}

// countedAs is the reason itself, but another for what passed while revocations were stale.
func countedAs(reason refusal.Reason, stale bool) refusal.Reason {
	if stale && reason == refusal.Allowed {
		return refusal.AllowedStale
	}
	return reason
}

// revocations is what a route asks; with on_stale allow also as *lenient, else nil.
func (s *services) revocations(onStale string) (verifier.Revocations, *lenient) {
	if onStale == allowStale {
		return s.lenient, s.lenient
	}
	return s.shared.mirror, nil
}

var _ staleMirror = (*revocation.Mirror)(nil)
