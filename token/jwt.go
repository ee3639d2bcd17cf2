package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

// MaxJWTLength bounds a JWT that is looked at, in bytes. The longest one we mint
// (64 databases to attach, 64 to narrow to) stays below it.
const MaxJWTLength = 16 << 10

// ErrJWT reports text that is not a JWT in the one form that we mint: compact
// serialization, unpadded base64url, header exactly alg EdDSA, typ JWT and a kid.
var ErrJWT = errors.New("malformed token")

// strict refuses padding, line breaks and unused bits that are not zero, so that
// there is exactly one way to write a token.
var strict = base64.RawURLEncoding.Strict()

// lineBreaks are the only characters outside its alphabet that the decoder passes over.
const lineBreaks = "\r\n"

// The JOSE header (RFC 7515) is these two with the key id between them, letter by
// letter. So the algorithm is never taken from it, but compared with the only one
// there is (RFC 8725, section 3.1).
const headBefore, headAfter = `{"alg":"EdDSA","typ":"JWT","kid":"`, `"}`

// JWT is a compact JWS taken apart, nothing of it checked but its form.
type JWT struct {
	KeyID     string
	Signed    string // what the signature is over
	Signature []byte
	Payload   []byte
}

// EncodeJWT writes payload as a JWT for key keyID, signed by sign (Ed25519).
func EncodeJWT(payload []byte, keyID string, sign func(message []byte) []byte) (string, error) {
	if !validKeyID(keyID) {
		return "", fmt.Errorf("%w: the key id %.80q cannot stand in one", ErrJWT, keyID)
	}
	signed := strict.EncodeToString([]byte(headBefore+keyID+headAfter)) + "." + strict.EncodeToString(payload)
	return signed + "." + strict.EncodeToString(sign([]byte(signed))), nil
}

// validKeyID reports printable ASCII that JSON writes as it is.
func validKeyID(id string) bool {
	return id != "" && !strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
}

// ParseJWT takes a JWT apart. It does not check the signature.
func ParseJWT(s string) (JWT, error) {
	if len(s) > MaxJWTLength || strings.ContainsAny(s, lineBreaks) {
		return JWT{}, ErrJWT
	}
	head, rest, ok := strings.Cut(s, ".")
	body, signature, ok2 := strings.Cut(rest, ".")
	if !ok || !ok2 {
		return JWT{}, ErrJWT
	}
	rawHead, err := strict.DecodeString(head)
	if err != nil {
		return JWT{}, ErrJWT
	}
	keyID, ok := strings.CutPrefix(string(rawHead), headBefore)
	keyID, ok2 = strings.CutSuffix(keyID, headAfter)
	if !ok || !ok2 || !validKeyID(keyID) {
		return JWT{}, ErrJWT
	}
	j := JWT{KeyID: keyID, Signed: s[:len(head)+1+len(body)]}
	if j.Payload, err = strict.DecodeString(body); err != nil {
		return JWT{}, ErrJWT
	}
	if j.Signature, err = strict.DecodeString(signature); err != nil {
		return JWT{}, ErrJWT
	}
	return j, nil
}
