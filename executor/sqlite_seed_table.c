/*
 * SQLite engine, seeding: the shape of one table, read from SQLite's own pragmas.
 *
 * Pragmas are asked one by one, not as table-valued functions: that is half the time.
 */
#include "executor/sqlite_seed.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/always.h"

int sqlite_seed_prepare(sqlite3 *handle, sqlite3_stmt **out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *sql = sqlite3_vmprintf(format, args);
	va_end(args);
	*out = NULL;
	if (!sql)
		return SQLITE_NOMEM;
	int rc = sqlite3_prepare_v2(handle, sql, -1, out, NULL);
	sqlite3_free(sql);
	return rc;
}

static const char *text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text ? text : "";
}

int sqlite_seed_sql(
	sqlite3 *handle, const char *table, const char **sql, struct amp_arena *arena)
{
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(handle, &row,
		"SELECT sql FROM main.sqlite_schema WHERE type = 'table' AND name = %Q "
		"COLLATE NOCASE",
		table);
	*sql = "";
	if (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW)
		*sql = amp_arena_strdup(arena, text_of(row, 0));
	sqlite3_finalize(row);
	if (!*sql)
		return SQLITE_NOMEM;
	return seed_is_trouble(rc) ? rc : SQLITE_OK;
}

/* A view is no table here, and is not to be run: it may have no end. */
static int find_table(sqlite3 *handle, const char *name, bool *found)
{
	int rc = sqlite3_table_column_metadata(
		handle, "main", name, NULL, NULL, NULL, NULL, NULL, NULL);
	*found = rc == SQLITE_OK;
	return seed_is_trouble(rc) ? rc : SQLITE_OK;
}

/* Of virtual tables, those that hold rows of their own and reach nothing outside. */
static int accept_virtual(
	sqlite3 *handle, struct seed_table *table, bool *found, struct amp_arena *arena)
{
	const char *at;
	struct seed_token before = {0}, token;
	bool tree = false, full_text = false, external = false;
	int rc = sqlite_seed_sql(handle, table->name, &at, arena);
	if (rc)
		return rc;
	for (; sqlite_seed_token(&at, &token); before = token) {
		if (sqlite_seed_is_word(&before, "using")) {
			tree = sqlite_seed_is_word(&token, "rtree") ||
				sqlite_seed_is_word(&token, "rtree_i32");
			full_text = sqlite_seed_is_word(&token, "fts5") ||
				sqlite_seed_is_word(&token, "fts4") ||
				sqlite_seed_is_word(&token, "fts3");
		}
		/* the rows of an external-content index are in another table */
		external |=
			*token.start == '=' && sqlite_seed_is_word(&before, "content");
	}
	*found = tree || (full_text && !external);
	table->virtual = true;
	table->rowid = tree ? NULL : "rowid";
	return SQLITE_OK;
}

static int read_kind(
	sqlite3 *handle, struct seed_table *table, bool *found, struct amp_arena *arena)
{
	sqlite3_stmt *row;
	bool ordinary = false, virtual = false;
	int rc = sqlite_seed_prepare(
		handle, &row, "PRAGMA main.table_list(\"%w\")", table->name);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		ordinary = !strcmp(text_of(row, 2), "table");
		virtual = !strcmp(text_of(row, 2), "virtual");
		table->without_rowid = sqlite3_column_int(row, 4);
	}
	sqlite3_finalize(row);
	*found = ordinary;
	if (rc != SQLITE_DONE)
		return rc;
	return virtual ? accept_virtual(handle, table, found, arena) : SQLITE_OK;
}

