package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/cmd/internal/testrig"
)

// sample writes a printed sample with the changes that testdata/samples/README.md lists.
func (h *apiHouse) sample(t *testing.T, file, token string) testrig.Script {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "samples", file))
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.NewReplacer(
		"https://jietng.matsuki.work", h.base, "http://localhost:3000", h.base,
		"your_token_here", token, "dev-secret-key-12345", h.adminKey,
	).Replace(string(text))
	path := filepath.Join(t.TempDir(), file)
	if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return testrig.Script{Path: path}
}

func TestDeveloperSamplesReadTheAPI(t *testing.T) {
	h := startAPI(t)
	token, id := h.developerToken(t)
	python, err := testrig.FindPython(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const want = "Total users: 1\n  - ユーザー名 (U123456)\n"
	if got := succeeded(t, testrig.Python(t.Context(), python, h.sample(t, "developer-users.py", token))); got != want {
		t.Errorf("Python printed %q", got)
	}
	if got := node(t, h.sample(t, "developer-users.mjs", token)); got != want {
		t.Errorf("Node printed %q", got)
	}
	got := succeeded(t, testrig.Shell(t.Context(), "bash", t.TempDir(), h.sample(t, "developer-curl.sh", token)))
	for _, part := range []string{`"count":1`, `"user_id":"U123456"`, `"query":"type=dx"`, `"by":"` + id + `"`} {
		if !strings.Contains(got, part) {
			t.Errorf("curl printed %q, want %s in it", got, part)
		}
	}
}

func TestUserTokenSamplesCreateAndList(t *testing.T) {
	h := startAPI(t)
	printed := succeeded(t, testrig.Shell(t.Context(), "bash", t.TempDir(), h.sample(t, "user-tokens.sh", "")))
	decoder := json.NewDecoder(strings.NewReader(printed))
	type entry struct {
		ID, Token, UserID, CreatedAt, ExpiresAt string
		Scopes                                  []string
	}
	var created entry
	var listed []entry
	if err := decoder.Decode(&created); err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	if err := decoder.Decode(&listed); err != nil || len(listed) != 1 {
		t.Fatalf("%v in %s", err, printed)
	}
	if listed[0].ID != created.ID || listed[0].Token == created.Token || listed[0].UserID != "user123" || len(listed[0].Scopes) != 2 {
		t.Errorf("created %+v, listed %+v", created, listed[0])
	}
	if a := mustCall(t, "GET", h.base+"/api/v1/users", created.Token, ""); a.status != 200 {
		t.Errorf("the token is refused: %d %s", a.status, a.body)
	}
}

func TestTokensOfAnotherSystemComeOver(t *testing.T) {
	const active, gone = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE", "Z29uZWdvbmVnb25lZ29uZWdvbmVnb25lZ29uZWdvbmU"
	h := startAPI(t)
	a := mustCall(t, "POST", h.base+"/devtokens/import?source_tz=Asia/Tokyo", h.adminKey, `{
		"jt_abc123def4567890": {"token": "`+active+`", "note": "MyApp", "created_at": "2025-01-24 12:00:00",
			"created_by": "U123456", "last_used": null, "revoked": false},
		"jt_0123456789abcdef": {"token": "`+gone+`", "note": "Old", "created_at": "2025-01-24 12:00:00",
			"created_by": "U123456", "last_used": "2025-02-01 08:00:00", "revoked": true}
	}`)
	a.wantStatus(t, 200)
	mustCall(t, "GET", h.base+"/api/v1/users", active, "").wantStatus(t, 200)
	for name, test := range map[string]struct{ credential, want string }{
		"a revoked one": {gone, `{"error":"Invalid token","message":"Token is invalid or has been revoked",`},
		"a stranger's":  {strings.Replace(active, "Z", "Y", 1), `{"error":"Invalid token","message":"Token is invalid or has been revoked",`},
		"none":          {"", `{"error":"No authorization header","message":"Authorization header is required",`},
		"two words":     {"a b", `{"error":"Invalid authorization header","message":"Authorization header must be in format: Bearer <token>",`},
	} {
		if a := mustCall(t, "GET", h.base+"/api/v1/users", test.credential, ""); a.status != 401 || !strings.HasPrefix(a.body, test.want) {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	store, err := os.ReadFile(filepath.Join(h.gate.Data(), "caddy", "sekisho", "store.aof"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(store), active) || strings.Contains(string(store), gone) {
		t.Error("an imported token lies in the store in clear text")
	}
	info := mustCall(t, "GET", h.base+"/devtokens/jt_abc123def4567890", h.adminKey, "")
	if !strings.Contains(info.body, "2025-01-24T03:00:00") || strings.Contains(info.body, active) {
		t.Errorf("info: %s", info.body)
	}
}

func TestARevokeOfADeveloperTokenOutlivesAKill(t *testing.T) {
	h := startAPI(t)
	token, id := h.developerToken(t)
	other, _ := h.developerToken(t)
	if a := mustCall(t, "GET", h.base+"/api/v1/users", token, ""); a.status != 200 {
		t.Fatalf("use: %d %s", a.status, a.body)
	}
	if a := mustCall(t, "DELETE", h.base+"/devtokens/"+id, h.adminKey, ""); a.status != 200 {
		t.Fatalf("revoke: %d %s", a.status, a.body)
	}
	if err := h.gate.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := h.gate.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := mustCall(t, "GET", h.base+"/api/v1/users", token, ""); a.status != 401 {
		t.Errorf("the revoked token after the restart: %d", a.status)
	}
	if a := mustCall(t, "GET", h.base+"/api/v1/users", other, ""); a.status != 200 {
		t.Errorf("the other token after the restart: %d %s", a.status, a.body)
	}
}
