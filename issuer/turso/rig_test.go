package turso_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/turso"
	"github.com/sekisho-project/sekisho/token/refusal"
)

const (
	databaseTokens = "/v1/organizations/my-org/databases/my-db/auth/tokens"
	databaseRotate = "/v1/organizations/my-org/databases/my-db/auth/rotate"
	groupTokens    = "/v1/organizations/my-org/groups/production/auth/tokens"
	groupRotate    = "/v1/organizations/my-org/groups/production/auth/rotate"
)

// rig is a door in a world.
type rig struct {
	*issuertest.World
	door *turso.Door
}

func newRig(t testing.TB, change ...func(*issuer.Options)) *rig {
	t.Helper()
	w := issuertest.New(t, change...)
	return &rig{World: w, door: turso.New(w.Service, "{database}.db.example.com")}
}

// answer is what came back, with its JSON body decoded when it is an object.
type answer struct {
	status int
	header http.Header
	text   string
	body   map[string]any
}

func (a answer) string(field string) string {
	s, _ := a.body[field].(string)
	return s
}

// serve answers as the Caddy handler does.
func (r *rig) serve(t testing.TB, request *http.Request) answer {
	t.Helper()
	recorder := httptest.NewRecorder()
	if !turso.Owns(request) {
		recorder.WriteHeader(http.StatusTeapot) // the next handler's
	} else if err := r.door.Handle(recorder, request, "req-1", "192.0.2.7"); err != nil {
		refusal.Write(recorder, "req-1", err)
	}
	a := answer{status: recorder.Code, header: recorder.Header(), text: recorder.Body.String()}
	_ = json.Unmarshal(recorder.Body.Bytes(), &a.body)
	return a
}

// request is a call with the operator's key.
func request(method, target, body string) *http.Request {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, reader)
	r.Header.Set("Authorization", "Bearer "+issuertest.OpsSecret)
	return r
}

func (r *rig) do(t testing.TB, method, target, body string) answer {
	t.Helper()
	return r.serve(t, request(method, target, body))
}

// mint makes a token and gives its id.
func (r *rig) mint(t testing.TB, path string) (id string) {
	t.Helper()
	a := r.do(t, http.MethodPost, path, "")
	if a.status != http.StatusOK || a.string("id") == "" {
		t.Fatalf("minting: %d %s", a.status, a.text)
	}
	return a.string("id")
}

// wantError checks the whole shape of a refusal.
func wantError(t testing.TB, a answer, status int, code, title string) {
	t.Helper()
	if a.status != status || a.string("code") != code || title != "" && a.string("error") != title {
		t.Errorf("got %d %s, want %d %s %q", a.status, a.text, status, code, title)
	}
	if a.string("error") == "" || a.string("message") == "" || a.string("request_id") != "req-1" {
		t.Errorf("the refusal lacks a part: %s", a.text)
	}
	wantJSON(t, a)
	if a.string("jwt") != "" {
		t.Error("a token came with the refusal")
	}
}

func wantJSON(t testing.TB, a answer) {
	t.Helper()
	if got := a.header.Values("Content-Type"); len(got) != 1 || got[0] != "application/json" {
		t.Errorf("Content-Type is %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
}