static int read_has_rows(sqlite3 *handle, struct seed_table *table)
{
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(
		handle, &row, "SELECT 1 FROM main.\"%w\" LIMIT 1", table->name);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(row);
	table->has_rows = rc == SQLITE_ROW;
	sqlite3_finalize(row);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

struct column_list AMP_VEC(struct seed_column);

static bool take_column(
	sqlite3_stmt *row, struct column_list *list, struct amp_arena *arena)
{
	struct seed_column column = {
		.name = amp_arena_strdup(arena, text_of(row, 1)),
		.not_null = sqlite3_column_int(row, 3),
		.otherwise = amp_arena_strdup(
			arena, (const char *)sqlite3_column_text(row, 4)),
		.key = sqlite3_column_int(row, 5),
	};
	sqlite_seed_classify(&column, text_of(row, 2));
	return !arena->failed && amp_vec_push(list, column);
}

/* The first of the rowid's names that no column took. */
static const char *free_rowid_name(const bool *taken)
{
	static const char *const names[] = {"rowid", "_rowid_", "oid"};
	for (size_t i = 0; i < 3; i++)
		if (!taken[i])
			return names[i];
	return NULL;
}

static int read_columns(
	sqlite3 *handle, struct seed_table *table, struct amp_arena *arena)
{
	struct column_list list = {0};
	bool taken[3] = {false};
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(
		handle, &row, "PRAGMA main.table_xinfo(\"%w\")", table->name);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		const char *name = text_of(row, 1);
		taken[0] |= !sqlite3_stricmp(name, "rowid");
		taken[1] |= !sqlite3_stricmp(name, "_rowid_");
		taken[2] |= !sqlite3_stricmp(name, "oid");
		/* hidden ones of virtual tables, and generated ones */
		if (!sqlite3_column_int(row, 6) && !take_column(row, &list, arena))
			rc = SQLITE_NOMEM;
	}
	sqlite3_finalize(row);
	table->ncolumns = list.count;
	table->columns = amp_arena_array(arena, list.count, sizeof(*table->columns));
	if (table->columns && list.count)
		memcpy(table->columns, list.items, list.count * sizeof(*list.items));
	amp_vec_deinit(&list);
	if (!table->virtual && !table->without_rowid)
		table->rowid = free_rowid_name(taken);
	return arena->failed ? SQLITE_NOMEM : rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static struct seed_column *find_column(struct seed_table *table, const char *name)
{
	for (size_t i = 0; i < table->ncolumns; i++)
		if (!sqlite3_stricmp(table->columns[i].name, name))
			return &table->columns[i];
	return NULL;
}

/* Of an index over several columns one is told apart, so that the others can be alike:
   the last that is no foreign key, else the last. */
static void mark_index(struct seed_column **members, size_t count, bool whole)
{
	struct seed_column *chosen = NULL;
	bool told_apart = false;
	for (size_t i = 0; i < count; i++) {
		members[i]->indexed = true;
		told_apart |= members[i]->varies;
		if (!chosen || !members[i]->foreign || chosen->foreign)
			chosen = members[i];
	}
	if (chosen && count == 1 && whole)
		chosen->varies = chosen->alone = true;
	else if (chosen && !told_apart)
		chosen->varies = true;
}

#define MEMBERS_MAX 64

static int read_index(sqlite3 *handle, struct seed_table *table, const char *name)
{
	struct seed_column *members[MEMBERS_MAX];
	size_t count = 0;
	bool whole = true;
	sqlite3_stmt *row;
	int rc =
		sqlite_seed_prepare(handle, &row, "PRAGMA main.index_info(\"%w\")", name);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		struct seed_column *member = find_column(table, text_of(row, 2));
		whole &= member != NULL;
		if (member && count < MEMBERS_MAX)
			members[count++] = member;
	}
	sqlite3_finalize(row);
	mark_index(members, count, whole);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int read_indexes(sqlite3 *handle, struct seed_table *table)
{
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(
		handle, &row, "PRAGMA main.index_list(\"%w\")", table->name);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		table->has_primary_index |= !strcmp(text_of(row, 3), "pk");
		if (sqlite3_column_int(row, 2))
			rc = read_index(handle, table, text_of(row, 1));
	}
	sqlite3_finalize(row);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* INTEGER PRIMARY KEY has no index of its own: it is the rowid. So is the first column of
   an R-Tree. */
static void find_alias(struct seed_table *table)
{
	struct seed_column *alias = NULL;
	for (size_t i = 0; i < table->ncolumns; i++)
		if (table->columns[i].key)
			alias = &table->columns[i];
	if (table->virtual && !table->rowid &&
		AMP_ALWAYS(table->ncolumns)) /* an R-Tree has three at least */
		alias = &table->columns[0];
	else if (table->without_rowid || table->has_primary_index)
		alias = NULL;
	if (!alias)
		return;
	alias->alias = alias->varies = alias->alone = alias->indexed = true;
	table->rowid = NULL;
}

struct foreign_list AMP_VEC(struct seed_foreign);

static bool begin_foreign(sqlite3_stmt *row, const struct seed_table *table,
	struct foreign_list *list, struct amp_arena *arena)
{
	struct seed_foreign foreign = {
		.parent = amp_arena_strdup(arena, text_of(row, 2)),
		.itself = !sqlite3_stricmp(text_of(row, 2), table->name),
		.from = amp_arena_array(arena, table->ncolumns, sizeof(size_t)),
		.to = amp_arena_array(arena, table->ncolumns, sizeof(char *)),
	};
	return !arena->failed && amp_vec_push(list, foreign);
}

/* One row of the pragma: one column of one key. */
static int take_foreign(sqlite3_stmt *row, struct seed_table *table,
	struct foreign_list *list, struct amp_arena *arena)
{
	if (!sqlite3_column_int(row, 1) && !begin_foreign(row, table, list, arena))
		return SQLITE_NOMEM;
	if (AMP_NEVER(!list->count)) /* the first column of a key comes first */
		return SQLITE_OK;
	struct seed_foreign *foreign = &list->items[list->count - 1];
	struct seed_column *from = find_column(table, text_of(row, 3));
	/* a generated column: its value is not ours to choose */
	if (!from || foreign->count == table->ncolumns)
		return SQLITE_OK;
	from->foreign = true;
	foreign->from[foreign->count] = (size_t)(from - table->columns);
	foreign->to[foreign->count] =
		amp_arena_strdup(arena, (const char *)sqlite3_column_text(row, 4));
	foreign->count++;
	foreign->nullable |= !from->not_null && !from->key;
	return arena->failed ? SQLITE_NOMEM : SQLITE_OK;
}

static int read_foreigns(
	sqlite3 *handle, struct seed_table *table, struct amp_arena *arena)
{
	struct foreign_list list = {0};
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(
		handle, &row, "PRAGMA main.foreign_key_list(\"%w\")", table->name);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW)
		rc = take_foreign(row, table, &list, arena);
	sqlite3_finalize(row);
	table->nforeigns = list.count;
	table->foreigns = amp_arena_array(arena, list.count, sizeof(*table->foreigns));
	if (table->foreigns && list.count)
		memcpy(table->foreigns, list.items, list.count * sizeof(*list.items));
	amp_vec_deinit(&list);
	return arena->failed ? SQLITE_NOMEM : rc == SQLITE_DONE ? SQLITE_OK : rc;
}

