// Package differential holds the read-only rule against a real SQLite: what the
// rule lets pass is compiled and run, and must turn out to read only. It holds
// tests only, apart from the rule's own because SQLite takes long to build.
package differential
