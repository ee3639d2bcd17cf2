package readonly

// Kind is what a statement that passed the rule does.
type Kind uint8

// The kinds.
const (
	Read      Kind = iota + 1 // SELECT, VALUES, WITH ... SELECT
	Explain                   // EXPLAIN [QUERY PLAN] of a Read
	Pragma                    // a pragma that shows something
	Begin                     // opens a transaction that takes no write lock by itself
	BeginLock                 // BEGIN IMMEDIATE, BEGIN EXCLUSIVE: takes one, unless it is sent on as [Form] has it
	End                       // COMMIT, END, ROLLBACK
	Savepoint                 // SAVEPOINT, RELEASE, ROLLBACK TO
	Attach                    // of a full-access token: ATTACH of the database that [Attached] names
	Other                     // of a full-access token: any but Explain, Pragma and Attach
)

// Span is one statement of a text, in byte offsets: from its first token to the
// end of its last one, so without the semicolon and without surrounding blanks and comments.
type Span struct {
	Start, End int
	Kind       Kind
}
