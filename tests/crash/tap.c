#include "tests/crash/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/system.h"

#define FDS 1024
#define NO_NODE (-1)
#define FOLDER_NODE (-2)

static struct {
	char folder[512];
	size_t length;
	struct trace *trace;
	struct names names; /* in the folder now */
	int nodes, fds[FDS];
	struct tap_counts *counts;
	bool dies;
	size_t at, bytes;
} tap;

static struct {
	uint64_t random;
	int64_t now;
	long moment;
} fate;

#define VISIBLE __attribute__((visibility("default")))

/* Under ASan: what is freed is soon used again, and who allocated it is told shortly. Half
   of the time went there. */
VISIBLE const char *__asan_default_options(void);

const char *__asan_default_options(void)
{
	return "malloc_context_size=2:quarantine_size_mb=4";
}

static void fail(const char *what)
{
	fprintf(stderr, "tap: %s\n", what);
	abort();
}

/* --- chance and time ------------------------------------------------------------- */

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out)
{
	(void)vfs;
	struct dice dice = {fate.random++};
	for (int i = 0; i < size; i++)
		out[i] = (char)dice_throw(&dice);
	return size;
}

static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out)
{
	(void)vfs;
	*out = 212345678901234;
	return SQLITE_OK;
}

static int vfs_sleep(sqlite3_vfs *vfs, int microseconds)
{
	(void)vfs;
	fate.now += microseconds / 1000 + 1;
	return microseconds;
}

void tap_init(void)
{
	static sqlite3_vfs paper;
	paper = *sqlite3_vfs_find("unix");
	paper.zName = "tapped";
	paper.xRandomness = vfs_randomness;
	paper.xCurrentTimeInt64 = vfs_time;
	paper.xSleep = vfs_sleep;
	if (sqlite3_vfs_register(&paper, 1))
		fail("no VFS");
	for (int i = 0; i < FDS; i++)
		tap.fds[i] = NO_NODE;
}

/* In a new process SQLite takes new random numbers when it first opens a file. */
static void open_first(void)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
	sqlite3_file *file = calloc(1, (size_t)vfs->szOsFile);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
	if (!file || vfs->xOpen(vfs, "/dev/null\0\0", file, flags, &flags))
		fail("cannot open anything");
	file->pMethods->xClose(file);
	free(file);
}

void tap_reset(uint64_t seed)
{
	open_first();
	sqlite3_randomness(0, NULL);
	fate.random = seed * 1000;
	fate.now = 1000000;
	fate.moment = (long)seed * 10000;
}

/* In place of those of base/system.c, by the linker's --wrap. */
int64_t __wrap_amp_now_ms(void);
void __wrap_amp_sleep_ms(int64_t milliseconds);
void __wrap_amp_now_utc(char out[AMP_TIME_SIZE]);
int __wrap_amp_random_hex(char out[33]);

int64_t __wrap_amp_now_ms(void)
{
	return fate.now;
}

void __wrap_amp_sleep_ms(int64_t milliseconds)
{
	fate.now += milliseconds;
}

void __wrap_amp_now_utc(char out[AMP_TIME_SIZE])
{
	long moment = ++fate.moment;
	snprintf(out, AMP_TIME_SIZE, "2026-11-23T%02d:%02d:%02d.%03dZ",
		(int)(moment / 3600000 % 24), (int)(moment / 60000 % 60),
		(int)(moment / 1000 % 60), (int)(moment % 1000));
}

int __wrap_amp_random_hex(char out[33])
{
	struct dice dice = {fate.random++};
	snprintf(out, 33, "%016llx%016llx", (unsigned long long)dice_throw(&dice),
		(unsigned long long)dice_throw(&dice));
	return 0;
}

FILE *__wrap_fopen(const char *path, const char *mode);
FILE *__real_fopen(const char *path, const char *mode);

