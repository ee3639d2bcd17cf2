package main

import (
	"context"
	"errors"
	"strings"

	"github.com/sekisho-project/sekisho/cmd/faults/internal/fleet"
)

// without is a step after which no gate has a Redis.
func without(name string, do func(context.Context, *stage) error) step {
	return step{name, func(ctx context.Context, s *stage) error {
		err := do(ctx, s)
		for node := range s.fleet.Gates {
			s.model.Isolated(node)
		}
		return err
	}}
}

// with is a step after which all gates have one again.
func with(name string, do func(context.Context, *stage) error) step {
	return step{name, func(ctx context.Context, s *stage) error {
		for node := range s.fleet.Gates {
			s.model.Reunited(node)
		}
		return do(ctx, s)
	}}
}

var (
	killRedis   = without("Redis is killed", func(_ context.Context, s *stage) error { return s.fleet.Store.Main().Kill() })
	startRedis  = with("Redis starts", func(ctx context.Context, s *stage) error { return s.fleet.Store.Main().Restart(ctx) })
	freezeRedis = without("Redis is frozen", func(_ context.Context, s *stage) error { return s.fleet.Store.Main().Pause() })
	thawRedis   = with("Redis goes on", func(_ context.Context, s *stage) error { return s.fleet.Store.Main().Resume() })
)

var flush = step{"Redis is flushed", func(ctx context.Context, s *stage) error {
	s.model.Forgetting()
	_, err := s.fleet.Store.Main().Do(ctx, "FLUSHALL")
	return err
}}

var dump = step{"a dump of Redis is kept", func(_ context.Context, s *stage) error {
	return s.fleet.Store.Main().Dump(s.dump)
}}

var restore = step{"the dump takes the place of the files of Redis", func(_ context.Context, s *stage) error {
	s.model.Forgetting()
	return s.fleet.Store.Main().Restore(s.dump)
}}

// loseAllButFeed makes a Redis that has the newest entry of its feed, and nothing
// of what the entries before it told.
var loseAllButFeed = step{"Redis loses everything but the end of its feed", func(ctx context.Context, s *stage) error {
	s.model.Forgetting()
	redis := s.fleet.Store.Main()
	const script = `for _, key in ipairs(redis.call('KEYS', '*')) do
		if string.find(key, ':feed', 1, true) then redis.call('XTRIM', key, 'MAXLEN', 1) else redis.call('DEL', key) end
	end`
	_, err := redis.Do(ctx, "EVAL", script, 0)
	return ignoreNil(err)
}}

// evict takes away what was taken back, and leaves the feed as it is.
var evict = step{"Redis evicts all revocations, but not its feed", func(ctx context.Context, s *stage) error {
	s.model.Forgetting()
	const script = `for _, name in ipairs({'ids', 'rotations'}) do
		for _, key in ipairs(redis.call('KEYS', '*revoked}:' .. name)) do redis.call('DEL', key) end
	end`
	_, err := s.fleet.Store.Main().Do(ctx, "EVAL", script, 0)
	return ignoreNil(err)
}}

// ignoreNil drops the error of a reply that is nil.
func ignoreNil(err error) error {
	if err != nil && strings.HasSuffix(err.Error(), "redis: nil") {
		return nil
	}
	return err
}

// promoted waits for the fail-over to the replica.
var promoted = step{"the replica is promoted", func(ctx context.Context, s *stage) error {
	return s.fleet.Store.AwaitPromotion(ctx)
}}

// killMaster is a kill of a Redis with a replica, whose newest writes may be lost.
var killMaster = step{"the master is killed", func(_ context.Context, s *stage) error {
	s.model.Forgetting()
	return s.fleet.Store.Main().Kill()
}}

// startMaster brings back a master that meanwhile is none.
var startMaster = step{"the old master starts", func(ctx context.Context, s *stage) error {
	return s.fleet.Store.Main().Restart(ctx)
}}

var cutReplica = step{"the replica is cut off from its master", func(ctx context.Context, s *stage) error {
	if s.fleet.Store.Replicated == nil {
		return errors.New("there is no replica to cut off")
	}
	return s.fleet.Store.Replicated.Cut(ctx)
}}

// hideFeed lets the gates write to Redis and read nothing of it.
var hideFeed = step{"Redis hides its feed", func(ctx context.Context, s *stage) error {
	_, err := s.fleet.Store.Main().Do(ctx, "ACL", "SETUSER", "default", "-xread", "-xrange", "-xrevrange")
	return err
}}

// bar parts a gate from the Sentinels, so that it hears of no other master; admit is
// its end.
func bar(w who) step {
	return at(w, "a gate is parted from the Sentinels", func(ctx context.Context, s *stage, g *fleet.Gate, _ int) error {
		return s.fleet.Store.Replicated.Bar(ctx, g.Name)
	})
}

func admit(w who) step {
	return at(w, "a gate finds the Sentinels again", func(ctx context.Context, s *stage, g *fleet.Gate, node int) error {
		s.model.Reunited(node)
		return s.fleet.Store.Replicated.Admit(ctx, g.Name)
	})
}

// depose makes another Redis the master for all but the gate that was parted from the
// Sentinels.
func depose(w who) step {
	return at(w, "the master is deposed, and does not know", func(ctx context.Context, s *stage, _ *fleet.Gate, node int) error {
		s.model.Forgetting()
		err := s.fleet.Store.Replicated.Depose(ctx)
		s.model.Isolated(node)
		return err
	})
}

var demote = step{"the old master becomes a replica", func(ctx context.Context, s *stage) error {
	return s.fleet.Store.Replicated.Demote(ctx)
}}
