package cli

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const longID = "jt_abcdefghijklmnop"

// shownOn is a list of tokens as it looks on a screen.
func shownOn(t *testing.T, s screen, language string, notes ...string) string {
	t.Helper()
	var out strings.Builder
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.Local)
	c := &call{texts: textsIn(language), out: &out, screen: s, now: at.Add(time.Hour)}
	var tokens []listed
	for _, note := range notes {
		tokens = append(tokens, listed{opaque: opaque{ID: longID, Note: note, Status: "active", CreatedAt: &at}})
	}
	if err := c.table(developer, tokens); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestANarrowScreenCutsTheNoteAndNeverTheID(t *testing.T) {
	const note = "a note that is much too long for a screen of sixty columns"
	narrow := shownOn(t, screen{columns: 60}, "en", note)
	if !strings.Contains(narrow, longID) || strings.Contains(narrow, note) || !strings.Contains(narrow, "…") {
		t.Errorf("at 60 columns:\n%s", narrow)
	}
	for name, s := range map[string]screen{"wide": {columns: 200}, "no terminal": {}} {
		if got := shownOn(t, s, "en", note); !strings.Contains(got, note) {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestColumnsStandBelowEachOtherInEveryLanguage(t *testing.T) {
	for _, language := range languages {
		text := shownOn(t, screen{}, language, "plain", "日本語のメモ", "e\u0301toile")
		column := -1
		for line := range strings.Lines(text) {
			status := textsIn(language).of("status_active")
			if strings.Contains(line, textsIn(language).of("label_created")) {
				status = textsIn(language).of("label_status")
			}
			before, _, found := strings.Cut(line, status)
			if at := cells(before); !found || column >= 0 && at != column {
				t.Errorf("%s: the status is at %d and not at %d:\n%s", language, at, column, text)
			} else {
				column = at
			}
		}
	}
}

func TestColourIsForTerminalsOnly(t *testing.T) {
	if got := shownOn(t, screen{}, "en", "note"); strings.Contains(got, "\x1b") {
		t.Errorf("without colour:\n%q", got)
	}
	if got := shownOn(t, screen{colour: true}, "en", "note"); !strings.Contains(got, "\x1b[32mActive\x1b[0m") {
		t.Errorf("with colour:\n%q", got)
	}
}

func TestANoteCannotCommandATerminal(t *testing.T) {
	got := shownOn(t, screen{}, "en", "red \x1b[31m bell \a line\nnext \u202e turned \u009b5m")
	if strings.ContainsAny(got, "\x1b\a\u202e\u009b") || strings.Count(got, "\n") != 2 {
		t.Errorf("got %q", got)
	}
}

func TestShortenedTextFitsItsRoom(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want string
	}{
		{"note", 4, "note"},
		{"notes", 4, "not…"},
		{"日本語", 6, "日本語"},
		{"日本語", 5, "日本…"},
		{"日本語", 4, "日…"},
		{"note", 1, "…"},
	} {
		if got := shortened(c.text, c.room); got != c.want || cells(got) > c.room {
			t.Errorf("%q in %d: got %q", c.text, c.room, got)
		}
	}
}

func TestWrappedTextFitsItsRoomAndLosesNothing(t *testing.T) {
	for _, c := range []struct {
		text string
		room int
		want []string
	}{
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 0, []string{"one two three"}},
		{"one\ntwo", 40, []string{"one", "two"}},
		{"日本語の文章", 6, []string{"日本語", "の文章"}},
		{"日本語。文章", 6, []string{"日本", "語。文", "章"}},
		{"既定（例）", 6, []string{"既定", "（例）"}},
		{"unbreakable", 5, []string{"unbreakable"}},
		{"", 5, []string{""}},
	} {
		if got := wrapped(c.text, c.room); !slices.Equal(got, c.want) {
			t.Errorf("%q in %d: got %q, want %q", c.text, c.room, got, c.want)
		}
	}
}

func TestATableThatDoesNotFitIsShownInBlocks(t *testing.T) {
	const columns = 40
	note := "日本語のメモ、とても長いので切られます"
	got := shownOn(t, screen{columns: columns}, "ja", note, "short")
	for line := range strings.Lines(got) {
		if cells(strings.TrimSuffix(line, "\n")) > columns {
			t.Errorf("too wide: %q", line)
		}
	}
	if strings.Count(got, longID) != 2 || strings.Contains(got, note) || !strings.Contains(got, "…") || strings.Count(got, "\n\n") != 1 {
		t.Errorf("got:\n%s", got)
	}
}
