package token

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)

func TestASpanIsTheSumOfItsUnits(t *testing.T) {
	for text, want := range map[string]int64{
		"30s": 30, "15m": 900, "24h": 86400, "7d": 604800, "2w": 1209600, "30d": 2592000, "1y": 31536000,
		"2w1d30m": 1297800, "7d3h2m1s": 615721, "1w2d6h3m": 799380, "999999999s": 999999999,
	} {
		e, err := ParseExpiration(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		end, err := e.At(noon)
		if got := end.Unix() - noon.Unix(); err != nil || got != want {
			t.Errorf("%s: got %d s, %v; want %d", text, got, err, want)
		}
	}
}

func TestAnInstantIsReadInItsTimeZone(t *testing.T) {
	for text, want := range map[string]string{
		"2030-12-31T23:59:59Z": "2030-12-31T23:59:59Z", "2030-12-31T23:59:59+09:00": "2030-12-31T14:59:59Z",
		"2030-12-31T23:59:59 09:00": "2030-12-31T14:59:59Z", "2030-12-31T23:59:59.9Z": "2030-12-31T23:59:59Z",
		"9999-12-31T23:59:59Z": "9999-12-31T23:59:59Z",
	} {
		e, err := ParseExpiration(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if end, err := e.At(noon); err != nil || end.Format(time.RFC3339) != want {
			t.Errorf("%s: got %v, %v", text, end, err)
		}
	}
}

func TestWhatIsNoExpiration(t *testing.T) {
	for _, text := range []string{
		"", "0s", "0d", "-1d", "+1d", "1.5h", "7D", "7 d", " 7d", "7d ", "7", "d", "1mo", "1h1d", "1d1d", "P7D", "PT1H", "2030-12-31",
		"\uff17d", "99999999999999w", "1000000000s", "NEVER", "default", "null", "1h\n", "7d,1h", "1e3s", "0x10s", "2030-12-31T23:59:59",
		"2030-12-31 23:59:59Z", "2030-13-01T00:00:00Z", "2025-01-01T00:00:00Z", "2026-02-28T12:00:00Z", "10000-01-01T00:00:00Z", "999999999y",
	} {
		e, err := ParseExpiration(text)
		if err == nil {
			_, err = e.At(noon)
		}
		if !errors.Is(err, ErrExpiration) {
			t.Errorf("%q: got %v, %v", text, e, err)
		}
	}
}

func TestAnInstantWhoseOffsetLeadsBeyondTheYear9999IsNoExpiration(t *testing.T) {
	e, err := ParseExpiration("9999-12-31T23:59:59-01:00")
	if err != nil {
		t.Fatal(err)
	}
	if end, err := e.At(noon); !errors.Is(err, ErrExpiration) {
		t.Errorf("got %v, %v", end, err)
	}
}

func TestNeverHasNoEnd(t *testing.T) {
	for _, text := range []string{"never", "none"} {
		e, err := ParseExpiration(text)
		if end, atErr := e.At(noon); err != nil || atErr != nil || !e.IsNever() || !end.IsZero() {
			t.Errorf("%s: got %v, %v, %v", text, end, err, atErr)
		}
	}
}

func TestASpanIsWrittenAsPeopleSayIt(t *testing.T) {
	for text, want := range map[string]string{"30d": "30d", "2w": "2w", "14d": "2w", "9d": "9d", "365d": "1y", "90m": "1h30m", "2w1d30m": "15d30m"} {
		if e, err := ParseExpiration(text); err != nil || e.String() != want {
			t.Errorf("%s is written %s, %v", text, e, err)
		}
	}
}

func TestWhatIsWrittenReadsTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := After(time.Duration(rapid.Int64Range(1, 1<<33).Draw(t, "seconds")) * time.Second)
		if again, err := ParseExpiration(e.String()); err != nil || again != e {
			t.Fatalf("%s became %s, %v", e, again, err)
		}
	})
}

func FuzzParseExpiration(f *testing.F) {
	for _, seed := range []string{"never", "7d", "2w1d30m", "2030-12-31T23:59:59+09:00", "1h1d", "999999999y1w", "T"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExpiration(text)
		if err != nil {
			return
		}
		end, err := e.At(noon)
		if err == nil && !end.IsZero() && !end.After(noon) {
			t.Errorf("%q ends at %v, before it begins", text, end)
		}
	})
}
