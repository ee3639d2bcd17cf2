package verifier

import (
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

func newPrints(t testing.TB) *fingerprinter {
	t.Helper()
	f, err := newFingerprinter()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestFingerprintsTellCredentialsApart(t *testing.T) {
	f := newPrints(t)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		if alike := f.of(a) == f.of(b); alike != (a == b) {
			t.Errorf("the fingerprints of %q and %q are alike: %v", a, b, alike)
		}
	})
}

func TestFingerprintsTellCredentialsApartThatDifferLittle(t *testing.T) {
	f := newPrints(t)
	seen := map[fingerprint]int{}
	for length := range 600 {
		print := f.of(strings.Repeat("a", length))
		if other, known := seen[print]; known {
			t.Errorf("%d and %d letters have one fingerprint", other, length)
		}
		seen[print] = length
	}
	credential := strings.Repeat("a", 377)
	for i := range len(credential) {
		if f.of(credential[:i]+"b"+credential[i+1:]) == f.of(credential) {
			t.Errorf("letter %d makes no difference", i)
		}
	}
}

func TestFingerprintsOfTwoProcessesHaveNothingInCommon(t *testing.T) {
	one, other := newPrints(t), newPrints(t)
	if one.of("a credential") == other.of("a credential") {
		t.Error("they are alike: there is no key")
	}
}

func TestADraftKeepsNothingOfACredential(t *testing.T) {
	f := newPrints(t)
	d := new(draft)
	f.drafts.New = func() any { return d }
	f.of("a credential")
	if kept := string(d.credential[:cap(d.credential)]); strings.ContainsAny(kept, "acredntil") {
		t.Errorf("the draft still holds %q", kept)
	}
}

func TestFingerprintsMadeAtOnceDoNotMix(t *testing.T) {
	f := newPrints(t)
	want := f.of("mine")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 1000 {
				f.of("another's")
				if f.of("mine") != want {
					t.Error("another fingerprint")
				}
			}
		})
	}
	wg.Wait()
}
