package readonly

// toEnd is the floor of a scan that ends with the statement.
const toEnd = -1

// group takes a parenthesis, to the one that closes it, and moves on.
func (j *judge) group() {
	if j.token != tokenOpen {
		j.fail(malformed)
		return
	}
	floor := j.shape.depth
	if !j.shape.open() {
		j.fail(nestedTooDeep)
	}
	j.scan(floor)
	j.advance()
}

// scan walks over the rest of a query, until the parentheses are back at depth
// floor. No statement that writes can stand inside a query, so what matters is
// where it ends and what it names.
func (j *judge) scan(floor int) {
	for {
		last, lastWord, lastTabular := j.token, j.word, j.tabular
		switch j.advance() {
		case tokenBad:
			return
		case tokenWord, tokenQuoted, tokenString:
			j.mention(last, lastWord)
		case tokenOpen:
			j.open(last, lastWord, lastTabular)
		case tokenClose:
			j.close()
			if j.shape.depth == floor {
				return
			}
		case tokenComma:
			j.shape.comma()
		case tokenSemicolon, tokenEnd:
			if j.shape.depth > 0 {
				j.fail(unbalanced)
			}
			return
		}
	}
}

// mention judges a word by itself and by the one before it.
func (j *judge) mention(last tokenType, lastWord word) {
	switch {
	case j.word.role&writer != 0:
		j.fail(wordWrites)
	case j.word.key == keyFrom && lastWord.key == keyDistinct:
		j.word.key = keyOther // IS DISTINCT FROM compares, and no table follows
	case last == tokenDot, lastWord.key == keyFrom, lastWord.key == keyJoin:
		j.tabular = true
	}
}

// open judges what stands before a parenthesis: nothing that is called, a
// keyword, a function that is allowed, or a table.
func (j *judge) open(last tokenType, w word, tabular bool) {
	switch {
	case !last.isName():
	case w.call != passed:
		j.failAt(w.call, j.lastStart, j.lastEnd)
	case w.role&(callable|opener) != 0, tabular:
	case !j.opensCommonTable():
		j.failAt(functionUnknown, j.lastStart, j.lastEnd)
	}
	if j.token != tokenBad && !j.shape.open() {
		j.fail(nestedTooDeep)
	}
}

// close takes the parenthesis that ends a group.
func (j *judge) close() {
	if !j.shape.close() {
		j.fail(unbalanced)
	} else if j.shape.tooLong() {
		j.fail(elementTooLong)
	}
}

// opensCommonTable looks ahead from the parenthesis in WITH name (a, b) AS
// (SELECT. It reads names only, so that no part of a text is looked at twice.
// The query must follow, because CAST(f(x) AS materialized(1)) looks alike.
func (j *judge) opensCommonTable() bool {
	l := j.lexer
	for {
		if !l.next().isName() {
			return false
		}
		t := l.next()
		if t == tokenClose {
			break
		}
		if t != tokenComma {
			return false
		}
	}
	if j.peekKeyword(&l) != keyAs {
		return false
	}
	key := j.peekKeyword(&l)
	if key == keyNot {
		key = j.peekKeyword(&l)
	}
	if key == keyMaterialized {
		j.peekKeyword(&l)
	}
	if l.sql[l.start:l.end] != "(" {
		return false
	}
	switch j.peekKeyword(&l) {
	case keySelect, keyValues, keyWith:
		return true
	}
	return false
}

// peekKeyword moves l on, and says which keyword it came to.
func (j *judge) peekKeyword(l *lexer) keyword {
	if l.next() != tokenWord {
		return keyOther
	}
	return j.rules.meaning(l.text()).key
}
