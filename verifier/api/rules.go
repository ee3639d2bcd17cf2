package api

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// AnyMethod in a rule stands for all methods.
const AnyMethod = "*"

// ScopeRule says which scope a token needs for some methods.
//
// The first rule that names the method of a request decides. A scoped token is
// refused where no rule does; an unscoped token has every scope. A protocol upgrade
// such as WebSocket counts as the method CONNECT, which it is from HTTP/2 on: what
// follows it is not bound to a method any more. Where it is asked for with another
// method than GET, that method must be allowed too.
type ScopeRule struct {
	Scope   string
	Methods []string
}

func (o *Options) validate() error {
	if o.Authenticator == nil || o.ClientIP == nil {
		return errors.New("api gate: authenticator and client address are needed")
	}
	for _, rule := range o.Scopes {
		if rule.Scope == "" || strings.ContainsFunc(rule.Scope, notInScope) {
			return fmt.Errorf("api gate: %q is no scope: use visible ASCII without quotes and backslashes", rule.Scope)
		}
		if len(rule.Methods) == 0 {
			return fmt.Errorf("api gate: scope %q has no methods", rule.Scope)
		}
		if err := validMethods(rule.Methods); err != nil {
			return err
		}
	}
	if slices.Contains(o.ReadOnlyMethods, AnyMethod) {
		return errors.New(`api gate: a token that may use "*" is not read-only`)
	}
	if o.Rate.Requests > 0 && o.Limiter == nil {
		return errors.New("api gate: a rate needs a limiter")
	}
	return errors.Join(validMethods(o.ReadOnlyMethods), o.Rate.Validate(), o.FailureRate.Validate())
}

func validMethods(methods []string) error {
	for _, m := range methods {
		if m != AnyMethod && !token.ValidMethod(m) {
			return fmt.Errorf("api gate: %q is no method: methods are written in upper case", m)
		}
	}
	return nil
}

// notInScope reports what cannot stand in a challenge (RFC 6749, section 3.3).
func notInScope(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }

// permit says why a narrowed token may not use a method.
func (g *Gate) permit(p *plan, method string) *refusal.Refusal {
	if p.readOnly && !slices.Contains(g.ReadOnlyMethods, method) {
		return readOnly(g.Realm, "This token is read-only and may not use "+method+".")
	}
	if p.grant.Scopes == nil || len(g.Scopes) == 0 {
		return nil
	}
	for _, rule := range g.Scopes {
		if !slices.Contains(rule.Methods, AnyMethod) && !slices.Contains(rule.Methods, method) {
			continue
		}
		if slices.Contains(p.grant.Scopes, rule.Scope) {
			return nil
		}
		return lacking(g.Realm, rule.Scope)
	}
	return denied(refusal.NotPermitted, "No scope allows "+method+" here.")
}

// upgrades reports whether a request asks for another protocol on its connection. That
// begins with a GET: to an API that ignores it, any other method is what it says.
func upgrades(r *http.Request) bool { return len(r.Header["Upgrade"]) > 0 }

// wireMethod is the method of a request as the rules see it.
func wireMethod(r *http.Request) string {
	if upgrades(r) {
		return http.MethodConnect
	}
	return r.Method
}

// Headers by which some frameworks let a request change its method or path.
var (
	methodOverrides = []string{"x-http-method", "x-http-method-override", "x-method-override"}
	pathOverrides   = []string{"x-original-url", "x-rewrite-url"}
)

func carriesAny(h http.Header, names []string) bool {
	for name := range h {
		if matchesAny(name, names) {
			return true
		}
	}
	return false
}

// overridesMethod reports whether an API might take the request for one of another
// method. A field "_method" in a form is not seen: bodies are not read.
func overridesMethod(r *http.Request) bool {
	if carriesAny(r.Header, methodOverrides) {
		return true
	}
	for pair := range strings.FieldsFuncSeq(r.URL.RawQuery, func(c rune) bool { return c == '&' || c == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if strings.EqualFold(name, "_method") {
			return true
		}
	}
	return false
}
