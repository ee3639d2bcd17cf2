package caddymodule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/store"
)

const (
	pruneEvery    = 10 * time.Minute
	pruneBatch    = 1000
	storeCallTime = 10 * time.Second
)

// maintain follows the keys of other nodes, announces ours, and forgets what is over,
// until the configuration ends. A store that was not checked at the start is checked
// as soon as it answers.
func (s *services) maintain(ctx context.Context, checked bool) {
	go s.signing.Run(ctx)
	go s.upstream.Run(ctx)
	alarm := new(keyAlarm)
	s.announceKeys(ctx, alarm)
	announce, prune := time.NewTicker(announceEvery), time.NewTicker(pruneEvery)
	defer announce.Stop()
	defer prune.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-announce.C:
			s.announceKeys(ctx, alarm)
			checked = checked || s.checkLate(ctx)
		case <-prune.C:
			s.prune(ctx, time.Now())
		}
	}
}

// checkStore warns of settings under which a Redis loses or evicts revocations; in
// strict they are an error. A store that a newer version has written is one always:
// it may mean what this version cannot know. One that does not answer is none, since
// it must not keep a server from starting: it is not checked, and is asked again.
func (s *services) checkStore(ctx context.Context) (checked bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	warnings, unanswered := s.shared.store.Check(ctx)
	if errors.Is(unanswered, store.ErrSchema) {
		return false, unanswered
	}
	if unanswered != nil {
		s.log.Error("the token store does not answer; minting and revoking wait for it", "error", unanswered)
	}
	for _, w := range warnings {
		if s.strict {
			return unanswered == nil, fmt.Errorf("the token store may lose revocations, and `strict` forbids that: %s", w)
		}
		s.log.Warn("the token store is not set up to keep revocations", "warning", string(w))
	}
	return unanswered == nil, nil
}

// checkLate can only complain: the configuration is loaded.
func (s *services) checkLate(ctx context.Context) (checked bool) {
	checked, err := s.checkStore(ctx)
	if err != nil {
		s.log.Error("this configuration would not load now", "error", err)
	}
	return checked
}

func (s *services) prune(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, storeCallTime)
	defer cancel()
	now, err := s.registry.Sure(ctx, now)
	if err == nil {
		err = s.registry.Prune(ctx, now)
	}
	if err != nil {
		s.log.Warn("forgetting revocations of tokens that have ended", "error", err)
		return
	}
	if err := s.shared.store.PruneIdempotency(ctx, now); err != nil {
		s.log.Warn("forgetting idempotency keys", "error", err)
		return
	}
	for {
		n, err := s.shared.store.Prune(ctx, now, pruneBatch)
		if err != nil {
			s.log.Warn("forgetting records of tokens that have ended", "error", err)
		}
		if err != nil || n < pruneBatch {
			return
		}
	}
}
