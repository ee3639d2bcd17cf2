//go:build !race

package differential

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// settings are what a statement could change without writing to the database.
var settings = strings.Fields(`analysis_limit application_id auto_vacuum automatic_index busy_timeout cache_size cache_spill
	cell_size_check checkpoint_fullfsync database_list defer_foreign_keys encoding foreign_keys freelist_count fullfsync
	hard_heap_limit ignore_check_constraints journal_mode journal_size_limit legacy_alter_table locking_mode max_page_count
	mmap_size page_count page_size query_only read_uncommitted recursive_triggers reverse_unordered_selects schema_version
	secure_delete soft_heap_limit synchronous temp_store threads trusted_schema user_version wal_autocheckpoint writable_schema`)

// state is all that a read must leave as it is: the rows, the schema, the
// settings of the connection and the process, and the files.
func (o *oracle) state(t testing.TB) string {
	t.Helper()
	var b strings.Builder
	o.unwatched(func() {
		for _, name := range settings {
			rows, err := o.rows(o.db, "PRAGMA "+name)
			fmt.Fprintln(&b, name, rows, err)
		}
	})
	for _, sql := range []string{
		"PRAGMA data_version", "SELECT type || name || sql FROM sqlite_schema", "SELECT count(*) FROM sqlite_temp_schema",
		"SELECT quote(a) || quote(b) FROM t", "SELECT quote(d) || quote(e) FROM u", "SELECT title || body FROM f",
	} {
		rows, err := o.rows(o.watch, sql)
		fmt.Fprintln(&b, sql, rows, err)
	}
	files, err := os.ReadDir(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		fmt.Fprint(&b, file.Name())
		if !strings.HasSuffix(file.Name(), "-shm") { // readers leave marks in it
			content, err := os.ReadFile(filepath.Join(o.dir, file.Name()))
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&b, " %x", sha256.Sum256(content))
		}
		fmt.Fprintln(&b)
	}
	return b.String()
}

// here are the files of the directory that the tests run in, where a text that
// names a file without a path would put it.
func here(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob("*")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(files, " ")
}
