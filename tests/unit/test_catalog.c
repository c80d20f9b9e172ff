/*
 * The catalog: which files it reads, in which order, and what its stamp notices.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "schema/bytes.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"
#include "tests/support/temp.h"

#define NS "xmlns=\"urn:amplan:1\""
#define ONE(id) "<migration " NS " id=\"" id "\"><up>SELECT 1</up></migration>"

static void assert_ids(const struct folder *folder, const char *expected)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	for (size_t i = 0; i < folder->catalog.count; i++)
		amp_str_addf(&text, "%s%s", i ? " " : "", folder->catalog.items[i]->id);
	assert_string_equal(amp_str_text(&text), expected);
}

static void test_catalog__is_sorted_whatever_the_files_are_called(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "z.xml", ONE("2"));
	folder_file(&folder, "a/b/c.xml", ONE("10"));
	folder_file(&folder, "a.xml",
		"<migrations " NS
		"><migration id=\"x\" module=\"m\"><up>x</up></migration>"
		"<migration id=\"1\"><up>x</up></migration></migrations>");
	folder_file(&folder, "notes.txt", "no descriptor");
	folder_file(&folder, ".hidden.xml", "no descriptor");
	folder_file(&folder, ".git/x.xml", "no descriptor");
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_ids(&folder, "1 2 10 m:x");
	assert_int_equal(folder.catalog.files, 3);
	assert_string_equal(amp_catalog_find(&folder.catalog, "m:x")->module, "m");
	assert_null(amp_catalog_find(&folder.catalog, "x"));
	assert_null(amp_catalog_find(&folder.catalog, ""));
}

static void test_catalog__keeps_the_first_of_two_with_one_id(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "b.xml", "\n " ONE("a"));
	folder_file(&folder, "a.xml", ONE("a"));
	folder_file(&folder, "c.xml", ONE("a"));
	folder_load(&folder);
	assert_ids(&folder, "a");
	assert_catalog(&folder,
		"m/b.xml:2:38+1: error[duplicate-id]: the id 'a' is declared twice {a} "
		"(give one of them another id; one that was applied keeps its own)\n"
		"  m/a.xml:1:37+1: first declared here\n"
		"m/c.xml:1:37+1: error[duplicate-id]: the id 'a' is declared twice {a} "
		"(give one of them another id; one that was applied keeps its own)\n"
		"  m/a.xml:1:37+1: first declared here\n");
	assert_string_equal(folder.catalog.items[0]->source->path, "m/a.xml");
}

static void test_catalog__tells_a_few_duplicates_and_counts_the_rest(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migrations " NS ">");
	for (int i = 0; i < 151; i++)
		amp_str_add(&text, "<migration id=\"a\"><up>x</up></migration>");
	amp_str_add(&text, "</migrations>");
	folder_init(&folder);
	folder_file(&folder, "a.xml", amp_str_text(&text));
	folder_load(&folder);
	assert_int_equal(folder.catalog.findings.count, 101);
	assert_string_equal(folder.catalog.findings.items[0].message,
		"50 more ids are declared twice");
}

static int load(struct folder *folder, const char *const *folders, size_t count)
{
	amp_catalog_deinit(&folder->catalog);
	return amp_catalog_load(
		&folder->catalog, folders, count, "sqlite", &folder->error);
}

static void test_catalog__reads_a_file_once_however_it_is_reached(void **state)
{
	static const char *const folders[] = {"m", "m/", "m/sub", "other"};
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", ONE("a"));
	folder_file(&folder, "sub/b.xml", ONE("b"));
	assert_int_equal(symlink("a.xml", "m/link.xml"), 0);
	assert_int_equal(link("m/a.xml", "m/hard.xml"), 0);
	assert_int_equal(symlink(".", "m/loop"), 0);
	assert_int_equal(symlink("m", "other"), 0);
	assert_int_equal(load(&folder, folders, 4), AMPLAN_OK);
	assert_catalog(&folder, "");
	assert_ids(&folder, "a b");
	assert_int_equal(folder.catalog.files, 2);
}

static void test_catalog__walks_each_folder_once(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "z/a.xml", ONE("a"));
	assert_int_equal(symlink("..", "m/z/up"), 0);
	assert_int_equal(symlink("z", "m/a"), 0);
	assert_int_equal(symlink("a", "m/b"), 0);
	assert_int_equal(symlink("circle", "m/circle"), 0);
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_string_equal(folder.catalog.items[0]->source->path, "m/z/a.xml");
}

static void test_catalog__follows_links_that_stay_inside(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	/* as a mounted ConfigMap looks like */
	folder_file(&folder, "..2026_01/a.xml",
		"<migration " NS " id=\"a\"><up src=\"a.sql\"/></migration>");
	folder_file(&folder, "..2026_01/a.sql", "SELECT 1;");
	assert_int_equal(symlink("..2026_01", "m/..data"), 0);
	assert_int_equal(symlink("..data/a.xml", "m/a.xml"), 0);
	assert_int_equal(symlink("..data/a.sql", "m/a.sql"), 0);
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_string_equal(folder.catalog.items[0]->up->text, "SELECT 1;");
}

