package readonly

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// generator draws queries that SQLite takes, level by level.
type generator struct{ t *rapid.T }

func (g generator) pick(label string, from ...string) string {
	return rapid.SampledFrom(from).Draw(g.t, label)
}

func (g generator) list(label string, most int, item func() string) string {
	items := make([]string, rapid.IntRange(1, most).Draw(g.t, label))
	for i := range items {
		items[i] = item()
	}
	return strings.Join(items, ", ")
}

func (g generator) name() string {
	plain := rapid.StringMatching(`[a-wyz][a-z0-9_]{0,3}q`) // no keyword, and on no list
	switch rapid.IntRange(0, 4).Draw(g.t, "quoting") {
	case 0:
		return `"` + strings.ReplaceAll(g.anything(), `"`, `""`) + `"`
	case 1:
		return "`" + strings.ReplaceAll(g.anything(), "`", "``") + "`"
	case 2:
		return "[" + strings.ReplaceAll(g.anything(), "]", "") + "]"
	}
	return plain.Draw(g.t, "name")
}

// anything is what may stand in quotes, writes first of all.
func (g generator) anything() string {
	return g.pick("quoted", "a b", "delete", "; DELETE FROM t; --", "/*", "it's", `"`, "`", "é", "x'", "(", "$x(", "insert into t")
}

func (g generator) literal() string {
	return g.pick("literal", "1", "0x1F", "1.5e-3", ".5", "x'00ff'", "NULL", "?", "?12", ":a", "@b", "$c", "current_date",
		"'"+strings.ReplaceAll(g.anything(), "'", "''")+"'")
}

func (g generator) function() string {
	return g.pick("function", "abs", "REPLACE", "\"lower\"", "count", "json_extract", "left", "vector32", "[max]", "if", "glob")
}

func (g generator) expr(depth int) string {
	if depth == 0 {
		if rapid.Bool().Draw(g.t, "leaf") {
			return g.literal()
		}
		return g.name()
	}
	sub := func() string { return g.expr(depth - 1) }
	switch rapid.IntRange(0, 11).Draw(g.t, "form") {
	case 0:
		return "(" + sub() + ")"
	case 1:
		return sub() + " " + g.pick("operator", "+", "-", "||", "AND", "or", "=", "<>", "->>", "<<", "IS NOT", "LIKE", "IS DISTINCT FROM", "GLOB", "%") + " " + sub()
	case 2:
		return g.function() + g.pick("gap", "", " ", "/**/") + "(" + g.list("arguments", 3, sub) + ")"
	case 3:
		return "CASE WHEN " + sub() + " THEN " + sub() + " ELSE " + sub() + " END"
	case 4:
		return "CAST(" + sub() + " AS " + g.pick("type", "text", "decimal(10, 2)", "varchar(5)", "INTEGER") + ")"
	case 5:
		return "(" + g.query(depth-1) + ")"
	case 6:
		return "NOT EXISTS (" + g.query(depth-1) + ")"
	case 7:
		return sub() + " IN (" + g.list("values", 3, sub) + ")"
	case 8:
		return sub() + " NOT BETWEEN (" + sub() + ") AND (" + sub() + ")"
	case 9:
		return "sum(" + sub() + ") FILTER (WHERE " + sub() + ") OVER (PARTITION BY " + sub() + " ORDER BY " + sub() + ")"
	case 10:
		return g.name() + "." + g.name()
	}
	return "- " + sub() + " COLLATE nocase"
}

func (g generator) table(depth int) string {
	switch rapid.IntRange(0, 5).Draw(g.t, "table") {
	case 0:
		if depth > 0 {
			return "(" + g.query(depth-1) + ") AS " + g.name()
		}
	case 1:
		return "main." + g.name()
	case 2:
		return g.pick("table function", "json_each", "pragma_table_info", "generate_series") + "(" + g.expr(0) + ")"
	case 3:
		return g.name() + " JOIN anyfts('words') ON " + g.expr(0)
	case 4:
		return g.name() + " NATURAL LEFT JOIN " + g.name() + " USING (" + g.name() + ")"
	}
	return g.name()
}

func (g generator) query(depth int) string {
	var b strings.Builder
	sub := max(0, depth-1)
	if depth > 0 && rapid.IntRange(0, 3).Draw(g.t, "with") == 0 {
		b.WriteString(g.pick("WITH", "WITH ", "with recursive "))
		b.WriteString(g.list("common tables", 2, func() string {
			columns := g.pick("columns", "", "(a)", "(a, \"b\")")
			return g.name() + columns + g.pick("AS", " AS ", " AS NOT MATERIALIZED", " as materialized ") + "(" + g.query(sub) + ")"
		}))
		b.WriteByte(' ')
	}
	if rapid.IntRange(0, 4).Draw(g.t, "values") == 0 {
		fmt.Fprintf(&b, "VALUES (%s), (%s)", g.expr(sub), g.expr(sub))
		return b.String()
	}
	fmt.Fprintf(&b, "%s%s", g.pick("SELECT", "SELECT ", "select distinct ", "Select all "), g.list("columns", 3, func() string { return g.expr(sub) }))
	fmt.Fprintf(&b, " FROM %s WHERE %s", g.list("tables", 2, func() string { return g.table(sub) }), g.expr(sub))
	b.WriteString(g.pick("tail", "", " GROUP BY 1 HAVING (1)", " ORDER BY (1) DESC LIMIT (2) OFFSET 3", " UNION ALL SELECT 1", " WINDOW w AS (ORDER BY 1)"))
	return b.String()
}
