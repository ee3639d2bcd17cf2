package libsql_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier"
	"github.com/sekisho-project/sekisho/verifier/libsql"
)

const (
	grpcType = "application/grpc"
	webType  = "application/grpc-web+proto"

	syncing = "/wal_log.ReplicationLog/"
	proxied = "/proxy.Proxy/"
)

// replication is a gate that allows all, before a server that speaks HTTP/1.1 and
// HTTP/2 and records what it gets.
type replication struct {
	*site
	client *http.Client     // of HTTP/2
	stream http.HandlerFunc // of the server, unless nil: it reads requests by itself
}

func newReplication(t *testing.T, allow libsql.Allow) *replication {
	t.Helper()
	s := &replication{
		site:   &site{t: t, database: "my-db", answer: answerCall, decisions: make(chan decision, 64)},
		client: &http.Client{Transport: h2c(t)},
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	protocols.SetUnencryptedHTTP2(true)
	serve := func(h http.HandlerFunc) *httptest.Server {
		server := httptest.NewUnstartedServer(h)
		server.Config.Protocols = protocols
		server.Start()
		t.Cleanup(server.Close)
		return server
	}
	upstream := serve(func(w http.ResponseWriter, r *http.Request) {
		if s.stream != nil {
			s.stream(w, r)
			return
		}
		s.record(w, r)
	})
	target, _ := url.Parse(upstream.URL)
	s.gate = newGate(t, libsql.Options{Authenticator: careful{}, Allow: allow, MaxBody: 1 << 20})
	one, two := &http.Transport{DisableCompression: true}, h2c(t)
	t.Cleanup(one.CloseIdleConnections)
	s.server = serve(func(w http.ResponseWriter, r *http.Request) {
		next := func(w http.ResponseWriter, r *http.Request, grant *token.Grant) error {
			if r.Header.Get("Content-Type") == grpcType {
				return proxy(target, two)(w, r, grant)
			}
			return proxy(target, one)(w, r, grant)
		}
		reason, err := s.gate.Handle(w, r, s.database, next)
		s.decisions <- decision{reason, err}
		if err != nil {
			refusal.Write(w, "", err)
		}
	})
	return s
}

// h2c speaks HTTP/2 without TLS.
func h2c(t *testing.T) *http.Transport {
	only := new(http.Protocols)
	only.SetUnencryptedHTTP2(true)
	transport := &http.Transport{Protocols: only, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

// careful is an authenticator that takes credentials out of requests as ours does.
type careful struct{ authenticator }

func (careful) Authenticate(r *http.Request) (*token.Grant, error) {
	credential, err := verifier.Credential(r)
	if err != nil {
		return nil, err
	}
	return authenticator{}.Verify(credential)
}

// answerCall answers as sqld does: hello with its settings, all else with "answer".
func answerCall(w http.ResponseWriter, r *http.Request) {
	message := []byte("answer")
	if strings.HasSuffix(r.URL.Path, "/Hello") {
		message = field(field(nil, 4, "session"), 6, "jwt_key")
	}
	w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
	_, _ = w.Write(framed(message))
	if r.Header.Get("Content-Type") == grpcType {
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		return
	}
	_, _ = io.WriteString(w, webTrailers)
}

const webTrailers = "\x80\x00\x00\x00\x0fgrpc-status:0\r\n"

func framed(message []byte) []byte {
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(message))), message...)
}

func field(b []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, number, protowire.BytesType), value)
}

// answered is how a call ended.
type answered struct {
	http, status    int // status is that of gRPC; -1 if there is none
	message, detail string
}

// call makes a call over HTTP/2, or over HTTP/1.1 unless it is plain gRPC.
func (s *replication) call(path, contentType string, body []byte, headers ...string) answered {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.server.URL+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = "other-db.example"
	r.Header.Set("Content-Type", contentType)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	client := s.client
	if contentType != grpcType {
		client = s.server.Client()
	}
	response, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return readAnswer(response, string(text))
}

func readAnswer(response *http.Response, body string) answered {
	a := answered{http: response.StatusCode, status: -1, message: body}
	status := response.Trailer.Get("Grpc-Status") + response.Header.Get("Grpc-Status")
	if before, ok := strings.CutSuffix(body, webTrailers); ok {
		a.message, status = before, status+"0"
	}
	if status != "" {
		a.status = 0
		for _, c := range status {
			a.status = 10*a.status + int(c-'0')
		}
	}
	a.detail = response.Header.Get("Grpc-Message")
	return a
}

var allowAll = libsql.Allow{Replication: true, Dump: true, Listen: true}

