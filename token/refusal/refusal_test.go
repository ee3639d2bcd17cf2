package refusal

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestTheBodyHasOneShape(t *testing.T) {
	w := httptest.NewRecorder()
	Write(w, "id-1", &Refusal{
		Status: 401, Title: "Invalid token", Message: "Token is invalid or has been revoked", Code: AuthInvalid,
		Challenge: `Bearer error="invalid_token"`, RetryAfter: 300 * time.Millisecond, Allow: "POST",
	})
	const want = `{"error":"Invalid token","message":"Token is invalid or has been revoked","code":"AUTH_JWT_INVALID","request_id":"id-1"}`
	if w.Code != 401 || w.Body.String() != want {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	for name, value := range map[string]string{
		"Content-Type": "application/json", "Cache-Control": "no-store", "WWW-Authenticate": `Bearer error="invalid_token"`,
		"Retry-After": "1", "Allow": "POST",
	} {
		if got := w.Header().Get(name); got != value {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestAnErrorOfOursTellsClientsNothing(t *testing.T) {
	w := httptest.NewRecorder()
	Write(w, "id-1", errors.New("dial tcp 10.0.0.5:6379: connection refused"))
	if w.Code != 500 || strings.Contains(w.Body.String(), "10.0.0.5") || !strings.Contains(w.Body.String(), `"code":"INTERNAL"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestTheCauseIsForTheLog(t *testing.T) {
	cause := errors.New("the cause")
	r := Unavailable(cause)
	if !errors.Is(r, cause) || !strings.Contains(r.Error(), "the cause") {
		t.Errorf("got %v", r)
	}
	again := r.Because(errors.New("another"))
	if r.Cause != cause || again.Cause == cause {
		t.Error("a refusal that others may share was changed")
	}
}

func TestEveryReasonStandsOnce(t *testing.T) {
	seen := map[Reason]bool{}
	for _, r := range Reasons {
		if seen[r] || r == "" {
			t.Errorf("%q stands twice or is empty", r)
		}
		seen[r] = true
	}
}
