package issuer

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/sekisho-project/sekisho/revocation"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Outcome is how a call of the service ended. The set is closed.
type Outcome string

// The outcomes.
const (
	OutcomeOK     Outcome = "ok"
	OutcomeDenied Outcome = "denied" // no right, nothing there that the caller may know of, or at odds with what is there
	OutcomeBad    Outcome = "bad"    // input that cannot be taken
	OutcomeFailed Outcome = "failed" // the store, the keys or we
	// OutcomeLimited is over the limit of an admin key. It stands in no audit log,
	// which whoever is over a limit would fill.
	OutcomeLimited Outcome = "limited"
)

func outcomeOf(err error) Outcome {
	if err == nil {
		return OutcomeOK
	}
	switch r := refusal.From(err); {
	case r.Status >= http.StatusInternalServerError:
		return OutcomeFailed
	case r.Status == http.StatusBadRequest:
		return OutcomeBad
	default:
		return OutcomeDenied
	}
}

// event begins the audit event of a call that goes well.
func (s *Service) event(a Action, by Caller, subject token.Subject) *store.Event {
	subject.Organization, subject.Name = loggable(subject.Organization), loggable(subject.Name)
	return &store.Event{
		At: s.now(), Action: string(a), Outcome: string(OutcomeOK), Actor: by.Name(),
		Organization: subject.Organization, Subject: subject.String(),
		ClientIP: by.ClientIP, RequestID: by.RequestID,
	}
}

// loggable is a name from a path, unless it is none: people put tokens where a
// name should be, and those must not reach a log.
func loggable(name string) string {
	if !token.ValidName(name) {
		return "(invalid)"
	}
	return name
}

// conclude tells log and metrics how a call ended. A call that went well has put
// its event into the store by itself, because it must not go well without one; for
// all others that is done here, if it can be.
func (s *Service) conclude(ctx context.Context, e *store.Event, family token.Family, err error) {
	outcome := outcomeOf(err)
	s.observe(e.Action, family, string(outcome))
	level, lost := slog.LevelInfo, error(nil)
	if err != nil {
		level = slog.LevelWarn
		e.Outcome, e.Detail = string(outcome), string(refusal.From(err).Code)
		lost = s.store.AppendAudit(ctx, *e)
	}
	attrs := []slog.Attr{
		slog.String("action", e.Action), slog.String("outcome", e.Outcome), slog.String("actor", e.Actor),
		slog.String("subject", e.Subject), slog.String("token_id", e.TokenID), slog.String("detail", e.Detail),
		slog.String("client_ip", e.ClientIP), slog.String("request_id", e.RequestID),
	}
	if outcome == OutcomeFailed {
		level = slog.LevelError
		attrs = append(attrs, slog.Any("error", err))
	}
	if lost != nil {
		attrs = append(attrs, slog.Any("audit_lost", lost))
	}
	s.log.LogAttrs(ctx, level, "audit", attrs...)
}

// storeFailure is what a caller hears of an error of the store in a call that
// has changed nothing.
func storeFailure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, store.ErrUnavailable):
		return refusal.Unavailable(err)
	default:
		return refusal.Internal(err)
	}
}

// changeFailure is storeFailure for a call that may have changed something.
func changeFailure(err error) error {
	switch {
	case errors.Is(err, revocation.ErrNotReplicated):
		return unreplicated(err)
	case errors.Is(err, store.ErrUnavailable), errors.Is(err, store.ErrNotFound), isNotFound(err): // a record was there a moment ago
		return unsure(err)
	default:
		return storeFailure(err)
	}
}

// mintFailure is storeFailure for a token that the store may hold, and nobody else.
func mintFailure(err error) error {
	if !errors.Is(err, store.ErrUnavailable) {
		return storeFailure(err)
	}
	r := refusal.Unavailable(err)
	r.Message = "The token store does not answer. If it has the token all the same, lists show one that nobody holds: take it back. Try again."
	return r
}

func isNotFound(err error) bool {
	refused, ok := errors.AsType[*refusal.Refusal](err)
	return ok && refused.Status == http.StatusNotFound
}
