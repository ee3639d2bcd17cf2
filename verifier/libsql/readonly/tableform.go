package readonly

import "strings"

// Form is the statement that may be sent on for one that Judge has allowed, a span
// of sql: mostly the same. What would take a write lock begins a transaction
// without it, because some clients can begin none in another way, and a pragma
// that sqld refuses becomes a query.
func Form(sql string, span Span) string {
	if span.Kind == BeginLock {
		return "BEGIN DEFERRED"
	}
	if form, ok := tableForm(sql, span); ok {
		return form
	}
	return sql[span.Start:span.End]
}

// tableForm rewrites a PRAGMA statement that Judge has allowed, a span of sql, as a query of
// the table that SQLite makes of it: SELECT * FROM pragma_foreign_key_list('t').
// sqld counts many pragmas that only read as writes and refuses them to a
// read-only token, but not these queries; nor does it know a pragma by a quoted
// name. ok is false when sqld takes the statement as it is, and when no query
// says the same.
func tableForm(sql string, span Span) (form string, ok bool) {
	if span.Kind != Pragma {
		return "", false
	}
	s := readPragma(sql[span.Start:span.End])
	p := pragmas[s.name]
	if !p.table || p.native && !s.quoted {
		return "", false
	}
	table := "SELECT * FROM " + pragmaPrefix + s.name
	switch {
	case s.hasArgument && s.schema == "":
		return table + "(" + literal(s.argument) + ")", true
	case s.hasArgument && p.schema:
		return table + "(" + literal(s.argument) + "," + literal(s.schema) + ")", true
	case s.schema == "", !p.argument && strings.EqualFold(s.schema, "main"):
		return table, true
	}
	return "", false
}

// pragmaStatement is PRAGMA schema.name(argument), without the quotes of each.
type pragmaStatement struct {
	schema, name, argument string
	quoted, hasArgument    bool
}

// readPragma reads a statement that Judge has allowed.
func readPragma(statement string) (s pragmaStatement) {
	l := lexer{sql: statement}
	l.next() // PRAGMA
	s.quoted = l.next() != tokenWord
	schema := unquote(l.text())
	s.name = strings.ToLower(schema)
	t := l.next()
	if t == tokenDot {
		s.schema = schema
		s.quoted = l.next() != tokenWord
		s.name = strings.ToLower(unquote(l.text()))
		t = l.next()
	}
	if t != tokenEnd {
		l.next()
		s.argument, s.hasArgument = unquote(l.text()), true
	}
	return s
}

// unquote takes the quotes off a name or string, whatever they are.
func unquote(name string) string {
	quote := quoteOf(name)
	if quote == 0 {
		return name
	}
	name = name[1 : len(name)-1]
	if quote == ']' {
		return name
	}
	q := string(quote)
	return strings.ReplaceAll(name, q+q, q)
}

func literal(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
