package sqltext

// Schema makes the tables that the queries read, with a few rows. One part of it
// is what a write behind a read would change: an index, a trigger, a full-text table.
var Schema = []string{
	"CREATE TABLE t (id INTEGER PRIMARY KEY, a, b TEXT, c REAL)",
	"CREATE TABLE u (id INTEGER PRIMARY KEY, t_id REFERENCES t (id), d, e BLOB)",
	"CREATE INDEX t_b ON t (b)",
	"CREATE VIEW v AS SELECT t.id, t.b, u.d FROM t LEFT JOIN u ON u.t_id = t.id",
	"CREATE TRIGGER t_gone AFTER DELETE ON t BEGIN DELETE FROM u WHERE t_id = old.id; END",
	"CREATE VIRTUAL TABLE f USING fts5(title, body)",
	"INSERT INTO t VALUES (1, 1, 'one', 1.5), (2, 'x', 'two', 2.5), (3, NULL, 'it''s', -1), (4, x'00ff', NULL, 1e9)",
	"INSERT INTO u VALUES (1, 1, 'd1', x'01'), (2, 1, 2, x''), (3, 3, NULL, zeroblob(4))",
	`INSERT INTO f VALUES ('first', 'words of one'), ('second', '{"a":[1,2]}')`,
}

// table is something that a query can read from.
type table struct {
	name    string
	columns []string
}

var tables = []table{
	{"t", []string{"id", "a", "b", "c"}},
	{"u", []string{"id", "t_id", "d", "e"}},
	{"v", []string{"id", "b", "d"}},
	{"f", []string{"title", "body", "rowid"}},
	{"sqlite_schema", []string{"type", "name", "tbl_name", "sql"}},
	{"json_each ( '[1,2,{\"a\":3}]' )", []string{"key", "value", "type"}},
	{"pragma_table_info ( 't' )", []string{"cid", "name", "type"}},
	{"pragma_index_list ( 't' )", []string{"seq", "name", "origin"}},
	{"pragma_user_version", []string{"user_version"}},
	{"f ( 'words' )", []string{"title", "body"}},
}
