/*
 * SQLite engine: measuring one table, before a statement that may lose rows of it and
 * after: its rows, how many of them fill each column, and their keys.
 *
 * A key is kept as 64 bits of a digest, so that the keys of a million rows are 8 MiB. Two
 * keys that fall together can only make a lost row go unseen, one in 2^40 or so.
 */
#include "executor/sqlite_keep.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* More keys than that are not kept: rows are then only counted. */
#define KEYS_MAX ((size_t)1 << 25)
/* SQLite's own limit is 2,000 result columns, and each column takes two. */
#define COLUMNS_SUMMED 500
/* Of a whole row; each is looked up in each copy. */
#define WHOLE_COLUMNS "200"

static const char *schema_of(struct place_name at)
{
	return at.temp ? "temp" : "main";
}

bool sqlite_sums_exists(struct sqlite_db *db, struct place_name at)
{
	return sqlite_note(db,
		       sqlite3_table_column_metadata(db->handle, schema_of(at), at.name,
			       NULL, NULL, NULL, NULL, NULL, NULL)) == SQLITE_OK;
}

static void add_table(struct amp_str *sql, struct place_name at)
{
	amp_str_addf(sql, " FROM %s.", schema_of(at));
	sqlite_add_name(sql, at.name);
}

/* Trouble that must end the run; anything else only means that SQLite cannot say. */
static int trouble(struct sqlite_db *db, int rc, struct amplan_error *error)
{
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CORRUPT:
	case SQLITE_INTERRUPT:
		return sqlite_error(db, rc, "count the rows of", error);
	default:
		return AMPLAN_OK;
	}
}

/* A query about a table, bound to its name and schema. */
static int ask_pragma(struct sqlite_db *db, const char *sql, struct place_name at,
	const char *index, sqlite3_stmt **out)
{
	int rc = sqlite_prepare(db, sql, out);
	if (rc)
		return rc;
	sqlite3_bind_text(*out, 1, index ? index : at.name, -1, SQLITE_STATIC);
	sqlite3_bind_text(*out, 2, schema_of(at), -1, SQLITE_STATIC);
	return SQLITE_OK;
}

static bool list_columns(struct sqlite_db *db, struct place_name at,
	struct table_sum *out, struct amp_arena *arena)
{
	static const char sql[] = "SELECT name, count(*) OVER () "
				  "FROM pragma_table_xinfo(?1, ?2) WHERE hidden <> 1";
	sqlite3_stmt *row = NULL;
	bool room = true;
	int rc = ask_pragma(db, sql, at, NULL, &row);
	while (!rc && room && sqlite_step(db, row) == SQLITE_ROW) {
		size_t count = (size_t)sqlite3_column_int64(row, 1);
		if (count > COLUMNS_SUMMED)
			break;
		if (!out->columns)
			out->columns =
				amp_arena_array(arena, count, sizeof(*out->columns));
		const char *name = amp_arena_strdup(
			arena, (const char *)sqlite3_column_text(row, 0));
		room = out->columns && name;
		if (room)
			out->columns[out->ncolumns++].name = name;
	}
	sqlite3_finalize(row);
	return room;
}

static void take_sums(sqlite3_stmt *row, struct table_sum *out)
{
	out->rows = sqlite3_column_int64(row, 0);
	for (size_t i = 0; i < out->ncolumns; i++) {
		out->columns[i].filled = sqlite3_column_int64(row, (int)i * 2 + 1);
		out->columns[i].varies = sqlite3_column_int(row, (int)i * 2 + 2);
	}
}

