/*
 * SQLite engine: the table of its functions; opening, transactions, amplan's own
 * statements.
 *
 * The write transaction is lock, fence and commit in one: BEGIN IMMEDIATE on the
 * connection that does the work. The kernel frees it when the process dies.
 */
#include "executor/sqlite.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/system.h"

static int adopt(const struct amp_target *target, const struct amp_hooks *hooks,
	struct amp_db **out, struct amplan_error *error)
{
	if (!sqlite3_get_autocommit(target->handle)) {
		amp_error(error, AMPLAN_USAGE, "the lent handle has an open transaction");
		amp_error_hint(error, "commit or roll it back before calling amplan");
		return AMPLAN_USAGE;
	}
	/* it would see the database as it was, and in a WAL wait for a lock it cannot get */
	if (sqlite3_txn_state(target->handle, "main") != SQLITE_TXN_NONE) {
		amp_error(error, AMPLAN_USAGE,
			"the lent handle has a query that has not ended");
		amp_error_hint(error, "reset or finalize it before calling amplan");
		return AMPLAN_USAGE;
	}
	struct sqlite_db *db = sqlite_wrap(target->handle, hooks);
	if (!db)
		return amp_error_nomem(error);
	const char *name = sqlite3_db_filename(target->handle, "main");
	if (name && *name && !(db->path = strdup(name))) {
		free(db);
		return amp_error_nomem(error);
	}
	int code = sqlite_borrow(db, error);
	if (code) {
		/* what is not known cannot be put back: nothing was touched yet */
		free(db->path);
		free(db);
		return code;
	}
	code = sqlite_settings(db, error);
	if (!code)
		code = sqlite_need_journal(db, error);
	if (code) {
		sqlite_close(&db->base);
		return code;
	}
	*out = &db->base;
	return AMPLAN_OK;
}

static int open_path(const struct amp_target *target, enum amp_access access,
	const struct amp_hooks *hooks, struct amp_db **out, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_wrap(NULL, hooks);
	if (!db)
		return amp_error_nomem(error);
	db->path = sqlite_literal_path(target->path);
	if (!db->path) {
		free(db);
		return amp_error_nomem(error);
	}
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
	if (access == AMP_CREATE)
		flags |= SQLITE_OPEN_CREATE;
	int rc = sqlite3_open_v2(db->path, &db->handle, flags, NULL);
	int code = rc ? sqlite_error(db, rc, "open", error) : sqlite_settings(db, error);
	if (code) {
		sqlite_close(&db->base);
		return code;
	}
	*out = &db->base;
	return AMPLAN_OK;
}

static const char *file(const struct amp_db *db)
{
	return ((const struct sqlite_db *)db)->path;
}

static bool owns(const char *file, const char *path)
{
	static const char *const beside[] = {
		"", "-journal", "-wal", "-shm", ASIDE_SUFFIX};
	struct stat one, other;
	if (stat(path, &one))
		return !strcmp(path, file);
	for (size_t i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		char name[PATH_MAX + 32]; /* a longer one could not be opened */
		snprintf(name, sizeof(name), "%s%s", file, beside[i]);
		if (!stat(name, &other) && one.st_dev == other.st_dev &&
			one.st_ino == other.st_ino)
			return true;
	}
	return false;
}

static int open_db(const struct amp_target *target, enum amp_access access,
	const struct amp_hooks *hooks, struct amp_db **out, struct amplan_error *error)
{
	int code;
	if (target->handle)
		code = adopt(target, hooks, out, error);
	else if (access == AMP_OBSERVE)
		code = sqlite_observe(target, hooks, out, error);
	else
		code = open_path(target, access, hooks, out, error);
	if (!code)
		(*out)->engine = &amp_sqlite;
	return code;
}

static int make_shadow(struct amp_db *from, enum amplan_fidelity wish, int64_t copy_limit,
	const struct amp_hooks *hooks, struct amp_db **out,
	enum amplan_fidelity *fidelity, const char **note, struct amp_arena *arena,
	struct amplan_error *error)
{
	int code = sqlite_shadow(
		from, wish, copy_limit, hooks, out, fidelity, note, arena, error);
	if (!code)
		(*out)->engine = &amp_sqlite;
	return code;
}

static int begin_read(struct amp_db *base, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite_wait_begins(db);
	sqlite_cache_forget(db);
	int rc;
	do {
		rc = sqlite3_exec(db->handle,
			"BEGIN; SELECT count(*) FROM main.sqlite_schema", NULL, NULL,
			NULL);
		if (rc)
			sqlite_roll_back(base);
	} while (sqlite_is_busy(rc) && sqlite_busy(db, 0));
	return rc ? sqlite_error(db, rc, "read", error) : AMPLAN_OK;
}

static int set_foreign_keys(struct amp_db *base, bool on, struct amplan_error *error)
{
	return sqlite_exec(sqlite_of(base),
		on ? "PRAGMA foreign_keys=ON" : "PRAGMA foreign_keys=OFF", error);
}

static int begin(struct amp_db *base, bool foreign_keys, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	/* has no effect inside a transaction, hence before it */
	int code = set_foreign_keys(base, foreign_keys, error);
	if (code)
		return code;
	sqlite_wait_begins(db);
	code = sqlite_insist(db, db->handle, error);
	db->listed = !code && sqlite_is_listed(db);
	/* nobody else writes to a shadow */
	if (!db->shadow || code)
		sqlite_cache_forget(db);
	return code;
}

