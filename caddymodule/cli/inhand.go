package cli

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/token"
)

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
	credential, err := c.readCredential()
	if err != nil {
		return err
	}
	if !c.yes {
		return c.usage("needs_yes") // standard input is taken by the token
	}
	if _, err := c.call(form("/oauth/revoke", credential)); err != nil {
		return err
	}
	c.say("revoked_in_hand")
	if c.json {
		return c.printJSON(jsontext.Value(`[]`))
	}
	return nil
}

// form is a request with a token in its body (RFC 7009 and RFC 7662).
func form(path, credential string) request {
	return request{
		method: http.MethodPost, path: path,
		raw: []byte(url.Values{"token": {credential}}.Encode()), kind: "application/x-www-form-urlencoded",
	}
}
