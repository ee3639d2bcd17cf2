package issuertest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// Door is what every door of the issuer is.
type Door interface {
	Handle(w http.ResponseWriter, r *http.Request, requestID, clientIP string) error
}

// Answer is what came back, with its JSON body decoded when it is an object.
type Answer struct {
	Status int
	Header http.Header
	Text   string
	Body   map[string]any
}

// String is a text field of the body.
func (a Answer) String(field string) string {
	s, _ := a.Body[field].(string)
	return s
}

// Serve answers as the Caddy handler does.
func Serve(d Door, r *http.Request) Answer {
	recorder := httptest.NewRecorder()
	if err := d.Handle(recorder, r, "req-1", "192.0.2.7"); err != nil {
		refusal.Write(recorder, "req-1", err)
	}
	a := Answer{Status: recorder.Code, Header: recorder.Header(), Text: recorder.Body.String()}
	_ = json.Unmarshal(recorder.Body.Bytes(), &a.Body)
	return a
}

// Request is a call with the operator's key; headers come in pairs.
func Request(method, target, body string, headers ...string) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Header.Set("Authorization", "Bearer "+OpsSecret)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// WantError checks the whole shape of a refusal.
func (a Answer) WantError(t testing.TB, status int, code, title string) {
	t.Helper()
	if a.Status != status || a.String("code") != code || title != "" && a.String("error") != title {
		t.Errorf("got %d %s, want %d %s %q", a.Status, a.Text, status, code, title)
	}
	if a.String("error") == "" || a.String("message") == "" || a.String("request_id") != "req-1" || a.String("token")+a.String("jwt") != "" {
		t.Errorf("the refusal lacks a part, or has one too many: %s", a.Text)
	}
	a.WantJSON(t)
}

// WantJSON checks the headers that every reply has.
func (a Answer) WantJSON(t testing.TB) {
	t.Helper()
	if got := a.Header.Values("Content-Type"); len(got) != 1 || got[0] != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	if got := a.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
}
