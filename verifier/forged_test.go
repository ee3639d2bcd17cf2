package verifier

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
)

const invalidAnswer = "401 Unauthorized\n" +
	`{"Cache-Control":["no-store"],"Content-Language":["en"],"Content-Type":["application/json"],"Vary":["Accept-Language"],` +
	`"Www-Authenticate":["Bearer realm=\"sekisho\", error=\"invalid_token\", error_description=\"Token is invalid or has been revoked\""]}` + "\n" +
	`{"error":"Invalid token","message":"Token is invalid or has been revoked","code":"AUTH_JWT_INVALID"}`

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// forged is a token that must not pass, and how far it may get: how many keys it
// makes us look up. None gets as far as the revocations.
type forged struct {
	name, credential string
	reason           refusal.Reason
	keys             int64
}

func TestForgedTokensAreRefusedWithOneAnswerAndNoNeedlessWork(t *testing.T) {
	g := newGate(t)
	for _, table := range [][]forged{forgedForms(t, g), forgedHeaders(t, g), forgedSignatures(t, g), forgedClaims(t, g)} {
		for _, f := range table {
			t.Run(f.name, func(t *testing.T) {
				g.ring.asked.Store(0)
				_, err := g.Verify(f.credential)
				if reasonOf(err) != f.reason {
					t.Errorf("reason %q (%v), want %q", reasonOf(err), err, f.reason)
				}
				if got := answer(err); got != invalidAnswer {
					t.Errorf("answer\n%s\nwant\n%s", got, invalidAnswer)
				}
				if asked := g.ring.asked.Load(); asked != f.keys {
					t.Errorf("%d keys looked up, want %d", asked, f.keys)
				}
			})
		}
	}
	if g.revoked.asked.Load() != 0 {
		t.Error("the revocations were asked about a forged token")
	}
}

func forgedForms(t *testing.T, g *gate) []forged {
	good := g.mint(t, grant())
	parts := strings.Split(good, ".")
	form := func(name, credential string) forged { return forged{name, credential, refusal.Malformed, 0} }
	return []forged{
		form("nothing", ""),
		form("two dots", ".."),
		form("an opaque token", "dev_abc123_secret"),
		form("no signature part", parts[0]+"."+parts[1]),
		form("a fourth part", good+".e30"),
		form("five parts, as encrypted tokens have", good+".e30.e30"),
		form("a trailing dot", good+"."),
		form("a leading dot", "."+good),
		form("padding after the signature", good+"="),
		form("padding inside", parts[0]+"="+"."+parts[1]+"."+parts[2]),
		form("a line break at the end", good+"\n"),
		form("a line break inside", good[:20]+"\r\n"+good[20:]),
		form("a space", good+" "),
		form("a zero byte", good+"\x00"),
		form("the other base64 alphabet", parts[0]+"."+parts[1]+"."+strings.Repeat("+/", 43)),
		form("unused bits that are set", setUnusedBits(good)),
		form("full-width digits", good+"１"),
		form("JSON serialization", `{"protected":"`+parts[0]+`","payload":"`+parts[1]+`","signature":"`+parts[2]+`"}`),
		form("longer than any token", strings.Repeat("a", token.MaxJWTLength+1)),
	}
}

// setUnusedBits changes the last character to one that a lax decoder reads alike.
func setUnusedBits(jwt string) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, jwt[len(jwt)-1])
	return jwt[:len(jwt)-1] + alphabet[last|1:last|1+1]
}

