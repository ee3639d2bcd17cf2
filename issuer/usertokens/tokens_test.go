package usertokens_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/token"
)

func TestTheListIsABareArrayOfWhatIsGoodNewestFirst(t *testing.T) {
	rig := newRig(t)
	var ids []string
	for range 4 {
		ids = append(ids, rig.create(t, "u").String("id"))
		rig.Advance(time.Second)
	}
	rig.create(t, "someone else")
	rig.do(http.MethodDelete, tokens+"/"+ids[1], "")
	rig.Advance(59*time.Minute + 57*time.Second) // the first has ended
	want := []string{ids[3], ids[2]}
	if got, a := rig.list(t, "?userId=u"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v: %s", got, want, a.Text)
	}
	slices.Reverse(ids)
	if got, _ := rig.list(t, "?userId=u&status=all"); !slices.Equal(got, ids) {
		t.Errorf("all: got %v, want %v", got, ids)
	}
	if got, _ := rig.list(t, "?userId=u&status=revoked"); !slices.Equal(got, ids[2:3]) {
		t.Errorf("revoked: got %v", got)
	}
	if _, a := rig.list(t, "?userId=nobody"); a.Text != "[]" {
		t.Errorf("an empty list is %s", a.Text)
	}
}

func TestNoReadShowsASecret(t *testing.T) {
	rig := newRig(t)
	minted := rig.create(t, "u")
	id, secret := minted.String("id"), minted.String("token")
	masked := regexp.MustCompile(`"token":"token_[a-z2-7]{4}…[0-9A-Za-z]{4}"`)
	for _, request := range []*http.Request{
		issuertest.Request(http.MethodGet, tokens+"?userId=u", ""),
		issuertest.Request(http.MethodGet, tokens+"/"+id, ""),
		issuertest.Request(http.MethodDelete, tokens+"/"+id, ""),
		issuertest.Request(http.MethodGet, tokens+"?userId=u&status=all", ""),
	} {
		a := issuertest.Serve(rig.door, request)
		a.WantJSON(t)
		if a.Status != http.StatusOK || !masked.MatchString(a.Text) || strings.Contains(a.Text, secret[len(id):len(secret)-6]) {
			t.Errorf("%s %s: %d %s", request.Method, request.URL, a.Status, a.Text)
		}
	}
	if kept := rig.Stored(t) + rig.Log.String(); strings.Contains(kept, secret) || strings.Contains(kept, issuertest.OpsSecret) {
		t.Error("a secret stayed in store or log")
	}
}

func TestPagesFollowTheLinkHeader(t *testing.T) {
	rig := newRig(t)
	want := map[string]bool{}
	for range 5 {
		want[rig.create(t, "a b&c").String("id")] = true
		rig.Advance(time.Second)
	}
	link := regexp.MustCompile(`^<(\?[^>]+)>; rel="next"$`)
	query := "?userId=a+b%26c&limit=2"
	for range 3 {
		ids, a := rig.list(t, query)
		for _, id := range ids {
			delete(want, id)
		}
		found := link.FindStringSubmatch(a.Header.Get("Link"))
		if found == nil {
			break
		}
		query = found[1]
	}
	if len(want) != 0 {
		t.Errorf("%d tokens are on no page", len(want))
	}
	if _, a := rig.list(t, "?userId=a+b%26c"); a.Header.Get("Link") != "" {
		t.Error("a whole list has a next page")
	}
}

