package usertokens

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
)

// FuzzDecodeCreate holds that a body is either refused or means what a lenient
// parser also sees in it, and stays within the bounds.
func FuzzDecodeCreate(f *testing.F) {
	for _, body := range []string{
		`{"userId":"u","scopes":["read"],"expiresInMinutes":60}`, `{"userId":" u ","scopes":["a","a"],"expiresInMinutes":6e1,"note":"n"}`,
		`{"userId":1,"scopes":{},"expiresInMinutes":"1"}`, `{"userId":"u","userId":"v"}`, `[]`, `{`, "", `{"userId":"u","scopes":["r"],"expiresInMinutes":1,"networks":["::/0"],"routes":["/*"]}`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		r, err := decodeCreate([]byte(body))
		if err != nil {
			return
		}
		var seen struct {
			UserID  string   `json:"userId"`
			Scopes  []string `json:"scopes"`
			Minutes float64  `json:"expiresInMinutes"`
			Routes  []string `json:"routes"`
		}
		if err := json.Unmarshal([]byte(body), &seen); err != nil {
			t.Fatalf("taken, but another parser refuses it: %v", err)
		}
		if strings.TrimSpace(seen.UserID) != r.Holder || !slices.Equal(seen.Scopes, r.Scopes) || !slices.Equal(seen.Routes, r.Routes) {
			t.Fatalf("read as %+v, another parser reads %+v", r, seen)
		}
		if !issuer.ValidHolder(r.Holder) || len(r.Scopes) == 0 || seen.Minutes < 1 || seen.Minutes > 525600 || r.Expiration.IsNever() {
			t.Fatalf("out of bounds: %+v", r)
		}
	})
}

// FuzzDecodeTable holds that no table makes the parser fail in another way than
// with a refusal that repeats nothing of it.
func FuzzDecodeTable(f *testing.F) {
	f.Add("id,token,userId,scopes,createdAt,expiresAt\na,SECRETSECRETSECRET,u,{read},2026-01-02 03:04:05,2099-01-01 00:00:00\n")
	f.Add("token,id,userId,scopes,createdAt,expiresAt\nSECRETSECRETSECRET,a,u,\"[\"\"x\"\"]\",2026-01-02T03:04:05Z,2099-01-01\n")
	f.Add("id,id\na,b\n")
	f.Fuzz(func(t *testing.T, body string) {
		tokens, err := decodeTable([]byte(body))
		if err != nil && strings.Contains(err.Error(), "SECRET") {
			t.Fatalf("the error shows a secret: %v", err)
		}
		if err == nil && len(tokens) == 0 {
			t.Fatal("a table without tokens was taken")
		}
	})
}
