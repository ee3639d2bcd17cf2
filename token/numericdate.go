package token

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// NumericDate is a time in whole seconds since 1970 (RFC 7519, section 2). Only
// whole numbers above zero and up to the year 9999 are read: no null, zero or
// negative "exp" can pass for an absent one.
type NumericDate int64

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (d *NumericDate) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	if dec.PeekKind() != '0' {
		return fmt.Errorf("%w: a time must be a number", ErrClaims)
	}
	var seconds int64
	if err := json.UnmarshalDecode(dec, &seconds); err != nil {
		return err
	}
	if seconds <= 0 || seconds > latest.Unix() {
		return fmt.Errorf("%w: a time must lie between 1970 and the year 9999", ErrClaims)
	}
	*d = NumericDate(seconds)
	return nil
}