/* Locks are not the kernel's here (see do_lock), so its list has none of them. */
FILE *__wrap_fopen(const char *path, const char *mode)
{
	return __real_fopen(strcmp(path, "/proc/locks") ? path : "/dev/null", mode);
}

/* --- what is taken down ---------------------------------------------------------- */

static void start(const char *folder, const struct disk *disk)
{
	tap_stop();
	if (strlen(folder) >= sizeof(tap.folder))
		fail("the name of the folder is too long");
	snprintf(tap.folder, sizeof(tap.folder), "%s", folder);
	tap.length = strlen(folder);
	for (size_t i = 0; disk && i < disk->live.count; i++)
		if (!amp_vec_push(&tap.names, disk->live.items[i]))
			fail("no memory");
	tap.nodes = disk ? (int)disk->nodes.count : 0;
}

void tap_record(const char *folder, const struct disk *disk, struct trace *trace)
{
	start(folder, disk);
	tap.trace = trace;
}

void tap_count(const char *folder, struct tap_counts *counts)
{
	start(folder, NULL);
	tap.counts = counts;
}

void tap_die(const char *folder, const struct disk *disk, struct trace *trace, size_t at,
	size_t bytes)
{
	tap_record(folder, disk, trace);
	tap.dies = true;
	tap.at = at;
	tap.bytes = bytes;
}

void tap_stop(void)
{
	tap.trace = NULL;
	tap.counts = NULL;
	tap.dies = false;
	tap.length = 0;
	amp_vec_deinit(&tap.names);
}

static bool is_on(void)
{
	return tap.trace || tap.counts;
}

/* The part of a path behind the folder; NULL: it is elsewhere. "" is the folder itself. */
static const char *inside(const char *path)
{
	if (!is_on() || strncmp(path, tap.folder, tap.length) != 0)
		return NULL;
	if (path[tap.length] == '\0')
		return "";
	return path[tap.length] == '/' ? path + tap.length + 1 : NULL;
}

static int find(const char *name)
{
	for (size_t i = 0; i < tap.names.count; i++)
		if (!strcmp(tap.names.items[i].text, name))
			return (int)i;
	return -1;
}

static void forget(const char *name)
{
	int at = find(name);
	if (at >= 0)
		tap.names.items[at] = tap.names.items[--tap.names.count];
}

static int note_name(const char *name, int node)
{
	struct name entry = {.node = node};
	if (strlen(name) >= DISK_NAME)
		fail("a name is too long");
	snprintf(entry.text, sizeof(entry.text), "%s", name);
	forget(name);
	if (!amp_vec_push(&tap.names, entry))
		fail("no memory");
	return node;
}

static void count_sync(int node)
{
	const char *name = "/";
	for (size_t i = 0; node >= 0 && i < tap.names.count; i++)
		if (tap.names.items[i].node == node)
			name = tap.names.items[i].text;
	for (size_t i = 0; i < tap.counts->by_file.count; i++)
		if (!strcmp(tap.counts->by_file.items[i].text, name)) {
			tap.counts->by_file.items[i].node++;
			return;
		}
	struct name entry = {.node = 1};
	snprintf(entry.text, sizeof(entry.text), "%s", name);
	if (!amp_vec_push(&tap.counts->by_file, entry))
		fail("no memory");
}

static void count(const struct op *op)
{
	struct tap_counts *counts = tap.counts;
	counts->writes += op->kind == OP_WRITE;
	counts->truncates += op->kind == OP_TRUNCATE;
	counts->creates += op->kind == OP_CREATE;
	counts->removes += op->kind == OP_UNLINK || op->kind == OP_RENAME;
	counts->syncs += op->kind == OP_SYNC;
	counts->folder_syncs += op->kind == OP_SYNC_FOLDER;
	if (op->kind == OP_SYNC || op->kind == OP_SYNC_FOLDER)
		count_sync(op->kind == OP_SYNC ? op->node : FOLDER_NODE);
}

