package ratelimit

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token/refusal"
)

var wrong = &refusal.Refusal{Status: http.StatusUnauthorized, Reason: refusal.UnknownKey}

func TestGuessingHasAnEndForEachAddress(t *testing.T) {
	f := NewFailures(Rate{Requests: 2, Per: time.Hour})
	judge := func(client string) (*refusal.Refusal, http.Header) {
		w := httptest.NewRecorder()
		return f.Judge(t.Context(), w.Header(), netip.MustParseAddr(client), wrong), w.Header()
	}
	for _, client := range []string{"192.0.2.1", "192.0.2.2", "2001:db8::1"} {
		for i := range 2 {
			if r, h := judge(client); r != wrong || len(h) != 0 {
				t.Errorf("%s, failure %d: %v %v", client, i, r, h)
			}
		}
	}
	for _, same := range []string{"192.0.2.1", "::ffff:192.0.2.2", "2001:db8::ffff:1"} {
		r, h := judge(same)
		if r.Status != http.StatusTooManyRequests || r.RetryAfter <= 0 || h.Get("RateLimit-Policy") != `"failures";q=2;w=3600` {
			t.Errorf("%s: %+v %v", same, r, h)
		}
	}
	if r, _ := judge("2001:db8:0:1::1"); r != wrong {
		t.Errorf("another network: %+v", r)
	}
}

func TestOnlyFailedChecksAreCounted(t *testing.T) {
	f := NewFailures(Rate{Requests: 1, Per: time.Hour})
	for _, r := range []*refusal.Refusal{
		{Status: http.StatusUnauthorized, Reason: refusal.Missing},
		{Status: http.StatusForbidden, Reason: refusal.NotPermitted},
		{Status: http.StatusServiceUnavailable, Reason: refusal.StoreDown},
		wrong, // the one that is allowed
	} {
		if got := f.Judge(t.Context(), http.Header{}, netip.Addr{}, r); got != r {
			t.Errorf("%+v became %+v", r, got)
		}
	}
}

func TestWithoutARateFailuresAreNotCounted(t *testing.T) {
	f := NewFailures(Rate{})
	for range 100 {
		if got := f.Judge(t.Context(), http.Header{}, netip.Addr{}, wrong); got != wrong {
			t.Fatalf("got %+v", got)
		}
	}
}
