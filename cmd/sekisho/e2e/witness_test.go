package e2e

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// witness knows how things were before somebody tried to change them.
type witness struct {
	t     *testing.T
	h     *house
	full  map[string]string // tokens by database
	data  map[string]string // by database: schema, rows, fields, limits of the process
	files string

	held    *stream // of my-db: its data_version tells of every commit of others
	version any
}

const canary = "tweet"

// furnishForAbuse makes what the abuses name: tables in two databases, a
// full-text index, a view that hides a write, a trigger, and a file beside the data.
func (h *house) furnishForAbuse(t *testing.T) *witness {
	t.Helper()
	h.owner = h.furnish(t, "my-db")
	h.execute(t, "my-db", h.owner,
		"CREATE VIRTUAL TABLE words USING fts4(body)", "INSERT INTO words VALUES ('one')", "INSERT INTO words VALUES ('two')",
		"CREATE VIEW merges AS SELECT optimize(words) FROM words",
		"CREATE TRIGGER kept AFTER INSERT ON users BEGIN SELECT 1; END")
	w := &witness{t: t, h: h, full: map[string]string{"my-db": h.owner, "other-db": h.furnish(t, "other-db")}}
	if err := os.WriteFile(filepath.Join(h.sqldDir, "canary"), []byte(canary), 0o600); err != nil {
		t.Fatal(err)
	}
	w.data, w.files = w.look()
	w.held = h.stream(t, "my-db", h.owner)
	w.version = w.held.run("PRAGMA data_version")
	return w
}

// look is all that nobody may change: the data of both databases, with what
// SQLite has for the whole process, the names of all files, and what is in those
// that the server does not write to by itself.
func (w *witness) look() (data map[string]string, files string) {
	w.t.Helper()
	data = map[string]string{}
	for database, token := range w.full {
		data[database] = w.h.everything(w.t, database, token)
	}
	var all strings.Builder
	all.WriteString(w.h.files(w.t))
	settled, err := filepath.Glob(filepath.Join(w.h.sqldDir, "data.sqld", "metastore", "*"))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, path := range append(settled, filepath.Join(w.h.sqldDir, "canary"), filepath.Join(w.h.sqldDir, "upstream.pem")) {
		content, err := os.ReadFile(path)
		if err != nil {
			continue // a directory
		}
		fmt.Fprintf(&all, "\n%x %s", sha256.Sum256(content), path)
	}
	return data, all.String()
}

// wantNoCommit wants that nobody has committed anything to my-db.
func (w *witness) wantNoCommit(what string) {
	w.t.Helper()
	if now := w.held.run("PRAGMA data_version"); now != w.version {
		w.t.Errorf("%s: something was written", what)
		w.version = now
	}
}

// wantUnharmed wants everything as it was, and the server alive, with nobody
// holding a lock.
func (w *witness) wantUnharmed() {
	w.t.Helper()
	select {
	case <-w.h.sqld.Exited():
		w.t.Fatalf("the libSQL server has ended:\n%s", w.h.sqld.Log())
	default:
	}
	data, files := w.look()
	for database, before := range w.data {
		if data[database] != before {
			w.t.Errorf("%s was changed from\n%s\nto\n%s", database, before, data[database])
		}
	}
	if files != w.files {
		w.t.Errorf("the files of the server were\n%s\nand are\n%s", w.files, files)
	}
	start := time.Now()
	w.h.execute(w.t, "my-db", w.full["my-db"], "UPDATE users SET name = name")
	w.t.Logf("a write took %s; it would wait 5 s for a lock that somebody held", time.Since(start).Round(time.Millisecond))
}
