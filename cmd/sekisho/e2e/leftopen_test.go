package e2e

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// sqldStreams is how many streams sqld has at once, for all clients. It forgets a
// stream that nobody uses after ten seconds.
const sqldStreams = 128

// finished are read-only requests that leave no stream open, each in its own way.
var finished = map[string]struct{ path, body string }{
	"closed":                      {"/v2/pipeline", `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"close"}]}`},
	"closed after a failure":      {"/v3/pipeline", `{"requests":[{"type":"execute","stmt":{"sql":"SELECT * FROM nowhere"}},{"type":"close"}]}`},
	"refused in the middle":       {"/v2/pipeline", `{"requests":[{"type":"execute","stmt":{"sql":"SELECT 1"}},{"type":"execute","stmt":{"sql":"DELETE FROM users"}},{"type":"close"}]}`},
	"refused altogether":          {"/v2/pipeline", `{"requests":[{"type":"execute","stmt":{"sql":"DELETE FROM users"}},{"type":"close"}]}`},
	"nothing but closed":          {"/v2/pipeline", `{"requests":[{"type":"close"}]}`},
	"a sequence":                  {"/v3/pipeline", `{"requests":[{"type":"sequence","sql":"SELECT 1; SELECT 2"},{"type":"close"}]}`},
	"a text that is not there":    {"/v3/pipeline", `{"requests":[{"type":"execute","stmt":{"sql_id":7}},{"type":"close"}]}`},
	"a text that is not there, 2": {"/v3/pipeline", `{"requests":[{"type":"execute","stmt":{"sql_id":7}}]}`},
	"a request after the close":   {"/v3/pipeline", `{"requests":[{"type":"close"},{"type":"execute","stmt":{"sql":"SELECT 1"}}]}`},
	"no stream of its own":        {"/v1/execute", `{"stmt":{"sql":"SELECT 1"}}`},
	"no stream, and a failure":    {"/v1/batch", `{"batch":{"steps":[{"stmt":{"sql":"SELECT * FROM nowhere"}}]}}`},
	"no stream, and refused":      {"/v1/execute", `{"stmt":{"sql":"DELETE FROM users"}}`},
	"the oldest form":             {"/", `{"statements":["SELECT 1","SELECT * FROM nowhere"]}`},
	"a cursor that is refused":    {"/v3/cursor", `{"batch":{"steps":[{"stmt":{"sql":"DELETE FROM users"}}]}}`},
}

func TestTheGateLeavesNoStreamOpenThatItsClientHasNot(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	for name, request := range finished {
		inTurns(2*sqldStreams, func(int) {
			a, err := call(t.Context(), http.MethodPost, h.url("my-db")+request.path, reader, request.body)
			if err != nil || a.status == http.StatusTooManyRequests {
				t.Errorf("%s: %v %d %s", name, err, a.status, a.body)
			}
		})
		if n := h.users(t, "my-db", full); n != "2" {
			t.Errorf("%s: %v users are left", name, n)
		}
	}
}

func TestACursorLeavesOneStreamForItsClient(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	inTurns(2*sqldStreams, func(int) {
		a, err := call(t.Context(), http.MethodPost, h.url("my-db")+"/v3/cursor", reader, `{"batch":{"steps":[{"stmt":{"sql":"SELECT 1"}}]}}`)
		head, _, _ := strings.Cut(a.body, "\n")
		var stream struct{ Baton string }
		if err != nil || json.Unmarshal([]byte(head), &stream) != nil {
			t.Errorf("%v %d %s", err, a.status, a.body)
			return
		}
		a, err = call(t.Context(), http.MethodPost, h.url("my-db")+"/v3/pipeline", reader, `{"baton":"`+stream.Baton+`","requests":[{"type":"close"}]}`)
		if err != nil || a.status != http.StatusOK {
			t.Errorf("closing: %v %d %s", err, a.status, a.body)
		}
	})
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users are left", n)
	}
}

func TestAClientThatBreaksOffLeavesNoStreamOpen(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	const long = `{"requests":[{"type":"execute","stmt":{"sql":"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT max(i) FROM n"}},{"type":"close"}]}`
	inTurns(3*sqldStreams, func(int) {
		ctx, cancel := context.WithTimeout(t.Context(), rand.N(20*time.Millisecond))
		defer cancel()
		_, _ = call(ctx, http.MethodPost, h.url("my-db")+"/v2/pipeline", reader, long)
	})
	if n := h.users(t, "my-db", full); n != "2" {
		t.Errorf("%v users are left", n)
	}
}

// inTurns does something n times, four at once.
func inTurns(n int, do func(i int)) {
	var wg sync.WaitGroup
	for first := range 4 {
		wg.Go(func() {
			for i := first; i < n; i += 4 {
				do(i)
			}
		})
	}
	wg.Wait()
}
