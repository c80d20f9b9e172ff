/*
 * SQLite engine: a connection: how it is made and closed, and what its errors mean.
 */
#include "executor/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/system.h"

char *sqlite_literal_path(const char *path)
{
	bool special = !strncmp(path, "file:", 5) || path[0] == ':';
	size_t size = strlen(path) + 3;
	char *copy = malloc(size);
	if (copy)
		snprintf(copy, size, "%s%s", special ? "./" : "", path);
	return copy;
}

static void hint_io(int rc, struct amplan_error *error)
{
	/* nobody takes a journal away from under a lock that is still there */
	if (rc == SQLITE_IOERR_DELETE_NOENT)
		amp_error_hint(error,
			"the journal is gone, so others wrote as well: was it deleted, or did "
			"this program open and close the file beside SQLite, which drops its "
			"locks? see docs/startup.md");
	else if ((rc & 0xff) == SQLITE_IOERR)
		amp_error_hint(error,
			"the system could not read or write: look at the disk, at limits on "
			"the size of files (ulimit -f) and into its log");
}

int sqlite_error(
	struct sqlite_db *db, int rc, const char *what, struct amplan_error *error)
{
	if (db->cancelled)
		return amp_error(error, AMPLAN_CANCELLED, "interrupted");
	/* what the connection says may be about another statement by now */
	bool latest = db->handle && sqlite3_extended_errcode(db->handle) == rc;
	const char *cause = latest ? sqlite3_errmsg(db->handle) : sqlite3_errstr(rc);
	const char *name = db->path ? db->path : db->shadow ? "the shadow" : "database";
	if (db->trouble == rc)
		db->trouble = SQLITE_OK;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return amp_error_nomem(error);
	case SQLITE_BUSY:
	case SQLITE_PROTOCOL:
	case SQLITE_LOCKED:
		return sqlite_locked(db, error);
	case SQLITE_NOTADB:
		amp_error(error, AMPLAN_DATABASE, "'%s' is not a SQLite database", name);
		amp_error_hint(error, "check the name; amplan did not change the file");
		break;
	case SQLITE_CORRUPT:
		amp_error(error, AMPLAN_DATABASE, "'%s' is damaged: %s", name, cause);
		amp_error_hint(error,
			"restore a backup, or try the .recover command of the sqlite3 shell");
		break;
	case SQLITE_FULL:
		amp_error(
			error, AMPLAN_DATABASE, "cannot %s '%s': %s", what, name, cause);
		amp_error_hint(error, "free disk space, then run the same command again");
		break;
	case SQLITE_READONLY:
		amp_error(
			error, AMPLAN_DATABASE, "cannot %s '%s': %s", what, name, cause);
		amp_error_hint(error, "the file and its folder must be writable");
		break;
	case SQLITE_CANTOPEN:
		amp_error(
			error, AMPLAN_DATABASE, "cannot %s '%s': %s", what, name, cause);
		amp_error_hint(error,
			"check that the folder exists and that this user may use it");
		break;
	default:
		amp_error(
			error, AMPLAN_DATABASE, "cannot %s '%s': %s", what, name, cause);
		hint_io(rc, error);
	}
	if (error)
		error->system = rc;
	return AMPLAN_DATABASE;
}

int sqlite_exec(struct sqlite_db *db, const char *sql, struct amplan_error *error)
{
	int rc = sqlite3_exec(db->handle, sql, NULL, NULL, NULL);
	return rc ? sqlite_error(db, rc, "use", error) : AMPLAN_OK;
}

bool sqlite_is_trouble(int rc)
{
	/* a virtual table that does not fit its content is a matter of the SQL */
	if (rc == SQLITE_CORRUPT_VTAB)
		return false;
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
	case SQLITE_IOERR:
	case SQLITE_FULL:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_BUSY:
	case SQLITE_INTERRUPT:
		return true;
	default:
		return false;
	}
}