static void test_catalog__tells_of_every_file_that_cannot_be_used(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "good.xml", ONE("a"));
	assert_int_equal(symlink("/etc/passwd", "m/absolute.xml"), 0);
	assert_int_equal(symlink("../outside.xml", "m/above.xml"), 0);
	assert_int_equal(symlink("..", "m/up"), 0);
	assert_int_equal(symlink("/etc/passwd", "m/out.sql"), 0);
	assert_int_equal(symlink("nowhere", "m/dangling.xml"), 0);
	assert_int_equal(mkfifo("m/pipe.xml", 0600), 0);
	assert_int_equal(symlink("/dev/zero", "m/zero.sql"), 0);
	assert_int_equal(mkdir("m/folder.xml", 0700), 0);
	folder_file(&folder, "large.xml", "");
	assert_int_equal(truncate("m/large.xml", ((off_t)4 << 20) + 1), 0);
	folder_load(&folder);
	assert_ids(&folder, "a");
	assert_catalog(&folder,
		"m/above.xml:0:0+0: error[invalid-descriptor]: the link leads out of the "
		"migrations folder {} (copy the file into the folder)\n"
		"m/absolute.xml:0:0+0: error[invalid-descriptor]: the link leads out of "
		"the migrations folder {} (copy the file into the folder)\n"
		"m/dangling.xml:0:0+0: error[invalid-descriptor]: the link leads nowhere "
		"{} (bring back what it leads to, or remove it)\n"
		"m/large.xml:0:0+0: error[invalid-descriptor]: the file is larger than 4 "
		"MiB {} (put large SQL into .sql files, named with src=\"...\")\n"
		"m/out.sql:0:0+0: error[invalid-descriptor]: the link leads out of the "
		"migrations folder {} (copy the file into the folder)\n"
		"m/pipe.xml:0:0+0: error[invalid-descriptor]: this is not a regular file "
		"{} (move it elsewhere, or give it a name that does not end so)\n"
		"m/up:0:0+0: error[invalid-descriptor]: the link leads out of the "
		"migrations folder {} (name the other folder, too: -m may be given "
		"several times)\n"
		"m/zero.sql:0:0+0: error[invalid-descriptor]: the link leads out of the "
		"migrations folder {} (copy the file into the folder)\n");
	assert_string_equal(folder.catalog.stamp, "");
}

static void test_catalog__reads_an_sql_file_once_and_by_way_of_links(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migrations " NS "><migration id=\"a\"><up src=\"x.sql\"/>"
		"<down src=\"x.sql\"/></migration><migration id=\"b\">"
		"<up src=\"link/y.sql\"/></migration></migrations>");
	folder_file(&folder, "x.sql", "SELECT 1");
	folder_file(&folder, "sub/y.sql", "SELECT 2");
	assert_int_equal(symlink("sub", "m/link"), 0);
	folder_load(&folder);
	assert_catalog(&folder, "");
	const struct amp_migration *migration = folder.catalog.items[0];
	assert_ptr_equal(migration->up->source, migration->down->source);
	assert_string_equal(folder.catalog.items[1]->up->text, "SELECT 2");
	assert_string_equal(folder.catalog.items[1]->up->source->path, "m/link/y.sql");
}

/* A file that takes no room on the disk and, as UTF-16, no time. */
static void folder_zeros(struct folder *folder, const char *name, size_t length)
{
	AMP_STR_AUTO path = AMP_STR_INIT;
	folder_file(folder, name, "\xff\xfe");
	amp_str_addf(&path, "m/%s", name);
	assert_int_equal(truncate(amp_str_text(&path), (off_t)length), 0);
}

static bool is_found(const struct folder *folder, const char *message)
{
	for (size_t i = 0; i < folder->catalog.findings.count; i++)
		if (!strcmp(folder->catalog.findings.items[i].message, message))
			return true;
	return false;
}

/* One load, since it takes its time: the last XML file, SQL that a descriptor names, and
   what the stamp would read besides. */
