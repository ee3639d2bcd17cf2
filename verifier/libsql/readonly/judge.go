package readonly

import (
	"strings"
	"unicode/utf8"
)

// Judge decides whether every statement of sql only reads, and appends their
// spans, for statements must be sent on one by one, each as [Form] has it: some
// parsers resume in the middle of a statement that follows another. A text without
// a statement only reads. On a refusal spans comes back as it was. Judge takes
// linear time, does not recurse, and allocates only when spans must grow.
func (r *Rules) Judge(sql string, spans []Span) (Verdict, []Span) {
	return r.judge(sql, spans, false)
}

func (r *Rules) judge(sql string, spans []Span, fullAccess bool) (Verdict, []Span) {
	if c := judgeBytes(sql); c != passed {
		return Verdict{cause: c}, spans
	}
	j := judge{rules: r, fullAccess: fullAccess, lexer: lexer{sql: sql}, cause: passed}
	before := len(spans)
	for {
		j.skipEmpty()
		if j.token == tokenEnd {
			return Verdict{cause: passed}, spans
		}
		start := j.lexer.start
		kind := j.kind()
		if j.cause != passed {
			return j.refusal(), spans[:before]
		}
		spans = append(spans, Span{start, j.lastEnd, kind})
	}
}

// kind judges the statement that begins at the current token.
func (j *judge) kind() Kind {
	if j.fullAccess {
		return j.fullAccessStatement()
	}
	return j.statement()
}

// judgeBytes refuses what SQLite in C and its ports end or cut differently.
func judgeBytes(sql string) cause {
	switch {
	case len(sql) > maxText:
		return textTooLong
	case strings.IndexByte(sql, 0) >= 0, !utf8.ValidString(sql):
		return notText
	}
	return passed
}

// judge walks over the tokens of a text. The first refusal stays, and every walk
// ends at tokenBad.
type judge struct {
	rules      *Rules
	fullAccess bool
	lexer      lexer
	shape      shape

	token              tokenType
	word               word // what the token means, when it is a word, a quoted name or a string
	tabular            bool // the token is a name where only a table's can be
	lastStart, lastEnd int  // the token before

	statements       int32
	cause            cause
	badStart, badEnd int
}

// advance moves to the next token and refuses a name that may stand nowhere.
func (j *judge) advance() tokenType {
	if j.token == tokenBad {
		return tokenBad
	}
	j.lastStart, j.lastEnd = j.lexer.start, j.lexer.end
	j.token, j.word, j.tabular = j.lexer.next(), word{}, false
	switch j.token {
	case tokenWord:
		j.word = j.rules.meaning(j.lexer.text())
	case tokenQuoted, tokenString:
		j.word = j.rules.meaning(j.lexer.text())
		j.word.key = keyOther
		j.word.role &= callable
	case tokenSemicolon, tokenEnd:
		return j.token
	case tokenBad:
		j.fail(j.lexer.cause)
		return tokenBad
	}
	j.shape.token(j.token, j.word.key)
	if j.bars(j.word.table) {
		j.fail(j.word.table)
	} else if j.shape.tooLong() {
		j.fail(elementTooLong)
	} else if j.shape.tooManyRows() {
		j.fail(tooManyRows)
	} else if j.shape.tooManyTables() {
		j.fail(tooManyTables)
	}
	return j.token
}

// fail refuses the text because of the current token.
func (j *judge) fail(c cause) { j.failAt(c, j.lexer.start, j.lexer.end) }

func (j *judge) failAt(c cause, start, end int) {
	if j.cause == passed {
		j.cause, j.badStart, j.badEnd = c, start, end
	}
	j.token, j.word = tokenBad, word{}
}

func (j *judge) refusal() Verdict {
	return Verdict{j.cause, j.statements, int32(j.badStart), int32(j.badEnd)}
}

// skipEmpty moves to the first token of the next statement, or to the end.
func (j *judge) skipEmpty() {
	j.shape.reset()
	for j.advance() == tokenSemicolon {
		j.shape.reset()
	}
	if j.token == tokenEnd {
		return
	}
	if j.statements++; j.statements > maxStatements {
		j.fail(tooManyStatements)
	}
}
