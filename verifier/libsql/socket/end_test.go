package socket

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestASocketThatNoLongerPassesEndsWithinASecond(t *testing.T) {
	for name, begin := range map[string]func(r *rig){
		"while nothing is said":          func(*rig) {},
		"while the client is in a frame": func(r *rig) { r.send(masked(opText, "long text")[:9]) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				time.Sleep(time.Hour)
				begin(r)
				synctest.Wait()
				r.script.recheck.Store(&Close{Policy, "token revoked"})
				revoked := time.Now()
				h, payload := r.frame(r.client)
				if h.opcode != opClose || payload[2:] != "token revoked" {
					t.Errorf("got opcode %d %q", h.opcode, payload)
				}
				if took := time.Since(revoked); took > watchEvery {
					t.Errorf("the client was told after %s", took)
				}
				<-r.done
				if took := time.Since(revoked); took > time.Second {
					t.Errorf("the socket ended after %s", took)
				}
			})
		})
	}
}

func TestTheCloseFrameWaitsForTheFrameOfTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serve(header{final: true, opcode: opText, length: 600}.append(nil), bytes.Repeat([]byte("a"), 300))
		if _, err := io.ReadFull(r.client, make([]byte, 304)); err != nil {
			t.Fatal(err)
		}
		r.script.recheck.Store(&Close{Policy, "token expired"})
		time.Sleep(watchEvery)
		synctest.Wait()
		r.serve(bytes.Repeat([]byte("a"), 300))
		if _, err := io.ReadFull(r.client, make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
		r.wantClose(Policy, "token expired")
	})
}

func TestASocketEndsThoughNobodyReadsOrAnswers(t *testing.T) {
	for name, begin := range map[string]func(r *rig){
		"the client does not read":          func(r *rig) { r.serve(unmasked(opText, "hi")) },
		"the server does not read":          func(r *rig) { r.send(masked(opText, "hi")) },
		"the client never answers":          func(*rig) {},
		"the server stops inside a message": func(r *rig) { r.serve(header{final: true, opcode: opText, length: 9}.append(nil)) },
		"the client reads none of many answers": func(r *rig) {
			r.send(bytes.Repeat(masked(opText, "no"), 10_000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			begin(r)
			r.script.recheck.Store(&Close{Policy, "token revoked"})
			revoked := time.Now()
			<-r.done
			if took := time.Since(revoked); took > 5*time.Second { // less than one, but for a busy machine
				t.Errorf("the socket ended after %s", took)
			}
		})
	}
}

func TestAClientThatDoesNotReadGrowsNoMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serve(header{final: true, opcode: opText, length: 600}.append(nil), bytes.Repeat([]byte("a"), 300))
		if _, err := io.ReadFull(r.client, make([]byte, 304)); err != nil {
			t.Fatal(err)
		}
		one := masked(opText, "no "+string(bytes.Repeat([]byte("x"), 1000)))
		sent := 0
		go func() {
			for range 1000 {
				if _, err := r.client.Write(one); err != nil {
					return
				}
				sent++
			}
		}()
		synctest.Wait()
		if sent > maxQueue/1000+2 {
			t.Errorf("%d answers wait in memory", sent)
		}
	})
}

func TestAClientThatReadsNothingForAMinuteLosesItsSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serve(unmasked(opText, "hi"))
		begun := time.Now()
		<-r.done
		if took := time.Since(begun); took < writeTimeout || took > writeTimeout+time.Second {
			t.Errorf("the socket ended after %s", took)
		}
		if rest, err := io.ReadAll(r.server); err != nil || len(rest) > 0 {
			t.Errorf("the server got %q, %v", rest, err)
		}
	})
}

func TestAClientThatReadsSlowlyKeepsItsSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		message := unmasked(opText, string(bytes.Repeat([]byte("slow"), 1000)))
		for piece := range slices.Chunk(message, 2*peekSize) {
			r.serve(piece)
			time.Sleep(writeTimeout - time.Second)
			_ = r.client.SetReadDeadline(time.Now().Add(time.Second))
			got := make([]byte, len(piece))
			if _, err := io.ReadFull(r.client, got); err != nil || !bytes.Equal(got, piece) {
				t.Fatalf("got %q, %v", got, err)
			}
		}
	})
}

