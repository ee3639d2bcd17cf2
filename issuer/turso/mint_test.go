package turso_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/token"
)

// bodies that real clients send when they ask for nothing in particular.
var plainBodies = map[string]struct{ contentType, body string }{
	"curl":                       {"", ""},
	"fetch with undefined body":  {"application/json", ""},
	"Turso's command line":       {"application/json", "{}\n"},
	"Turso's SDK":                {"text/plain;charset=UTF-8", `{"permissions":{"read_attach":{"databases":[]}}}`},
	"null permissions":           {"application/json", `{"permissions":null}`},
	"empty permissions":          {"application/json", `{"permissions":{}}`},
	"null read_attach":           {"application/json", `{"permissions":{"read_attach":null}}`},
	"empty read_attach":          {"application/json", `{"permissions":{"read_attach":{}}}`},
	"null databases":             {"application/json", `{"permissions":{"read_attach":{"databases":null}}}`},
	"nothing but white space":    {"", " \r\n\t"},
	"a type that makes no sense": {"image/png", "{}"},
}

func TestEveryPlainBodyMints(t *testing.T) {
	rig := newRig(t)
	for _, path := range []string{databaseTokens, groupTokens} {
		for name, plain := range plainBodies {
			t.Run(name, func(t *testing.T) {
				r := issuertest.Request(http.MethodPost, path, plain.body)
				r.Header.Set("Content-Type", plain.contentType)
				a := rig.serve(r)
				if a.Status != http.StatusOK {
					t.Fatalf("got %d %s", a.Status, a.Text)
				}
				a.WantJSON(t)
				_, grant := rig.Verify(t, a.String("jwt"))
				if grant.ID != a.String("id") || grant.Access != token.FullAccess || len(grant.ReadAttach) != 0 || !grant.ExpiresAt.IsZero() {
					t.Errorf("the token grants %+v", grant)
				}
				if expires, there := a.Body["expires_at"]; !there || expires != nil {
					t.Errorf("expires_at is %v, want null", expires)
				}
				if warnings, _ := a.Body["warnings"].([]any); len(warnings) != 1 {
					t.Errorf("warnings are %v", a.Body["warnings"])
				}
			})
		}
	}
}

func TestTheQueryDecidesLifetimeAndAccess(t *testing.T) {
	rig := newRig(t)
	for _, test := range []struct {
		query  string
		life   time.Duration // 0: never
		access token.Access
	}{
		{"?", 0, token.FullAccess},
		{"?expiration=never&authorization=full-access", 0, token.FullAccess},
		{"?expiration=7d&authorization=read-only", 604800 * time.Second, token.ReadOnly},
		{"?expiration=30d", 2592000 * time.Second, token.FullAccess},
		{"?expiration=1y", 31536000 * time.Second, token.FullAccess},
		{"?expiration=24h", 86400 * time.Second, token.FullAccess},
		{"?expiration=2w1d30m", 1297800 * time.Second, token.FullAccess},
		{"?authorization=read-only", 0, token.ReadOnly},
	} {
		for _, path := range []string{databaseTokens, groupTokens} {
			a := rig.do(http.MethodPost, path+test.query, "")
			if a.Status != http.StatusOK {
				t.Errorf("%s: %d %s", test.query, a.Status, a.Text)
				continue
			}
			claims, grant := rig.Verify(t, a.String("jwt"))
			life := time.Duration(0)
			if exp, ok := claims["exp"].(float64); ok {
				life = time.Duration(exp-claims["iat"].(float64)) * time.Second
			}
			if life != test.life || grant.Access != test.access || a.String("authorization") != string(test.access) {
				t.Errorf("%s: lives %v, %s", test.query, life, grant.Access)
			}
			if life > 0 && a.String("expires_at") != grant.ExpiresAt.UTC().Format(time.RFC3339) {
				t.Errorf("%s: expires_at %q", test.query, a.String("expires_at"))
			}
		}
	}
}