int sqlite_seed_read(sqlite3 *handle, const char *name, struct seed_table *table,
	bool *found, struct amp_arena *arena)
{
	*table = (struct seed_table){.name = amp_arena_strdup(arena, name)};
	*found = false;
	if (!table->name)
		return SQLITE_NOMEM;
	/* the cheap questions first */
	int rc = find_table(handle, name, found);
	if (rc || !*found)
		return rc;
	*found = false;
	rc = read_has_rows(handle, table);
	if (rc || table->has_rows)
		return rc;
	rc = read_kind(handle, table, found, arena);
	if (rc || !*found)
		return rc;
	rc = read_columns(handle, table, arena);
	if (rc == SQLITE_OK)
		rc = read_foreigns(handle, table, arena);
	if (rc == SQLITE_OK)
		rc = read_indexes(handle, table);
	if (rc == SQLITE_OK)
		find_alias(table);
	return rc;
}

/* The columns that a key points at where it does not say so. */
static int name_primary_key(
	sqlite3 *handle, struct seed_foreign *foreign, struct amp_arena *arena)
{
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(
		handle, &row, "PRAGMA main.table_info(\"%w\")", foreign->parent);
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		int place = sqlite3_column_int(row, 5);
		if (place < 1 || (size_t)place > foreign->count)
			continue;
		foreign->to[place - 1] = amp_arena_strdup(arena, text_of(row, 1));
		if (!foreign->to[place - 1])
			rc = SQLITE_NOMEM;
	}
	sqlite3_finalize(row);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Qualified, since SQLite takes a bare "name" that is no column for a text. */
