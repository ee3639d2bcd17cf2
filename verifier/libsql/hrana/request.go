package hrana

// Pipeline is the body of POST /v2/pipeline and /v3/pipeline.
type Pipeline struct {
	Baton    string // names the stream to go on with; empty begins one
	Requests []Request
}

// size is about what a pipeline takes when it is written, in bytes.
func (p *Pipeline) size() int {
	size := perStep
	for _, r := range p.Requests {
		switch r := r.(type) {
		case Execute:
			size += perStep + len(r.Stmt.Text.SQL)
		case RunBatch:
			size += r.Batch.size()
		default:
			size += perStep
		}
	}
	return size
}

// Cursor is the body of POST /v3/cursor.
type Cursor struct {
	Baton string
	Batch Batch
}

// Legacy is the body of POST / (protocol version 0): statements without stored
// texts, each of them run only if the one before it was not refused.
type Legacy struct {
	Statements       []Stmt
	ReplicationIndex *uint64
}

// Chain is the same in the later versions.
func (l *Legacy) Chain() RunBatch { return Chain(l.ReplicationIndex, l.Statements) }

// Request is one request of a pipeline: one of the types below.
type Request interface{ isRequest() }

// The requests of a stream.
type (
	// Close ends the stream.
	Close struct{}
	// Execute runs one statement.
	Execute struct{ Stmt Stmt }
	// RunBatch runs statements under conditions.
	RunBatch struct{ Batch Batch }
	// Sequence runs all statements of a text, without arguments or rows, up to the first that fails.
	Sequence struct {
		Text             Text
		ReplicationIndex *uint64
	}
	// Describe compiles the first statement of a text.
	Describe struct {
		Text             Text
		ReplicationIndex *uint64
	}
	// StoreSQL keeps a text in the stream under an id.
	StoreSQL struct {
		ID  int32
		SQL string
	}
	// CloseSQL forgets a stored text.
	CloseSQL struct{ ID int32 }
	// GetAutocommit asks whether the stream is outside of a transaction.
	GetAutocommit struct{}
)

func (Close) isRequest()         {}
func (Execute) isRequest()       {}
func (RunBatch) isRequest()      {}
func (Sequence) isRequest()      {}
func (Describe) isRequest()      {}
func (StoreSQL) isRequest()      {}
func (CloseSQL) isRequest()      {}
func (GetAutocommit) isRequest() {}

// Text is SQL, or the id of a text that the stream has stored.
type Text struct {
	SQL    string
	Stored *int32 // when set, SQL is empty
}

// Stmt is a statement with its arguments.
type Stmt struct {
	Text             Text
	Args             []Value
	NamedArgs        []NamedArg
	WantRows         *bool // nil: as the server has it
	ReplicationIndex *uint64
}

// NamedArg is an argument by name, with or without its ":", "@" or "$".
type NamedArg struct {
	Name  string
	Value Value
}

// Value is an SQLite value: nil, int64, float64, string or []byte.
type Value any

// Batch is a list of statements to run in order.
type Batch struct {
	Steps            []Step
	ReplicationIndex *uint64
}

// perStep is about what a step takes beside its text, in bytes.
const perStep = 128

// size is about what a batch takes when it is written, in bytes.
func (b *Batch) size() int {
	size := perStep
	for i := range b.Steps {
		size += perStep + len(b.Steps[i].Stmt.Text.SQL)
	}
	return size
}

// Step is a statement of a batch.
type Step struct {
	Condition *Condition // nil: always
	Stmt      Stmt
}

// Chain is a batch that runs statements one after the other, up to the first that fails.
func Chain(replicationIndex *uint64, stmts []Stmt) RunBatch {
	b := Batch{Steps: make([]Step, len(stmts)), ReplicationIndex: replicationIndex}
	for i, stmt := range stmts {
		b.Steps[i].Stmt = stmt
		if i > 0 {
			b.Steps[i].Condition = &Condition{Kind: StepOK, Step: uint32(i - 1)}
		}
	}
	return RunBatch{b}
}

// Condition decides whether a step runs.
type Condition struct {
	Kind ConditionKind
	Step uint32      // of StepOK and StepError
	Of   []Condition // one of Not; any number of And and Or
}

// ConditionKind is what a condition looks at.
type ConditionKind string

// The kinds of conditions, in the protocol's words.
const (
	StepOK       ConditionKind = "ok"
	StepError    ConditionKind = "error"
	Not          ConditionKind = "not"
	And          ConditionKind = "and"
	Or           ConditionKind = "or"
	IsAutocommit ConditionKind = "is_autocommit"
)
