//go:build !race

package differential

import (
	"math/rand/v2"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly/sqltext"
)

// FuzzWhatPassesOnlyReads lets the fuzzer break the texts, guided by which parts
// of the rule and of SQLite they reach.
func FuzzWhatPassesOnlyReads(f *testing.F) {
	g := sqltext.New(rand.New(rand.NewPCG(1, 1)))
	for range 100 {
		f.Add(g.Read().String())
		f.Add(g.Spliced().String())
		f.Add(g.Broken())
	}
	rules := mustRules(f)
	o := openOracle(f, rules)
	before := o.state(f)
	f.Fuzz(func(t *testing.T, text string) {
		v, spans := rules.Judge(text, nil)
		if !v.OK() {
			return
		}
		found, err := o.try(text)
		if err != nil || found.statements > len(spans) {
			t.Errorf("%q passed with %d statements, but %v, %v", text, len(spans), &found, err)
		}
		if after := o.state(t); after != before {
			t.Errorf("%q passed, and changed\n%s\nto\n%s", text, before, after)
		}
	})
}
