package turso_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/issuertest"
	"github.com/sekisho-project/sekisho/token"
)

const auditLogs = "/v1/organizations/my-org/audit-logs"

// auditPage is what Turso's command line reads of a reply.
type auditPage struct {
	Events []struct {
		Code, Author string
		Data         map[string]string
	} `json:"audit_logs"`
	Pagination struct {
		Page       int `json:"page"`
		PageSize   int `json:"page_size"`
		TotalPages int `json:"total_pages"`
		TotalRows  int `json:"total_rows"`
	} `json:"pagination"`
}

func pageOf(t *testing.T, a issuertest.Answer) auditPage {
	t.Helper()
	var p auditPage
	if err := json.Unmarshal([]byte(a.Text), &p); err != nil || a.Status != http.StatusOK {
		t.Fatalf("%v: %d %s", err, a.Status, a.Text)
	}
	return p
}

func TestTheAuditLogComesNewestFirstInPages(t *testing.T) {
	rig := newRig(t)
	var ids []string
	for range 5 {
		ids = append(ids, rig.mint(t, databaseTokens))
	}
	rig.mint(t, groupTokens)
	first := pageOf(t, rig.do(http.MethodGet, auditLogs+"?page=1&page_size=2", ""))
	if first.Pagination.TotalRows != 6 || first.Pagination.TotalPages != 3 || len(first.Events) != 2 {
		t.Fatalf("got %+v", first)
	}
	if e := first.Events[0]; e.Code != "group-token-create" || e.Author != "ops" {
		t.Errorf("the newest event is %+v", e)
	}
	if e := first.Events[1]; e.Code != "db-token-create" || e.Data["token_id"] != ids[4] || e.Data["subject"] != "database/my-org/my-db" {
		t.Errorf("the event before is %+v", e)
	}
	last := pageOf(t, rig.do(http.MethodGet, auditLogs+"?page=3&page_size=2", ""))
	if len(last.Events) != 2 || last.Events[1].Data["token_id"] != ids[0] {
		t.Errorf("the last page is %+v", last)
	}
	if beyond := rig.do(http.MethodGet, auditLogs+"?page=4&page_size=2", ""); !strings.HasPrefix(beyond.Text, `{"audit_logs":[],`) {
		t.Errorf("beyond the end: %s", beyond.Text)
	}
}

func TestTheAuditLogCanBeFollowed(t *testing.T) {
	rig := newRig(t)
	rig.mint(t, databaseTokens)
	seen := pageOf(t, rig.do(http.MethodGet, auditLogs, "")).Events[0].Data["id"]
	if p := pageOf(t, rig.do(http.MethodGet, auditLogs+"?after="+seen, "")); len(p.Events) != 0 {
		t.Errorf("nothing happened, but got %+v", p)
	}
	id := rig.mint(t, databaseTokens)
	if p := pageOf(t, rig.do(http.MethodGet, auditLogs+"?after="+seen, "")); len(p.Events) != 1 || p.Events[0].Data["token_id"] != id {
		t.Errorf("got %+v", p)
	}
}

func TestTheAuditLogTellsNoMoreThanTheKeyMayKnow(t *testing.T) {
	rig := newRig(t)
	rig.mint(t, databaseTokens)
	caller := rig.As(t, issuertest.OpsSecret)
	if _, err := rig.Service.MintOpaque(t.Context(), caller, issuer.OpaqueRequest{Family: token.Developer, Note: "an app"}); err != nil {
		t.Fatal(err)
	}
	if p := pageOf(t, rig.do(http.MethodGet, "/v1/audit-logs", "")); p.Pagination.TotalRows != 2 {
		t.Errorf("the operator sees %+v", p)
	}
	if p := pageOf(t, rig.do(http.MethodGet, auditLogs, "")); p.Pagination.TotalRows != 1 {
		t.Errorf("of the organization, the operator sees %+v", p)
	}
	if p := pageOf(t, rig.as(issuertest.ForeignSecret, "/v1/audit-logs")); p.Pagination.TotalRows != 0 {
		t.Errorf("a key of another organization sees %+v", p)
	}
	rig.as(issuertest.ForeignSecret, auditLogs).WantError(t, http.StatusNotFound, "NOT_FOUND", "")
	for name, secret := range map[string]string{"limited to a group": issuertest.GroupSecret, "that only mints": issuertest.MintSecret} {
		t.Run("a key "+name, func(t *testing.T) {
			rig.as(secret, auditLogs).WantError(t, http.StatusForbidden, "PERMISSION_DENIED", "")
		})
	}
}

func TestAnEmptyOrganizationIsNoneInTheAuditLogAndNowhereElse(t *testing.T) {
	rig := newRig(t)
	id := rig.mint(t, databaseTokens)
	if p := pageOf(t, rig.do(http.MethodGet, "/v1/organizations//audit-logs?page=1&page_size=25", "")); len(p.Events) != 1 || p.Events[0].Data["token_id"] != id {
		t.Errorf("the operator sees %+v", p)
	}
	if p := pageOf(t, rig.as(issuertest.ForeignSecret, "/v1/organizations//audit-logs")); p.Pagination.TotalRows != 0 {
		t.Errorf("a key of another organization sees %+v", p)
	}
	rig.as(issuertest.MintSecret, "/v1/organizations//audit-logs").WantError(t, http.StatusForbidden, "PERMISSION_DENIED", "")
	for _, path := range []string{
		"/v1/organizations//databases", "/v1/organizations//databases/my-db", "/v1/organizations///audit-logs", "/v1//audit-logs",
		"/v1/organizations//audit-logs/", "//v1/audit-logs", "/v1/organizations/my-org//audit-logs", "/v1/organizations/%2F/audit-logs",
	} {
		if a := rig.do(http.MethodGet, path, ""); a.Status == http.StatusOK {
			t.Errorf("%s: %s", path, a.Text)
		}
	}
}

func TestAPageThatCannotBeIsRefused(t *testing.T) {
	rig := newRig(t)
	for _, query := range []string{"page=0", "page=-1", "page=x", "page_size=0", "page_size=1001", "page=1&page=2", "sort=asc"} {
		if a := rig.do(http.MethodGet, auditLogs+"?"+query, ""); a.Status != http.StatusBadRequest {
			t.Errorf("%s: got %d %s", query, a.Status, a.Text)
		}
	}
}
