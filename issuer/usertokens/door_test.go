package usertokens_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/issuer/usertokens"
)

const (
	tokens = "/api/tokens"
	sample = `{"userId":"user123","scopes":["read","write"],"expiresInMinutes":60}`
)

type rig struct {
	*issuertest.World
	door *usertokens.Door
}

func newRig(t testing.TB) *rig {
	w := issuertest.New(t)
	return &rig{World: w, door: usertokens.New(w.Service)}
}

func (r *rig) do(method, target, body string, headers ...string) issuertest.Answer {
	return issuertest.Serve(r.door, issuertest.Request(method, target, body, headers...))
}

func (r *rig) create(t testing.TB, userID string) issuertest.Answer {
	t.Helper()
	a := r.do(http.MethodPost, tokens, fmt.Sprintf(`{"userId":%q,"scopes":["read"],"expiresInMinutes":60}`, userID))
	if a.Status != http.StatusCreated {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	return a
}

// list gives the ids on the first page, in order.
func (r *rig) list(t testing.TB, query string) (ids []string, a issuertest.Answer) {
	t.Helper()
	a = r.do(http.MethodGet, tokens+query, "")
	var list []map[string]any
	if err := json.Unmarshal([]byte(a.Text), &list); err != nil {
		t.Fatalf("%d %s is no array: %v", a.Status, a.Text, err)
	}
	for _, entry := range list {
		ids = append(ids, entry["id"].(string))
	}
	return ids, a
}

func TestACreatedTokenLooksAsClientsKnowIt(t *testing.T) {
	rig := newRig(t)
	a := rig.do(http.MethodPost, tokens, sample, "Content-Type", "application/json")
	if a.Status != http.StatusCreated {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	a.WantJSON(t)
	want := regexp.MustCompile(`^\{"id":"token_[a-z2-7]{16}","token":"token_[a-z2-7]{16}_[0-9A-Za-z]{49}","userId":"user123","scopes":\["read","write"\],` +
		`"createdAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","expiresAt":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",`)
	if !want.MatchString(a.Text) {
		t.Errorf("got %s", a.Text)
	}
	created, _ := time.Parse(time.RFC3339, a.String("createdAt"))
	expires, _ := time.Parse(time.RFC3339, a.String("expiresAt"))
	if life := expires.Sub(created); life > time.Hour || life <= time.Hour-time.Second {
		t.Errorf("it lives for %v", life)
	}
	if a.Header.Get("Location") != tokens+"/"+a.String("id") {
		t.Errorf("Location is %q", a.Header.Get("Location"))
	}
}

func TestUserIDsMayBeAnyTextAndMeetNoOther(t *testing.T) {
	rig := newRig(t)
	for _, id := range []string{"user123", "user_123-abc@example.com", "a:b*?", "x/holder/y", "日本", "{a}", "a b", strings.Repeat("x", 256)} {
		body, _ := json.Marshal(map[string]any{"userId": id, "scopes": []string{"write", "read", "日本"}, "expiresInMinutes": 1})
		a := rig.do(http.MethodPost, tokens, string(body))
		if a.Status != http.StatusCreated || a.String("userId") != id {
			t.Errorf("%q: %d %s", id, a.Status, a.Text)
			continue
		}
		request := issuertest.Request(http.MethodGet, tokens, "")
		query := request.URL.Query()
		query.Set("userId", id)
		request.URL.RawQuery = query.Encode()
		got := issuertest.Serve(rig.door, request)
		if !strings.Contains(got.Text, a.String("id")) || strings.Count(got.Text, `"id"`) != 1 || !strings.Contains(got.Text, `["write","read","日本"]`) {
			t.Errorf("%q: the list is %s", id, got.Text)
		}
	}
}

// The messages are those of the service, whose users show them.
func TestValidationSaysWhatItAlwaysSaid(t *testing.T) {
	rig := newRig(t)
	scopes := func(n int, each string) string {
		return `["` + strings.Join(slices.Repeat([]string{each}, n), `","`) + `"]`
	}
	for name, test := range map[string]struct {
		userID, scopes, minutes string
		path, code, message     string
	}{
		"an empty user id":        {`""`, `["read"]`, `60`, `["userId"]`, "too_small", "userId must not be empty"},
		"a user id of spaces":     {`"  "`, `["read"]`, `60`, `["userId"]`, "too_small", "userId must not be empty"},
		"a long user id":          {`"` + strings.Repeat("x", 257) + `"`, `["read"]`, `60`, `["userId"]`, "too_big", "userId must have at most 256 characters"},
		"a control in a user id":  {`"a\nb"`, `["read"]`, `60`, `["userId"]`, "invalid_format", "userId must not contain control characters"},
		"a number as user id":     {`1`, `["read"]`, `60`, `["userId"]`, "invalid_type", "Invalid input: expected string, received number"},
		"null as user id":         {`null`, `["read"]`, `60`, `["userId"]`, "invalid_type", "Invalid input: expected string, received null"},
		"no scopes":               {`"u"`, `[]`, `60`, `["scopes"]`, "too_small", "At least one scope is required"},
		"an empty scope":          {`"u"`, `["read",""]`, `60`, `["scopes",1]`, "too_small", "Each scope must be a non-empty string"},
		"a number as a scope":     {`"u"`, `[1]`, `60`, `["scopes",0]`, "invalid_type", "Invalid input: expected string, received number"},
		"one scope, not a list":   {`"u"`, `"read"`, `60`, `["scopes"]`, "invalid_type", "Invalid input: expected array, received string"},
		"65 scopes":               {`"u"`, scopes(65, "r"), `60`, `["scopes"]`, "too_big", "At most 64 scopes are allowed"},
		"a scope of 129 bytes":    {`"u"`, scopes(1, strings.Repeat("r", 129)), `60`, `["scopes",0]`, "too_big", "Each scope must have at most 128 bytes"},
		"two scopes in one":       {`"u"`, `["read write"]`, `60`, `["scopes",0]`, "invalid_format", "Each scope must be one word without control characters"},
		"zero minutes":            {`"u"`, `["read"]`, `0`, `["expiresInMinutes"]`, "too_small", "expiresInMinutes must be positive"},
		"minus one minute":        {`"u"`, `["read"]`, `-1`, `["expiresInMinutes"]`, "too_small", "expiresInMinutes must be positive"},
		"a fraction":              {`"u"`, `["read"]`, `60.5`, `["expiresInMinutes"]`, "invalid_type", "expiresInMinutes must be an integer"},
		"a year and a minute":     {`"u"`, `["read"]`, `525601`, `["expiresInMinutes"]`, "too_big", "expiresInMinutes cannot exceed 1 year (525600 minutes)"},
		"beyond all numbers":      {`"u"`, `["read"]`, `1e999`, `["expiresInMinutes"]`, "too_big", "expiresInMinutes cannot exceed 1 year (525600 minutes)"},
		"minutes as text":         {`"u"`, `["read"]`, `"60"`, `["expiresInMinutes"]`, "invalid_type", "Invalid input: expected number, received string"},
		"null minutes":            {`"u"`, `["read"]`, `null`, `["expiresInMinutes"]`, "invalid_type", "Invalid input: expected number, received null"},
		"true for minutes":        {`"u"`, `["read"]`, `true`, `["expiresInMinutes"]`, "invalid_type", "Invalid input: expected number, received boolean"},
		"an object for user id":   {`{}`, `["read"]`, `60`, `["userId"]`, "invalid_type", "Invalid input: expected string, received object"},
		"a null in the scopes":    {`"u"`, `[null]`, `60`, `["scopes",0]`, "invalid_type", "Invalid input: expected string, received null"},
		"a list as user id":       {`["u"]`, `["read"]`, `60`, `["userId"]`, "invalid_type", "Invalid input: expected string, received array"},
		"an escape in a scope":    {`"u"`, `["a\u001b"]`, `60`, `["scopes",0]`, "invalid_format", "Each scope must be one word without control characters"},
		"null scopes":             {`"u"`, `null`, `60`, `["scopes"]`, "invalid_type", "Invalid input: expected array, received null"},
		"a minute in a far place": {`"u"`, `["read"]`, `1e308`, `["expiresInMinutes"]`, "too_big", "expiresInMinutes cannot exceed 1 year (525600 minutes)"},
	} {
		t.Run(name, func(t *testing.T) {
			a := rig.do(http.MethodPost, tokens, `{"userId":`+test.userID+`,"scopes":`+test.scopes+`,"expiresInMinutes":`+test.minutes+`}`)
			a.WantError(t, http.StatusBadRequest, "VALIDATION_FAILED", "Validation failed")
			want := `"details":[{"code":"` + test.code + `","path":` + test.path + `,"message":` + quote(test.message) + `}]`
			if !strings.Contains(a.Text, want) {
				t.Errorf("got  %s\nwant %s", a.Text, want)
			}
		})
	}
}

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

func TestTheBoundsThemselvesAreTaken(t *testing.T) {
	rig := newRig(t)
	for _, body := range []string{
		`{"userId":"u","scopes":["read"],"expiresInMinutes":1}`,
		`{"userId":"u","scopes":["read"],"expiresInMinutes":525600}`,
		`{"userId":"u","scopes":["read"],"expiresInMinutes":60.0}`,
		`{"userId":"u","scopes":["read"],"expiresInMinutes":6e1}`,
		`{"userId":" ` + strings.Repeat("x", 256) + ` ","scopes":["` + strings.Repeat("r", 128) + `"],"expiresInMinutes":1}`,
		"\n {\"scopes\":[\"read\",\"read\"],\"userId\":\"u\",\"expiresInMinutes\":5} \n",
		`{"userId":"u","scopes":["read"],"expiresInMinutes":5,"note":"n","networks":["192.0.2.0/24","2001:db8::1"],"routes":["GET /v1/*"],"authorization":"read-only"}`,
	} {
		if a := rig.do(http.MethodPost, tokens, body); a.Status != http.StatusCreated {
			t.Errorf("%s: %d %s", body, a.Status, a.Text)
		}
	}
}

func TestAllThatIsWrongIsSaidAtOnce(t *testing.T) {
	rig := newRig(t)
	a := rig.do(http.MethodPost, tokens, `{"expiresInMinutes":-0.5}`)
	a.WantError(t, http.StatusBadRequest, "VALIDATION_FAILED", "Validation failed")
	if details, _ := a.Body["details"].([]any); len(details) != 4 {
		t.Errorf("got %s", a.Text)
	}
}

func TestBodiesThatAreNoCreate(t *testing.T) {
	rig := newRig(t)
	for body, code := range map[string]string{
		`{bad`:          "BAD_REQUEST",
		``:              "BAD_REQUEST",
		sample + sample: "BAD_REQUEST",
		`{"userId":"a","userId":"b","scopes":["r"],"expiresInMinutes":1}`: "BAD_REQUEST",
		"{\"userId\":\"\xff\"}": "BAD_REQUEST",
		`[]`:                    "VALIDATION_FAILED",
		`"x"`:                   "VALIDATION_FAILED",
		`null`:                  "VALIDATION_FAILED",
		`{"userid":"u","scopes":["r"],"expiresInMinutes":1}`:              "VALIDATION_FAILED",
		strings.TrimSuffix(sample, "}") + `,"admin":true}`:                "VALIDATION_FAILED",
		strings.TrimSuffix(sample, "}") + `,"networks":[]}`:               "VALIDATION_FAILED",
		strings.TrimSuffix(sample, "}") + `,"networks":["10.0.0.1/8"]}`:   "VALIDATION_FAILED",
		strings.TrimSuffix(sample, "}") + `,"routes":["nowhere"]}`:        "VALIDATION_FAILED",
		strings.TrimSuffix(sample, "}") + `,"authorization":"READ-ONLY"}`: "VALIDATION_FAILED",
		strings.TrimSuffix(sample, "}") + `,"note":"a\u0000"}`:            "VALIDATION_FAILED",
	} {
		rig.do(http.MethodPost, tokens, body).WantError(t, http.StatusBadRequest, code, "")
	}
	big := rig.do(http.MethodPost, tokens, `{"userId":"`+strings.Repeat("x", 70<<10)+`"}`)
	big.WantError(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "")
}

func TestWhoMayNotComeIn(t *testing.T) {
	rig := newRig(t)
	minted := rig.create(t, "u").String("token")
	for name, headers := range map[string]http.Header{
		"no credential":                  {},
		"an empty key":                   {"X-Api-Key": {""}},
		"the sample key of the docs":     {"X-Api-Key": {"dev-secret-key-12345"}},
		"a user token as key":            {"X-Api-Key": {minted}},
		"a user token as bearer":         {"Authorization": {"Bearer " + minted}},
		"a key with the scheme":          {"X-Api-Key": {"Bearer " + issuertest.OpsSecret}},
		"Basic":                          {"Authorization": {"Basic b3BzOnNlY3JldA=="}},
		"a key in a header of its own":   {"Api-Key": {issuertest.OpsSecret}},
		"two keys separated by a comma":  {"X-Api-Key": {issuertest.OpsSecret + "," + issuertest.MintSecret}},
		"a key of a hundred thousand xs": {"X-Api-Key": {strings.Repeat("x", 100_000)}},
	} {
		r := httptest.NewRequest(http.MethodGet, tokens+"?userId=u&x="+issuertest.OpsSecret, nil)
		r.Header = headers
		a := issuertest.Serve(rig.door, r)
		a.WantError(t, http.StatusUnauthorized, "ADMIN_KEY_INVALID", "Unauthorized. Valid X-API-Key header required.")
		if a.Header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s: no challenge", name)
		}
	}
	for name, headers := range map[string]http.Header{
		"both headers":  {"X-Api-Key": {issuertest.OpsSecret}, "Authorization": {"Bearer " + issuertest.OpsSecret}},
		"two keys":      {"X-Api-Key": {issuertest.OpsSecret, issuertest.OpsSecret}},
		"two bearers":   {"Authorization": {"Bearer " + issuertest.OpsSecret, "Bearer x"}},
		"one good, one": {"X-Api-Key": {"bad"}, "Authorization": {"Bearer " + issuertest.OpsSecret}},
	} {
		r := httptest.NewRequest(http.MethodPost, tokens, strings.NewReader(sample))
		r.Header = headers
		a := issuertest.Serve(rig.door, r)
		if a.Status != http.StatusBadRequest || a.String("code") != "AUTH_MULTIPLE_CREDENTIALS" {
			t.Errorf("%s: %d %s", name, a.Status, a.Text)
		}
	}
}

func TestTheKeyMayComeInEitherHeader(t *testing.T) {
	rig := newRig(t)
	r := httptest.NewRequest(http.MethodPost, tokens, strings.NewReader(sample))
	r.Header.Set("X-API-Key", issuertest.OpsSecret)
	if a := issuertest.Serve(rig.door, r); a.Status != http.StatusCreated {
		t.Errorf("got %d %s", a.Status, a.Text)
	}
}

func TestMethodsAndPathsThatThereAreNot(t *testing.T) {
	rig := newRig(t)
	for path, allow := range map[string]string{tokens: "POST, GET, DELETE", tokens + "/token_x": "GET, DELETE", tokens + "/token_x/rotate": "POST"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, "HEAD", "TRACE"} {
			a := rig.do(method, path, "")
			if a.Status != http.StatusMethodNotAllowed || a.Header.Get("Allow") != allow {
				t.Errorf("%s %s: %d, Allow %q", method, path, a.Status, a.Header.Get("Allow"))
			}
		}
	}
	for _, path := range []string{tokens + "/", tokens + "/a/b/c", tokens + "//", tokens + "/a%2Frotate", tokens + "/../tokens"} {
		rig.do(http.MethodGet, path, "").WantError(t, http.StatusNotFound, "NOT_FOUND", "Not found")
	}
	for path, want := range map[string]bool{tokens: true, tokens + "/x": true, "/api/tokensx": false, "/api": false, "/x/api/tokens": false} {
		if got := usertokens.Owns(httptest.NewRequest(http.MethodGet, path, nil)); got != want {
			t.Errorf("%s: owned is %v", path, got)
		}
	}
}
