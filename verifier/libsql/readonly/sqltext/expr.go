package sqltext

import "strings"

// strange is what stands in strings: what a careless reader takes for SQL.
var strange = []string{
	"", "a", "it''s", "; DELETE FROM t; --", "/*", "*/", "--", `"`, "`", "é", "x''", "(", ")", "$x(", "INSERT INTO t", "\\", "[", "pragma optimize",
}

func (g *Generator) literal() string {
	kind := g.rand.IntN(3)
	switch {
	case kind == 0:
		return "'" + strings.ReplaceAll(g.pick(strange...), " ", blank) + "'"
	case kind == 1, g.Constant:
		return g.pick("1", "0", "-1", "2.5", "1e3", ".5", "0x1F", "x'00ff'", "NULL", "TRUE", "CURRENT_TIMESTAMP")
	}
	return g.pick("?", "?3", ":a", "@b", "$c")
}

func (g *Generator) leaf(s scope) string {
	if len(s.columns) == 0 || g.chance(3) {
		return g.literal()
	}
	return g.pick(s.columns...)
}

// functions take so many arguments, of any type.
var functions = [][]string{
	1: {"abs", "lower", "UPPER", "length", "typeof", "hex", "quote", `"trim"`, "[unicode]", "`likely`", "json_quote", "round", "date", "soundex"},
	2: {"ifnull", "nullif", "instr", "max", "min", "ltrim", "coalesce", "json_array", "strftime", "glob", "printf"},
	3: {"replace", "REPLACE", "substr", "iif", "max", "concat_ws", "coalesce", "json_array"},
}

// expr makes an expression over the columns of s.
func (g *Generator) expr(depth int, s scope) string {
	if depth <= 0 {
		return g.leaf(s)
	}
	sub := func() string { return g.expr(depth-1, s) }
	inner := scope{columns: s.columns, tables: s.tables}
	switch g.rand.IntN(14) {
	case 0:
		return "( " + sub() + " )"
	case 1:
		return "( " + sub() + g.pick(" + ", " - ", " * ", " / ", " % ", " || ", " & ", " << ", " < ", " >= ", " <> ", " == ") + sub() + " )"
	case 2:
		return "( " + sub() + g.pick(" AND ", " OR ", " IS ", " IS NOT ", " IS DISTINCT FROM ", " IS NOT DISTINCT FROM ", " LIKE ", " NOT GLOB ") + sub() + " )"
	case 3:
		n := 1 + g.rand.IntN(len(functions)-1)
		return g.pick(functions[n]...) + " ( " + g.list(n, sub) + " )"
	case 4:
		return "CASE WHEN " + sub() + " THEN " + sub() + " ELSE " + sub() + " END"
	case 5:
		return "CAST ( " + sub() + " AS " + g.pick("TEXT", "INTEGER", "decimal ( 10 , 2 )", "varchar ( 5 )", "BLOB") + " )"
	case 6:
		return "( " + g.selection(depth-1, 1, inner) + " )"
	case 7:
		return g.pick("EXISTS ( ", "NOT EXISTS ( ") + g.selection(depth-1, 1, inner) + " )"
	case 8:
		return "( " + sub() + g.pick(" IN ( ", " NOT IN ( ") + g.list(1+g.rand.IntN(3), sub) + " ) )"
	case 9:
		return "( " + sub() + " IN ( " + g.selection(depth-1, 1, inner) + " ) )"
	case 10:
		return "( " + sub() + " BETWEEN ( " + sub() + " ) AND ( " + sub() + " ) )"
	case 11:
		return "( " + g.pick("- ", "+ ", "~ ", "NOT ") + sub() + " )"
	case 12:
		return "( " + sub() + " COLLATE " + g.pick("nocase", "binary", "\"rtrim\"") + " )"
	}
	return "( '{\"a\":1}' " + g.pick("->", "->>") + " '$.a' )"
}

// aggregate makes an aggregate or window function over columns.
func (g *Generator) aggregate(s scope) string {
	arg := g.expr(0, s)
	switch g.rand.IntN(6) {
	case 0:
		return "count ( * )"
	case 1:
		return g.pick("count", "sum", "total", "avg", "group_concat", "json_group_array") + " ( " + arg + " )"
	case 2:
		return "count ( DISTINCT " + arg + " )"
	case 3:
		return "sum ( " + arg + " ) FILTER ( WHERE " + g.expr(0, s) + " )"
	case 4:
		return "count ( * ) OVER ( PARTITION BY " + arg + " ORDER BY 1 ROWS BETWEEN 1 PRECEDING AND CURRENT ROW )"
	}
	return "row_number ( ) OVER ( ORDER BY 1 )"
}
