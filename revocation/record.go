package revocation

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho-project/sekisho/token"
)

// record is one rotation of one subject: from effective on, tokens of an earlier
// generation are refused unless kept.
type record struct {
	subject    token.Subject
	generation uint64
	effective  int64    // unix milliseconds; 0 means at once, by every clock
	keep       []string // sorted
}

// field is where the record lies in the hash of rotations.
func (r record) field() string {
	return r.subject.String() + "#" + strconv.FormatUint(r.generation, 10)
}

// parseField reads what [record.field] writes, as the strictest record of that name.
func parseField(s string) (record, error) {
	i := strings.LastIndexByte(s, '#')
	if i < 0 {
		return record{}, fmt.Errorf("malformed rotation name %q", s)
	}
	subject, err := token.ParseSubject(s[:i])
	if err != nil {
		return record{}, fmt.Errorf("malformed rotation name %q: %w", s, err)
	}
	generation, err := parseGeneration(s[i+1:])
	if err != nil {
		return record{}, fmt.Errorf("malformed rotation name %q: %w", s, err)
	}
	return record{subject: subject, generation: generation}, nil
}

func (r record) equal(o record) bool {
	return r.subject == o.subject && r.generation == o.generation &&
		r.effective == o.effective && slices.Equal(r.keep, o.keep)
}

// covers reports whether r refuses everything that o refuses, now and later.
// Every record that became effective by settled (unix milliseconds) is.
func (r record) covers(o record, settled int64) bool {
	return r.generation >= o.generation &&
		(r.effective <= o.effective || r.effective <= settled) &&
		!slices.ContainsFunc(r.keep, func(id string) bool { return !o.keeps(id) })
}

func (r record) keeps(id string) bool {
	_, kept := slices.BinarySearch(r.keep, id)
	return kept
}

// stricter is a record that covers both r and o, which share a field: only a
// store that forgot its counters gives one number to two rotations.
func (r record) stricter(o record) record {
	r.effective = min(r.effective, o.effective)
	r.keep = slices.DeleteFunc(slices.Clone(r.keep), func(id string) bool { return !o.keeps(id) })
	return r
}

// history is what is known of a subject's rotations. It is never changed.
type history struct {
	generation uint64   // the highest known
	records    []record // none of them covers another
}

// retires gives from when on (unix milliseconds, 0 for at once) a token of the subject
// is retired; not ok for never.
func (h history) retires(id string, generation uint64) (from int64, ok bool) {
	for i := range h.records {
		if r := &h.records[i]; generation < r.generation && (!ok || r.effective < from) && !r.keeps(id) {
			from, ok = r.effective, true
		}
	}
	return from, ok
}

// refuses reports whether a token of the subject was retired by now (unix milliseconds).
func (h history) refuses(id string, generation uint64, now int64) bool {
	from, ok := h.retires(id, generation)
	return ok && now >= from
}

// with is h and r, without the records that the others cover.
func (h history) with(r record, settled int64) history {
	h.generation = max(h.generation, r.generation)
	if slices.ContainsFunc(h.records, func(known record) bool { return known.covers(r, settled) }) {
		return h
	}
	records := make([]record, 0, len(h.records)+1)
	for _, known := range h.records {
		if !r.covers(known, settled) {
			records = append(records, known)
		}
	}
	h.records = append(records, r)
	return h
}

// settle is h without the records that others, effective by then, cover.
func (h history) settle(settled int64) history {
	s := history{generation: h.generation}
	for _, r := range h.records {
		s = s.with(r, settled)
	}
	return s
}

func mergeHistories(a, b history) history {
	a.generation = max(a.generation, b.generation)
	for _, r := range b.records {
		a = a.with(r, 0)
	}
	return a
}
