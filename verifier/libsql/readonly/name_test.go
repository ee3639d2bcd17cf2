package readonly

import (
	"strings"
	"testing"
)

func TestNamesAreFoldedAsSQLiteFoldsThem(t *testing.T) {
	tests := []struct {
		token, want string
		whole       bool
	}{
		{"AbC_1", "abc_1", true},
		{`"A""b"`, `a"b`, true},
		{"`A``b`", "a`b", true},
		{"[A]", "a", true},
		{"'it''s'", "it's", true},
		{"''", "", true},
		{`""""`, `"`, true},
		{"\u212A", "\u212A", true}, // the Kelvin sign is not a k
		{"É", "É", true},
		{strings.Repeat("A", maxName), strings.Repeat("a", maxName), true},
		{strings.Repeat("A", maxName+1), strings.Repeat("a", maxName), false},
		{`"` + strings.Repeat(`""`, maxName) + `"`, strings.Repeat(`"`, maxName), true},
		{`"` + strings.Repeat(`""`, maxName+1) + `"`, strings.Repeat(`"`, maxName), false},
	}
	for _, tt := range tests {
		var buf [maxName]byte
		if got, whole := foldName(&buf, tt.token); string(got) != tt.want || whole != tt.whole {
			t.Errorf("%s: %q, whole %v; want %q, %v", tt.token, got, whole, tt.want, tt.whole)
		}
	}
}

func TestKeywordsAreKeywordsOnlyUnquoted(t *testing.T) {
	r := mustNew(t)
	for _, quoted := range []string{`"%s"`, "`%s`", "[%s]", "'%s'"} {
		for word := range strings.FieldsSeq(writers + " from select pragma attach") {
			name := strings.ReplaceAll(quoted, "%s", word)
			if v, _ := r.Judge("SELECT a AS "+name+" FROM t", nil); !v.OK() {
				t.Errorf("as a name, %s: %s", name, v.Message("SELECT a AS "+name))
			}
			if v, _ := r.Judge(name+" * FROM t", nil); v.OK() {
				t.Errorf("as a statement, %s passed", name)
			}
		}
	}
}

// A function is a function wherever the grammar has an expression.
func TestFunctionsAreFoundInEveryPlace(t *testing.T) {
	places := []string{
		"SELECT %s", "SELECT 1, %s", "SELECT -%s", "SELECT (%s)", "SELECT DISTINCT %s", "SELECT 1 WHERE %s", "SELECT * FROM t JOIN u ON %s",
		"SELECT 1 GROUP BY %s", "SELECT 1 GROUP BY 1 HAVING %s", "SELECT 1 ORDER BY %s", "SELECT 1 LIMIT %s", "SELECT 1 LIMIT 1 OFFSET %s",
		"SELECT CASE %s WHEN 1 THEN 2 END", "SELECT CASE 1 WHEN %s THEN 2 END", "SELECT CASE WHEN 1 THEN %s END", "SELECT CASE WHEN 1 THEN 1 ELSE %s END",
		"SELECT CAST(%s AS text)", "SELECT a IN (%s)", "SELECT a IN %s", "SELECT a BETWEEN %s AND 1", "SELECT a BETWEEN 1 AND %s", "SELECT a LIKE %s",
		"SELECT a LIKE 'x' ESCAPE %s", "SELECT a IS %s", "SELECT a IS NOT DISTINCT FROM %s", "SELECT a->>%s", "SELECT abs(%s)", "SELECT abs(1, %s)",
		"SELECT sum(1) FILTER (WHERE %s)", "SELECT sum(1) OVER (PARTITION BY %s)", "SELECT sum(1) OVER (ORDER BY %s)",
		"SELECT 1 WINDOW w AS (ORDER BY %s)", "SELECT (SELECT %s)", "SELECT EXISTS (SELECT %s)", "SELECT * FROM (SELECT %s)", "SELECT * FROM json_each(%s)",
		"VALUES (%s)", "VALUES (1), (%s)", "SELECT 1 UNION SELECT %s", "WITH x AS (SELECT %s) SELECT 1", "WITH x AS (SELECT 1) SELECT %s",
		"WITH x(a) AS (VALUES (%s)) VALUES (1)", "EXPLAIN QUERY PLAN SELECT %s", "SELECT 1; SELECT %s", "SELECT * FROM t, %s", "SELECT NOT %s",
		"SELECT a COLLATE nocase, %s", "SELECT 'x' || %s", "SELECT string_agg(a, ',' ORDER BY %s)",
	}
	calls := []string{"mystery(a)", `"mystery" (a)`, "[mystery]/**/(a)", "MYSTERY\n(a, b)", "`mystery`()", "mystery(DISTINCT a)", "mystery(*)"}
	r, allowing := mustNew(t), mustNew(t, "mystery")
	for _, place := range places {
		for _, call := range calls {
			sql := strings.ReplaceAll(place, "%s", call)
			if v, _ := r.Judge(sql, nil); v.cause != functionUnknown {
				t.Errorf("%q: %s", sql, v.Message(sql))
			}
			if v, _ := allowing.Judge(sql, nil); !v.OK() {
				t.Errorf("%q refused when configured: %s", sql, v.Message(sql))
			}
		}
	}
}

// Tables of pragmas and of files act without parentheses, so they are found as
// bare names too.
func TestTablesAreFoundInEveryPlace(t *testing.T) {
	places := []string{
		"SELECT * FROM %s", "SELECT * FROM t, %s", "SELECT * FROM t JOIN %s", "SELECT * FROM t LEFT JOIN main.%s ON 1", "SELECT * FROM (%s)",
		"SELECT * FROM (t, %s)", "SELECT 1 IN %s", "SELECT 1 NOT IN main.%s", "SELECT * FROM %s AS x WHERE x.path = '/'", "SELECT * FROM %s INDEXED BY i",
		"WITH x AS (SELECT * FROM %s) SELECT * FROM x", "SELECT (SELECT 1 FROM %s)", "SELECT 1 UNION SELECT 1 FROM %s", "EXPLAIN SELECT * FROM %s",
	}
	r := mustNew(t)
	for _, place := range places {
		for _, table := range []string{"fsdir", "PRAGMA_optimize", "pragma_unheard_of", "sqlite_dbpage", "bytecode"} {
			for _, quoted := range []string{table, `"` + table + `"`, "[" + table + "]", "`" + table + "`", "'" + table + "'"} {
				sql := strings.ReplaceAll(place, "%s", quoted)
				if v, _ := r.Judge(sql, nil); v.OK() {
					t.Errorf("%q passed", sql)
				}
			}
		}
	}
}
