package testrig

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// Link is a network between a client and a server, a TCP proxy that can be
// disturbed while it is in use.
type Link struct {
	target   string
	listener net.Listener
	running  sync.WaitGroup

	mu      sync.Mutex
	state   Disturbance
	changed chan struct{} // closed when state changes
	conns   map[net.Conn]bool
	closed  bool
}

// Disturbance is what is wrong with a [Link]; the zero value is nothing.
type Disturbance struct {
	// Refuse ends all connections, and every new one at once.
	Refuse bool
	// HoldRequests and HoldReplies keep what is sent to the server or from it, and
	// deliver it once that is over, as TCP does when lost packets are sent again.
	HoldRequests, HoldReplies bool
	// Delay is what every piece of data is late, each way.
	Delay time.Duration
	// Lifetime ends every new connection at a random time below it; 0 ends none.
	Lifetime time.Duration
}

// OpenLink starts a link to target, a host:port that may yet be without a server.
func OpenLink(target string) (*Link, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("opening a link: %w", err)
	}
	l := &Link{target: target, listener: listener, changed: make(chan struct{}), conns: map[net.Conn]bool{}}
	l.running.Go(l.accept)
	return l, nil
}

// Address is where clients connect to, host:port.
func (l *Link) Address() string { return l.listener.Addr().String() }

// Disturb puts d in the place of what was wrong before.
func (l *Link) Disturb(d Disturbance) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.state = d
	close(l.changed)
	l.changed = make(chan struct{})
	if d.Refuse {
		l.endAll()
	}
}

// Close ends the link with all its connections.
func (l *Link) Close() error {
	l.mu.Lock()
	l.closed = true
	close(l.changed)
	l.changed = make(chan struct{})
	l.endAll()
	l.mu.Unlock()
	err := l.listener.Close()
	l.running.Wait()
	return err
}

func (l *Link) endAll() {
	for conn := range l.conns {
		_ = conn.Close()
	}
	clear(l.conns)
}

func (l *Link) accept() {
	for {
		client, err := l.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			l.running.Go(func() { l.serve(client) })
		}
	}
}

func (l *Link) serve(client net.Conn) {
	defer l.end(client)
	if !l.keep(client) {
		return
	}
	server, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer l.end(server)
	if !l.keep(server) {
		return
	}
	if lifetime := l.disturbance().Lifetime; lifetime > 0 {
		timer := time.AfterFunc(rand.N(lifetime), func() { l.end(client) })
		defer timer.Stop()
	}
	var replies sync.WaitGroup
	replies.Go(func() {
		l.copy(client, server, func(d Disturbance) bool { return d.HoldReplies })
		l.end(client)
	})
	l.copy(server, client, func(d Disturbance) bool { return d.HoldRequests })
	l.end(server)
	replies.Wait()
}

// keep notes a connection, unless the link refuses it.
func (l *Link) keep(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.state.Refuse {
		return false
	}
	l.conns[conn] = true
	return true
}

func (l *Link) end(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
	_ = conn.Close()
}

func (l *Link) disturbance() Disturbance {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// copy passes data on until one end closes.
func (l *Link) copy(to io.Writer, from io.Reader, held func(Disturbance) bool) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !l.pass(held) {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// pass returns when a piece of data may go on, or false when the link is closed.
func (l *Link) pass(held func(Disturbance) bool) bool {
	time.Sleep(l.disturbance().Delay)
	for {
		l.mu.Lock()
		state, changed, closed := l.state, l.changed, l.closed
		l.mu.Unlock()
		if closed || !held(state) {
			return !closed
		}
		<-changed
	}
}
