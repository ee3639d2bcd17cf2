package token

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func sample(t testing.TB) string {
	t.Helper()
	jwt, err := EncodeJWT([]byte(`{"jti":"x"}`), "the-key", func([]byte) []byte { return bytes.Repeat([]byte{1}, 64) })
	if err != nil {
		t.Fatal(err)
	}
	return jwt
}

func TestAJWTIsTakenApart(t *testing.T) {
	jwt := sample(t)
	j, err := ParseJWT(jwt)
	if err != nil || j.KeyID != "the-key" || string(j.Payload) != `{"jti":"x"}` || len(j.Signature) != 64 {
		t.Fatalf("got %+v, %v", j, err)
	}
	if j.Signed != jwt[:strings.LastIndexByte(jwt, '.')] {
		t.Errorf("signed %q", j.Signed)
	}
}

func TestThereIsOneWayToWriteAJWT(t *testing.T) {
	jwt := sample(t)
	head := func(text string) string {
		return strict.EncodeToString([]byte(text)) + jwt[strings.IndexByte(jwt, '.'):]
	}
	for name, text := range map[string]string{
		"empty": "", "two parts": "a.b", "four parts": jwt + ".a", "padded": jwt + "=", "a line break": jwt[:20] + "\n" + jwt[20:],
		"a blank": jwt + " ", "standard base64": strings.Replace(jwt, ".", ".+", 1), "too long": strings.Repeat("a", MaxJWTLength+1),
		"bits that are not zero": jwt[:len(jwt)-1] + "R",
		"alg none":               head(`{"alg":"none","typ":"JWT","kid":"k"}`),
		"alg HS256":              head(`{"alg":"HS256","typ":"JWT","kid":"k"}`),
		"alg in another case":    head(`{"alg":"eddsa","typ":"JWT","kid":"k"}`),
		"no kid":                 head(`{"alg":"EdDSA","typ":"JWT"}`),
		"another type":           head(`{"alg":"EdDSA","typ":"at+jwt","kid":"k"}`),
		"a key in the header":    head(`{"alg":"EdDSA","typ":"JWT","kid":"k","jwk":{}}`),
		"alg twice":              head(`{"alg":"none","alg":"EdDSA","typ":"JWT","kid":"k"}`),
		"a header that is none":  head(`[]`),
		"another order":          head(`{"typ":"JWT","alg":"EdDSA","kid":"k"}`),
		"blanks in the header":   head(`{"alg":"EdDSA", "typ":"JWT","kid":"k"}`),
		"an escape in the kid":   head(`{"alg":"EdDSA","typ":"JWT","kid":"\u006b"}`),
		"kid twice":              head(`{"alg":"EdDSA","typ":"JWT","kid":"a","kid":"b"}`),
	} {
		if _, err := ParseJWT(text); !errors.Is(err, ErrJWT) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzParseJWT(f *testing.F) {
	f.Add(sample(f))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		j, err := ParseJWT(text)
		if err != nil {
			return
		}
		if again := j.Signed + "." + strict.EncodeToString(j.Signature); again != text {
			t.Errorf("%q reads like %q", text, again)
		}
	})
}