/* One operation is at hand; here a child may die. How much of a write is to be done. */
static size_t about_to(const struct op *op)
{
	if (!tap.dies || tap.trace->count != tap.at)
		return op->length;
	if (op->kind != OP_WRITE || !tap.bytes)
		kill(getpid(), SIGKILL);
	return tap.bytes < op->length ? tap.bytes : op->length;
}

/* It was done: `bytes` is what a write wrote. */
static void done(struct op op, const void *bytes)
{
	if (tap.dies && tap.trace->count == tap.at)
		kill(getpid(), SIGKILL);
	if (tap.counts) {
		count(&op);
		return;
	}
	if (op.kind == OP_WRITE && op.length) {
		op.bytes = malloc(op.length);
		if (!op.bytes)
			fail("no memory");
		memcpy(op.bytes, bytes, op.length);
	}
	if (!amp_vec_push(tap.trace, op))
		fail("no memory");
}

static struct op op_of(enum op_kind kind, const char *name)
{
	struct op op = {.kind = kind, .node = NO_NODE};
	snprintf(op.name, sizeof(op.name), "%s", name);
	return op;
}

static int node_of(int fd)
{
	if (fd >= FDS)
		fail("too many descriptors");
	return is_on() && fd >= 0 ? tap.fds[fd] : NO_NODE;
}

/* --- the calls ------------------------------------------------------------------- */

static int opened(int fd, const char *name, bool existed, int flags)
{
	if (fd < 0)
		return fd;
	if (fd >= FDS)
		fail("too many descriptors");
	tap.fds[fd] = NO_NODE;
	if (!name)
		return fd;
	if (!*name) {
		tap.fds[fd] = FOLDER_NODE;
		return fd;
	}
	int at = find(name), node = at < 0 ? NO_NODE : tap.names.items[at].node;
	if (!existed || node == NO_NODE) {
		if (existed && tap.trace)
			fail("a file that the disk does not know");
		node = note_name(name, tap.nodes++);
		struct op op = op_of(OP_CREATE, name);
		op.node = node;
		if (!existed)
			done(op, NULL);
	} else if (flags & O_TRUNC) {
		done((struct op){.kind = OP_TRUNCATE, .node = node}, NULL);
	}
	tap.fds[fd] = node;
	return fd;
}

static int do_open(int folder, const char *path, int flags, mode_t mode)
{
	const char *name = path[0] == '/' ? inside(path) : NULL;
	struct stat status;
	bool existed = true;
	if (name && *name) {
		existed = lstat(path, &status) == 0;
		struct op op = op_of(OP_CREATE, name);
		if (!existed && (flags & O_CREAT))
			about_to(&op);
	}
	int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
	return opened(fd, name, existed, flags);
}

#define OPEN_BODY(folder)                    \
	mode_t mode = 0;                     \
	if (flags & (O_CREAT | O_TMPFILE)) { \
		va_list args;                \
		va_start(args, flags);       \
		mode = va_arg(args, mode_t); \
		va_end(args);                \
	}                                    \
	return do_open(folder, path, flags, mode)

VISIBLE int open(const char *path, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}

VISIBLE int open64(const char *path, int flags, ...)
{
	OPEN_BODY(AT_FDCWD);
}

VISIBLE int close(int fd)
{
	if (fd >= 0 && fd < FDS)
		tap.fds[fd] = NO_NODE;
	return (int)syscall(SYS_close, fd);
}

static ssize_t do_write(int fd, const void *bytes, size_t length, int64_t at)
{
	int node = node_of(fd);
	struct op op = {.kind = OP_WRITE, .node = node, .length = length};
	op.offset = at;
	if (at < 0 && node >= 0)
		op.offset = syscall(SYS_lseek, fd, 0, SEEK_CUR);
	if (node >= 0)
		length = about_to(&op);
	ssize_t wrote = at < 0 ? syscall(SYS_write, fd, bytes, length)
			       : syscall(SYS_pwrite64, fd, bytes, length, at);
	if (node >= 0 && wrote >= 0) {
		op.length = (size_t)wrote;
		done(op, bytes);
	}
	return wrote;
}

