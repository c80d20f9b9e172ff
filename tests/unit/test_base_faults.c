/*
 * base/ with a system that fails: one call of a kind after so many that work, with each
 * errno that is told apart. What the whole library makes of it is tried in tests/errors.
 *
 * The linker puts the functions below in the place of those they are named after.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/error.h"
#include "base/file.h"
#include "base/finding.h"
#include "base/system.h"
#include "base/vec.h"
#include "base/walk.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

/* Which call fails, after how many that work, how often, and how. */
static struct {
	const char *call;
	int after, times, number;
	bool happened;
} fault;

static void arm(const char *call, int after, int times, int number)
{
	fault.call = call;
	fault.after = after;
	fault.times = times;
	fault.number = number;
	fault.happened = false;
}

static void disarm(void)
{
	fault.call = NULL;
	assert_true(fault.happened);
}

static bool fails(const char *call)
{
	if (!fault.call || strcmp(call, fault.call) != 0 || fault.after-- > 0 ||
		fault.times-- <= 0)
		return false;
	fault.happened = true;
	errno = fault.number;
	return true;
}

#define WRAP(result, failed, name, parameters, arguments)               \
	result __real_##name parameters;                                \
	result __wrap_##name parameters;                                \
	result __wrap_##name parameters                                 \
	{                                                               \
		return fails(#name) ? failed : __real_##name arguments; \
	}

WRAP(int, -1, fstat, (int fd, struct stat *status), (fd, status))
WRAP(int, -1, fsync, (int fd), (fd))
WRAP(int, -1, fchmod, (int fd, mode_t mode), (fd, mode))
WRAP(int, -1, rename, (const char *from, const char *to), (from, to))
WRAP(ssize_t, -1, write, (int fd, const void *bytes, size_t n), (fd, bytes, n))
WRAP(ssize_t, -1, getrandom, (void *bytes, size_t n, unsigned flags), (bytes, n, flags))
WRAP(int, -1, gethostname, (char *name, size_t size), (name, size))
WRAP(char *, NULL, realpath, (const char *path, char *out), (path, out))
WRAP(char *, NULL, strdup, (const char *text), (text))
WRAP(DIR *, NULL, fdopendir, (int fd), (fd))
WRAP(void *, NULL, realloc, (void *memory, size_t size), (memory, size))
WRAP(void *, NULL, calloc, (size_t count, size_t size), (count, size))
WRAP(ssize_t, -1, readlinkat, (int fd, const char *path, char *out, size_t size),
	(fd, path, out, size))

/* What somebody else does just before the next read. */
static void (*meanwhile)(void);

/* Number 0: the end of the file, though there was to be more. */
ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
	void (*act)(void) = meanwhile;
	meanwhile = NULL;
	if (act)
		act();
	if (fails("read"))
		return fault.number ? -1 : 0;
	return __real_read(fd, bytes, n);
}

/* It is closed all the same. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	int result = __real_close(fd);
	return fails("close") ? -1 : result;
}

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	unsigned mode = va_arg(args, unsigned);
	va_end(args);
	return fails("open") ? -1 : __real_open(path, flags, mode);
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	va_list args;
	va_start(args, number);
	int root = va_arg(args, int);
	const char *path = va_arg(args, const char *);
	void *how = va_arg(args, void *);
	size_t size = va_arg(args, size_t);
	va_end(args);
	return fails("syscall") ? -1 : __real_syscall(number, root, path, how, size);
}

int __wrap_asprintf(char **out, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **out, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	int length = fails("asprintf") ? -1 : vasprintf(out, format, args);
	va_end(args);
	return length;
}

/* Also names whose type the file system does not tell. */
static bool untyped;
struct dirent *__real_readdir(DIR *stream);
struct dirent *__wrap_readdir(DIR *stream);
struct dirent *__wrap_readdir(DIR *stream)
{
	if (fails("readdir"))
		return NULL;
	struct dirent *entry = __real_readdir(stream);
	if (entry && untyped)
		entry->d_type = DT_UNKNOWN;
	return entry;
}

int __real_fstatat(int fd, const char *path, struct stat *status, int flags);
int __wrap_fstatat(int fd, const char *path, struct stat *status, int flags);
int __wrap_fstatat(int fd, const char *path, struct stat *status, int flags)
{
	return fails("fstatat") ? -1 : __real_fstatat(fd, path, status, flags);
}

/* A folder with a bit of everything, as the current one. */
struct place {
	char *top, *before;
	struct amp_arena arena;
	struct amp_folder folder;
	struct amplan_error error;
};

