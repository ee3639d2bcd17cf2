package store

import (
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/sekisho-project/sekisho/token"
)

func opaqueRecord() Record {
	return Record{
		ID: "jt_abc", Family: token.Developer, Holder: "a:b*?\x00/本", Note: "MyApp", CreatedAt: time.UnixMilli(1700000000000).UTC(), CreatedBy: "ops",
		Digest: token.OpaqueDigest("a secret"), Hint: "a1b2", Scopes: []string{"write", "read", "日本"}, Routes: []string{"/api/*"},
		Networks: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")},
	}
}

func TestAnOpaqueRecordSurvivesTheStore(t *testing.T) {
	plain := opaqueRecord()
	unscoped := opaqueRecord()
	unscoped.Scopes, unscoped.Networks, unscoped.Routes, unscoped.Hint, unscoped.Holder = nil, nil, nil, "", ""
	used := opaqueRecord()
	used.LastUsedAt, used.RotatedTo, used.GraceUntil = plain.CreatedAt.Add(time.Hour), "jt_next", plain.CreatedAt.Add(time.Minute)
	for _, want := range []Record{plain, unscoped, used} {
		hash, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		got, err := decodeRecord(want.ID, hash)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
		}
	}
}

func TestASpoiledOpaqueRecordIsRefused(t *testing.T) {
	record := opaqueRecord()
	good, err := record.encode()
	if err != nil {
		t.Fatal(err)
	}
	digest := `"digest":"` + digestText(record.Digest) + `"`
	for field, values := range map[string][]string{
		fieldOpaque: {
			"{}", "null", "[]", `{"digest":""}`, `{"digest":"00"}`, `{"digest":"` + strings.Repeat("0", 64) + `"}`,
			`{` + strings.ToUpper(digest) + `}`, `{` + digest + `,"scopes":[]}`, `{` + digest + `,"scopes":[""]}`, `{` + digest + `,"scopes":"all"}`,
			`{` + digest + `,"networks":[]}`, `{` + digest + `,"networks":["10.0.0.1/8"]}`, `{` + digest + `,"networks":[""]}`, `{` + digest + `,"networks":["0.0.0.0"]}`,
			`{` + digest + `,"routes":[1]}`, `{` + digest + `,"owner":"x"}`, `{` + digest + `,` + digest + `}`,
			`{` + digest + `,"scopes":["` + strings.Repeat(`x","`, maxList) + `y"]}`,
		},
		fieldRotated:   {"1", "{}", `{"to":"a"}`, `{"to":"","until":1}`, `{"to":"a","until":0}`, `{"to":"A","until":1}`, `{"to":"a","until":1,"x":1}`},
		fieldLastUsed:  {"x", "-1", "253402300800000"},
		fieldSignature: {"x", "00", strings.Repeat("0", 126), strings.Repeat("0", 130), strings.Repeat("z", 128)},
	} {
		for _, value := range values {
			hash := map[string]string{}
			for k, v := range good {
				hash[k] = v
			}
			hash[field] = value
			if _, err := decodeRecord(record.ID, hash); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s = %.60q: %v", field, value, err)
			}
		}
	}
}

func TestARotatedTokenEndsWithItsGraceAndNeverLater(t *testing.T) {
	base := time.UnixMilli(1700000000000).UTC()
	for _, test := range []struct{ expires, grace, want time.Duration }{
		{0, 0, 0}, {10, 0, 10}, {0, 5, 5}, {10, 5, 5}, {10, 15, 10},
	} {
		at := func(d time.Duration) time.Time {
			if d == 0 {
				return time.Time{}
			}
			return base.Add(d * time.Minute)
		}
		r := Record{Family: token.User, ID: "a", ExpiresAt: at(test.expires), GraceUntil: at(test.grace)}
		if got := r.Grant().ExpiresAt; !got.Equal(at(test.want)) {
			t.Errorf("%+v: got %v", test, got)
		}
	}
}
