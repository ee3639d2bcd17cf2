package lastuse

import (
	"context"
	"time"
)

// Run writes what is noted until ctx is done, and then once more. Call it once.
func (r *Recorder) Run(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	failing := false
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-ticker.C:
		case <-r.first:
			pause(ctx, gather) // others come, and each flush walks over all
		}
		err := r.flush(ctx, false)
		if ctx.Err() != nil {
			continue
		}
		if err != nil && !failing {
			r.log.Warn("cannot note when tokens were last used, trying again", "error", err)
		}
		if failing = err != nil; failing {
			pause(ctx, backoff)
		}
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCall)
	defer cancel()
	if err := r.flush(last, true); err != nil {
		r.log.Warn("the last minute of use was not noted", "error", err)
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// flush writes the uses that are due, or all of them, and forgets idle tokens. It
// stops at the first failure: whatever was not written stays noted.
func (r *Recorder) flush(ctx context.Context, all bool) error {
	now := time.Now().UnixMilli()
	r.look(now)
	uses := make(map[string]time.Time)
	for i := range r.shards {
		s := &r.shards[i]
		var unused []string
		for id, m := range s.load() {
			switch {
			case m.used != m.written && (all || m.isDue(now)):
				uses[id] = time.UnixMilli(m.used)
			case m.used == m.written && now-m.used >= idle.Milliseconds():
				unused = append(unused, id)
			}
		}
		if len(unused) > 0 {
			r.forget(s, unused)
		}
		if len(uses) < batch {
			continue
		}
		if err := r.write(ctx, uses); err != nil {
			return err
		}
		clear(uses)
	}
	return r.write(ctx, uses)
}

// look takes the time of all uses, before a store that fails or hangs holds it up.
func (r *Recorder) look(now int64) {
	for i := range r.shards {
		for _, m := range r.shards[i].load() {
			m.look(now)
		}
	}
}

func (r *Recorder) write(ctx context.Context, uses map[string]time.Time) error {
	if len(uses) == 0 {
		return nil
	}
	if err := r.writer.MarkUsed(ctx, uses); err != nil {
		return err
	}
	now := time.Now().UnixMilli()
	for id, at := range uses {
		m := r.shardOf(id).load()[id]
		m.written, m.at = at.UnixMilli(), now
	}
	return nil
}