func TestAReplicaSyncsTheDatabaseOfItsTokenAndNoOther(t *testing.T) {
	offset := []byte{0x08, 0x07}
	for _, contentType := range []string{grpcType, webType} {
		for _, method := range []string{"LogEntries", "BatchLogEntries", "Snapshot"} {
			for _, credential := range []string{"read", "full", "group"} {
				s := newReplication(t, allowAll)
				got := s.call(syncing+method, contentType, framed(offset), "X-Authorization", "Bearer "+credential,
					"X-Namespace-Bin", "b3RoZXItZGI", "X-Namespace", "other-db", "X-Session-Token", "session",
					"X-Proxy-Authorization-Not", "x", "Libsql-Proxied", "1", "X-Forwarded-Host", "other-db.example")
				if got != (answered{200, 0, string(framed([]byte("answer"))), ""}) || len(s.requests()) != 1 {
					t.Fatalf("%s as %s with %s: %+v", method, contentType, credential, got)
				}
				sent := s.requests()[0]
				if sent.body != string(framed(offset)) || sent.host != "my-db.localhost" || sent.uri != syncing+method {
					t.Errorf("%s: the server got %+v", method, sent)
				}
				s.wantHeaders(sent, contentType)
			}
		}
	}
}

// wantHeaders reports headers that the gate did not make, but for the session token.
func (s *replication) wantHeaders(sent seen, contentType string) {
	s.t.Helper()
	want := http.Header{
		"Content-Type": {contentType}, "Accept": {contentType}, "X-Namespace-Bin": {"bXktZGI"}, "X-Session-Token": {"session"},
		"Accept-Encoding": {"identity"},
	}
	if contentType == grpcType {
		want["Te"] = []string{"trailers"}
	}
	for name, values := range sent.header {
		switch name {
		case "Authorization":
			if strings.Contains(values[0], "Bearer read") || len(values) != 1 {
				s.t.Errorf("the client's credential reached the server")
			}
		case "User-Agent", "X-Forwarded-For", "Content-Length":
		default:
			if len(values) != 1 || len(want[name]) != 1 || values[0] != want[name][0] {
				s.t.Errorf("the server got %s: %q, want %q", name, values, want[name])
			}
		}
	}
	for name := range want {
		if sent.header[name] == nil {
			s.t.Errorf("the server got no %s", name)
		}
	}
}

func TestHelloTellsNothingOfTheServersSettings(t *testing.T) {
	for _, contentType := range []string{grpcType, webType} {
		s := newReplication(t, allowAll)
		got := s.call(syncing+"Hello", contentType, framed(nil), "Authorization", "Bearer read")
		if got != (answered{200, 0, string(framed(field(nil, 4, "session"))), ""}) {
			t.Errorf("%s: %+v", contentType, got)
		}
		if sent := s.requests()[0].body; sent != "\x00\x00\x00\x00\x02\x08\x01" {
			t.Errorf("%s: the server got %q", contentType, sent)
		}
	}
}

