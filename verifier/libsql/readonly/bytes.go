package readonly

// byteClass says what a byte outside quotes and comments begins. The order
// matters: everything up to classDollar may stand inside a name.
type byteClass uint8

const (
	classLetter byteClass = iota // letters, underscore, and every byte above ASCII
	classX                       // x and X, which may begin a blob literal
	classDigit
	classDollar // begins a variable, but inside a name it is part of the name
	classVariable
	classQuestion
	classBlank
	classQuote // ' " `
	classBracket
	classDot
	classDash  // an operator or a comment
	classSlash // an operator or a comment
	classOperator
	classOpen
	classClose
	classComma
	classSemicolon
	classIllegal // control bytes, \v too: SQLite's ports do not agree on it
)

var byteClasses = func() (table [256]byteClass) {
	for i := range 0x80 {
		table[i] = classIllegal
	}
	groups := map[byteClass]string{
		classLetter:    "abcdefghijklmnopqrstuvwyzABCDEFGHIJKLMNOPQRSTUVWYZ_",
		classX:         "xX",
		classDigit:     "0123456789",
		classDollar:    "$",
		classVariable:  ":@",
		classQuestion:  "?",
		classBlank:     " \t\n\f\r",
		classQuote:     "'\"`",
		classBracket:   "[",
		classDot:       ".",
		classDash:      "-",
		classSlash:     "/",
		classOperator:  "<>=!|+*%&~",
		classOpen:      "(",
		classClose:     ")",
		classComma:     ",",
		classSemicolon: ";",
	}
	for class, members := range groups {
		for i := range len(members) {
			table[members[i]] = class
		}
	}
	return table
}()

func inName(c byte) bool { return byteClasses[c] <= classDollar }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHex(c byte) bool {
	c |= 0x20
	return isDigit(c) || 'a' <= c && c <= 'f'
}

// lowerASCII folds as SQLite does: no letter above ASCII has a case, so the
// Kelvin sign is not a k.
func lowerASCII(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
