package ratelimit

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/sekisho-project/sekisho/token/refusal"
)

// Failures counts the failed checks of each client address, so that guessing has
// an end. It counts in this process alone: a stranger costs no call to Redis.
type Failures struct {
	limiter *Limiter
	rate    Rate
}

// NewFailures makes a count with this rate; the zero one is no limit.
func NewFailures(rate Rate) *Failures { return &Failures{NewLocal(), rate} }

// Judge gives the answer to a refused request: as it was refused, or 429 when that
// was a failed check and the client has had too many. The header then tells of the
// limit. A request without any credential is no failed check.
func (f *Failures) Judge(ctx context.Context, h http.Header, client netip.Addr, refused *refusal.Refusal) *refusal.Refusal {
	if refused.Status != http.StatusUnauthorized || refused.Reason == refusal.Missing {
		return refused
	}
	d := f.limiter.Allow(ctx, network(client), f.rate)
	if d.Allowed {
		return refused
	}
	d.SetHeader(h, "failures")
	return d.Refusal()
}

// network is what failures are counted by: an address, or the /64 that an IPv6
// client can choose addresses from.
func network(address netip.Addr) string {
	if address = address.Unmap(); address.Is6() {
		prefix, _ := address.WithZone("").Prefix(64) // of an address: cannot fail
		return prefix.String()
	}
	return address.String()
}
