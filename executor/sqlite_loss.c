/*
 * SQLite engine: what a step must not lose, nor leave behind.
 *
 *	rows         DROP TABLE deletes the rows first; with foreign keys on, that takes or
 *	             changes the rows that point there, without a word
 *	temporaries  they would hide tables of the same name from later steps, but only
 *	             where the run is not cut between the two
 *	triggers     one that names the history could change it when amplan is not there
 */
#include "executor/sqlite_keep.h"

#include <string.h>

int64_t sqlite_temp_objects(struct sqlite_db *db)
{
	/* a temporary AUTOINCREMENT table leaves temp.sqlite_sequence, which hides nothing */
	return sqlite_number(db,
		"SELECT count(*) FROM temp.sqlite_schema "
		"WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
		0);
}

void sqlite_temp_hide(struct sqlite_db *db, int64_t count)
{
	struct guard *guard = &db->guard;
	sqlite3_stmt *row = NULL;
	guard->hiding =
		amp_arena_array(guard->arena, (size_t)count, sizeof(*guard->hiding));
	int rc = guard->hiding ? sqlite_prepare(db,
					 "SELECT name FROM temp.sqlite_schema "
					 "WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
					 &row)
			       : SQLITE_NOMEM;
	while (rc == SQLITE_OK && guard->nhiding < (size_t)count &&
		sqlite_step(db, row) == SQLITE_ROW) {
		const char *name = amp_arena_strdup(
			guard->arena, (const char *)sqlite3_column_text(row, 0));
		if (name)
			guard->hiding[guard->nhiding++] = name;
		else
			rc = SQLITE_NOMEM;
	}
	sqlite3_finalize(row);
	sqlite_note(db, rc);
}

int64_t sqlite_temp_last(struct sqlite_db *db)
{
	return sqlite_number(
		db, "SELECT coalesce(max(rowid), 0) FROM temp.sqlite_schema", 0);
}

/* Oldest first: the tables of a virtual table go with it, and only with it. */
void sqlite_temp_drop(struct sqlite_db *db, int64_t last)
{
	static const char first[] =
		"SELECT 'DROP ' || type || ' temp.\"' || replace(name, '\"', '\"\"') || '\"' "
		"FROM temp.sqlite_schema "
		"WHERE rowid > ?1 AND type <> 'index' ORDER BY rowid LIMIT 1";
	for (int rc = SQLITE_ROW; rc == SQLITE_ROW;) {
		sqlite3_stmt *row = NULL;
		char *sql = NULL;
		rc = sqlite3_prepare_v2(db->handle, first, -1, &row, NULL);
		sqlite3_bind_int64(row, 1, last);
		if (rc == SQLITE_OK && (rc = sqlite3_step(row)) == SQLITE_ROW)
			sql = sqlite3_mprintf("%s", sqlite3_column_text(row, 0));
		sqlite3_finalize(row);
		if (rc == SQLITE_ROW &&
			(!sql || sqlite3_exec(db->handle, sql, NULL, NULL, NULL)))
			rc = SQLITE_ERROR;
		sqlite3_free(sql);
	}
}

static const char *first_text(struct sqlite_db *db, const char *sql,
	const char *parameter, struct amp_arena *arena)
{
	sqlite3_stmt *statement = NULL;
	const char *text = NULL;
	if (sqlite_prepare(db, sql, &statement) == SQLITE_OK) {
		if (parameter)
			sqlite3_bind_text(statement, 1, parameter, -1, SQLITE_STATIC);
		if (sqlite_step(db, statement) == SQLITE_ROW)
			text = amp_arena_strdup(
				arena, (const char *)sqlite3_column_text(statement, 0));
	}
	sqlite3_finalize(statement);
	return text;
}

static int refuse(const struct amp_sql *sql, struct amp_run_as *as, const char *kind,
	size_t offset, const char *message, const char *hint, struct amplan_error *error)
{
	if (!message)
		return amp_error_nomem(error);
	offset += strspn(sql->text + offset, " \t\n");
	struct amplan_finding *finding =
		sqlite_add_finding(sql, as, kind, offset, message);
	amp_finding_hint(as->findings, finding, "%s", hint);
	return amp_error(error, AMPLAN_REFUSED, "'%s': %s", as->migration->id, message);
}

