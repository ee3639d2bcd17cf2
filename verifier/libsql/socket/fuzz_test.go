package socket

import (
	"bufio"
	"bytes"
	"testing"
)

func FuzzAHeaderIsWrittenAsItWasRead(f *testing.F) {
	for _, seed := range [][]byte{
		unmasked(opText, "hi"), masked(opText, "hi"), unmasked(opText, string(make([]byte, 300))),
		unmasked(opBinary, string(make([]byte, 70_000)))[:10],
		{0xC1, 0},
		{0x81, 126, 0, 1},
		{},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, size, err := parseHeader(b)
		if err != nil || size == 0 {
			return
		}
		if again := h.append(nil); !bytes.Equal(again, b[:size]) {
			t.Errorf("% x was read as % x", b[:size], again)
		}
	})
}

func FuzzWhatGoesOnIsWhatTheClientSaid(f *testing.F) {
	f.Add(masked(opText, "hi"))
	f.Add(bytes.Join([][]byte{fragment(opText, false, "a"), masked(opPing, "p"), fragment(opContinuation, true, "b"), masked(opClose, "")}, nil))
	f.Add(unmasked(opText, "hi"))
	f.Fuzz(func(t *testing.T, b []byte) {
		in := inbound{from: bufio.NewReader(bytes.NewReader(b)), kind: opText}
		for range 100 {
			message, whole, err := in.next(1 << 12)
			if err != nil {
				return
			}
			if !whole {
				continue
			}
			if len(message) > 1<<12 {
				t.Fatalf("a message of %d bytes", len(message))
			}
			in.forward(opText, message)
			h, payload, err := readFrame(bytes.NewReader(in.pending))
			if err != nil || !h.masked || payload != string(message) {
				t.Fatalf("%q goes on as %q, %v", message, payload, err)
			}
			in.done()
		}
	})
}

func FuzzWhatTheServerSaysPassesInAnyPieces(f *testing.F) {
	f.Add(unmasked(opText, "hi"), uint8(1))
	f.Add(append(unmasked(opText, string(make([]byte, 600))), unmasked(opPing, "p")...), uint8(7))
	f.Add(masked(opText, "hi"), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, size uint8) {
		var client bytes.Buffer
		o := &outbound{session: &lettingPass{}, kind: opText, to: &client}
		o.room.L = &o.mu
		for rest := b; len(rest) > 0; {
			n := min(int(size)+1, len(rest))
			if err := o.write(rest[:n]); err != nil {
				got, _, _ := bytes.Cut(client.Bytes(), errServer.frame())
				if !bytes.HasPrefix(b, got) {
					t.Fatalf("% x became % x", b, got)
				}
				return
			}
			rest = rest[n:]
		}
		if !bytes.HasPrefix(b, client.Bytes()) {
			t.Fatalf("% x became % x", b, client.Bytes())
		}
	})
}

// lettingPass lets everything of the server pass.
type lettingPass struct{ script }

func (*lettingPass) FromServer([]byte) (Passage, error) { return Passage{}, nil }
