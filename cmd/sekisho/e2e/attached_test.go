package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

func TestWhatATokenHasAttachedIsNotLeftToAnother(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	h.furnish(t, "other-db")
	attaching := h.mint(t, myDB, "", `{"permissions":{"read_attach":{"databases":["other-db"]}}}`)
	plain := h.mint(t, myDB, "", "")
	conn, _, err := websocket.Dial(t.Context(), h.socketURL("my-db"), &websocket.DialOptions{Subprotocols: []string{"hrana2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	ask := func(message string) string {
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(message)); err != nil {
			return err.Error()
		}
		_, answer, err := conn.Read(t.Context())
		if err != nil {
			return err.Error()
		}
		return string(answer)
	}
	run := func(sql string) string {
		return ask(fmt.Sprintf(`{"type":"request","request_id":1,"request":{"type":"execute","stream_id":0,"stmt":{"sql":%q}}}`, sql))
	}
	const reading = "SELECT name FROM o.users"
	ask(`{"type":"hello","jwt":"` + attaching.JWT + `"}`)
	ask(`{"type":"request","request_id":0,"request":{"type":"open_stream","stream_id":0}}`)
	run(`ATTACH "other-db" AS o`)
	if answer := run(reading); !strings.Contains(answer, `"rows":[[`) {
		t.Fatalf("the token that may attach sees %s", answer)
	}
	hello := ask(`{"type":"hello","jwt":"` + plain.JWT + `"}`)
	h.mustRevoke(t, myDB, attaching.ID)
	if answer := run(reading); strings.Contains(answer, `"rows":[[`) {
		t.Errorf("after %s, the other token sees %s", hello, answer)
	}
}
