package sqltext

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generator makes texts. It is for one goroutine.
type Generator struct {
	Constant bool // no text has parameters

	rand  *rand.Rand
	names int // given out in this query
}

// New makes a generator that draws from r.
func New(r *rand.Rand) *Generator { return &Generator{rand: r} }

func (g *Generator) chance(oneIn int) bool { return g.rand.IntN(oneIn) == 0 }

func (g *Generator) pick(from ...string) string { return from[g.rand.IntN(len(from))] }

func (g *Generator) list(n int, item func() string) string {
	items := make([]string, n)
	for i := range items {
		items[i] = item()
	}
	return strings.Join(items, " , ")
}

// fresh is a name that this query does not have yet.
func (g *Generator) fresh() string {
	g.names++
	return fmt.Sprintf("n%d", g.names)
}

// quoted is a plain name in one of the ways to write it.
func (g *Generator) quoted(name string) string {
	switch g.rand.IntN(8) {
	case 0:
		return `"` + name + `"`
	case 1:
		return "[" + name + "]"
	case 2:
		return "`" + name + "`"
	}
	return name
}

// Query makes one query that SQLite compiles when the database has [Schema].
func (g *Generator) Query() Text { return tokens(g.query()) }

func (g *Generator) query() string {
	g.names = 0
	return g.selection(1+g.rand.IntN(2), 1+g.rand.IntN(3), scope{top: true})
}

// scope is what the expressions of a query may name.
type scope struct {
	top     bool // not inside another query: aggregates are its own
	columns []string
	tables  []table // common tables
}

// selection makes a query with so many columns, named c1, c2 and so on.
func (g *Generator) selection(depth, columns int, s scope) string {
	var b strings.Builder
	if depth > 0 && g.chance(4) {
		b.WriteString(g.commonTables(depth, &s))
	}
	if g.chance(10) {
		fmt.Fprintf(&b, "VALUES ( %s )", g.list(columns, func() string { return g.expr(depth-1, s) }))
		return b.String()
	}
	b.WriteString(g.core(depth, columns, s))
	if g.chance(6) {
		fmt.Fprintf(&b, " %s %s", g.pick("UNION", "UNION ALL", "EXCEPT", "INTERSECT"), g.core(0, columns, s))
	}
	if g.chance(4) {
		fmt.Fprintf(&b, " ORDER BY %d %s", 1+g.rand.IntN(columns), g.pick("", "DESC", "ASC NULLS LAST"))
	}
	if g.chance(4) {
		b.WriteString(g.pick(" LIMIT 3", " LIMIT ( 2 ) OFFSET 1", " LIMIT 1 , 2"))
	}
	return b.String()
}

func (g *Generator) commonTables(depth int, s *scope) string {
	var items []string
	for range 1 + g.rand.IntN(2) {
		name := g.fresh()
		columns := ""
		made := table{name, []string{"c1", "c2"}}
		if g.chance(2) {
			made.columns = []string{g.fresh(), g.fresh()}
			columns = " ( " + strings.Join(made.columns, " , ") + " )"
		}
		body := g.selection(depth-1, 2, scope{tables: s.tables})
		if columns == "" {
			body = g.core(depth-1, 2, scope{tables: s.tables})
		}
		items = append(items, g.quoted(name)+columns+" AS "+g.pick("", "MATERIALIZED", "NOT MATERIALIZED")+" ( "+body+" )")
		s.tables = append(s.tables[:len(s.tables):len(s.tables)], made)
	}
	return g.pick("WITH ", "WITH RECURSIVE ") + strings.Join(items, " , ") + " "
}

// core makes SELECT ... FROM ... WHERE ... GROUP BY.
func (g *Generator) core(depth, columns int, s scope) string {
	from := g.sources(depth, &s)
	aggregates := s.top && g.chance(3)
	n := 0
	list := g.list(columns, func() string {
		n++
		column := ""
		if aggregates && g.chance(2) {
			column = g.aggregate(s)
		} else {
			column = g.expr(depth, s)
		}
		return fmt.Sprintf("%s AS c%d", column, n)
	})
	text := "SELECT " + g.pick("", "", "DISTINCT", "ALL") + " " + list + from
	if g.chance(2) {
		text += " WHERE " + g.expr(depth, s)
	}
	if aggregates && g.chance(2) {
		text += " GROUP BY " + g.leaf(s) + " || ''" + g.pick("", " HAVING count ( * ) > 0")
	}
	return text
}

func (g *Generator) sources(depth int, s *scope) string {
	s.columns = s.columns[:len(s.columns):len(s.columns)]
	text := ""
	for i := range 1 + g.rand.IntN(2) {
		alias := g.fresh()
		name, columns := g.source(depth, s)
		switch {
		case i == 0:
			text += " FROM "
		case strings.HasPrefix(name, "f ("):
			text += " JOIN " // behind a comma a table is not told from a function
		default:
			text += g.pick(" , ", " JOIN ", " LEFT JOIN ", " CROSS JOIN ")
		}
		text += name + g.pick(" AS ", " ") + g.quoted(alias)
		for _, column := range columns {
			s.columns = append(s.columns, alias+" . "+column)
		}
	}
	return text
}

func (g *Generator) source(depth int, s *scope) (name string, columns []string) {
	if depth > 0 && g.chance(4) {
		return "( " + g.core(depth-1, 2, scope{tables: s.tables}) + " )", []string{"c1", "c2"}
	}
	all := append(tables[:len(tables):len(tables)], s.tables...)
	from := all[g.rand.IntN(len(all))]
	if strings.Contains(from.name, "(") {
		return from.name, from.columns
	}
	if g.chance(6) && len(from.name) == 1 {
		return g.quoted("main") + " . " + from.name, from.columns
	}
	return g.quoted(from.name), from.columns
}
