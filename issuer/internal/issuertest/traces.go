package issuertest

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/sekisho-project/sekisho/store"
)

// Observed are the calls that metrics were told of, as "action family outcome".
func (w *World) Observed() []string { return w.observed }

// Audit reads the audit log, newest first.
func (w *World) Audit(t testing.TB) []store.Event {
	t.Helper()
	events, _, err := w.Store.Audit(t.Context(), store.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// Stored is everything in the store, as text.
func (w *World) Stored(t testing.TB) string {
	t.Helper()
	client := w.Store.Redis()
	var text strings.Builder
	for _, key := range w.Redis.Keys() {
		var value any
		var err error
		switch kind := w.Redis.Type(key); kind {
		case "hash":
			value, err = client.HGetAll(t.Context(), key).Result()
		case "stream":
			value, err = client.XRange(t.Context(), key, "-", "+").Result()
		case "zset":
			value, err = client.ZRange(t.Context(), key, 0, -1).Result()
		case "string":
			value, err = client.Get(t.Context(), key).Result()
		default:
			t.Fatalf("a %s in the store: this does not know how to read it", kind)
		}
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&text, key, value)
	}
	return text.String()
}

// Buffer is a log that may be written and read at the same time.
type Buffer struct {
	mu     sync.Mutex
	buffer bytes.Buffer
}

// Write implements [io.Writer].
func (b *Buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.Write(p)
}

// String is all that was written.
func (b *Buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buffer.String()
}