static int open_place(struct place *place)
{
	static const char *const endings[] = {".xml", NULL};
	return amp_folder_open(
		&place->folder, &place->arena, "in", endings, &place->error);
}

static void place_init(struct place *place)
{
	*place = (struct place){.top = temp_make(), .before = getcwd(NULL, 0)};
	assert_int_equal(chdir(place->top), 0);
	temp_text(place->top, "in/a.xml", "some text");
	temp_text(place->top, "in/sub/b.xml", "b");
	temp_text(place->top, "in/sub/deep/c.xml", "c");
	assert_int_equal(symlink("sub/b.xml", "in/link.xml"), 0);
	assert_int_equal(symlink("sub", "in/folder"), 0);
	assert_int_equal(symlink("sub/b.xml", "in/plain"), 0);
	assert_int_equal(symlink("..", "in/up"), 0);
	assert_int_equal(mkfifo("in/pipe.xml", 0600), 0);
	assert_int_equal(open_place(place), AMPLAN_OK);
}

static void place_deinit(struct place *place)
{
	amp_folder_close(&place->folder);
	amp_arena_deinit(&place->arena);
	assert_int_equal(chdir(place->before), 0);
	free(place->before);
	temp_remove(place->top);
}

#define PLACE __attribute__((cleanup(place_deinit))) struct place

static void test_faults__of_opening_beneath(void **state)
{
	static const struct {
		int times, number;
		bool opens;
	} cases[] = {
		{1, EAGAIN, true},  /* once more */
		{3, EINTR, true},   /* and more often */
		{20, EAGAIN, true}, /* the slow way */
		{20, EINTR, false}, /* there are others who interrupt */
		{1, ENOSYS, true},
		{1, EPERM, true},
		{1, EACCES, false},
	};
	PLACE place;
	(void)state;
	place_init(&place);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		arm("syscall", 0, cases[i].times, cases[i].number);
		int fd = amp_open_beneath(place.folder.fd, "link.xml", O_RDONLY);
		int number = errno;
		disarm();
		assert_int_equal(fd >= 0, cases[i].opens);
		if (fd >= 0)
			close(fd);
		else
			assert_int_equal(number, cases[i].number);
	}
	arm("readlinkat", 0, 1, EIO);
	assert_int_equal(
		amp_open_beneath_slow(place.folder.fd, "link.xml", O_RDONLY), -1);
	assert_int_equal(errno, EIO);
	disarm();
	arm("fstat", 1, 1, EIO);
	assert_int_equal(
		amp_open_beneath_slow(place.folder.fd, "sub/b.xml", O_RDONLY), -1);
	disarm();
	/* not known to be a file, it is opened by its own handle, which no file lets through */
	arm("fstat", 1, 1, EIO);
	assert_int_equal(amp_open_beneath_slow(place.folder.fd, "a.xml", O_RDONLY), -1);
	disarm();
}

static enum amp_file_problem read_one(struct place *place, size_t *length, int *number)
{
	const char *bytes;
	return amp_folder_read(&place->folder, &place->arena, "a.xml", 100, &bytes,
		length, NULL, number);
}

static void test_faults__of_reading_below_a_folder(void **state)
{
	PLACE place;
	AMP_STR_AUTO buffer = AMP_STR_INIT;
	size_t length;
	int number;
	(void)state;
	place_init(&place);
	arm("fstat", 0, 1, EIO);
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_UNREADABLE);
	assert_int_equal(number, EIO);
	disarm();
	arm("read", 0, 1, EIO);
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_UNREADABLE);
	assert_int_equal(number, EIO);
	disarm();
	arm("read", 0, 2, EINTR);
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_FINE);
	assert_int_equal(length, 9);
	disarm();
	arm("read", 0, 1, 0);
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_FINE);
	assert_int_equal(length, 0);
	disarm();
	arm("realloc", 0, 1, ENOMEM);
	assert_int_equal(
		amp_folder_read_into(&place.folder, &buffer, "a.xml", 100, &number),
		AMP_FILE_UNREADABLE);
	assert_int_equal(number, ENOMEM);
	disarm();
	buffer.failed = false;
	arm("read", 0, 1, EIO);
	assert_int_equal(
		amp_folder_read_into(&place.folder, &buffer, "a.xml", 100, &number),
		AMP_FILE_UNREADABLE);
	assert_int_equal(number, EIO);
	disarm();
	amp_arena_deinit(&place.arena);
	arm("calloc", 0, 1, ENOMEM);
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_UNREADABLE);
	assert_int_equal(number, ENOMEM);
	disarm();
}

