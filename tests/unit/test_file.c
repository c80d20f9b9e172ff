/*
 * Files: nothing outside of the folder is opened, and a file is replaced whole or not.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/beneath.h"
#include "base/file.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

static const char *const endings[] = {".xml", ".sql", NULL};

/* A folder "in" with a bit of everything in it, and "out" beside it. */
static char *make_tree(void)
{
	char *top = temp_make(), *before = getcwd(NULL, 0);
	assert_int_equal(chdir(top), 0);
	temp_text(top, "out/secret.xml", "secret");
	temp_text(top, "in/a.xml", "a");
	temp_text(top, "in/sub/b.sql", "b");
	temp_text(top, "in/sub/deep/c.xml", "c");
	temp_text(top, "in/.hidden/d.xml", "d");
	assert_int_equal(symlink("a.xml", "in/link.xml"), 0);
	assert_int_equal(symlink("sub/../a.xml", "in/around.xml"), 0);
	assert_int_equal(symlink("deep/../../a.xml", "in/sub/up.xml"), 0);
	assert_int_equal(symlink("../in/a.xml", "in/out-and-in.xml"), 0);
	assert_int_equal(symlink("../out/secret.xml", "in/secret.xml"), 0);
	assert_int_equal(symlink("../out", "in/outside"), 0);
	assert_int_equal(symlink("/etc/passwd", "in/absolute.xml"), 0);
	assert_int_equal(symlink("self.xml", "in/self.xml"), 0);
	assert_int_equal(symlink("pong.xml", "in/ping.xml"), 0);
	assert_int_equal(symlink("ping.xml", "in/pong.xml"), 0);
	assert_int_equal(symlink("nowhere", "in/dangling.xml"), 0);
	assert_int_equal(symlink("sub", "in/folder"), 0);
	assert_int_equal(symlink(".hidden", "in/visible"), 0);
	assert_int_equal(symlink("..", "in/sub/parent"), 0);
	assert_int_equal(mkfifo("in/pipe.xml", 0600), 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "in/socket.sql"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	assert_int_equal(chdir(before), 0);
	free(before);
	return top;
}

struct fixture {
	char *top, *path;
	struct amp_arena arena;
	struct amp_folder folder;
	struct amplan_error error;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->top = make_tree();
	f->path = temp_path(f->top, "in//");
	assert_int_equal(
		amp_folder_open(&f->folder, &f->arena, f->path, endings, &f->error),
		AMPLAN_OK);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	amp_folder_close(&f->folder);
	amp_arena_deinit(&f->arena);
	temp_remove(f->top);
	free(f->path);
	free(f);
	return 0;
}

static void test_folder__lists_what_is_inside(void **state)
{
	static const struct {
		const char *path;
		enum amp_file_problem problem;
	} expected[] = {
		{"a.xml", AMP_FILE_FINE},
		{"absolute.xml", AMP_FILE_OUTSIDE},
		{"around.xml", AMP_FILE_FINE},
		{"dangling.xml", AMP_FILE_MISSING},
		{"link.xml", AMP_FILE_FINE},
		{"out-and-in.xml", AMP_FILE_OUTSIDE},
		{"outside", AMP_FILE_OUTSIDE},
		{"ping.xml", AMP_FILE_UNREADABLE},
		{"pipe.xml", AMP_FILE_NOT_A_FILE},
		{"pong.xml", AMP_FILE_UNREADABLE},
		{"secret.xml", AMP_FILE_OUTSIDE},
		{"self.xml", AMP_FILE_UNREADABLE},
		{"socket.sql", AMP_FILE_NOT_A_FILE},
		{"sub/b.sql", AMP_FILE_FINE},
		{"sub/deep/c.xml", AMP_FILE_FINE},
		{"sub/up.xml", AMP_FILE_FINE},
		{"visible/d.xml", AMP_FILE_FINE},
	};
	struct fixture *f = *state;
	size_t count = sizeof(expected) / sizeof(*expected);
	for (size_t i = 0; i < f->folder.count && i < count; i++) {
		assert_string_equal(f->folder.entries[i].path, expected[i].path);
		assert_int_equal(f->folder.entries[i].problem, expected[i].problem);
		if (expected[i].problem == AMP_FILE_UNREADABLE)
			assert_int_equal(f->folder.entries[i].number, ELOOP);
	}
	assert_int_equal(f->folder.count, count);
	assert_int_equal(f->folder.path[strlen(f->folder.path) - 1], 'n');
}

static void assert_same(int fast, int fast_errno, int slow, int slow_errno)
{
	struct stat one, two;
	assert_int_equal(fast < 0, slow < 0);
	if (fast < 0) {
		assert_int_equal(fast_errno, slow_errno);
		return;
	}
	assert_int_equal(fstat(fast, &one), 0);
	assert_int_equal(fstat(slow, &two), 0);
	assert_true(one.st_ino == two.st_ino && one.st_dev == two.st_dev);
	assert_int_equal(fcntl(fast, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(slow, F_GETFD), FD_CLOEXEC);
	close(fast);
	close(slow);
}

static void test_beneath__is_the_same_without_the_kernel(void **state)
{
	static const char *const paths[] = {"a.xml", "./a.xml", "sub/../a.xml",
		"sub/deep/../b.sql", ".", "sub", "..", "../out", "../in/a.xml",
		"/etc/passwd", "sub/../../in/a.xml", "link.xml", "around.xml",
		"sub/up.xml", "out-and-in.xml", "secret.xml", "outside",
		"outside/secret.xml", "absolute.xml", "self.xml", "ping.xml",
		"dangling.xml", "folder/b.sql", "visible/d.xml", "sub/parent/a.xml",
		"sub/parent/../a.xml", "nowhere", "nowhere/a.xml", "a.xml/b", "pipe.xml",
		"sub//b.sql", "sub/"};
	static const int flags[] = {
		O_RDONLY | O_NONBLOCK, O_PATH, O_RDONLY | O_DIRECTORY};
	struct fixture *f = *state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (size_t j = 0; j < sizeof(flags) / sizeof(*flags); j++) {
			int fast = amp_open_beneath(f->folder.fd, paths[i], flags[j]);
			int fast_errno = errno;
			int slow =
				amp_open_beneath_slow(f->folder.fd, paths[i], flags[j]);
			assert_same(fast, fast_errno, slow, errno);
		}
}

static void test_beneath__leaves_no_descriptor_open(void **state)
{
	struct fixture *f = *state;
	int before = amp_open_beneath_slow(f->folder.fd, "sub/deep/c.xml", 0);
	close(before);
	for (int i = 0; i < 100; i++) {
		assert_true(amp_open_beneath_slow(f->folder.fd, "ping.xml", 0) < 0);
		assert_true(amp_open_beneath_slow(
				    f->folder.fd, "sub/deep/../../../out", 0) < 0);
		int fd = amp_open_beneath_slow(f->folder.fd, "sub/deep/c.xml", 0);
		assert_int_equal(fd, before);
		close(fd);
	}
}

static void test_beneath__ends_on_long_paths(void **state)
{
	struct fixture *f = *state;
	char path[8000];
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(amp_open_beneath_slow(f->folder.fd, path, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	path[300] = '\0';
	assert_int_equal(amp_open_beneath_slow(f->folder.fd, path, 0), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	for (size_t i = 0; i < 2000; i++)
		memcpy(path + 2 * i, "./", 2);
	strcpy(path + 4000, "a.xml");
	int fd = amp_open_beneath_slow(f->folder.fd, path, O_RDONLY);
	assert_true(fd >= 0);
	close(fd);
}

static enum amp_file_problem read_one(
	struct fixture *f, const char *path, size_t limit, const char **bytes)
{
	size_t length;
	int number;
	struct amp_file_identity identity;
	enum amp_file_problem problem = amp_folder_read(
		&f->folder, &f->arena, path, limit, bytes, &length, &identity, &number);
	if (!problem)
		assert_int_equal((*bytes)[length], '\0');
	return problem;
}

static void test_folder__reads_regular_files_only(void **state)
{
	struct fixture *f = *state;
	const char *bytes;
	assert_int_equal(read_one(f, "a.xml", 100, &bytes), AMP_FILE_FINE);
	assert_string_equal(bytes, "a");
	assert_int_equal(read_one(f, "folder/b.sql", 1, &bytes), AMP_FILE_FINE);
	assert_string_equal(bytes, "b");
	assert_int_equal(read_one(f, "a.xml", 0, &bytes), AMP_FILE_TOO_LARGE);
	assert_int_equal(read_one(f, "nowhere.xml", 100, &bytes), AMP_FILE_MISSING);
	assert_int_equal(read_one(f, "a.xml/b", 100, &bytes), AMP_FILE_MISSING);
	assert_int_equal(read_one(f, "sub", 100, &bytes), AMP_FILE_NOT_A_FILE);
	assert_int_equal(read_one(f, "pipe.xml", 100, &bytes), AMP_FILE_NOT_A_FILE);
	assert_int_equal(read_one(f, "socket.sql", 100, &bytes), AMP_FILE_NOT_A_FILE);
	assert_int_equal(read_one(f, "secret.xml", 100, &bytes), AMP_FILE_OUTSIDE);
	assert_int_equal(read_one(f, "../out/secret.xml", 100, &bytes), AMP_FILE_OUTSIDE);
	assert_int_equal(read_one(f, "/etc/passwd", 100, &bytes), AMP_FILE_OUTSIDE);
	assert_int_equal(read_one(f, "self.xml", 100, &bytes), AMP_FILE_UNREADABLE);
}

static void test_folder__reads_into_the_same_buffer(void **state)
{
	struct fixture *f = *state;
	AMP_STR_AUTO buffer = AMP_STR_INIT;
	int number;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
			amp_folder_read_into(&f->folder, &buffer, "a.xml", 9, &number),
			AMP_FILE_FINE);
		assert_string_equal(amp_str_text(&buffer), "a");
		assert_int_equal(amp_folder_read_into(
					 &f->folder, &buffer, "sub/b.sql", 9, &number),
			AMP_FILE_FINE);
		assert_string_equal(amp_str_text(&buffer), "b");
	}
	assert_int_equal(amp_folder_read_into(&f->folder, &buffer, "none", 9, &number),
		AMP_FILE_MISSING);
	assert_int_equal(number, ENOENT);
	assert_string_equal(amp_str_text(&buffer), "");
}

static void test_file__is_read_from_anywhere(void **state)
{
	struct fixture *f = *state;
	const char *bytes;
	size_t length;
	int ends[2];
	char name[64], message[512];
	char *path = temp_path(f->top, "out/secret.xml");
	assert_int_equal(
		amp_file_read(&f->arena, path, 6, &bytes, &length, &f->error), AMPLAN_OK);
	assert_string_equal(bytes, "secret");
	assert_int_equal(amp_file_read(&f->arena, path, 5, &bytes, &length, &f->error),
		AMPLAN_REFUSED);
	snprintf(message, sizeof(message), "cannot read '%s': it is larger than 5 bytes",
		path);
	assert_string_equal(f->error.message, message);
	free(path);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], "piped", 5), 5);
	close(ends[1]);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(
		amp_file_read(&f->arena, name, 9, &bytes, &length, &f->error), AMPLAN_OK);
	assert_string_equal(bytes, "piped");
	close(ends[0]);
	assert_int_equal(amp_file_read(&f->arena, "/", 9, &bytes, &length, &f->error),
		AMPLAN_REFUSED);
	assert_string_equal(f->error.message, "cannot read '/': Is a directory");
	assert_int_equal(
		amp_file_read(&f->arena, "/nowhere", 9, &bytes, &length, &f->error),
		AMPLAN_REFUSED);
	assert_string_equal(
		f->error.message, "cannot read '/nowhere': No such file or directory");
}

