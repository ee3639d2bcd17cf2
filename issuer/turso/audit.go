package turso

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/store"
)

// defaultAuditPage is how many events a page has unless told.
const defaultAuditPage = 100

// auditEvent is an event in Turso's shape; what that has no field for is in data.
type auditEvent struct {
	Code      string            `json:"code"`
	Message   string            `json:"message"`
	Origin    string            `json:"origin"`
	Author    string            `json:"author"`
	CreatedAt time.Time         `json:"created_at"`
	IP        string            `json:"ip,omitzero"`
	Data      map[string]string `json:"data"`
}

// pagination says the total twice: Turso's reference and its pages in Japanese
// have different names for it.
type pagination struct {
	Page       int `json:"page"`
	PageSize   int `json:"page_size"`
	TotalPages int `json:"total_pages"`
	TotalRows  int `json:"total_rows"`
	TotalItems int `json:"total_items"`
}

type auditReply struct {
	Events     []auditEvent `json:"audit_logs"`
	Pagination pagination   `json:"pagination"`
}

// audit lists what was done, newest first. Without an organization in the path it
// tells of everything that the caller may know of. "after" is not Turso's: it
// limits the list to what is newer than the event with that id.
func (d *Door) audit(c *door.Call) (any, error) {
	query, err := door.Parameters(c.Request, "page", "page_size", "after")
	if err != nil {
		return nil, err
	}
	r := issuer.AuditRequest{Organization: c.Names["organization"], After: query.Get("after")}
	if r.Page, err = number(query, "page", 1, 1<<20); err != nil {
		return nil, err
	}
	if r.Size, err = number(query, "page_size", defaultAuditPage, store.MaxPage); err != nil {
		return nil, err
	}
	page, err := d.service.Audit(c.Context(), c.Caller, r)
	if err != nil {
		return nil, err
	}
	return auditReply{Events: door.Views(page.Events, auditEventOf), Pagination: pagination{
		Page: r.Page, PageSize: r.Size, TotalPages: (page.Total + r.Size - 1) / r.Size, TotalRows: page.Total, TotalItems: page.Total,
	}}, nil
}

// number reads a whole number from 1 to most; fallback is for one not given.
func number(query url.Values, name string, fallback, most int) (int, error) {
	if !query.Has(name) {
		return fallback, nil
	}
	n, err := strconv.Atoi(query.Get(name))
	if err != nil || n < 1 || n > most {
		return 0, issuer.Malformed(name+" must be a number from 1 to "+strconv.Itoa(most)+".", nil)
	}
	return n, nil
}

func auditEventOf(e *store.Event) auditEvent {
	family, _, _ := strings.Cut(e.Subject, "/")
	event := auditEvent{
		Code: auditCode(family, e.Action), Message: e.Action + " " + e.Subject + ": " + e.Outcome,
		Origin: "api", Author: e.Actor, CreatedAt: e.At.UTC(), IP: e.ClientIP, Data: map[string]string{},
	}
	for name, value := range map[string]string{
		"id": e.ID, "action": e.Action, "outcome": e.Outcome, "organization": e.Organization, "subject": e.Subject,
		"token_id": e.TokenID, "detail": e.Detail, "request_id": e.RequestID,
	} {
		if value != "" {
			event.Data[name] = value
		}
	}
	return event
}

// auditCode is Turso's word where it has one: "db-token-create" and
// "group-token-create"; the others are made alike.
func auditCode(family, action string) string {
	if family == "database" {
		family = "db"
	}
	if action == string(issuer.ActionMint) {
		action = "create"
	}
	return strings.TrimPrefix(family+"-token-"+action, "-")
}
