package revocation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/sekisho-project/sekisho/token"
)

// errMalformed reports an event or a record that we would not have written.
var errMalformed = errors.New("malformed revocation event")

// event is one change: what a feed entry tells.
type event struct {
	at      int64            // when it was written, unix milliseconds; for people who read the feed
	revoked map[string]int64 // id to unix seconds of forgetting, 0 for never
	rotated []record
	// unlisted, unless empty, is the word of a follower that wrote more ids into the
	// store with this event than it lists.
	unlisted string
}

type wireEvent struct {
	At       int64            `json:"at"`
	Revoked  map[string]int64 `json:"revoked,omitempty"`
	Rotated  []wireRecord     `json:"rotated,omitempty"`
	Unlisted string           `json:"unlisted,omitempty"`
}

type wireRecord struct {
	Subject    string   `json:"subject"`
	Generation uint64   `json:"generation"`
	Effective  int64    `json:"effective,omitzero"`
	Keep       []string `json:"keep,omitempty"`
}

func (e event) encode() ([]byte, error) {
	w := wireEvent{At: e.at, Revoked: e.revoked, Unlisted: e.unlisted}
	for _, r := range e.rotated {
		w.Rotated = append(w.Rotated, r.wire())
	}
	return json.Marshal(w, json.Deterministic(true))
}

func decodeEvent(data []byte) (event, error) {
	var w wireEvent
	if err := json.Unmarshal(data, &w, json.RejectUnknownMembers(true)); err != nil {
		return event{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	for id, until := range w.Revoked {
		if !token.ValidID(id) || until < 0 {
			return event{}, fmt.Errorf("%w: revoked id", errMalformed)
		}
	}
	e := event{at: w.At, revoked: w.Revoked, unlisted: w.Unlisted}
	for _, wr := range w.Rotated {
		r, err := wr.record()
		if err != nil {
			return event{}, err
		}
		e.rotated = append(e.rotated, r)
	}
	return e, nil
}

func (r record) wire() wireRecord {
	return wireRecord{Subject: r.subject.String(), Generation: r.generation, Effective: r.effective, Keep: r.keep}
}

func (r record) encode() ([]byte, error) { return json.Marshal(r.wire()) }

func decodeRecord(data []byte) (record, error) {
	var w wireRecord
	if err := json.Unmarshal(data, &w, json.RejectUnknownMembers(true)); err != nil {
		return record{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	return w.record()
}

// record checks w. The order of its kept ids is not trusted.
func (w wireRecord) record() (record, error) {
	subject, err := token.ParseSubject(w.Subject)
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", errMalformed, err)
	}
	if w.Generation == 0 || w.Generation>>generationBits != 0 || w.Effective < 0 {
		return record{}, fmt.Errorf("%w: generation %d, effective %d", errMalformed, w.Generation, w.Effective)
	}
	for _, id := range w.Keep {
		if !token.ValidID(id) {
			return record{}, fmt.Errorf("%w: kept id", errMalformed)
		}
	}
	keep := slices.Compact(slices.Sorted(slices.Values(w.Keep)))
	return record{subject: subject, generation: w.Generation, effective: w.Effective, keep: keep}, nil
}
