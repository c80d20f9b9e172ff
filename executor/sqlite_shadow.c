/*
 * SQLite engine: looking without touching, and shadows.
 *
 * A dry run leaves the database and its directory byte for byte as they were. Opening a
 * SQLite file in the usual way does not promise that: it may create -wal and -shm files,
 * write read marks, fold a log into the database or roll back a journal. So:
 *
 *	rollback journal         read-only open; shared locks only
 *	WAL, nothing in the log  immutable open, and a check that nobody wrote meanwhile
 *	WAL in use               read-only open with a read-only -shm
 *	anything to recover      a private copy of the files, recovered there
 *
 * Files are read through SQLite's own VFS, never by open(2): closing a descriptor of ours
 * would drop the locks that this process holds on the file through SQLite.
 */
#include "executor/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

/* A log of no more than its head holds nothing; a reader with a read-only -shm would try it
   again and again all the same. */
#define LOG_HEAD 32
#define MEMORY_SHADOW_LIMIT ((int64_t)64 << 20)

int sqlite_exists(
	const struct amp_target *target, bool *exists, struct amplan_error *error)
{
	struct stat file;
	*exists = true;
	if (target->handle)
		return AMPLAN_OK;
	if (stat(target->path, &file)) {
		*exists = false;
		if (errno == ENOENT)
			return AMPLAN_OK;
		return amp_error_errno(
			error, AMPLAN_DATABASE, errno, "cannot open '%s'", target->path);
	}
	if (!S_ISREG(file.st_mode))
		return amp_error(error, AMPLAN_DATABASE,
			"cannot open '%s': it is not a regular file", target->path);
	*exists = file.st_size > 0;
	return AMPLAN_OK;
}

/* Reads part of a file through the VFS; bytes behind its end are zero. */
static int vfs_read(const char *path, int type, void *bytes, int size, int64_t offset)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	if (!vfs) /* the first call of a process makes SQLite ready, if there is memory */
		return SQLITE_NOMEM;
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	char full[4096] = "";
	int rc = SQLITE_NOMEM, flags = 0;
	if (file)
		rc = vfs->xFullPathname(vfs, path, sizeof(full) - 1, full);
	/* SQLite looks for URI parameters behind the name's end */
	memset(full + strlen(full), 0, 2);
	if (rc == SQLITE_OK || rc == SQLITE_OK_SYMLINK)
		rc = vfs->xOpen(vfs, full, file, SQLITE_OPEN_READONLY | type, &flags);
	if (rc == SQLITE_OK) {
		rc = file->pMethods->xRead(file, bytes, size, offset);
		if (rc == SQLITE_IOERR_SHORT_READ)
			rc = SQLITE_OK;
		file->pMethods->xClose(file);
	}
	free(file);
	return rc;
}

/* -1: there is no such file. Not knowing is trouble: a log that is there would be passed
   over, and what is in it with it. */
static int file_size(const char *path, const char *suffix, int64_t *size)
{
	struct stat file;
	AMP_STR_AUTO name = AMP_STR_INIT;
	*size = -1;
	amp_str_addf(&name, "%s%s", path, suffix);
	if (name.failed)
		return SQLITE_NOMEM;
	if (stat(amp_str_text(&name), &file))
		return errno == ENOENT ? SQLITE_OK : SQLITE_IOERR_FSTAT;
	*size = (int64_t)file.st_size;
	return SQLITE_OK;
}

static int is_wal(const char *path, bool *wal)
{
	unsigned char header[20] = {0};
	int rc = vfs_read(path, SQLITE_OPEN_MAIN_DB, header, sizeof(header), 0);
	*wal = header[18] == 2;
	return rc;
}

static uint32_t big_endian(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
		(uint32_t)bytes[2] << 8 | bytes[3];
}

/*
 * Does the head of the log hold? One that was cut short by a power loss is nothing to a
 * writer, but a reader with a read-only -shm would try again and again, for ten seconds,
 * and then give up ("locking protocol").
 */
static bool is_log_sound(const char *path)
{
	unsigned char head[LOG_HEAD] = {0};
	uint32_t one = 0, two = 0;
	AMP_STR_AUTO name = AMP_STR_INIT;
	amp_str_addf(&name, "%s-wal", path);
	if (name.failed ||
		vfs_read(amp_str_text(&name), SQLITE_OPEN_WAL, head, sizeof(head), 0) !=
			SQLITE_OK)
		return false;
	uint32_t magic = big_endian(head);
	for (size_t i = 0; i < 24; i += 8) {
		uint32_t left = big_endian(head + i), right = big_endian(head + i + 4);
		if (!(magic & 1)) {
			left = __builtin_bswap32(left);
			right = __builtin_bswap32(right);
		}
		one += left + two;
		two += right + one;
	}
	return (magic & ~1u) == 0x377f0682 && one == big_endian(head + 24) &&
		two == big_endian(head + 28);
}

