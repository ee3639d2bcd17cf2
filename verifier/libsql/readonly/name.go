package readonly

// The shortest and longest names that are looked up, in bytes: no list has
// others, and a table's alias often has one letter.
const (
	minName = 2
	maxName = 64
)

// pragmaPrefix begins the names of the tables that SQLite makes of pragmas.
const pragmaPrefix = "pragma_"

// meaning says what a name or string, as it stands in the text, is to the rule.
func (r *Rules) meaning(token string) word {
	var buf [maxName]byte
	name, whole := foldName(&buf, token)
	if whole && len(name) >= minName {
		if w, ok := r.words[string(name)]; ok {
			return w
		}
	}
	if len(name) >= len(pragmaPrefix) && string(name[:len(pragmaPrefix)]) == pragmaPrefix {
		return word{call: passed, table: tablePragma}
	}
	return unlisted
}

// foldName copies a name into buf in lower case and without its quotes. Not to
// be whole means that the name is too long, and only its beginning is there.
func foldName(buf *[maxName]byte, token string) (name []byte, whole bool) {
	quote := quoteOf(token)
	if quote != 0 {
		token = token[1 : len(token)-1]
	}
	n := 0
	for i := 0; i < len(token); i++ {
		if n == maxName {
			return buf[:n], false
		}
		buf[n] = lowerASCII(token[i])
		n++
		if token[i] == quote {
			i++ // a quote inside is doubled
		}
	}
	return buf[:n], true
}

// quoteOf is the quote that closes the token, or 0 if it is a plain word.
func quoteOf(token string) byte {
	if last := token[len(token)-1]; !inName(last) {
		return last
	}
	return 0
}