static char *keys_sql(const struct seed_foreign *foreign)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);
	for (size_t i = 0; i < foreign->count; i++)
		sqlite3_str_appendf(
			sql, "%s p.\"%w\"", i ? "," : "SELECT", foreign->to[i]);
	sqlite3_str_appendf(sql, " FROM main.\"%w\" AS p", foreign->parent);
	for (size_t i = 0; i < foreign->count; i++)
		sqlite3_str_appendf(sql, " %s p.\"%w\" IS NOT NULL", i ? "AND" : "WHERE",
			foreign->to[i]);
	for (size_t i = 0; i < foreign->count; i++)
		sqlite3_str_appendf(sql, "%s%d DESC", i ? "," : " ORDER BY ", (int)i + 1);
	sqlite3_str_appendf(sql, " LIMIT %d", SEED_ROWS);
	return sqlite3_str_finish(sql);
}

static struct seed_value take_value(
	sqlite3_stmt *row, int column, struct amp_arena *arena)
{
	struct seed_value value = {.type = sqlite3_column_type(row, column)};
	if (value.type == SQLITE_INTEGER) {
		value.number = sqlite3_column_int64(row, column);
	} else if (value.type == SQLITE_FLOAT) {
		value.real = sqlite3_column_double(row, column);
	} else {
		const void *bytes = sqlite3_column_blob(row, column);
		value.length = sqlite3_column_bytes(row, column);
		value.bytes = amp_arena_strndup(
			arena, bytes ? bytes : "", (size_t)value.length);
	}
	return value;
}

int sqlite_seed_keys(
	sqlite3 *handle, struct seed_foreign *foreign, struct amp_arena *arena)
{
	sqlite3_stmt *row = NULL;
	bool found;
	foreign->nkeys = 0;
	foreign->keys = amp_arena_array(
		arena, SEED_ROWS * foreign->count, sizeof(*foreign->keys));
	int rc = find_table(handle, foreign->parent, &found);
	if (rc || !found || !foreign->count)
		return rc;
	if (!foreign->to[0])
		rc = name_primary_key(handle, foreign, arena);
	for (size_t i = 0; i < foreign->count; i++)
		if (!foreign->to[i] || rc)
			return arena->failed ? SQLITE_NOMEM : rc;
	if (!foreign->keys)
		return SQLITE_NOMEM;
	char *sql = keys_sql(foreign);
	if (!sql)
		return SQLITE_NOMEM;
	rc = sqlite3_prepare_v2(handle, sql, -1, &row, NULL);
	sqlite3_free(sql);
	while (rc == SQLITE_OK && foreign->nkeys < SEED_ROWS &&
		(rc = sqlite3_step(row)) == SQLITE_ROW) {
		rc = SQLITE_OK;
		struct seed_value *key =
			&foreign->keys[foreign->nkeys++ * foreign->count];
		for (size_t i = 0; i < foreign->count; i++)
			key[i] = take_value(row, (int)i, arena);
	}
	sqlite3_finalize(row);
	return arena->failed ? SQLITE_NOMEM : seed_is_trouble(rc) ? rc : SQLITE_OK;
}
