package issuer

import (
	"errors"
	"fmt"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

// ErrPolicy reports a policy that contradicts itself.
var ErrPolicy = errors.New("invalid policy")

// Policy is what the tokens of a group and of its databases may be. The zero
// value sets no bounds: tokens never end and have full access unless the request
// says otherwise, as the Turso API has it.
type Policy struct {
	// DefaultLifetime is for requests that name no expiration. When it is never and
	// MaxLifetime is not, MaxLifetime is the default.
	DefaultLifetime token.Expiration
	// MaxLifetime is the most that a request may ask for; never means no limit.
	MaxLifetime token.Expiration
	// ForbidNever refuses tokens without an end.
	ForbidNever bool
	// DefaultAccess is for requests that name none; empty is MaxAccess.
	DefaultAccess token.Access
	// MaxAccess is the most that a token may be given; empty is full access.
	MaxAccess token.Access
}

// Policies holds the policy of each group. A group without one has the zero
// [Policy].
type Policies map[token.Subject]Policy

// Set gives a group its policy.
func (p Policies) Set(org, group string, policy Policy) {
	p[groupSubject(org, group)] = policy
}

func (p Policies) of(org, group string) Policy {
	return p[groupSubject(org, group)]
}

func groupSubject(org, group string) token.Subject {
	return token.Subject{Family: token.Group, Organization: org, Name: group}
}

// Validate reports whether the policy can be kept: its lifetimes are spans, and
// its defaults stay within its bounds. Otherwise it is [ErrPolicy].
func (p Policy) Validate() error {
	if p.DefaultLifetime.IsInstant() || p.MaxLifetime.IsInstant() {
		return fmt.Errorf("%w: a lifetime is a span such as 7d, not a point in time", ErrPolicy)
	}
	if p.MaxAccess == token.ReadOnly && p.DefaultAccess == token.FullAccess {
		return fmt.Errorf("%w: default access %q is over the maximum %q", ErrPolicy, p.DefaultAccess, p.MaxAccess)
	}
	// So far ahead that a lifetime which can be kept then can be kept at any mint.
	future := time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)
	byDefault, err := p.DefaultLifetime.At(future)
	if err != nil {
		return fmt.Errorf("%w: default lifetime: %w", ErrPolicy, err)
	}
	limit, err := p.MaxLifetime.At(future)
	if err != nil {
		return fmt.Errorf("%w: maximum lifetime: %w", ErrPolicy, err)
	}
	if !limit.IsZero() && byDefault.After(limit) {
		return fmt.Errorf("%w: default lifetime %s is over the maximum %s", ErrPolicy, p.DefaultLifetime, p.MaxLifetime)
	}
	return nil
}

// end says when a token minted at now ends; requested is nil when the request
// names no expiration. What is over the bounds is refused and never cut short,
// because clients remember the lifetime they asked for.
func (p Policy) end(requested *token.Expiration, now time.Time) (time.Time, error) {
	lifetime := p.DefaultLifetime
	if lifetime.IsNever() {
		lifetime = p.MaxLifetime
	}
	if requested != nil {
		lifetime = *requested
	}
	end, err := lifetime.At(now)
	if err != nil {
		return time.Time{}, ExpirationInvalid(err)
	}
	if end.IsZero() && p.ForbidNever {
		return time.Time{}, expirationRequired()
	}
	limit, err := p.MaxLifetime.At(now)
	if err != nil {
		return time.Time{}, err
	}
	if !limit.IsZero() && (end.IsZero() || end.After(limit)) {
		return time.Time{}, expirationTooLong(p.MaxLifetime)
	}
	return end, nil
}

// access says what a token may do; requested is empty when the request does not
// say.
func (p Policy) access(requested token.Access) (token.Access, error) {
	most := p.MaxAccess
	if most == "" {
		most = token.FullAccess
	}
	if requested == "" {
		requested = p.DefaultAccess
	}
	switch {
	case requested == "":
		return most, nil
	case requested == token.FullAccess && most == token.ReadOnly:
		return "", accessTooWide()
	default:
		return requested, nil
	}
}
