package devtokens

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// FuzzDecodeCreate holds that no restriction in a body is dropped on the way.
func FuzzDecodeCreate(f *testing.F) {
	for _, body := range []string{
		`{"note":"n"}`, `{"note":"n","scopes":["a"],"networks":["10.0.0.0/8","::1"],"routes":["/a"],"expiration":"7d","authorization":"read-only"}`,
		`{"note":"n","scopes":[]}`, `{"note":"n","networks":null}`, `{"note":"n","x":1}`, `[]`, ``, "{\"note\":\"\xff\"}",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, err := decodeCreate([]byte(body))
		if err != nil || strings.TrimSpace(body) == "" {
			return
		}
		var seen struct {
			Note, App     string
			Scopes        []string
			Networks      []string
			Routes        []string
			Authorization *string
			Expiration    *string
		}
		if err := json.Unmarshal([]byte(body), &seen); err != nil {
			t.Fatalf("taken, but another parser refuses it: %v", err)
		}
		if seen.Note != r.Note || seen.App != r.Holder || !slices.Equal(seen.Scopes, r.Scopes) || (seen.Scopes == nil) != (r.Scopes == nil) ||
			!slices.Equal(seen.Routes, r.Routes) || len(seen.Networks) != len(r.Networks) || (seen.Networks == nil) != (r.Networks == nil) ||
			(seen.Expiration == nil) != (r.Expiration == nil) || (seen.Authorization == nil) != (r.Access == "") {
			t.Fatalf("read as %+v, another parser reads %+v", r, seen)
		}
	})
}

// FuzzDecodeFile holds that no file makes the parser fail in another way than with
// a refusal that repeats nothing of it.
func FuzzDecodeFile(f *testing.F) {
	f.Add(`{"jt_a":{"token":"SECRETSECRETSECRET","note":"n","created_at":"2025-01-24 12:00:00","created_by":"U","last_used":null,"revoked":false}}`)
	f.Add(`{"jt_a":{"token":"SECRETSECRETSECRET","note":"n","created_at":"2025-13-24 12:00:00","created_by":"U","last_used":"x","revoked":true,"allowed_users":["u"]}}`)
	f.Add(`{"jt_a":null}`)
	f.Fuzz(func(t *testing.T, body string) {
		tokens, err := decodeFile([]byte(body), time.UTC)
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Fatalf("the error shows a secret: %v", err)
		}
		if err == nil && len(tokens) == 0 {
			t.Fatal("a file without tokens was taken")
		}
	})
}
