package revocation

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

// writeReplicated is write and a wait for n replicas, on one connection: WAIT asks
// for the writes of its own connection only. Once the entry is written, it is shown
// to written, before the wait; the error is then [ErrNotReplicated] or nil.
func (l *ledger) writeReplicated(ctx context.Context, e event, n int, timeout time.Duration, written func(entryID)) error {
	conn, err := l.connection(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	at, err := l.writeOn(ctx, conn, e)
	if err != nil {
		l.findMaster()
		return err
	}
	written(at)
	ctx, cancel := context.WithTimeout(ctx, timeout+callTimeout)
	defer cancel()
	acknowledged, err := conn.Wait(ctx, n, timeout).Result()
	if err != nil {
		return store.Unavailable(fmt.Errorf("%w: %w", ErrNotReplicated, err))
	}
	if acknowledged < int64(n) {
		return store.Unavailable(fmt.Errorf("%w: %d of %d", ErrNotReplicated, acknowledged, n))
	}
	return nil
}

// connection is a connection to the server that holds our slot.
func (l *ledger) connection(ctx context.Context) (*redis.Conn, error) {
	switch client := l.redis.(type) {
	case *redis.Client:
		return client.Conn(), nil
	case *redis.ClusterClient:
		master, err := client.MasterForKey(ctx, l.ids)
		if err != nil {
			return nil, store.Unavailable(err)
		}
		return master.Conn(), nil
	default:
		return nil, store.Unavailable(fmt.Errorf("cannot wait for the replicas of a %T", client))
	}
}

// findMaster looks for the server that holds our slot now. A connection of ours does
// not follow when the server says that it is another.
func (l *ledger) findMaster() {
	if cluster, ok := l.redis.(*redis.ClusterClient); ok {
		cluster.ReloadState(context.Background())
	}
}
