package e2e

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sekisho-project/sekisho/verifier/libsql/rpc"
)

// What an embedded replica calls, as gRPC-Web.
const (
	replicationHello = "/wal_log.ReplicationLog/Hello"
	logEntries       = "/wal_log.ReplicationLog/LogEntries"
	batchLogEntries  = "/wal_log.ReplicationLog/BatchLogEntries"
	proxyExecute     = "/proxy.Proxy/Execute"
	proxyDescribe    = "/proxy.Proxy/Describe"
	proxyDisconnect  = "/proxy.Proxy/Disconnect"
)

// webCall sends one message.
func webCall(message []byte) (body string, change func(*http.Request)) {
	return string(rpc.Frame(message)), header("Content-Type", rpc.Web.ContentType())
}

// callReplication makes a call with a token, and gives its status too, 0 for success.
func (h *house) callReplication(t *testing.T, database, token, method string, message []byte, changes ...func(*http.Request)) (a answer, status string) {
	t.Helper()
	body, asCall := webCall(message)
	a = mustCall(t, http.MethodPost, h.url(database)+method, token, body, append(changes, asCall)...)
	if status = a.header.Get("Grpc-Status"); status == "" {
		_, trailers, _ := strings.Cut(a.body, "grpc-status:")
		status, _, _ = strings.Cut(trailers, "\r\n")
	}
	return a, status
}

// session is the token that the server gives a replica that says hello.
func (h *house) replicaSession(t *testing.T, database, token string) func(*http.Request) {
	t.Helper()
	a, status := h.callReplication(t, database, token, replicationHello, number(1, 1))
	message, _, err := rpc.First([]byte(a.body))
	if status != "0" || err != nil {
		t.Fatalf("hello: status %q, %v: %q", status, err, a.body)
	}
	for len(message) > 0 {
		field, kind, n := protowire.ConsumeTag(message)
		if field == 4 {
			session, _ := protowire.ConsumeBytes(message[n:])
			return header("X-Session-Token", string(session))
		}
		message = message[n+max(0, protowire.ConsumeFieldValue(field, kind, message[n:])):]
	}
	t.Fatalf("no session in %q", a.body)
	return nil
}

func number(field protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(nil, field, protowire.VarintType), value)
}

func nested(field protowire.Number, content []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(nil, field, protowire.BytesType), content)
}

// program is what a replica sends to have one statement run, for a client of its own choice.
func program(client, sql string) []byte {
	query := nested(2, append(nested(1, []byte(sql)), nested(2, nil)...)) // of a step: query; of that: stmt, positional
	return append(nested(1, []byte(client)), nested(2, nested(1, query))...)
}

const someClient = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"

func TestReplicationShowsTheTokensDatabaseOnly(t *testing.T) {
	h := startHouse(t, withAllowed("replication"))
	full := h.furnish(t, "my-db")
	otherFull := h.furnish(t, "other-db")
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	session := h.replicaSession(t, "my-db", reader)
	named := header("X-Namespace-Bin", base64.RawStdEncoding.EncodeToString([]byte("other-db")))
	for name, change := range map[string]func(*http.Request){
		"as a replica asks": session, "with the name of another in the metadata": func(r *http.Request) { session(r); named(r) },
	} {
		a, status := h.callReplication(t, "my-db", reader, batchLogEntries, number(1, 1), change)
		if status != "0" || !strings.Contains(a.body, "Ada of my-db") || strings.Contains(a.body, vault) {
			t.Errorf("%s: status %q, %d bytes", name, status, len(a.body))
		}
	}
	theirs := h.replicaSession(t, "other-db", otherFull)
	for _, method := range []string{replicationHello, logEntries, batchLogEntries, "/wal_log.ReplicationLog/Snapshot", proxyExecute, proxyDescribe, proxyDisconnect} {
		for who, token := range map[string]string{"read-only": reader, "full access": full, "nobody": "", "a made-up token": "eyJhbGciOiJub25lIn0.e30."} {
			a, status := h.callReplication(t, "other-db", token, method, program(someClient, "SELECT name FROM users"), theirs)
			if status != "7" && status != "16" || strings.Contains(a.body, vault) {
				t.Errorf("%s by %s: status %q: %q", method, who, status, a.body)
			}
		}
	}
}

func TestAReadOnlyTokenRunsNothingThroughTheProxy(t *testing.T) {
	h := startHouse(t, withAllowed("replication"))
	w := h.furnishForAbuse(t)
	reader := h.mint(t, myDB, "authorization=read-only", "").JWT
	for _, method := range []string{proxyExecute, proxyDescribe, proxyDisconnect, "/proxy.Proxy/StreamExec"} {
		for _, sql := range []string{"DELETE FROM users", "SELECT 1", "PRAGMA hard_heap_limit = 1000000000"} {
			a, status := h.callReplication(t, "my-db", reader, method, program(someClient, sql))
			if status != "7" || !strings.Contains(a.header.Get("Grpc-Message"), "TOKEN_READ_ONLY") {
				t.Errorf("%s: status %q, %v", method, status, a.header)
			}
		}
	}
	w.wantNoCommit("what a read-only token sent to the proxy")
	w.wantUnharmed()
}

// Two tokens that choose the same client would share a connection at the server,
// and with it a transaction.
func TestAClientThatAnotherChoseTooIsAnotherClient(t *testing.T) {
	h := startHouse(t, withAllowed("replication"))
	full := h.furnish(t, "my-db")
	another := h.mint(t, myDB, "", "").JWT
	if a, status := h.callReplication(t, "my-db", full, proxyExecute, program(someClient, "BEGIN IMMEDIATE")); status != "0" {
		t.Fatalf("BEGIN: status %q: %q", status, a.body)
	}
	h.callReplication(t, "my-db", full, proxyExecute, program(someClient, "UPDATE users SET name = 'mine'"))
	if a, _ := h.callReplication(t, "my-db", full, proxyExecute, program(someClient, "SELECT name FROM users")); !strings.Contains(a.body, "mine") {
		t.Errorf("the client does not see its own transaction: %q", a.body)
	}
	if a, _ := h.callReplication(t, "my-db", another, proxyExecute, program(someClient, "SELECT name FROM users")); strings.Contains(a.body, "mine") || !strings.Contains(a.body, "Ada of my-db") {
		t.Errorf("another token with the same client sees %q", a.body)
	}
	h.callReplication(t, "my-db", another, proxyExecute, program(someClient, "COMMIT"))
	h.callReplication(t, "my-db", full, proxyExecute, program(someClient, "ROLLBACK"))
	if name := h.execute(t, "my-db", full, "SELECT name FROM users"); name != "Ada of my-db" {
		t.Errorf("the first user is now %v", name)
	}
}

func TestReplicationEndsWithItsToken(t *testing.T) {
	h := startHouse(t, withAllowed("replication"))
	h.furnish(t, "my-db")
	token := h.mint(t, myDB, "authorization=read-only", "")
	session := h.replicaSession(t, "my-db", token.JWT)
	body, asCall := webCall(number(1, 1))
	ctx, cancel := context.WithTimeout(t.Context(), startUp+patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url("my-db")+logEntries, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	asCall(request)
	session(request)
	request.Header.Set("Authorization", "Bearer "+token.JWT)
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	h.mustRevoke(t, myDB, token.ID)
	revoked := time.Now()
	if _, err := io.Copy(io.Discard, response.Body); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the stream ended with %v, want it broken off", err)
	}
	wantPrompt(t, "the end of the replication", time.Since(revoked))
}
