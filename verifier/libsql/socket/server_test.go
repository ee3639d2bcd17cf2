package socket

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
)

func TestMessagesOfTheServerStreamThrough(t *testing.T) {
	r := newRig(t)
	long := strings.Repeat("x", 3*peekSize)
	all := bytes.Join([][]byte{
		unmasked(opText, "hi"), unmasked(opPing, "p"), unmasked(opText, long), unmasked(opText, ""),
		header{opcode: opText, length: 2}.append(nil), []byte("ab"), unmasked(opPong, ""), header{final: true, length: 1}.append(nil), []byte("c"),
	}, nil)
	pieces := make([][]byte, len(all))
	for i := range all {
		pieces[i] = all[i : i+1]
	}
	r.serve(pieces...)
	got := make([]byte, len(all))
	if _, err := io.ReadFull(r.client, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnswersStandBetweenTheMessagesOfTheServer(t *testing.T) {
	r := newRig(t)
	h := header{opcode: opText, length: 600}
	r.serve(h.append(nil), bytes.Repeat([]byte("a"), 300))
	head := make([]byte, 4+300)
	if _, err := io.ReadFull(r.client, head); err != nil {
		t.Fatal(err)
	}
	r.send(masked(opText, "no"), masked(opText, "yes"))
	r.wantMessage(r.server, "yes")
	r.serve(bytes.Repeat([]byte("a"), 300), header{final: true, length: 1}.append(nil), []byte("z"))
	rest := make([]byte, 300)
	if _, err := io.ReadFull(r.client, rest); err != nil {
		t.Fatal(err)
	}
	if h, payload := r.frame(r.client); !h.final || payload != "z" {
		t.Errorf("got %q inside the message", payload)
	}
	r.wantMessage(r.client, "refused: no")
}

func TestNoAnswerOvertakesAMessageThatIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.serve(header{opcode: opText, length: 4}.append(nil), []byte("hold"), unmasked(opPing, ""))
		r.frame(r.client) // the ping: the message is held
		r.send(masked(opText, "no"), masked(opText, "yes"))
		r.wantMessage(r.server, "yes")
		r.serve(header{final: true, length: 4}.append(nil), []byte("long"))
		r.wantMessage(r.client, "held")
		r.wantMessage(r.client, "refused: no")
	})
}

func TestASessionRewritesAndAddsToMessages(t *testing.T) {
	r := newRig(t)
	r.serve(
		unmasked(opText, "then"), header{opcode: opText, length: 6}.append(nil), []byte("hold a"),
		unmasked(opPing, ""), header{final: true, length: 4}.append(nil), []byte("long"),
	)
	r.wantMessage(r.client, "then")
	r.wantMessage(r.client, "after")
	if h, _ := r.frame(r.client); h.opcode != opPing {
		t.Errorf("got opcode %d, want the ping", h.opcode)
	}
	r.wantMessage(r.client, "held")
}

func TestAServerThatBreaksTheProtocolEndsTheSocket(t *testing.T) {
	for name, bytes := range map[string][]byte{
		"masked":                    masked(opText, "x"),
		"compressed":                {0xC1, 0},
		"a continuation of nothing": unmasked(opContinuation, "x"),
		"messages inside messages":  append(header{opcode: opText}.append(nil), unmasked(opText, "x")...),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.serve(bytes)
			if name == "messages inside messages" {
				r.frame(r.client)
			}
			if h, payload := r.frame(r.client); h.opcode != opClose || payload[2:] != errServer.Reason {
				t.Errorf("got opcode %d %q", h.opcode, payload)
			}
		})
	}
}

func TestAServerThatLeavesIsTold(t *testing.T) {
	r := newRig(t)
	r.serve(unmasked(opText, "hi"))
	r.wantMessage(r.client, "hi")
	_ = r.server.Close()
	r.wantClose(Fault, "the database server ended the connection")
}

func TestTheCloseFrameOfAReloadReachesTheClient(t *testing.T) {
	for name, begun := range map[string][]byte{
		"between messages":            nil,
		"while a header is not whole": {0x81},
		"while a message is held":     append(header{final: true, opcode: opText, length: 100}.append(nil), "hold"...),
	} {
		t.Run(name, func(t *testing.T) {
			o := &outbound{session: &script{}, kind: opText}
			var client bytes.Buffer
			o.to, o.room.L = &client, &o.mu
			for _, p := range [][]byte{begun, goingAway, []byte("rest")} {
				if err := o.write(p); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(client.Bytes(), goingAway) {
				t.Errorf("the client got %q", client.Bytes())
			}
		})
	}
}

func TestTheCloseFrameOfAReloadNeverStandsInsideAFrame(t *testing.T) {
	o := &outbound{session: &script{}, kind: opText}
	var client bytes.Buffer
	o.to, o.room.L = &client, &o.mu
	begun := append(header{final: true, opcode: opText, length: 600}.append(nil), bytes.Repeat([]byte("a"), 300)...)
	for _, p := range [][]byte{begun, goingAway} {
		if err := o.write(p); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(client.Bytes(), begun) {
		t.Errorf("the client got %q", client.Bytes())
	}
}

func TestAnAnswerThatIsNoUpgradePasses(t *testing.T) {
	var watch Watch
	w := &plain{header: http.Header{}}
	r, _ := http.NewRequestWithContext(t.Context(), http.MethodConnect, "http://db/", http.NoBody)
	err := watch.Serve(w, r, &script{}, Options{Kind: Text}, func(w http.ResponseWriter, r *http.Request) error {
		w.WriteHeader(http.StatusBadGateway)
		_, err := io.WriteString(w, "no such server")
		return err
	})
	if err != nil || w.status != http.StatusBadGateway || w.body.String() != "no such server" {
		t.Errorf("got %d %q, %v", w.status, w.body.String(), err)
	}
}

// plain is a response writer that can do nothing else.
type plain struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (p *plain) Header() http.Header         { return p.header }
func (p *plain) WriteHeader(status int)      { p.status = status }
func (p *plain) Write(b []byte) (int, error) { return p.body.Write(b) }

func TestWhatWaitsForRoomIsLetGoWhenTheServerEndsInTheMiddleOfAMessage(t *testing.T) {
	fragment := append(header{opcode: opText, length: peekSize + 1}.append(nil), make([]byte, peekSize+1)...)
	for name, c := range map[string]struct{ begun, end []byte }{
		"between two frames":       {fragment, appendFrame(nil, opClose, []byte{0x03, 0xE8})},
		"in the middle of a frame": {fragment[:len(fragment)-1], goingAway},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := &outbound{to: io.Discard, session: &script{}, kind: opText}
				o.room.L = &o.mu
				_ = o.write(c.begun)
				_ = o.answer(make([]byte, maxQueue+1))
				go func() { _ = o.answer([]byte("late")) }()
				synctest.Wait()
				if err := o.write(c.end); err != nil { // the test ends in a deadlock if that does not help
					t.Error(err)
				}
			})
		})
	}
}
