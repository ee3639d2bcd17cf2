package e2e

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

var commandStat = regexp.MustCompile(`(?m)^cmdstat_([^:]+):calls=(\d+)`)

// calls counts the commands that a Redis was sent since the last time.
func calls(t *testing.T, r *testrig.Redis) map[string]int {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: r.Address})
	defer client.Close()
	text, err := client.Info(t.Context(), "commandstats").Result()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, match := range commandStat.FindAllStringSubmatch(text, -1) {
		counts[match[1]], _ = strconv.Atoi(match[2])
	}
	if err := client.ConfigResetStat(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return counts
}

// wantBackgroundOnly checks that a gate has sent what it sends when nobody asks it
// anything, and as much as further says: it follows the feed, and reads twice a
// minute which tokens were imported.
func wantBackgroundOnly(t *testing.T, counts map[string]int, took time.Duration, further map[string]int) {
	t.Helper()
	further["hgetall"] += 2 + int(took/(30*time.Second))
	for _, command := range []string{"hgetall", "hget", "hmget", "hset", "set", "exists", "evalsha", "eval", "zadd", "xadd", "zscore", "keys", "scan"} {
		if counts[command] > further[command] {
			t.Errorf("%d times %s in %s, want %d at most", counts[command], command, took, further[command])
		}
	}
}

// flood sends n requests from 16 clients at a time, and counts the answers by status.
func (h *apiHouse) flood(t *testing.T, n int, credential func() string) (statuses map[int]int, took time.Duration) {
	t.Helper()
	const clients = 16
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 30 * time.Second}
	statuses = map[int]int{}
	var mu sync.Mutex
	var sent atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range clients {
		wg.Go(func() {
			seen := map[int]int{}
			for sent.Add(1) <= int64(n) {
				request, err := http.NewRequestWithContext(t.Context(), "GET", h.base+"/api/v1/songs", nil)
				if err != nil {
					t.Error(err)
					return
				}
				request.Header["Authorization"] = []string{credential()}
				response, err := client.Do(request)
				if err != nil {
					t.Error(err)
					return
				}
				_ = response.Body.Close()
				seen[response.StatusCode]++
			}
			mu.Lock()
			defer mu.Unlock()
			for status, count := range seen {
				statuses[status] += count
			}
		})
	}
	wg.Wait()
	return statuses, time.Since(began)
}

var heapAlloc = regexp.MustCompile(`# HeapAlloc = (\d+)`)

// heap is what the gate holds in memory, after a collection.
func (h *apiHouse) heap(t *testing.T) int {
	t.Helper()
	a := mustCall(t, "GET", "http://"+h.site.Admin+"/debug/pprof/heap?gc=1&debug=1", "", "").wantStatus(t, 200)
	match := heapAlloc.FindStringSubmatch(a.body)
	if match == nil {
		t.Fatal("no HeapAlloc in the profile")
	}
	bytes, _ := strconv.Atoi(match[1])
	return bytes
}

