package door

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// write answers with reply as JSON, never to be cached: it may hold a token. A
// status of 0 is 200.
func write(w http.ResponseWriter, status int, reply any) error {
	body, err := json.Marshal(reply)
	if err != nil {
		return fmt.Errorf("encoding a reply: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(max(status, http.StatusOK))
	_, _ = w.Write(body)
	return nil
}

// Views shows each entry of a list as view does.
func Views[T, V any](list []T, view func(*T) V) []V {
	views := make([]V, len(list))
	for i := range list {
		views[i] = view(&list[i])
	}
	return views
}

// Optional is a time that may be null.
func Optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
