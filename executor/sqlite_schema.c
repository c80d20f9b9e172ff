/*
 * SQLite engine: the objects of the schema, and rows that point at nothing.
 *
 * The schema is read after each step, and a plan may have a thousand of them. So it is
 * kept, and after a step that only created objects just the new rows of the schema table
 * are read: their rowids only grow. Whatever drops or alters makes it forget.
 */
#include "executor/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schema/checksum.h"

static int kind_rank(const char *type)
{
	return !strcmp(type, "table")    ? 0
		: !strcmp(type, "view")  ? 1
		: !strcmp(type, "index") ? 2
					 : 3;
}

static int compare(const struct amp_object *left, const struct amp_object *right)
{
	int order = strcmp(left->table, right->table);
	if (!order)
		order = kind_rank(left->type) - kind_rank(right->type);
	return order ? order : strcmp(left->name, right->name);
}

/* The same object in the list before, whose digest is known then. */
static const struct amp_object *find_old(
	const struct schema_cache *cache, const struct amp_object *object)
{
	size_t low = 0, high = cache->old_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare(cache->old[middle], object);
		if (!order)
			return strcmp(cache->old[middle]->sql, object->sql)
				? NULL
				: cache->old[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static void digest_object(struct amp_object *object, struct amp_str *scratch)
{
	struct amp_digest digest;
	amp_str_clear(scratch);
	amp_checksum_squeeze(scratch, object->sql, strlen(object->sql));
	amp_digest_init(&digest);
	amp_digest_string(&digest, object->type);
	amp_digest_string(&digest, object->name);
	amp_digest_string(&digest, object->table);
	amp_digest_field(&digest, amp_str_text(scratch), scratch->length);
	amp_digest_end_raw(&digest, object->digest);
}

static bool insert(struct schema_cache *cache, const struct amp_object *object)
{
	if (cache->count == cache->room) {
		size_t room = cache->room ? cache->room * 2 : 64;
		void *grown = realloc(cache->sorted, room * sizeof(*cache->sorted));
		if (!grown)
			return false;
		cache->sorted = grown;
		cache->room = room;
	}
	size_t low = 0, high = cache->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(cache->sorted[middle], object) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	memmove(cache->sorted + low + 1, cache->sorted + low,
		(cache->count - low) * sizeof(*cache->sorted));
	cache->sorted[low] = object;
	cache->count++;
	return true;
}

static const char *column(struct amp_arena *arena, sqlite3_stmt *row, int index)
{
	const char *text = (const char *)sqlite3_column_text(row, index);
	return amp_arena_strdup(arena, text ? text : "");
}

static bool take_row(
	struct schema_cache *cache, sqlite3_stmt *row, struct amp_str *scratch)
{
	struct amp_object *object = amp_arena_alloc(&cache->arena, sizeof(*object));
	if (!object)
		return false;
	object->type = column(&cache->arena, row, 1);
	object->name = column(&cache->arena, row, 2);
	object->table = column(&cache->arena, row, 3);
	object->sql = column(&cache->arena, row, 4);
	if (cache->arena.failed)
		return false;
	const struct amp_object *old = find_old(cache, object);
	if (old)
		memcpy(object->digest, old->digest, sizeof(object->digest));
	else
		digest_object(object, scratch);
	cache->last_rowid = sqlite3_column_int64(row, 0);
	return !scratch->failed && insert(cache, object);
}

static int read_rows(struct sqlite_db *db, struct amplan_error *error)
{
	static const char sql[] =
		"SELECT rowid, type, name, tbl_name, sql FROM main.sqlite_schema "
		"WHERE rowid > ?1 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
		"AND tbl_name <> '" AMP_HISTORY_TABLE "' ORDER BY rowid";
	sqlite3_stmt *statement = NULL;
	AMP_STR_AUTO scratch = AMP_STR_INIT;
	int rc = sqlite_prepare(db, sql, &statement);
	bool room = true;
	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(statement, 1, db->cache.last_rowid);
		while (room && (rc = sqlite3_step(statement)) == SQLITE_ROW)
			room = take_row(&db->cache, statement, &scratch);
	}
	int code = AMPLAN_OK;
	if (!room)
		code = amp_error_nomem(error);
	else if (rc != SQLITE_DONE)
		code = sqlite_error(db, rc, "read the schema of", error);
	sqlite3_finalize(statement);
	return code;
}

/* Makes the list the old one, and begins a new one in the memory of the one before. */
static void set_aside(struct schema_cache *cache)
{
	const struct amp_object **items = cache->old;
	size_t room = cache->old_room;
	cache->old = cache->sorted;
	cache->old_count = cache->count;
	cache->old_room = cache->room;
	cache->sorted = items;
	cache->room = room;
	cache->count = 0;
}

int sqlite_objects(
	struct amp_db *base, struct amp_objects *out, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	struct schema_cache *cache = &db->cache;
	int cookie = (int)sqlite_number(db, "PRAGMA main.schema_version", -1);
	int code = AMPLAN_OK;
	if (!cache->complete) {
		/* the last list stays readable, to be compared with the new one */
		amp_arena_deinit(&cache->before);
		cache->before = cache->arena;
		amp_arena_init(&cache->arena);
		set_aside(cache);
		cache->last_rowid = 0;
	}
	if (!cache->complete || cache->cookie != cookie)
		code = read_rows(db, error);
	if (!code)
		code = sqlite_trouble(db, error);
	cache->complete = !code;
	cache->cookie = cookie;
	*out = (struct amp_objects){cache->sorted, cache->count};
	return code;
}

/* "from -> to" columns of foreign key number `id` of a table, as a key to count by. */
static const char *key_columns(
	struct sqlite_db *db, const char *table, int64_t id, struct amp_arena *arena)
{
	sqlite3_stmt *statement = NULL;
	AMP_STR_AUTO key = AMP_STR_INIT;
	if (sqlite_prepare(db,
		    "SELECT \"from\" FROM pragma_foreign_key_list(?1) WHERE id = ?2 "
		    "ORDER BY seq",
		    &statement) == SQLITE_OK) {
		sqlite3_bind_text(statement, 1, table, -1, SQLITE_STATIC);
		sqlite3_bind_int64(statement, 2, id);
		while (sqlite_step(db, statement) == SQLITE_ROW)
			amp_str_addf(&key, "%s%s", key.length ? ", " : "",
				(const char *)sqlite3_column_text(statement, 0));
	}
	sqlite3_finalize(statement);
	arena->failed |= key.failed;
	return amp_arena_strdup(arena, amp_str_text(&key));
}

/* The names repeat row after row of one key, so they are copied only once. */
static bool take_violation(struct sqlite_db *db, sqlite3_stmt *row,
	struct amp_violations *out, int64_t *last_key)
{
	const char *child = (const char *)sqlite3_column_text(row, 0);
	const char *parent = (const char *)sqlite3_column_text(row, 1);
	int64_t key = sqlite3_column_int64(row, 2);
	const struct amp_violation *last =
		out->count ? &out->items[out->count - 1] : NULL;
	struct amp_violation violation = {
		.row = sqlite3_column_int64(row, 3),
		.count = sqlite3_column_int64(row, 4),
	};
	child = child ? child : "";
	parent = parent ? parent : "";
	if (last && *last_key == key) {
		violation.child = last->child;
		violation.parent = last->parent;
		violation.key = last->key;
	} else {
		violation.child = amp_arena_strdup(out->arena, child);
		violation.parent = amp_arena_strdup(out->arena, parent);
		violation.key = key_columns(db, child, key, out->arena);
	}
	*last_key = key;
	return !out->arena->failed && amp_vec_push(out, violation);
}

/* One table. A key that names no unique columns is a violation of its own. */
static int check_table(struct sqlite_db *db, sqlite3_stmt *check, const char *table,
	struct amp_violations *out, struct amplan_error *error)
{
	int64_t last_key = -1;
	bool room = true;
	int rc, code = AMPLAN_OK;
	sqlite3_bind_text(check, 1, table, -1, SQLITE_TRANSIENT);
	while (room && (rc = sqlite3_step(check)) == SQLITE_ROW)
		room = take_violation(db, check, out, &last_key);
	if (room && rc == SQLITE_ERROR) {
		struct amp_violation mismatch = {.parent = "", .count = 1};
		mismatch.child = amp_arena_strdup(out->arena, table);
		mismatch.key = amp_arena_strdup(out->arena, sqlite3_errmsg(db->handle));
		room = mismatch.child && mismatch.key && amp_vec_push(out, mismatch);
	} else if (room && rc != SQLITE_DONE) {
		code = sqlite_error(db, rc, "check the foreign keys of", error);
	}
	sqlite3_reset(check);
	return room ? code : amp_error_nomem(error);
}

static bool is_table(struct sqlite_db *db, const char *name)
{
	return sqlite_note(db,
		       sqlite3_table_column_metadata(db->handle, "main", name, NULL, NULL,
			       NULL, NULL, NULL, NULL)) == SQLITE_OK;
}

/* Table by table: asked for all at once, SQLite stops at the first key that fits nothing
   and tells of no row behind it. */
int sqlite_violations(struct amp_db *base, const char *const *names, size_t nnames,
	struct amp_violations *out, struct amplan_error *error)
{
	static const char tables_sql[] =
		"SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name";
	static const char check_sql[] =
		"SELECT \"table\", parent, fkid, coalesce(rowid, 0), count(*) "
		"FROM pragma_foreign_key_check(?1) GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
	struct sqlite_db *db = sqlite_of(base);
	sqlite3_stmt *tables = NULL, *check = NULL;
	int code = AMPLAN_OK;
	int rc = sqlite_prepare(db, check_sql, &check);
	for (size_t i = 0; names && rc == SQLITE_OK && !code && i < nnames; i++)
		if (is_table(db, names[i]))
			code = check_table(db, check, names[i], out, error);
	if (rc == SQLITE_OK && !names)
		rc = sqlite_prepare(db, tables_sql, &tables);
	if (rc == SQLITE_OK && names)
		rc = SQLITE_DONE;
	else if (rc == SQLITE_OK)
		while (!code && (rc = sqlite3_step(tables)) == SQLITE_ROW)
			code = check_table(db, check,
				(const char *)sqlite3_column_text(tables, 0), out, error);
	if (!code && rc != SQLITE_DONE)
		code = sqlite_error(db, rc, "check the foreign keys of", error);
	sqlite3_finalize(check);
	sqlite3_finalize(tables);
	return code ? code : sqlite_trouble(db, error);
}
