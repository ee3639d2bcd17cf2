package usertokens

import (
	"bytes"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// maxMinutes is one year, the longest life of a user token.
const maxMinutes = int(issuer.MaxUserLifetime / time.Minute)

// createBody is the body of a create, its fields not yet looked at. The first
// three are what the clients know and must all be there.
type createBody struct {
	UserID           jsontext.Value `json:"userId"`
	Scopes           jsontext.Value `json:"scopes"`
	ExpiresInMinutes jsontext.Value `json:"expiresInMinutes"`
	Authorization    jsontext.Value `json:"authorization"`
	Note             jsontext.Value `json:"note"`
	Networks         jsontext.Value `json:"networks"`
	Routes           jsontext.Value `json:"routes"`
}

// issues collects what is wrong with a request, in the words that clients of the
// service know and the shape of the library that it used, Zod.
type issues []refusal.Detail

func (i *issues) add(code, message string, path ...any) {
	*i = append(*i, refusal.Detail{Code: code, Path: append([]any{}, path...), Message: message})
}

// wrongType reports a value of another type than wanted; nil is one that is missing.
func (i *issues) wrongType(want string, value jsontext.Value, path ...any) {
	i.add("invalid_type", "Invalid input: expected "+want+", received "+typeOf(value), path...)
}

// refusal is nil when nothing is wrong.
func (i issues) refusal() error {
	if len(i) == 0 {
		return nil
	}
	return &refusal.Refusal{
		Status: http.StatusBadRequest, Title: "Validation failed", Code: refusal.ValidationFailed, Reason: refusal.InvalidInput,
		Message: i[0].Message + ". Nothing was done.", Details: i,
	}
}

func typeOf(value jsontext.Value) string {
	switch value.Kind() {
	case 'n':
		return "null"
	case 't', 'f':
		return "boolean"
	case '"':
		return "string"
	case '0':
		return "number"
	case '[':
		return "array"
	case '{':
		return "object"
	default:
		return "undefined"
	}
}

// decodeCreate reads and checks a body, and reports all that is wrong with it at
// once. The messages and paths are those of the service.
func decodeCreate(body []byte) (issuer.OpaqueRequest, error) {
	var r issuer.OpaqueRequest
	var b createBody
	var found issues
	if value := jsontext.Value(bytes.TrimSpace(body)); !value.IsValid() {
		return r, issuer.Malformed("The body is not valid JSON, or gives a field twice.", nil)
	} else if value.Kind() != '{' {
		found.wrongType("object", value)
		return r, found.refusal()
	}
	if err := json.Unmarshal(body, &b, json.RejectUnknownMembers(true)); err != nil {
		found.add("unrecognized_keys", "Unrecognized key: the body may have userId, scopes, expiresInMinutes, authorization, note, networks and routes")
		return r, found.refusal()
	}
	r.Holder = found.userID(b.UserID)
	r.Scopes = found.scopes(b.Scopes)
	lifetime := token.After(found.minutes(b.ExpiresInMinutes))
	r.Expiration = &lifetime
	r.Access = found.access(b.Authorization)
	r.Note = found.note(b.Note)
	r.Networks = found.networks(b.Networks)
	r.Routes = found.routes(b.Routes)
	return r, found.refusal()
}

func (i *issues) userID(value jsontext.Value) string {
	var id string
	if json.Unmarshal(value, &id) != nil || value.Kind() != '"' {
		i.wrongType("string", value, "userId")
		return ""
	}
	return i.holder(id)
}

// holder checks a user id, of which spaces at the ends are no part.
func (i *issues) holder(id string) string {
	id = strings.TrimSpace(id)
	_, secret := token.ParseOpaque(id)
	switch {
	case secret:
		i.add("invalid_format", "userId must not be a token", "userId")
	case id == "":
		i.add("too_small", "userId must not be empty", "userId")
	case utf8.RuneCountInString(id) > issuer.MaxHolder:
		i.add("too_big", fmt.Sprintf("userId must have at most %d characters", issuer.MaxHolder), "userId")
	case !issuer.ValidHolder(id):
		i.add("invalid_format", "userId must not contain control characters", "userId")
	}
	return id
}

func (i *issues) scopes(value jsontext.Value) (scopes []string) {
	var list []jsontext.Value
	if json.Unmarshal(value, &list) != nil || value.Kind() != '[' {
		i.wrongType("array", value, "scopes")
		return nil
	}
	if len(list) == 0 {
		i.add("too_small", "At least one scope is required", "scopes")
	}
	if len(list) > issuer.MaxScopes {
		i.add("too_big", fmt.Sprintf("At most %d scopes are allowed", issuer.MaxScopes), "scopes")
		return nil
	}
	for at, item := range list {
		var scope string
		switch err := json.Unmarshal(item, &scope); {
		case err != nil || item.Kind() != '"':
			i.wrongType("string", item, "scopes", at)
		case scope == "":
			i.add("too_small", "Each scope must be a non-empty string", "scopes", at)
		case len(scope) > issuer.MaxScope:
			i.add("too_big", fmt.Sprintf("Each scope must have at most %d bytes", issuer.MaxScope), "scopes", at)
		case !issuer.ValidScope(scope):
			i.add("invalid_format", "Each scope must be one word without control characters", "scopes", at)
		}
		scopes = append(scopes, scope)
	}
	return scopes
}

func (i *issues) minutes(value jsontext.Value) time.Duration {
	const field = "expiresInMinutes"
	if value.Kind() != '0' {
		i.wrongType("number", value, field)
		return 0
	}
	n, err := strconv.ParseFloat(string(value), 64)
	if err != nil { // beyond what a float can hold
		n = math.Copysign(math.MaxFloat64, n)
	}
	if n != math.Trunc(n) {
		i.add("invalid_type", "expiresInMinutes must be an integer", field)
	}
	if n <= 0 {
		i.add("too_small", "expiresInMinutes must be positive", field)
	}
	if n > float64(maxMinutes) {
		i.add("too_big", fmt.Sprintf("expiresInMinutes cannot exceed 1 year (%d minutes)", maxMinutes), field)
		return 0
	}
	return time.Duration(n) * time.Minute
}
