package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// devTokensFile is a dev_tokens.json with a token that is good and one that is not.
const (
	oldDeveloperToken = "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"
	devTokensFile     = `{
	"jt_abc123def4567890": {"token": "` + oldDeveloperToken + `", "note": "MyApp API Integration",
		"created_at": "2025-01-24 12:00:00", "created_by": "U123456", "last_used": null, "revoked": false},
	"jt_0123456789abcdef": {"token": "Z29uZWdvbmVnb25lZ29uZWdvbmVnb25lZ29uZWdvbmU", "note": "Old",
		"created_at": "2025-01-24 12:00:00", "created_by": "U123456", "last_used": "2025-02-01 08:00:00", "revoked": true}
}`
)

// reader makes a reader of pages about an API.
func (h *apiHouse) reader(t *testing.T, env ...string) *reader {
	t.Helper()
	return &reader{
		dir: t.TempDir(), changes: strings.NewReplacer("https://api.example.com", h.base),
		env: append(env, "SEKISHO_ADMIN_KEY="+h.adminKey),
	}
}

// reader makes a reader of pages about databases.
func (h *house) reader(t *testing.T, env ...string) *reader {
	t.Helper()
	return &reader{
		dir: t.TempDir(),
		changes: strings.NewReplacer(
			"https://tokens.example.com", "http://"+h.Tokens, "https://my-db.db.example.com", h.url("my-db"),
		),
		env: append(env, "SEKISHO_ADMIN_KEY="+h.adminKey, "SEKISHO_BIN="+binary, "ADMIN="+h.Admin, "SQLD="+sqld),
	}
}

func wantPrinted(t *testing.T, printed string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(printed, part) {
			t.Errorf("printed %s, want %s in it", printed, part)
		}
	}
}

func TestThePageOfAPITokensWorks(t *testing.T) {
	printed := startAPI(t).reader(t).read(t, "docs/api-tokens.md")
	wantPrinted(t, printed, `"note":"MyApp API Integration"`, `"networks":["192.0.2.0/24","2001:db8::/32"]`, `"userId":"user123"`)
}

func TestThePageForUsersOfJiETNGWorks(t *testing.T) {
	r := startAPI(t).reader(t, "OLD_TOKEN="+oldDeveloperToken, "OLD_ID=jt_abc123def4567890")
	r.write(t, "dev_tokens.json", devTokensFile)
	printed := r.read(t, "docs/moving-from-jietng.md")
	wantPrinted(t, printed, documented(t, "docs/moving-from-jietng.md"), `"created_at":"2025-01-24T03:00:00Z"`, `"count":1`, `"replaces":"jt_abc123def4567890"`)
}

func TestThePageForUsersOfTheTokenServiceWorks(t *testing.T) {
	r := startAPI(t).reader(t, "OLD_TOKEN=token_123e4567-e89b-42d3-a456-426614174000", "OLD_ID=7c9e6679-7425-40de-944b-e07fc1f90ae7")
	r.write(t, "tokens.csv", exported)
	printed := r.read(t, "docs/moving-from-token-service.md")
	wantPrinted(t, printed, documented(t, "docs/moving-from-token-service.md"), `"by":"7c9e6679-7425-40de-944b-e07fc1f90ae7"`, `"status":"revoked"`)
}

// documented is the first answer that a page prints.
func documented(t *testing.T, page string) string {
	t.Helper()
	for _, b := range readPage(t, page) {
		if b.language == "json" {
			return strings.TrimSpace(b.text)
		}
	}
	t.Fatalf("%s has no answer", page)
	return ""
}

func TestThePageForUsersOfTursoWorks(t *testing.T) {
	h := startHouse(t)
	token := h.mint(t, myDB, "", "")
	printed := h.reader(t, "ID="+token.ID).read(t, "docs/moving-from-turso.md")
	wantPrinted(t, printed, `"authorization":"read-only"`, `"databases":["my-db"]`, `"revoked_by":"ops"`)
	h.wantVerdict(t, token.JWT, 401)
}

func TestThePageOfConnectionsWorks(t *testing.T) {
	h := startHouse(t, withAllowed("replication"))
	token, other := h.mint(t, myDB, "", ""), h.mint(t, myDB, "", "")
	r := h.reader(t, "TURSO_AUTH_TOKEN="+token.JWT, "ID="+other.ID)
	wantPrinted(t, r.read(t, "docs/connect.md"), `"authorization":"read-only"`, `"rows"`, `"revoked_by":"ops"`)
}

func TestThePageOfOperationsWorks(t *testing.T) {
	redis := startRedis(t)
	h := startHouse(t)
	leaked := h.mint(t, myDB, "", "")
	r := h.reader(t, "LEAKED="+leaked.JWT, "REDIS="+redis.Address)
	r.take(t, filepath.Join(h.gate.Data(), "caddy", "sekisho", "store.aof"), "store.aof")
	r.take(t, filepath.Join(h.Storage, "sekisho", "keys", "signing.json"), "sekisho/keys/signing.json")
	wantPrinted(t, r.read(t, "docs/operations.md"), "errors: 0", `{"active":false}`, `"revoked":0`, leaked.ID)
	h.wantVerdict(t, leaked.JWT, 401)
}

// take puts a file of the gate's where the page has it.
func (r *reader) take(t *testing.T, path, name string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(filepath.Join(r.dir, name)), 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	r.write(t, name, string(text))
}

func TestThePageOfTheConfigurationWorks(t *testing.T) {
	h := startHouse(t)
	r := h.reader(t)
	at := address(t)
	r.env = append(r.env, "SQLD_ADDRESS="+at)
	r.changes = strings.NewReplacer("127.0.0.1:8080", at, "127.0.0.1:8071", address(t))
	r.read(t, "docs/configuration.md")
}
