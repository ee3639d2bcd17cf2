package readonly

import (
	"slices"
	"strings"
)

// Listing is what the lists of the rule say of a name.
type Listing uint8

const (
	Unlisted Listing = iota // on no list: a function or pragma is refused, a table is taken for one with rows
	Allowed
	Denied
)

// ListingOfFunction says whether a read-only token may call a function.
func (r *Rules) ListingOfFunction(name string) Listing {
	w := r.listed(name)
	switch {
	case w.call != passed || w.table != passed:
		return Denied
	case w.role&callable != 0:
		return Allowed
	}
	return Unlisted
}

// ListingOfTable says whether a read-only token may name a table that the server
// itself brings: that of a virtual table's module, or the table form of a pragma.
func (r *Rules) ListingOfTable(name string) Listing {
	w := r.listed(name)
	switch {
	case w.table != passed:
		return Denied
	case w.call == passed && w.role&callable != 0:
		return Allowed
	}
	return Unlisted
}

// ListingOfPragma says whether a read-only token may use a pragma to look at something.
func ListingOfPragma(name string) Listing {
	name = strings.ToLower(name)
	if _, ok := pragmas[name]; ok {
		return Allowed
	}
	if writingPragmas[name] || slices.Contains(strings.Fields(deniedPragmas), name) {
		return Denied
	}
	return Unlisted
}

// listed is the meaning of a name without quotes.
func (r *Rules) listed(name string) word {
	if len(name) < minName || strings.ContainsFunc(name, notInName) {
		return unlisted
	}
	return r.meaning(name)
}
