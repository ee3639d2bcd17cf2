package readonly

// deniedFunctions are never called, whatever the configuration allows. The
// allow-list alone would refuse them; this list says why, and holds when a name
// stands where a table's could.
var deniedFunctions = map[cause]string{
	// SELECT optimize(t) merges the index of a full-text table, although SQLite
	// calls the statement read-only. The others change tables or replication state.
	functionWrites: "optimize addgeometrycolumn createspatialindex initspatialmetadata remember" +
		" crsql_as_crr crsql_as_table crsql_begin_alter crsql_commit_alter crsql_config_set crsql_finalize",

	// SQLite's fileio extension, which is in official sqld builds, and sqlean's.
	functionFiles: "readfile writefile edit fsdir lsdir lsmode mkdir symlink zipfile zipfile_cds" +
		" fileio_append fileio_ls fileio_mkdir fileio_mode fileio_read fileio_scan fileio_symlink fileio_write",

	// They run SQL text, compile it (pragmas act while they are compiled), or load code.
	functionRunsSQL: "eval define define_cache define_free undefine sha1_query sha3_query" +
		" load_extension fts3_tokenizer icu_load_collation bytecode tables_used explain" +
		" completion nextchar spellfix1_editdist",

	// The cipher settings and key material of SQLite3MultipleCiphers.
	functionSettings: "sqlite3mc_config sqlite3mc_config_table sqlite3mc_codec_data sqlite_crypt",

	// SQLite's own helpers of ALTER TABLE, its error log, and raw page access.
	functionInternal: "sqlite_rename_column sqlite_rename_quotefix sqlite_rename_table sqlite_rename_test" +
		" sqlite_drop_column sqlite_add_constraint sqlite_fail sqlite_log dbdata dbptr",
}

// deniedTables are refused wherever they are named, in any quoting: their hidden
// columns take an argument without parentheses, as in FROM fsdir WHERE path = '/'.
var deniedTables = map[cause]string{
	pragmaWrites: "pragma_optimize", // runs ANALYZE, although SQLite calls the statement read-only

	tableFiles: "fsdir lsdir fileio_ls fileio_scan zipfile",

	tableRunsSQL: "bytecode tables_used",

	tablePages: "sqlite_dbpage sqlite_dbdata sqlite_dbptr",

	// The change log of cr-sqlite, the cipher settings, and what reads the memory at
	// a pointer: not data of the database's tables.
	tableInternal: "crsql_changes sqlite3mc_config_table carray",
}
