package devtokens_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// file is as JiETNG writes it.
const file = `{
  "jt_abc123def456": {
    "token": "kX3v-Zp_9QwErTyUiOpAsDfGhJkLzXcVbNm1234567A",
    "note": "MyApp API Integration",
    "created_at": "2025-01-24 12:00:00",
    "created_by": "U123456",
    "last_used": "2025-01-24 15:30:00",
    "revoked": false
  },
  "jt_0123456789abcdef": {
    "token": "Another-Secret_0123456789abcdefghijklmnopqrs",
    "note": "古いトークン",
    "created_at": "2025-01-25 00:00:00",
    "created_by": "U123456",
    "last_used": null,
    "revoked": true,
    "allowed_users": []
  }
}`

func TestAFileOfJiETNGIsTakenOver(t *testing.T) {
	rig := newRig(t)
	for _, want := range []string{`{"active":1,"revoked":1,"skipped":0}`, `{"active":0,"revoked":0,"skipped":2}`} {
		if a := rig.do(http.MethodPost, tokens+"/import?source_tz=Asia/Tokyo", file); a.Status != http.StatusOK || a.Text != want {
			t.Fatalf("got %d %s", a.Status, a.Text)
		}
	}
	a := rig.do(http.MethodGet, tokens+"/jt_abc123def456", "")
	for field, want := range map[string]string{
		"note": "MyApp API Integration", "created_at": "2025-01-24T03:00:00Z", "created_by": "U123456", "last_used": "2025-01-24T06:30:00Z", "status": "active", "token": "jt_abc1…",
	} {
		if got := a.String(field); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	revoked := rig.do(http.MethodGet, tokens+"/jt_0123456789abcdef", "")
	if revoked.String("status") != "revoked" || revoked.Body["last_used"] != nil || revoked.String("revoked_at") == "" {
		t.Errorf("got %s", revoked.Text)
	}
	if kept := rig.Stored(t) + rig.Log.String(); strings.Contains(kept, "kX3v-Zp") || strings.Contains(kept, "567A") || strings.Contains(kept, "Another-Secret") {
		t.Error("a secret stayed in store or log")
	}
}

func TestASecretOrAnIDThatAnotherTokenHasIsNotImported(t *testing.T) {
	rig := newRig(t)
	entry := func(id, secret string) string {
		return `{"` + id + `":{"token":"` + secret + `","note":"n","created_at":"2025-01-24 12:00:00","created_by":"x","last_used":null,"revoked":false}}`
	}
	const secret = "abcdefghijklmnop0123456789"
	if a := rig.do(http.MethodPost, tokens+"/import", entry("jt_one", secret)); a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	for name, body := range map[string]string{
		"its secret under another id": entry("jt_two", secret),
		"its id with another secret":  entry("jt_one", "9876543210ponmlkjihgfedcba"),
	} {
		if a := rig.do(http.MethodPost, tokens+"/import", body); a.Status != http.StatusConflict {
			t.Errorf("%s: got %d %s", name, a.Status, a.Text)
		}
	}
	if ids := rig.list(t, ""); !slices.Equal(ids, []string{"jt_one"}) {
		t.Errorf("there are %v", ids)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	rig := newRig(t)
	for name, body := range map[string]string{
		"nothing":            "",
		"no tokens":          "{}",
		"a list":             "[" + file + "]",
		"half a file":        file[:len(file)/2],
		"an unknown field":   strings.Replace(file, `"revoked": false`, `"revoked": false, "expires_at": "x"`, 1),
		"a field twice":      strings.Replace(file, `"revoked": false`, `"revoked": false, "revoked": true`, 1),
		"revoked as text":    strings.Replace(file, `"revoked": false`, `"revoked": "false"`, 1),
		"a time with a zone": strings.Replace(file, "2025-01-24 12:00:00", "2025-01-24T12:00:00Z", 1),
		"no time":            strings.Replace(file, `"created_at": "2025-01-24 12:00:00",`, "", 1),
		"no secret":          strings.Replace(file, "kX3v-Zp_9QwErTyUiOpAsDfGhJkLzXcVbNm1234567A", "", 1),
		"an id of another":   strings.Replace(file, "jt_abc123def456", "../jt", 1),
		"one id twice":       strings.Replace(file, "jt_abc123def456", "jt_0123456789abcdef", 1),
	} {
		a := rig.do(http.MethodPost, tokens+"/import", body)
		a.WantError(t, http.StatusBadRequest, "BAD_REQUEST", "")
		if strings.Contains(a.Text+rig.Log.String(), "kX3v") {
			t.Errorf("%s: a secret was shown", name)
		}
	}
	for _, zone := range []string{"Local", "Mars/Olympus", "../../etc/passwd"} {
		rig.do(http.MethodPost, tokens+"/import?source_tz="+zone, file).WantError(t, http.StatusBadRequest, "BAD_REQUEST", "")
	}
	rig.do(http.MethodPost, tokens+"/import", strings.Repeat(" ", 9<<20)).WantError(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "")
	if got := rig.do(http.MethodGet, tokens, ""); got.Text != `{"tokens":[],"next":null}` {
		t.Errorf("after refusals only there is %s", got.Text)
	}
}
