package e2e

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho-project/sekisho/verifier/libsql/readonly"
	"github.com/sekisho-project/sekisho/verifier/libsql/readonly/sqltext"
)

// corpusEnv names a gzip file of JSON lines: texts that programs really sent.
const corpusEnv = "SEKISHO_SQL_CORPUS"

const (
	generatedTexts = 3000
	corpusStride   = 40 // every so many lines of the corpus are sent
	textsAtOnce    = 50
)

// allowedStatements are statements of texts that the rule lets pass, each alone,
// as the gate sends them on.
func allowedStatements(t *testing.T) []string {
	t.Helper()
	rules, err := readonly.New()
	if err != nil {
		t.Fatal(err)
	}
	g := sqltext.New(rand.New(rand.NewPCG(1, 2)))
	g.Constant = true
	var statements []string
	add := func(text string) bool {
		v, spans := rules.Judge(text, nil)
		for _, s := range spans {
			statements = append(statements, readonly.Form(text, s))
		}
		return v.OK()
	}
	for range generatedTexts {
		add(g.Read().String())
		for !add(g.Broken()) {
		}
	}
	for _, text := range corpusSample(t) {
		add(text)
	}
	return statements
}

// corpusSample is a part of what the corpus wants allowed, without what runs long
// on purpose.
func corpusSample(t *testing.T) []string {
	t.Helper()
	path := os.Getenv(corpusEnv)
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<22)
	for n := 0; lines.Scan(); n++ {
		if n%corpusStride != 0 || len(lines.Bytes()) == 0 {
			continue
		}
		var c struct{ SQL, Want string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		if c.Want == "allow" && !strings.Contains(strings.ToLower(c.SQL), "recursive") {
			texts = append(texts, c.SQL)
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return texts
}

// ways of running a statement that its author chooses.
var ways = map[string]func(sql string) map[string]any{
	"execute": func(sql string) map[string]any {
		return map[string]any{"type": "execute", "stmt": map[string]any{"sql": sql}}
	},
	"sequence": func(sql string) map[string]any { return map[string]any{"type": "sequence", "sql": sql} },
	"describe": func(sql string) map[string]any { return map[string]any{"type": "describe", "sql": sql} },
}

func TestAllowedTextsChangeNothingAtTheServer(t *testing.T) {
	h := startHouse(t)
	full := h.furnish(t, "my-db")
	h.execute(t, "my-db", full, sqltext.Schema...)
	watch := h.stream(t, "my-db", full)
	before, version, files := h.everything(t, "my-db", full), watch.run("PRAGMA data_version"), h.files(t)

	statements := allowedStatements(t)
	for way, request := range ways {
		ran, failed := 0, 0
		for from := 0; from < len(statements); from += textsAtOnce {
			sent := statements[from:min(len(statements), from+textsAtOnce)]
			ok, err := h.send(t.Context(), full, sent, request)
			if err != nil {
				t.Fatalf("%s of %q: %v", way, sent, err)
			}
			ran, failed = ran+ok, failed+len(sent)-ok
			if now := watch.run("PRAGMA data_version"); now != version {
				t.Fatalf("%s: one of these wrote: %q", way, sent)
			}
		}
		t.Logf("%s: %d statements ran, %d failed", way, ran, failed)
		if ran < generatedTexts {
			t.Errorf("%s: only %d statements ran", way, ran)
		}
	}
	if after := h.everything(t, "my-db", full); after != before {
		t.Errorf("the database was changed from\n%s\nto\n%s", before, after)
	}
	if after := h.files(t); after != files {
		t.Errorf("the files of the server were\n%s\nand are\n%s", files, after)
	}
}

// send runs each statement in a transaction of its own, which is rolled back, and
// counts those that succeed.
func (h *house) send(ctx context.Context, token string, statements []string, request func(string) map[string]any) (ok int, err error) {
	var requests []any
	for _, sql := range statements {
		requests = append(requests, request(sql), ways["sequence"]("ROLLBACK"))
	}
	body, err := json.Marshal(map[string]any{"requests": append(requests, map[string]any{"type": "close"})})
	if err != nil {
		return 0, err
	}
	a, err := call(ctx, "POST", h.url("my-db")+"/v3/pipeline", token, string(body))
	if err != nil {
		return 0, err
	}
	var reply struct{ Results []result }
	if err := json.Unmarshal([]byte(a.body), &reply); err != nil {
		return 0, err
	}
	for i := 0; i < len(reply.Results); i += 2 {
		if reply.Results[i].Type == "ok" {
			ok++
		}
	}
	return ok, nil
}

// everything is the schema and all rows of a database, in words.
func (h *house) everything(t *testing.T, database, token string) string {
	t.Helper()
	questions := []string{
		"SELECT * FROM sqlite_schema ORDER BY type, name", "PRAGMA user_version", "PRAGMA application_id", "PRAGMA schema_version",
		"SELECT * FROM pragma_hard_heap_limit", "SELECT * FROM pragma_soft_heap_limit",
	}
	for _, table := range h.column(t, database, token, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name") {
		questions = append(questions, `SELECT * FROM "`+table+`"`)
	}
	a := h.mustQuery(t, database, token, questions...)
	for i, r := range a.results(t)[:len(questions)] {
		if r.Type != "ok" {
			t.Fatalf("%s: %+v", questions[i], r.Error)
		}
	}
	return a.rows(t)
}

// files are the names of all that the server has written.
func (h *house) files(t *testing.T) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(h.sqldDir, func(path string, _ fs.DirEntry, err error) error {
		names = append(names, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, "\n")
}