int sqlite_sums_table(struct sqlite_db *db, struct place_name at, bool columns,
	struct table_sum *out, struct amp_arena *arena, struct amplan_error *error)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	sqlite3_stmt *row = NULL;
	*out = (struct table_sum){.rows = -1};
	if (columns && !list_columns(db, at, out, arena))
		return amp_error_nomem(error);
	amp_str_add(&sql, "SELECT count(*)");
	for (size_t i = 0; i < out->ncolumns; i++) {
		amp_str_add(&sql, ", count(");
		sqlite_add_name(&sql, out->columns[i].name);
		amp_str_add(&sql, "), min(");
		sqlite_add_name(&sql, out->columns[i].name);
		amp_str_add(&sql, ") IS NOT max(");
		sqlite_add_name(&sql, out->columns[i].name);
		amp_str_add(&sql, ")");
	}
	add_table(&sql, at);
	if (sql.failed)
		return amp_error_nomem(error);
	int rc = sqlite_prepare(db, sql.data, &row);
	if (rc == SQLITE_OK && (rc = sqlite_step(db, row)) == SQLITE_ROW)
		take_sums(row, out);
	sqlite3_finalize(row);
	return rc == SQLITE_ROW ? AMPLAN_OK : trouble(db, rc, error);
}

/* The columns that a query names, one a row. */
static bool take_columns(struct sqlite_db *db, const char *sql, struct place_name at,
	const char *index, struct table_keys *out, struct amp_arena *arena)
{
	sqlite3_stmt *row = NULL;
	bool room = true;
	out->ncolumns = 0;
	int rc = ask_pragma(db, sql, at, index, &row);
	while (!rc && room && sqlite_step(db, row) == SQLITE_ROW) {
		size_t count = (size_t)sqlite3_column_int64(row, 1);
		if (!out->columns)
			out->columns =
				amp_arena_array(arena, count, sizeof(*out->columns));
		const char *name = amp_arena_strdup(
			arena, (const char *)sqlite3_column_text(row, 0));
		room = out->columns && name;
		if (room)
			out->columns[out->ncolumns++] = name;
	}
	sqlite3_finalize(row);
	return room;
}

/* The UNIQUE index that names the rows best: the one with the fewest columns. */
static char *best_index(struct sqlite_db *db, struct place_name at)
{
	static const char sql[] =
		"SELECT l.name FROM pragma_index_list(?1, ?2) AS l WHERE l.\"unique\" "
		"AND NOT l.partial AND NOT EXISTS (SELECT 1 FROM "
		"pragma_index_info(l.name, ?2) AS i WHERE i.name IS NULL) ORDER BY "
		"(SELECT count(*) FROM pragma_index_info(l.name, ?2)), l.seq DESC LIMIT 1";
	sqlite3_stmt *row = NULL;
	char *name = NULL;
	if (ask_pragma(db, sql, at, NULL, &row) == SQLITE_OK &&
		sqlite_step(db, row) == SQLITE_ROW)
		name = sqlite3_mprintf("%s", sqlite3_column_text(row, 0));
	if (row && sqlite3_data_count(row) && !name)
		sqlite_note(db, SQLITE_NOMEM);
	sqlite3_finalize(row);
	return name;
}

bool sqlite_sums_find_key(struct sqlite_db *db, struct place_name at,
	struct table_keys *out, struct amp_arena *arena)
{
	static const char primary[] =
		"SELECT name, count(*) OVER () FROM pragma_table_xinfo(?1, ?2) "
		"WHERE pk > 0 ORDER BY pk";
	static const char indexed[] =
		"SELECT name, count(*) OVER () FROM pragma_index_info(?1, ?2) "
		"ORDER BY seqno";
	if (!take_columns(db, primary, at, NULL, out, arena))
		return false;
	char *index = out->ncolumns ? NULL : best_index(db, at);
	bool room = !index || take_columns(db, indexed, at, index, out, arena);
	sqlite3_free(index);
	for (size_t i = 0; i < out->ncolumns; i++) {
		const char *collation = NULL;
		sqlite_note(db,
			sqlite3_table_column_metadata(db->handle, schema_of(at), at.name,
				out->columns[i], NULL, &collation, NULL, NULL, NULL));
		out->folds |= collation && sqlite3_stricmp(collation, "BINARY") != 0;
	}
	return room;
}

