//go:build !race

package differential

import (
	"math/rand/v2"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly/sqltext"
)

func mustRules(t testing.TB) *readonly.Rules {
	t.Helper()
	rules, err := readonly.New()
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func TestTheOracleSeesEveryWrite(t *testing.T) {
	rules := mustRules(t)
	o := openOracle(t, rules)
	g := sqltext.New(rand.New(rand.NewPCG(1, 1)))
	seen := 0
	for range 2000 {
		text := g.Write().String()
		if v, _ := rules.Judge(text, nil); v.OK() {
			t.Errorf("%q passed", text)
		}
		found, err := o.try(text)
		if err == nil && found.whole {
			t.Errorf("%q is a read for the oracle", text)
		}
		if err != nil {
			seen++
		}
	}
	if seen < 1500 {
		t.Errorf("only %d of 2000 writes were seen for what they are", seen)
	}
}

func TestTheOracleSeesAChangeOfItsState(t *testing.T) {
	for _, sql := range []string{
		"INSERT INTO t (a) VALUES (1)", "UPDATE u SET d = 7", "CREATE TABLE made (a)", "CREATE TEMP TABLE made (a)",
		"PRAGMA user_version = 5", "PRAGMA foreign_keys = 1", "PRAGMA cache_size = 7", "ANALYZE", "REINDEX",
	} {
		o := openOracle(t, mustRules(t))
		before := o.state(t)
		o.unwatched(func() {
			if _, err := o.rows(o.db, sql); err != nil {
				t.Fatal(err)
			}
		})
		if o.state(t) == before {
			t.Errorf("%s goes unseen", sql)
		}
	}
}
