/*
 * SQLite engine: what still points at a table that a step took away.
 *
 * Renaming a table takes the references to it along: in foreign keys, views and triggers.
 * So the recipe that renames the old table first, and drops it last, leaves them pointing
 * at nothing. SQLite tells only when somebody uses them.
 */
#include "executor/sqlite_keep.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"

static const char *advice(const struct gone *gone)
{
	return gone->renamed
		? "renaming a table takes along what points at it: make the new table under "
		  "another name, copy, drop the old one, and rename the new one last"
		: "drop or rebuild it in the same step, before the table goes";
}

/* A warning for now: see amp_run_danglings(). */
static int tell_dangling(struct loss *loss, const struct gone *gone, const char *kind,
	const char *name, const char *message)
{
	struct amp_findings *findings = loss->as->findings;
	struct amp_dangling dangling = {
		.name = name, .gone = gone->name, .finding = findings->count};
	dangling.gone = amp_arena_strdup(loss->as->arena, gone->name);
	if (loss->as->arena->failed) /* then one of the three is not there */
		return amp_error_nomem(loss->error);
	if (!loss->as->danglings)
		return AMPLAN_OK;
	sqlite_loss_warn(loss, kind, gone->offset, message, advice(gone));
	return amp_vec_push(loss->as->danglings, dangling) ? AMPLAN_OK
							   : amp_error_nomem(loss->error);
}

static int check_keys_of(struct loss *loss, const struct gone *gone, const char *child)
{
	sqlite3_stmt *row = NULL;
	const char *column = NULL;
	struct amp_arena *arena = loss->as->arena;
	if (sqlite_prepare(loss->db,
		    "SELECT group_concat(\"from\", ', ') FROM "
		    "pragma_foreign_key_list(?1, 'main') "
		    "WHERE \"table\" = ?2 COLLATE NOCASE GROUP BY id ORDER BY id LIMIT 1",
		    &row) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, child, -1, SQLITE_STATIC);
		sqlite3_bind_text(row, 2, gone->name, -1, SQLITE_STATIC);
		if (sqlite_step(loss->db, row) == SQLITE_ROW)
			column = amp_arena_strdup(
				arena, (const char *)sqlite3_column_text(row, 0));
	}
	sqlite3_finalize(row);
	if (!column)
		return AMPLAN_OK;
	return tell_dangling(loss, gone, "dangling-reference", child,
		amp_arena_printf(arena,
			"the foreign key of '%s' (%s) points at '%s', which does not exist "
			"after the step",
			child, column, gone->name));
}

/* Does this fail to compile because the table is gone? Nothing is run. */
static bool misses(struct loss *loss, const struct gone *gone, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	AMP_STR_AUTO want = AMP_STR_INIT;
	if (!sql) {
		sqlite_note(loss->db, SQLITE_NOMEM);
		return false;
	}
	int rc = sqlite_prepare(loss->db, sql, &statement);
	sqlite3_finalize(statement);
	if (rc != SQLITE_ERROR)
		return false;
	const char *message = sqlite3_errmsg(loss->db->handle);
	amp_str_addf(&want, "no such table: main.%s", gone->name);
	if (want.failed || strcasecmp(message, want.data) == 0)
		return true;
	return !strncmp(message, "no such table: ", 15) &&
		!strcasecmp(message + 15, gone->name);
}

static int tell_broken(struct loss *loss, const struct gone *gone, bool view,
	const char *name, const char *table, const char *sql)
{
	if (!misses(loss, gone, sql))
		return AMPLAN_OK;
	const char *message = amp_arena_printf(loss->as->arena,
		"the %s '%s' uses '%s', which does not exist after the step",
		view ? "view" : "trigger", name, gone->name);
	return view ? tell_dangling(loss, gone, "broken-view", table, message)
		    : tell_dangling(loss, gone, "broken-trigger", table, message);
}

static const char *quoted(struct amp_arena *arena, const char *format, const char *name)
{
	char *sql = sqlite3_mprintf(format, name);
	const char *copy = sql ? amp_arena_strdup(arena, sql) : NULL;
	sqlite3_free(sql);
	return copy;
}

