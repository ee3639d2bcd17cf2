package hrana

import "google.golang.org/protobuf/encoding/protowire"

func (d *protoReader) stmt(message []byte) (s Stmt) {
	var sql *string
	var id *int32
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case 1:
			sql = new(f.text())
		case 2:
			id = new(f.int32())
		case 3:
			s.Args = append(s.Args, d.value(f.element()))
		case 4:
			s.NamedArgs = append(s.NamedArgs, d.namedArg(f.element()))
		case 5:
			s.WantRows = new(f.bool())
		case 6:
			s.ReplicationIndex = new(f.uint64())
		}
	}
	s.Text = d.text(sql, id)
	return s
}

func (d *protoReader) namedArg(message []byte) (n NamedArg) {
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case 1:
			n.Name = f.text()
		case 2:
			n.Value = d.value(f.bytes())
		}
	}
	f.need(2)
	return n
}

func (d *protoReader) batch(message []byte) Batch {
	b := Batch{Steps: []Step{}}
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case 1:
			d.count(&d.steps)
			b.Steps = append(b.Steps, d.step(f.element()))
		case 2:
			b.ReplicationIndex = new(f.uint64())
		}
	}
	return b
}

func (d *protoReader) step(message []byte) (s Step) {
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case 1:
			s.Condition = new(d.condition(f.bytes()))
		case 2:
			s.Stmt = d.stmt(f.bytes())
		}
	}
	f.need(2)
	return s
}

func (d *protoReader) condition(message []byte) (c Condition) {
	d.count(&d.conditions)
	if d.depth++; d.depth > maxDepth {
		d.fail(errTooDeep.Error())
	}
	defer func() { d.depth-- }()
	f := d.fields(message)
	for f.next() {
		if f.number > 6 {
			continue
		}
		f.oneOf()
		switch f.number {
		case 1:
			c = Condition{Kind: StepOK, Step: f.uint32()}
		case 2:
			c = Condition{Kind: StepError, Step: f.uint32()}
		case 3:
			c = Condition{Kind: Not, Of: []Condition{d.condition(f.bytes())}}
		case 4:
			c = Condition{Kind: And, Of: d.conditionList(f.bytes())}
		case 5:
			c = Condition{Kind: Or, Of: d.conditionList(f.bytes())}
		case 6:
			c = Condition{Kind: IsAutocommit}
			d.empty(f.bytes())
		}
	}
	if f.members == 0 {
		d.fail("a condition without its type")
	}
	return c
}

func (d *protoReader) conditionList(message []byte) []Condition {
	list := []Condition{}
	f := d.fields(message)
	for f.next() {
		if f.number == 1 {
			list = append(list, d.condition(f.element()))
		}
	}
	return list
}

func appendStmt(b []byte, s Stmt) []byte {
	b = appendSQL(b, 1, s.Text)
	for _, v := range s.Args {
		b = appendMessage(b, 3, appendValue(nil, v))
	}
	for _, n := range s.NamedArgs {
		b = appendMessage(b, 4, appendMessage(appendText(nil, 1, &n.Name), 2, appendValue(nil, n.Value)))
	}
	if s.WantRows != nil {
		b = appendNumber(b, 5, protowire.EncodeBool(*s.WantRows))
	}
	return appendIndex(b, 6, s.ReplicationIndex)
}

func appendBatch(b []byte, batch Batch) []byte {
	for _, s := range batch.Steps {
		var step []byte
		if s.Condition != nil {
			step = appendMessage(step, 1, appendCondition(nil, *s.Condition))
		}
		b = appendMessage(b, 1, appendMessage(step, 2, appendStmt(nil, s.Stmt)))
	}
	return appendIndex(b, 2, batch.ReplicationIndex)
}

func appendCondition(b []byte, c Condition) []byte {
	var of []byte
	for _, inner := range c.Of {
		of = appendMessage(of, 1, appendCondition(nil, inner))
	}
	switch c.Kind {
	case StepOK:
		return appendNumber(b, 1, uint64(c.Step))
	case StepError:
		return appendNumber(b, 2, uint64(c.Step))
	case Not:
		return appendMessage(b, 3, appendCondition(nil, c.Of[0]))
	case And:
		return appendMessage(b, 4, of)
	case Or:
		return appendMessage(b, 5, of)
	default:
		return appendMessage(b, 6, nil)
	}
}