func TestOneWatchLooksAfterManySockets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rigs := make([]*rig, 20)
		for i := range rigs {
			rigs[i] = newRig(t)
		}
		rigs[7].script.recheck.Store(&Close{Policy, "token revoked"})
		rigs[7].wantClose(Policy, "token revoked")
		rigs[8].send(masked(opText, "still here"))
		rigs[8].wantMessage(rigs[8].server, "still here")
	})
}

func TestAFrameThatIsRefusedIsReadToItsEnd(t *testing.T) {
	long := string(bytes.Repeat([]byte{0xFF}, 1<<20+1)) // longer than what a rig takes, and no header begins like this
	for name, c := range map[string]struct {
		frame []byte
		code  Code
	}{
		"a message over the limit": {masked(opText, long), TooBig},
		"a fragment over it":       {append(fragment(opText, false, "a"), fragment(opContinuation, true, long)...), TooBig},
		"binary instead of text":   {masked(opBinary, long), Unsupported},
		"a frame without a mask":   {unmasked(opText, long), ProtocolError},
		"a fragment of nothing":    {fragment(opContinuation, true, long), ProtocolError},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				sent := make(chan error, 1)
				go func() {
					_, err := r.client.Write(c.frame)
					sent <- err
				}()
				h, payload := r.frame(r.client)
				if h.opcode != opClose || Code(payload[0])<<8|Code(payload[1]) != c.code {
					t.Errorf("got opcode %d %q, want close code %d", h.opcode, payload, c.code)
				}
				if err := <-sent; err != nil {
					t.Errorf("the client was cut off while it was sending: %v", err)
				}
				if _, err := r.client.Write(masked(opClose, payload[:2])); err != nil {
					t.Errorf("the client was cut off before it answered: %v", err)
				}
				<-r.done
			})
		})
	}
}

// streaming is a response writer over extended CONNECT.
type streaming struct {
	plain
	to io.Writer
}

func (s *streaming) Write(b []byte) (int, error)      { return s.to.Write(b) }
func (s *streaming) FlushError() error                { return nil }
func (s *streaming) SetReadDeadline(time.Time) error  { return nil }
func (s *streaming) SetWriteDeadline(time.Time) error { return nil }

func TestExtendedConnectIsJudgedLikeAnUpgrade(t *testing.T) {
	body, client := io.Pipe()
	answers, front := io.Pipe()
	w := &streaming{plain{header: http.Header{}}, front}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodConnect, "http://db/", body)
	var watch Watch
	served := make(chan []byte, 1)
	done := make(chan error, 1)
	go func() {
		done <- watch.Serve(w, request, &script{limit: 100}, Options{Kind: Text}, func(w http.ResponseWriter, r *http.Request) error {
			w.WriteHeader(http.StatusOK)
			if _, err := w.Write(unmasked(opText, "hi")); err != nil {
				return err
			}
			got, err := io.ReadAll(r.Body)
			served <- got
			return err
		})
	}()
	go func() { _, _ = client.Write(append(masked(opText, "no"), masked(opText, "end")...)) }()
	for _, want := range []string{"hi", "refused: no", "last", "\x03\xe8asked for"} {
		if _, payload, err := readFrame(answers); err != nil || payload != want {
			t.Errorf("got %q, %v, want %q", payload, err, want)
		}
	}
	_, _ = client.Write(masked(opClose, "\x03\xe8"))
	if err := <-done; !errors.Is(err, errEnded) || len(<-served) > 0 {
		t.Errorf("the proxy ended with %v", err)
	}
}

func TestAClosureNeverTouchesTheWriterOfAHandledRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body, client := io.Pipe()
		w := &streaming{plain{header: http.Header{}}, io.Discard}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodConnect, "http://db/", body)
		var watch Watch
		s := &script{limit: 100}
		if err := watch.Serve(w, request, s, Options{Kind: Text}, func(w http.ResponseWriter, _ *http.Request) error {
			w.WriteHeader(http.StatusOK)
			s.recheck.Store(&Close{Policy, "token revoked"})
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		w.to = nil // a write would panic
		time.Sleep(time.Second)
		_ = client.Close()
	})
}