/* "UPDATE t SET a = a, b = b": compiles the triggers on every column. */
static const char *update_all(struct loss *loss, const char *table)
{
	sqlite3_stmt *row = NULL;
	const char *sql = NULL;
	if (sqlite_prepare(loss->db,
		    "SELECT 'UPDATE main.\"' || replace(?1, '\"', '\"\"') || '\" SET ' || "
		    "group_concat(c || ' = ' || c) FROM (SELECT '\"' || "
		    "replace(name, '\"', '\"\"') || '\"' AS c FROM "
		    "pragma_table_xinfo(?1, 'main') WHERE hidden = 0)",
		    &row) == SQLITE_OK) {
		sqlite3_bind_text(row, 1, table, -1, SQLITE_STATIC);
		if (sqlite_step(loss->db, row) == SQLITE_ROW)
			sql = amp_arena_strdup(loss->as->arena,
				(const char *)sqlite3_column_text(row, 0));
	}
	sqlite3_finalize(row);
	return sql;
}

static int check_trigger(
	struct loss *loss, const struct gone *gone, const char *name, const char *table)
{
	struct amp_arena *arena = loss->as->arena;
	const char *const tries[] = {
		quoted(arena, "DELETE FROM main.\"%w\"", table),
		quoted(arena, "INSERT INTO main.\"%w\" DEFAULT VALUES", table),
		update_all(loss, table),
	};
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++)
		if (misses(loss, gone, tries[i]))
			return tell_broken(loss, gone, false, name, table, tries[i]);
	return AMPLAN_OK;
}

static int check_object(struct loss *loss, const struct gone *gone, sqlite3_stmt *row)
{
	struct amp_arena *arena = loss->as->arena;
	const char *type = (const char *)sqlite3_column_text(row, 0);
	const char *name =
		amp_arena_strdup(arena, (const char *)sqlite3_column_text(row, 1));
	const char *table =
		amp_arena_strdup(arena, (const char *)sqlite3_column_text(row, 2));
	if (!type || !name || !table)
		return amp_error_nomem(loss->error);
	if (!strcmp(type, "table"))
		return check_keys_of(loss, gone, name);
	if (!strcmp(type, "view"))
		return tell_broken(loss, gone, true, name, name,
			quoted(arena, "SELECT 1 FROM main.\"%w\"", name));
	if (!strcmp(type, "trigger"))
		return check_trigger(loss, gone, name, table);
	return AMPLAN_OK;
}

/* Only what has the name in its text can point there. */
static int check_name(struct loss *loss, const struct gone *gone)
{
	static const char sql[] = "SELECT type, name, tbl_name FROM main.sqlite_schema "
				  "WHERE instr(lower(sql), lower(?1)) ORDER BY name";
	sqlite3_stmt *row = NULL;
	int code = AMPLAN_OK;
	int rc = sqlite_prepare(loss->db, sql, &row);
	if (rc == SQLITE_OK) {
		sqlite3_bind_text(row, 1, gone->name, -1, SQLITE_STATIC);
		while (!code && sqlite_step(loss->db, row) == SQLITE_ROW)
			code = check_object(loss, gone, row);
	}
	sqlite3_finalize(row);
	return code;
}

static bool is_last(const struct keep *keep, size_t index)
{
	for (size_t i = index + 1; i < keep->gone.count; i++)
		if (!strcasecmp(keep->gone.items[i].name, keep->gone.items[index].name))
			return false;
	return true;
}

int sqlite_dangle_check(struct loss *loss, struct keep *keep)
{
	int code = AMPLAN_OK;
	for (size_t i = 0; !code && i < keep->gone.count; i++) {
		const struct gone *gone = &keep->gone.items[i];
		if (is_last(keep, i) &&
			!sqlite_sums_exists(
				loss->db, (struct place_name){gone->name, false}))
			code = check_name(loss, gone);
	}
	return code;
}
