package revocation

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/store"
)

// replied is an error that Redis answered with.
type replied string

func (r replied) Error() string { return string(r) }
func (replied) RedisError()     {}

var _ redis.Error = replied("")

func TestAnOutageIsLoggedOnceByCauseAndWhenItBecomesGrave(t *testing.T) {
	var log bytes.Buffer
	m := NewMirror(time.Minute)
	f := NewFollower(miniStore(t), m, slog.New(slog.NewTextHandler(&log, nil)))
	now := time.Now()
	f.now = func() time.Time { return now }
	m.prove(now)
	heard := func(err error, want ...string) {
		t.Helper()
		log.Reset()
		f.report(store.Unavailable(err))
		var got []string
		for line := range strings.Lines(log.String()) {
			_, rest, _ := strings.Cut(line, "level=")
			level, _, _ := strings.Cut(rest, " ")
			got = append(got, level)
		}
		if !slices.Equal(got, want) {
			t.Errorf("after %v: %q, want %q\n%s", err, got, want, &log)
		}
	}
	refused, wrong := errors.New("connection refused"), fmt.Errorf("hello: %w", replied("WRONGPASS no such user"))
	heard(nil)
	heard(refused, "WARN")
	heard(errors.New("i/o timeout"))
	heard(wrong, "WARN")
	heard(refused)
	now = now.Add(2 * time.Minute)
	heard(refused, "ERROR")
	heard(wrong)
	heard(nil, "INFO")
	heard(nil)
	m.prove(now)
	heard(wrong, "WARN")
}