static int open_uri(
	struct sqlite_db *db, const char *parameters, struct amplan_error *error)
{
	AMP_STR_AUTO uri = AMP_STR_INIT;
	amp_str_add(&uri, "file:");
	for (const char *c = db->path; *c; c++)
		if (strchr("%?#", *c))
			amp_str_addf(&uri, "%%%02x", (unsigned char)*c);
		else
			amp_str_addc(&uri, *c);
	amp_str_addf(&uri, "?%s", parameters);
	if (uri.failed)
		return amp_error_nomem(error);
	int rc = sqlite3_open_v2(amp_str_text(&uri), &db->handle,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_EXRESCODE,
		NULL);
	if (rc)
		return sqlite_error(db, rc, "open", error);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
	return sqlite_settings(db, error);
}

static int write_block(int fd, const char *bytes, size_t length)
{
	while (length) {
		ssize_t n = write(fd, bytes, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
		bytes += n;
		length -= (size_t)n;
	}
	return SQLITE_OK;
}

static int copy_file(const char *from, const char *suffix, int type, const char *to)
{
	char block[65536];
	int64_t size;
	AMP_STR_AUTO source = AMP_STR_INIT;
	amp_str_addf(&source, "%s%s", from, suffix);
	int rc = source.failed ? SQLITE_NOMEM : file_size(from, suffix, &size);
	if (rc || size < 0)
		return rc;
	int fd = amp_file_open(
		to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		rc = SQLITE_CANTOPEN;
	for (int64_t at = 0; rc == SQLITE_OK && at < size; at += (int64_t)sizeof(block)) {
		int64_t left = size - at;
		size_t part =
			left < (int64_t)sizeof(block) ? (size_t)left : sizeof(block);
		rc = vfs_read(amp_str_text(&source), type, block, (int)part, at);
		if (rc == SQLITE_OK)
			rc = write_block(fd, block, part);
	}
	if (fd >= 0 && close(fd) && !rc && errno != EINTR)
		rc = SQLITE_IOERR_CLOSE;
	return rc;
}

static char *make_folder(void)
{
	const char *base = getenv("TMPDIR");
	char *name = NULL;
	if (asprintf(&name, "%s/amplan-XXXXXX", base && *base ? base : "/tmp") < 0) {
		errno = ENOMEM;
		return NULL;
	}
	if (!mkdtemp(name)) {
		int number = errno;
		free(name);
		errno = number;
		return NULL;
	}
	return name;
}

/* Copies database, log and journal, lets SQLite recover the copy, and opens that. */
static int open_private(struct sqlite_db *db, struct amplan_error *error)
{
	static const struct {
		const char *suffix;
		int type;
	} parts[] = {
		{"", SQLITE_OPEN_MAIN_DB},
		{"-wal", SQLITE_OPEN_WAL},
		{"-journal", SQLITE_OPEN_MAIN_JOURNAL},
	};
	db->private_folder = make_folder();
	if (!db->private_folder && errno == ENOMEM)
		return amp_error_nomem(error);
	if (!db->private_folder) {
		amp_error_errno(error, AMPLAN_DATABASE, errno,
			"cannot make a private copy of '%s'", db->path);
		amp_error_hint(error, "set TMPDIR to a folder with room for it");
		return AMPLAN_DATABASE;
	}
	AMP_STR_AUTO copy = AMP_STR_INIT;
	int rc = SQLITE_OK;
	for (size_t i = 0; rc == SQLITE_OK && i < 3; i++) {
		amp_str_clear(&copy);
		amp_str_addf(&copy, "%s/db%s", db->private_folder, parts[i].suffix);
		if (copy.failed)
			rc = SQLITE_NOMEM;
		else
			rc = copy_file(db->path, parts[i].suffix, parts[i].type,
				amp_str_text(&copy));
	}
	amp_str_clear(&copy);
	amp_str_addf(&copy, "%s/db", db->private_folder);
	if (rc == SQLITE_OK && copy.failed)
		rc = SQLITE_NOMEM;
	if (rc == SQLITE_OK)
		rc = sqlite3_open_v2(amp_str_text(&copy), &db->handle,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				SQLITE_OPEN_EXRESCODE,
			NULL);
	return rc ? sqlite_error(db, rc, "copy", error) : sqlite_settings(db, error);
}

static int try_read(struct sqlite_db *db)
{
	return sqlite3_exec(
		db->handle, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL);
}

static bool needs_recovery(int rc)
{
	return rc == SQLITE_READONLY_ROLLBACK || rc == SQLITE_READONLY_RECOVERY ||
		rc == SQLITE_READONLY_CANTINIT || rc == SQLITE_READONLY_CANTLOCK ||
		(rc & 0xff) == SQLITE_PROTOCOL || (rc & 0xff) == SQLITE_CANTOPEN;
}

/* The way of opening that touches nothing, for the state that the files are in. */
static int open_untouched(struct sqlite_db *db, bool *recover, struct amplan_error *error)
{
	struct amplan_error inner = {0};
	bool wal = false;
	int64_t log = -1, shared = -1, journal = -1;
	int rc = is_wal(db->path, &wal);
	/* a first page that a journal may take back says nothing of the mode */
	if (!rc && wal)
		rc = file_size(db->path, "-journal", &journal);
	if (!rc && wal)
		rc = file_size(db->path, "-wal", &log);
	if (!rc && wal)
		rc = file_size(db->path, "-shm", &shared);
	if (rc)
		return sqlite_error(db, rc, "open", error);
	bool in_use = log > LOG_HEAD;
	if (wal && (journal > 0 || (in_use && (shared < 0 || !is_log_sound(db->path))))) {
		*recover = true;
		return AMPLAN_OK;
	}
	const char *how = !wal ? "mode=ro"
		: in_use       ? "mode=ro&readonly_shm=1"
			       : "mode=ro&immutable=1";
	int code = open_uri(db, how, &inner);
	/* the first statement that reads meets what is to be recovered */
	if (code)
		rc = inner.system;
	else
		do
			rc = try_read(db);
		while (rc == SQLITE_PROTOCOL && sqlite_busy(db, 0));
	if (!code && rc)
		code = sqlite_error(db, rc, "read", &inner);
	*recover = needs_recovery(rc);
	if (*recover)
		return AMPLAN_OK;
	if (code && error)
		*error = inner;
	return code;
}

int sqlite_observe(const struct amp_target *target, const struct amp_hooks *hooks,
	struct amp_db **out, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_wrap(NULL, hooks);
	if (!db || !(db->path = sqlite_literal_path(target->path))) {
		free(db);
		return amp_error_nomem(error);
	}
	bool recover = false;
	int code = open_untouched(db, &recover, error);
	if (!code && recover) {
		sqlite3_close(db->handle);
		db->handle = NULL;
		code = open_private(db, error);
	}
	if (code) {
		sqlite_close(&db->base);
		return code;
	}
	*out = &db->base;
	return AMPLAN_OK;
}

/* Copies all pages in one go: one read transaction, other readers are not disturbed. */
static int copy_pages(
	struct sqlite_db *from, struct sqlite_db *to, struct amplan_error *error)
{
	sqlite3_backup *backup =
		sqlite3_backup_init(to->handle, "main", from->handle, "main");
	if (!backup)
		return sqlite_error(
			to, sqlite3_extended_errcode(to->handle), "copy", error);
	int rc;
	sqlite_wait_begins(from);
	struct amplan_progress progress = {.phase = AMPLAN_COPYING, .id = ""};
	do {
		rc = sqlite3_backup_step(backup, 4096);
		amp_progress(from->base.hooks, &progress);
		if (amp_cancelled(from->base.hooks)) {
			from->cancelled = true;
			rc = SQLITE_INTERRUPT;
		}
	} while (rc == SQLITE_OK || (sqlite_is_busy(rc) && sqlite_busy(from, 0)) ||
		((rc & 0xff) == SQLITE_LOCKED && sqlite_busy(from, 0)));
	sqlite3_backup_finish(backup);
	return rc == SQLITE_DONE ? AMPLAN_OK : sqlite_error(from, rc, "copy", error);
}

static int replay(struct sqlite_db *to, sqlite3_stmt *row, const char **failed,
	struct amp_arena *arena)
{
	const char *name = (const char *)sqlite3_column_text(row, 0);
	const char *sql = (const char *)sqlite3_column_text(row, 1);
	char *probe =
		sqlite3_mprintf("SELECT 1 FROM sqlite_schema WHERE name = %Q", name);
	if (!probe)
		return SQLITE_NOMEM;
	bool there = sqlite_number(to, probe, 0);
	sqlite3_free(probe);
	if (to->trouble)
		return to->trouble;
	/* a virtual table makes its own helper tables */
	if (there)
		return SQLITE_OK;
	int rc = sqlite3_exec(to->handle, sql, NULL, NULL, NULL);
	if (rc && !*failed)
		*failed = amp_arena_printf(
			arena, "'%s' (%s)", name, sqlite3_errmsg(to->handle));
	return sqlite_is_trouble(rc) ? rc : SQLITE_OK;
}

/* Makes the same schema without rows. What cannot be made is named in *failed. */
static int copy_schema(struct sqlite_db *from, struct sqlite_db *to, const char **failed,
	struct amp_arena *arena, struct amplan_error *error)
{
	static const char sql[] =
		"SELECT name, sql FROM main.sqlite_schema WHERE sql IS NOT NULL "
		"AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY "
		"CASE WHEN sql LIKE 'CREATE VIRTUAL%' THEN 0 WHEN type = 'table' THEN 1 "
		"WHEN type = 'index' THEN 2 WHEN type = 'view' THEN 3 ELSE 4 END, rowid";
	sqlite3_stmt *statement = NULL;
	int rc = sqlite3_exec(to->handle, "BEGIN", NULL, NULL, NULL);
	if (rc)
		return sqlite_error(to, rc, "use", error);
	rc = sqlite3_prepare_v2(from->handle, sql, -1, &statement, NULL);
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(statement)) == SQLITE_ROW)
			if ((rc = replay(to, statement, failed, arena)))
				break;
	sqlite3_finalize(statement);
	if (rc != SQLITE_DONE)
		return sqlite_error(from, rc, "read", error);
	rc = sqlite3_exec(to->handle, "COMMIT", NULL, NULL, NULL);
	return rc ? sqlite_error(to, rc, "use", error) : sqlite_trouble(to, error);
}