func TestAnInstantMayHaveLostItsPlusSign(t *testing.T) {
	rig := newRig(t)
	for _, query := range []string{"2099-12-31T23:59:59Z", "2100-01-01T08:59:59%2B09:00", "2100-01-01T08:59:59+09:00"} {
		a := rig.do(http.MethodPost, databaseTokens+"?expiration="+query, "")
		if a.String("expires_at") != "2099-12-31T23:59:59Z" {
			t.Errorf("%s: %s", query, a.Text)
		}
	}
}

func TestAttachAndNarrowing(t *testing.T) {
	rig := newRig(t)
	a := rig.do(http.MethodPost, databaseTokens, `{"permissions": {"read_attach": {"databases": ["other-db-1", "other-db-2"]}}}`)
	_, grant := rig.Verify(t, a.String("jwt"))
	if got := strings.Join(grant.ReadAttach, " "); got != "other-db-1 other-db-2" {
		t.Errorf("may attach %q", got)
	}
	a = rig.do(http.MethodPost, groupTokens, `{"permissions": {"read_attach": {"databases": ["my-db"]}}}`)
	if !strings.Contains(a.Text, "permissions.read_attach adds ATTACH rights; this token can still access every database in group production") {
		t.Errorf("no warning: %s", a.Text)
	}
	a = rig.do(http.MethodPost, groupTokens+"?expiration=1h", `{"databases":["my-db","other-db-1"]}`)
	_, grant = rig.Verify(t, a.String("jwt"))
	if _, reached := grant.Narrowed("other-db-2"); reached || len(grant.Databases) != 2 || !strings.Contains(a.Text, `"warnings":[]`) {
		t.Errorf("reaches other-db-2 %v: %s", reached, a.Text)
	}
}

func TestWhatAReadOnlyTokenCannotAttachIsSaid(t *testing.T) {
	rig := newRig(t)
	const warning = "A read-only token may not attach: permissions.read_attach does nothing for this token."
	const attach, nothing = `{"permissions":{"read_attach":{"databases":["other-db-1"]}}}`, `{"permissions":{"read_attach":{"databases":[]}}}`
	for _, test := range []struct {
		path, query, body string
		warned            bool
	}{
		{databaseTokens, "authorization=read-only", attach, true},
		{groupTokens, "authorization=read-only", attach, true},
		{databaseTokens, "authorization=full-access", attach, false},
		{databaseTokens, "authorization=read-only", nothing, false},
	} {
		a := rig.do(http.MethodPost, test.path+"?expiration=1h&"+test.query, test.body)
		if a.Status != http.StatusOK || strings.Contains(a.Text, warning) != test.warned {
			t.Errorf("%s %s: %d %s", test.query, test.body, a.Status, a.Text)
		}
	}
}

