package readonly

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
)

// corpusEnv names a gzip file of JSON lines, one corpusCase each. Without it the
// gates are held against a few lines of our own.
const corpusEnv = "SEKISHO_SQL_CORPUS"

// corpusCase is an SQL text that some program really sent, and what is known of it.
type corpusCase struct {
	SQL      string `json:"sql"`
	ReadOnly bool   `json:"readonly"` // sqlite3_stmt_readonly of every statement
	Source   string `json:"source"`   // the program
	Want     string `json:"want"`     // "allow", "deny", or "either"
}

const ownCorpus = `
{"sql":"SELECT * FROM t WHERE a = ?","readonly":true,"source":"turso-own","want":"allow"}
{"sql":"PRAGMA table_info(t)","readonly":true,"source":"django","want":"allow"}
{"sql":"EXPLAIN DELETE FROM t","readonly":false,"source":"own","want":"either"}
{"sql":"PRAGMA foreign_keys = 1","readonly":true,"source":"own","want":"deny"}
{"sql":"DELETE FROM t","readonly":false,"source":"own","want":"deny"}
`

// neverRefused are the sources whose reads must all pass: what applications send.
var neverRefused = []string{"django", "sqlalchemy", "peewee", "drizzle", "kysely", "knex", "typeorm", "turso", "sqllogictest"}

func openCorpus(t *testing.T) io.Reader {
	path := os.Getenv(corpusEnv)
	if path == "" {
		return strings.NewReader(ownCorpus)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	return unzipped
}

func TestRealStatementsAreJudgedRight(t *testing.T) {
	r := mustNew(t)
	var reads, refusedReads, total int
	lines := bufio.NewScanner(openCorpus(t))
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var c corpusCase
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		total++
		v, spans := r.Judge(c.SQL, nil)
		if v.OK() && (c.Want == "deny" || !c.ReadOnly) && !slices.ContainsFunc(spans, takesLock) {
			t.Errorf("let pass (%s): %.300q", c.Source, c.SQL)
		}
		for _, s := range spans {
			if alone, _ := r.Judge(c.SQL[s.Start:s.End], nil); !alone.OK() {
				t.Errorf("passed with others, refused alone: %q", c.SQL[s.Start:s.End])
			}
		}
		if c.Want != "allow" {
			continue
		}
		reads++
		if v.OK() {
			continue
		}
		refusedReads++
		if fromApplication(c.Source) {
			t.Errorf("refused (%s): %s: %.300q", c.Source, v.Message(c.SQL), c.SQL)
		}
		if testing.Verbose() {
			t.Logf("refused (%s): %s: %.200q", c.Source, v.Message(c.SQL), c.SQL)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if refusedReads*1000 > reads*3 {
		t.Errorf("refused %d of %d reads, over 0.3 %%", refusedReads, reads)
	}
	t.Logf("%d texts, %d reads, %d of them refused", total, reads, refusedReads)
}

// takesLock reports what passes in another form, of which the corpus says nothing.
func takesLock(s Span) bool { return s.Kind == BeginLock }

func fromApplication(source string) bool {
	for _, prefix := range neverRefused {
		if strings.HasPrefix(source, prefix) {
			return true
		}
	}
	return false
}
