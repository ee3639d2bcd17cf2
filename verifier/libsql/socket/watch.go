package socket

import (
	"sync"
	"time"
)

// watchEvery is how often sockets are rechecked. With the close frame's time to
// arrive it keeps a revocation under a second.
const watchEvery = 250 * time.Millisecond

// Watch ends sockets whose session no longer passes its recheck: one goroutine
// for all of them, that runs while there are any. The zero Watch is ready.
type Watch struct {
	mu      sync.Mutex
	sockets map[*conn]struct{}
	stop    chan struct{} // closed when the last socket leaves
}

func (w *Watch) add(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.sockets) == 0 {
		w.sockets, w.stop = map[*conn]struct{}{}, make(chan struct{})
		go w.run(w.stop)
	}
	w.sockets[c] = struct{}{}
}

func (w *Watch) remove(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.drop(c)
}

// drop needs the lock.
func (w *Watch) drop(c *conn) {
	if _, ok := w.sockets[c]; !ok {
		return
	}
	if delete(w.sockets, c); len(w.sockets) == 0 {
		close(w.stop)
	}
}

func (w *Watch) run(stop <-chan struct{}) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			w.recheck()
		}
	}
}

func (w *Watch) recheck() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.sockets {
		if err := c.session.Recheck(); err != nil {
			w.drop(c)
			go c.closeWith(closeFor(err)) // a client that does not read must not hold up the others
		}
	}
}