func forgedHeaders(t *testing.T, g *gate) []forged {
	claims := payload(t, grant())
	with := func(header string) string {
		signed := encode(header) + "." + encode(claims)
		return signed + "." + encode(string(ed25519.Sign(g.ring.private, []byte(signed))))
	}
	hs256 := encode(`{"alg":"HS256","typ":"JWT","kid":"`+kid+`"}`) + "." + encode(claims)
	mac := hmac.New(sha256.New, g.ring.public)
	mac.Write([]byte(hs256))
	header := func(name, credential string) forged { return forged{name, credential, refusal.Malformed, 0} }
	return []forged{
		header("alg none", encode(`{"alg":"none","typ":"JWT","kid":"`+kid+`"}`)+"."+encode(claims)+"."),
		header("alg none in odd case", with(`{"alg":"nOnE","typ":"JWT","kid":"`+kid+`"}`)),
		header("alg in odd case", with(`{"alg":"EDDSA","typ":"JWT","kid":"`+kid+`"}`)),
		header("HS256 with the public key", hs256+"."+encode(string(mac.Sum(nil)))),
		header("RS256", with(`{"alg":"RS256","typ":"JWT","kid":"`+kid+`"}`)),
		header("two algorithms", with(`{"alg":"none","alg":"EdDSA","typ":"JWT","kid":"`+kid+`"}`)),
		header("no algorithm", with(`{"typ":"JWT","kid":"`+kid+`"}`)),
		header("another type", with(`{"alg":"EdDSA","typ":"at+jwt","kid":"`+kid+`"}`)),
		header("no type", with(`{"alg":"EdDSA","kid":"`+kid+`"}`)),
		header("no kid", with(`{"alg":"EdDSA","typ":"JWT"}`)),
		header("a kid that is a list", with(`{"alg":"EdDSA","typ":"JWT","kid":["`+kid+`"]}`)),
		header("two kids", with(`{"alg":"EdDSA","typ":"JWT","kid":"x","kid":"`+kid+`"}`)),
		header("its own key in jwk", with(`{"alg":"EdDSA","typ":"JWT","kid":"`+kid+`","jwk":{"kty":"OKP"}}`)),
		header("a key elsewhere in jku", with(`{"alg":"EdDSA","typ":"JWT","kid":"`+kid+`","jku":"https://evil.example"}`)),
		header("a critical extension", with(`{"alg":"EdDSA","typ":"JWT","kid":"`+kid+`","crit":["b64"],"b64":false}`)),
		header("a header that is a list", with(`["EdDSA","JWT","`+kid+`"]`)),
		header("a header that is not UTF-8", with("{\"alg\":\"EdDSA\",\"typ\":\"JWT\",\"kid\":\"\xff\"}")),
	}
}

func forgedSignatures(t *testing.T, g *gate) []forged {
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	good := strings.Split(g.mint(t, grant()), ".")
	better := strings.Replace(payload(t, grant()), "my-db", "other-db", 1)
	return []forged{
		{"a key that is not ours", signWith(t, stranger, "key-2", payload(t, grant())), refusal.UnknownKey, 1},
		{"a kid that is a path", signWith(t, stranger, "../../etc/passwd", payload(t, grant())), refusal.UnknownKey, 1},
		{"a stranger's key under our kid", signWith(t, stranger, kid, payload(t, grant())), refusal.BadSignature, 1},
		{"another payload", good[0] + "." + encode(better) + "." + good[2], refusal.BadSignature, 1},
		{"no signature", good[0] + "." + good[1] + ".", refusal.BadSignature, 1},
		{"half a signature", good[0] + "." + good[1] + "." + good[2][:40], refusal.BadSignature, 1},
		{"a signature of zeros", good[0] + "." + good[1] + "." + encode(strings.Repeat("\x00", 64)), refusal.BadSignature, 1},
	}
}

