package readonly

// pragma takes PRAGMA [schema.]name, and a value if the value is the name of
// what to look at.
func (j *judge) pragma() {
	start, end := j.pragmaName()
	if j.token == tokenBad {
		return
	}
	var buf [maxName]byte
	name, _ := foldName(&buf, j.lexer.sql[start:end])
	p, known := pragmas[string(name)]
	known = known && !p.only
	hasValue := j.token != tokenSemicolon && j.token != tokenEnd
	switch {
	case known && !hasValue:
		return
	case known && p.argument:
		j.pragmaArgument()
	case writingPragmas[string(name)]:
		j.failAt(pragmaWrites, start, end)
	case known:
		j.failAt(pragmaSetting, start, end)
	default:
		j.failAt(pragmaUnknown, start, end)
	}
}

// pragmaName takes PRAGMA [schema.]name, and gives where the name stands.
func (j *judge) pragmaName() (start, end int) {
	j.advance()
	start, end = j.lexer.start, j.lexer.end
	j.name()
	if j.token == tokenDot {
		j.advance()
		start, end = j.lexer.start, j.lexer.end
		j.name()
	}
	return start, end
}

// pragmaArgument takes = name or (name).
func (j *judge) pragmaArgument() {
	switch {
	case j.token == tokenOpen:
		j.advance()
		j.name()
		if j.token != tokenClose {
			j.fail(malformed)
		}
		j.advance()
	case j.lexer.text() == "=":
		j.advance()
		j.name()
	default:
		j.fail(malformed)
	}
	j.finish()
}
