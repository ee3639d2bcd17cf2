package libsql

import (
	"slices"

	"github.com/sekisho-project/sekisho/token"
	"github.com/sekisho-project/sekisho/token/refusal"
	"github.com/sekisho-project/sekisho/verifier/libsql/hrana"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
)

// ruling judges the SQL of one request and cuts it down to what may go on: the
// spans of single statements, never the client's text around them, and for a
// read-only token in the form that [readonly.Form] gives them.
//
// A text stored by an earlier request of the stream was judged when it was
// stored; ids whose text was refused are remembered.
type ruling struct {
	rules      *readonly.Rules
	readOnly   bool     // else the holder of a full-access token is not trusted with the machine
	attachable []string // databases that a full-access token may attach
	refused    refusedIDs
	left       int // statements that texts of several may still hold
	denied     bool
	spans      []readonly.Span // reused
}

func (g *Gate) newRuling(grant *token.Grant) *ruling {
	return &ruling{
		rules: g.rules, readOnly: grant.Access != token.FullAccess, attachable: g.attachable(grant),
		refused: refusedIDs{}, left: g.codec.MaxSteps,
	}
}

// judges reports whether the SQL of a grant's requests is judged.
func (g *Gate) judges(grant *token.Grant) bool {
	return g.untrusted || grant.Access != token.FullAccess
}

// reason is how the request was decided in the end.
func (j *ruling) reason() refusal.Reason {
	switch {
	case !j.denied:
		return refusal.Allowed
	case j.readOnly:
		return refusal.ReadOnlyToken
	}
	return refusal.BeyondDatabase
}

// verdict judges a text by the rule for the token.
func (j *ruling) verdict(sql string) (v readonly.Verdict) {
	if j.readOnly {
		v, j.spans = j.rules.Judge(sql, j.spans[:0])
	} else {
		v, j.spans = j.rules.JudgeFullAccess(sql, j.spans[:0])
	}
	return v
}

// statements judges a text; every statement of it is in the result.
func (j *ruling) statements(sql string) ([]string, *hrana.Error) {
	verdict := j.verdict(sql)
	if !verdict.OK() {
		j.denied = true
		return nil, &hrana.Error{Message: verdict.Message(sql), Code: string(verdict.Code())}
	}
	if j.left -= len(j.spans); j.left < 0 {
		return nil, &hrana.Error{Message: "The request holds too many statements.", Code: string(refusal.BodyTooLarge)}
	}
	texts := make([]string, len(j.spans))
	for i, s := range j.spans {
		switch texts[i] = sql[s.Start:s.End]; {
		case j.readOnly:
			texts[i] = readonly.Form(sql, s)
		case s.Kind == readonly.Attach && !slices.Contains(j.attachable, readonly.Attached(sql, s)):
			j.denied = true
			return nil, &hrana.Error{Message: "This token may not attach this database.", Code: string(refusal.SQLiteAuth)}
		}
	}
	return texts, nil
}

// single judges a text that has to hold exactly one statement, as sqld wants it.
func (j *ruling) single(sql string) (string, *hrana.Error) {
	texts, refused := j.statements(sql)
	switch {
	case refused != nil:
		return "", refused
	case len(texts) == 0:
		return "", &hrana.Error{Message: "The SQL text holds no statement.", Code: hrana.NoStatement}
	case len(texts) > 1:
		return "", &hrana.Error{Message: "The SQL text holds more than one statement.", Code: hrana.ManyStatements}
	}
	return texts[0], nil
}

// stmt judges a statement and cuts its text down.
func (j *ruling) stmt(s *hrana.Stmt) (refused *hrana.Error) {
	if s.Text.Stored != nil {
		return j.refused[*s.Text.Stored]
	}
	s.Text.SQL, refused = j.single(s.Text.SQL)
	return refused
}

// batch judges all steps, whatever their conditions, and finds the first that is refused.
func (j *ruling) batch(b *hrana.Batch) (step int, refused *hrana.Error) {
	for i := range b.Steps {
		if refused := j.stmt(&b.Steps[i].Stmt); refused != nil {
			return i, refused
		}
	}
	return 0, nil
}

// sequence judges a text of any number of statements. Of several it makes a
// batch, in which each runs only if the one before it succeeded: sqld resumes in the
// middle of a text after a syntax error, so it never sees more than one statement.
// Of a stored text too, as a step of a batch cannot be more than one.
func (j *ruling) sequence(s hrana.Sequence) (hrana.Request, *hrana.Error) {
	if s.Text.Stored != nil {
		return chain(s.ReplicationIndex, s.Text), j.refused[*s.Text.Stored]
	}
	statements, refused := j.statements(s.Text.SQL)
	if refused != nil {
		return nil, refused
	}
	if len(statements) == 1 {
		s.Text.SQL = statements[0]
		return s, nil
	}
	texts := make([]hrana.Text, len(statements))
	for i, sql := range statements {
		texts[i].SQL = sql
	}
	return chain(s.ReplicationIndex, texts...), nil
}

// chain runs texts one after the other without their rows, up to the first that fails.
func chain(replicationIndex *uint64, texts ...hrana.Text) hrana.RunBatch {
	stmts := make([]hrana.Stmt, len(texts))
	for i, text := range texts {
		stmts[i] = hrana.Stmt{Text: text, WantRows: new(false)}
	}
	return hrana.Chain(replicationIndex, stmts)
}

// describe judges a text and cuts it down to its first statement, the only one that is described.
func (j *ruling) describe(d hrana.Describe) (hrana.Describe, *hrana.Error) {
	if d.Text.Stored != nil {
		return d, j.refused[*d.Text.Stored]
	}
	texts, refused := j.statements(d.Text.SQL)
	d.Text.SQL = ""
	if len(texts) > 0 {
		d.Text.SQL = texts[0]
	}
	return d, refused
}

// store judges a text to be stored, and remembers its id if it is refused. It has
// to hold one statement, because sqld would run several as they stand.
func (j *ruling) store(s hrana.StoreSQL) (hrana.StoreSQL, *hrana.Error) {
	text, refused := j.single(s.SQL)
	if refused != nil {
		if len(j.refused) < maxRefusedIDs {
			j.refused[s.ID] = refused
		}
		return s, refused
	}
	delete(j.refused, s.ID)
	s.SQL = text
	return s, nil
}