int sqlite_note(struct sqlite_db *db, int rc)
{
	int primary = rc & 0xff;
	/* a shadow with a bound that is reached is a matter of the SQL that fills it */
	bool bound = db->bound && !db->cancelled &&
		(primary == SQLITE_FULL || primary == SQLITE_INTERRUPT);
	if (!db->trouble && sqlite_is_trouble(rc) && !bound)
		db->trouble = rc;
	return rc;
}

int sqlite_prepare(struct sqlite_db *db, const char *sql, sqlite3_stmt **out)
{
	return sqlite_note(db, sqlite3_prepare_v2(db->handle, sql, -1, out, NULL));
}

int sqlite_step(struct sqlite_db *db, sqlite3_stmt *row)
{
	return sqlite_note(db, sqlite3_step(row));
}

int sqlite_trouble(struct sqlite_db *db, struct amplan_error *error)
{
	int rc = db->trouble;
	db->trouble = SQLITE_OK;
	return rc ? sqlite_error(db, rc, "read", error) : AMPLAN_OK;
}

int64_t sqlite_number(struct sqlite_db *db, const char *sql, int64_t otherwise)
{
	sqlite3_stmt *statement = NULL;
	int64_t number = otherwise;
	if (sqlite_prepare(db, sql, &statement) == SQLITE_OK &&
		sqlite_step(db, statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

struct sqlite_db *sqlite_wrap(sqlite3 *handle, const struct amp_hooks *hooks)
{
	struct sqlite_db *db = calloc(1, sizeof(*db));
	if (!db)
		return NULL;
	db->base.hooks = hooks;
	db->handle = handle;
	db->jitter = (uint32_t)amp_now_ms() * 2654435761u ^ (uint32_t)(uintptr_t)db;
	amp_arena_init(&db->cache.arena);
	return db;
}

void sqlite_add_name(struct amp_str *sql, const char *name)
{
	amp_str_addc(sql, '"');
	for (; *name; name++) {
		if (*name == '"')
			amp_str_addc(sql, '"');
		amp_str_addc(sql, *name);
	}
	amp_str_addc(sql, '"');
}

void sqlite_cache_forget(struct sqlite_db *db)
{
	db->cache.complete = false;
}

static void free_cache(struct sqlite_db *db)
{
	amp_arena_deinit(&db->cache.arena);
	amp_arena_deinit(&db->cache.before);
	free(db->cache.sorted);
	free(db->cache.old);
	db->cache = (struct schema_cache){0};
}

static void remove_in(const char *folder, const char *name)
{
	AMP_STR_AUTO path = AMP_STR_INIT;
	amp_str_addf(&path, "%s/%s", folder, name);
	if (!path.failed)
		unlink(amp_str_text(&path));
}

static void remove_private(struct sqlite_db *db)
{
	if (!db->private_folder)
		return;
	static const char *const names[] = {"db", "db-wal", "db-shm", "db-journal"};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		remove_in(db->private_folder, names[i]);
	rmdir(db->private_folder);
	free(db->private_folder);
	db->private_folder = NULL;
}

void sqlite_roll_back(struct amp_db *base)
{
	struct sqlite_db *db = sqlite_of(base);
	/* the progress handler must not stop the rollback that it asked for */
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	/* again where there was no memory for a moment */
	for (int tries = 0; tries < 3 && !sqlite3_get_autocommit(db->handle); tries++)
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	sqlite3_progress_handler(db->handle, 2000, sqlite_progress, db);
	sqlite_cache_forget(db);
}

void sqlite_close(struct amp_db *base)
{
	if (!base)
		return;
	struct sqlite_db *db = sqlite_of(base);
	if (db->handle)
		sqlite_roll_back(base);
	sqlite_unlock_aside(base);
	if (db->lent.lent)
		sqlite_give_back(db);
	else
		sqlite3_close(db->handle);
	remove_private(db);
	free_cache(db);
	free(db->path);
	free(db);
}
