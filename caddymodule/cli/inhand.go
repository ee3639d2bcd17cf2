package cli

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// noCredentials refuses a secret among arguments: everybody on this machine has
// seen it by now, so that it must be taken back, and not only by its owner.
func (c *call) noCredentials(args []string) error {
	for _, arg := range args {
		_, opaque := token.ParseOpaque(arg)
		if opaque || strings.HasPrefix(arg, "eyJ") && strings.Count(arg, ".") == 2 { // every JWT begins so
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
	if _, err := c.inHand("/oauth/revoke", credential); err != nil {
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
	if jwt, err := token.ParseJWT(credential); err == nil {
		if grant, err := jwt.Grant(); err == nil {
			return []string{grant.ID}
		}
	}
	return []string{}
}

// inHand gives a token to a door of RFC 7009 or RFC 7662. As these answer the same
// for a token that is not theirs, another server could be taken for one of ours, and
// would have the token: so the door must first refuse a GET in our own words.
func (c *call) inHand(path, credential string) (reply, error) {
	_, err := c.client.door(c.cmd.Context(), request{method: http.MethodGet, path: path})
	if err == nil {
		return reply{}, c.failed("not_sekisho", c.client.host, "GET "+path)
	}
	refused, answered := errors.AsType[*refusedError](err)
	if !answered || refused.Code != string(refusal.MethodNotAllowed) {
		return reply{}, c.unreached(err)
	}
	return c.call(request{
		method: http.MethodPost, path: path,
		raw: []byte(url.Values{"token": {credential}}.Encode()), kind: "application/x-www-form-urlencoded",
	})
}
