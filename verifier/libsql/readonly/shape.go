package readonly

// The bounds of a text. A chain of some 40,000 operators makes sqld overflow its
// stack and abort, and half of that does not.
const (
	maxText       = 1 << 20 // bytes
	maxStatements = 1000
	maxDepth      = 250  // open parentheses
	maxElement    = 8000 // tokens between two commas of the same list

	// maxWindowRows bounds the rows of VALUES beside a window function, for which
	// SQLite recurses from row to row. Its own bound of a compound SELECT is the same.
	maxWindowRows = 500
	// maxCommonTables bounds the tables of WITH, for which SQLite recurses where each
	// reads the one before it: 12,000 make sqld abort.
	maxCommonTables = 500
)

// shape measures how deep the syntax tree of a statement can become: at each
// depth, the tokens of the open list element and of the longest one before it.
type shape struct {
	last    [2]tokenType
	lastKey keyword
	rows    int  // of VALUES: parentheses that follow one another
	windows bool // OVER was there
	tables  int  // of WITH: parentheses that follow AS

	depth   int
	element [maxDepth + 1]uint16
	longest [maxDepth + 1]uint16
}

func (s *shape) reset() {
	s.depth, s.element[0], s.longest[0] = 0, 0, 0
	s.rows, s.windows, s.tables = 0, false, 0
}

// token counts one token.
func (s *shape) token(t tokenType, k keyword) {
	s.element[s.depth]++
	if t == tokenOpen && s.last == [2]tokenType{tokenClose, tokenComma} {
		s.rows++
	}
	if t == tokenOpen && (s.lastKey == keyAs || s.lastKey == keyMaterialized) {
		s.tables++
	}
	s.windows = s.windows || k == keyOver
	s.last, s.lastKey = [2]tokenType{s.last[1], t}, k
}

func (s *shape) tooManyRows() bool { return s.windows && s.rows >= maxWindowRows }

func (s *shape) tooManyTables() bool { return s.tables > maxCommonTables }

func (s *shape) tooLong() bool { return s.element[s.depth] > maxElement }

func (s *shape) comma() {
	s.longest[s.depth] = max(s.longest[s.depth], s.element[s.depth])
	s.element[s.depth] = 0
}

func (s *shape) open() bool {
	if s.depth == maxDepth {
		return false
	}
	s.depth++
	s.element[s.depth], s.longest[s.depth] = 0, 0
	return true
}

// close adds the longest element of the list that ends to the element around it.
func (s *shape) close() bool {
	if s.depth == 0 {
		return false
	}
	inner := max(s.longest[s.depth], s.element[s.depth])
	s.depth--
	s.element[s.depth] += inner
	return true
}
