package issuer

import (
	"context"
	"strings"

	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// AuditRequest asks for part of the audit log.
type AuditRequest struct {
	// Organization, when not empty, is the only one that is meant; developer and
	// user tokens belong to none.
	Organization string
	// After, when not empty, is the id of an event: only newer ones are meant.
	After string
	// Page counts from 1; Size is how many events a page has, at most [store.MaxPage].
	Page, Size int
}

// AuditPage is part of the audit log, newest first.
type AuditPage struct {
	Events []store.Event
	Total  int // events that the request means, on all pages
}

// Audit reads the audit log as far as the principal may know of what it tells. A
// key that is limited to groups or without the right to list may not. Reading is
// no event of its own, else following the log would fill it.
func (s *Service) Audit(ctx context.Context, by Caller, r AuditRequest) (AuditPage, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	page, err := s.audit(ctx, by, r)
	if err != nil {
		s.conclude(ctx, s.opaqueEvent(ActionList, by, "", ""), "", err)
	}
	return page, err
}

func (s *Service) audit(ctx context.Context, by Caller, r AuditRequest) (AuditPage, error) {
	if !by.mayAny(ActionList) || len(by.groups) > 0 {
		return AuditPage{}, auditNotShown()
	}
	if r.Organization != "" && (!s.catalog.HasOrganization(r.Organization) || !by.seesOrganization(r.Organization)) {
		return AuditPage{}, OrganizationNotFound()
	}
	var page AuditPage
	first := (r.Page - 1) * r.Size
	for cursor := ""; ; {
		events, next, err := s.store.Audit(ctx, store.Page{Cursor: cursor, Limit: store.MaxPage})
		if err != nil {
			return AuditPage{}, storeFailure(err)
		}
		for _, e := range events {
			if e.ID == r.After {
				return page, nil
			}
			if !by.seesEvent(&e, r.Organization) {
				continue
			}
			if page.Total >= first && len(page.Events) < r.Size {
				page.Events = append(page.Events, e)
			}
			page.Total++
		}
		if cursor = next; next == "" {
			return page, nil
		}
	}
}

// seesEvent reports whether the event is of the organization, if one is named, and
// of tokens that the principal may list.
func (p *Principal) seesEvent(e *store.Event, organization string) bool {
	if organization != "" && e.Organization != organization || e.Organization != "" && !p.seesOrganization(e.Organization) {
		return false
	}
	family, _, _ := strings.Cut(e.Subject, "/")
	if family == "" { // of any
		return p.may(ActionList, token.Developer) || p.may(ActionList, token.User)
	}
	return p.may(ActionList, token.Family(family))
}

func auditNotShown() *refusal.Refusal {
	r := notPermitted(ActionList, "")
	r.Message = `This admin key may not read the audit log: that wants the action "list", and no limit to groups.`
	return r
}
