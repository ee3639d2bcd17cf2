package hrana

import "google.golang.org/protobuf/encoding/protowire"

func (d *protoReader) stmt(message []byte) (s Stmt) {
	var sql *string
	var id *int32
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case protoStmtSQL:
			sql = new(f.text())
		case protoStmtSQLID:
			id = new(f.int32())
		case protoStmtArgs:
			s.Args = append(s.Args, d.value(f.element()))
		case protoStmtNamedArgs:
			s.NamedArgs = append(s.NamedArgs, d.namedArg(f.element()))
		case protoStmtWantRows:
			s.WantRows = new(f.bool())
		case protoStmtReplicationIndex:
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
		case protoArgName:
			n.Name = f.text()
		case protoArgValue:
			n.Value = d.value(f.bytes())
		}
	}
	f.need(protoArgValue)
	return n
}

func (d *protoReader) batch(message []byte) Batch {
	b := Batch{Steps: []Step{}}
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case protoBatchSteps:
			d.count(&d.steps)
			b.Steps = append(b.Steps, d.step(f.element()))
		case protoBatchReplicationIndex:
			b.ReplicationIndex = new(f.uint64())
		}
	}
	return b
}

func (d *protoReader) step(message []byte) (s Step) {
	f := d.fields(message)
	for f.next() {
		switch f.number {
		case protoStepCondition:
			s.Condition = new(d.condition(f.bytes()))
		case protoStepStmt:
			s.Stmt = d.stmt(f.bytes())
		}
	}
	f.need(protoStepStmt)
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
		if f.number > protoConditionIsAutocommit {
			continue
		}
		f.oneOf()
		switch f.number {
		case protoConditionStepOK:
			c = Condition{Kind: StepOK, Step: f.uint32()}
		case protoConditionStepError:
			c = Condition{Kind: StepError, Step: f.uint32()}
		case protoConditionNot:
			c = Condition{Kind: Not, Of: []Condition{d.condition(f.bytes())}}
		case protoConditionAnd:
			c = Condition{Kind: And, Of: d.conditionList(f.bytes())}
		case protoConditionOr:
			c = Condition{Kind: Or, Of: d.conditionList(f.bytes())}
		case protoConditionIsAutocommit:
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
	b = appendSQL(b, protoStmtSQL, s.Text)
	for _, v := range s.Args {
		b = appendMessage(b, protoStmtArgs, appendValue(nil, v))
	}
	for _, n := range s.NamedArgs {
		b = appendMessage(b, protoStmtNamedArgs, appendMessage(appendText(nil, protoArgName, &n.Name), protoArgValue, appendValue(nil, n.Value)))
	}
	if s.WantRows != nil {
		b = appendNumber(b, protoStmtWantRows, protowire.EncodeBool(*s.WantRows))
	}
	return appendIndex(b, protoStmtReplicationIndex, s.ReplicationIndex)
}

func appendBatch(b []byte, batch Batch) []byte {
	for _, s := range batch.Steps {
		var step []byte
		if s.Condition != nil {
			step = appendMessage(step, protoStepCondition, appendCondition(nil, *s.Condition))
		}
		b = appendMessage(b, protoBatchSteps, appendMessage(step, protoStepStmt, appendStmt(nil, s.Stmt)))
	}
	return appendIndex(b, protoBatchReplicationIndex, batch.ReplicationIndex)
}

func appendCondition(b []byte, c Condition) []byte {
	var of []byte
	for _, inner := range c.Of {
		of = appendMessage(of, 1, appendCondition(nil, inner))
	}
	switch c.Kind {
	case StepOK:
		return appendNumber(b, protoConditionStepOK, uint64(c.Step))
	case StepError:
		return appendNumber(b, protoConditionStepError, uint64(c.Step))
	case Not:
		return appendMessage(b, protoConditionNot, appendCondition(nil, c.Of[0]))
	case And:
		return appendMessage(b, protoConditionAnd, of)
	case Or:
		return appendMessage(b, protoConditionOr, of)
	default:
		return appendMessage(b, protoConditionIsAutocommit, nil)
	}
}
