package verifier

import (
	"crypto/ed25519"
	"slices"
	"strings"
	"time"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// Verify says what a credential grants now. Every error is a *refusal.Refusal.
func (v *Verifier) Verify(credential string) (*token.Grant, error) {
	if len(credential) > token.MaxJWTLength {
		return nil, v.invalid(refusal.Malformed, token.ErrJWT)
	}
	print := v.known.fingerprints.of(credential)
	if g, known := v.known.get(print); known {
		return v.judged(g, v.now())
	}
	return v.meet(credential, print)
}

// meet verifies a credential that is not in memory, once for all who show it at the
// same time. Each of them is judged after that: it takes time, in which the token may
// have been taken back.
func (v *Verifier) meet(credential string, print fingerprint) (*token.Grant, error) {
	flights := &v.flights[print[0]%flightGroups]
	met, err, _ := flights.Do(string(print[:]), func() (any, error) { return v.learn(credential, print) })
	if err != nil {
		return nil, err
	}
	return v.judged(met.(*token.Grant), v.now())
}

// learn reads a credential, and remembers it if it is good.
func (v *Verifier) learn(credential string, print fingerprint) (*token.Grant, error) {
	began := v.now()
	g, err := v.readAny(credential, began)
	if v.observe != nil {
		v.observe(v.now().Sub(began))
	}
	if err == nil {
		v.known.put(print, g)
	}
	return g, err
}

// readAny tells the two kinds of credentials apart: only a JWT has a dot.
func (v *Verifier) readAny(credential string, now time.Time) (*token.Grant, error) {
	if v.opaque == nil || strings.Contains(credential, ".") {
		return v.readJWT(credential)
	}
	return v.readOpaque(credential, now)
}

// readJWT checks what never changes about a JWT: that we signed it, and what it
// says. Each step is only taken when the one before it allows.
func (v *Verifier) readJWT(credential string) (*token.Grant, error) {
	jwt, err := token.ParseJWT(credential)
	if err != nil {
		return nil, v.invalid(refusal.Malformed, err)
	}
	key, ok := v.keys.PublicKey(jwt.KeyID)
	if !ok {
		return nil, v.invalid(refusal.UnknownKey, nil)
	}
	if !ed25519.Verify(key, []byte(jwt.Signed), jwt.Signature) {
		return nil, v.invalid(refusal.BadSignature, nil)
	}
	g, err := jwt.Grant()
	if err != nil {
		return nil, v.invalid(refusal.BadClaims, err)
	}
	return g, nil
}

// judged is the grant of a token that was read, if it may pass now.
func (v *Verifier) judged(g *token.Grant, now time.Time) (*token.Grant, error) {
	if err := v.judge(g, now); err != nil {
		return nil, err
	}
	return g, nil
}

// judge checks what may change about a token that was read, at every request.
func (v *Verifier) judge(g *token.Grant, now time.Time) error {
	if _, ok := v.keys.PublicKey(g.KeyID); !ok {
		return v.invalid(refusal.UnknownKey, nil)
	}
	switch {
	case !slices.Contains(v.families, g.Family):
		return v.invalid(refusal.WrongFamily, nil)
	case g.IssuedAt.After(now.Add(v.leeway)):
		return v.invalid(refusal.NotYet, nil)
	case g.Expired(now, v.leeway):
		return v.invalid(refusal.Expired, nil)
	}
	if err := v.revocations.Judge(g, now); err != nil {
		return refuse(v.realm, err)
	}
	return nil
}

func (v *Verifier) invalid(reason refusal.Reason, cause error) error {
	return invalid(v.realm, reason, cause)
}