static void test_catalog__reads_no_more_than_there_is_room_for(void **state)
{
	FOLDER folder;
	char name[16];
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "0.xml",
		"<migration " NS " id=\"a\"><up src=\"large.sql\"/></migration>");
	folder_zeros(&folder, "1.sql", AMP_SQL_LIMIT);
	for (size_t i = 0; i < AMP_CATALOG_LIMIT / AMP_XML_LIMIT; i++) {
		snprintf(name, sizeof(name), "2.%02zu.xml", i);
		folder_zeros(&folder, name, AMP_XML_LIMIT);
	}
	folder_zeros(&folder, "large.sql", AMP_XML_LIMIT);
	folder_load(&folder);
	assert_true(is_found(&folder,
		"with this file the migrations are larger than 512 "
		"MiB together"));
	assert_true(is_found(&folder,
		"with file 'large.sql' the migrations are larger than "
		"512 MiB together"));
	assert_string_equal(folder.catalog.stamp, "");
}

static void test_catalog__hashes_no_more_than_so_much_again(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO sql = AMP_STR_INIT;
	(void)state;
	folder_init(&folder);
	while (sql.length <= AMP_AGAIN_LIMIT / 2)
		amp_str_add(&sql, "SELECT 1; -- and nothing else\n");
	folder_bytes(&folder, "a.sql", sql.data, sql.length);
	folder_file(&folder, "a.xml",
		"<migrations " NS "><migration id=\"a\"><up src=\"a.sql\"/></migration>"
		"<migration id=\"b\"><up src=\"a.sql\"/></migration>\n"
		"<migration id=\"c\"><up src=\"a.sql\"/></migration></migrations>");
	folder_load(&folder);
	assert_catalog(&folder,
		"m/a.xml:2:28+5: error[invalid-descriptor]: the files that are named again, "
		"'a.sql' the last, are larger than 8 MiB together {c} (let one migration run "
		"it, and the others depend on that one)\n");
}

static void test_catalog__refuses_large_sql_files(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration " NS " id=\"a\"><up src=\"x.sql\"/></migration>");
	folder_file(&folder, "x.sql", "");
	assert_int_equal(truncate("m/x.sql", (off_t)AMP_SQL_LIMIT + 1), 0);
	folder_load(&folder);
	assert_catalog(&folder,
		"m/a.xml:1:49+5: error[invalid-descriptor]: file 'x.sql' is larger than 256 "
		"MiB {a} (split it into several migrations)\n");
}

/* A folder that is missing, or in which something is wrong, before one that is fine. */
static void test_stamp__ends_at_the_first_folder_that_is_not_fine(void **state)
{
	FOLDER folder;
	char stamp[AMP_DIGEST_SIZE];
	static const char *const missing[] = {"nowhere", "m"},
				 *const wrong[] = {"n", "m"};
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", ONE("a"));
	assert_int_equal(mkdir("n", 0700), 0);
	assert_int_equal(symlink("nowhere", "n/b.sql"), 0);
	assert_int_equal(
		amp_catalog_stamp(missing, 2, "sqlite", stamp, &folder.error), AMPLAN_OK);
	assert_string_equal(stamp, "");
	assert_int_equal(
		amp_catalog_stamp(wrong, 2, "sqlite", stamp, &folder.error), AMPLAN_OK);
	assert_string_equal(stamp, "");
	assert_int_equal(load(&folder, missing, 2), AMPLAN_REFUSED);
	assert_string_equal(folder.error.message, "folder 'nowhere' does not exist");
	amp_catalog_deinit(&folder.catalog);
	assert_int_equal(
		amp_catalog_load(&folder.catalog, wrong, 2, "sqlite", &folder.error),
		AMPLAN_OK);
	assert_string_equal(folder.catalog.stamp, "");
	assert_int_equal(unlink("n/b.sql"), 0);
	assert_int_equal(rmdir("n"), 0);
}

