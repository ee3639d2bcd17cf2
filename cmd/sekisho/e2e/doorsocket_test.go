package e2e

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
)

// onStream are requests that name the stream that they are for.
func onStream(make func(sql string) object) func(sql string) []object {
	return func(sql string) []object {
		request := make(sql)
		request["stream_id"] = 1
		return []object{request}
	}
}

func storedOnSocket(sql string) []object {
	return append([]object{storeSQL(sql)}, onStream(func(string) object {
		return object{"type": "execute", "stmt": object{"sql_id": 7}}
	})("")...)
}

func inCursor(sql string) []object {
	return []object{
		{"type": "open_cursor", "stream_id": 1, "cursor_id": 1, "batch": batch(sql)},
		{"type": "fetch_cursor", "cursor_id": 1, "max_count": 10},
	}
}

// overSocket makes the requests on a WebSocket, and gives all that is answered.
func overSocket(protocol string, make func(sql string) []object) func(t *testing.T, h *house, token, sql string) answer {
	return func(t *testing.T, h *house, token, sql string) answer {
		t.Helper()
		return h.onSocket(t, protocol, append([]object{greeting(token), opening}, wrapped(make(sql))...))
	}
}

// storedByAnOwner lets a full-access token store the text, which the token in
// question then uses on the same socket.
func storedByAnOwner(t *testing.T, h *house, token, sql string) answer {
	t.Helper()
	requests := wrapped(storedOnSocket(sql))
	return h.onSocket(t, "hrana3", []object{greeting(h.owner), requests[0], greeting(token), opening, requests[1]})
}

var opening = object{"type": "request", "request_id": 0, "request": object{"type": "open_stream", "stream_id": 1}}

func greeting(token string) object { return object{"type": "hello", "jwt": token} }

func wrapped(requests []object) []object {
	var messages []object
	for i, request := range requests {
		messages = append(messages, object{"type": "request", "request_id": 1 + i, "request": request})
	}
	return messages
}

func (h *house) onSocket(t *testing.T, protocol string, messages []object) answer {
	t.Helper()
	conn, response, err := websocket.Dial(t.Context(), h.socketURL("my-db"), &websocket.DialOptions{Subprotocols: []string{protocol}})
	if err != nil && response != nil {
		return answer{status: response.StatusCode, header: response.Header, body: err.Error()}
	} else if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	conn.SetReadLimit(1 << 20)
	var replies []string
	for _, message := range messages {
		text := marshal(t, message)
		if protocol == hranaProtobuf {
			text = inBinary(t, text)
		}
		replies = append(replies, exchange(t.Context(), t, conn, text))
	}
	return answer{status: http.StatusOK, body: strings.Join(replies, "\n")}
}

const hranaProtobuf = "hrana3-protobuf"

// inBinary is a client's message in the binary encoding.
func inBinary(t *testing.T, message string) string {
	t.Helper()
	json := hrana.JSON{MaxSteps: 10}
	envelope, err := json.DecodeEnvelope([]byte(message))
	if err != nil {
		t.Fatal(err)
	}
	if envelope.Hello != nil {
		return string(protobuf.EncodeHello(*envelope.Hello))
	}
	request, err := json.DecodeSocketRequest(envelope.Request)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := protobuf.EncodeSocketRequest(envelope.RequestID, request)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}

// ended begins what [exchange] gives for a socket that ends.
const ended = "the socket has ended: "

// exchange sends a message and waits for one.
func exchange(ctx context.Context, t *testing.T, conn *websocket.Conn, message string) string {
	t.Helper()
	kind := websocket.MessageText
	if conn.Subprotocol() == hranaProtobuf {
		kind = websocket.MessageBinary
	}
	if err := conn.Write(ctx, kind, []byte(message)); err != nil {
		return ended + err.Error()
	}
	_, reply, err := conn.Read(ctx)
	if err != nil {
		return ended + err.Error()
	}
	return string(reply)
}
