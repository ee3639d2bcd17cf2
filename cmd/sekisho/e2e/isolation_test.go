package e2e

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

// vault is the value in other-db that a token for my-db must never see.
const vault = "Grace of other-db"

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func host(name string) func(*http.Request) {
	return func(r *http.Request) { r.Host = name }
}

func TestATokenForOneDatabaseNeverReachesAnother(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	otherFull := h.furnish(t, "other-db")
	byHost := "http://" + h.Hosts
	encoded := base64.RawStdEncoding.EncodeToString([]byte("other-db"))
	for name, attempt := range map[string]struct {
		url    string
		change func(*http.Request)
	}{
		"its listener":                     {h.url("other-db"), nil},
		"its host":                         {byHost, host("other-db.localhost")},
		"its host in another case":         {byHost, host("OTHER-DB.localhost")},
		"its host with a dot at the end":   {byHost, host("other-db.localhost.")},
		"its host below ours":              {byHost, host("other-db.my-db.localhost")},
		"its host at our listener":         {h.url("my-db"), host("other-db.localhost")},
		"a forwarded host":                 {h.url("my-db"), header("X-Forwarded-Host", "other-db.localhost")},
		"the header x-namespace":           {h.url("my-db"), header("X-Namespace", "other-db")},
		"the header x-namespace-bin":       {h.url("my-db"), header("X-Namespace-Bin", encoded)},
		"x-namespace-bin, not canonical":   {h.url("my-db"), func(r *http.Request) { r.Header["x-namespace-bin"] = []string{encoded} }},
		"x-namespace_bin":                  {h.url("my-db"), header("X-Namespace_Bin", encoded)},
		"our host, its name in the header": {byHost, func(r *http.Request) { r.Host = "my-db.localhost"; r.Header.Set("X-Namespace-Bin", encoded) }},
		"a path for developers":            {h.url("my-db") + "/dev/other-db", nil},
		"a path, escaped":                  {h.url("my-db") + "/dev%2Fother-db", nil},
		"a path with dots":                 {h.url("my-db") + "/v2/../dev/other-db", nil},
		"a trusted identity":               {h.url("my-db"), header("X-Proxy-Authorization", `"FullAccess"`)},
	} {
		for _, access := range []string{"full-access", "read-only"} {
			t.Run(name+", "+access, func(t *testing.T) {
				var changes []func(*http.Request)
				if attempt.change != nil {
					changes = append(changes, attempt.change)
				}
				token := h.mint(t, myDB, "authorization="+access, "").JWT
				for _, sql := range []string{"SELECT name FROM users", "INSERT INTO users (name) VALUES ('Eve in other-db')"} {
					a := mustCall(t, http.MethodPost, attempt.url+"/v2/pipeline", token, pipeline(sql), changes...)
					if strings.Contains(a.body, vault) {
						t.Fatalf("%s shows %s", sql, a.body)
					}
				}
			})
		}
	}
	if n := h.users(t, "other-db", otherFull); n != "2" {
		t.Errorf("other-db has %v users", n)
	}
}

func TestATokenForOneDatabaseAttachesAnotherOnlyIfItSaysSo(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	h.furnish(t, "other-db")
	body := `{"permissions":{"read_attach":{"databases":["other-db"]}}}`
	for _, test := range []struct {
		name, query, body string
		sees              bool
	}{
		{"full access", "authorization=full-access", "", false},
		{"read-only", "authorization=read-only", "", false},
		{"full access, and may attach", "authorization=full-access", body, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			token := h.mint(t, myDB, test.query, test.body).JWT
			for _, attach := range []string{`ATTACH "other-db" AS o`, `ATTACH 'data.sqld/dbs/other-db/data' AS o`, `SELECT sha3_query('ATTACH ''dbs/other-db/data'' AS o')`} {
				a := h.mustQuery(t, "my-db", token, attach, "SELECT name FROM o.users")
				if saw := strings.Contains(a.body, vault); saw && !test.sees {
					t.Errorf("%s shows other-db: %s", attach, a.body)
				} else if strings.HasPrefix(attach, `ATTACH "`) && saw != test.sees {
					t.Errorf("%s shows nothing: %s", attach, a.body)
				}
			}
			a := h.mustQuery(t, "my-db", token, `ATTACH "other-db" AS o`, "INSERT INTO o.users (name) VALUES ('Eve')")
			if a.status == http.StatusOK && a.results(t)[1].Type == "ok" {
				t.Error("an attached database was written")
			}
		})
	}
}

func TestAGroupTokenReachesItsGroupAndANarrowedOneOnlyItsDatabases(t *testing.T) {
	h := startHouse(t)
	h.furnish(t, "my-db")
	h.furnish(t, "other-db")
	whole := h.mint(t, production, "", "").JWT
	h.users(t, "my-db", whole)
	h.users(t, "other-db", whole)
	narrowed := h.mint(t, production, "", `{"databases":["my-db"]}`).JWT
	h.users(t, "my-db", narrowed)
	foreign := h.mint(t, "groups/multi-tenant", "", "").JWT
	for name, a := range map[string]answer{
		"a narrowed token": h.mustQuery(t, "other-db", narrowed, "SELECT * FROM users"),
		"another group's":  h.mustQuery(t, "my-db", foreign, "SELECT * FROM users"),
		"an admin key":     h.mustQuery(t, "my-db", h.adminKey, "SELECT * FROM users"),
	} {
		if a.status/100 != 4 {
			t.Errorf("%s: status %d: %s", name, a.status, a.body)
		}
	}
}

func TestTheUpstreamNeverSeesTheClientsCredential(t *testing.T) {
	h := startHouse(t, recorded)
	full := h.furnish(t, "my-db")
	if h.upstream.requests() == 0 || h.upstream.saw(full) {
		t.Error("the client's token reached the libSQL server")
	}
	a := mustCall(t, http.MethodPost, "http://"+h.sqld.Address+"/v2/pipeline", full, pipeline("SELECT 1"), host("my-db.localhost"))
	if a.status != http.StatusUnauthorized {
		t.Errorf("the libSQL server itself takes the client's token: %d %s", a.status, a.body)
	}
}

func TestRefusedRequestsDoNotReachTheUpstream(t *testing.T) {
	h := startHouse(t, recorded)
	full := h.furnish(t, "my-db")
	before := h.upstream.requests()
	for name, a := range map[string]answer{
		"no credential":       h.mustQuery(t, "my-db", "", "SELECT 1"),
		"a made-up token":     h.mustQuery(t, "my-db", "eyJhbGciOiJub25lIn0.e30.", "SELECT 1"),
		"two credentials":     mustCall(t, http.MethodPost, h.url("my-db")+"/v2/pipeline", full, pipeline("SELECT 1"), header("X-Authorization", "Bearer "+full)),
		"a dump":              mustCall(t, http.MethodGet, h.url("my-db")+"/dump", full, ""),
		"replication":         mustCall(t, http.MethodPost, h.url("my-db")+"/wal_log.ReplicationLog/Hello", full, ""),
		"an unknown route":    mustCall(t, http.MethodPost, h.url("my-db")+"/v4/pipeline", full, pipeline("SELECT 1")),
		"a token in the path": mustCall(t, http.MethodPost, h.url("my-db")+"/v2/pipeline?authToken="+full, "", pipeline("SELECT 1")),
	} {
		if a.status/100 != 4 || a.code() == "" || a.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: status %d, %q: %s", name, a.status, a.header.Get("Content-Type"), a.body)
		}
	}
	if after := h.upstream.requests(); after != before {
		t.Errorf("%d requests reached the libSQL server", after-before)
	}
}
