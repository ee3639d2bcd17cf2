package cli

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-project/sekisho/token"
)

// revocationPath is the door of RFC 7009.
const revocationPath = "/oauth/revoke"

// noCredentials refuses a secret among arguments: everybody on this machine has
// seen it by now, so that it must be taken back, and not only by its owner.
func (c *call) noCredentials(args []string) error {
	for _, arg := range args {
		if _, opaque := token.ParseOpaque(arg); opaque || strings.Count(arg, ".") == 2 {
			return c.usage("credential_as_argument")
		}
	}
	return nil
}

// revokeInHand takes back the token on standard input, whatever kind it is
// (RFC 7009). The answer does not tell whether there was such a token.
func (c *call) revokeInHand() error {
	if !c.yes { // standard input is taken by the token
		return c.usage("needs_yes")
	}
	credential, err := c.readCredential()
	if err != nil {
		return err
	}
	if _, err := c.call(form(revocationPath, credential)); err != nil {
		return err
	}
	c.say("revoked_in_hand")
	if c.json {
		ids := idsIn(credential)
		return c.printJSON(revoked{len(ids), ids})
	}
	return nil
}

// idsIn finds the id in a token; a token of another system has none.
func idsIn(credential string) []string {
	if id, ok := token.ParseOpaque(credential); ok {
		return []string{id}
	}
	if parsed, err := token.ParseJWT(credential); err == nil {
		if claims, err := token.DecodeClaims(parsed.Payload); err == nil {
			if grant, err := claims.Grant(parsed.KeyID); err == nil {
				return []string{grant.ID}
			}
		}
	}
	return []string{}
}

// form is a request with a token in its body (RFC 7009 and RFC 7662).
func form(path, credential string) request {
	return request{
		method: http.MethodPost, path: path,
		raw: []byte(url.Values{"token": {credential}}.Encode()), kind: "application/x-www-form-urlencoded",
	}
}