func TestAListNeedsOneUser(t *testing.T) {
	rig := newRig(t)
	credential, _ := token.NewOpaque("token")
	for query, message := range map[string]string{
		"":                                    "Invalid input: expected string, received undefined",
		"?userId=":                            "userId must not be empty",
		"?userId=+":                           "userId must not be empty",
		"?userId=a&userId=b":                  "userId must be given once only",
		"?userId=a%0Ab":                       "userId must not contain control characters",
		"?userId=" + credential:               "userId must not be a token",
		"?limit=5":                            "Invalid input: expected string, received undefined",
		"?userId=" + strings.Repeat("x", 257): "userId must have at most 256 characters",
	} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			if method == http.MethodDelete && strings.Contains(query, "limit") {
				continue
			}
			a := rig.do(method, tokens+query, "")
			a.WantError(t, http.StatusBadRequest, "VALIDATION_FAILED", "Validation failed")
			if !strings.Contains(a.Text, `"path":["userId"],"message":`+quote(message)) {
				t.Errorf("%s: got %s", query, a.Text)
			}
		}
	}
	for _, query := range []string{"&limit=0", "&limit=1001", "&limit=x", "&cursor=x", "&status=dead", "&status=", "&page=2", "&status=all&status=active"} {
		if a := rig.do(http.MethodGet, tokens+"?userId=u"+query, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d", query, a.Status)
		}
	}
}

func TestDeletingATokenAnswersTheSameTwice(t *testing.T) {
	rig := newRig(t)
	id := rig.create(t, "u").String("id")
	first := rig.do(http.MethodDelete, tokens+"/"+id+"?reason=leaked", "")
	rig.Advance(time.Minute)
	second := rig.do(http.MethodDelete, tokens+"/"+id, "")
	if first.Status != http.StatusOK || first.Text != second.Text || first.String("status") != "revoked" || first.String("revokedAt") == "" {
		t.Errorf("got %d %s, then %s", first.Status, first.Text, second.Text)
	}
	for _, unknown := range []string{"token_unknown", "UPPER", strings.Repeat("x", 100)} {
		for _, method := range []string{http.MethodGet, http.MethodDelete} {
			rig.do(method, tokens+"/"+unknown, "").WantError(t, http.StatusNotFound, "TOKEN_NOT_FOUND", "Token not found")
		}
	}
}

func TestDeletingAUserTakesAllTheirTokensBack(t *testing.T) {
	rig := newRig(t)
	a, b := rig.create(t, "u").String("id"), rig.create(t, "u").String("id")
	stays := rig.create(t, "v").String("id")
	got := rig.do(http.MethodDelete, tokens+"?userId=u", "")
	if got.Status != http.StatusOK || got.Body["revoked"] != 2.0 || !strings.Contains(got.Text, a) || !strings.Contains(got.Text, b) {
		t.Errorf("got %d %s", got.Status, got.Text)
	}
	if again := rig.do(http.MethodDelete, tokens+"?userId=u", ""); again.Text != `{"userId":"u","revoked":0,"ids":[]}` {
		t.Errorf("again: %s", again.Text)
	}
	if ids, _ := rig.list(t, "?userId=v"); !slices.Equal(ids, []string{stays}) {
		t.Errorf("the other user has %v", ids)
	}
}

func TestRotatingGivesANewTokenOfTheSameEnd(t *testing.T) {
	rig := newRig(t)
	old := rig.create(t, "u")
	rig.Advance(10 * time.Minute)
	next := rig.do(http.MethodPost, tokens+"/"+old.String("id")+"/rotate?grace=15m", "")
	if next.Status != http.StatusCreated || next.String("expiresAt") != old.String("expiresAt") || next.String("replaces") != old.String("id") || next.String("userId") != "u" {
		t.Fatalf("got %d %s", next.Status, next.Text)
	}
	if id, ok := token.ParseOpaque(next.String("token")); !ok || id != next.String("id") {
		t.Errorf("the new token is %q", next.String("id"))
	}
	if a := rig.do(http.MethodGet, tokens+"/"+old.String("id"), ""); a.String("status") != "rotating" || a.String("rotatedTo") != next.String("id") {
		t.Errorf("the old one: %s", a.Text)
	}
	rig.Advance(15 * time.Minute)
	if a := rig.do(http.MethodGet, tokens+"/"+old.String("id"), ""); a.String("status") != "rotated" {
		t.Errorf("after its grace: %s", a.Text)
	}
	for _, query := range []string{"?grace=8d", "?grace=never", "?grace=", "?grace=1h&grace=2h", "?keep=x"} {
		if a := rig.do(http.MethodPost, tokens+"/"+next.String("id")+"/rotate"+query, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d", query, a.Status)
		}
	}
}

