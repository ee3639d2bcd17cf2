package oauth

import (
	"mime"
	"net/url"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/issuer/internal/door"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// form reads the one parameter that counts. token_type_hint would only save us a
// look (RFC 7009, section 2.1), so any hint is taken and none is trusted.
func form(c *door.Call) (credential string, err error) {
	if _, err := door.Parameters(c.Request); err != nil {
		return "", err
	}
	if kind, _, err := mime.ParseMediaType(c.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return "", invalidRequest("Send the parameters as application/x-www-form-urlencoded.")
	}
	body, err := door.ReadBody(c, door.MaxBody)
	if err != nil {
		return "", err
	}
	values, err := url.ParseQuery(string(body))
	if err != nil || len(values["token"]) != 1 || values.Get("token") == "" || len(values["token_type_hint"]) > 1 {
		return "", invalidRequest("The body must have one token, and may have one token_type_hint.")
	}
	for name := range values {
		if name != "token" && name != "token_type_hint" {
			return "", invalidRequest("The body may have token and token_type_hint only. The admin key belongs in the Authorization header.")
		}
	}
	return values.Get("token"), nil
}

// invalidRequest is in the words of RFC 6749, section 5.2.
func invalidRequest(sentence string) error {
	r := issuer.Malformed(sentence, nil)
	r.Title, r.Code = "invalid_request", refusal.BadRequest
	return r
}

// revoke answers the same whether the token was good, known, or neither.
func (d *Door) revoke(c *door.Call) (any, error) {
	credential, err := form(c)
	if err != nil {
		return nil, err
	}
	return struct{}{}, d.service.RevokeCredential(c.Context(), c.Caller, credential)
}
