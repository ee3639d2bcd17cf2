package store

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// Observer hears of a command once it is done. Operation is one of [Operations].
// An err that is not nil is a command that failed; a reply of nothing is no failure,
// and neither is a script that Redis does not have yet: it is sent next.
type Observer func(operation string, took time.Duration, err error)

// pipeline and other are the operations that are no command.
const (
	pipeline = "pipeline"
	other    = "other"
)

// Operations is the closed set of operations, fit for the label of a metric: the
// commands that are used here, in lower case, "pipeline" and "other".
var Operations = []string{
	"del", "eval", "evalsha", "get", "hdel", "hello", "hget", "hgetall", "hincrby", "hmget", "hset", "hsetnx", "info", "ping", "set", "time", "wait",
	"xadd", "xrange", "xread", "xrevrange", "zadd", "zcount", "zrange", "zrem", "zremrangebyscore", "zrevrange", "zrevrank", "zscore",
	pipeline, other,
}

var known = func() map[string]bool {
	set := map[string]bool{}
	for _, name := range Operations {
		set[name] = true
	}
	return set
}()

// ObserveHook tells observe of every command and pipeline of a client.
func ObserveHook(observe Observer) redis.Hook { return observer{observe} }

type observer struct{ observe Observer }

func (observer) DialHook(next redis.DialHook) redis.DialHook { return next }

func (o observer) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		operation := cmd.Name()
		if !known[operation] {
			operation = other
		}
		return o.timed(operation, func() error { return next(ctx, cmd) })
	}
}

func (o observer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		return o.timed(pipeline, func() error { return next(ctx, cmds) })
	}
}

func (o observer) timed(operation string, run func() error) error {
	start := time.Now()
	err := run()
	seen := err
	if errors.Is(err, redis.Nil) || redis.HasErrorPrefix(err, "NOSCRIPT") {
		seen = nil
	}
	o.observe(operation, time.Since(start), seen)
	return err
}
