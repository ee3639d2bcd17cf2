package openapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
)

// bound reads a number of the description, such as the maxLength of a schema.
func (d *document) bound(t *testing.T, pointer string) int {
	t.Helper()
	number, ok := d.at(t, "#/components/"+pointer).(json.Number)
	if !ok {
		t.Fatalf("no number at %s", pointer)
	}
	n, err := strconv.Atoi(number.String())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// many makes n different items of a list.
func many(n int, item func(int) any) []any {
	list := make([]any, n)
	for i := range list {
		list[i] = item(i)
	}
	return list
}

func scopes(n int) any { return many(n, func(i int) any { return fmt.Sprint("s", i) }) }
func routes(n int) any { return many(n, func(i int) any { return fmt.Sprint("/", i) }) }
func networks(n int) any {
	return many(n, func(i int) any { return fmt.Sprintf("192.0.2.%d/32", i) })
}
func letters(n int) any      { return strings.Repeat("x", n) }
func oneOf(n int) any        { return []any{letters(n)} }
func oneRoute(n int) any     { return []any{"/" + strings.Repeat("x", n-1)} }
func number(n int) any       { return n }
func japanese(n int) any     { return strings.Repeat("本", n) }
func printable(n int) string { return strings.Repeat("~", n) }

// limits are fields of bodies with the place of their bound and a value of a size.
var limits = []struct {
	field, bound string
	value        func(n int) any
}{
	{"note", "schemas/Note/maxLength", japanese},
	{"app", "schemas/Holder/maxLength", japanese},
	{"userId", "schemas/Holder/maxLength", japanese},
	{"scopes", "schemas/Scopes/maxItems", scopes},
	{"scopes", "schemas/Scopes/items/maxLength", oneOf},
	{"networks", "schemas/Networks/maxItems", networks},
	{"routes", "schemas/Routes/maxItems", routes},
	{"routes", "schemas/Routes/items/maxLength", oneRoute},
	{"expiresInMinutes", "schemas/CreateUserToken/properties/expiresInMinutes/maximum", number},
}

func TestTheLimitsOfBodiesAreThoseOfTheDoors(t *testing.T) {
	d := load(t, false)
	w := newWorld(t)
	for _, door := range []struct{ path, schema string }{
		{"/devtokens", "CreateDeveloperToken"}, {"/api/tokens", "CreateUserToken"},
	} {
		schema := d.at(t, "#/components/schemas/"+door.schema)
		example := member(schema, "examples").([]any)[0].(map[string]any)
		for _, limit := range limits {
			if member(schema, "properties", limit.field) == nil {
				continue
			}
			most := d.bound(t, limit.bound)
			for n, want := range map[int]int{most: http.StatusCreated, most + 1: http.StatusBadRequest} {
				body := map[string]any{}
				for name, value := range example {
					body[name] = value
				}
				body[limit.field] = limit.value(n)
				encoded, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				if a := w.serve(t, issuertest.Request(http.MethodPost, door.path, string(encoded))); a.Status != want {
					t.Errorf("%s, %s of %d: %d, want %d: %s", door.path, limit.field, n, a.Status, want, a.Text)
				}
			}
		}
	}
}

func TestTheLimitsOfParametersAreThoseOfTheDoors(t *testing.T) {
	d := load(t, false)
	w := newWorld(t)
	for _, c := range []struct{ bound, path string }{
		{"parameters/Limit/schema/maximum", "/devtokens?limit="},
		{"parameters/Limit/schema/maximum", "/api/tokens?userId=u&limit="},
		{"parameters/Limit/schema/maximum", "/v1/databases/my-db/auth/tokens?limit="},
	} {
		most := d.bound(t, c.bound)
		for n, want := range map[int]int{1: 200, most: 200, 0: 400, most + 1: 400} {
			if a := w.serve(t, issuertest.Request(http.MethodGet, c.path+strconv.Itoa(n), "")); a.Status != want {
				t.Errorf("%s%d: %d, want %d", c.path, n, a.Status, want)
			}
		}
	}
	most := d.bound(t, "schemas/Reason/maxLength")
	for n, want := range map[int]int{most: 200, most + 1: 400} {
		reason := url.QueryEscape(printable(n))
		if a := w.serve(t, issuertest.Request(http.MethodDelete, "/devtokens?app=a&reason="+reason, "")); a.Status != want {
			t.Errorf("a reason of %d: %d, want %d", n, a.Status, want)
		}
	}
	most = d.bound(t, "parameters/IdempotencyKey/schema/maxLength")
	for n, want := range map[int]int{most: 201, most + 1: 400} {
		if a := w.serve(t, issuertest.Request(http.MethodPost, "/devtokens", `{"note":"n"}`, "Idempotency-Key", printable(n))); a.Status != want {
			t.Errorf("an Idempotency-Key of %d: %d, want %d", n, a.Status, want)
		}
	}
}
