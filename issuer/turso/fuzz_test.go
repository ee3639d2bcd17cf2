package turso

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// FuzzDecodeMint holds that a body is either refused or means what a lenient
// parser would also see in it: no restriction is dropped on the way.
func FuzzDecodeMint(f *testing.F) {
	for _, body := range []string{
		"", "{}\n", `{"permissions":null}`, `{"permissions":{"read_attach":{"databases":["a","b"]}}}`, `{"databases":["a"]}`,
		`{"databases":[]}`, `{"fine_grained_permissions":[]}`, `{"permissions":{},"permissions":null}`, `[1]`, "{\"\xff\":1}", `{"databases":["A"]}`,
	} {
		f.Add("expiration=7d&authorization=read-only", body)
	}
	f.Add("expiration=never", "{}")
	f.Fuzz(func(t *testing.T, query, body string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		request, err := decodeMint(values, []byte(body))
		if err != nil {
			return
		}
		if strings.TrimSpace(body) == "" {
			if len(request.Databases)+len(request.ReadAttach) > 0 {
				t.Fatal("an empty body asked for something")
			}
			return
		}
		var seen struct {
			Permissions struct {
				ReadAttach struct {
					Databases []string `json:"databases"`
				} `json:"read_attach"`
			} `json:"permissions"`
			Databases []string `json:"databases"`
		}
		decoder := json.NewDecoder(bytes.NewReader([]byte(body)))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&seen); err != nil {
			t.Fatalf("taken, but another parser refuses it: %v", err)
		}
		if !equal(seen.Databases, request.Databases) || !equal(seen.Permissions.ReadAttach.Databases, request.ReadAttach) {
			t.Fatalf("read as %+v, another parser reads %+v", request, seen)
		}
	})
}

func equal(a, b []string) bool {
	return strings.Join(a, "\x00") == strings.Join(b, "\x00") && len(a) == len(b)
}
