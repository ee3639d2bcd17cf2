package readonly

import "strings"

// JudgeFullAccess decides whether every statement of sql stays within its
// database, for full-access tokens whose holders are not trusted with the
// machine: reads, writes and changes of the schema pass, but no files, no loading
// of code, no nested SQL, no settings of the process. It is like Judge in all else.
// A table that has the name of a denied function cannot be written with a list of
// columns behind its name.
func (r *Rules) JudgeFullAccess(sql string, spans []Span) (Verdict, []Span) {
	return r.judge(sql, spans, true)
}

// bars reports whether the token must not stand where c was found.
func (j *judge) bars(c cause) bool {
	if j.fullAccess {
		switch c {
		case functionWrites, pragmaWrites, tablePragma:
			return false // they write or read within the database
		}
	}
	return c > passed
}

// fullAccessStatement judges a statement of a full-access token.
func (j *judge) fullAccessStatement() Kind {
	switch j.word.key {
	case keySelect, keyValues, keyWith, keyBegin, keyCommit, keyRollback, keySavepoint, keyRelease:
		j.rest(false)
	case keyWrite:
		j.write()
	case keyExplain:
		j.fullAccessExplain()
		return Explain
	case keyPragma:
		j.setting()
		return Pragma
	case keyAttach:
		return j.attach()
	default:
		j.fail(statementForeign)
	}
	return Other
}

// write takes a statement that writes. VACUUM takes nothing, as it could name a file.
func (j *judge) write() {
	switch {
	case j.is("vacuum"):
		j.advance()
		if j.token != tokenSemicolon && j.token != tokenEnd {
			j.fail(fileNamed)
		}
	case j.is("create"):
		j.advance()
		if j.is("temp") || j.is("temporary") {
			j.advance()
		}
		j.rest(j.is("trigger"))
	default:
		j.rest(false)
	}
}

func (j *judge) is(keyword string) bool {
	return j.token == tokenWord && strings.EqualFold(j.lexer.text(), keyword)
}

// fullAccessExplain takes EXPLAIN [QUERY PLAN] of what does not act while it is compiled.
func (j *judge) fullAccessExplain() {
	j.advance()
	if j.word.key == keyQuery {
		j.advance()
		j.expect(keyPlan)
	}
	switch j.word.key {
	case keySelect, keyValues, keyWith:
		j.rest(false)
	case keyWrite:
		j.write()
	default:
		j.fail(explainActs)
	}
}

// attach takes ATTACH [DATABASE] name AS name, and DETACH. The server takes no file for a name.
func (j *judge) attach() Kind {
	kind := Attach
	if j.is("detach") {
		kind = Other
	}
	j.advance()
	if j.is("database") {
		j.advance()
	}
	if j.token != tokenWord && j.token != tokenQuoted {
		j.fail(fileNamed)
	}
	j.advance()
	if j.word.key == keyAs {
		j.advance()
		j.name()
	}
	j.finish()
	return kind
}

// Attached is the name of the database that an ATTACH statement which
// JudgeFullAccess has allowed, a span of sql, would attach. Which the token may
// attach, the rule does not know.
func Attached(sql string, span Span) string {
	l := lexer{sql: sql[span.Start:span.End]}
	l.next() // ATTACH
	if l.next() == tokenWord && strings.EqualFold(l.text(), "database") {
		l.next()
	}
	return unquote(l.text())
}

// setting takes PRAGMA [schema.]name [= value | (value)].
func (j *judge) setting() {
	start, end := j.pragmaName()
	if j.token == tokenBad {
		return
	}
	var buf [maxName]byte
	name, _ := foldName(&buf, j.lexer.sql[start:end])
	p, known := pragmas[string(name)]
	hasValue := j.token != tokenSemicolon && j.token != tokenEnd
	if settable[string(name)] || known && (!hasValue || p.argument) {
		j.rest(false)
		return
	}
	j.failAt(pragmaForeign, start, end)
}

// settable are the pragmas that set or check the database or the connection, and
// nothing of the process or its files.
var settable = map[string]bool{
	"analysis_limit": true, "application_id": true, "automatic_index": true, "case_sensitive_like": true,
	"defer_foreign_keys": true, "foreign_key_check": true, "foreign_keys": true, "ignore_check_constraints": true,
	"integrity_check": true, "legacy_alter_table": true, "optimize": true, "query_only": true, "quick_check": true,
	"read_uncommitted": true, "recursive_triggers": true, "reverse_unordered_selects": true, "user_version": true,
}

// rest walks from the current token to the end of the statement, and judges what it names.
func (j *judge) rest(trigger bool) {
	last, call := tokenOperator, passed
	for {
		switch j.token {
		case tokenBad:
			return
		case tokenOpen:
			j.enter(last, call)
		case tokenClose:
			j.close()
		case tokenComma:
			j.shape.comma()
		case tokenSemicolon, tokenEnd:
			if j.shape.depth > 0 {
				j.fail(unbalanced)
			}
			if !trigger || j.token == tokenEnd || !j.inner() {
				return
			}
		}
		last, call = j.token, j.word.call
		j.advance()
	}
}

// enter judges what stands before a parenthesis.
func (j *judge) enter(last tokenType, call cause) {
	switch {
	case last.isName() && j.bars(call):
		j.failAt(call, j.lastStart, j.lastEnd)
	case !j.shape.open():
		j.fail(nestedTooDeep)
	}
}

// inner moves over a semicolon in a trigger, and is false behind the trigger's
// END. What else follows is a statement of its body.
func (j *judge) inner() bool {
	j.shape.reset()
	j.advance()
	switch {
	case j.is("end"):
		j.advance()
		j.finish()
		return false
	case j.word.key == keySelect, j.word.key == keyValues, j.word.key == keyWith,
		j.is("insert"), j.is("update"), j.is("delete"), j.is("replace"):
		return true
	}
	j.fail(malformed)
	return true
}