// forgedClaims are signed by our own key: what a mistake in minting, or a thief
// of the key for another kind of token, could bring.
func forgedClaims(t *testing.T, g *gate) []forged {
	good := payload(t, grant())
	claims := func(name, old, replacement string) forged {
		changed := strings.Replace(good, old, replacement, 1)
		if changed == good {
			t.Fatalf("%s: %s does not contain %s", name, good, old)
		}
		return forged{name, g.ring.sign(t, changed), refusal.BadClaims, 1}
	}
	whole := func(name, payload string) forged {
		return forged{name, g.ring.sign(t, payload), refusal.BadClaims, 1}
	}
	const iat, exp, rights = `"iat":1780315200`, `"exp":1780318800`, `"p":{"rw":{"ns":["my-db"]}}`
	return []forged{
		whole("no claims", `{}`),
		whole("claims that are a list", `[]`),
		whole("claims that are not JSON", `grant`),
		whole("something after the claims", good+"{}"),
		whole("what libSQL's own server reads as everything", `{"iat":1780315200,"id":"my-db","a":"rw"}`),
		claims("no rights", `,`+rights, ``),
		claims("empty rights", rights, `"p":{}`),
		claims("rights that are a list", rights, `"p":[{"ns":["my-db"]}]`),
		claims("rights in capitals", `"rw"`, `"RW"`),
		claims("read-only and full access at once", rights, `"p":{"rw":{"ns":["my-db"]},"ro":{"ns":["my-db"]}}`),
		claims("rights to change schemas", rights, `"p":{"rw":{"ns":["my-db"]},"ddl":{"ns":["my-db"]}}`),
		claims("two databases", `["my-db"]`, `["my-db","other-db"]`),
		claims("a database with a slash", `["my-db"]`, `["../my-db"]`),
		claims("a date in words", iat, `"iat":"2026-06-01T12:00:00Z"`),
		claims("an end in words", exp, `"exp":"2036-06-01T12:00:00Z"`),
		claims("an end of zero", exp, `"exp":0`),
		claims("a negative end", exp, `"exp":-1`),
		claims("an end with a fraction", exp, `"exp":1780318800.5`),
		claims("an end with an exponent", exp, `"exp":2e9`),
		claims("an end of null", exp, `"exp":null`),
		claims("an end beyond all numbers", exp, `"exp":1e999`),
		claims("no start", iat+`,`, ``),
		claims("two ends", exp, exp+`,"exp":4102444800`),
		claims("two ends, one escaped", exp, exp+`,"e\u0078p":4102444800`),
		claims("an audience", exp, exp+`,"aud":"x"`),
		claims("a claim in capitals", `"exp"`, `"EXP"`),
		claims("another issuer", `"iss":"sekisho"`, `"iss":"turso"`),
		claims("no id", `"jti":"abc123",`, ``),
		claims("an id that breaks lines", `"jti":"abc123"`, `"jti":"abc\n123"`),
		claims("no organization", `"org":"my-org",`, ``),
		claims("a negative generation", `"gen":3`, `"gen":-1`),
		claims("a group without its database", `"fam":"database"`, `"fam":"group"`),
		claims("a developer's token as a JWT", `"fam":"database"`, `"fam":"developer"`),
		claims("an admin key as a JWT", `"fam":"database"`, `"fam":"platform"`),
		claims("no family", `"fam":"database",`, ``),
	}
}

func TestNoBitOfAValidTokenCanBeFlipped(t *testing.T) {
	g := newGate(t)
	good := g.mint(t, grant())
	g.accepts(t, good)
	rapid.Check(t, func(t *rapid.T) {
		bit := rapid.IntRange(0, len(good)*8-1).Draw(t, "bit")
		flipped := []byte(good)
		flipped[bit/8] ^= 1 << (bit % 8)
		if got, err := g.Verify(string(flipped)); err == nil {
			t.Fatalf("%s passed as %v", flipped, got)
		}
	})
	g.accepts(t, good)
}

func FuzzVerify(f *testing.F) {
	g := newGate(f)
	good := g.mint(f, grant())
	for _, s := range []string{good, "", ".", "..", good + ".", good[1:], encode(`{"alg":"none"}`) + "." + encode(`{}`) + ".", "a.b.c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, credential string) {
		got, err := g.Verify(credential)
		if (err == nil) != (credential == good) || (got == nil) == (err == nil) {
			t.Fatalf("%q: grant %v, error %v", credential, got, err)
		}
		if err != nil && answer(err) != invalidAnswer {
			t.Fatalf("%q hears %s", credential, answer(err))
		}
	})
}
