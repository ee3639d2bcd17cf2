package overlay

import "testing"

func TestTheStandardLibraryIsStillWhatTheClockEdits(t *testing.T) {
	edits, err := Clock(t.Context(), "VARIABLE")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range edits {
		if err := e.Check(); err != nil {
			t.Error(err)
		}
	}
}

func TestAnEditOfATextThatIsNotThereIsAnError(t *testing.T) {
	for name, e := range map[string]Edit{
		"not there": {File: "go.mod", Old: "no such words", New: "x"},
		"twice":     {File: "go.mod", Old: "github.com", New: "x"},
		"no file":   {File: "no/such.go", Old: "x", New: "y"},
	} {
		if err := e.Check(); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
