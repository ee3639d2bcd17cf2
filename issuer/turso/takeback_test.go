package turso_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

func TestRotateAnswersAnEmptyObject(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{databaseRotate, groupRotate} {
		for _, body := range []string{"", "{}"} {
			a := rig.do(http.MethodPost, path, body)
			if a.Status != http.StatusOK || a.Text != "{}" {
				t.Errorf("got %d %q", a.Status, a.Text)
			}
			a.WantJSON(t)
		}
	}
}

func TestRotateKeepsAndGivesGrace(t *testing.T) {
	rig := newRig(t)
	a, b, c, lost := rig.mint(t, databaseTokens), rig.mint(t, databaseTokens), rig.mint(t, databaseTokens), rig.mint(t, databaseTokens)
	if got := rig.do(http.MethodPost, databaseRotate+"?keep="+a+","+b+"&keep="+c+"&grace=15m", ""); got.Status != http.StatusOK {
		t.Fatal(got.Text)
	}
	end := rig.Now().Add(15 * time.Minute).UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano)
	for id, want := range map[string]string{a: "active", lost: "rotating " + end} {
		if got := rig.statusAndGrace(t, id); got != want {
			t.Errorf("within the grace: got %q, want %q", got, want)
		}
	}
	rig.Advance(15 * time.Minute)
	statuses := rig.statuses(t)
	for id, want := range map[string]string{a: "active", b: "active", c: "active", lost: "rotated"} {
		if statuses[id] != want {
			t.Errorf("got %q, want %q", statuses[id], want)
		}
	}
}

func TestRotateRefusesInput(t *testing.T) {
	rig := newRig(t)
	mine := rig.mint(t, databaseTokens)
	for name, query := range map[string]string{
		"an empty keep":               "?keep=",
		"an empty id in a list":       "?keep=" + mine + ",",
		"a keep that is no id":        "?keep=*",
		"an unknown token":            "?keep=" + token.NewID(),
		"an empty grace":              "?grace=",
		"a grace without end":         "?grace=never",
		"an instant for a grace":      "?grace=2099-01-01T00:00:00Z",
		"a bare number":               "?grace=15",
		"a grace over a week":         "?grace=7d1s",
		"a grace beyond all counting": "?grace=999999999y",
		"two graces":                  "?grace=1h&grace=2h",
		"an unknown parameter":        "?dry_run=true",
	} {
		t.Run(name, func(t *testing.T) {
			if a := rig.do(http.MethodPost, databaseRotate+query, ""); a.Status != http.StatusBadRequest {
				t.Errorf("got %d %s", a.Status, a.Text)
			}
		})
	}
	if a := rig.do(http.MethodPost, databaseRotate, `{"keep":["x"]}`); a.Status != http.StatusBadRequest {
		t.Errorf("a keep in the body was dropped: %d", a.Status)
	}
	if got := rig.statuses(t)[mine]; got != "active" {
		t.Errorf("after refusals only, the token is %q", got)
	}
}

