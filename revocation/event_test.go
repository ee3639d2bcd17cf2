package revocation

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func equalEvents(a, b event) bool {
	return a.at == b.at && maps.Equal(a.revoked, b.revoked) && slices.EqualFunc(a.rotated, b.rotated, record.equal)
}

func TestAnEventSurvivesTheFeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := drawEvent().Draw(t, "event")
		e.at = rapid.Int64().Draw(t, "at")
		data, err := e.encode()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeEvent(data); err != nil || !equalEvents(got, e) {
			t.Fatalf("%s: got %+v, %v; want %+v", data, got, err, e)
		}
	})
}

func TestAnEventIsReadByEveryVersion(t *testing.T) {
	e := event{
		at:      1_800_000_000_123,
		revoked: map[string]int64{"jt_1": 1_900_000_000, "forever": 0},
		rotated: []record{{subject: orders, generation: 7, effective: 1_800_000_060_000, keep: []string{"a", "b"}}, {subject: group, generation: 1}},
	}
	const want = `{"at":1800000000123,"revoked":{"forever":0,"jt_1":1900000000},"rotated":[` +
		`{"subject":"database/acme/orders","generation":7,"effective":1800000060000,"keep":["a","b"]},` +
		`{"subject":"group/acme/production","generation":1}]}`
	if got, err := e.encode(); err != nil || string(got) != want {
		t.Errorf("encode = %s, %v\nwant %s", got, err, want)
	}
}

var malformedEvents = []string{
	``, `null x`, `[]`, `"at"`, `{"at":"1"}`, `{"at":1.5}`, `{"at":1,"at":2}`, `{"AT":1}`, `{"at":1,"why":"x"}`,
	`{"revoked":["a"]}`, `{"revoked":{"A":0}}`, `{"revoked":{"":0}}`, `{"revoked":{"a":-1}}`, `{"revoked":{"a":0,"a":1}}`,
	`{"rotated":[{}]}`, `{"rotated":[{"subject":"database/acme/orders"}]}`,
	`{"rotated":[{"subject":"database/acme/orders","generation":0}]}`,
	`{"rotated":[{"subject":"database/acme/orders","generation":-1}]}`,
	`{"rotated":[{"subject":"database/acme/orders","generation":4611686018427387904}]}`,
	`{"rotated":[{"subject":"database/acme/orders","generation":1,"effective":-1}]}`,
	`{"rotated":[{"subject":"database/acme/orders","generation":1,"keep":["A"]}]}`,
	`{"rotated":[{"subject":"database/acme/orders","generation":1,"only":["a"]}]}`,
	`{"rotated":[{"subject":"database","generation":1}]}`,
}

func TestMalformedEventsAreRefused(t *testing.T) {
	for _, text := range malformedEvents {
		if e, err := decodeEvent([]byte(text)); !errors.Is(err, errMalformed) {
			t.Errorf("%s: got %+v, %v", text, e, err)
		}
	}
}

func TestMalformedNamesOfRotationsAreRefused(t *testing.T) {
	for _, name := range []string{"", "#", "database/acme/orders", "database/acme/orders#", "database/acme/orders#-1", "acme#1", "#1"} {
		if r, err := parseField(name); err == nil {
			t.Errorf("parseField(%q) = %+v", name, r)
		}
	}
	r := record{subject: orders, generation: 12}
	if got, err := parseField(r.field()); err != nil || !got.equal(r) {
		t.Errorf("parseField(%q) = %+v, %v", r.field(), got, err)
	}
}

// FuzzDecode: whatever stands in the store, it is refused or means one thing.
func FuzzDecode(f *testing.F) {
	for _, text := range malformedEvents {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"at":1,"revoked":{"a":0},"rotated":[{"subject":"group/acme/g","generation":3,"keep":["b","a","a"]}]}`))
	f.Add([]byte(`{"subject":"group/acme/g","generation":3,"effective":9}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if e, err := decodeEvent(data); err == nil {
			again, err := e.encode()
			if err != nil {
				t.Fatalf("cannot write what was read: %v", err)
			}
			if got, err := decodeEvent(again); err != nil || !equalEvents(got, e) {
				t.Fatalf("%s became %s: %v", data, again, err)
			}
			readyMirror(e)
		}
		if r, err := decodeRecord(data); err == nil {
			if got, err := parseField(r.field()); err != nil || got.subject != r.subject || got.generation != r.generation {
				t.Fatalf("field %q: %+v, %v", r.field(), got, err)
			}
		}
	})
}
