package readonly

// The bounds of a text. A chain of some 40,000 operators makes sqld overflow its
// stack and abort, and half of that does not.
const (
	maxText       = 1 << 20 // bytes
	maxStatements = 1000
	maxDepth      = 250  // open parentheses
	maxElement    = 8000 // tokens between two commas of the same list
)

// shape measures how deep the syntax tree of a statement can become: at each
// depth, the tokens of the open list element and of the longest one before it.
type shape struct {
	depth   int
	element [maxDepth + 1]uint16
	longest [maxDepth + 1]uint16
}

func (s *shape) reset() {
	s.depth, s.element[0], s.longest[0] = 0, 0, 0
}

// token counts one token.
func (s *shape) token() { s.element[s.depth]++ }

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
