package hrana

import "google.golang.org/protobuf/encoding/protowire"

func (d *protoReader) pipeline(body []byte) *Pipeline {
	p := &Pipeline{Requests: []Request{}}
	f := d.fields(body)
	for f.next() {
		switch f.number {
		case 1:
			p.Baton = f.text()
		case 2:
			d.count(&d.requests)
			p.Requests = append(p.Requests, d.request(f.element()))
		}
	}
	return p
}

func (d *protoReader) request(message []byte) (r Request) {
	f := d.fields(message)
	for f.next() {
		if f.number > 8 {
			continue
		}
		f.oneOf()
		inner := f.element()
		switch f.number {
		case 1:
			r = Close{}
			d.empty(inner)
		case 2:
			r = Execute{d.stmt(d.only(inner))}
		case 3:
			r = RunBatch{d.batch(d.only(inner))}
		case 4:
			text, index := d.textFrom(inner, 1)
			r = Sequence{text, index}
		case 5:
			text, index := d.textFrom(inner, 1)
			r = Describe{text, index}
		case 6:
			r = d.storeSQL(inner)
		case 7:
			r = d.closeSQL(inner)
		case 8:
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

// only is the message that is field 1 of a message.
func (d *protoReader) only(message []byte) (inner []byte) {
	f := d.fields(message)
	for f.next() {
		if f.number == 1 {
			inner = f.bytes()
		}
	}
	f.need(1)
	return inner
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
		case 1:
			s.ID = f.int32()
		case 2:
			s.SQL = f.text()
		}
	}
	return s
}

func (d *protoReader) closeSQL(message []byte) (c CloseSQL) {
	f := d.fields(message)
	for f.next() {
		if f.number == 1 {
			c.ID = f.int32()
		}
	}
	return c
}

func appendRequest(b []byte, r Request) []byte {
	switch r := r.(type) {
	case Close:
		return appendMessage(b, 1, nil)
	case Execute:
		return appendMessage(b, 2, appendMessage(nil, 1, appendStmt(nil, r.Stmt)))
	case RunBatch:
		return appendMessage(b, 3, appendMessage(nil, 1, appendBatch(nil, r.Batch)))
	case Sequence:
		return appendMessage(b, 4, appendIndex(appendSQL(nil, 1, r.Text), 3, r.ReplicationIndex))
	case Describe:
		return appendMessage(b, 5, appendIndex(appendSQL(nil, 1, r.Text), 3, r.ReplicationIndex))
	case StoreSQL:
		return appendMessage(b, 6, appendText(appendNumber(nil, 1, uint64(r.ID)), 2, &r.SQL))
	case CloseSQL:
		return appendMessage(b, 7, appendNumber(nil, 1, uint64(r.ID)))
	default:
		return appendMessage(b, 8, nil)
	}
}

// appendSQL writes a text in a field, or its id in the next.
func appendSQL(b []byte, number protowire.Number, t Text) []byte {
	if t.Stored != nil {
		return appendNumber(b, number+1, uint64(*t.Stored))
	}
	return appendText(b, number, &t.SQL)
}
