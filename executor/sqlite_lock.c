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
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/system.h"

/* where SQLite's unix files put their locks */
#define RESERVED_BYTE 0x40000001LL
#define SHARED_FIRST 0x40000002LL
#define SHARED_SIZE 510
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

/* PROTOCOL: so many begin to read a WAL at once that SQLite gave up finding its place. */
bool sqlite_is_busy(int rc)
{
	return (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_PROTOCOL;
}

/* A lock as the kernel lists it: on which file beside the database, and where in it. */
struct place {
	const char *suffix;
	int64_t first, last;
	bool shared; /* any lock counts, not only one that keeps all others out */
	bool ours;   /* of this process, and no others; else of others, where shared */
};

static const struct place writers[] = {
	{"", RESERVED_BYTE, RESERVED_BYTE, false, false},
	{"-shm", WAL_WRITE_BYTE, WAL_WRITE_BYTE, false, false},
	{ASIDE_SUFFIX, RESERVED_BYTE, RESERVED_BYTE, false, false},
};
static const struct place readers = {
	"", SHARED_FIRST, SHARED_FIRST + SHARED_SIZE - 1, true, false};
static const struct place ourselves = {
	"", RESERVED_BYTE, SHARED_FIRST + SHARED_SIZE - 1, true, true};

/* Whether a line of the kernel's list is such a lock on this file; its pid. */
static long matches(const char *line, const struct stat *file, const struct place *place)
{
	char kind[16], mode[16], access[16], end[32];
	unsigned major, minor;
	unsigned long inode;
	long pid;
	int64_t first;
	/* most lines are of other files, and there may be thousands */
	snprintf(end, sizeof(end), ":%lu ", (unsigned long)file->st_ino);
	if (!strstr(line, end) || strstr(line, "->") ||
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers */
		sscanf(line, "%*d: %15s %15s %15s %ld %x:%x:%lu %" SCNd64 " %31s", kind,
			mode, access, &pid, &major, &minor, &inode, &first, end) != 9)
		return 0;
	int64_t last = strcmp(end, "EOF") ? strtoll(end, NULL, 10) : INT64_MAX;
	if ((!place->shared && strcmp(access, "WRITE") != 0) || inode != file->st_ino ||
		makedev(major, minor) != file->st_dev || first > place->last ||
		last < place->first)
		return 0;
	/* readers in our way are others */
	bool wanted = !place->shared || (pid == getpid()) == place->ours;
	return pid > 0 && wanted ? pid : 0;
}

static bool file_of(const char *path, const struct place *place, struct stat *file)
{
	char name[PATH_MAX + 32]; /* a longer one could not be opened */
	snprintf(name, sizeof(name), "%s%s", path, place->suffix);
	return !stat(name, file);
}

/* Goes through the list once; the first of the places where somebody holds a lock. 0: nobody,
   or this system does not tell; -1 with errno: it cannot be read now. */
static long search(const struct stat *files, const struct place *places, size_t count)
{
	char line[256], buffer[16384];
	long pid = 0;
	size_t best = count;
	FILE *locks = fopen("/proc/locks", "re");
	if (!locks)
		return errno == ENOENT || errno == EACCES ? 0 : -1;
	/* as much at once as the kernel gives */
	setvbuf(locks, buffer, _IOFBF, sizeof(buffer));
	while (best && fgets(line, sizeof(line), locks))
		for (size_t i = 0; i < best; i++) {
			long owner = files[i].st_ino
				? matches(line, &files[i], &places[i])
				: 0;
			if (owner) {
				pid = owner;
				best = i;
			}
		}
	fclose(locks);
	return pid;
}

/*
 * Who holds such a lock, at the first place where somebody does. The kernel lists a page
 * at a time, and a lock that comes or goes meanwhile moves the others: one that was there
 * all the time may be left out, so that nobody is believed only the fifth time.
 */
static long owner_of(const char *path, const struct place *places, size_t count)
{
	struct stat files[3] = {{0}};
	long pid = 0;
	bool any = false;
	for (size_t i = 0; i < count; i++)
		if (file_of(path, &places[i], &files[i]))
			any = true;
		else
			files[i].st_ino = 0;
	for (int tries = 0; any && !pid && tries < 5; tries++)
		pid = search(files, places, count);
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

static void describe(const struct amplan_holder *holder, char *out, size_t size)
{
	if (holder->pid == getpid())
		snprintf(out, size, "another connection of this process");
	else if (holder->pid)
		snprintf(out, size, "process %ld (%s)", holder->pid,
			*holder->command ? holder->command : "?");
	else
		snprintf(out, size, "another process");
}

static bool is_writing(sqlite3 *handle)
{
	return handle && sqlite3_txn_state(handle, NULL) == SQLITE_TXN_WRITE;
}

/* Who is in our way: a writer; or, where we are that, the readers whom a commit waits for. */
static void find_holder(struct sqlite_db *db, char *out, size_t size)
{
	struct amp_arena arena;
	amp_arena_init(&arena);
	struct amplan_holder holder = {.command = ""};
	if (db->path && is_writing(db->handle))
		holder.pid = owner_of(db->path, &readers, 1);
	else if (db->path)
		holder.pid = owner_of(db->path, writers, is_writing(db->aside) ? 2 : 3);
	if (holder.pid)
		holder.command = command_of(holder.pid, &arena);
	describe(&holder, out, size);
	amp_arena_deinit(&arena);
}

/* Tells once soon after the wait began, then every five seconds; progress more often. */
static void tell(struct sqlite_db *db, int64_t waited)
{
	int64_t now = amp_now_ms();
	char who[320], seconds[32];
	bool log = !db->last_told || now - db->last_told >= 5000;
	bool progress_due = db->base.hooks->progress && now - db->last_shown >= 100;
	if (waited < 200 || (!log && !progress_due))
		return;
	db->last_shown = now;
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
	/* Looking costs, and among many who wait it costs the one whom they wait for. He, in
	   his commit, must find a moment in which none of them looks. */
	bool ours = is_writing(db->handle);
	int64_t most = waited < 50 || ours ? 5 : waited < 2000 ? 50 : 200;
	int64_t pause = 1 + (int64_t)(next_jitter(db) % (uint32_t)most);
	amp_sleep_ms(pause < db->deadline - now ? pause : db->deadline - now);
	return 1;
}

/* A rollback journal with something in it: a writer is at work, or died. */
static bool has_journal(const struct sqlite_db *db)
{
	static const struct place journal = {.suffix = "-journal"};
	struct stat file;
	return db->path && file_of(db->path, &journal, &file) && file.st_size > 0;
}

/*
 * Pauses before the next try. Each try takes locks for a moment, and with a rollback journal
 * a commit needs a moment in which nobody does: among hundreds who try there may be none.
 * So where a journal is seen one try in half a second is enough, and enough where its
 * writer died. false: no longer.
 */
static bool pause_between(struct sqlite_db *db)
{
	int64_t since = amp_now_ms();
	do
		if (!sqlite_busy(db, 0))
			return false;
	while (has_journal(db) && amp_now_ms() - since < 500);
	return true;
}

static int cannot_lock(
	struct sqlite_db *db, const char *cause, struct amplan_error *error)
{
	amp_error(error, AMPLAN_DATABASE, "cannot lock '%s" ASIDE_SUFFIX "': %s",
		db->path, cause);
	amp_error_hint(error,
		"it must be an empty file that has owner and mode of the database; while no "
		"amplan is at work it may be removed, and comes back so");
	return AMPLAN_DATABASE;
}

static int aside_error(struct sqlite_db *db, int rc, struct amplan_error *error)
{
	return (rc & 0xff) == SQLITE_NOMEM
		? amp_error_nomem(error)
		: cannot_lock(db, sqlite3_errmsg(db->aside), error);
}

/*
 * Not by SQLite's own waiting: between two tries nothing may be held, so that it can be
 * seen whether the lock is still worth having. BUSY may also come without the busy handler
 * being asked, as during recovery.
 */
int sqlite_insist(struct sqlite_db *db, sqlite3 *handle, struct amplan_error *error)
{
	struct amp_db *base = &db->base;
	bool given_up = false;
	int rc;
	sqlite3_busy_handler(handle, NULL, NULL);
	do
		rc = sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	while (sqlite_is_busy(rc) && pause_between(db) &&
		!(given_up = base->given_up && base->given_up(base->given_up_user)));
	sqlite3_busy_handler(handle, sqlite_busy, db);
	if (!rc)
		return AMPLAN_OK;
	/* whoever gives up knows better why, and to find the holder among many costs */
	if (given_up)
		return AMPLAN_LOCKED;
	return handle == db->handle || sqlite_is_busy(rc)
		? sqlite_error(db, rc, "write to", error)
		: aside_error(db, rc, error);
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

/* Milliseconds of the last wait: the whole timeout, if it ran out. */
static int64_t waited_for(const struct sqlite_db *db)
{
	int64_t now = amp_now_ms();
	if (db->deadline && now >= db->deadline)
		return db->base.hooks->lock_timeout_ms;
	return db->waiting_since ? now - db->waiting_since : 0;
}

int sqlite_locked(struct sqlite_db *db, struct amplan_error *error)
{
	char who[320];
	if (!error)
		return AMPLAN_LOCKED;
	int64_t waited = waited_for(db);
	find_holder(db, who, sizeof(who));
	amp_error(error, AMPLAN_LOCKED, "'%s' is locked by %s; waited %.1f s",
		db->path ? db->path : "database", who, (double)waited / 1000);
	amp_error_hint(error,
		"nothing was done; try again when it is finished, or wait longer with "
		"--lock-timeout SECONDS");
	return AMPLAN_LOCKED;
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
		/* NOLINTNEXTLINE(cert-err34-c): the kernel writes these numbers */
		sscanf(at + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
			"%*d %*d %*d %*d %llu",
			&started) != 1)
		return -1;
	struct timespec up;
	long ticks = sysconf(_SC_CLK_TCK);
	if (clock_gettime(CLOCK_BOOTTIME, &up) || ticks <= 0)
		return -1;
	int64_t age = (int64_t)up.tv_sec - (int64_t)(started / (unsigned long long)ticks);
	return age < 0 ? 0 : age;
}

bool sqlite_is_listed(const struct sqlite_db *db)
{
	return db->path && owner_of(db->path, &ourselves, 1) > 0;
}

int sqlite_check_lock(const struct sqlite_db *db, struct amplan_error *error)
{
	if (!db->listed || owner_of(db->path, &ourselves, 1) != 0)
		return AMPLAN_OK;
	amp_error(error, AMPLAN_DATABASE,
		"the lock on '%s' was lost: this process opened and closed the file beside "
		"SQLite",
		db->path);
	amp_error_hint(error,
		"nothing was committed; use the file through SQLite only, also to copy or to "
		"look at it");
	return AMPLAN_DATABASE;
}

static const char *path_of(const struct amp_target *target)
{
	return target->handle ? sqlite3_db_filename(target->handle, "main")
			      : target->path;
}

void sqlite_holder(const struct amp_target *target, struct amplan_holder *out,
	struct amp_arena *arena)
{
	const char *path = path_of(target);
	*out = (struct amplan_holder){.command = "", .seconds = -1};
	if (!path || !*path)
		return;
	long pid = owner_of(path, writers, 3);
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
	long pid = path && *path ? owner_of(path, &writers[2], 1) : 0;
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
 * Makes the file with owner and mode of the database, as SQLite does with its own: whoever
 * may write the one must be able to lock the other. Where somebody else makes it just now
 * there is nothing to do; an errno where it cannot be made.
 */
static int make_aside(const char *name, const char *path)
{
	struct stat database;
	bool known = !stat(path, &database);
	int fd = amp_file_open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		known ? database.st_mode & 0666 : 0666);
	if (fd < 0)
		return errno == EEXIST ? 0 : errno;
	/* only root can give files away, and a mask may have taken bits off; where that
	   fails who comes next is told */
	if (known && !geteuid() && fchown(fd, database.st_uid, database.st_gid))
		known = false;
	if (known)
		(void)!fchmod(fd, database.st_mode & 0666);
	close(fd); /* nobody holds a lock on what is new */
	return 0;
}

static int open_aside(struct sqlite_db *db, const char *name, struct amplan_error *error)
{
	struct stat status;
	int number = lstat(name, &status) ? make_aside(name, db->path) : 0;
	char cause[128] = "";
	if (number)
		return cannot_lock(db, strerror_r(number, cause, sizeof(cause)), error);
	/* a link of that name would make us create a file somewhere else */
	if (lstat(name, &status) || !S_ISREG(status.st_mode))
		return cannot_lock(db, "it is not a regular file", error);
	int rc = sqlite3_open_v2(
		name, &db->aside, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc)
		return aside_error(db, rc, error);
	/* SQLite then opens it for reading, and a lock on that holds nobody off */
	if (sqlite3_db_readonly(db->aside, "main") == 1)
		return cannot_lock(db, "this user may not write it", error);
	return AMPLAN_OK;
}

/*
 * The lock for plans with a transaction="none" step, during which no transaction may be
 * open: a write transaction on an empty SQLite file beside the database. SQLite's own
 * locking knows all traps of POSIX locks; the kernel frees it when the process dies; the
 * empty file means nothing and is left where it is. IMMEDIATE, not EXCLUSIVE: that would
 * have to find a moment at which none of those who wait looks, and among many there is none.
 */
int sqlite_lock_aside(struct amp_db *base, bool make, struct amplan_error *error)
{
	struct sqlite_db *db = sqlite_of(base);
	if (!db->path || db->aside) /* a shadow has none */
		return AMPLAN_OK;
	size_t size = strlen(db->path) + sizeof(ASIDE_SUFFIX);
	char *name = malloc(size);
	struct stat status;
	if (!name)
		return amp_error_nomem(error);
	snprintf(name, size, "%s" ASIDE_SUFFIX, db->path);
	bool needed = make || !lstat(name, &status);
	int code = needed ? open_aside(db, name, error) : AMPLAN_OK;
	free(name);
	sqlite_wait_begins(db);
	if (!code && needed)
		code = sqlite_insist(db, db->aside, error);
	if (code)
		sqlite_unlock_aside(base);
	return code;
}

void sqlite_unlock_aside(struct amp_db *base)
{
	struct sqlite_db *db = sqlite_of(base);
	sqlite3_close(db->aside);
	db->aside = NULL;
}
