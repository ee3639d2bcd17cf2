package cli

import "testing"

func TestASubjectIsShownWithoutThePartsThatItHasNot(t *testing.T) {
	for subject, want := range map[string]string{
		"database/my-org/my-db": "database/my-org/my-db",
		"developer//":           "developer",
		"developer//maps":       "developer/maps",
		"user//a//b":            "user/a//b",
		"//":                    "-",
		"":                      "-",
	} {
		row := event{Data: map[string]string{"subject": subject}}.row()
		if row[4] != want {
			t.Errorf("%q: got %q, want %q", subject, row[4], want)
		}
		if row[5] != "-" {
			t.Errorf("without an id: got %q", row[5])
		}
	}
}