static int commit(struct amp_db *base, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite_wait_begins(db);
	int code = sqlite_trouble(db, error), rc = SQLITE_OK;
	if (!code)
		code = sqlite_check_lock(db, error);
	/* BUSY may come without the busy handler being asked */
	while (!code && (rc = sqlite3_exec(db->handle, "COMMIT", NULL, NULL, NULL))) {
		if (!sqlite_is_busy(rc) || !sqlite_busy(db, 0))
			code = sqlite_error(db, rc, "write to", error);
	}
	if (code)
		sqlite_roll_back(base);
	return code;
}

static bool is_open(struct amp_db *base)
{
	return !sqlite3_get_autocommit(sqlite_of(base)->handle);
}

/* Keys that are deferred count only with foreign keys on. */
static bool unsettled(struct amp_db *base)
{
	int count = 0, most;
	sqlite3_db_status(
		sqlite_of(base)->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &count, &most, 0);
	return count != 0;
}

static int savepoint(struct amp_db *base, struct amplan_error *error)
{
	return sqlite_exec(sqlite_of(base), "SAVEPOINT amplan_step", error);
}

static int release(struct amp_db *base, struct amplan_error *error)
{
	return sqlite_exec(sqlite_of(base), "RELEASE amplan_step", error);
}

static void undo(struct amp_db *base)
{
	struct sqlite_db *db = sqlite_of(base);
	/* what is not undone would be there for the steps behind: that is trouble */
	sqlite_note(db,
		sqlite3_exec(db->handle, "ROLLBACK TO amplan_step; RELEASE amplan_step",
			NULL, NULL, NULL));
	sqlite_cache_forget(db);
}

static void bind(sqlite3_stmt *statement, const struct amp_value *values, int count)
{
	for (int i = 0; i < count; i++)
		if (values[i].text)
			sqlite3_bind_text(
				statement, i + 1, values[i].text, -1, SQLITE_STATIC);
		else
			sqlite3_bind_int64(statement, i + 1, values[i].number);
}

#define COLUMNS_MAX 32

static int deliver(sqlite3_stmt *statement, amp_row_fn *row, void *user)
{
	struct amp_value columns[COLUMNS_MAX] = {{0}};
	int count = sqlite3_column_count(statement);
	if (count > COLUMNS_MAX)
		count = COLUMNS_MAX;
	for (int i = 0; i < count; i++) {
		if (sqlite3_column_type(statement, i) == SQLITE_INTEGER)
			columns[i].number = sqlite3_column_int64(statement, i);
		else if (sqlite3_column_type(statement, i) != SQLITE_NULL)
			columns[i].text = (const char *)sqlite3_column_text(statement, i);
	}
	return row ? row(user, columns, count) : 0;
}

static int read_rows(struct amp_db *base, const char *sql, const struct amp_value *values,
	int count, amp_row_fn *row, void *user, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_prepare_v2(db->handle, sql, -1, &statement, NULL);
	int stop = 0;
	if (rc == SQLITE_OK) {
		bind(statement, values, count);
		while (!stop && (rc = sqlite3_step(statement)) == SQLITE_ROW)
			stop = deliver(statement, row, user);
	}
	int code = AMPLAN_OK;
	if (stop)
		code = stop;
	else if (rc != SQLITE_DONE && rc != SQLITE_OK)
		code = sqlite_error(db, rc, "use", error);
	sqlite3_finalize(statement);
	return code;
}

static int write_row(struct amp_db *base, const char *sql, const struct amp_value *values,
	int count, struct amplan_error *error)
{
	return read_rows(base, sql, values, count, NULL, NULL, error);
}

static const char *beside(
	const struct amp_target *target, const char *suffix, struct amp_arena *arena)
{
	const char *path = target->path;
	if (target->handle)
		path = sqlite3_db_filename(target->handle, "main");
	return path && *path ? amp_arena_printf(arena, "%s%s", path, suffix) : NULL;
}

const struct amp_engine amp_sqlite = {
	.name = "sqlite",
	.exists = sqlite_exists,
	.open = open_db,
	.file = file,
	.owns = owns,
	.close = sqlite_close,
	.begin_read = begin_read,
	.end_read = sqlite_roll_back,
	.foreign_keys = set_foreign_keys,
	.begin = begin,
	.commit = commit,
	.rollback = sqlite_roll_back,
	.is_open = is_open,
	.unsettled = unsettled,
	.lock_aside = sqlite_lock_aside,
	.unlock_aside = sqlite_unlock_aside,
	.savepoint = savepoint,
	.release = release,
	.undo = undo,
	.write = write_row,
	.read = read_rows,
	.run = sqlite_run,
	.ask = sqlite_ask,
	.objects = sqlite_objects,
	.violations = sqlite_violations,
	.shadow = make_shadow,
	.bound = sqlite_bound,
	.snapshot = sqlite_snapshot,
	.restore = sqlite_restore,
	.snapshot_free = sqlite_snapshot_free,
	.shapes = sqlite_shapes,
	.contents = sqlite_contents,
	.empty = sqlite_empty,
	.seed = sqlite_seed,
	.holder = sqlite_holder,
	.held_aside = sqlite_held_aside,
	.beside = beside,
};
