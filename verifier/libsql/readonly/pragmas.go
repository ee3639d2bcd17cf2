package readonly

// pragma is how a read-only token may use a pragma.
type pragma struct {
	argument bool // takes the name of a table or index, never a setting
	table    bool // SQLite has it as a table, pragma_name
	only     bool // may be read as a table only
	schema   bool // the table takes a schema after the argument
	native   bool // sqld answers it to read-only tokens as it is
}

// pragmas are those that change neither a database nor a file nor a connection
// when they are read. Many that are not here act while they are compiled.
var pragmas = func() map[string]pragma {
	list := map[string]pragma{}
	add := func(p pragma, names ...string) {
		for _, name := range names {
			list[name] = p
		}
	}

	// The schema, as object mappers read it.
	add(pragma{argument: true, table: true, native: true, schema: true},
		"table_info", "table_xinfo", "index_list", "index_info", "index_xinfo")
	add(pragma{argument: true, table: true, native: true}, "table_list")
	add(pragma{argument: true, table: true, schema: true}, "foreign_key_list")

	// What the server was built with and has open.
	add(pragma{table: true, native: true},
		"compile_options", "database_list", "function_list", "module_list", "pragma_list")
	add(pragma{table: true}, "collation_list")

	// Fields of the database's header, and counters.
	add(pragma{table: true, native: true}, "encoding", "schema_version")
	add(pragma{table: true},
		"application_id", "auto_vacuum", "data_version", "freelist_count", "max_page_count", "page_count",
		"page_size", "user_version")

	// Settings of the connection: to read them, never to set them.
	add(pragma{table: true},
		"analysis_limit", "automatic_index", "busy_timeout", "cache_size", "defer_foreign_keys", "foreign_keys",
		"journal_size_limit", "legacy_alter_table", "locking_mode", "query_only", "read_uncommitted",
		"recursive_triggers", "secure_delete", "synchronous", "temp_store", "trusted_schema", "writable_schema")
	add(pragma{table: true, only: true}, "journal_mode") // PRAGMA journal_mode may recover the database
	add(pragma{}, "mmap_size", "wal_autocheckpoint")
	return list
}()

// writingPragmas write to a file of the database: some when a value is given,
// some always.
var writingPragmas = map[string]bool{
	"application_id": true, "auto_vacuum": true, "default_cache_size": true, "encoding": true,
	"incremental_vacuum": true, "journal_mode": true, "optimize": true, "page_size": true,
	"schema_version": true, "user_version": true, "wal_checkpoint": true,
}

// deniedPragmas are known and refused like all that are not allowed. They set
// the connection or the process while they are compiled, act when they are read,
// read whole databases, or show the keys and files of the server.
const deniedPragmas = "activate_extensions cache_spill case_sensitive_like cell_size_check checkpoint_fullfsync count_changes" +
	" data_store_directory empty_result_callbacks foreign_key_check full_column_names fullfsync hard_heap_limit" +
	" ignore_check_constraints integrity_check lock_proxy_file lock_status parser_trace quick_check" +
	" reverse_unordered_selects short_column_names shrink_memory soft_heap_limit stats temp_store_directory threads" +
	" vdbe_addoptrace vdbe_debug vdbe_eqp vdbe_listing vdbe_trace" +
	" cipher cipher_salt hexkey hexrekey key rekey textkey textrekey"
