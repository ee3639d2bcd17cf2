package readonly

import "testing"

// reads is what a read-only token must get through, by who sends it.
var reads = []struct {
	who   string
	kind  Kind
	texts []string
}{
	{"anybody", Read, []string{
		"SELECT 1", "select * from t", "SELECT a, \"b\", [c], `d` FROM t AS x WHERE a = ?1 AND b = :b AND c = @c AND d = $d",
		"VALUES (1, 2), (3, 4)", "SELECT 'it''s; DELETE FROM t'", "SELECT \"delete\" FROM \"insert\"", "SELECT [update] FROM [set]",
		"SELECT x'00ff', X'', 0x1F, 1.5e-3, .5, 1., 1_000", "SELECT a->'$.x', a->>'$.y', a || b, a << 1, ~a, a != b, a <> b, a == b",
		"SELECT * FROM t ORDER BY a DESC NULLS LAST LIMIT 10 OFFSET 5", "SELECT 1 -- DELETE FROM t", "/* INSERT */ SELECT 1 /* ; */",
		"SELECT replace(a, 'x', 'y') FROM t", "SELECT left(a, 1), date('now'), count(*) FILTER (WHERE a > 1) OVER (PARTITION BY b) FROM t",
		"SELECT CAST(a AS varchar(10)), CAST(b AS decimal(10, 2)) FROM t", "SELECT CASE WHEN (a) THEN (1) ELSE (2) END FROM t",
		"SELECT * FROM t WHERE a IN (1, 2) AND NOT (b) AND EXISTS (SELECT 1) AND c BETWEEN (1) AND (2) AND d LIKE ('x')",
		"SELECT a FROM t GROUP BY (a) HAVING (a) LIMIT (1) OFFSET (2)", "SELECT DISTINCT (a) FROM (t JOIN u USING (a)) JOIN v ON (1)",
		"SELECT sum(a) OVER w FROM t WINDOW w AS (ORDER BY b ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)",
		"SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3", "SELECT a IS NOT DISTINCT FROM b FROM t", "SELECT CURRENT_TIMESTAMP",
		"SELECT é FROM größe", "SELECT string_agg(a, ',' ORDER BY b) FROM t", "SELECT optimize, define, edit FROM t",
		"SELECT 'optimize', 'readfile(1)' FROM t", "SELECT * FROM main.sqlite_schema",
	}},
	{"queries with common tables", Read, []string{
		"WITH x AS (SELECT 1) SELECT * FROM x", "WITH RECURSIVE c(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM c) SELECT n FROM c",
		"WITH replace AS (SELECT 1) SELECT * FROM replace", "WITH a AS MATERIALIZED (SELECT 1), b(x, \"y\") AS NOT MATERIALIZED (SELECT 1, 2) VALUES (1)",
		"SELECT * FROM (WITH x(a, b) AS (SELECT 1, 2), y(c) AS MATERIALIZED (VALUES (1)) SELECT * FROM x, y)",
		"SELECT (WITH z(a) AS NOT MATERIALIZED (WITH q AS (SELECT 1) SELECT * FROM q) SELECT a FROM z)", "WITH 'x' AS (SELECT 1) SELECT * FROM x",
	}},
	{"full-text, JSON, vector and R-tree users", Read, []string{
		"SELECT highlight(f, 0, '<', '>'), bm25(f) FROM f WHERE f MATCH ? ORDER BY rank", "SELECT * FROM f('words')",
		"SELECT * FROM main.f('words')", "SELECT * FROM t JOIN docs('words') d ON d.rowid = t.id", "SELECT value FROM t, json_each(t.a) WHERE key = 'x'",
		"SELECT * FROM vector_top_k('i', vector32('[1,2]'), 3) JOIN t ON t.rowid = id", "SELECT * FROM generate_series(1, 10)",
	}},
	{"Drizzle, Kysely and SQLAlchemy, which read the schema", Read, []string{
		"SELECT m.name AS \"tableName\", p.* FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS p",
		"SELECT m.name, ii.name FROM sqlite_master m, pragma_index_list(m.name) il, pragma_index_info(il.name) ii WHERE m.type = 'table'",
		"SELECT * FROM sqlite_master m, pragma_table_xinfo(m.name) WHERE hidden <> 1",
		"with \"t\" as (select \"name\" from \"sqlite_master\" where \"name\" not like ?) select * from \"t\", pragma_table_info(\"t\".\"name\") as \"p\"",
		"SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY name",
		"SELECT * FROM pragma_foreign_key_list('t', 'main')", "SELECT journal_mode FROM pragma_journal_mode",
		"SELECT name FROM pragma_function_list", "SELECT * FROM \"pragma_table_info\"('t')", "SELECT pragma_list FROM t",
	}},
	{"plans", Explain, []string{"EXPLAIN SELECT 1", "EXPLAIN QUERY PLAN SELECT * FROM t", "explain query plan with x as (select 1) values (1)"}},
	{"introspection by pragma", Pragma, []string{
		"PRAGMA table_info(t)", "PRAGMA table_xinfo('t')", "PRAGMA main.table_info(\"my table\")", `PRAGMA "main".table_xinfo("t")`,
		"PRAGMA index_list = t", "PRAGMA index_info([i])", "PRAGMA index_xinfo(`i`)", "PRAGMA foreign_key_list(\"t\")", "PRAGMA table_list",
		"PRAGMA database_list", "PRAGMA foreign_keys", "PRAGMA user_version", "pragma main.page_count", "PRAGMA 'main'.page_size", "PRAGMA encoding",
		"PRAGMA pragma_list", "PRAGMA compile_options", "PRAGMA query_only", "PRAGMA data_version", "PRAGMA [table_info](t)",
	}},
	{"transactions", Begin, []string{
		"BEGIN", "BEGIN DEFERRED", "BEGIN READONLY", "BEGIN TRANSACTION READONLY", "BEGIN TRANSACTION", "BEGIN DEFERRED TRANSACTION",
		"BEGIN TRANSACTION 'x'", "begin transaction [txn]",
	}},
	{"Drizzle and Kysely, which begin every transaction so", BeginLock, []string{
		"BEGIN IMMEDIATE", "begin exclusive", "Begin/**/Immediate /* x */ Transaction", "BEGIN IMMEDIATE -- now\n TRANSACTION [txn]",
	}},
	{"ends of transactions", End, []string{
		"COMMIT", "END", "ROLLBACK", "COMMIT TRANSACTION", "END TRANSACTION", "ROLLBACK TRANSACTION", "ROLLBACK TRANSACTION 'x'",
	}},
	{"savepoints", Savepoint, []string{
		"SAVEPOINT a", "SAVEPOINT \"a\"", "RELEASE a", "RELEASE SAVEPOINT a", "ROLLBACK TO a", "ROLLBACK TO SAVEPOINT 'a'",
		"ROLLBACK TRANSACTION TO a", "ROLLBACK TRANSACTION TO SAVEPOINT a",
	}},
}

func TestReadsPass(t *testing.T) {
	r := mustNew(t)
	for _, c := range reads {
		t.Run(c.who, func(t *testing.T) {
			for _, sql := range c.texts {
				v, spans := r.Judge(sql, nil)
				if !v.OK() {
					t.Errorf("%q refused: %s", sql, v.Message(sql))
				} else if len(spans) != 1 || spans[0].Kind != c.kind {
					t.Errorf("%q: spans %v, want one of kind %d", sql, spans, c.kind)
				}
			}
		})
	}
}
