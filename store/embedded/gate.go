package embedded

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
)

// info is what the embedded store has to say of itself where Redis would say it;
// miniredis does not.
const info = "# Server\r\nredis_mode:standalone\r\n" +
	"# Memory\r\nmaxmemory:0\r\nmaxmemory_policy:noeviction\r\n" +
	"# Persistence\r\naof_enabled:1\r\n" +
	"# Replication\r\nrole:master\r\nconnected_slaves:0\r\n"

// gate is the hook that lets reads pass, takes writes over, and refuses the rest.
type gate struct{ server *Server }

func (gate) DialHook(next redis.DialHook) redis.DialHook { return next }

func (g gate) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		b, err := newBatch([]redis.Cmder{cmd})
		switch {
		case err != nil:
			return refuse([]redis.Cmder{cmd}, err)
		case !b.reads:
			return g.server.write(ctx, b)
		}
		if reply, ok := cmd.(*redis.StringCmd); ok && cmd.Name() == "info" {
			reply.SetVal(info)
			return nil
		}
		if g.server.ordered.answer(cmd) {
			return cmd.Err()
		}
		return next(ctx, cmd)
	}
}

func (g gate) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		b, err := newBatch(cmds)
		switch {
		case err != nil:
			return refuse(cmds, err)
		case b.reads:
			return next(ctx, cmds)
		default:
			return g.server.write(ctx, b)
		}
	}
}

func refuse(cmds []redis.Cmder, err error) error {
	for _, cmd := range cmds {
		cmd.SetErr(err)
	}
	return err
}

// batch is one command, a pipeline or a transaction.
type batch struct {
	cmds        []redis.Cmder // without MULTI and EXEC
	args        [][]string    // of cmds; nil for a read
	transaction bool
	reads       bool // nothing but reads
}

func newBatch(cmds []redis.Cmder) (*batch, error) {
	b := &batch{cmds: cmds, reads: true}
	if last := len(cmds) - 1; last > 0 && cmds[0].Name() == "multi" && cmds[last].Name() == "exec" {
		b.transaction = true
		b.cmds = cmds[1:last]
	}
	blocks := false
	for _, cmd := range b.cmds {
		args, err := texts(cmd)
		if err != nil {
			return nil, err
		}
		read, err := isRead(args)
		if err != nil {
			return nil, err
		}
		if _, ok := cmd.(*redis.StringCmd); cmd.Name() == "xadd" && !ok {
			return nil, fmt.Errorf("%w: XADD by any other method than XAdd", ErrUnsupported)
		}
		if read {
			blocks = blocks || slices.ContainsFunc(args[1:], func(s string) bool { return strings.EqualFold(s, "block") })
			args = nil
		}
		b.args = append(b.args, args)
		b.reads = b.reads && read
	}
	if blocks && !b.reads {
		return nil, fmt.Errorf("%w: a blocking read together with writes", ErrUnsupported)
	}
	return b, nil
}

// run executes the batch through client.
func (b *batch) run(ctx context.Context, client *redis.Client) error {
	if len(b.cmds) == 1 && !b.transaction {
		return client.Process(ctx, b.cmds[0])
	}
	p := client.Pipeline()
	if b.transaction {
		p = client.TxPipeline()
	}
	if err := p.BatchProcess(ctx, b.cmds...); err != nil {
		return err
	}
	_, err := p.Exec(ctx)
	return err
}

// entry is what the file must say of a batch that ran and was answered with reply:
// the writes that were not refused. An error means that nobody knows what was executed.
func (b *batch) entry(reply error) ([]byte, error) {
	if !answered(reply) {
		return nil, fmt.Errorf("outcome unknown: %w", reply)
	}
	var entry []byte
	n := 0
	for i, cmd := range b.cmds {
		if !answered(cmd.Err()) {
			return nil, fmt.Errorf("outcome of %s unknown: %w", cmd.Name(), cmd.Err())
		}
		if cmd.Err() == nil && b.args[i] != nil {
			entry = appendCommand(entry, logged(b.args[i], cmd)...)
			n++
		}
	}
	if b.transaction && n > 1 {
		entry = slices.Concat(appendCommand(nil, "MULTI"), entry, appendCommand(nil, "EXEC"))
	}
	return entry, nil
}

// answered reports whether err is a reply of the server, or none.
func answered(err error) bool {
	_, reply := errors.AsType[redis.Error](err)
	return err == nil || reply
}

// write runs a batch, appends it to the file in the order of execution, and waits
// until it is on disk. Once it runs, ctx only ends the waiting: the outcome must be known.
func (s *Server) write(ctx context.Context, b *batch) error {
	if err := s.begin(ctx); err != nil {
		return refuse(b.cmds, err)
	}
	reply := s.ordered.around(b, func() error { return b.run(context.WithoutCancel(ctx), s.writer) })
	entry, err := b.entry(reply)
	if err != nil {
		s.journal.fail(err)
	}
	commit := s.journal.append(entry)
	s.end()
	if err := commit.wait(ctx); err != nil {
		return refuse(b.cmds, err)
	}
	return reply
}
