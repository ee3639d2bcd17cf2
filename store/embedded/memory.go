package embedded

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// poolSize leaves room for blocking reads, which hold a connection each.
const poolSize = 64

// memory is a miniredis that nothing outside this process can reach.
type memory struct {
	redis  *miniredis.Miniredis
	writer *redis.Client // without the gate; it has one connection

	dialing  sync.Mutex
	released bool
}

func newMemory() *memory {
	m := &memory{redis: miniredis.NewMiniRedis()}
	m.writer = m.newClient(1)
	return m
}

// newClient makes a client without the gate. Nothing times out on its own in
// there: both ends are in this process. Deadlines of contexts hold.
func (m *memory) newClient(size int) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr:   "embedded",
		Dialer: func(context.Context, string, string) (net.Conn, error) { return m.dial() },

		Protocol: 2, DisableIdentity: true, ContextTimeoutEnabled: true,
		MaxRetries: -1, DialerRetries: 1, ReadTimeout: -1, WriteTimeout: -1,
		PoolSize: size, PipelinePoolSize: -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// dial connects to miniredis, which a dial after its Close would start anew.
func (m *memory) dial() (net.Conn, error) {
	m.dialing.Lock()
	defer m.dialing.Unlock()
	if m.released {
		return nil, ErrClosed
	}
	pipe, err := m.redis.Dial()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: pipe, arrived: make(chan struct{}, 1)}
	go c.pump()
	return c, nil
}

func (m *memory) close() error {
	m.dialing.Lock()
	m.released = true
	m.dialing.Unlock()
	err := m.writer.Close()
	m.redis.Close()
	return err
}

// replay runs the commands of a file, straight into the server without a
// connection, until ctx ends. Good is the offset up to which everything was whole.
func (m *memory) replay(ctx context.Context, aof *aofReader) (good int64, err error) {
	if err := m.writer.Ping(ctx).Err(); err != nil { // starts miniredis
		return 0, fmt.Errorf("preparing the embedded store: %w", err)
	}
	redis := m.redis.Server()
	var reply bytes.Buffer
	peer := server.NewPeer(bufio.NewWriter(&reply))
	for {
		if err := ctx.Err(); err != nil {
			return good, err
		}
		var group []command
		group, good, err = aof.next()
		if errors.Is(err, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, err
		}
		for _, c := range group {
			if err := replayable(c.args); err != nil {
				return good, corrupt(c.offset, err.Error())
			}
			reply.Reset()
			redis.Dispatch(peer, c.args)
			peer.Flush()
			if line, refused := bytes.CutPrefix(reply.Bytes(), []byte("-")); refused {
				return good, corrupt(c.offset, string(bytes.TrimSpace(line)))
			}
		}
	}
}

// replayable accepts what logged writes.
func replayable(args []string) error {
	if strings.EqualFold(args[0], "xadd") {
		if xaddID(args) < 0 {
			return fmt.Errorf("%w: XADD without an id", ErrUnsupported)
		}
		return nil
	}
	read, err := isRead(args)
	if read {
		return fmt.Errorf("%w: %.40q is no write", ErrUnsupported, args[0])
	}
	return err
}
