// Package readonly decides whether an SQL text for SQLite or libSQL only reads.
//
// The rule is a strict tokenizer, the head of each statement, and the names of
// functions, tables and pragmas; no schema and no protocol. Everything is
// refused that is not known to read, and so is every text that two releases or
// ports of SQLite would cut into tokens differently.
//
// What no text can show stays with the server: views and triggers that call a
// writing function, and functions that a loaded extension gave an innocent name.
package readonly
