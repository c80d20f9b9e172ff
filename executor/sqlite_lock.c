/*
 * SQLite engine: waiting for the lock, and who holds it.
 *
 * Waiting is ours, not SQLite's timeout: a deadline on a clock that never jumps, jitter
 * so that 64 starters do not march in step, and word of whom we wait for. The holder is
 * read from the kernel's own list of locks; the database file is never opened for that,
 * since closing any descriptor of it would drop all locks that this process has on it.
 */
#include "executor/sqlite.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/system.h"

#define ASIDE_SUFFIX "-amplan-lock"
/* where SQLite's unix files put their locks */
#define RESERVED_BYTE 0x40000001LL
#define WAL_WRITE_BYTE 120LL

void sqlite_wait_begins(struct sqlite_db *db)
{
	db->waiting_since = db->last_told = 0;
	db->deadline = amp_now_ms() + db->base.hooks->lock_timeout_ms;
}

static uint32_t next_jitter(struct sqlite_db *db)
{
	db->jitter ^= db->jitter << 13;
	db->jitter ^= db->jitter >> 17;
	db->jitter ^= db->jitter << 5;
	return db->jitter ? db->jitter : (db->jitter = 1);
}

static void describe(const struct amplan_holder *holder, char *out, size_t size)
{
	if (holder->pid)
		snprintf(out, size, "process %ld (%s)", holder->pid,
			*holder->command ? holder->command : "?");
	else
		snprintf(out, size, "another process");
}

static void find_holder(struct sqlite_db *db, char *out, size_t size)
{
	struct amp_arena arena;
	amp_arena_init(&arena);
	struct amplan_holder holder = {.command = ""};
	struct amp_target target = {.path = db->path};
	if (db->path)
		sqlite_holder(&target, &holder, &arena);
	describe(&holder, out, size);
	amp_arena_deinit(&arena);
}

/* Tells once soon after the wait began, then every five seconds; progress more often. */
static void tell(struct sqlite_db *db, int64_t waited)
{
	int64_t now = amp_now_ms();
	char who[320], seconds[32];
	bool log = !db->last_told || now - db->last_told >= 5000;
	if (waited < 200 || (!log && !db->base.hooks->progress))
		return;
	find_holder(db, who, sizeof(who));
	struct amplan_progress progress = {
		.phase = AMPLAN_WAITING, .id = who, .milliseconds = waited};
	amp_progress(db->base.hooks, &progress);
	if (!log)
		return;
	db->last_told = now;
	snprintf(seconds, sizeof(seconds), "%.1f", (double)waited / 1000);
	amp_log(db->base.hooks, AMPLAN_LOG_INFO, "waiting for the lock", "database",
		db->path, "holder", who, "seconds", seconds, NULL);
}

int sqlite_busy(void *user, int count)
{
	struct sqlite_db *db = user;
	int64_t now = amp_now_ms();
	(void)count;
	if (!db->waiting_since)
		db->waiting_since = now;
	if (amp_cancelled(db->base.hooks)) {
		db->cancelled = true;
		return 0;
	}
	if (now >= db->deadline)
		return 0;
	int64_t waited = now - db->waiting_since;
	tell(db, waited);
	int64_t most = waited < 50 ? 5 : 50;
	int64_t pause = 1 + (int64_t)(next_jitter(db) % (uint32_t)most);
	amp_sleep_ms(pause < db->deadline - now ? pause : db->deadline - now);
	return 1;
}

int sqlite_progress(void *user)
{
	struct sqlite_db *db = user;
	if (amp_cancelled(db->base.hooks)) {
		db->cancelled = true;
		return 1;
	}
	if (db->statement_deadline && amp_now_ms() > db->statement_deadline) {
		db->out_of_time = true;
		return 1;
	}
	/* of the whole process, so a bound that only a runaway reaches */
	if (db->bound && sqlite3_memory_used() - db->memory_then > 2 * db->bound) {
		db->out_of_room = true;
		return 1;
	}
	if (db->progress.number && db->base.hooks->progress) {
		int64_t now = amp_now_ms();
		if (now - db->last_told >= 100) {
			struct amplan_progress progress = db->progress;
			progress.milliseconds = now - db->progress.milliseconds;
			progress.rows = sqlite3_total_changes64(db->handle) -
				db->changes_at_start;
			db->last_told = now;
			amp_progress(db->base.hooks, &progress);
		}
	}
	return 0;
}

int sqlite_locked(struct sqlite_db *db, struct amplan_error *error)
{
	char who[320];
	find_holder(db, who, sizeof(who));
	amp_error(error, AMPLAN_LOCKED, "'%s' is locked by %s; waited %.1f s",
		db->path ? db->path : "database", who,
		(double)db->base.hooks->lock_timeout_ms / 1000);
	amp_error_hint(error,
		"nothing was done; try again when it is finished, or wait longer with "
		"--lock-timeout SECONDS");
	return AMPLAN_LOCKED;
}

/* Whether a line of the kernel's list is a write lock on this file and byte; its pid. */
static long matches(const char *line, const struct stat *file, int64_t byte)
{
	char kind[16], mode[16], access[16], end[32];
	unsigned major, minor;
	unsigned long inode;
	long pid;
	int64_t first;
	if (strstr(line, "->") ||
		sscanf(line, "%*d: %15s %15s %15s %ld %x:%x:%lu %" SCNd64 " %31s", kind,
			mode, access, &pid, &major, &minor, &inode, &first, end) != 9)
		return 0;
	int64_t last = strcmp(end, "EOF") ? strtoll(end, NULL, 10) : INT64_MAX;
	if (strcmp(access, "WRITE") || inode != file->st_ino ||
		makedev(major, minor) != file->st_dev || first > byte || last < byte)
		return 0;
	return pid > 0 ? pid : 0;
}

