package sqltext

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

func seeded(seed uint64) *Generator { return New(rand.New(rand.NewPCG(seed, 0))) }

func TestTheSameSeedGivesTheSameTexts(t *testing.T) {
	a, b, other := seeded(1), seeded(1), seeded(2)
	same := 0
	for range 100 {
		text := a.Broken()
		if text != b.Broken() {
			t.Fatal("two generators with one seed differ")
		}
		if text == other.Broken() {
			same++
		}
	}
	if same == 100 {
		t.Error("the seed makes no difference")
	}
}

func TestReadsAreAllowedAndWritesAreNot(t *testing.T) {
	rules, err := readonly.New()
	if err != nil {
		t.Fatal(err)
	}
	g := seeded(1)
	for range 1000 {
		read, write := g.Read().String(), g.Write().String()
		if v, _ := rules.Judge(read, nil); !v.OK() {
			t.Errorf("%s: %s", read, v.Message(read))
		}
		if v, _ := rules.Judge(write, nil); v.OK() {
			t.Errorf("%s passed", write)
		}
	}
}

func TestConstantTextsHaveNoParameters(t *testing.T) {
	g := seeded(1)
	g.Constant = true
	for range 1000 {
		for _, token := range g.Read() {
			if strings.ContainsAny(token[:1], "?:@$") {
				t.Fatalf("parameter %s", token)
			}
		}
	}
}

func TestDressingKeepsTheTokens(t *testing.T) {
	text := Text{"SELECT", "'a B'", ",", "x'00'", ",", "\"C\"", "FROM", "f", "(", "$x", ")"}
	r := rand.New(rand.NewPCG(1, 0))
	for range 200 {
		dressed := text.Dressed(r)
		for _, literal := range []string{"'a B'", "x'00'"} {
			if !strings.Contains(dressed, literal) {
				t.Fatalf("%q lost %s", dressed, literal)
			}
		}
		if strings.Contains(strings.ToLower(dressed), "$x(") {
			t.Fatalf("%q has a token that was not there", dressed)
		}
	}
}
