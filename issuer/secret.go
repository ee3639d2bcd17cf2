package issuer

import (
	"errors"
	"fmt"
	"strings"
)

// minSecretLength is the shortest secret of an admin key, in bytes.
const minSecretLength = 16

// minDistinct is how many different characters a secret needs: 32 random hex
// digits have fewer with a chance below one in a billion.
const minDistinct = 5

// ErrWeakSecret reports a secret that is too short, printed in documentation,
// or made of a repeated pattern.
var ErrWeakSecret = errors.New("weak admin key")

// placeholders are what sample keys are made of, in lower case and without
// punctuation. No random key has one of them.
var placeholders = []string{
	"devsecretkey", "yoursecretapikey", "yourapikey", "yourapitoken", "yourtoken", "yoursecret",
	"changeme", "replaceme", "changethis", "placeholder", "insertkey", "mysecretkey", "secretkeyhere",
	"password", "qwertyuiop", "1234567890", "abcdefghij",
}

const makeOne = "make one with `openssl rand -hex 32`"

// checkSecret refuses what could be guessed. Its errors never show the secret.
func checkSecret(secret string) error {
	switch {
	case secret == "":
		return fmt.Errorf("%w: it is empty; is the variable or file that holds it set? If there is none, %s", ErrWeakSecret, makeOne)
	case len(secret) < minSecretLength:
		return fmt.Errorf("%w: %d bytes, and %d is the least; %s", ErrWeakSecret, len(secret), minSecretLength, makeOne)
	case len(secret) > maxSecretLength:
		return fmt.Errorf("%w: over %d bytes; is this the right file?", ErrWeakSecret, maxSecretLength)
	case strings.ContainsFunc(secret, notVisible):
		return fmt.Errorf("%w: a space, line break or other character that no Authorization header can carry", ErrWeakSecret)
	case isPlaceholder(secret):
		return fmt.Errorf("%w: it is a sample that is printed in documentation; %s", ErrWeakSecret, makeOne)
	case isPattern(secret):
		return fmt.Errorf("%w: it repeats itself; %s", ErrWeakSecret, makeOne)
	}
	return nil
}

func notVisible(r rune) bool { return r <= ' ' || r > '~' }

func isPlaceholder(secret string) bool {
	letters := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(secret))
	for _, p := range placeholders {
		if strings.Contains(letters, p) {
			return true
		}
	}
	return false
}

// isPattern reports a secret of few characters, or one that is a shorter text
// written several times: such a text occurs in its own doubling before the end.
func isPattern(secret string) bool {
	distinct := map[rune]bool{}
	for _, r := range secret {
		distinct[r] = true
	}
	doubled := secret + secret
	return len(distinct) < minDistinct || strings.Contains(doubled[1:len(doubled)-1], secret)
}
