package turso

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// write answers 200 with reply as JSON, never to be cached: it may hold a token.
func write(w http.ResponseWriter, reply any) error {
	body, err := json.Marshal(reply)
	if err != nil {
		return fmt.Errorf("encoding a reply: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(body)
	return nil
}

// optional is a time that may be null.
func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