static void assert_file(struct fixture *f, const char *name, const char *expected)
{
	const char *bytes;
	size_t length;
	char *path = temp_path(f->top, name);
	assert_int_equal(amp_file_read(&f->arena, path, 99, &bytes, &length, &f->error),
		AMPLAN_OK);
	assert_string_equal(bytes, expected);
	free(path);
}

static int replace(struct fixture *f, const char *name, const char *text)
{
	char *path = temp_path(f->top, name);
	int code = amp_file_replace(path, text, strlen(text), &f->error);
	free(path);
	return code;
}

static void test_file__is_replaced_whole(void **state)
{
	struct fixture *f = *state;
	struct stat status;
	char *mode = temp_path(f->top, "in/a.xml"),
	     *link = temp_path(f->top, "in/link.xml");
	assert_int_equal(replace(f, "out/new", "one"), AMPLAN_OK);
	assert_file(f, "out/new", "one");
	assert_int_equal(replace(f, "out/new", "two"), AMPLAN_OK);
	assert_file(f, "out/new", "two");
	assert_int_equal(chmod(mode, 0640), 0);
	assert_int_equal(replace(f, "in/link.xml", "by link"), AMPLAN_OK);
	assert_file(f, "in/a.xml", "by link");
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_int_equal(stat(mode, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	free(mode);
	free(link);
}

static void test_file__that_cannot_be_written_stays(void **state)
{
	struct fixture *f = *state;
	struct amp_folder folder;
	static const char *const parts[] = {".part", NULL};
	char message[512];
	assert_int_equal(replace(f, "in", "x"), AMPLAN_INTERNAL);
	snprintf(
		message, sizeof(message), "cannot write '%s/in': Is a directory", f->top);
	assert_string_equal(f->error.message, message);
	assert_int_equal(f->error.system, EISDIR);
	assert_int_equal(replace(f, "nowhere/x", "x"), AMPLAN_INTERNAL);
	assert_int_equal(f->error.system, ENOENT);
	assert_int_equal(
		amp_folder_open(&folder, &f->arena, f->top, parts, &f->error), 0);
	assert_int_equal(folder.count, 0);
	amp_folder_close(&folder);
}

static void test_file__may_be_a_device(void **state)
{
	struct fixture *f = *state;
	assert_int_equal(amp_file_replace("/dev/null", "x", 1, &f->error), AMPLAN_OK);
	struct stat status;
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
	assert_int_equal(
		amp_file_replace("/dev/full", "x", 1, &f->error), AMPLAN_INTERNAL);
	assert_string_equal(
		f->error.message, "cannot write '/dev/full': No space left on device");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_folder__lists_what_is_inside, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_beneath__is_the_same_without_the_kernel, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_beneath__leaves_no_descriptor_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_beneath__ends_on_long_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_folder__reads_regular_files_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_folder__reads_into_the_same_buffer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_file__is_read_from_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_file__is_replaced_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_file__that_cannot_be_written_stays, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			test_file__may_be_a_device, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