/* The pid; 0: nobody, or this system does not tell; or -1 with errno. */
static long lock_owner(const char *path, int64_t byte)
{
	struct stat file;
	if (stat(path, &file))
		return 0;
	FILE *locks = fopen("/proc/locks", "re");
	if (!locks)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	char line[256];
	long pid = 0;
	while (!pid && fgets(line, sizeof(line), locks))
		pid = matches(line, &file, byte);
	fclose(locks);
	return pid;
}

static const char *command_of(long pid, struct amp_arena *arena)
{
	char path[64], name[64] = "";
	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	FILE *file = fopen(path, "re");
	if (file) {
		if (fgets(name, sizeof(name), file))
			name[strcspn(name, "\n")] = '\0';
		fclose(file);
	}
	const char *copy = amp_arena_strdup(arena, name);
	return copy ? copy : "";
}

static int64_t age_of(long pid)
{
	char path[64], text[1024] = "";
	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *file = fopen(path, "re");
	if (!file)
		return -1;
	size_t got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	/* the name may hold anything, so fields are counted from its closing bracket */
	const char *at = strrchr(text, ')');
	unsigned long long started = 0;
	if (!at ||
		sscanf(at + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			"%*d %*d %*d %*d %llu",
			&started) != 1)
		return -1;
	double uptime = 0;
	file = fopen("/proc/uptime", "re");
	int got_uptime = file ? fscanf(file, "%lf", &uptime) : 0;
	if (file)
		fclose(file);
	long ticks = sysconf(_SC_CLK_TCK);
	if (got_uptime != 1 || ticks <= 0)
		return -1;
	int64_t age = (int64_t)uptime - (int64_t)(started / (unsigned long long)ticks);
	return age < 0 ? 0 : age;
}

static const char *path_of(const struct amp_target *target)
{
	return target->handle ? sqlite3_db_filename(target->handle, "main")
			      : target->path;
}

static long owner_of(const char *path, const char *suffix, int64_t byte)
{
	char name[PATH_MAX + 32]; /* a longer one could not be opened */
	snprintf(name, sizeof(name), "%s%s", path, suffix);
	return lock_owner(name, byte);
}

void sqlite_holder(const struct amp_target *target, struct amplan_holder *out,
	struct amp_arena *arena)
{
	const char *path = path_of(target);
	*out = (struct amplan_holder){.command = "", .seconds = -1};
	if (!path || !*path)
		return;
	long pid = owner_of(path, "", RESERVED_BYTE);
	if (!pid)
		pid = owner_of(path, "-shm", WAL_WRITE_BYTE);
	if (!pid)
		pid = owner_of(path, ASIDE_SUFFIX, RESERVED_BYTE);
	if (pid < 0 && errno == ENOMEM)
		arena->failed = true;
	if (pid <= 0)
		return;
	out->pid = pid;
	out->command = command_of(pid, arena);
	out->seconds = age_of(pid);
}

int sqlite_held_aside(
	const struct amp_target *target, bool *held, struct amplan_error *error)
{
	const char *path = path_of(target);
	long pid = path && *path ? owner_of(path, ASIDE_SUFFIX, RESERVED_BYTE) : 0;
	*held = pid > 0;
	if (pid < 0 && errno == ENOMEM)
		return amp_error_nomem(error);
	if (pid < 0)
		return amp_error_errno(error, AMPLAN_INTERNAL, errno,
			"cannot tell who holds '%s" ASIDE_SUFFIX "': cannot read "
			"'/proc/locks'",
			path);
	return AMPLAN_OK;
}

/*
 * The lock for plans with a transaction="none" step, during which no transaction may be
 * open: an exclusive lock on an empty SQLite file beside the database. SQLite's own
 * locking knows all traps of POSIX locks; the kernel frees it when the process dies; the
 * empty file means nothing and is left where it is.
 */
int sqlite_lock_aside(struct amp_db *base, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	if (!db->path || db->shadow || db->aside)
		return AMPLAN_OK;
	size_t size = strlen(db->path) + sizeof(ASIDE_SUFFIX);
	char *name = malloc(size);
	if (!name)
		return amp_error_nomem(error);
	snprintf(name, size, "%s" ASIDE_SUFFIX, db->path);
	struct stat status;
	int rc = SQLITE_CANTOPEN;
	/* a link of that name would make us create a file somewhere else */
	bool regular = lstat(name, &status) || S_ISREG(status.st_mode);
	if (regular)
		rc = sqlite3_open_v2(name, &db->aside,
			SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			NULL);
	free(name);
	sqlite_wait_begins(db);
	if (rc == SQLITE_OK) {
		sqlite3_busy_handler(db->aside, sqlite_busy, db);
		rc = sqlite3_exec(db->aside, "BEGIN EXCLUSIVE", NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK)
		return AMPLAN_OK;
	int code = (rc & 0xff) == SQLITE_BUSY ? sqlite_locked(db, error)
		: (rc & 0xff) == SQLITE_NOMEM
		? amp_error_nomem(error)
		: amp_error(error, AMPLAN_DATABASE,
			  "cannot lock '%s" ASIDE_SUFFIX "': %s", db->path,
			  regular ? sqlite3_errmsg(db->aside)
				  : "it is not a regular file");
	sqlite_unlock_aside(base);
	return code;
}

void sqlite_unlock_aside(struct amp_db *base)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite3_close(db->aside);
	db->aside = NULL;
}