/* Does a column hide the rowid under this name? */
static bool is_column(struct sqlite_db *db, struct place_name at, const char *name)
{
	static const char sql[] = "SELECT 1 FROM pragma_table_xinfo(?1, ?2) "
				  "WHERE name = ?3 COLLATE NOCASE";
	sqlite3_stmt *row = NULL;
	bool found = false;
	if (ask_pragma(db, sql, at, NULL, &row) == SQLITE_OK) {
		sqlite3_bind_text(row, 3, name, -1, SQLITE_STATIC);
		found = sqlite_step(db, row) == SQLITE_ROW;
	}
	sqlite3_finalize(row);
	return found;
}

bool sqlite_sums_list(struct sqlite_db *db, struct place_name at, struct table_keys *out,
	struct amp_arena *arena)
{
	return take_columns(db,
		"SELECT name, count(*) OVER () FROM pragma_table_xinfo(?1, ?2) "
		"WHERE hidden = 0 ORDER BY cid LIMIT " WHOLE_COLUMNS,
		at, NULL, out, arena);
}

size_t sqlite_sums_shared(
	struct sqlite_db *db, struct place_name at, const struct table_keys *keys)
{
	size_t shared = 0;
	for (size_t i = 0; i < keys->ncolumns; i++)
		shared += is_column(db, at, keys->columns[i]);
	return shared;
}

void sqlite_sums_narrow(
	struct sqlite_db *db, struct place_name at, struct table_keys *keys)
{
	size_t had = keys->ncolumns;
	keys->ncolumns = 0;
	for (size_t i = 0; i < had; i++)
		if (is_column(db, at, keys->columns[i]))
			keys->columns[keys->ncolumns++] = keys->columns[i];
}

static const char *rowid_name(struct sqlite_db *db, struct place_name at)
{
	static const char *const names[] = {"rowid", "_rowid_", "oid"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!is_column(db, at, names[i]))
			return names[i];
	return NULL;
}

/* FNV-1a, and a last stir: runs of numbers must not stay runs. */
static uint64_t digest_bytes(uint64_t digest, const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		digest = (digest ^ bytes[i]) * 0x100000001b3u;
	return digest;
}

static uint64_t digest_key(sqlite3_stmt *row, int count)
{
	uint64_t digest = 0xcbf29ce484222325u;
	for (int i = 0; i < count; i++) {
		int type = sqlite3_column_type(row, i);
		const unsigned char *bytes = type == SQLITE_BLOB
			? sqlite3_column_blob(row, i)
			: sqlite3_column_text(row, i);
		size_t length = (size_t)sqlite3_column_bytes(row, i);
		uint64_t head = ((uint64_t)length << 1) | (type == SQLITE_NULL);
		digest = digest_bytes(digest, (unsigned char *)&head, sizeof(head));
		if (bytes)
			digest = digest_bytes(digest, bytes, length);
	}
	digest ^= digest >> 33;
	digest *= 0xff51afd7ed558ccdu;
	return digest ^ (digest >> 33);
}

static int compare_keys(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return a < b ? -1 : a > b;
}

void sqlite_sums_sort(struct table_keys *keys)
{
	if (keys->rows.count)
		qsort(keys->rows.items, keys->rows.count, sizeof(*keys->rows.items),
			compare_keys);
}

static bool write_query(struct sqlite_db *db, struct place_name at,
	struct table_keys *keys, struct amp_str *sql)
{
	const char *rowid = keys->ncolumns ? NULL : rowid_name(db, at);
	if (!keys->ncolumns && !rowid)
		return false;
	amp_str_add(sql, "SELECT ");
	for (size_t i = 0; i < keys->ncolumns; i++) {
		/* a bare word in quotes would pass for a string */
		if (!is_column(db, at, keys->columns[i]))
			return false;
		amp_str_add(sql, i ? ", " : "");
		amp_str_add(sql, keys->folds ? "lower(rtrim(" : "");
		sqlite_add_name(sql, keys->columns[i]);
		amp_str_add(sql, keys->folds ? "))" : "");
	}
	amp_str_add(sql, rowid ? rowid : "");
	add_table(sql, at);
	return true;
}