VISIBLE ssize_t write(int fd, const void *bytes, size_t length)
{
	return do_write(fd, bytes, length, -1);
}

VISIBLE ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at)
{
	return do_write(fd, bytes, length, at);
}

VISIBLE ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at)
{
	return do_write(fd, bytes, length, at);
}

static int do_truncate(int fd, int64_t size)
{
	struct op op = {.kind = OP_TRUNCATE, .node = node_of(fd), .offset = size};
	if (op.node >= 0)
		about_to(&op);
	int rc = (int)syscall(SYS_ftruncate, fd, size);
	if (op.node >= 0 && !rc)
		done(op, NULL);
	return rc;
}

VISIBLE int ftruncate(int fd, off_t size)
{
	return do_truncate(fd, size);
}

VISIBLE int ftruncate64(int fd, off64_t size)
{
	return do_truncate(fd, size);
}

/* Memory is the disk here, so there is nothing to wait for. */
static int do_sync(int fd)
{
	int node = node_of(fd);
	struct op op = {.kind = OP_SYNC, .node = node};
	if (node == FOLDER_NODE)
		op.kind = OP_SYNC_FOLDER;
	if (node == NO_NODE)
		return 0;
	about_to(&op);
	done(op, NULL);
	return 0;
}

VISIBLE int fsync(int fd)
{
	return do_sync(fd);
}

VISIBLE int fdatasync(int fd)
{
	return do_sync(fd);
}

VISIBLE int unlink(const char *path)
{
	const char *name = inside(path);
	struct stat status;
	struct op op = op_of(OP_UNLINK, name ? name : "");
	if (name && lstat(path, &status) == 0)
		about_to(&op);
	int rc = (int)syscall(SYS_unlink, path);
	if (name && !rc) {
		forget(name);
		done(op, NULL);
	}
	return rc;
}

VISIBLE int rename(const char *path, const char *to)
{
	const char *name = inside(path), *onto = inside(to);
	struct op op = op_of(OP_RENAME, name ? name : "");
	if (!name != !onto)
		fail("a file comes from elsewhere, or goes there");
	if (name) {
		snprintf(op.to, sizeof(op.to), "%s", onto);
		about_to(&op);
	}
	int rc = (int)syscall(SYS_rename, path, to);
	if (name && !rc) {
		int at = find(name), node = at < 0 ? NO_NODE : tap.names.items[at].node;
		forget(name);
		note_name(onto, node);
		done(op, NULL);
	}
	return rc;
}

/* Locks are counted and given: nobody else is there, and a process does not stand in its
   own way. The kernel's are not free, as all processes of the machine share them. */
static int do_lock(int fd, int command, struct flock *lock)
{
	if (command == F_GETLK) {
		lock->l_type = F_UNLCK;
	} else if (tap.counts && node_of(fd) >= 0) {
		tap.counts->write_locks += lock->l_type == F_WRLCK;
		tap.counts->read_locks += lock->l_type == F_RDLCK;
	}
	return 0;
}

static int do_fcntl(int fd, int command, void *argument)
{
	if (command == F_GETLK || command == F_SETLK || command == F_SETLKW)
		return do_lock(fd, command, argument);
	return (int)syscall(SYS_fcntl, fd, command, argument);
}

#define FCNTL_BODY                             \
	va_list args;                          \
	va_start(args, command);               \
	void *argument = va_arg(args, void *); \
	va_end(args);                          \
	return do_fcntl(fd, command, argument)

VISIBLE int fcntl(int fd, int command, ...)
{
	FCNTL_BODY;
}

VISIBLE int fcntl64(int fd, int command, ...)
{
	FCNTL_BODY;
}