static void test_catalog__tells_what_is_wrong_with_sql_files(void **state)
{
	static const char *const wrong[][2] = {
		{"b.sql", "file 'b.sql' does not exist"},
		{"x.sql/b.sql", "file 'x.sql/b.sql' does not exist"},
		{"folder.sql", "'folder.sql' is not a file"},
		{"out.sql", "file 'out.sql' is outside of the migrations folder"},
		{"../b.sql", "file '../b.sql' is outside of the migrations folder"},
		{"/etc/b.sql", "'src' cannot be '/etc/b.sql'"},
		{"b.txt", "'src' cannot be 'b.txt'"},
		{".sql", "'src' cannot be '.sql'"},
		{"a\\b.sql", "'src' cannot be 'a\\b.sql'"},
		{"a/./b.sql", "'src' cannot be 'a/./b.sql'"},
		{"a//b.sql", "'src' cannot be 'a//b.sql'"},
		{"a&#10;b.sql", "'src' cannot be 'a\nb.sql'"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		FOLDER folder;
		AMP_STR_AUTO text = AMP_STR_INIT;
		folder_init(&folder);
		folder_file(&folder, "x.sql", "SELECT 1");
		assert_int_equal(mkdir("m/folder.sql", 0700), 0);
		assert_int_equal(symlink("/etc/passwd", "m/out.sql"), 0);
		amp_str_addf(&text,
			"<migration " NS " id=\"a\">\n<up src=\"%s\"/></migration>",
			wrong[i][0]);
		folder_file(&folder, "a.xml", amp_str_text(&text));
		folder_load(&folder);
		const struct amplan_finding *finding = &folder.catalog.findings.items[0];
		assert_string_equal(finding->place.file, "m/a.xml");
		assert_int_equal(finding->place.line, 2);
		assert_int_equal(finding->place.column, 10);
		assert_string_equal(finding->message, wrong[i][1]);
	}
}

static void test_catalog__judges_the_bytes_of_sql_files(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "sub/a.xml",
		"<migration " NS " id=\"a\"><up src=\"sql/up.sql\"/>"
		"<down src=\"sql/down.sql\"/></migration>");
	folder_file(&folder, "sub/sql/up.sql", "SELECT\n\xe4 1");
	folder_file(&folder, "sub/sql/down.sql", "SELECT\n 1\f");
	folder_file(&folder, "sub/b.xml",
		"<migration " NS " id=\"b\">"
		"<up src=\"sql/empty.sql\">x</up></migration>");
	folder_file(&folder, "sub/sql/empty.sql", "");
	folder_load(&folder);
	assert_catalog(&folder,
		"m/sub/b.xml:1:41+2: error[invalid-descriptor]: 'up' has no SQL statement "
		"{b} (a migration that does nothing is not needed; where its id must stay, write SELECT 1;)\n"
		"m/sub/b.xml:1:64+1: error[invalid-descriptor]: 'up' has both src and text "
		"{b} (leave one of them out)\n"
		"m/sub/sql/down.sql:2:3+1: error[invalid-descriptor]: the control character "
		"0x0c cannot stand in SQL {a} (remove it, or write it as char(...) in "
		"SQL)\n"
		"m/sub/sql/up.sql:2:1+1: error[invalid-descriptor]: byte 0xe4 is not UTF-8 "
		"here {a} (save the file as UTF-8)\n");
}

static void test_catalog__wants_a_folder(void **state)
{
	static const char *const missing[] = {"m", "nowhere"};
	static const char *const file[] = {"m/a.xml"};
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", ONE("a"));
	assert_int_equal(load(&folder, missing, 2), AMPLAN_REFUSED);
	assert_string_equal(folder.error.message, "folder 'nowhere' does not exist");
	assert_string_equal(folder.error.hint,
		"create it, write a first migration with 'amplan new', or name another "
		"folder with -m");
	assert_int_equal(load(&folder, file, 1), AMPLAN_REFUSED);
	assert_string_equal(folder.error.message, "'m/a.xml' is not a folder");
}

static void test_catalog__may_be_empty(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_int_equal(folder.catalog.count, 0);
	assert_null(amp_catalog_find(&folder.catalog, "a"));
}

static void assert_stamp(struct folder *folder, bool same, char last[AMP_DIGEST_SIZE])
{
	static const char *const folders[] = {"m"};
	char stamp[AMP_DIGEST_SIZE];
	struct amplan_error error;
	assert_int_equal(
		amp_catalog_stamp(folders, 1, "sqlite", stamp, &error), AMPLAN_OK);
	folder_load(folder);
	assert_string_equal(stamp, folder->catalog.stamp);
	assert_int_equal(strlen(stamp), AMP_DIGEST_SIZE - 1);
	assert_int_equal(strcmp(stamp, last) == 0, same);
	memcpy(last, stamp, sizeof(stamp));
}