func TestARepeatedCreateMakesNoSecondToken(t *testing.T) {
	rig := newRig(t)
	first := rig.do(http.MethodPost, tokens, sample, "Idempotency-Key", "k1")
	again := rig.do(http.MethodPost, tokens, sample, "Idempotency-Key", "k1")
	again.WantError(t, http.StatusConflict, "IDEMPOTENCY_CONFLICT", "Token already created")
	if first.Status != http.StatusCreated || again.String("id") != first.String("id") {
		t.Errorf("got %d %s, then %s", first.Status, first.Text, again.Text)
	}
	if ids, _ := rig.list(t, "?userId=user123"); len(ids) != 1 {
		t.Errorf("there are %d", len(ids))
	}
	for _, key := range []string{"", strings.Repeat("k", 256), "a\x01"} {
		if a := rig.do(http.MethodPost, tokens, sample, "Idempotency-Key", key); a.Status != http.StatusBadRequest {
			t.Errorf("%q: got %d", key, a.Status)
		}
	}
}

const table = `id,token,userId,scopes,createdAt,expiresAt
clx1abc,token_123e4567-e89b-42d3-a456-426614174000,user123,"{read,write}",2026-01-02 03:04:05.678,2099-01-01 00:00:00
clx2abc,token_223e4567-e89b-42d3-a456-426614174000,user123,"[""a"",""日本""]",2026-01-02T03:04:05.678Z,2099-01-01T00:00:00.000Z
`

func TestTheTableOfTheServiceIsTakenOver(t *testing.T) {
	rig := newRig(t)
	for _, want := range []string{`{"active":2,"revoked":0,"skipped":0}`, `{"active":0,"revoked":0,"skipped":2}`} {
		if a := rig.do(http.MethodPost, tokens+"/import", table, "Content-Type", "text/csv"); a.Status != http.StatusOK || a.Text != want {
			t.Fatalf("got %d %s", a.Status, a.Text)
		}
	}
	ids, a := rig.list(t, "?userId=user123")
	if len(ids) != 2 || !strings.Contains(a.Text, `"scopes":["read","write"],"createdAt":"2026-01-02T03:04:05.678Z","expiresAt":"2099-01-01T00:00:00.000Z"`) ||
		!strings.Contains(a.Text, `"scopes":["a","日本"]`) || !strings.Contains(a.Text, `"token":"clx1…"`) {
		t.Errorf("got %s", a.Text)
	}
	if kept := rig.Stored(t) + rig.Log.String(); strings.Contains(kept, "e89b-42d3") {
		t.Error("a secret stayed in store or log")
	}
}

func TestATokenThatEndedBeforeAnyClockOfOursIsImportedAsExpired(t *testing.T) {
	for _, end := range []string{"1970-01-01 00:00:00", "1969-12-31 23:59:59", "0001-01-01 00:00:01"} {
		rig := newRig(t)
		rig.do(http.MethodPost, tokens+"/import", strings.Replace(table, "2099-01-01 00:00:00", end, 1))
		if a := rig.do(http.MethodGet, tokens+"/clx1abc", ""); a.String("status") != "expired" {
			t.Errorf("%s: got %d %s", end, a.Status, a.Text)
		}
	}
}

// foreignTable has ids and tokens as the service draws them.
const (
	foreignID     = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
	foreignSecret = "token_123e4567-e89b-42d3-a456-426614174000"
	foreignTable  = `"id","token","userId","scopes","createdAt","expiresAt"
"7c9e6679-7425-40de-944b-e07fc1f90ae7","token_123e4567-e89b-42d3-a456-426614174000","user123","{read,write}","2026-01-02 03:04:05.678","2099-01-01 00:00:00"
"0f8fad5b-d9cb-469f-a165-70867728950e","token_223e4567-e89b-42d3-a456-426614174000","user123","{read}","2026-01-02 03:04:06.678","2099-01-01 00:00:00"
`
)

