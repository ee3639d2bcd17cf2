package api

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

const (
	// maxDocument bounds a GraphQL request that is looked at, in bytes.
	maxDocument = 1 << 20
	// maxTokens bounds the words of a document, and so the depth of it.
	maxTokens = 10_000
)

// errDocument reports a GraphQL document that is not understood.
var errDocument = errors.New("GraphQL document not understood")

// onlyQueries reports whether the operation that a server will run of a document is
// a query. The name picks it; without one there must be no other. What is not
// certain to be read alike everywhere is [errDocument].
func onlyQueries(document, name string) (bool, error) {
	if len(document) > maxDocument || strings.ContainsFunc(strings.ReplaceAll(document, "\r\n", "\n"), readDifferently) {
		return false, errDocument
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: document}, maxTokens)
	if err != nil {
		return false, fmt.Errorf("%w: %w", errDocument, err)
	}
	operations := parsed.Operations
	seen := make(map[string]bool, len(operations))
	for _, o := range operations {
		if seen[o.Name] || o.Name == "" && len(operations) > 1 {
			return false, fmt.Errorf("%w: two operations of one name", errDocument)
		}
		seen[o.Name] = true
	}
	if name == "" && len(operations) != 1 {
		return false, fmt.Errorf("%w: no operationName for %d operations", errDocument, len(operations))
	}
	for _, o := range operations {
		if name == "" || o.Name == name {
			return o.Operation == ast.Query, nil
		}
	}
	return false, fmt.Errorf("%w: no operation of this name", errDocument)
}

// readDifferently reports characters that end a line, and so a comment, for some
// servers only, or that only some of them pass over.
func readDifferently(r rune) bool {
	switch r {
	case '\t', '\n':
		return false
	case 0x7f, 0x85, 0x2028, 0x2029, 0xfeff, 0xfffd:
		return true
	default:
		return r < ' '
	}
}
