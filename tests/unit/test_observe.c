/*
 * Observe: what a look at a database reads of its log, and that it leaves all files as they
 * are: also where the log is not what SQLite would read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/cmocka.h"
#include "tests/support/site.h"
#include "tests/support/temp.h"

enum { HEADER = 32, SIZE_MAX_OF_FILE = 1 << 20 };

struct file {
	char *bytes;
	size_t length;
};

/* A database with all that was applied in its log, and a copy of its files to change. */
struct fixture {
	struct site site;
	char *copy;
	struct file main, log, index;
	sqlite3 *keeper;
};

static struct file read_file(const char *folder, const char *name)
{
	char *path = temp_path(folder, name);
	struct file file = {.bytes = malloc(SIZE_MAX_OF_FILE)};
	FILE *stream = fopen(path, "rb");
	if (stream) {
		file.length = fread(file.bytes, 1, SIZE_MAX_OF_FILE, stream);
		fclose(stream);
	}
	free(path);
	return file;
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	site_make(&f->site);
	site_migration(&f->site, "1", "", "<up>CREATE TABLE a (x);</up>");
	f->copy = temp_path(f->site.folder, "copy/app.db");
	f->keeper = site_connection(&f->site);
	assert_int_equal(
		sqlite3_exec(f->keeper,
			"PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;"
			"CREATE TABLE first (x); PRAGMA wal_checkpoint(TRUNCATE);",
			NULL, NULL, NULL),
		SQLITE_OK);
	site_apply(&f->site);
	f->site.options.database = f->copy;
	f->main = read_file(f->site.folder, "app.db");
	f->log = read_file(f->site.folder, "app.db-wal");
	f->index = read_file(f->site.folder, "app.db-shm");
	assert_true(f->log.length > HEADER && f->index.length);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	sqlite3_close(f->keeper);
	site_remove(&f->site);
	free(f->copy);
	free(f->main.bytes);
	free(f->log.bytes);
	free(f->index.bytes);
	free(f);
	return 0;
}

static void assert_unchanged(const struct fixture *f, const char *name, struct file was)
{
	struct file is = read_file(f->site.folder, name);
	assert_int_equal(is.length, was.length);
	assert_memory_equal(is.bytes, was.bytes, was.length);
	free(is.bytes);
}

/* How many steps are pending in the copy with this log and index; NULL: without it. */
static size_t pending(
	const struct fixture *f, const struct file *log, const struct file *index)
{
	struct amplan_report *report;
	struct file none = {0};
	temp_write(f->site.folder, "copy/app.db", f->main.bytes, f->main.length);
	if (log)
		temp_write(f->site.folder, "copy/app.db-wal", log->bytes, log->length);
	if (index)
		temp_write(
			f->site.folder, "copy/app.db-shm", index->bytes, index->length);
	struct amplan *amplan = site_session(&f->site);
	assert_int_equal(amplan_plan(amplan, NULL, &report, NULL), AMPLAN_OK);
	size_t steps = report->nsteps;
	amplan_report_free(report);
	amplan_close(amplan);
	assert_unchanged(f, "copy/app.db", f->main);
	assert_unchanged(f, "copy/app.db-wal", log ? *log : none);
	if (!index)
		assert_unchanged(f, "copy/app.db-shm", none);
	assert_unchanged(f, "copy/app.db-journal", none);
	for (const char *const *name = (const char *const[]){"", "-wal", "-shm", NULL};
		*name; name++) {
		char *path = NULL;
		assert_true(asprintf(&path, "%s%s", f->copy, *name) > 0);
		remove(path);
		free(path);
	}
	return steps;
}

static void test_look__reads_what_is_in_the_log_only(void **state)
{
	const struct fixture *f = *state;
	assert_int_equal(pending(f, &f->log, &f->index), 0);
	assert_int_equal(pending(f, &f->log, NULL), 0);
	assert_int_equal(pending(f, NULL, NULL), 1);
}

static void put_word(char *to, uint32_t word)
{
	for (int i = 0; i < 4; i++)
		to[i] = (char)(word >> (24 - 8 * i));
}

static uint32_t word_at(const char *at)
{
	uint32_t word = 0;
	for (int i = 0; i < 4; i++)
		word = word << 8 | (unsigned char)at[i];
	return word;
}

/* The header as a machine of the other byte order writes it, whose checksum is over words
   of that order: sound, but the checksums of the frames are not. */
static void turn(char *header)
{
	uint32_t one = 0, two = 0;
	put_word(header, word_at(header) ^ 1);
	bool big = word_at(header) & 1;
	for (int i = 0; i < 24; i += 8) {
		uint32_t left = word_at(header + i), right = word_at(header + i + 4);
		one += (big ? left : __builtin_bswap32(left)) + two;
		two += (big ? right : __builtin_bswap32(right)) + one;
	}
	put_word(header + 24, one);
	put_word(header + 28, two);
}

static void test_look__passes_a_log_over_that_is_none(void **state)
{
	const struct fixture *f = *state;
	struct file log = {.bytes = malloc(f->log.length), .length = f->log.length};
	static const int places[] = {0, 3, 12, 25, 30};
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		memcpy(log.bytes, f->log.bytes, log.length);
		log.bytes[places[i]] ^= 0x40;
		assert_int_equal(pending(f, &log, &f->index), 1);
		assert_int_equal(pending(f, &log, NULL), 1);
	}
	memcpy(log.bytes, f->log.bytes, log.length);
	turn(log.bytes);
	assert_int_equal(pending(f, &log, &f->index), 1);
	/* cut within its header, and behind it */
	memcpy(log.bytes, f->log.bytes, log.length);
	for (log.length = 0; log.length <= HEADER; log.length += 8)
		assert_int_equal(pending(f, &log, &f->index), 1);
	free(log.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(test_look__reads_what_is_in_the_log_only),
		TEST(test_look__passes_a_log_over_that_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