func TestMintRefusesInput(t *testing.T) {
	attach := func(value string) string { return `{"permissions":{"read_attach":{"databases":` + value + `}}}` }
	const badExpiration, badAccess = "Invalid expiration format", "Invalid authorization level"
	for _, test := range []struct {
		name, query, body, code, title string
	}{
		{"an expiration of no length", "?expiration=0s", "", "EXPIRATION_INVALID", badExpiration},
		{"an empty expiration", "?expiration=", "", "EXPIRATION_INVALID", badExpiration},
		{"a negative expiration", "?expiration=-1d", "", "EXPIRATION_INVALID", badExpiration},
		{"a fraction", "?expiration=1.5h", "", "EXPIRATION_INVALID", badExpiration},
		{"another case", "?expiration=7D", "", "EXPIRATION_INVALID", badExpiration},
		{"a bare number", "?expiration=7", "", "EXPIRATION_INVALID", badExpiration},
		{"an ISO period", "?expiration=P7D", "", "EXPIRATION_INVALID", badExpiration},
		{"a date without a time", "?expiration=2030-12-31", "", "EXPIRATION_INVALID", badExpiration},
		{"an instant of the past", "?expiration=2001-01-01T00:00:00Z", "", "EXPIRATION_INVALID", badExpiration},
		{"more than a calendar has", "?expiration=999999999y", "", "EXPIRATION_INVALID", badExpiration},
		{"an expiration that is hidden in a list", "?expiration=1h,never", "", "EXPIRATION_INVALID", badExpiration},
		{"two expirations", "?expiration=1h&expiration=never", "", "BAD_REQUEST", ""},
		{"an empty authorization", "?authorization=", "", "AUTHORIZATION_INVALID", badAccess},
		{"a misspelt authorization", "?authorization=readonly", "", "AUTHORIZATION_INVALID", badAccess},
		{"authorization in capitals", "?authorization=READ-ONLY", "", "AUTHORIZATION_INVALID", badAccess},
		{"authorization with a space", "?authorization=read-only%20", "", "AUTHORIZATION_INVALID", badAccess},
		{"two authorizations", "?authorization=read-only&authorization=full-access", "", "BAD_REQUEST", ""},
		{"a parameter in capitals", "?Authorization=read-only", "", "FIELD_UNSUPPORTED", "Unsupported field Authorization"},
		{"an unknown parameter", "?read_only=true", "", "FIELD_UNSUPPORTED", "Unsupported field read_only"},
		{"a query that cannot be read", "?authorization=read-only;x=1", "", "BAD_REQUEST", ""},
		{"a query of megabytes", "?expiration=" + strings.Repeat("1", 9000), "", "BAD_REQUEST", ""},

		{"fine-grained permissions", "", `{"fine_grained_permissions":[{"t":null,"a":["data_read"]}]}`, "FIELD_UNSUPPORTED", "Unsupported field fine_grained_permissions"},
		{"an unknown permission", "", `{"permissions":{"read_only":true}}`, "FIELD_UNSUPPORTED", "Unsupported field read_only"},
		{"an unknown part of read_attach", "", `{"permissions":{"read_attach":{"tables":["a"]}}}`, "FIELD_UNSUPPORTED", "Unsupported field tables"},
		{"parameters in the body", "", `{"expiration":"1h"}`, "FIELD_UNSUPPORTED", "Unsupported field expiration"},
		{"a field in capitals", "", `{"Permissions":null}`, "FIELD_UNSUPPORTED", "Unsupported field Permissions"},
		{"a field given twice", "", `{"permissions":{"read_attach":{"databases":["my-db"]}},"permissions":null}`, "BAD_REQUEST", ""},
		{"a list", "", `[]`, "BAD_REQUEST", ""},
		{"a string", "", `"x"`, "BAD_REQUEST", ""},
		{"null", "", `null`, "BAD_REQUEST", ""},
		{"half a body", "", `{"permissions":`, "BAD_REQUEST", ""},
		{"two bodies", "", `{}{}`, "BAD_REQUEST", ""},
		{"rubbish after the body", "", `{} x`, "BAD_REQUEST", ""},
		{"bytes that are no text", "", "{\"permissions\":{\"read_attach\":{\"databases\":[\"\xff\"]}}}", "BAD_REQUEST", ""},
		{"a name for a list", "", attach(`"my-db"`), "BAD_REQUEST", ""},
		{"numbers for names", "", attach(`[1]`), "BAD_REQUEST", ""},
		{"nested lists", "", attach(`[["my-db"]]`), "BAD_REQUEST", ""},
		{"null for a name", "", attach(`[null]`), "DATABASE_UNKNOWN", ""},
		{"an unknown database to attach", "", attach(`["nope"]`), "DATABASE_UNKNOWN", "Unknown database nope"},
		{"an empty list to narrow to", "", `{"databases":[]}`, "BAD_REQUEST", ""},
		{"null to narrow to", "", `{"databases":null}`, "BAD_REQUEST", ""},
		{"a name to narrow to", "", `{"databases":"my-db"}`, "BAD_REQUEST", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig := newRig(t)
			for _, path := range []string{databaseTokens, groupTokens} {
				rig.do(http.MethodPost, path+test.query, test.body).WantError(t, http.StatusBadRequest, test.code, test.title)
			}
			if strings.Contains(rig.Stored(t), "tokens:") {
				t.Error("something was minted")
			}
		})
	}
}

