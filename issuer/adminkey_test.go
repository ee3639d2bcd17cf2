package issuer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/issuer"
)

const goodSecret = "Tq8rXw2mLk5vNz1c"

func TestSecretsThatOthersKnowOrCouldGuessAreRefused(t *testing.T) {
	for _, secret := range []string{
		"",
		"short-Kw7xZ2q1",
		"dev-secret-key-12345",
		"your-secret-api-key-change-me",
		"YOUR_API_TOKEN",
		"YOUR_API_TOKEN_FOR_PRODUCTION",
		"change-me-in-production",
		"Replace-Me-Kw7xZ2q1Rt",
		"correct-password-2026",
		"aaaaaaaaaaaaaaaaaaaaaaaa",
		"abababababababababab",
		"aaaaaaaaaaaaaaaabaac",
		"Kw7xZ2q1Kw7xZ2q1",
		"Kw7xZ2q1 Rt5uYp0o",
		"Kw7xZ2q1Rt5uYp0o\n",
		"Kw7xZ2q1Rt5uYp0é",
		strings.Repeat("Kw7xZ2q1R", 100),
	} {
		t.Run(secret[:min(len(secret), 30)], func(t *testing.T) {
			_, err := issuer.NewAdminKey("ops", secret, issuer.Limits{})
			if !errors.Is(err, issuer.ErrWeakSecret) {
				t.Fatalf("got %v, want ErrWeakSecret", err)
			}
			if len(secret) > 5 && strings.Contains(err.Error(), secret) {
				t.Errorf("the error shows the secret: %v", err)
			}
		})
	}
}

func TestARefusedSecretSaysWhatToDo(t *testing.T) {
	for _, secret := range []string{"", "short", "dev-secret-key-12345", "aaaaaaaaaaaaaaaaa"} {
		_, err := issuer.NewAdminKey("ops", secret, issuer.Limits{})
		if err == nil || !strings.Contains(err.Error(), "openssl rand -hex 32") {
			t.Errorf("%q: got %v, want an instruction", secret, err)
		}
	}
}

func TestOrdinaryRandomSecretsAreTaken(t *testing.T) {
	for _, secret := range []string{
		goodSecret,
		"8f14e45fceea167a5a36dedd4bea2543",
		"b3BlbnNzbC1yYW5kLWJhc2U2NC0zMg==",
		"kqzvxjwpmtnrbghd",
	} {
		if _, err := issuer.NewAdminKey("ops", secret, issuer.Limits{}); err != nil {
			t.Errorf("%q: %v", secret, err)
		}
	}
}

func TestLimitsThatMeanNothingAreRefused(t *testing.T) {
	for name, limits := range map[string]issuer.Limits{
		"unknown action":      {Actions: []string{"mint", "delete"}},
		"empty action":        {Actions: []string{""}},
		"upper-case action":   {Actions: []string{"Mint"}},
		"impossible org name": {Organizations: []string{"My Org"}},
		"wildcard group":      {Groups: []string{"*"}},
	} {
		if _, err := issuer.NewAdminKey("ops", goodSecret, limits); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if _, err := issuer.NewAdminKey("Ops Team", goodSecret, issuer.Limits{}); err == nil {
		t.Error("a name that breaks log lines was taken")
	}
}

func TestAListOfKeysNeedsOneAndTellsThemApart(t *testing.T) {
	first := adminKey(t, "first", goodSecret)
	if _, err := issuer.NewAdminKeys(); !errors.Is(err, issuer.ErrNoAdminKey) {
		t.Errorf("no key: got %v, want ErrNoAdminKey", err)
	}
	if _, err := issuer.NewAdminKeys(first, adminKey(t, "first", goodSecret+"x")); err == nil {
		t.Error("two keys of one name were taken")
	}
	if _, err := issuer.NewAdminKeys(first, adminKey(t, "second", goodSecret)); err == nil {
		t.Error("two keys of one secret were taken")
	}
}

func TestOnlyTheExactSecretAuthenticates(t *testing.T) {
	keys, err := issuer.NewAdminKeys(adminKey(t, "first", goodSecret), adminKey(t, "second", goodSecret+"2"))
	if err != nil {
		t.Fatal(err)
	}
	for secret, want := range map[string]string{goodSecret: "first", goodSecret + "2": "second"} {
		p, ok := keys.Authenticate(secret)
		if !ok || p.Name() != want {
			t.Errorf("%q: got %v %v, want %s", secret, p, ok, want)
		}
	}
	for _, secret := range []string{
		"", goodSecret[:15], goodSecret + " ", strings.ToLower(goodSecret), goodSecret + goodSecret,
		strings.Repeat("x", 513),
	} {
		if _, ok := keys.Authenticate(secret); ok {
			t.Errorf("%q was taken", secret)
		}
	}
}

func TestHoldingASecretIsAsStrictAsAuthenticating(t *testing.T) {
	keys, err := issuer.NewAdminKeys(adminKey(t, "first", goodSecret), adminKey(t, "second", goodSecret+"2"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{goodSecret, goodSecret + "2"} {
		if !keys.Holds(secret) {
			t.Errorf("%q is not held", secret)
		}
	}
	for _, secret := range []string{
		"", goodSecret[:15], goodSecret + "3", goodSecret[:15] + "C", goodSecret + goodSecret, strings.Repeat("x", 513),
	} {
		if keys.Holds(secret) {
			t.Errorf("%q is held", secret)
		}
	}
}

func TestAnAdminKeyKeepsNoSecret(t *testing.T) {
	if text := fmt.Sprintf("%+v", adminKey(t, "ops", goodSecret)); strings.Contains(text, goodSecret) {
		t.Errorf("the key shows its secret: %s", text)
	}
}

func adminKey(t *testing.T, name, secret string) *issuer.AdminKey {
	t.Helper()
	key, err := issuer.NewAdminKey(name, secret, issuer.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return key
}
