package sqltext

// Read makes a text that a read-only token may send: mostly one query, sometimes
// another statement that only reads or begins a transaction, or several.
func (g *Generator) Read() Text {
	switch g.rand.IntN(16) {
	case 0:
		return tokens("EXPLAIN " + g.pick("", "QUERY PLAN") + " " + g.query())
	case 1:
		return tokens("PRAGMA " + g.pick("", "", "main . ", `"main" . `) + g.lookingPragma())
	case 2:
		return tokens(g.transaction())
	case 3:
		return tokens(g.query() + " ; " + g.pick("", "; ") + g.query() + g.pick("", " ;"))
	case 4:
		return tokens(g.pick("BEGIN", "BEGIN DEFERRED TRANSACTION", "BEGIN IMMEDIATE", "SAVEPOINT s") + " ; " + g.query() + " ; " + g.pick("COMMIT", "ROLLBACK", "END"))
	}
	return g.Query()
}

func (g *Generator) lookingPragma() string {
	if g.chance(2) {
		return g.pick("user_version", "foreign_keys", "query_only", "page_count", "encoding", "table_list", "collation_list", "data_version", "cache_size")
	}
	return g.pick("table_info", "table_xinfo", "index_list", "foreign_key_list", "index_info", "index_xinfo") +
		g.pick(" ( t )", ` ( "u" )`, " = 't_b'", " ( [v] )", " = f")
}

func (g *Generator) transaction() string {
	return g.pick(
		"BEGIN", "BEGIN DEFERRED", "BEGIN READONLY", "BEGIN TRANSACTION READONLY", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE TRANSACTION", "COMMIT", "END TRANSACTION", "ROLLBACK",
		"SAVEPOINT s", "SAVEPOINT s ; RELEASE SAVEPOINT s", "SAVEPOINT s ; ROLLBACK TO s ; RELEASE s",
	)
}

// Write makes a text that a read-only token may not send.
func (g *Generator) Write() Text {
	switch g.rand.IntN(8) {
	case 0:
		return tokens(g.pick("INSERT INTO ", "REPLACE INTO ", "INSERT OR IGNORE INTO ") + "u ( d , e ) " +
			g.selection(1, 2, scope{}) + g.pick("", " RETURNING id"))
	case 1:
		return tokens("UPDATE t SET a = ( " + g.selection(1, 1, scope{}) + " )" + g.pick("", " WHERE id = 1"))
	case 2:
		return tokens("WITH x ( y ) AS ( " + g.selection(1, 1, scope{}) + " ) DELETE FROM t" + g.pick("", " WHERE id IN x"))
	case 3:
		return tokens("CREATE " + g.pick("TABLE", "VIEW", "TEMP TABLE", "TEMP VIEW") + " made AS " + g.query())
	case 4:
		return tokens("PRAGMA " + g.pick("", "main . ") + g.pick("user_version", "query_only", "foreign_keys", "cache_size", "writable_schema", "journal_mode") + g.pick(" = 1", " ( 1 )"))
	case 5:
		return tokens("SELECT " + g.pick("optimize ( f )", "load_extension ( 'x' )", "fts3_tokenizer ( 'a' , x'00' )") + " FROM f")
	}
	return tokens(g.pick(
		"DELETE FROM t", "DROP TABLE t", "DROP VIEW IF EXISTS v", "REINDEX", "REINDEX t_b", "VACUUM", "VACUUM INTO 'made'", "ANALYZE",
		"ATTACH 'made' AS x", "DETACH main", "BEGIN CONCURRENT", "ALTER TABLE t RENAME TO w", "PRAGMA optimize",
		"PRAGMA wal_checkpoint", "PRAGMA incremental_vacuum", "SELECT * FROM pragma_optimize", "INSERT INTO f ( f ) VALUES ( 'optimize' )",
		"EXPLAIN PRAGMA query_only = 1", "CREATE INDEX i ON t ( a )", "SELECT * FROM sqlite_dbpage",
	))
}