static void be_longer(void)
{
	temp_text(".", "in/a.xml", "some text, and more");
}

static void be_shorter(void)
{
	temp_text(".", "in/a.xml", "some");
}

static void be_another(void)
{
	static const struct timespec then[2] = {{.tv_sec = 1}, {.tv_nsec = 1}};
	temp_text(".", "in/a.xml", "some TEXT");
	assert_int_equal(utimensat(AT_FDCWD, "in/a.xml", then, 0), 0);
}

static void be_a_moment_later(void)
{
	static const struct timespec then[2] = {{.tv_sec = 1}, {.tv_nsec = 2}};
	temp_text(".", "in/a.xml", "Some TEXT");
	assert_int_equal(utimensat(AT_FDCWD, "in/a.xml", then, 0), 0);
}

static void be_replaced(void)
{
	temp_text(".", "in/new", "another text");
	assert_int_equal(rename("in/new", "in/a.xml"), 0);
}

static void test_faults__of_files_written_to_meanwhile(void **state)
{
	static void (*const acts[])(void) = {
		be_longer, be_shorter, be_another, be_a_moment_later};
	PLACE place;
	AMP_STR_AUTO buffer = AMP_STR_INIT;
	size_t length;
	int number;
	(void)state;
	place_init(&place);
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		meanwhile = acts[i];
		assert_int_equal(read_one(&place, &length, &number), AMP_FILE_CHANGED);
	}
	meanwhile = be_longer;
	assert_int_equal(
		amp_folder_read_into(&place.folder, &buffer, "a.xml", 100, &number),
		AMP_FILE_CHANGED);
	assert_int_equal(buffer.length, 0);
	/* another file under its name is another file */
	meanwhile = be_replaced;
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_FINE);
	assert_int_equal(length, strlen("some text, and more"));
	arm("fstat", 1, 1, EIO);
	assert_int_equal(read_one(&place, &length, &number), AMP_FILE_UNREADABLE);
	assert_int_equal(number, EIO);
	disarm();
}

static int read_file(struct place *place)
{
	const char *bytes;
	size_t length;
	return amp_file_read(
		&place->arena, "in/a.xml", 100, &bytes, &length, &place->error);
}

static void test_faults__of_reading_a_file(void **state)
{
	PLACE place;
	(void)state;
	place_init(&place);
	arm("open", 0, 2, EINTR);
	assert_int_equal(read_file(&place), AMPLAN_OK);
	disarm();
	arm("open", 0, 1, EMFILE);
	assert_int_equal(read_file(&place), AMPLAN_REFUSED);
	assert_string_equal(
		place.error.message, "cannot read 'in/a.xml': Too many open files");
	disarm();
	arm("read", 0, 1, EINTR);
	assert_int_equal(read_file(&place), AMPLAN_OK);
	disarm();
	arm("read", 0, 1, EIO);
	assert_int_equal(read_file(&place), AMPLAN_REFUSED);
	assert_string_equal(
		place.error.message, "cannot read 'in/a.xml': Input/output error");
	disarm();
	arm("realloc", 0, 1, ENOMEM);
	assert_int_equal(read_file(&place), AMPLAN_NOMEM);
	disarm();
	amp_arena_deinit(&place.arena);
	arm("calloc", 0, 1, ENOMEM);
	assert_int_equal(read_file(&place), AMPLAN_NOMEM);
	disarm();
}

/* Whatever fails: an error, and what was there is there, and nothing else. */
static void assert_kept(struct place *place, const char *call, int after, int number,
	int code, const char *message)
{
	arm(call, after, 1, number);
	assert_int_equal(amp_file_replace("in/a.xml", "other", 5, &place->error), code);
	disarm();
	assert_string_equal(place->error.message, message);
	const char *bytes;
	size_t length;
	assert_int_equal(amp_file_read(&place->arena, "in/a.xml", 100, &bytes, &length,
				 &place->error),
		AMPLAN_OK);
	assert_string_equal(bytes, "some text");
}

#define CANNOT "cannot write 'in/a.xml': "

