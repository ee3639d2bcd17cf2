package token

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestANameIsALabelOfDNS(t *testing.T) {
	for _, name := range []string{"a", "my-db", "tenant-123-users", "0", strings.Repeat("a", 63)} {
		if !ValidName(name) {
			t.Errorf("%q was refused", name)
		}
	}
	for _, name := range []string{"", "-a", "a-", "My-DB", "my_db", "a.b", "a/b", "..", "a b", "é", "a\n", strings.Repeat("a", 64)} {
		if ValidName(name) {
			t.Errorf("%q was taken", name)
		}
	}
}

func TestDrawnIDsAreValidAndDifferent(t *testing.T) {
	seen := map[string]bool{}
	for range 10_000 {
		id := NewID()
		if !ValidID(id) || len(id) != IDLength || seen[id] {
			t.Fatalf("drew %q", id)
		}
		seen[id] = true
	}
}

func TestAnIDHasOnlyLowerCaseLettersDigitsAndTwoSigns(t *testing.T) {
	for _, id := range []string{"a", "_", "jt_abc123def456", "clx1abc", "123e4567-e89b-42d3-a456-426614174000", strings.Repeat("a", 64)} {
		if !ValidID(id) {
			t.Errorf("%q was refused", id)
		}
	}
	for _, id := range []string{"", "A", "-a", "-", "a b", "a.b", "a/b", "123E4567-e89b-42d3-a456-426614174000", "a*", "a:b", "é", strings.Repeat("a", 65)} {
		if ValidID(id) {
			t.Errorf("%q was taken", id)
		}
	}
}

func TestAccessIsOneOfTwoWords(t *testing.T) {
	for _, word := range []string{"", "readonly", "READ-ONLY", "read-only ", "full", "rw"} {
		if _, err := ParseAccess(word); !errors.Is(err, ErrAccess) {
			t.Errorf("%q: got %v", word, err)
		}
	}
}

func TestSubjectsReadAsWritten(t *testing.T) {
	s := Subject{Family: Group, Organization: "my-org", Name: "production"}
	if again, err := ParseSubject(s.String()); err != nil || again != s {
		t.Errorf("got %v, %v", again, err)
	}
	for _, text := range []string{"", "a", "a/b", "/b/c", "a//c", "a/B/c", "a/b/"} {
		if got, err := ParseSubject(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestExpiryHasItsLeewayAndNoMore(t *testing.T) {
	end := time.Unix(1000, 0)
	g := Grant{ExpiresAt: end}
	for offset, want := range map[time.Duration]bool{-1: false, 0: false, 4 * time.Second: false, 5 * time.Second: true, time.Hour: true} {
		if got := g.Expired(end.Add(offset), 5*time.Second); got != want {
			t.Errorf("%v after its end: got %v", offset, got)
		}
	}
	if (&Grant{}).Expired(end, 0) {
		t.Error("a token without an end has ended")
	}
}
