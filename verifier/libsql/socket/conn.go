package socket

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// linger is how long a client has to take and answer our close frame.
const linger = 500 * time.Millisecond

var errPanic = errors.New("websocket: panic")

// errEnded is what a proxy reads from a socket that we ended.
var errEnded = errors.New("websocket: ended by the gate")

// conn is the client as the proxy sees it.
type conn struct {
	session Session
	watch   *Watch
	log     *slog.Logger
	abort   context.CancelFunc // ends the proxy's request, and so its connection to the server
	life    context.Context    // of the socket, which is no request of the proxy's
	die     context.CancelFunc
	client  timed
	in      inbound
	out     outbound

	gone    atomic.Bool // the client has left, or sent its close frame
	ending  sync.Once
	closing sync.Once
}

func newConn(client link, from *bufio.Reader, s Session, o Options, watch *Watch, abort context.CancelFunc) *conn {
	c := &conn{session: s, watch: watch, log: cmp.Or(o.Logger, slog.Default()), abort: abort}
	c.life, c.die = context.WithCancel(context.Background()) // a proxy closes its connections one by one
	c.client.link = client
	c.in = inbound{from: from, kind: opcode(o.Kind)}
	c.out.to, c.out.session, c.out.kind = &c.client, s, opcode(o.Kind)
	c.out.room.L = &c.out.mu
	watch.add(c)
	return c
}

// Read gives frames of the client, as they go on to the server.
func (c *conn) Read(p []byte) (n int, err error) {
	defer c.survive(&err)
	for len(c.in.pending) == 0 {
		if c.client.ending.Load() {
			c.in.drain()
			return 0, errEnded
		}
		if err := c.advance(); err != nil {
			return 0, err
		}
	}
	return c.in.take(p), nil
}

// advance reads a frame of the client.
func (c *conn) advance() error {
	if c.in.closed { // nothing may follow a close frame
		_, err := io.Copy(io.Discard, c.in.from)
		if err == nil {
			err = io.EOF
		}
		return err
	}
	message, whole, err := c.in.next(c.session.MaxMessage())
	if c.in.closed {
		c.gone.Store(true)
	}
	if refused, ok := errors.AsType[*Close](err); ok {
		c.closeWith(refused)
		return nil
	}
	if err != nil {
		c.gone.Store(true)
		return err
	}
	if !whole {
		return nil
	}
	defer c.in.done()
	if c.client.ending.Load() {
		return nil
	}
	return c.message(message)
}

// message lets the session decide about a message.
func (c *conn) message(message []byte) error {
	outcome, err := c.session.FromClient(c.life, message)
	if c.client.ending.Load() { // it may have waited
		return nil
	}
	if err != nil {
		c.closeWith(closeFor(err))
		return nil
	}
	if outcome.Answer != nil {
		if err := c.out.answer(outcome.Answer); err != nil {
			return err
		}
	}
	if outcome.Close != nil {
		c.closeWith(outcome.Close)
		return nil
	}
	c.in.forward(c.in.kind, outcome.Forward...)
	return nil
}

// survive turns a panic into the end of this socket: a proxy reads and writes in
// goroutines of its own, where a panic would be the end of the whole server.
func (c *conn) survive(err *error) {
	if p := recover(); p != nil {
		c.log.Error("panic in a websocket", "panic", p, "stack", string(debug.Stack()))
		c.closeWith(closeFor(errPanic))
		*err = errPanic
	}
}

// Write takes frames of the server.
func (c *conn) Write(p []byte) (n int, err error) {
	defer c.survive(&err)
	if err := c.out.write(p); err != nil {
		return 0, err
	}
	return len(p), nil
}

// closeWith ends the socket, and gives the client a moment to see why.
func (c *conn) closeWith(reason *Close) {
	c.ending.Do(func() {
		c.client.ending.Store(true)
		c.die()
		until := time.Now().Add(linger)
		_ = c.client.SetWriteDeadline(until)
		time.AfterFunc(linger, c.cut)
		c.out.closeWith(reason)
		_ = c.client.SetReadDeadline(until)
	})
}

// cut ends both connections, whatever the proxy waits for.
func (c *conn) cut() {
	c.abort()
	_ = c.Close()
}

// Close ends the connection. The client is told when the server ended first.
func (c *conn) Close() (err error) {
	c.closing.Do(func() {
		c.watch.remove(c)
		c.die()
		if !c.gone.Load() {
			c.client.ending.Store(true)
			_ = c.client.SetWriteDeadline(time.Now().Add(linger))
			c.out.closeWith(&Close{Fault, "the database server ended the connection"})
		}
		err = c.client.Close()
	})
	return err
}

// hijacked is a conn over HTTP/1.1. What the proxy does to the connection beside
// reading and writing concerns the client's.
type hijacked struct {
	net.Conn
	*conn
}

func (h hijacked) Read(p []byte) (int, error)  { return h.conn.Read(p) }
func (h hijacked) Write(p []byte) (int, error) { return h.conn.Write(p) }
func (h hijacked) Close() error                { return h.conn.Close() }
