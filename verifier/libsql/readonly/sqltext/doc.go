// Package sqltext makes SQL texts for tests: queries that SQLite takes, other
// statements that only read, statements that write, and texts broken in the ways
// that once misled parsers. The same seed gives the same texts.
package sqltext
