/*
 * SQLite engine, seeding: made-up rows for the empty tables of a shadow, so that what
 * depends on rows can be tried.
 *
 * Parents come first. Each table has a savepoint of its own, so that one that takes no row
 * is left as it was; only trouble of the machine is an error. Triggers do not fire, since
 * they would write elsewhere. The same schema always gets the same rows.
 */
#include "executor/sqlite_seed.h"

#include <stdlib.h>
#include <string.h>

struct table_list AMP_VEC(struct seed_table);

/* Not to be seeded: what is SQLite's or amplan's own. */
static bool is_reserved(const char *name)
{
	return !sqlite3_strnicmp(name, "sqlite_", 7) ||
		!sqlite3_stricmp(name, AMP_HISTORY_TABLE);
}

static int compare_names(const void *left, const void *right)
{
	return sqlite3_stricmp(*(const char *const *)left, *(const char *const *)right);
}

struct name_list AMP_VEC(const char *);

/* All tables of the main schema. */
static int list_all(sqlite3 *handle, struct name_list *names, struct amp_arena *arena)
{
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(
		handle, &row, "SELECT name FROM main.sqlite_schema WHERE type = 'table'");
	while (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW) {
		const char *name = amp_arena_strdup(
			arena, (const char *)sqlite3_column_text(row, 0));
		rc = name && amp_vec_push(names, name) ? SQLITE_OK : SQLITE_NOMEM;
	}
	sqlite3_finalize(row);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int read_tables(sqlite3 *handle, struct name_list *names,
	struct table_list *tables, unsigned *unreadable, struct amp_arena *arena)
{
	/* by name, so that the order they were asked for in makes no difference */
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare_names);
	for (size_t i = 0; i < names->count; i++) {
		struct seed_table table;
		bool found;
		if (is_reserved(names->items[i]) ||
			(i && !compare_names(&names->items[i - 1], &names->items[i])))
			continue;
		int rc = sqlite_seed_read(handle, names->items[i], &table, &found, arena);
		if (seed_is_trouble(rc))
			return rc;
		if (rc)
			++*unreadable;
		else if (found && !amp_vec_push(tables, table))
			return SQLITE_NOMEM;
	}
	return SQLITE_OK;
}

static int compare_to_name(const void *name, const void *table)
{
	return sqlite3_stricmp(name, ((const struct seed_table *)table)->name);
}

/* Finds the parents among the tables, which are sorted by name. */
static void link_parents(struct table_list *tables)
{
	for (size_t i = 0; i < tables->count; i++)
		for (size_t j = 0; j < tables->items[i].nforeigns; j++) {
			struct seed_foreign *foreign = &tables->items[i].foreigns[j];
			foreign->among = bsearch(foreign->parent, tables->items,
				tables->count, sizeof(*tables->items), compare_to_name);
		}
}

/* Whether a parent of it is still to come; `needed`: of a key that cannot be NULL. */
static bool waits(const struct seed_table *table, bool needed)
{
	for (size_t i = 0; i < table->nforeigns; i++) {
		const struct seed_foreign *foreign = &table->foreigns[i];
		if (foreign->itself || !foreign->among || (needed && foreign->nullable))
			continue;
		if (!foreign->among->done)
			return true;
	}
	return false;
}

/* Parents first; in a cycle, first where NULL breaks it. NULL: none is left. */
static struct seed_table *next_table(struct table_list *tables)
{
	struct seed_table *able = NULL, *left = NULL;
	for (size_t i = 0; i < tables->count; i++) {
		struct seed_table *table = &tables->items[i];
		if (table->done)
			continue;
		if (!waits(table, false))
			return table;
		if (!able && !waits(table, true))
			able = table;
		if (!left)
			left = table;
	}
	return able ? able : left;
}

/* Whether all rows point at something; false also where the key itself is wrong. */
static int check_keys(sqlite3 *handle, const struct seed_table *table, bool *sound)
{
	sqlite3_stmt *row = NULL;
	int rc = SQLITE_DONE;
	if (table->nforeigns) {
		rc = sqlite_seed_prepare(handle, &row,
			"PRAGMA main.foreign_key_check(\"%w\")", table->name);
		if (rc == SQLITE_OK)
			rc = sqlite3_step(row);
		sqlite3_finalize(row);
	}
	*sound = rc == SQLITE_DONE;
	return seed_is_trouble(rc) ? rc : SQLITE_OK;
}