int sqlite_sums_keys(struct sqlite_db *db, struct place_name at, struct table_keys *out,
	struct amp_arena *arena, struct amplan_error *error)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	sqlite3_stmt *row = NULL;
	bool room = true;
	if (!out->columns && !sqlite_sums_find_key(db, at, out, arena))
		return amp_error_nomem(error);
	if (!write_query(db, at, out, &sql))
		return AMPLAN_OK;
	if (sql.failed)
		return amp_error_nomem(error);
	int rc = sqlite_prepare(db, sql.data, &row);
	int count = out->ncolumns ? (int)out->ncolumns : 1;
	while (!(rc & 0xff) || rc == SQLITE_ROW) {
		rc = sqlite_step(db, row);
		if (rc != SQLITE_ROW || out->rows.count >= KEYS_MAX)
			break;
		if (!(room = amp_vec_push(&out->rows, digest_key(row, count))))
			break;
	}
	sqlite3_finalize(row);
	if (!room)
		return amp_error_nomem(error);
	out->known = rc == SQLITE_DONE;
	sqlite_sums_sort(out);
	return out->known ? AMPLAN_OK : trouble(db, rc, error);
}

void sqlite_sums_keys_free(struct table_keys *keys)
{
	amp_vec_deinit(&keys->rows);
	keys->known = false;
}

int64_t sqlite_sums_missing(const struct table_keys *keys, const struct table_keys *there)
{
	int64_t missing = 0;
	for (size_t i = 0, at = 0; i < keys->rows.count; i++) {
		uint64_t key = keys->rows.items[i];
		if (i && key == keys->rows.items[i - 1])
			continue;
		while (at < there->rows.count && there->rows.items[at] < key)
			at++;
		missing += at == there->rows.count || there->rows.items[at] != key;
	}
	return missing;
}

int64_t sqlite_sums_fewer(const struct table_keys *keys, const struct table_keys *there)
{
	int64_t fewer = 0;
	for (size_t i = 0, at = 0; i < keys->rows.count; i++) {
		uint64_t key = keys->rows.items[i];
		while (at < there->rows.count && there->rows.items[at] < key)
			at++;
		/* one there stands for one here */
		if (at < there->rows.count && there->rows.items[at] == key)
			at++;
		else
			fewer++;
	}
	return fewer;
}

int64_t sqlite_sums_mark(struct sqlite_db *db, const char *table)
{
	sqlite3_stmt *row = NULL;
	int64_t mark = -1;
	if (!sqlite_sums_exists(db, (struct place_name){"sqlite_sequence", false}))
		return mark;
	if (sqlite_prepare(db,
		    "SELECT seq FROM main.sqlite_sequence WHERE name = ?1 COLLATE NOCASE",
		    &row) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
		if (sqlite_step(db, row) == SQLITE_ROW)
			mark = sqlite3_column_int64(row, 0);
	}
	sqlite3_finalize(row);
	return mark;
}

bool sqlite_sums_counts(struct sqlite_db *db, struct place_name at)
{
	static const char sql[] =
		"SELECT name FROM pragma_table_info(?1, ?2) WHERE pk = 1";
	sqlite3_stmt *row = NULL;
	int counts = 0;
	if (ask_pragma(db, sql, at, NULL, &row) == SQLITE_OK &&
		sqlite_step(db, row) == SQLITE_ROW)
		sqlite_note(db,
			sqlite3_table_column_metadata(db->handle, schema_of(at), at.name,
				(const char *)sqlite3_column_text(row, 0), NULL, NULL,
				NULL, NULL, &counts));
	sqlite3_finalize(row);
	return counts;
}

int64_t sqlite_sums_last_rowid(struct sqlite_db *db, struct place_name at)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	const char *rowid = rowid_name(db, at);
	if (!rowid)
		return -1;
	amp_str_addf(&sql, "SELECT coalesce(max(%s), 0)", rowid);
	add_table(&sql, at);
	if (sql.failed)
		sqlite_note(db, SQLITE_NOMEM);
	return sql.failed ? -1 : sqlite_number(db, sql.data, -1);
}
