package door

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/sekisho-project/sekisho/issuer"
	"github.com/sekisho-project/sekisho/store"
	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

// MaxBody bounds the body of a request, in bytes.
const MaxBody = 64 << 10

const maxQuery = 8 << 10

// Parameters reads a query that may have the allowed names only, each once: of two
// values one would be dropped.
func Parameters(r *http.Request, allowed ...string) (url.Values, error) {
	values, err := Repeatable(r, allowed...)
	if err != nil {
		return nil, err
	}
	for name, list := range values {
		if len(list) > 1 {
			return nil, issuer.Malformed(name+" may be given once only.", nil)
		}
	}
	return values, nil
}

// Repeatable is [Parameters] that may be given more than once.
func Repeatable(r *http.Request, allowed ...string) (url.Values, error) {
	if len(r.URL.RawQuery) > maxQuery {
		return nil, issuer.Malformed("The query is too long.", nil)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, issuer.Malformed("The query cannot be read.", nil)
	}
	for name := range values {
		if !slices.Contains(allowed, name) {
			return nil, issuer.FieldUnsupported(name, "The query may have: "+orNothing(allowed)+".")
		}
	}
	return values, nil
}

func orNothing(names []string) string {
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// Page reads limit and cursor.
func Page(query url.Values) (store.Page, error) {
	page := store.Page{Cursor: query.Get("cursor")}
	if !query.Has("limit") {
		return page, nil
	}
	var err error
	page.Limit, err = strconv.Atoi(query.Get("limit"))
	if err != nil || page.Limit < 1 || page.Limit > store.MaxPage {
		return page, issuer.Malformed("limit must be a number from 1 to "+strconv.Itoa(store.MaxPage)+".", nil)
	}
	return page, nil
}

// Span reads a parameter such as "15m" or "90d"; 0 when it is not there.
func Span(query url.Values, name string) (time.Duration, error) {
	if !query.Has(name) {
		return 0, nil
	}
	return ParseSpan(name, query.Get(name))
}

// ParseSpan reads the span in a field of that name.
func ParseSpan(name, text string) (time.Duration, error) {
	e, err := token.ParseExpiration(text)
	if err != nil || e.IsNever() || e.IsInstant() {
		return 0, issuer.Malformed(name+` must be one span such as "15m" or "24h". Nothing was done.`, err)
	}
	epoch := time.Unix(0, 0)
	end, err := e.At(epoch)
	if err != nil {
		return 0, issuer.Malformed(name+" is too long. Nothing was done.", err)
	}
	return end.Sub(epoch), nil
}

// Network reads a network such as "192.0.2.0/24". An address alone is the network
// of that address.
func Network(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil && address.Zone() == "" {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, issuer.Malformed(`A network is written like "192.0.2.0/24" or "2001:db8::/32".`, err)
	}
	return network, nil
}

// ReadBody reads what there is, up to limit bytes and whatever its Content-Type:
// Turso's SDK calls its JSON text/plain, and others announce JSON and send nothing.
func ReadBody(c *Call, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(c.Writer, c.Body, limit))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, refusal.TooLargeBody(strconv.FormatInt(limit>>10, 10) + " KiB")
	}
	if err != nil {
		return nil, issuer.Malformed("The body could not be read to its end.", err)
	}
	return body, nil
}

// DecodeBody reads a body that is empty or exactly one JSON object with no other
// members than into has, each once.
func DecodeBody(body []byte, into any) error {
	body = bytes.TrimLeft(body, " \t\r\n")
	if len(body) == 0 {
		return nil
	}
	if body[0] != '{' {
		return issuer.Malformed("The body must be a JSON object, or empty.", nil)
	}
	err := json.Unmarshal(body, into, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	semantic, ok := errors.AsType[*json.SemanticError](err)
	switch {
	case ok && errors.Is(err, json.ErrUnknownName):
		return issuer.FieldUnsupported(semantic.JSONPointer.LastToken(),
			"The body has a field that is not understood here; it may be a restriction, so it is not dropped.")
	case ok:
		return issuer.Malformed("A field of the body has another type than it should.", nil)
	case errors.Is(err, jsontext.ErrDuplicateName):
		return issuer.Malformed("A field of the body is given twice.", nil)
	default:
		return issuer.Malformed("The body is not valid JSON.", nil)
	}
}

// NoBody makes sure that a request without parameters in its body has none there.
func NoBody(c *Call) error {
	return Body(c, &struct{}{})
}

// Body reads a body of at most [MaxBody] bytes, as [DecodeBody] does.
func Body(c *Call, into any) error {
	body, err := ReadBody(c, MaxBody)
	if err != nil {
		return err
	}
	return DecodeBody(body, into)
}
