package libsql_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

// piped is the response writer of a client at the other end of a pipe, which
// works with a clock that a test moves.
type piped struct {
	http.ResponseWriter
	conn net.Conn
}

func (p *piped) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return p.conn, bufio.NewReadWriter(bufio.NewReader(p.conn), bufio.NewWriter(p.conn)), nil
}

func upgradeRequest(t *testing.T) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	for name, value := range map[string]string{
		"Connection": "Upgrade", "Upgrade": "websocket", "Sec-Websocket-Version": "13",
		"Sec-Websocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-Websocket-Protocol": "hrana3",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// swallow is a proxy whose server takes everything and says nothing.
func swallow(w http.ResponseWriter, _ *http.Request, _ *token.Grant) error {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	defer conn.Close()
	_, err = io.Copy(io.Discard, conn)
	return err
}

// connect opens a socket, and ends it with the test.
func connect(t *testing.T, gate *libsql.Gate) (client net.Conn) {
	t.Helper()
	client, front := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = gate.Handle(&piped{httptest.NewRecorder(), front}, upgradeRequest(t), "my-db", swallow)
	}()
	t.Cleanup(func() {
		_ = client.Close()
		<-done
	})
	return client
}

// masked is a short frame of a client, under a mask that changes nothing.
func masked(opcode byte, payload string) []byte {
	return append([]byte{0x80 | opcode, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...)
}

func TestAClientThatShowsNoTokenIsSentAwayAfterTenSeconds(t *testing.T) {
	for name, send := range map[string]func(io.Writer){
		"says nothing":            func(io.Writer) {},
		"begins a message":        func(w io.Writer) { _, _ = w.Write(masked(1, hello("full"))[:9]) },
		"sends pings":             func(w io.Writer) { everySecond(w, bytes.SplitAfter(bytes.Repeat(masked(9, "."), 30), []byte("."))...) },
		"sends one byte a second": func(w io.Writer) { everySecond(w, bytes.Split(masked(1, hello("full")), nil)...) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				counts := make(chan refusal.Reason, 1)
				client := connect(t, newGate(t, libsql.Options{Observe: func(r refusal.Reason) { counts <- r }}))
				begun := time.Now()
				var sending sync.WaitGroup
				sending.Go(func() { send(client) })
				defer sending.Wait()
				defer client.Close()
				head := make([]byte, 4)
				if _, err := io.ReadFull(client, head); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < 10*time.Second || took > 10500*time.Millisecond {
					t.Errorf("sent away after %s", took)
				}
				reason := make([]byte, head[1]-2)
				_, err := io.ReadFull(client, reason)
				if err != nil || !bytes.HasPrefix(head, []byte{0x88}) || !bytes.HasSuffix(head, []byte{0x03, 0xf0}) || string(reason) != "no hello message within 10s" {
					t.Errorf("got % x %q, %v", head, reason, err)
				}
				if reason := <-counts; reason != refusal.Missing {
					t.Errorf("counted %s", reason)
				}
			})
		})
	}
}

func TestTheTimeToShowATokenIsByTheClockOfTheGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		client := connect(t, newGate(t, libsql.Options{Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }}))
		synctest.Wait()
		ahead.Store(int64(10 * time.Second))
		begun := time.Now()
		if _, err := io.ReadFull(client, make([]byte, 4)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > time.Second {
			t.Errorf("sent away %s after its time", took)
		}
	})
}

// faulty is an authenticator with a fault.
type faulty struct{ authenticator }

func (faulty) Verify(string) (*token.Grant, error) { panic("a fault of ours") }

func TestAPanicInASocketIsLoggedByTheGate(t *testing.T) {
	var log bytes.Buffer
	client := connect(t, newGate(t, libsql.Options{Authenticator: faulty{}, Logger: slog.New(slog.NewTextHandler(&log, nil))}))
	if _, err := client.Write(masked(1, hello("full"))); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(client, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), `panic="a fault of ours"`) {
		t.Errorf("logged %q", log.String())
	}
}

func everySecond(w io.Writer, pieces ...[]byte) {
	for _, p := range pieces {
		if _, err := w.Write(p); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestAClientThatHasShownATokenMayBeSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := connect(t, newGate(t, libsql.Options{}))
		if _, err := client.Write(masked(1, hello("full"))); err != nil {
			t.Fatal(err)
		}
		_ = client.SetReadDeadline(time.Now().Add(time.Hour))
		if n, err := client.Read(make([]byte, 1)); !isTimeout(err) {
			t.Errorf("got %d bytes, %v", n, err)
		}
	})
}

func isTimeout(err error) bool {
	failure, ok := errors.AsType[net.Error](err)
	return ok && failure.Timeout()
}

func TestStrangersCannotTakeAllSockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := newGate(t, libsql.Options{})
		known := connect(t, gate)
		if _, err := known.Write(masked(1, hello("full"))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		leave := make(chan struct{})
		waiting := 0
		stranger := func() (refusal.Reason, error) {
			return gate.Handle(httptest.NewRecorder(), upgradeRequest(t), "my-db", func(http.ResponseWriter, *http.Request, *token.Grant) error {
				waiting++
				<-leave
				return nil
			})
		}
		for range 512 {
			go func() { _, _ = stranger() }()
			synctest.Wait()
		}
		if waiting != 512 {
			t.Fatalf("%d of 512 strangers were let in", waiting)
		}
		reason, err := stranger()
		refused, ok := errors.AsType[*refusal.Refusal](err)
		if !ok || reason != refusal.Unready || refused.Status != http.StatusServiceUnavailable || refused.RetryAfter != time.Second {
			t.Fatalf("one more was decided %s, %v", reason, err)
		}
		leave <- struct{}{}
		synctest.Wait()
		go func() { _, _ = stranger() }()
		synctest.Wait()
		if waiting != 513 {
			t.Error("no room was made by one that left")
		}
		close(leave)
		synctest.Wait()
	})
}