func TestTheListShowsEverythingButTheToken(t *testing.T) {
	rig := newRig(t)
	minted := rig.do(http.MethodPost, databaseTokens+"?expiration=1h&authorization=read-only", `{"permissions":{"read_attach":{"databases":["other-db-1"]}}}`)
	a := rig.do(http.MethodGet, databaseTokens, "")
	if a.Status != http.StatusOK {
		t.Fatal(a.Text)
	}
	a.WantJSON(t)
	if strings.Contains(a.Text, minted.String("jwt")) || strings.Contains(a.Text, "eyJ") {
		t.Error("the list shows a token")
	}
	list := a.Body["tokens"].([]any)
	if len(list) != 1 || a.Body["next"] != nil {
		t.Fatalf("got %s", a.Text)
	}
	entry := list[0].(map[string]any)
	created := entry["created_at"].(string)
	delete(entry, "created_at")
	got, _ := json.Marshal(entry)
	want := `{"authorization":"read-only","created_by":"ops","database":"my-db","databases":[],"expires_at":"` + minted.String("expires_at") +
		`","id":"` + minted.String("id") + `","key_id":"test-key","organization":"my-org","read_attach":["other-db-1"],"revoked_at":null,"status":"active"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err := time.Parse(time.RFC3339, created); err != nil || !strings.HasSuffix(created, "Z") {
		t.Errorf("created_at is %q", created)
	}
}

func TestTheListComesInPages(t *testing.T) {
	rig := newRig(t)
	want := map[string]bool{}
	for range 5 {
		want[rig.mint(t, databaseTokens)] = true
		rig.Advance(time.Second)
	}
	cursor := ""
	for range 3 {
		a := rig.do(http.MethodGet, databaseTokens+"?limit=2"+cursor, "")
		for _, entry := range a.Body["tokens"].([]any) {
			delete(want, entry.(map[string]any)["id"].(string))
		}
		cursor = "&cursor=" + a.String("next")
	}
	if len(want) != 0 {
		t.Errorf("%d tokens are on no page", len(want))
	}
	for _, query := range []string{"?limit=0", "?limit=-1", "?limit=x", "?limit=1001", "?limit=", "?cursor=x", "?page=2"} {
		if a := rig.do(http.MethodGet, databaseTokens+query, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d", query, a.Status)
		}
	}
}

func TestAnEmptyListIsAList(t *testing.T) {
	rig := newRig(t)
	if a := rig.do(http.MethodGet, groupTokens, ""); a.Text != `{"tokens":[],"next":null}` {
		t.Errorf("got %s", a.Text)
	}
}

func TestRevokeAnswersTheSameTwice(t *testing.T) {
	rig := newRig(t)
	id, stays := rig.mint(t, databaseTokens), rig.mint(t, databaseTokens)
	first := rig.do(http.MethodDelete, databaseTokens+"/"+id+"?reason=leaked", "")
	rig.Advance(time.Hour)
	second := rig.do(http.MethodDelete, databaseTokens+"/"+id, "")
	if first.Status != http.StatusOK || first.Text != second.Text || first.String("id") != id || first.String("revoked_at") == "" {
		t.Errorf("got %d %s, then %d %s", first.Status, first.Text, second.Status, second.Text)
	}
	statuses := rig.statuses(t)
	if statuses[id] != "revoked" || statuses[stays] != "active" {
		t.Errorf("statuses are %v", statuses)
	}
}

func TestRevokeFindsNoTokenElsewhere(t *testing.T) {
	rig := newRig(t)
	id := rig.mint(t, databaseTokens)
	for _, path := range []string{
		databaseTokens + "/" + token.NewID(),
		databaseTokens + "/UPPER",
		groupTokens + "/" + id,
		"/v1/organizations/my-org/databases/other-db-1/auth/tokens/" + id,
	} {
		rig.do(http.MethodDelete, path, "").WantError(t, http.StatusNotFound, "TOKEN_NOT_FOUND", "token not found")
	}
	for name, reason := range map[string]string{"without bounds": strings.Repeat("x", 201), "of two lines": "a%0Ab"} {
		if a := rig.do(http.MethodDelete, databaseTokens+"/"+id+"?reason="+reason, ""); a.Status != http.StatusBadRequest {
			t.Errorf("a reason %s: %d", name, a.Status)
		}
	}
}

func TestTheListOfAGroupNamesTheGroup(t *testing.T) {
	rig := newRig(t)
	rig.mint(t, groupTokens)
	entry := rig.do(http.MethodGet, groupTokens, "").Body["tokens"].([]any)[0].(map[string]any)
	if _, ok := entry["database"]; ok || entry["group"] != "production" || entry["organization"] != "my-org" {
		t.Errorf("got %v", entry)
	}
}

// statusAndGrace is the status of a token of my-db and, if it has one, the end of its grace.
func (r *rig) statusAndGrace(t testing.TB, id string) string {
	t.Helper()
	for _, entry := range r.do(http.MethodGet, databaseTokens, "").Body["tokens"].([]any) {
		e := entry.(map[string]any)
		if e["id"] != id {
			continue
		}
		if until, ok := e["grace_until"].(string); ok {
			return e["status"].(string) + " " + until
		}
		return e["status"].(string)
	}
	return ""
}

// statuses lists the tokens of my-db by id.
func (r *rig) statuses(t testing.TB) map[string]string {
	t.Helper()
	a := r.do(http.MethodGet, databaseTokens, "")
	statuses := map[string]string{}
	for _, entry := range a.Body["tokens"].([]any) {
		e := entry.(map[string]any)
		statuses[e["id"].(string)] = e["status"].(string)
	}
	return statuses
}