func TestAFailureOfTheServerToSayHelloIsTheClients(t *testing.T) {
	s := newReplication(t, allowAll)
	s.answer = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Grpc-Status", "9")
		w.Header().Set("Grpc-Message", "NAMESPACE_DOESNT_EXIST")
	}
	for _, contentType := range []string{grpcType, webType} {
		if got := s.call(syncing+"Hello", contentType, framed(nil), "Authorization", "Bearer read"); got.status != 9 || got.detail != "NAMESPACE_DOESNT_EXIST" {
			t.Errorf("%s: %+v", contentType, got)
		}
	}
	s.answer = func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(framed([]byte("\xff"))) }
	if got := s.call(syncing+"Hello", webType, framed(nil), "Authorization", "Bearer read"); got.http != 502 {
		t.Errorf("not understood: %+v", got)
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

func TestAConnectionOfTheProxyBelongsToItsTokenAndDatabase(t *testing.T) {
	seen := map[string]string{}
	const id = "0b0e9ae5-1c5a-4b3e-8f0e-3b8f8a0f0a01"
	for _, c := range []struct{ credential, database, client string }{
		{"full", "my-db", id},
		{"full2", "my-db", id},
		{"group", "my-db", id},
		{"group", "other-db", id},
		{"full", "my-db", id + "x"},
		{"full", "my-db", ""},
	} {
		for _, method := range []string{"Execute", "Describe", "Disconnect"} {
			s := newReplication(t, allowAll)
			s.database = c.database
			message := field(field(field(nil, 1, "first"), 1, c.client), 2, "the rest")
			if got := s.call(proxied+method, webType, framed(message), "Authorization", "Bearer "+c.credential); got.status != 0 {
				t.Fatalf("%s: %+v", method, got)
			}
			client, rest := ownClientOf(t, s.requests()[0].body)
			if !uuid.MatchString(client) || rest != string(field(nil, 2, "the rest")) {
				t.Errorf("%s: the server got %q and %q", method, client, rest)
			}
			who := c.credential + " at " + c.database + " as " + c.client
			if before, ok := seen[client]; ok && before != who {
				t.Errorf("%s has the connection of %s", who, before)
			}
			seen[client] = who
		}
	}
	if len(seen) != 6 {
		t.Errorf("%d connections, want one for each client: %v", len(seen), seen)
	}
}

// ownClientOf takes a message apart into its client id and all else.
func ownClientOf(t *testing.T, body string) (client, rest string) {
	t.Helper()
	for message := []byte(body[5:]); len(message) > 0; {
		number, _, n := protowire.ConsumeField(message)
		if n < 0 || number == 1 && client != "" {
			t.Fatalf("the server got %q", body)
		}
		if number == 1 {
			_, _, tag := protowire.ConsumeTag(message)
			value, _ := protowire.ConsumeString(message[tag:])
			client = value
		} else {
			rest += string(message[:n])
		}
		message = message[n:]
	}
	return client, rest
}

// program is a message to Execute, with each text in a step of its own.
func program(texts ...string) []byte {
	var steps []byte
	for _, sql := range texts {
		query := field(field(nil, 1, sql), 2, "parameters")
		steps = field(steps, 1, string(field(field(nil, 1, "condition"), 2, string(query))))
	}
	return field(field(nil, 1, "client"), 2, string(steps))
}

func TestTheSQLOfReplicasIsJudgedWhereNoTokenIsTrusted(t *testing.T) {
	s := newReplication(t, allowAll)
	s.gate = newGate(t, libsql.Options{Authenticator: careful{}, Allow: allowAll, Untrusted: true})
	for _, c := range []struct {
		path    string
		message []byte
		status  int
		says    string
	}{
		{proxied + "Execute", program("/* */ INSERT INTO t VALUES (1);", "BEGIN IMMEDIATE"), 0, ""},
		{proxied + "Execute", program("INSERT INTO t VALUES (1)", "SELECT readfile('/etc/passwd')"), 7, "readfile"},
		{proxied + "Execute", append(program("SELECT 1"), program("PRAGMA hard_heap_limit = 1")...), 7, "hard_heap_limit"},
		{proxied + "Execute", program("SELECT 1; SELECT 2"), 3, "more than one statement"},
		{proxied + "Execute", field(nil, 2, "\x08\x01"), 3, "not read"},
		{proxied + "Describe", field(nil, 2, "PRAGMA hard_heap_limit = 1"), 7, "hard_heap_limit"},
		{proxied + "Describe", field(nil, 2, "DELETE FROM t"), 0, ""},
		{proxied + "Disconnect", field(nil, 1, "client"), 0, ""},
		{proxied + "StreamExec", program("SELECT 1"), 7, "in a stream"},
	} {
		s.seen = nil
		got := s.call(c.path, webType, framed(c.message), asFull...)
		if got.status != c.status || !strings.Contains(got.detail, c.says) || len(s.requests()) > 0 != (c.status == 0) {
			t.Errorf("%s %q: %+v", c.path, c.message, got)
		}
		for _, sent := range s.requests() {
			if _, rest := ownClientOf(t, sent.body); strings.Contains(string(c.message), "/*") &&
				rest != string(program("INSERT INTO t VALUES (1)", "BEGIN IMMEDIATE")[len("\x0a\x06client"):]) {
				t.Errorf("the server got %q", rest)
			}
		}
	}
}

func TestAStreamPassesWhileItIsWritten(t *testing.T) {
	s := newReplication(t, allowAll)
	s.stream = func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		piece := make([]byte, 64)
		for n, err := 0, error(nil); err == nil; {
			_, _ = w.Write(piece[:n])
			_ = http.NewResponseController(w).Flush()
			n, err = r.Body.Read(piece)
		}
		w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
	}
	request, out := io.Pipe()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+proxied+"StreamExec", request)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = http.Header{"Content-Type": {grpcType}, "Authorization": {"Bearer full"}}
	response, err := s.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got := make([]byte, 8)
	for _, message := range []string{"one", "two"} {
		if _, err := out.Write(framed([]byte(message))); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(response.Body, got); err != nil || string(got) != string(framed([]byte(message))) {
			t.Fatalf("%q, %v", got, err)
		}
	}
	_ = out.Close()
	if _, err := response.Body.Read(got); err != io.EOF || response.Trailer.Get("Grpc-Status") != "0" {
		t.Errorf("%v, trailers %v", err, response.Trailer)
	}
}
