// Package readonly decides whether an SQL text for SQLite or libSQL may pass, by
// one of two rules: [Rules.Judge], for read-only tokens, lets a text pass that
// only reads; [Rules.JudgeFullAccess], for full-access tokens whose holders are
// not trusted with the machine, lets one pass that stays within its database.
//
// Both are a strict tokenizer, the head of each statement, and the names of
// functions, tables and pragmas; no schema and no protocol. The first refuses
// everything that is not known to read, the second what is known to reach
// further, and every kind of statement and pragma that it does not know. Both
// refuse a text that two releases or ports of SQLite would cut into tokens differently.
//
// What no text can show stays with the server: views and triggers that call a
// writing function, and functions that a loaded extension gave an innocent name.
package readonly
