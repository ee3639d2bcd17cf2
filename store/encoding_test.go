package store

import (
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sekisho-project/sekisho/token"
)

func drawRecord(t *rapid.T) Record {
	name := rapid.StringMatching(`[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?`)
	text := rapid.StringN(0, 50, 200)
	when := rapid.Custom(func(t *rapid.T) time.Time {
		return time.UnixMilli(rapid.Int64Range(1, latest).Draw(t, "ms")).UTC()
	})
	r := Record{
		ID:           rapid.StringMatching(`[a-z0-9_]{1,64}`).Draw(t, "id"),
		Family:       rapid.SampledFrom([]token.Family{token.Database, token.Group, token.Developer, token.User}).Draw(t, "family"),
		Organization: name.Draw(t, "organization"),
		Name:         rapid.StringN(1, 50, 200).Draw(t, "name"),
		Access:       rapid.SampledFrom([]token.Access{"", token.ReadOnly, token.FullAccess}).Draw(t, "access"),
		Generation:   rapid.Uint64().Draw(t, "generation"),
		KeyID:        text.Draw(t, "key"),
		Note:         text.Draw(t, "note"),
		CreatedAt:    when.Draw(t, "created"),
		CreatedBy:    text.Draw(t, "by"),
	}
	for range rapid.IntRange(0, 3).Draw(t, "databases") {
		r.Databases = append(r.Databases, name.Draw(t, "database"))
	}
	if rapid.Bool().Draw(t, "expires?") {
		r.ExpiresAt = when.Draw(t, "expires")
	}
	if rapid.Bool().Draw(t, "revoked?") {
		r.RevokedAt, r.RevokedBy, r.Reason = when.Draw(t, "revoked"), text.Draw(t, "revoker"), text.Draw(t, "reason")
	}
	return r
}

func TestEveryRecordSurvivesTheStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRecord(t)
		hash, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(want.ID, hash)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got  %+v, %v\nwant %+v", got, err, want)
		}
	})
}

func TestATimeOutOfBoundsIsNotReadAsNone(t *testing.T) {
	for _, when := range []time.Time{time.Unix(0, 0), time.Unix(0, 1), time.Unix(-1, 0), time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.UnixMilli(latest + 1)} {
		got, err := parseTime(formatTime(when))
		if err != nil || got.IsZero() || got.After(time.UnixMilli(latest)) {
			t.Errorf("%v is read as %v, %v", when, got, err)
		}
	}
}

// goodHash is a record as it lies in Redis.
func goodHash() map[string]string {
	return map[string]string{
		fieldID: "one", fieldFamily: "group", fieldOrg: "my-org", fieldName: "production", fieldAccess: "read-only",
		fieldDatabases: "a,b", fieldAttach: "c", fieldGeneration: "7", fieldKey: "kid", fieldNote: "x",
		fieldCreated: "1700000000000", fieldCreatedBy: "ops", fieldExpires: "0", fieldRevoked: `{"at":1700000000001,"by":"ops","reason":""}`,
	}
}

func TestASpoiledRecordIsRefusedAndItsFieldNamed(t *testing.T) {
	if _, err := decodeRecord("one", goodHash()); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", maxText+1)
	for field, values := range map[string][]string{
		fieldID:         {"two", "A", "one "},
		fieldFamily:     {"", "admin", "Group"},
		fieldOrg:        {"", "a/b", "A"},
		fieldName:       {"", "\xff", long},
		fieldAccess:     {"all", "READ-ONLY"},
		fieldDatabases:  {"a,", ",", "a b", "A"},
		fieldAttach:     {"../etc"},
		fieldGeneration: {"", "-1", "1.5", "18446744073709551616"},
		fieldKey:        {long},
		fieldNote:       {"\xff", long},
		fieldCreated:    {"", "0", "-1", "now", "253402300800000"},
		fieldCreatedBy:  {long},
		fieldExpires:    {"", "never", "-1"},
		fieldRevoked:    {"1", "{}", `{"at":0}`, `{"at":1,"at":2}`, `{"at":1,"x":1}`, `{"at":"1"}`, `{"at":1}{`, "null"},
	} {
		for _, value := range values {
			hash := maps.Clone(goodHash())
			hash[field] = value
			_, err := decodeRecord("one", hash)
			if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "token one") || !strings.Contains(err.Error(), field) {
				t.Errorf("%s = %.40q: %v", field, value, err)
			}
		}
	}
}

func TestAFieldOfALaterVersionDoesNoHarm(t *testing.T) {
	hash := goodHash()
	hash["colour"] = "red"
	if _, err := decodeRecord("one", hash); err != nil {
		t.Error(err)
	}
}

func FuzzDecodeRecord(f *testing.F) {
	for field, value := range goodHash() {
		f.Add(field, value, "note", "x")
		f.Add(field, "", "expires", "9999999999999999999")
	}
	f.Fuzz(func(t *testing.T, field1, value1, field2, value2 string) {
		hash := goodHash()
		hash[field1], hash[field2] = value1, value2
		r, err := decodeRecord("one", hash)
		if err != nil {
			return
		}
		again, err := r.encode()
		if err != nil {
			t.Fatalf("decoded %v but cannot encode it: %v", hash, err)
		}
		if twice, err := decodeRecord("one", again); err != nil || !reflect.DeepEqual(twice, r) {
			t.Fatalf("got %+v, %v from %+v", twice, err, r)
		}
	})
}
