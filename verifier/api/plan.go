package api

import (
	"hash/maphash"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"

	"github.com/sekisho-project/sekisho/token"
)

// plan is what a gate has to know of a grant, made once for many requests.
type plan struct {
	grant    *token.Grant
	narrowed bool // there are methods that the token may not use
	readOnly bool
	routes   []token.Route
	rateKey  string
	fields   []field
}

func newPlan(g *token.Grant, ruled bool) *plan {
	p := &plan{
		grant: g, rateKey: "token/" + g.ID, fields: newIdentity(g).fields(),
		// Opaque tokens need not say anything about access; every other word than
		// full-access is read-only.
		readOnly: g.Access != token.FullAccess && (g.Access != "" || !g.Family.Opaque()),
	}
	for _, text := range g.Routes {
		if route, err := token.ParseRoute(text); err == nil { // what cannot be read covers nothing
			p.routes = append(p.routes, route)
		}
	}
	p.narrowed = p.readOnly || g.Scopes != nil && ruled || g.Routes != nil
	return p
}

// isWithin reports whether an address is in a network of the token.
func (p *plan) isWithin(address netip.Addr) bool {
	address = address.Unmap().WithZone("")
	for _, n := range p.grant.Networks {
		if n.Contains(address) {
			return true
		}
	}
	return false
}

// covers reports whether the routes of the token cover the request, and where it asks
// for an upgrade with another method than GET, that method too.
func (p *plan) covers(r *http.Request) bool {
	path, ok := token.PlainPath(r.URL.EscapedPath())
	return ok && p.anyMatches(wireMethod(r), path) && (r.Method == http.MethodGet || p.anyMatches(r.Method, path))
}

func (p *plan) anyMatches(method, path string) bool {
	return slices.ContainsFunc(p.routes, func(route token.Route) bool { return route.Matches(method, path) })
}

// planPlaces bounds the plans kept.
const planPlaces = 8192

// plans keeps the plan of each grant in the one place that it has, without a lock.
// Grants are told apart by address: they never change, and the verifier gives the
// same one for each request with the same token.
type plans struct {
	seed   maphash.Seed
	ruled  bool // there are rules about scopes
	places [planPlaces]atomic.Pointer[plan]
}

func newPlans(ruled bool) *plans { return &plans{seed: maphash.MakeSeed(), ruled: ruled} }

func (p *plans) of(g *token.Grant) *plan {
	place := &p.places[maphash.String(p.seed, g.ID)%planPlaces]
	if known := place.Load(); known != nil && known.grant == g {
		return known
	}
	made := newPlan(g, p.ruled)
	place.Store(made)
	return made
}
