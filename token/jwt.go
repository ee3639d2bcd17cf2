package token

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
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

// header is the JOSE header (RFC 7515). The algorithm is never taken from it: it
// is compared with the only one there is (RFC 8725, section 3.1).
type header struct {
	Algorithm string `json:"alg"`
	Type      string `json:"typ"`
	KeyID     string `json:"kid"`
}

// JWT is a compact JWS taken apart, nothing of it checked but its form.
type JWT struct {
	KeyID     string
	Signed    string // what the signature is over
	Signature []byte
	Payload   []byte
}

// EncodeJWT writes payload as a JWT for key keyID, signed by sign (Ed25519).
func EncodeJWT(payload []byte, keyID string, sign func(message []byte) []byte) (string, error) {
	head, err := json.Marshal(header{Algorithm: "EdDSA", Type: "JWT", KeyID: keyID})
	if err != nil {
		return "", fmt.Errorf("encoding token header: %w", err)
	}
	signed := strict.EncodeToString(head) + "." + strict.EncodeToString(payload)
	return signed + "." + strict.EncodeToString(sign([]byte(signed))), nil
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
	var h header
	if err := json.Unmarshal(rawHead, &h, json.RejectUnknownMembers(true)); err != nil {
		return JWT{}, ErrJWT
	}
	if h.Algorithm != "EdDSA" || h.Type != "JWT" || h.KeyID == "" {
		return JWT{}, ErrJWT
	}
	j := JWT{KeyID: h.KeyID, Signed: s[:len(head)+1+len(body)]}
	if j.Payload, err = strict.DecodeString(body); err != nil {
		return JWT{}, ErrJWT
	}
	if j.Signature, err = strict.DecodeString(signature); err != nil {
		return JWT{}, ErrJWT
	}
	return j, nil
}