static struct amplan_finding *tell(struct loss *loss, enum amplan_severity severity,
	const char *kind, size_t offset, const char *message, const char *hint)
{
	const struct amp_allowance *allowance =
		amp_migration_allows(loss->as->migration, kind);
	struct amp_arena *arena = loss->as->arena;
	if (allowance)
		message = amp_arena_printf(
			arena, "%s (allowed: %s)", message, allowance->reason);
	struct amplan_finding *finding = sqlite_add_finding(
		loss->sql, loss->as, kind, offset, message ? message : "");
	finding->severity = allowance ? AMPLAN_NOTE : severity;
	if (!allowance)
		amp_finding_hint(loss->as->findings, finding, "%s", hint);
	return finding;
}

int sqlite_loss_refuse(struct loss *loss, const char *kind, size_t offset,
	const char *message, const char *hint)
{
	if (!message)
		return amp_error_nomem(loss->error);
	if (tell(loss, AMPLAN_ERROR, kind, offset, message, hint)->severity !=
		AMPLAN_ERROR)
		return AMPLAN_OK;
	return amp_error(loss->error, AMPLAN_REFUSED, "'%s': %s", loss->as->migration->id,
		message);
}

void sqlite_loss_warn(struct loss *loss, const char *kind, size_t offset,
	const char *message, const char *hint)
{
	if (message)
		tell(loss, AMPLAN_WARNING, kind, offset, message, hint);
}

/* A table whose rows the implicit DELETE of this DROP TABLE would take along. */
static const char *dependent_of(struct sqlite_db *db, struct amp_arena *arena)
{
	return first_text(db,
		"SELECT m.name FROM main.sqlite_schema AS m, "
		"pragma_foreign_key_list(m.name) AS f WHERE m.type = 'table' "
		"AND f.\"table\" = ?1 COLLATE NOCASE AND m.name <> ?1 COLLATE NOCASE "
		"AND f.on_delete IN ('CASCADE', 'SET NULL', 'SET DEFAULT') LIMIT 1",
		db->guard.dropping, arena);
}

int sqlite_check_drop(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, size_t offset, struct amplan_error *error)
{
	if (!*db->guard.dropping || !sqlite_number(db, "PRAGMA foreign_keys", 0))
		return AMPLAN_OK;
	enum guard_mode mode = db->guard.mode;
	db->guard.mode = GUARD_OFF;
	const char *child = dependent_of(db, as->arena);
	db->guard.mode = mode;
	if (!child)
		return AMPLAN_OK;
	return sqlite_loss_refuse(&(struct loss){db, sql, as, error}, "row-loss", offset,
		amp_arena_printf(as->arena,
			"with foreign keys on, dropping '%s' deletes or changes rows of '%s'",
			db->guard.dropping, child),
		"remove foreign-keys=\"on\": a rebuild then keeps its children; if they are "
		"to go, DELETE them first and drop their table first");
}

static int check_triggers(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, struct amplan_error *error)
{
	if (!db->guard.makes_triggers)
		return AMPLAN_OK;
	const char *name = first_text(db,
		"SELECT name FROM main.sqlite_schema WHERE type = 'trigger' "
		/* LIKE may tell cases apart on a handle that is lent */
		"AND instr(lower(sql), '" AMP_HISTORY_TABLE "') LIMIT 1",
		NULL, as->arena);
	if (!name)
		return AMPLAN_OK;
	return refuse(sql, as, "protected-history", 0,
		amp_arena_printf(as->arena,
			"the trigger '%s' names the table '" AMP_HISTORY_TABLE "'", name),
		"remove that: the history is written by amplan alone", error);
}

int sqlite_check_left(struct sqlite_db *db, const struct amp_sql *sql,
	struct amp_run_as *as, int64_t temp_before, struct amplan_error *error)
{
	if (sqlite_temp_objects(db) <= temp_before)
		return check_triggers(db, sql, as, error);
	const char *name = first_text(db,
		"SELECT name FROM temp.sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' "
		"ESCAPE '\\' ORDER BY rowid DESC LIMIT 1",
		NULL, as->arena);
	return refuse(sql, as, "forbidden-statement", 0,
		amp_arena_printf(as->arena, "the step leaves the temporary '%s' behind",
			name ? name : ""),
		"drop it at the end of the step: it would hide a table of that name from the "
		"steps that follow",
		error);
}
