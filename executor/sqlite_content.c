/*
 * SQLite engine: the content of a shadow: snapshots of it, and digests of its tables.
 */
#include "executor/sqlite.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

int sqlite_bound(struct amp_db *base, int64_t bytes, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	char sql[96];
	db->bound = bytes;
	sqlite3_limit(db->handle, SQLITE_LIMIT_LENGTH, (int)(bytes / 4));
	/* sorting and recursion stay in memory, where the progress handler sees them grow */
	sqlite3_snprintf(sizeof(sql), sql,
		"PRAGMA temp_store=MEMORY; PRAGMA max_page_count=%lld",
		(long long)(bytes / 4096));
	return sqlite_exec(db, sql, error);
}

/* Page by page. Not by sqlite3_deserialize(): it frees a schema that the tables of the
   PRAGMA functions go on pointing at. */
static int copy_all(sqlite3 *from, sqlite3 *to)
{
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	if (!backup)
		return sqlite3_extended_errcode(to);
	sqlite3_backup_step(backup, -1);
	return sqlite3_backup_finish(backup);
}

static int copy_error(struct sqlite_db *db, int rc, struct amplan_error *error)
{
	return (rc & 0xff) == SQLITE_NOMEM ? amp_error_nomem(error)
					   : sqlite_error(db, rc, "copy", error);
}

void sqlite_snapshot_free(struct amp_snapshot *snapshot)
{
	sqlite3_close(snapshot->copy);
	*snapshot = (struct amp_snapshot){0};
}

int sqlite_snapshot(
	struct amp_db *base, struct amp_snapshot *out, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite3 *copy = NULL;
	*out = (struct amp_snapshot){0};
	int rc = sqlite3_open_v2(":memory:", &copy,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc == SQLITE_OK)
		rc = copy_all(db->handle, copy);
	if (rc) {
		sqlite3_close(copy);
		return copy_error(db, rc, error);
	}
	out->copy = copy;
	out->size = sqlite_number(db, "PRAGMA main.page_count", 0) *
		sqlite_number(db, "PRAGMA main.page_size", 4096);
	int code = sqlite_trouble(db, error);
	if (code)
		sqlite_snapshot_free(out);
	return code;
}

int sqlite_restore(struct amp_db *base, const struct amp_snapshot *snapshot,
	struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite3 *from = snapshot->copy, *nothing = NULL;
	int rc = SQLITE_OK;
	sqlite_cache_forget(db);
	if (!from)
		rc = sqlite3_open(":memory:", &nothing);
	if (rc == SQLITE_OK)
		rc = copy_all(from ? from : nothing, db->handle);
	sqlite3_close(nothing);
	return rc ? copy_error(db, rc, error) : AMPLAN_OK;
}

struct names AMP_VEC(char *);

static int compare_names(const void *left, const void *right)
{
	const char *const *l = left, *const *r = right;
	return strcasecmp(*l, *r);
}

/* The columns of a table, sorted by name; empty where there is no such table. */
static bool read_names(struct sqlite_db *db, const char *table, struct names *names)
{
	sqlite3_stmt *statement = NULL;
	bool room = true;
	if (sqlite_prepare(db,
		    "SELECT name FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 1",
		    &statement) == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
		while (room && sqlite_step(db, statement) == SQLITE_ROW) {
			char *name = sqlite3_mprintf(
				"%s", (const char *)sqlite3_column_text(statement, 0));
			room = name && amp_vec_push(names, name);
			if (!room)
				sqlite3_free(name);
		}
	}
	sqlite3_finalize(statement);
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	return room;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		sqlite3_free(names->items[i]);
	amp_vec_deinit(names);
}

static void digest_value(struct amp_digest *digest, sqlite3_value *value)
{
	int type = sqlite3_value_type(value);
	double real;
	amp_digest_number(digest, type);
	switch (type) {
	case SQLITE_INTEGER:
		amp_digest_number(digest, sqlite3_value_int64(value));
		break;
	case SQLITE_FLOAT:
		real = sqlite3_value_double(value);
		amp_digest_bytes(digest, &real, sizeof(real));
		break;
	case SQLITE_NULL:
		break;
	default: {
		const void *bytes = sqlite3_value_blob(value);
		int length = sqlite3_value_bytes(value);
		amp_digest_field(digest, bytes ? bytes : "", (size_t)length);
	}
	}
}

/* Adds the digest of a row to that of the table: a sum does not depend on the order. */
static void add_row(sqlite3_stmt *row, struct amp_content *content)
{
	struct amp_digest digest;
	uint64_t parts[4];
	amp_digest_init(&digest);
	for (int i = 0; i < sqlite3_column_count(row); i++)
		digest_value(&digest, sqlite3_column_value(row, i));
	amp_digest_end_raw(&digest, (uint8_t *)parts);
	for (size_t i = 0; i < 4; i++)
		content->digest[i] += parts[i];
	content->rows++;
}

static char *select_sorted(const char *table, const struct names *names)
{
	char *sql = sqlite3_mprintf("SELECT ");
	for (size_t i = 0; sql && i < names->count; i++)
		sql = sqlite3_mprintf("%z%s\"%w\"", sql, i ? ", " : "", names->items[i]);
	return sql ? sqlite3_mprintf("%z FROM main.\"%w\"", sql, table) : NULL;
}

static int read_content(
	struct sqlite_db *db, struct amp_content *content, struct amplan_error *error)
{
	struct names names = {0};
	sqlite3_stmt *statement = NULL;
	char *sql = NULL;
	content->rows = 0;
	memset(content->digest, 0, sizeof(content->digest));
	bool room = read_names(db, content->name, &names);
	content->exists = names.count > 0;
	if (room && content->exists)
		room = (sql = select_sorted(content->name, &names)) != NULL;
	free_names(&names);
	if (!room)
		return amp_error_nomem(error);
	if (!content->exists)
		return AMPLAN_OK;
	int rc = sqlite_prepare(db, sql, &statement);
	sqlite3_free(sql);
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
			add_row(statement, content);
	sqlite3_finalize(statement);
	/* what cannot be read at all, as a broken view, is equal to itself */
	if ((rc & 0xff) == SQLITE_NOMEM || (rc & 0xff) == SQLITE_INTERRUPT)
		return sqlite_error(db, rc, "read", error);
	return sqlite_trouble(db, error);
}

int sqlite_contents(struct amp_db *base, struct amp_content *contents, size_t count,
	struct amplan_error *error)
{
	int code = AMPLAN_OK;
	for (size_t i = 0; !code && i < count; i++)
		code = read_content(sqlite_of(base), &contents[i], error);
	return code;
}

int sqlite_empty(struct amp_db *base, const char *table, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	char *sql = sqlite3_mprintf("DELETE FROM main.\"%w\"", table);
	if (!sql)
		return amp_error_nomem(error);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, (int *)NULL);
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, (int *)NULL);
	sqlite3_free(sql);
	return (rc & 0xff) == SQLITE_NOMEM ? amp_error_nomem(error) : AMPLAN_OK;
}
