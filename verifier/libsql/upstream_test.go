package libsql_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// counter signs by numbering, and keeps what it signed last.
type counter struct {
	n    atomic.Int64
	last atomic.Value
	err  error
}

func (c *counter) SignUpstream(payload []byte) (string, error) {
	c.last.Store(string(payload))
	return fmt.Sprint(c.n.Add(1)), c.err
}

func TestAnUpstreamTokenIsKeptUntilShortlyBeforeItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c counter
		tokens := libsql.NewUpstreamTokens(&c, nil)
		for _, step := range []struct {
			wait time.Duration
			want string
		}{{0, "1"}, {time.Minute, "1"}, {3 * time.Minute, "1"}, {time.Second, "2"}, {4 * time.Minute, "2"}, {time.Hour, "3"}} {
			time.Sleep(step.wait)
			got, err := tokens.For("my-db", token.FullAccess, nil)
			if err != nil || got != step.want {
				t.Errorf("after another %s: token %s, %v; want %s", step.wait, got, err, step.want)
			}
		}
		var claims struct{ Exp int64 }
		if err := json.Unmarshal([]byte(c.last.Load().(string)), &claims); err != nil || claims.Exp != time.Now().Add(5*time.Minute).Unix() {
			t.Errorf("%s, %v", c.last.Load(), err)
		}
	})
}

func TestAnUpstreamTokenGrantsOneDatabaseAndNoMoreThanWasAskedFor(t *testing.T) {
	var c counter
	tokens := libsql.NewUpstreamTokens(&c, func() time.Time { return time.Unix(1_000_000, 0) })
	for i, ask := range []struct {
		database string
		access   token.Access
		attach   []string
		want     string
	}{
		{"a", token.FullAccess, nil, `{"p":{"rw":{"ns":["a"]}},"exp":1000300}`},
		{"a", token.ReadOnly, nil, `{"p":{"ro":{"ns":["a"]}},"exp":1000300}`},
		{"b", token.ReadOnly, nil, `{"p":{"ro":{"ns":["b"]}},"exp":1000300}`},
		{"a", token.ReadOnly, []string{"b"}, `{"p":{"ro":{"ns":["a"]},"roa":{"ns":["b"]}},"exp":1000300}`},
		{"a", token.FullAccess, []string{"b", "c"}, `{"p":{"rw":{"ns":["a"]},"roa":{"ns":["b","c"]}},"exp":1000300}`},
		{"c", "something", nil, `{"p":{"ro":{"ns":["c"]}},"exp":1000300}`},
	} {
		got, err := tokens.For(ask.database, ask.access, ask.attach)
		if err != nil || got != fmt.Sprint(i+1) || c.last.Load() != ask.want {
			t.Errorf("%+v: token %s for %s, %v", ask, got, c.last.Load(), err)
		}
	}
}

func TestManyRequestsAtOnceShareOneUpstreamToken(t *testing.T) {
	var c counter
	tokens := libsql.NewUpstreamTokens(&c, nil)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if got, err := tokens.For("my-db", token.ReadOnly, nil); got != "1" || err != nil {
				t.Errorf("token %s, %v", got, err)
			}
		})
	}
	wg.Wait()
}

func TestUpstreamTokensAreKeptInBounds(t *testing.T) {
	var c counter
	tokens := libsql.NewUpstreamTokens(&c, nil)
	for i := range 1025 {
		_, _ = tokens.For(fmt.Sprint(i), token.ReadOnly, nil)
	}
	if got, _ := tokens.For("0", token.ReadOnly, nil); got != "1026" {
		t.Errorf("the first of 1,025 tokens is still kept: %s", got)
	}
	if got, _ := tokens.For("1024", token.ReadOnly, nil); got != "1025" {
		t.Errorf("the newest token is not kept: %s", got)
	}
}

func TestAFailureToSignIsKeptFromTheClient(t *testing.T) {
	c := counter{err: errors.New("no key in the ring")}
	tokens := libsql.NewUpstreamTokens(&c, nil)
	if _, err := tokens.For("my-db", token.ReadOnly, nil); !errors.Is(err, c.err) || !strings.Contains(err.Error(), "upstream token") {
		t.Error(err)
	}
	if _, err := tokens.For("my-db", token.ReadOnly, nil); c.n.Load() != 2 || err == nil {
		t.Error("a failure was kept like a token")
	}
}
