package caddymodule

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"

	"github.com/sekisho-project/sekisho/token"
)

// statusOnly is an answer of which nothing is kept.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header         { return w.header }
func (w *statusOnly) Write(p []byte) (int, error) { return len(p), nil }
func (w *statusOnly) WriteHeader(status int)      { w.status = status }

// server is Caddy's own handler of the one site that is loaded.
func server(t *testing.T) http.Handler {
	t.Helper()
	app, err := caddy.ActiveContext().App("http")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range app.(*caddyhttp.App).Servers {
		return s
	}
	t.Fatal("no server")
	return nil
}

var lookUps = regexp.MustCompile(`caddy_sekisho_store_seconds_count\{operation="(?:hgetall|hget)"\} (\d+)`)

func TestAMillionStrangersAtTheHandlerCostNoCallAndNoMemoryThatStays(t *testing.T) {
	const crowd = 1_000_000
	base := load(t, global("store embedded "+t.TempDir())+`
http://:0 {
	bind 127.0.0.1
	metrics /metrics
	require_token /api/* api {
		failure_limit 1000000 1s
	}
	respond /api/* "in"
}
`)
	handler := server(t)
	credential, _ := token.NewOpaque("jt")
	almost := credential[:len(credential)-7]
	send := func(i int) int {
		bearer := fmt.Sprintf("%s%07d", almost, i) // a wrong checksum
		switch i % 4 {
		case 1:
			bearer = fmt.Sprintf("eyJhbGciOiJFZERTQSJ9.eyJqdGkiOiIxIn0.%043d", i)
		case 2:
			bearer = fmt.Sprintf("%032x", i)
		case 3:
			bearer = fmt.Sprintf("%d %d", i, i)
		}
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/api/v1/songs", nil)
		r.Header["Authorization"] = []string{"Bearer " + bearer}
		w := &statusOnly{header: http.Header{}}
		handler.ServeHTTP(w, r)
		return w.status
	}
	counted := func() (n int) {
		_, body := call(t, "GET", base+"/metrics", "", "")
		for _, match := range lookUps.FindAllStringSubmatch(body, -1) {
			count, _ := strconv.Atoi(match[1])
			n += count
		}
		return n
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	crowdOf := func(n int) (refused int64) {
		var next, count atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for i := next.Add(1); i <= int64(n); i = next.Add(1) {
					if send(int(i)) == http.StatusUnauthorized {
						count.Add(1)
					}
				}
			})
		}
		wg.Wait()
		return count.Load()
	}
	crowdOf(1000)
	before, calls, began := heap(), counted(), time.Now()
	if calls == 0 {
		t.Fatal("no call to the store was counted at all")
	}
	if refused := crowdOf(crowd); refused != crowd {
		t.Errorf("%d of %d were refused", refused, crowd)
	}
	if after := heap(); after > before+2<<20 {
		t.Errorf("%d bytes are held, %d before", after, before)
	}
	// Whoever asks, the gate reads which tokens were imported twice a minute, and the keys of other nodes once.
	if asked := counted() - calls; asked > 2+int(time.Since(began)/(20*time.Second)) {
		t.Errorf("the store was asked %d times", asked)
	}
}
