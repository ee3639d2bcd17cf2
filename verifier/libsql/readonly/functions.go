package readonly

// allowedFunctions only compute from their arguments or read the database: those
// of SQLite 3.40 to 3.54, libSQL, sqld, and extensions that people load. A
// function that is not here is refused, for it may be anything.
var allowedFunctions = [...]string{
	// SQLite's scalar functions. random and randomblob take memory and time,
	// which other limits bound.
	"abs changes char coalesce concat concat_ws format glob hex if ifnull iif instr last_insert_rowid length like" +
		" likelihood likely lower ltrim max min nullif octet_length printf quote random randomblob replace round rtrim" +
		" sign soundex sqlite_compileoption_get sqlite_compileoption_used sqlite_offset sqlite_source_id sqlite_version" +
		" substr substring subtype total_changes trim typeof unhex unicode unistr unistr_quote unlikely upper zeroblob",

	// Aggregates and window functions.
	"avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc" +
		" cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number",

	// Dates and times: of the clock, never set.
	"current_date current_time current_timestamp date datetime julianday strftime time time_now timediff unixepoch",

	// Mathematics.
	"acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow power" +
		" radians sin sinh sqrt tan tanh trunc",

	// JSON, text and binary, with the table-valued ones.
	"json json_array json_array_insert json_array_length json_each json_error_position json_extract json_group_array" +
		" json_group_object json_insert json_object json_patch json_pretty json_quote json_remove json_replace json_set" +
		" json_tree json_type json_valid jsonb jsonb_array jsonb_array_insert jsonb_each jsonb_extract jsonb_group_array" +
		" jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set jsonb_tree",

	// Full-text search: auxiliary functions and readers of an index.
	"bm25 highlight matchinfo offsets snippet match fts3tokenize fts4aux fts5 fts5_get_locale fts5_insttoken fts5_locale" +
		" fts5_source_id fts5vocab",

	// R-Tree and Geopoly.
	"rtree rtreecheck rtreedepth rtreenode geopoly_area geopoly_bbox geopoly_blob geopoly_ccw geopoly_contains_point" +
		" geopoly_debug geopoly_group_bbox geopoly_json geopoly_overlap geopoly_regular geopoly_svg geopoly_within" +
		" geopoly_xform",

	// SQLite's own extensions and command shell that compute: encodings, decimal
	// and floating point, series, sizes, prepared statements of the connection.
	"base64 base85 decimal decimal_add decimal_cmp decimal_exp decimal_mul decimal_pow2 decimal_sub decimal_sum" +
		" ieee754 ieee754_exponent ieee754_mantissa generate_series dbstat sqlite_stmt regexp regexpi" +
		" uuid uuid_str uuid_blob sha1 sha3 editdist1 editdist3 phonetic_hash script_code translit",

	// libSQL and sqld: vectors, their indexes, the name of the database.
	"vector vector1bit vector8 vector16 vector32 vector32_sparse vector64 vectorb16 vector_concat vector_distance_cos" +
		" vector_distance_dot vector_distance_jaccard vector_distance_l2 vector_distance_sparse_cos vector_extract" +
		" vector_slice vector_top_k libsql_vector_idx libsql_vector_neighbor libsql_server_database_name" +
		" sqlite3mc_version",

	// sqlite-vec.
	"vec_add vec_bit vec_debug vec_distance_cosine vec_distance_hamming vec_distance_l1 vec_distance_l2 vec_each vec_f32" +
		" vec_int8 vec_length vec_normalize vec_quantize_binary vec_quantize_int8 vec_slice vec_sub vec_to_json vec_type" +
		" vec_version",

	// sqlean: hashes and encodings, uuids, regular expressions.
	"blake3 crypto_blake3 crypto_decode crypto_encode crypto_md5 crypto_sha1 crypto_sha256 crypto_sha384 crypto_sha512" +
		" decode encode md5 sha256 sha384 sha512 gen_random_uuid uuid4 uuid4_str uuid7 uuid7_timestamp_ms" +
		" uuid_timestamp_ms regexp_capture regexp_like regexp_replace regexp_substr",

	// sqlean: mathematics and statistics.
	"math_abs math_acos math_ceil math_cos math_cot math_coth math_degrees math_exp math_floor math_ln math_log" +
		" math_log10 math_log2 math_mod math_pi math_pow math_radians math_round math_sin math_sqrt math_tan math_trunc" +
		" median_low mode percentile_25 percentile_75 percentile_90 percentile_95 percentile_99 lower_quartile" +
		" upper_quartile stddev stddev_pop stddev_samp stdev variance var_pop var_samp stats_mean stats_median stats_mode" +
		" stats_p25 stats_p75 stats_p90 stats_p95 stats_p99 stats_perc stats_seq stats_stddev stats_stddev_pop" +
		" stats_stddev_samp stats_var stats_var_pop stats_var_samp",

	// sqlean: text.
	"text_bitsize text_casefold text_concat text_contains text_count text_has_prefix text_has_suffix text_index" +
		" text_join text_last_index text_left text_length text_like text_lower text_lpad text_ltrim text_nocase text_nth" +
		" text_part text_repeat text_replace text_reverse text_right text_rpad text_rtrim text_size text_slice text_split" +
		" text_substring text_title text_translate text_trim text_upper",

	// sqlean: comparison of texts that nearly match.
	"caverphone dlevenshtein edit_distance hamming jaro_winkler jarowin levenshtein osa_distance osadistance rsoundex" +
		" fuzzy_caver fuzzy_damlev fuzzy_editdist fuzzy_hamming fuzzy_jarowin fuzzy_leven fuzzy_osadist fuzzy_phonetic" +
		" fuzzy_rsoundex fuzzy_script fuzzy_soundex fuzzy_translit",

	// The older extension-functions.c, and what ports add for other databases' names.
	"ascii atn2 bit_length btrim char_length character_length charindex chr cot coth difference ends_with last_rows_affected" +
		" left leftstr lpad padc padl padr proper repeat replicate reverse right rightstr rpad split_part square" +
		" starts_with strfilter strpos translate",

	// Types, not functions: CAST(x AS decimal(10, 2)).
	"bigint binary bit blob boolean character datetime2 double float int integer nchar numeric nvarchar real smallint text" +
		" timestamp tinyint varbinary varchar",
}
