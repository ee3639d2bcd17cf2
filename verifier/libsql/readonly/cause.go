package readonly

import "github.com/sekisho-project/sekisho/token/refusal"

// cause is why a text was refused. The zero value is a refusal, so that a
// verdict nobody gave never lets a text pass.
type cause uint8

const (
	unjudged cause = iota
	passed

	notText
	illegalByte
	illegalToken
	unterminated
	unbalanced
	malformed
	textTooLong
	tooManyStatements
	nestedTooDeep
	elementTooLong
	tooManyRows
	tooManyTables

	statementWrites
	wordWrites
	statementUnknown
	otherDatabase
	writeLock
	explainOther
	statementForeign
	fileNamed
	explainActs

	pragmaUnknown
	pragmaSetting
	pragmaWrites
	pragmaForeign

	functionUnknown
	functionWrites
	functionFiles
	functionRunsSQL
	functionSettings
	functionInternal

	tablePragma
	tableFiles
	tableRunsSQL
	tablePages
	tableInternal
)

// causes gives each cause its code and its sentence, in which %s is the word
// that was refused.
var causes = [...]struct {
	code refusal.Code
	text string
}{
	unjudged:          {refusal.SQLiteAuth, "the text was not judged"},
	passed:            {"", "the text was not refused"},
	notText:           {refusal.SQLiteAuth, "the text holds a NUL byte or is not UTF-8"},
	illegalByte:       {refusal.SQLiteAuth, "%s is a byte that SQLite does not take outside quotes"},
	illegalToken:      {refusal.SQLiteAuth, "%s is not read in the same way by every version of SQLite"},
	unterminated:      {refusal.SQLiteAuth, "the quote or comment that %s opens is never closed"},
	unbalanced:        {refusal.SQLiteAuth, "the parentheses do not match at %s"},
	malformed:         {refusal.SQLiteAuth, "%s is not expected here"},
	textTooLong:       {refusal.SQLiteAuth, "a text of more than 1 MiB is not judged"},
	tooManyStatements: {refusal.SQLiteAuth, "a text of more than 1,000 statements is not judged"},
	nestedTooDeep:     {refusal.SQLiteAuth, "parentheses more than 250 deep are not judged"},
	elementTooLong:    {refusal.SQLiteAuth, "an expression of more than 8,000 tokens is not judged"},
	tooManyRows:       {refusal.SQLiteAuth, "more than 500 rows of VALUES beside a window function are not judged"},
	tooManyTables:     {refusal.SQLiteAuth, "more than 500 common tables are not judged"},

	statementWrites:  {refusal.SQLiteReadOnly, "%s writes, and this token is read-only"},
	wordWrites:       {refusal.SQLiteReadOnly, "the keyword %s belongs to statements that write, and this token is read-only"},
	statementUnknown: {refusal.SQLiteAuth, "%s does not begin a statement that a read-only token may run"},
	otherDatabase:    {refusal.SQLiteAuth, "%s concerns other database files, which a read-only token may not touch"},
	writeLock:        {refusal.SQLiteAuth, "BEGIN %s takes a lock that writers need; use BEGIN or BEGIN DEFERRED"},
	explainOther:     {refusal.SQLiteAuth, "a read-only token may EXPLAIN queries only, not %s"},

	statementForeign: {refusal.SQLiteAuth, "%s does not begin a statement that may run here"},
	fileNamed:        {refusal.SQLiteAuth, "%s may name a file of the server"},
	explainActs:      {refusal.SQLiteAuth, "%s may act while it is explained"},

	pragmaUnknown: {refusal.SQLiteAuth, "the pragma %s is not among those that a read-only token may read"},
	pragmaSetting: {refusal.SQLiteAuth, "a read-only token may read the pragma %s, but not set it"},
	pragmaWrites:  {refusal.SQLiteReadOnly, "the pragma %s writes, and this token is read-only"},
	pragmaForeign: {refusal.SQLiteAuth, "the pragma %s is not among those that may be used like this here"},

	functionUnknown:  {refusal.SQLiteAuth, "the function %s is not among those known only to compute or read"},
	functionWrites:   {refusal.SQLiteReadOnly, "the function %s writes, and this token is read-only"},
	functionFiles:    {refusal.SQLiteAuth, "the function %s reaches files of the server"},
	functionRunsSQL:  {refusal.SQLiteAuth, "the function %s runs or compiles what it is given"},
	functionSettings: {refusal.SQLiteAuth, "the function %s changes or shows settings of the server process"},
	functionInternal: {refusal.SQLiteAuth, "the function %s is internal to the server"},

	tablePragma:   {refusal.SQLiteAuth, "the table %s is not among the pragma tables that a read-only token may read"},
	tableFiles:    {refusal.SQLiteAuth, "the table %s reaches files of the server"},
	tableRunsSQL:  {refusal.SQLiteAuth, "the table %s compiles what it is given"},
	tablePages:    {refusal.SQLiteAuth, "the table %s shows raw pages, with what was deleted from them"},
	tableInternal: {refusal.SQLiteAuth, "the table %s is internal to the server"},
}
