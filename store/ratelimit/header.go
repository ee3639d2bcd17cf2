package ratelimit

import (
	"net/http"
	"strconv"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// SetHeader tells the client what is left of its quota, in the structured fields
// of draft-ietf-httpapi-ratelimit-headers-11: RateLimit-Policy and RateLimit. The
// policy's name is of a-z, 0-9 and "-". Nothing is set for no limit.
func (d Decision) SetHeader(h http.Header, policy string) {
	if d.Rate.Requests < 1 {
		return
	}
	name := `"` + policy + `"`
	h.Set("RateLimit-Policy", name+";q="+strconv.Itoa(d.Rate.Requests)+";w="+strconv.Itoa(wholeSeconds(d.Rate.Per)))
	h.Set("RateLimit", name+";r="+strconv.Itoa(d.Remaining)+";t="+strconv.Itoa(wholeSeconds(d.ResetAfter)))
}

// Refusal answers a request that is not allowed: 429 (RFC 6585, section 4).
func (d Decision) Refusal() *refusal.Refusal {
	return &refusal.Refusal{
		Status: http.StatusTooManyRequests, Title: "Too many requests", Code: refusal.RateLimited, Reason: refusal.OverLimit,
		Message:    "The limit of " + strconv.Itoa(d.Rate.Requests) + " requests per " + token.After(d.Rate.Per).String() + " is used up. Try again later.",
		RetryAfter: time.Duration(wholeSeconds(d.RetryAfter)) * time.Second,
	}
}

// wholeSeconds rounds up: who comes back too early is refused again.
func wholeSeconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }
