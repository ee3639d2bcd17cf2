package token

import (
	"errors"
	"testing"
)

func TestTimesThatAreRefusedInClaims(t *testing.T) {
	for name, exp := range map[string]string{
		"zero": "0", "negative": "-1", "a fraction": "1.5", "an exponent": "1e9", "too large": "9223372036854775808",
		"after the year 9999": "253402300800",
		"a string":            `"4102444800"`, "a date": `"2030-01-01T00:00:00Z"`, "null": "null", "a boolean": "true", "a list": "[1]", "an object": "{}",
	} {
		t.Run(name, func(t *testing.T) {
			for _, claim := range []string{"exp", "iat"} {
				if c, err := DecodeClaims([]byte(`{"` + claim + `":` + exp + `}`)); !errors.Is(err, ErrClaims) {
					t.Errorf("%s read as %d and %d, error %v", claim, c.IssuedAt, c.ExpiresAt, err)
				}
			}
		})
	}
}

func TestTimesThatAreReadInClaims(t *testing.T) {
	c, err := DecodeClaims([]byte(`{"iat":1,"exp":253402300799}`))
	if err != nil || c.IssuedAt != 1 || c.ExpiresAt != 253402300799 {
		t.Errorf("read %d and %d, error %v", c.IssuedAt, c.ExpiresAt, err)
	}
	if c, err := DecodeClaims([]byte(`{"iat":1}`)); err != nil || c.ExpiresAt != 0 {
		t.Errorf("no end read as %d, error %v", c.ExpiresAt, err)
	}
}
