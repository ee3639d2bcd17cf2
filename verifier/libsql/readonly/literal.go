package readonly

import "strings"

// name takes the bytes that may stand in a name, and refuses a byte order mark
// among them.
func (l *lexer) name(t tokenType) tokenType {
	i, seen := l.start+1, l.sql[l.start]
	for i < len(l.sql) && inName(l.sql[i]) {
		seen |= l.sql[i]
		i++
	}
	l.end = i
	if seen >= 0x80 && strings.Contains(l.text(), byteOrderMark) {
		return l.bad(illegalByte)
	}
	return t
}

// quoted takes a string or name in which a doubled quote stands for one. A
// backslash escapes nothing.
func (l *lexer) quoted(quote byte) tokenType {
	for i := l.start + 1; ; {
		n := strings.IndexByte(l.sql[i:], quote)
		if n < 0 {
			l.end = l.start + 1
			return l.bad(unterminated)
		}
		i += n + 1
		if i < len(l.sql) && l.sql[i] == quote {
			i++
			continue
		}
		if quote == '\'' {
			return l.takeTo(tokenString, i)
		}
		return l.takeTo(tokenQuoted, i)
	}
}

// bracketed takes [name], which has no way to escape a bracket.
func (l *lexer) bracketed() tokenType {
	n := strings.IndexByte(l.sql[l.start:], ']')
	if n < 0 {
		l.end = l.start + 1
		return l.bad(unterminated)
	}
	return l.take(tokenQuoted, n+1)
}

// blob takes x'..' with an even number of hexadecimal digits.
func (l *lexer) blob() tokenType {
	i := l.start + 2
	for i < len(l.sql) && isHex(l.sql[i]) {
		i++
	}
	even := (i-l.start)%2 == 0
	if i == len(l.sql) || l.sql[i] != '\'' || !even {
		l.end = i
		return l.bad(illegalToken)
	}
	return l.takeTo(tokenValue, i+1)
}

// number takes a number. Digits glued to letters are illegal in every release;
// digit separators are a number since SQLite 3.46 and an error before, never two tokens.
func (l *lexer) number() tokenType {
	i := l.start
	if l.sql[i] == '0' && l.peek(1)|0x20 == 'x' && isHex(l.peek(2)) {
		i = l.digitsEnd(i+2, isHex)
	} else {
		i = l.decimalEnd(i)
	}
	if i < len(l.sql) && inName(l.sql[i]) {
		for l.end = i; l.end < len(l.sql) && inName(l.sql[l.end]); {
			l.end++
		}
		return l.bad(illegalToken)
	}
	return l.takeTo(tokenValue, i)
}

func (l *lexer) decimalEnd(i int) int {
	i = l.digitsEnd(i, isDigit)
	if i < len(l.sql) && l.sql[i] == '.' {
		i = l.digitsEnd(i+1, isDigit)
	}
	if i == len(l.sql) || l.sql[i]|0x20 != 'e' {
		return i
	}
	digits := i + 1
	if digits < len(l.sql) && (l.sql[digits] == '+' || l.sql[digits] == '-') {
		digits++
	}
	if end := l.digitsEnd(digits, isDigit); end > digits {
		return end
	}
	return i
}

// digitsEnd skips digits and the single underscores between them.
func (l *lexer) digitsEnd(i int, is func(byte) bool) int {
	for start := i; i < len(l.sql); i++ {
		if is(l.sql[i]) {
			continue
		}
		if l.sql[i] != '_' || i == start || l.sql[i-1] == '_' || i+1 == len(l.sql) || !is(l.sql[i+1]) {
			break
		}
	}
	return i
}

// variable takes $a, :a and @a. Tcl's $a(..) and a::b are one token for SQLite
// and several for its ports, so they are refused.
func (l *lexer) variable() tokenType {
	if l.name(tokenValue) == tokenBad {
		return tokenBad
	}
	if l.end == l.start+1 {
		return l.bad(illegalToken)
	}
	if l.end < len(l.sql) && (l.sql[l.end] == '(' || l.sql[l.end] == ':') {
		return l.bad(illegalToken)
	}
	return tokenValue
}

// numbered takes ? and ?1.
func (l *lexer) numbered() tokenType {
	l.end = l.start + 1
	for l.end < len(l.sql) && isDigit(l.sql[l.end]) {
		l.end++
	}
	return tokenValue
}

// operator takes the longest operator. Only its length matters to the rule.
func (l *lexer) operator() tokenType {
	second, n := l.peek(1), 1
	switch l.sql[l.start] {
	case '-':
		if second == '>' {
			n = 2
			if l.peek(2) == '>' {
				n = 3
			}
		}
	case '<':
		if second == '=' || second == '>' || second == '<' {
			n = 2
		}
	case '>':
		if second == '=' || second == '>' {
			n = 2
		}
	case '=', '|':
		if second == l.sql[l.start] {
			n = 2
		}
	case '!':
		if second != '=' {
			l.end = l.start + 1
			return l.bad(illegalToken)
		}
		n = 2
	}
	return l.take(tokenOperator, n)
}