static int64_t database_size(struct sqlite_db *db)
{
	return sqlite_number(db, "PRAGMA main.page_count", 0) *
		sqlite_number(db, "PRAGMA main.page_size", 4096);
}

static int open_shadow(struct sqlite_db **out, bool in_memory,
	const struct amp_hooks *hooks, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_wrap(NULL, hooks);
	if (!db)
		return amp_error_nomem(error);
	db->shadow = true;
	/* "" is a file of SQLite's own in the temporary folder, gone when it is closed */
	int rc = sqlite3_open_v2(in_memory ? ":memory:" : "", &db->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
			SQLITE_OPEN_EXRESCODE,
		NULL);
	int code = rc ? sqlite_error(db, rc, "open a shadow of", error)
		      : sqlite_settings(db, error);
	if (code) {
		sqlite_close(&db->base);
		return code;
	}
	*out = db;
	return AMPLAN_OK;
}

static const char *size_note(struct amp_arena *arena, int64_t size, int64_t limit)
{
	return amp_arena_printf(arena,
		"the database has %lld MiB, more than the %lld MiB that are copied: rows were "
		"not seen, so what depends on them is unknown",
		(long long)(size >> 20), (long long)(limit >> 20));
}

int sqlite_shadow(struct amp_db *base, enum amplan_fidelity wish, int64_t copy_limit,
	const struct amp_hooks *hooks, struct amp_db **out,
	enum amplan_fidelity *fidelity, const char **note, struct amp_arena *arena,
	struct amplan_error *error)
{
	struct sqlite_db *from = base ? sqlite_of(base) : NULL, *shadow = NULL;
	int64_t size = from ? database_size(from) : 0;
	const char *failed = NULL;
	*note = NULL;
	if (!from)
		*fidelity = AMPLAN_FIDELITY_EMPTY;
	else if (wish == AMPLAN_FIDELITY_AUTO)
		*fidelity = size <= copy_limit ? AMPLAN_FIDELITY_COPY
					       : AMPLAN_FIDELITY_SCHEMA;
	else
		*fidelity = wish;
	bool copies = from && *fidelity == AMPLAN_FIDELITY_COPY;
	int code = from ? sqlite_trouble(from, error) : AMPLAN_OK;
	if (!code)
		code = open_shadow(
			&shadow, !copies || size <= MEMORY_SHADOW_LIMIT, hooks, error);
	if (!code && copies)
		code = copy_pages(from, shadow, error);
	else if (!code && from && *fidelity == AMPLAN_FIDELITY_SCHEMA)
		code = copy_schema(from, shadow, &failed, arena, error);
	if (code) {
		sqlite_close(shadow ? &shadow->base : NULL);
		return code;
	}
	if (failed)
		*note = amp_arena_printf(
			arena, "the shadow lacks %s: what needs it is unknown", failed);
	else if (*fidelity == AMPLAN_FIDELITY_SCHEMA && wish == AMPLAN_FIDELITY_AUTO)
		*note = size_note(arena, size, copy_limit);
	else if (*fidelity == AMPLAN_FIDELITY_SCHEMA)
		*note = "rows were not seen, so what depends on them is unknown";
	*out = &shadow->base;
	return AMPLAN_OK;
}
