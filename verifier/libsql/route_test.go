package libsql_test

import (
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
)

func TestOnlyTheseRoutesAreOpen(t *testing.T) {
	const pipeline, batch = `{"requests":[{"type":"close"}]}`, `{"batch":{"steps":[]}}`
	for line, body := range map[string]string{
		"GET /health": "", "HEAD /health": "", "GET /version": "", "GET /health?x=1": "",
		"POST /": `{"statements":["select 1"]}`, "POST /v1/execute": `{"stmt":{"sql":"select 1"}}`, "POST /v1/batch": batch,
		"POST /v2/pipeline": pipeline, "POST /v3/pipeline": pipeline, "POST /v3/cursor": batch, "POST /v3/pipeline?": pipeline,
		"POST http://evil.example/v2/pipeline": pipeline,
	} {
		for _, credential := range []string{"full", "read"} {
			s := newSite(t)
			s.result = `{"cols":[],"rows":[]}`
			response, answer := s.send(line, credential, body)
			if response.StatusCode != 200 || len(s.requests()) != 1 {
				t.Errorf("%s with %s: %d %s", line, credential, response.StatusCode, answer)
			}
		}
	}
}

func TestEveryOtherRouteIsClosedInWords(t *testing.T) {
	for _, c := range []struct{ line, word string }{
		{"POST /v3-protobuf/execute", "not open"},
		{"POST /v2-protobuf/pipeline", "not open"},
		{"POST /wal_log.ReplicationLog/Hello", "embedded replicas"},
		{"POST /proxy.Proxy/Execute", "embedded replicas"},
		{"POST /proxy.Proxy/Disconnect", "embedded replicas"},
		{"POST /dev/other-db/v2/pipeline", "by path"},
		{"POST /dev/my-db/v3/pipeline", "by path"},
		{"GET /dump", "Dumps"},
		{"GET /beta/listen?table=t", "Listening"},
		{"GET /console", "console"},
		{"GET /v1/jobs", "schema migrations"},
		{"GET /v1/jobs/1", "schema migrations"},
		{"POST /v2/pipeline/", "not open"},
		{"POST //v2/pipeline", "not open"},
		{"POST /v2//pipeline", "not open"},
		{"POST /./v2/pipeline", "not open"},
		{"POST /x/../v2/pipeline", "not open"},
		{"POST /v2/%70ipeline", "not open"},
		{"POST /v2%2fpipeline", "not open"},
		{"POST /v2/pipeline%00", "not open"},
		{"POST /v2/pipeline;x", "not open"},
		{"POST /V2/pipeline", "not open"},
		{"POST /v2/Pipeline", "not open"},
		{"POST /v2/cursor", "not open"},
		{"POST /v4/pipeline", "not open"},
		{"GET /metrics", "not open"},
		{"GET /v1/namespaces/my-db/config", "not open"},
		{"GET /sync/0/0/0", "not open"},
		{"GET /info", "not open"},
		{"PUT /v2", "not open"},
		{"POST /v3-protobuf", "not open"},
	} {
		t.Run(c.line, func(t *testing.T) {
			s := newSite(t)
			response, answer := s.send(c.line, "full", "")
			reason, _ := s.decided()
			if response.StatusCode != 404 || reason != refusal.Route || len(s.requests()) != 0 ||
				!strings.Contains(answer, c.word) || !strings.Contains(answer, "ROUTE_NOT_ALLOWED") {
				t.Errorf("%d %s %s", response.StatusCode, reason, answer)
			}
		})
	}
}

func TestOpenPathsAnswerToTheirMethodsOnly(t *testing.T) {
	for path, c := range map[string]struct {
		allow  string
		others []string
	}{
		"/health":      {"GET, HEAD", []string{"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get"}},
		"/":            {"POST", []string{"GET", "HEAD", "PUT", "OPTIONS"}},
		"/v1/execute":  {"POST", []string{"GET", "PATCH"}},
		"/v2/pipeline": {"POST", []string{"GET", "HEAD", "OPTIONS", "PUT", "post", "QUERY"}},
		"/v3/cursor":   {"POST", []string{"GET"}},
	} {
		for _, method := range c.others {
			s := newSite(t)
			response, answer := s.send(method+" "+path, "full", "")
			if response.StatusCode != 405 || response.Header.Get("Allow") != c.allow || len(s.requests()) != 0 {
				t.Errorf("%s %s: %d %q %s", method, path, response.StatusCode, response.Header.Get("Allow"), answer)
			}
		}
	}
}

func TestNoOtherUpgradeGetsThrough(t *testing.T) {
	for _, c := range []struct {
		line    string
		headers []string
	}{
		{"GET /health", []string{"Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: eA==", "Sec-WebSocket-Protocol: hrana3"}},
		{"POST /v2/pipeline", []string{"Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"}},
		{"GET /health", []string{"upgrade: H2C"}},
		{"GET /health", []string{"Upgrade:"}},
	} {
		s := newSite(t)
		response, answer := s.send(c.line, "full", "", c.headers...)
		if response.StatusCode != 404 || !strings.Contains(answer, "WebSocket") || len(s.requests()) != 0 {
			t.Errorf("%s %q: %d %s", c.line, c.headers, response.StatusCode, answer)
		}
	}
}

func TestAnEncodedBodyIsRefused(t *testing.T) {
	for _, headers := range [][]string{
		{"Content-Encoding: gzip"},
		{"content-encoding: GZIP"},
		{"Content-Encoding: identity, gzip"},
		{"Content-Encoding: identity", "Content-Encoding: br"},
		{"Content-Encoding: x"},
	} {
		for _, credential := range []string{"full", "read"} {
			s := newSite(t)
			response, answer := s.send("POST /v2/pipeline", credential, `{"requests":[]}`, headers...)
			if response.StatusCode != 400 || !strings.Contains(answer, "Content-Encoding") || len(s.requests()) != 0 {
				t.Errorf("%q: %d %s", headers, response.StatusCode, answer)
			}
		}
	}
	s := newSite(t)
	if response, answer := s.send("POST /v2/pipeline", "read", `{"requests":[]}`, "Content-Encoding: identity"); response.StatusCode != 200 {
		t.Errorf("identity: %d %s", response.StatusCode, answer)
	}
}

func TestQuestionsAboutVersionsNeedNeitherTokenNorServer(t *testing.T) {
	for path, status := range map[string]int{"/v1": 200, "/v2": 200, "/v3": 200, "/v3-protobuf": 200} {
		for _, method := range []string{"GET", "HEAD"} {
			s := newSite(t)
			response, answer := s.send(method+" "+path, "", "")
			if response.StatusCode != status || len(s.requests()) != 0 || (method == "GET") != (answer != "") {
				t.Errorf("%s %s: %d %s", method, path, response.StatusCode, answer)
			}
		}
	}
}