static void test_stamp__notices_whatever_a_load_would_see(void **state)
{
	FOLDER folder;
	char last[AMP_DIGEST_SIZE] = "", engine[AMP_DIGEST_SIZE];
	static const char *const folders[] = {"m"}, *const twice[] = {"m", "m"};
	(void)state;
	folder_init(&folder);
	assert_stamp(&folder, false, last);
	folder_file(&folder, "a.xml", ONE("a"));
	assert_stamp(&folder, false, last);
	assert_stamp(&folder, true, last);
	folder_file(&folder, "readme.txt", "x");
	folder_file(&folder, ".a.xml", "x");
	assert_stamp(&folder, true, last);
	folder_file(&folder, "a.xml", ONE("b"));
	assert_stamp(&folder, false, last);
	folder_file(&folder, "unused.sql", "x");
	assert_stamp(&folder, false, last);
	folder_file(&folder, "unused.sql", "y");
	assert_stamp(&folder, false, last);
	assert_int_equal(rename("m/unused.sql", "m/other.sql"), 0);
	assert_stamp(&folder, false, last);
	folder_file(&folder, "b.xml",
		"<migration " NS " id=\"x\"><up src=\"other.sql\"/></migration>");
	assert_stamp(&folder, false, last);
	folder_file(&folder, "other.sql", "z");
	assert_stamp(&folder, false, last);
	struct amplan_error error;
	amp_catalog_stamp(folders, 1, "postgresql", engine, &error);
	assert_string_not_equal(engine, last);
	amp_catalog_stamp(twice, 2, "sqlite", engine, &error);
	assert_string_not_equal(engine, last);
}

static void test_stamp__is_empty_where_a_load_would_complain(void **state)
{
	FOLDER folder;
	char stamp[AMP_DIGEST_SIZE] = "x";
	static const char *const folders[] = {"m"}, *const missing[] = {"nowhere"};
	struct amplan_error error;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", ONE("a"));
	assert_int_equal(symlink("nowhere", "m/b.sql"), 0);
	assert_int_equal(
		amp_catalog_stamp(folders, 1, "sqlite", stamp, &error), AMPLAN_OK);
	assert_string_equal(stamp, "");
	folder_load(&folder);
	assert_string_equal(folder.catalog.stamp, "");
	stamp[0] = 'x';
	assert_int_equal(
		amp_catalog_stamp(missing, 1, "sqlite", stamp, &error), AMPLAN_OK);
	assert_string_equal(stamp, "");
}

static void test_stamp__does_not_depend_on_where_the_folder_is(void **state)
{
	FOLDER folder;
	static const char *const here[] = {"m"}, *const there[] = {"moved/m/"};
	char one[AMP_DIGEST_SIZE], two[AMP_DIGEST_SIZE];
	struct amplan_error error;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml", ONE("a"));
	amp_catalog_stamp(here, 1, "sqlite", one, &error);
	assert_int_equal(mkdir("moved", 0700), 0);
	assert_int_equal(rename("m", "moved/m"), 0);
	amp_catalog_stamp(there, 1, "sqlite", two, &error);
	assert_string_equal(one, two);
	assert_int_equal(strlen(one), AMP_DIGEST_SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalog__is_sorted_whatever_the_files_are_called),
		cmocka_unit_test(test_catalog__keeps_the_first_of_two_with_one_id),
		cmocka_unit_test(
			test_catalog__tells_a_few_duplicates_and_counts_the_rest),
		cmocka_unit_test(test_catalog__reads_a_file_once_however_it_is_reached),
		cmocka_unit_test(test_catalog__walks_each_folder_once),
		cmocka_unit_test(test_catalog__follows_links_that_stay_inside),
		cmocka_unit_test(test_catalog__tells_of_every_file_that_cannot_be_used),
		cmocka_unit_test(
			test_catalog__reads_an_sql_file_once_and_by_way_of_links),
		cmocka_unit_test(test_catalog__refuses_large_sql_files),
		cmocka_unit_test(test_catalog__reads_no_more_than_there_is_room_for),
		cmocka_unit_test(test_catalog__hashes_no_more_than_so_much_again),
		cmocka_unit_test(test_stamp__ends_at_the_first_folder_that_is_not_fine),
		cmocka_unit_test(test_catalog__tells_what_is_wrong_with_sql_files),
		cmocka_unit_test(test_catalog__judges_the_bytes_of_sql_files),
		cmocka_unit_test(test_catalog__wants_a_folder),
		cmocka_unit_test(test_catalog__may_be_empty),
		cmocka_unit_test(test_stamp__notices_whatever_a_load_would_see),
		cmocka_unit_test(test_stamp__is_empty_where_a_load_would_complain),
		cmocka_unit_test(test_stamp__does_not_depend_on_where_the_folder_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
