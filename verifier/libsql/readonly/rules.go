package readonly

import (
	"errors"
	"fmt"
	"strings"
)

// The errors of New.
var (
	ErrFunctionName   = errors.New("not the name of an SQL function")
	ErrFunctionDenied = errors.New("function is on the deny list of read-only tokens")
)

// Rules is the rule with its lists of names. It is safe for concurrent use.
type Rules struct {
	words map[string]word
}

// New makes the rule. The functions named are allowed in addition to those that
// are known; one that is on the deny list is ErrFunctionDenied.
func New(allowFunctions ...string) (*Rules, error) {
	r := &Rules{words: baseWords()}
	for _, name := range allowFunctions {
		if err := r.allow(name); err != nil {
			return nil, err
		}
	}
	return r, nil
}

func (r *Rules) allow(name string) error {
	if len(name) < minName || len(name) > maxName || isDigit(name[0]) || strings.ContainsFunc(name, notInName) {
		return fmt.Errorf("%w: %q", ErrFunctionName, name)
	}
	w := r.meaning(name)
	if w.call != passed || w.table != passed {
		return fmt.Errorf("%w: %q", ErrFunctionDenied, name)
	}
	w.role |= callable
	r.words[strings.ToLower(name)] = w
	return nil
}

// notInName is stricter than SQLite: ASCII letters, digits and underscores.
func notInName(c rune) bool { return c >= 0x80 || c == '$' || !inName(byte(c)) }