static void test_faults__of_replacing_a_file(void **state)
{
	PLACE place;
	(void)state;
	place_init(&place);
	assert_kept(
		&place, "realpath", 0, EIO, AMPLAN_INTERNAL, CANNOT "Input/output error");
	assert_kept(&place, "getrandom", 0, ENOSYS, AMPLAN_INTERNAL,
		CANNOT "Input/output error");
	assert_kept(&place, "asprintf", 0, ENOMEM, AMPLAN_NOMEM, "out of memory");
	assert_kept(&place, "open", 0, EROFS, AMPLAN_INTERNAL,
		CANNOT "Read-only file system");
	assert_kept(&place, "fchmod", 0, EPERM, AMPLAN_INTERNAL,
		CANNOT "Operation not permitted");
	assert_kept(&place, "write", 0, ENOSPC, AMPLAN_INTERNAL,
		CANNOT "No space left on device");
	assert_kept(
		&place, "fsync", 0, EIO, AMPLAN_INTERNAL, CANNOT "Input/output error");
	assert_kept(
		&place, "close", 0, EIO, AMPLAN_INTERNAL, CANNOT "Input/output error");
	assert_kept(
		&place, "rename", 0, EACCES, AMPLAN_INTERNAL, CANNOT "Permission denied");
	/* the first trouble is told, not the last */
	arm("close", 0, 1, EIO);
	assert_int_equal(chmod("in", 0700), 0);
	assert_int_equal(amp_file_put("in/none/x", "x", 1), ENOENT);
	fault.call = NULL;
	arm("getrandom", 0, 1, EINTR);
	assert_int_equal(amp_file_replace("in/a.xml", "one", 3, &place.error), AMPLAN_OK);
	disarm();
	arm("write", 0, 1, EINTR);
	assert_int_equal(amp_file_replace("in/a.xml", "two", 3, &place.error), AMPLAN_OK);
	disarm();
	/* the folder cannot be synchronised: the file is there */
	arm("strdup", 0, 1, ENOMEM);
	assert_int_equal(
		amp_file_replace("in/a.xml", "three", 5, &place.error), AMPLAN_OK);
	disarm();
	arm("open", 1, 1, EACCES);
	assert_int_equal(
		amp_file_replace("in/a.xml", "four", 4, &place.error), AMPLAN_OK);
	disarm();
	arm("strdup", 0, 1, ENOMEM);
	assert_int_equal(
		amp_file_replace("in/new.xml", "x", 1, &place.error), AMPLAN_NOMEM);
	disarm();
	arm("getrandom", 0, 1, ENOSYS);
	assert_int_equal(amp_file_put("in/new.xml", "x", 1), EIO);
	disarm();
	arm("asprintf", 0, 1, ENOMEM);
	assert_int_equal(amp_file_put("in/new.xml", "x", 1), ENOMEM);
	disarm();
	assert_int_equal(access("in/new.xml", F_OK), -1);
}

static void test_faults__of_a_device(void **state)
{
	struct amplan_error error;
	(void)state;
	arm("open", 0, 1, EACCES);
	assert_int_equal(amp_file_replace("/dev/null", "x", 1, &error), AMPLAN_INTERNAL);
	disarm();
	arm("write", 0, 1, EIO);
	assert_int_equal(amp_file_replace("/dev/null", "x", 1, &error), AMPLAN_INTERNAL);
	disarm();
	arm("close", 0, 1, EIO);
	assert_int_equal(amp_file_replace("/dev/null", "x", 1, &error), AMPLAN_INTERNAL);
	disarm();
	assert_string_equal(
		error.message, "cannot write '/dev/null': Input/output error");
	assert_int_equal(amp_file_replace("/dev/null", "x", 1, &error), AMPLAN_OK);
}

/* Each call of a walk fails once: nothing less than all is found without a word. */
static void assert_walks(const char *call, int number, size_t entries)
{
	PLACE place;
	place_init(&place);
	for (int after = 0;; after++) {
		bool told = false;
		amp_folder_close(&place.folder);
		amp_arena_deinit(&place.arena);
		arm(call, after, 1, number);
		int code = open_place(&place);
		fault.call = NULL;
		for (size_t i = 0; !code && i < place.folder.count; i++)
			told = told ||
				place.folder.entries[i].problem == AMP_FILE_UNREADABLE;
		if (!fault.happened) {
			assert_int_equal(code, AMPLAN_OK);
			assert_int_equal(place.folder.count, entries);
			assert_true(after > 0);
			return;
		}
		if (!code && !told)
			assert_int_equal(place.folder.count, entries);
		if (code && number == ENOMEM)
			assert_int_equal(code, AMPLAN_NOMEM);
	}
}

