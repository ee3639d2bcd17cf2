package hrana

import (
	"errors"
	"fmt"
)

type wireCondition struct {
	Type  string          `json:"type"`
	Step  *uint32         `json:"step,omitzero"`
	Cond  *wireCondition  `json:"cond,omitzero"`
	Conds []wireCondition `json:"conds,omitzero"`
}

func (w *wireBatch) model() (Batch, error) {
	if w == nil || w.Steps == nil {
		return Batch{}, errors.New("batch with steps is missing")
	}
	b := Batch{Steps: make([]Step, len(w.Steps)), ReplicationIndex: w.ReplicationIndex.model()}
	for i := range w.Steps {
		var err error
		if b.Steps[i], err = w.Steps[i].model(); err != nil {
			return Batch{}, fmt.Errorf("step %d: %w", i, err)
		}
	}
	return b, nil
}

func newWireBatch(b Batch) *wireBatch {
	w := &wireBatch{Steps: make([]wireStep, len(b.Steps)), ReplicationIndex: newWireIndex(b.ReplicationIndex)}
	for i, s := range b.Steps {
		w.Steps[i].Stmt = newWireStmt(s.Stmt)
		if s.Condition != nil {
			c := newWireCondition(*s.Condition)
			w.Steps[i].Condition = &c
		}
	}
	return w
}

func (w *wireStep) model() (Step, error) {
	stmt, err := w.Stmt.model()
	if err != nil || w.Condition == nil {
		return Step{Stmt: stmt}, err
	}
	condition, err := w.Condition.model()
	return Step{&condition, stmt}, err
}

func (w *wireCondition) model() (Condition, error) {
	kind := ConditionKind(w.Type)
	switch kind {
	case StepOK, StepError:
		if w.Step == nil {
			return Condition{}, errors.New("condition without its step")
		}
		return Condition{Kind: kind, Step: *w.Step}, nil
	case IsAutocommit:
		return Condition{Kind: kind}, nil
	case Not:
		if w.Cond == nil {
			return Condition{}, errors.New("condition without its cond")
		}
		of, err := w.Cond.model()
		return Condition{Kind: kind, Of: []Condition{of}}, err
	case And, Or:
		return newConditionList(kind, w.Conds)
	default:
		return Condition{}, errors.New("condition of an unknown type")
	}
}

func newConditionList(kind ConditionKind, conds []wireCondition) (Condition, error) {
	if conds == nil {
		return Condition{}, errors.New("condition without its conds")
	}
	c := Condition{Kind: kind, Of: make([]Condition, len(conds))}
	for i := range conds {
		var err error
		if c.Of[i], err = conds[i].model(); err != nil {
			return Condition{}, err
		}
	}
	return c, nil
}

func newWireCondition(c Condition) wireCondition {
	w := wireCondition{Type: string(c.Kind)}
	switch c.Kind {
	case StepOK, StepError:
		w.Step = &c.Step
	case Not:
		of := newWireCondition(c.Of[0])
		w.Cond = &of
	case And, Or:
		w.Conds = make([]wireCondition, len(c.Of))
		for i := range c.Of {
			w.Conds[i] = newWireCondition(c.Of[i])
		}
	}
	return w
}
