package readonly

import (
	"slices"
	"testing"
)

func TestPragmasThatTheServerRefusesAreRewritten(t *testing.T) {
	tests := []struct{ sql, want string }{
		{"PRAGMA foreign_key_list(t)", "SELECT * FROM pragma_foreign_key_list('t')"},
		{"PRAGMA foreign_key_list('t')", "SELECT * FROM pragma_foreign_key_list('t')"},
		{"pragma Foreign_Key_List = \"my \"\"table\"", "SELECT * FROM pragma_foreign_key_list('my \"table')"},
		{"PRAGMA foreign_key_list([it's])", "SELECT * FROM pragma_foreign_key_list('it''s')"},
		{"PRAGMA foreign_key_list('it''s')", "SELECT * FROM pragma_foreign_key_list('it''s')"},
		{"PRAGMA foreign_key_list('')", "SELECT * FROM pragma_foreign_key_list('')"},
		{"PRAGMA main.foreign_key_list(t)", "SELECT * FROM pragma_foreign_key_list('t','main')"},
		{"PRAGMA \"a'b\".foreign_key_list(t)", "SELECT * FROM pragma_foreign_key_list('t','a''b')"},
		{"PRAGMA/**/foreign_key_list/**/(/**/t/**/)", "SELECT * FROM pragma_foreign_key_list('t')"},
		{"PRAGMA user_version", "SELECT * FROM pragma_user_version"},
		{"PRAGMA Main.page_count", "SELECT * FROM pragma_page_count"},
		{"PRAGMA foreign_keys", "SELECT * FROM pragma_foreign_keys"},
		{"PRAGMA [table_info](t)", "SELECT * FROM pragma_table_info('t')"},
		{"PRAGMA main.'encoding'", "SELECT * FROM pragma_encoding"},
	}
	r := mustNew(t)
	for _, tt := range tests {
		form, ok := tableFormOf(t, r, " "+tt.sql+" ; SELECT 1")
		if !ok || form != tt.want {
			t.Errorf("%s\n got %s, %v\nwant %s", tt.sql, form, ok, tt.want)
		}
		v, spans := r.Judge(form, nil)
		if !v.OK() || len(spans) != 1 || spans[0] != (Span{0, len(form), Read}) {
			t.Errorf("the form %s is not one query: %s", form, v.Message(form))
		}
	}
}

func TestOtherStatementsAreNotRewritten(t *testing.T) {
	texts := []string{
		"PRAGMA table_info(t)", "PRAGMA main.index_list(t)", "PRAGMA encoding", "PRAGMA pragma_list", // the server answers them
		"PRAGMA mmap_size", "PRAGMA wal_autocheckpoint", // SQLite has no table of them
		"PRAGMA aux.user_version", "PRAGMA main.foreign_key_list", "PRAGMA main.[table_list](t)", // the table takes no schema, or would show others
		"SELECT 1", "BEGIN", "EXPLAIN SELECT 1",
	}
	r := mustNew(t)
	for _, sql := range texts {
		if form, ok := tableFormOf(t, r, sql); ok || form != "" {
			t.Errorf("%s became %s", sql, form)
		}
	}
}

func TestOnlyTheLockIsLeftOut(t *testing.T) {
	r := mustNew(t)
	const sql = "/* a */ begin/**/Immediate Transaction [x] ;\n SELECT 'BEGIN IMMEDIATE' /* b */ , \"exclusive\";BEGIN EXCLUSIVE; BEGIN;COMMIT"
	v, spans := r.Judge(sql, nil)
	if !v.OK() {
		t.Fatal(v.Message(sql))
	}
	var got []string
	for _, s := range spans {
		got = append(got, Form(sql, s))
	}
	want := []string{"BEGIN DEFERRED", "SELECT 'BEGIN IMMEDIATE' /* b */ , \"exclusive\"", "BEGIN DEFERRED", "BEGIN", "COMMIT"}
	if !slices.Equal(got, want) {
		t.Errorf("sent on as %q, want %q", got, want)
	}
}

func tableFormOf(t *testing.T, r *Rules, sql string) (string, bool) {
	t.Helper()
	v, spans := r.Judge(sql, nil)
	if !v.OK() {
		t.Fatalf("%s refused: %s", sql, v.Message(sql))
	}
	return tableForm(sql, spans[0])
}
