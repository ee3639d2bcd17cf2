package token

import (
	"hash/crc32"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAFreshCredentialIsOneWordThatCarriesItsID(t *testing.T) {
	word := regexp.MustCompile(`^[A-Za-z0-9_]+$`) // what a double click selects
	seen := map[string]bool{}
	for _, prefix := range []string{"jt", "token", "a", "acme_pat", strings.Repeat("x", 16)} {
		for range 1000 {
			credential, id := NewOpaque(prefix)
			got, ok := ParseOpaque(credential)
			if !ok || got != id || OpaquePrefix(id) != prefix || !ValidID(id) || !strings.HasPrefix(credential, id+"_") || !strings.HasPrefix(id, prefix+"_") {
				t.Fatalf("%q was read as %q, %v", credential, got, ok)
			}
			if !word.MatchString(credential) || len(credential) > maxOpaque || seen[id] || seen[credential] {
				t.Fatalf("drew %q", credential)
			}
			seen[id], seen[credential] = true, true
		}
	}
}

func TestEveryDigitOfASecretIsDrawn(t *testing.T) {
	counts := map[rune]int{}
	for _, c := range randomDigits(62 * 1000) {
		counts[c]++
	}
	if len(counts) != 62 {
		t.Fatalf("%d different digits", len(counts))
	}
	for c, n := range counts {
		if n < 800 || n > 1200 { // more than six standard deviations
			t.Errorf("%c was drawn %d times of about 1000", c, n)
		}
	}
}

func TestTheChecksumIsTheOneOfTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text")
		if crc(s) != crc32.ChecksumIEEE([]byte(s)) {
			t.Fatalf("the checksum of %q differs", s)
		}
	})
}

func TestACredentialWithAnyOneBitFlippedIsRefused(t *testing.T) {
	credential, _ := NewOpaque("jt")
	for i := range len(credential) {
		for bit := range 8 {
			flipped := []byte(credential)
			flipped[i] ^= 1 << bit
			if id, ok := ParseOpaque(string(flipped)); ok {
				t.Errorf("bit %d of character %d flipped, and taken as %q", bit, i, id)
			}
		}
	}
}

func TestMistypedCredentialsAreRefused(t *testing.T) {
	credential, id := NewOpaque("token")
	_, other := NewOpaque("token")
	swapped := []byte(credential)
	for i := len(id) + 1; ; i++ {
		if swapped[i] != swapped[i+1] {
			swapped[i], swapped[i+1] = swapped[i+1], swapped[i]
			break
		}
	}
	for name, s := range map[string]string{
		"nothing":                  "",
		"the id alone":             id,
		"one character missing":    credential[:len(credential)-1],
		"one too many":             credential + "0",
		"a space after it":         credential + " ",
		"a line break after it":    credential + "\n",
		"two characters exchanged": string(swapped),
		"the id of another":        other + credential[len(id):],
		"lower case":               strings.ToLower(credential),
		"no prefix":                strings.TrimPrefix(credential, "token"),
		"an upper-case prefix":     "T" + credential[1:],
		"a long prefix":            strings.Repeat("x", 17) + credential[5:],
		"a UUID of old":            "token_123e4567-e89b-42d3-a456-426614174000",
		"a JWT":                    "eyJhbGciOiJFZERTQSIsInR5cCI6IkpXVCIsImtpZCI6ImsifQ.e30.AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		if id, ok := ParseOpaque(s); ok {
			t.Errorf("%s: taken as %q", name, id)
		}
	}
}

func TestAMillionStrangersCostNoMemory(t *testing.T) {
	good, _ := NewOpaque("jt")
	random := rand.New(rand.NewPCG(1, 2))
	strangers := make([]string, 1000)
	for i := range strangers {
		s := []byte(good)
		for range 1 + random.IntN(3) {
			s[random.IntN(len(s))] = base62[random.IntN(62)]
		}
		strangers[i] = string(s[:random.IntN(len(s)+1)])
	}
	if n := testing.AllocsPerRun(1000, func() {
		for _, s := range strangers {
			if _, ok := ParseOpaque(s); ok && s != good {
				t.Fatalf("%q was taken", s)
			}
		}
	}); n != 0 {
		t.Errorf("%v allocations for a thousand strangers", n)
	}
	if n := testing.AllocsPerRun(100, func() { OpaqueDigest(good) }); n != 0 {
		t.Errorf("%v allocations for a digest", n)
	}
}

func TestAPrefixBeginsWithALetterAndIsShort(t *testing.T) {
	for prefix, want := range map[string]bool{
		"jt": true, "token": true, "a1": true, "acme_pat": true, "x": true,
		"": false, "1a": false, "_a": false, "a_": false, "A": false, "a-b": false, "é": false, "abcdefghijklmnopq": false,
	} {
		if got := ValidPrefix(prefix); got != want {
			t.Errorf("%q: got %v", prefix, got)
		}
	}
}

func TestAMaskedCredentialShowsNothingOfItsSecret(t *testing.T) {
	credential, id := NewOpaque("token")
	masked := MaskOpaque(id, OpaqueHint(credential))
	if !regexp.MustCompile(`^token_[a-z2-7]{4}…[0-9A-Za-z]{4}$`).MatchString(masked) {
		t.Errorf("got %q", masked)
	}
	if shown := len(OpaqueHint(credential)); shown > checksumDigits {
		t.Errorf("%d characters are more than the checksum", shown)
	}
	for id, want := range map[string]string{"jt_abc123def456": "jt_abc1…", "clx1": "clx1…", "a_b": "a_b…"} {
		if got := MaskOpaque(id, ""); got != want {
			t.Errorf("%s: got %q", id, got)
		}
	}
}

func TestAnOpaqueTokenIsASubjectOfItsOwn(t *testing.T) {
	g := Grant{ID: "jt_abc", Family: Developer, Holder: "app"}
	if got, err := ParseSubject(g.Subject().String()); err != nil || got != (Subject{Family: Developer, Name: "jt_abc"}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := ParseSubject("database//x"); err == nil {
		t.Error("a database belongs to no organization")
	}
}

func FuzzParseOpaque(f *testing.F) {
	good, _ := NewOpaque("jt")
	for _, s := range []string{good, good[1:], "jt_", "", strings.Repeat("_", 70), strings.ToUpper(good)} {
		f.Add(s)
	}
	pattern := regexp.MustCompile(`^[a-z][a-z0-9_]{0,15}_[a-z2-7]{16}_[0-9A-Za-z]{49}$`)
	f.Fuzz(func(t *testing.T, s string) {
		id, ok := ParseOpaque(s)
		if !ok {
			return
		}
		if !ValidID(id) || s[:len(id)] != id || !pattern.MatchString(s) {
			t.Fatalf("%q was taken, with the id %q", s, id)
		}
	})
}