// strangers draws what people send who have no token.
func strangers() func() string {
	var n atomic.Int64
	return func() string {
		text := rand.Text() + rand.Text()
		switch n.Add(1) % 8 {
		case 0:
			return "Bearer jt_" + strings.ToLower(text[:16]) + "_" + text[:49] // in our form, but for the checksum
		case 1:
			return "Bearer token_" + strings.ToLower(text[:16]) + "_" + text[:48] // one short
		case 2:
			part := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"` + text[:20] + `"}`))
			return "Bearer " + part + "." + part + "." + text
		case 3:
			return "Bearer " + text
		case 4:
			return "Bearer " + text + " " + text
		case 5:
			return "Basic " + text
		case 6:
			return "Bearer " + strings.Repeat(text, 40)
		default:
			return text
		}
	}
}

func TestStrangersCostNoCallAndNoMemoryThatStays(t *testing.T) {
	const crowd = 50_000
	redis := startRedis(t)
	h := startAPI(t, storedIn(redis), func(s *apiSite) { s.Rules = "failure_limit 1000 1h" })
	token, _ := h.developerToken(t)
	mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200)
	h.flood(t, crowd/10, strangers()) // connections, pools and the like are there from now on
	before := h.heap(t)
	calls(t, redis)
	statuses, took := h.flood(t, crowd, strangers())
	counts := calls(t, redis)
	if statuses[401]+statuses[429] != crowd {
		t.Errorf("answers by status: %v", statuses)
	}
	wantBackgroundOnly(t, counts, took, map[string]int{"hmget": 1, "hset": 1}) // the last use of the good token
	grown := h.heap(t) - before
	t.Logf("%d strangers in %s: the gate holds %d bytes more than before", crowd, took, grown)
	if grown > 4<<20 {
		t.Error("that is too much")
	}
	mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200)
}

// lastUsed reads when a token was last used; the zero time is never.
func (h *apiHouse) lastUsed(ctx context.Context, id string) (at time.Time, err error) {
	a, err := call(ctx, "GET", h.base+"/devtokens/"+id, h.adminKey, "")
	if err != nil {
		return at, err
	}
	match := regexp.MustCompile(`"last_used":"([^"]+)"`).FindStringSubmatch(a.body)
	if match == nil {
		return at, fmt.Errorf("never used: %s", a.body)
	}
	return time.Parse(time.RFC3339, match[1])
}

// awaitUse waits until a use is noted at or after some time.
func (h *apiHouse) awaitUse(t *testing.T, id string, since time.Time) (at time.Time) {
	t.Helper()
	err := testrig.Await(t.Context(), "the last use of a token", time.Minute, func(ctx context.Context) (err error) {
		if at, err = h.lastUsed(ctx, id); err == nil && at.Before(since) {
			err = fmt.Errorf("last used at %v, want %v or later", at, since)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestUnderFullLoadTheLastUseCostsAHandfulOfCalls(t *testing.T) {
	const load = 20_000
	redis := startRedis(t)
	h := startAPI(t, storedIn(redis))
	token, id := h.developerToken(t)
	began := time.Now().Truncate(time.Second)
	mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200)
	h.awaitUse(t, id, began)
	calls(t, redis)
	statuses, took := h.flood(t, load, func() string { return "Bearer " + token })
	counts := calls(t, redis)
	if statuses[200] != load {
		t.Errorf("answers by status: %v", statuses)
	}
	minutes := 1 + int(took/time.Minute)
	wantBackgroundOnly(t, counts, took, map[string]int{"hmget": minutes, "hset": minutes})

	end := time.Now()
	if err := h.gate.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := h.gate.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at := h.awaitUse(t, id, began); at.Before(end.Add(-2 * time.Second)) {
		t.Errorf("stopped in order at %v, and the last use is noted as %v", end, at)
	}
}

func TestAKillLosesAMinuteOfUseAtMostAndNoRevoke(t *testing.T) {
	for name, options := range map[string][]func(*apiSite){"redis": {storedIn(startRedis(t))}, "embedded": nil} {
		t.Run(name, func(t *testing.T) {
			h := startAPI(t, options...)
			token, id := h.developerToken(t)
			dead, deadID := h.developerToken(t)
			began := time.Now().Truncate(time.Second)
			for _, credential := range []string{token, dead} {
				mustCall(t, "GET", h.base+"/api/v1/songs", credential, "").wantStatus(t, 200)
			}
			h.awaitUse(t, id, began)
			h.flood(t, 2000, func() string { return "Bearer " + token })
			mustCall(t, "DELETE", h.base+"/devtokens/"+deadID, h.adminKey, "").wantStatus(t, 200)
			killed := time.Now()
			if err := h.gate.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := h.gate.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			if at := h.awaitUse(t, id, began); killed.Sub(at) > 65*time.Second {
				t.Errorf("killed at %v, and the last use is noted as %v", killed, at)
			}
			mustCall(t, "GET", h.base+"/api/v1/songs", dead, "").wantStatus(t, 401)
			mustCall(t, "GET", h.base+"/api/v1/songs", token, "").wantStatus(t, 200)
		})
	}
}
