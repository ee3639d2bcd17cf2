package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"text/tabwriter"
)

// class is one kind of abuse, with texts that try it.
type class struct {
	name  string
	code  string // of every refusal; empty: any of SQLite's
	texts []string

	// hidden is behind a name in the database, so that the server itself refuses
	// what is run, and nothing has to refuse what is not.
	hidden bool
}

// anything is the code of a class that the gate may let pass, as long as nothing is changed.
const anything = "anything"

var refusalCode = regexp.MustCompile(`SQLITE_(READONLY|AUTH)\b`)

// uncoded is a refusal where the protocol has no place for a code, in the words
// of the gate or of SQLite.
var uncoded = regexp.MustCompile(`^\[\{"error":"(statement \d+: |the text |.*(` +
	`token is read-only|read-only token may|may run here|may act while|may name a file|be used like this here|takes a lock|may not attach|` +
	`is not expected here|take outside quotes|by every version|is never closed|do not match|not judged|known only to compute|` +
	`of the server|what it is given|raw pages|internal to|attempt to write a readonly database))`)

// failure is how each encoding says that something failed, whatever it was.
var failure = regexp.MustCompile(`"(error|message)":|"type":"(error|step_error|response_error)"|\bSQL(ITE)?_[A-Z_]+`)

// foreign is the refusal of what belongs to another token.
var foreign = regexp.MustCompile(`There is no such (stream|stored text) under this token`)

// verdict is the code of a refusal, "refused" for one without, "shut" for a door
// that is not open, "not its own", "ended" for a socket that was, or what else the door said.
func (a answer) verdict() string {
	switch code := refusalCode.FindString(a.body); {
	case a.status == http.StatusNotFound && a.code() == "ROUTE_NOT_ALLOWED":
		return "shut"
	case code != "":
		return code
	case foreign.MatchString(a.body):
		return "not its own"
	case uncoded.MatchString(a.body):
		return "refused"
	case a.status != http.StatusOK:
		return fmt.Sprint(a.status)
	case strings.Contains(a.body, ended):
		return "ended"
	case failure.MatchString(a.body):
		return "failed"
	}
	return "PASSED"
}

// verdicts asks every door for everything, and gives the table of what came of it.
func (h *house) verdicts(t *testing.T, token string, classes []class, w *witness) string {
	t.Helper()
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprint(rows, "what we refuse")
	for _, d := range doors {
		fmt.Fprintf(rows, "\t%s", d.name)
	}
	plain := class{name: "(a plain read passes)", code: "PASSED", texts: []string{"SELECT name FROM users"}}
	for _, c := range append([]class{plain}, classes...) {
		fmt.Fprintf(rows, "\n%s", c.name)
		for _, d := range doors {
			fmt.Fprintf(rows, "\t%s", h.worst(t, d, token, c))
			w.wantNoCommit(c.name + " by " + d.name)
		}
	}
	if err := rows.Flush(); err != nil {
		t.Fatal(err)
	}
	return table.String()
}

// worst asks a door for every text of a class, and gives the verdict that is not
// the one wanted, if there is one.
func (h *house) worst(t *testing.T, d door, token string, c class) (verdict string) {
	t.Helper()
	for _, sql := range c.texts {
		a := d.ask(t, h, token, sql)
		verdict = a.verdict()
		if !c.wants(d, verdict) {
			t.Errorf("%s: %.80q gives %s, want %s: %.300s", d.name, sql, verdict, c.code, a.body)
			return verdict + "!"
		}
	}
	return strings.TrimPrefix(verdict, "SQLITE_")
}

func (c class) wants(d door, verdict string) bool {
	switch {
	case verdict == "shut", verdict == "not its own", verdict == c.code, c.code == anything:
		return true
	case verdict == "refused":
		return c.code != "PASSED"
	case c.hidden && d.idle:
		return verdict == "PASSED"
	default:
		return c.code == "" && strings.HasPrefix(verdict, "SQLITE_")
	}
}