func TestABodyThatIsTooLargeIsRefused(t *testing.T) {
	rig := newRig(t)
	body := `{"permissions":` + strings.Repeat(" ", 64<<10) + `null}`
	rig.do(http.MethodPost, databaseTokens, body).WantError(t, http.StatusRequestEntityTooLarge, "BODY_TOO_LARGE", "")
}

func TestPolicyRefusalsSayTheLimit(t *testing.T) {
	rig := newRig(t)
	rig.Options.Policies.Set("my-org", "production", issuer.Policy{MaxLifetime: token.After(7 * 24 * time.Hour), ForbidNever: true})
	for _, query := range []string{"?expiration=8d", "?expiration=2w", "?expiration=2099-01-01T00:00:00Z"} {
		rig.do(http.MethodPost, databaseTokens+query, "").WantError(t,
			http.StatusBadRequest, "EXPIRATION_TOO_LONG", "Expiration exceeds the maximum of 1w")
	}
	rig.do(http.MethodPost, databaseTokens+"?expiration=never", "").WantError(t, http.StatusBadRequest, "EXPIRATION_REQUIRED", "")
}

func TestWhatIsNotThere(t *testing.T) {
	rig := newRig(t)
	for path, want := range map[string][2]string{
		"/v1/organizations/my-org/databases/nope/auth/tokens":                            {"DATABASE_NOT_FOUND", "could not find database with name nope: record not found"},
		"/v1/organizations/my-org/databases/My_DB/auth/tokens":                           {"DATABASE_NOT_FOUND", "could not find database with name My_DB: record not found"},
		"/v1/organizations/my-org/databases/nope/auth/rotate":                            {"DATABASE_NOT_FOUND", "could not find database with name nope: record not found"},
		"/v1/organizations/my-org/groups/nope/auth/tokens":                               {"GROUP_NOT_FOUND", "group not found"},
		"/v1/organizations/my-org/groups/" + strings.Repeat("a", 65) + "/auth/rotate":    {"GROUP_NOT_FOUND", "group not found"},
		"/v1/organizations/no-org/databases/my-db/auth/tokens":                           {"NOT_FOUND", "organization not found"},
		"/v1/organizations/MY-ORG/groups/production/auth/tokens":                         {"NOT_FOUND", "organization not found"},
		"/v1/organizations/my-org/databases/" + strings.Repeat("a", 65) + "/auth/tokens": {"DATABASE_NOT_FOUND", ""},
	} {
		rig.do(http.MethodPost, path, "").WantError(t, http.StatusNotFound, want[0], want[1])
	}
}

func TestForeignAndUnknownOrganizationsLookTheSame(t *testing.T) {
	rig := newRig(t)
	ask := func(org string) string {
		r := issuertest.Request(http.MethodPost, "/v1/organizations/"+org+"/databases/my-db/auth/tokens", "")
		r.Header.Set("Authorization", "Bearer "+issuertest.ForeignSecret)
		return rig.serve(r).Text
	}
	if foreign, unknown := ask("my-org"), ask("no-org"); foreign != unknown {
		t.Errorf("they differ:\n%s\n%s", foreign, unknown)
	}
}

func TestTheStoreBeingAwayIsA503(t *testing.T) {
	rig := newRig(t)
	id := rig.mint(t, databaseTokens)
	rig.Redis.SetError("LOADING the dataset")
	for _, call := range [][2]string{
		{http.MethodPost, databaseTokens},
		{http.MethodGet, databaseTokens},
		{http.MethodPost, databaseRotate},
		{http.MethodDelete, databaseTokens + "/" + id},
	} {
		a := rig.do(call[0], call[1], "")
		a.WantError(t, http.StatusServiceUnavailable, "STORE_UNAVAILABLE", "")
		if a.Header.Get("Retry-After") == "" || strings.Contains(a.Text, "LOADING") {
			t.Errorf("%s %s: %v %s", call[0], call[1], a.Header, a.Text)
		}
	}
}
