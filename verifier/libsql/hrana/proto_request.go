package hrana

import "google.golang.org/protobuf/encoding/protowire"

func (d *protoReader) pipeline(body []byte) *Pipeline {
	p := &Pipeline{Requests: []Request{}}
	f := d.fields(body)
	for f.next() {
		switch f.number {
		case protoBaton:
			p.Baton = f.text()
		case protoRequests:
			d.count(&d.requests)
			p.Requests = append(p.Requests, d.request(f.element()))
		}
	}
	return p
}

func (d *protoReader) request(message []byte) (r Request) {
	f := d.fields(message)
	for f.next() {
		if f.number > protoStreamGetAutocommit {
			continue
		}
		f.oneOf()
		inner := f.element()
		switch f.number {
		case protoStreamClose:
			r = Close{}
			d.empty(inner)
		case protoStreamExecute:
			r = Execute{d.stmt(d.member(inner, 1))}
		case protoStreamBatch:
			r = RunBatch{d.batch(d.member(inner, 1))}
		case protoStreamSequence:
			text, index := d.textFrom(inner, protoSQL)
			r = Sequence{text, index}
		case protoStreamDescribe:
			text, index := d.textFrom(inner, protoSQL)
			r = Describe{text, index}
		case protoStreamStoreSQL:
			r = d.storeSQL(inner)
		case protoStreamCloseSQL:
			r = d.closeSQL(inner)
		case protoStreamGetAutocommit:
			r = GetAutocommit{}
			d.empty(inner)
		}
	}
	if f.members == 0 {
		d.fail("a request without its type")
	}
	return r
}

// empty reads a message without known fields.
func (d *protoReader) empty(message []byte) {
	f := d.fields(message)
	for f.next() {
		continue
	}
}

// textFrom reads a text, or its id, and an index from three fields in a row.
func (d *protoReader) textFrom(message []byte, first protowire.Number) (text Text, index *uint64) {
	var sql *string
	var id *int32
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case first:
			sql = new(f.text())
		case first + 1:
			id = new(f.int32())
		case first + 2:
			index = new(f.uint64())
		}
	}
	return d.text(sql, id), index
}

func (d *protoReader) text(sql *string, id *int32) Text {
	text, err := newText(sql, id)
	if err != nil {
		d.fail(err.Error())
	}
	return text
}

// storeSQL reads fields that writers leave out when they are 0 or empty.
func (d *protoReader) storeSQL(message []byte) (s StoreSQL) {
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case protoTextID:
			s.ID = f.int32()
		case protoTextSQL:
			s.SQL = f.text()
		}
	}
	return s
}

func (d *protoReader) closeSQL(message []byte) (c CloseSQL) {
	f := d.fields(message)
	for f.next() {
		if f.number == protoTextID {
			c.ID = f.int32()
		}
	}
	return c
}

func appendRequest(b []byte, r Request) []byte {
	switch r := r.(type) {
	case Close:
		return appendMessage(b, protoStreamClose, nil)
	case Execute:
		return appendMessage(b, protoStreamExecute, appendMessage(nil, 1, appendStmt(nil, r.Stmt)))
	case RunBatch:
		return appendMessage(b, protoStreamBatch, appendMessage(nil, 1, appendBatch(nil, r.Batch)))
	case Sequence:
		return appendMessage(b, protoStreamSequence, appendIndex(appendSQL(nil, protoSQL, r.Text), protoSQLReplicationIndex, r.ReplicationIndex))
	case Describe:
		return appendMessage(b, protoStreamDescribe, appendIndex(appendSQL(nil, protoSQL, r.Text), protoSQLReplicationIndex, r.ReplicationIndex))
	case StoreSQL:
		return appendMessage(b, protoStreamStoreSQL, appendText(appendNumber(nil, protoTextID, uint64(r.ID)), protoTextSQL, &r.SQL))
	case CloseSQL:
		return appendMessage(b, protoStreamCloseSQL, appendNumber(nil, protoTextID, uint64(r.ID)))
	default:
		return appendMessage(b, protoStreamGetAutocommit, nil)
	}
}

// appendSQL writes a text in a field, or its id in the next.
func appendSQL(b []byte, number protowire.Number, t Text) []byte {
	if t.Stored != nil {
		return appendNumber(b, number+1, uint64(*t.Stored))
	}
	return appendText(b, number, &t.SQL)
}