func TestATokenWithAUUIDAsIDIsATokenLikeAnyOther(t *testing.T) {
	rig := newRig(t)
	if a := rig.do(http.MethodPost, tokens+"/import", foreignTable); a.Text != `{"active":2,"revoked":0,"skipped":0}` {
		t.Fatalf("got %d %s", a.Status, a.Text)
	}
	first, a := rig.list(t, "?userId=user123&limit=1")
	_, next, _ := strings.Cut(a.Header.Get("Link"), "cursor=")
	cursor, _, _ := strings.Cut(next, "&")
	second, _ := rig.list(t, "?userId=user123&limit=1&cursor="+cursor)
	if got := slices.Concat(first, second); !slices.Equal(got, []string{"0f8fad5b-d9cb-469f-a165-70867728950e", foreignID}) {
		t.Fatalf("the pages have %q", got)
	}
	rotated := rig.do(http.MethodPost, tokens+"/"+first[0]+"/rotate?grace=1h", "")
	if rotated.Status != http.StatusCreated || rotated.String("replaces") != first[0] {
		t.Errorf("rotate: %d %s", rotated.Status, rotated.Text)
	}
	for range 2 {
		if a := rig.do(http.MethodDelete, tokens+"/"+foreignID, ""); a.Status != http.StatusOK || a.String("status") != "revoked" {
			t.Errorf("revoke: %d %s", a.Status, a.Text)
		}
	}
	if a := rig.do(http.MethodGet, tokens+"/"+foreignID, ""); a.String("status") != "revoked" || a.String("id") != foreignID {
		t.Errorf("info: %d %s", a.Status, a.Text)
	}
}

func TestATokenInThePlaceOfItsIDIsNotKept(t *testing.T) {
	rig := newRig(t)
	rig.do(http.MethodPost, tokens+"/import", foreignTable)
	for _, call := range [][2]string{{"GET", ""}, {"DELETE", ""}, {"POST", "/rotate"}} {
		rig.do(call[0], tokens+"/"+foreignSecret+call[1], "").WantError(t, http.StatusNotFound, "TOKEN_NOT_FOUND", "Token not found")
	}
	if kept := rig.Stored(t) + rig.Log.String(); strings.Contains(kept, "e89b-42d3") {
		t.Error("a secret stayed in store or log")
	}
}

func TestTablesThatCannotBeRead(t *testing.T) {
	rig := newRig(t)
	head, line, _ := strings.Cut(table, "\n")
	for name, body := range map[string]string{
		"nothing":              "",
		"names alone":          head,
		"no names":             line,
		"a name twice":         strings.Replace(head, "scopes", "id", 1) + "\n" + line,
		"another name":         strings.Replace(head, "scopes", "scope", 1) + "\n" + line,
		"a missing field":      head + "\nclx,token_123e4567\n",
		"a time that is none":  strings.Replace(table, "2099-01-01 00:00:00", "soon", 1),
		"scopes that are none": strings.Replace(table, "{read,write}", "read", 1),
		"a scope too often":    strings.Replace(table, `[""a"",""日本""]`, "{"+strings.Repeat("read,", 64)+"read}", 1),
		"an empty scope":       strings.Replace(table, "{read,write}", `{read,""}`, 1),
		"no scopes":            strings.Replace(table, "{read,write}", "{}", 1),
		"no user":              strings.Replace(table, "user123", "", 1),
		"an id in upper case":  strings.Replace(table, "clx1abc", "7C9E6679-7425-40DE-944B-E07FC1F90AE7", 1),
		"an id like an option": strings.Replace(table, "clx1abc", "-clx1abc", 1),
		"an id that tells":     strings.Replace(table, "clx1abc", "123e4567-e89b-42d3-a456-426614174000", 1),
		"a token twice":        strings.Replace(table, "token_2", "token_1", 1),
	} {
		a := rig.do(http.MethodPost, tokens+"/import", body)
		if a.Status != http.StatusBadRequest || strings.Contains(a.Text, "e89b") {
			t.Errorf("%s: got %d %s", name, a.Status, a.Text)
		}
	}
	if ids, _ := rig.list(t, "?userId=user123&status=all"); len(ids) != 0 {
		t.Errorf("imported all the same: %v", ids)
	}
}
