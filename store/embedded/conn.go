package embedded

import (
	"bytes"
	"net"
	"os"
	"sync"
	"time"
)

// conn takes what the server writes at once, whether or not the client reads. A
// bare net.Pipe has no buffer: a server that answers the first command of a long
// pipeline, while the client is still writing the rest, would wait for ever and
// hold the lock of the whole server.
type conn struct {
	net.Conn
	arrived chan struct{} // holds a token when there is something new to read

	mu       sync.Mutex
	buffer   bytes.Buffer
	err      error // why no more will come
	deadline time.Time
}

func (c *conn) pump() {
	chunk := make([]byte, 16<<10)
	for {
		n, err := c.Conn.Read(chunk)
		c.mu.Lock()
		c.buffer.Write(chunk[:n])
		c.err = err
		c.mu.Unlock()
		select {
		case c.arrived <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// Read returns what has arrived, or waits until something has.
func (c *conn) Read(p []byte) (int, error) {
	for {
		n, deadline, err := c.take(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		if err := c.await(deadline); err != nil {
			return 0, err
		}
	}
}

func (c *conn) take(p []byte) (n int, deadline time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.buffer.Len() == 0 {
		return 0, c.deadline, c.err
	}
	n, _ = c.buffer.Read(p)
	return n, c.deadline, nil
}

func (c *conn) await(deadline time.Time) error {
	if deadline.IsZero() {
		<-c.arrived
		return nil
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case <-c.arrived:
		return nil
	case <-timer.C:
		return os.ErrDeadlineExceeded
	}
}

// SetReadDeadline bounds the reads that begin after it.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deadline = t
	return nil
}

// SetDeadline bounds reads and writes that begin after it.
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}
