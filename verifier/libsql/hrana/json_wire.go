package hrana

import "errors"

// The wire types have the members of all variants beside each other, so that
// "type" may stand after the members it decides about.
type (
	wirePipeline struct {
		Baton    *string       `json:"baton,omitzero"`
		Requests []wireRequest `json:"requests"`
	}
	wireCursor struct {
		Baton *string    `json:"baton,omitzero"`
		Batch *wireBatch `json:"batch"`
	}
	wireExecute struct {
		Stmt *wireStmt `json:"stmt"`
	}
	wireRunBatch struct {
		Batch *wireBatch `json:"batch"`
	}
	wireRequest struct {
		Type             string     `json:"type"`
		Stmt             *wireStmt  `json:"stmt,omitzero"`
		Batch            *wireBatch `json:"batch,omitzero"`
		SQL              *string    `json:"sql,omitzero"`
		ID               *int32     `json:"sql_id,omitzero"`
		ReplicationIndex *wireIndex `json:"replication_index,omitzero"`
	}
	wireBatch struct {
		Steps            []wireStep `json:"steps"`
		ReplicationIndex *wireIndex `json:"replication_index,omitzero"`
	}
	wireStep struct {
		Condition *wireCondition `json:"condition,omitzero"`
		Stmt      *wireStmt      `json:"stmt"`
	}
	wireStmt struct {
		SQL              *string        `json:"sql,omitzero"`
		ID               *int32         `json:"sql_id,omitzero"`
		Args             []wireValue    `json:"args,omitempty"`
		NamedArgs        []wireNamedArg `json:"named_args,omitempty"`
		WantRows         *bool          `json:"want_rows,omitzero"`
		ReplicationIndex *wireIndex     `json:"replication_index,omitzero"`
	}
	wireNamedArg struct {
		Name  *string   `json:"name"`
		Value wireValue `json:"value"`
	}
)

// The types of requests, in the protocol's words.
const (
	typeClose         = "close"
	typeExecute       = "execute"
	typeBatch         = "batch"
	typeSequence      = "sequence"
	typeDescribe      = "describe"
	typeStoreSQL      = "store_sql"
	typeCloseSQL      = "close_sql"
	typeGetAutocommit = "get_autocommit"
)

func (w *wireRequest) model() (Request, error) {
	switch w.Type {
	case typeClose:
		return Close{}, nil
	case typeGetAutocommit:
		return GetAutocommit{}, nil
	case typeExecute:
		stmt, err := w.Stmt.model()
		return Execute{stmt}, err
	case typeBatch:
		batch, err := w.Batch.model()
		return RunBatch{batch}, err
	case typeSequence:
		text, err := newText(w.SQL, w.ID)
		return Sequence{text, w.ReplicationIndex.model()}, err
	case typeDescribe:
		text, err := newText(w.SQL, w.ID)
		return Describe{text, w.ReplicationIndex.model()}, err
	case typeStoreSQL:
		if w.SQL == nil || w.ID == nil {
			return nil, errors.New("store_sql needs sql and sql_id")
		}
		return StoreSQL{*w.ID, *w.SQL}, nil
	case typeCloseSQL:
		if w.ID == nil {
			return nil, errors.New("close_sql needs sql_id")
		}
		return CloseSQL{*w.ID}, nil
	default:
		return nil, errors.New("its type is unknown")
	}
}

func newWireRequest(r Request) wireRequest {
	switch r := r.(type) {
	case Close:
		return wireRequest{Type: typeClose}
	case Execute:
		return wireRequest{Type: typeExecute, Stmt: newWireStmt(r.Stmt)}
	case RunBatch:
		return wireRequest{Type: typeBatch, Batch: newWireBatch(r.Batch)}
	case Sequence:
		w := wireRequest{Type: typeSequence, ReplicationIndex: newWireIndex(r.ReplicationIndex)}
		w.SQL, w.ID = r.Text.wire()
		return w
	case Describe:
		w := wireRequest{Type: typeDescribe, ReplicationIndex: newWireIndex(r.ReplicationIndex)}
		w.SQL, w.ID = r.Text.wire()
		return w
	case StoreSQL:
		return wireRequest{Type: typeStoreSQL, SQL: &r.SQL, ID: &r.ID}
	case CloseSQL:
		return wireRequest{Type: typeCloseSQL, ID: &r.ID}
	default:
		return wireRequest{Type: typeGetAutocommit}
	}
}
