package readonly

import "strings"

type tokenType uint8

const (
	tokenEnd    tokenType = iota // end of the text
	tokenWord                    // a keyword or an unquoted name
	tokenQuoted                  // "name", `name`, [name]
	tokenString                  // 'text', which SQLite also takes for a table's name
	tokenValue                   // number, blob, variable
	tokenOperator
	tokenDot
	tokenOpen
	tokenClose
	tokenComma
	tokenSemicolon
	tokenBad // see lexer.cause
)

// isName reports a token that can be the name of something.
func (t tokenType) isName() bool { return t >= tokenWord && t <= tokenString }

// byteOrderMark is a blank for some releases of SQLite and part of a name for others.
const byteOrderMark = "\ufeff"

// lexer cuts a text into tokens as SQLite does, and refuses every token that
// releases or ports of SQLite cut differently. The text holds no NUL byte.
type lexer struct {
	sql        string
	start, end int   // of the current token
	cause      cause // why the token is bad
}

// next moves to the next token, over blanks and comments.
func (l *lexer) next() tokenType {
	if !l.skipBlanks() {
		return l.bad(unterminated)
	}
	if l.start == len(l.sql) {
		return l.take(tokenEnd, 0)
	}
	switch byteClasses[l.sql[l.start]] {
	case classX:
		if l.peek(1) == '\'' {
			return l.blob()
		}
		return l.name(tokenWord)
	case classLetter:
		return l.name(tokenWord)
	case classDigit:
		return l.number()
	case classDot:
		if isDigit(l.peek(1)) {
			return l.number()
		}
		return l.take(tokenDot, 1)
	case classQuote:
		return l.quoted(l.sql[l.start])
	case classBracket:
		return l.bracketed()
	case classDollar, classVariable:
		return l.variable()
	case classQuestion:
		return l.numbered()
	case classOpen:
		return l.take(tokenOpen, 1)
	case classClose:
		return l.take(tokenClose, 1)
	case classComma:
		return l.take(tokenComma, 1)
	case classSemicolon:
		return l.take(tokenSemicolon, 1)
	case classIllegal:
		l.end = l.start + 1
		return l.bad(illegalByte)
	}
	return l.operator()
}

// skipBlanks sets start to the first byte of the next token. It is false when a
// comment has no end.
func (l *lexer) skipBlanks() bool {
	i := l.end
	for i < len(l.sql) {
		class := byteClasses[l.sql[i]]
		if class == classBlank {
			i++
			continue
		}
		if class != classDash && class != classSlash {
			break
		}
		n := commentLength(l.sql[i:])
		if n < 0 {
			l.start, l.end = i, i+2
			return false
		}
		if n == 0 {
			break
		}
		i += n
	}
	l.start = i
	return true
}

// commentLength is 0 when sql does not begin with a comment, and -1 when the
// comment has no end. Only a line feed ends a comment of dashes.
func commentLength(sql string) int {
	switch {
	case strings.HasPrefix(sql, "--"):
		if n := strings.IndexByte(sql, '\n'); n >= 0 {
			return n + 1
		}
		return len(sql)
	case strings.HasPrefix(sql, "/*"):
		if n := strings.Index(sql[2:], "*/"); n >= 0 {
			return n + 4
		}
		return -1
	}
	return 0
}

// peek is the byte n after start, or 0 behind the end of the text.
func (l *lexer) peek(n int) byte {
	if l.start+n < len(l.sql) {
		return l.sql[l.start+n]
	}
	return 0
}

func (l *lexer) text() string { return l.sql[l.start:l.end] }

func (l *lexer) take(t tokenType, n int) tokenType {
	l.end = l.start + n
	return t
}

func (l *lexer) takeTo(t tokenType, end int) tokenType {
	l.end = end
	return t
}

func (l *lexer) bad(c cause) tokenType {
	l.cause = c
	return tokenBad
}