static void test_faults__of_a_walk(void **state)
{
	enum { ALL = 6 };
	(void)state;
	assert_walks("syscall", EIO, ALL);
	assert_walks("syscall", EMFILE, ALL);
	assert_walks("syscall", ENFILE, ALL);
	assert_walks("syscall", ENOMEM, ALL);
	assert_walks("syscall", EINTR, ALL);
	assert_walks("fstat", EIO, ALL);
	assert_walks("fdopendir", ENOMEM, ALL);
	assert_walks("readdir", EIO, ALL);
	assert_walks("realloc", ENOMEM, ALL);
	assert_walks("calloc", ENOMEM, ALL);
	untyped = true;
	assert_walks("readdir", EIO, ALL);
	untyped = false;
}

/* A name whose type nobody tells is none of ours. */
static void test_faults__of_names_without_type(void **state)
{
	PLACE place;
	(void)state;
	place_init(&place);
	amp_folder_close(&place.folder);
	untyped = true;
	arm("fstatat", 0, 100, EACCES);
	assert_int_equal(open_place(&place), AMPLAN_OK);
	disarm();
	untyped = false;
	for (size_t i = 0; i < place.folder.count; i++)
		assert_int_equal(place.folder.entries[i].problem, AMP_FILE_NOT_A_FILE);
}

static void test_faults__of_the_system(void **state)
{
	char host[AMP_HOST_SIZE] = "x", hex[33];
	(void)state;
	arm("gethostname", 0, 1, ENAMETOOLONG);
	amp_host_name(host);
	disarm();
	assert_string_equal(host, "");
	arm("getrandom", 0, 1, ENOSYS);
	assert_int_equal(amp_random_hex(hex), -1);
	disarm();
}

/* Sizes that no machine has, and errors that nobody wants to have told. */
static void test_faults__of_sizes(void **state)
{
	struct amp_arena arena = {0};
	AMP_STR_AUTO str = AMP_STR_INIT;
	void *items = NULL;
	size_t capacity = SIZE_MAX / 4;
	struct amplan_error error;
	char path[2000];
	(void)state;
	assert_null(amp_arena_alloc(&arena, SIZE_MAX));
	assert_true(arena.failed);
	assert_null(amp_arena_strndup(&arena, NULL, 1));
	assert_null(amp_str_room(&str, SIZE_MAX / 2));
	assert_true(str.failed);
	assert_null(amp_str_room(&str, 1));
	assert_false(amp_vec_grow(&items, 8, capacity, &capacity));
	assert_int_equal(amp_error(NULL, -3, "x"), -3);
	assert_int_equal(amp_error_errno(NULL, -3, EIO, "x"), -3);
	amp_error_hint(NULL, "x");
	amp_error_clear(NULL);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	amp_error_errno(&error, -3, EIO, "%s", path);
	assert_int_equal(strlen(error.message), sizeof(error.message) - 1);
	amp_arena_deinit(&arena);
}

/* Findings that there is no memory for are missed by nobody. */
static void test_faults__of_findings(void **state)
{
	static const char *const ids[] = {"a", "b"};
	static const struct amplan_place related[] = {
		{.file = "f", .label = "l"}, {.file = "g"}};
	const struct amplan_finding finding = {.kind = "k",
		.message = "m",
		.hint = "h",
		.ids = ids,
		.nids = 2,
		.related = related,
		.nrelated = 2,
		.place = {.file = "f", .text = "t"}};
	(void)state;
	for (int call = 0; call < 2; call++)
		for (int after = 0;; after++) {
			struct amp_arena arena = {0};
			struct amp_findings findings;
			amp_findings_init(&findings, &arena);
			arm(call ? "realloc" : "calloc", after, 1, ENOMEM);
			for (int i = 0; i < 200 && !findings.failed; i++)
				amp_findings_copy(&findings, &finding);
			fault.call = NULL;
			assert_int_equal(findings.failed, fault.happened);
			amp_findings_deinit(&findings);
			amp_arena_deinit(&arena);
			if (!fault.happened)
				break;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults__of_opening_beneath),
		cmocka_unit_test(test_faults__of_reading_below_a_folder),
		cmocka_unit_test(test_faults__of_files_written_to_meanwhile),
		cmocka_unit_test(test_faults__of_reading_a_file),
		cmocka_unit_test(test_faults__of_replacing_a_file),
		cmocka_unit_test(test_faults__of_a_device),
		cmocka_unit_test(test_faults__of_a_walk),
		cmocka_unit_test(test_faults__of_names_without_type),
		cmocka_unit_test(test_faults__of_the_system),
		cmocka_unit_test(test_faults__of_sizes),
		cmocka_unit_test(test_faults__of_findings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