static int run(sqlite3 *handle, const char *sql)
{
	return sqlite3_exec(handle, sql, NULL, NULL, NULL);
}

static int seed_table(
	sqlite3 *handle, struct seed_table *table, bool *seeded, struct amp_arena *arena)
{
	unsigned rows = 0;
	bool sound = false;
	int rc = run(handle, "SAVEPOINT amplan_seed_table");
	if (rc)
		return rc;
	rc = sqlite_seed_rows(handle, table, &rows, arena);
	if (rc == SQLITE_OK && rows)
		rc = check_keys(handle, table, &sound);
	*seeded = rc == SQLITE_OK && rows && sound;
	int end = run(handle,
		*seeded ? "RELEASE amplan_seed_table"
			: "ROLLBACK TO amplan_seed_table; RELEASE amplan_seed_table");
	return rc ? rc : end;
}

static int seed_tables(sqlite3 *handle, struct table_list *tables, unsigned *seeded,
	unsigned *unseeded, struct amp_arena *arena)
{
	struct seed_table *table;
	link_parents(tables);
	while ((table = next_table(tables))) {
		bool is_seeded = false;
		int rc = seed_table(handle, table, &is_seeded, arena);
		if (rc)
			return rc;
		table->done = true;
		++*(is_seeded ? seeded : unseeded);
	}
	return SQLITE_OK;
}

/* Temporary triggers fire although triggers are switched off. */
static int find_temp_triggers(sqlite3 *handle, bool *found)
{
	sqlite3_stmt *row;
	int rc = sqlite_seed_prepare(handle, &row,
		"SELECT 1 FROM temp.sqlite_schema WHERE type = 'trigger' LIMIT 1");
	if (rc == SQLITE_OK)
		rc = sqlite3_step(row);
	sqlite3_finalize(row);
	*found = rc == SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int seed_all(sqlite3 *handle, const char *const *wanted, size_t count,
	unsigned *seeded, unsigned *unseeded)
{
	AMP_ARENA_AUTO arena;
	struct name_list names = {0};
	struct table_list tables = {0};
	bool temporary = false;
	int rc = SQLITE_OK;
	amp_arena_init(&arena);
	if (!wanted)
		rc = list_all(handle, &names, &arena);
	for (size_t i = 0; wanted && rc == SQLITE_OK && i < count; i++)
		rc = amp_vec_push(&names, wanted[i]) ? SQLITE_OK : SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = read_tables(handle, &names, &tables, unseeded, &arena);
	if (rc == SQLITE_OK && tables.count)
		rc = find_temp_triggers(handle, &temporary);
	if (rc == SQLITE_OK && temporary)
		*unseeded += (unsigned)tables.count;
	else if (rc == SQLITE_OK)
		rc = seed_tables(handle, &tables, seeded, unseeded, &arena);
	amp_vec_deinit(&tables);
	amp_vec_deinit(&names);
	return rc;
}

static void set_triggers(sqlite3 *handle, int value)
{
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, value, (int *)NULL);
}

int sqlite_seed(struct amp_db *base, const char *const *tables, size_t ntables,
	unsigned *seeded, unsigned *unseeded, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	enum guard_mode mode = db->guard.mode;
	int triggers = sqlite_config(db->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER);
	int64_t last = sqlite3_last_insert_rowid(db->handle);
	*seeded = *unseeded = 0;
	if (tables && !ntables)
		return AMPLAN_OK;
	int code = sqlite_exec(db, "SAVEPOINT amplan_seed", error);
	if (code)
		return code;
	db->guard.mode = GUARD_OFF;
	set_triggers(db->handle, 0);
	int rc = seed_all(db->handle, tables, ntables, seeded, unseeded);
	if (rc)
		code = sqlite_error(db, rc, "seed", error);
	set_triggers(db->handle, triggers);
	if (!code)
		code = sqlite_exec(db, "RELEASE amplan_seed", error);
	if (code)
		run(db->handle, "ROLLBACK TO amplan_seed; RELEASE amplan_seed");
	sqlite3_set_last_insert_rowid(db->handle, last);
	db->guard.mode = mode;
	return code;
}
