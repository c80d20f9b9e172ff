/*
 * Checksums: what changes them, what does not, and what counts as cosmetic.
 */
#include <string.h>

#include "base/str.h"
#include "schema/checksum.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

struct sums {
	char checksum[AMP_DIGEST_SIZE], cosmetic[AMP_DIGEST_SIZE];
};

/* Of <migration id="a" ATTRIBUTES>INSIDE</migration>, with m/x.sql beside it. */
static struct sums sums_of(const char *attributes, const char *inside, const char *sql)
{
	FOLDER folder;
	AMP_STR_AUTO text = AMP_STR_INIT;
	struct sums sums;
	folder_init(&folder);
	amp_str_addf(&text, "<migration xmlns=\"urn:amplan:1\" id=\"a\"%s>%s</migration>",
		attributes, inside);
	folder_file(&folder, "a.xml", amp_str_text(&text));
	if (sql)
		folder_file(&folder, "x.sql", sql);
	folder_load(&folder);
	assert_false(amp_findings_have_errors(&folder.catalog.findings));
	memcpy(sums.checksum, folder.catalog.items[0]->checksum, sizeof(sums.checksum));
	memcpy(sums.cosmetic, folder.catalog.items[0]->cosmetic, sizeof(sums.cosmetic));
	assert_int_equal(strlen(sums.checksum), AMP_DIGEST_SIZE - 1);
	assert_string_not_equal(sums.checksum, sums.cosmetic);
	return sums;
}

#define UP "<up>CREATE TABLE t (x)</up>"
#define PLAIN UP "<depends on=\"b\"/><depends on=\"c\"/>"

static void test_checksum__is_the_same_for_what_runs_the_same(void **state)
{
	static const struct {
		const char *attributes, *inside, *sql;
	} same[] = {
		{"", PLAIN, NULL},
		{"", "<description>x</description>" PLAIN "<!-- c -->", NULL},
		{"", "<depends on=\"c\" reason=\"y\"/>\n<depends on=\"b\"/>" UP, NULL},
		{"", PLAIN "<depends on=\"c\"/>", NULL},
		{" transaction=\"required\" foreign-keys=\"off\"", PLAIN, NULL},
		{" maintenance=\"true\" breaking=\"true\"", PLAIN, NULL},
		{"", PLAIN "<up engine=\"postgresql\">CREATE TABLE u (x)</up>", NULL},
		{"", PLAIN "<verify engine=\"postgresql\">SELECT 1</verify>", NULL},
		{"", PLAIN "<allow kind=\"row-loss\" reason=\"z\"/>", NULL},
		{"",
			"<up><![CDATA[CREATE]]> TABLE&#32;t (x)</up>"
			"<depends on=\"b\"/><depends on=\"c\"/>",
			NULL},
		{"", "<up src=\"x.sql\"/><depends on=\"b\"/><depends on=\"c\"/>",
			"\xef\xbb\xbf"
			"CREATE TABLE t (x)"},
		{"",
			"<up engine=\"sqlite\">CREATE TABLE t (x)</up><up>y</up>"
			"<depends on=\"b\"/><depends on=\"c\"/>",
			NULL},
	};
	struct sums first = sums_of("", PLAIN, NULL);
	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++) {
		struct sums sums =
			sums_of(same[i].attributes, same[i].inside, same[i].sql);
		assert_string_equal(sums.checksum, first.checksum);
		assert_string_equal(sums.cosmetic, first.cosmetic);
	}
}

static void test_checksum__changes_with_everything_that_runs(void **state)
{
	static const struct {
		const char *attributes, *inside;
	} other[] = {
		{"", PLAIN},
		{" transaction=\"none\"", PLAIN},
		{" foreign-keys=\"on\"", PLAIN},
		{"", UP "<depends on=\"b\"/><replaces id=\"c\"/>"},
		{"",
			"<up>CREATE TABLE t (y)</up><depends on=\"b\"/>"
			"<depends on=\"c\"/>"},
		{"", PLAIN "<down>DROP TABLE t</down>"},
		{"", PLAIN "<down>DROP TABLE u</down>"},
		{"", PLAIN "<irreversible reason=\"x\"/>"},
		{"", PLAIN "<verify>SELECT 1</verify>"},
		{"", PLAIN "<verify>SELECT 2</verify>"},
		{"", PLAIN "<verify>SELECT 1</verify><verify>SELECT 2</verify>"},
		{"", PLAIN "<verify>SELECT 2</verify><verify>SELECT 1</verify>"},
		{"", PLAIN "<precondition>SELECT 1</precondition>"},
		{"",
			PLAIN "<precondition on-fail=\"mark-applied\">SELECT 1"
			      "</precondition>"},
		{"",
			PLAIN "<precondition>SELECT 1</precondition>"
			      "<verify>SELECT 1</verify>"},
	};
	enum { COUNT = sizeof(other) / sizeof(*other) };
	struct sums sums[COUNT];
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		sums[i] = sums_of(other[i].attributes, other[i].inside, NULL);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(sums[i].checksum, sums[j].checksum);
			assert_string_not_equal(sums[i].cosmetic, sums[j].cosmetic);
		}
	}
}

static void test_checksum__of_dependencies_is_no_matter_once_it_ran(void **state)
{
	static const char *const other[] = {
		PLAIN,
		UP,
		UP "<depends on=\"b\"/><depends on=\"d\"/>",
		UP "<depends on=\"b\"/><after on=\"c\"/>",
		UP "<depends on=\"b\"/><depends on=\"x:c\"/>",
	};
	enum { COUNT = sizeof(other) / sizeof(*other) };
	struct sums sums[COUNT];
	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		sums[i] = sums_of("", other[i], NULL);
		assert_string_equal(sums[i].cosmetic, sums[0].cosmetic);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(sums[i].checksum, sums[j].checksum);
	}
}

static void test_checksum__depends_on_the_engine(void **state)
{
	FOLDER folder;
	char first[AMP_DIGEST_SIZE];
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration xmlns=\"urn:amplan:1\" id=\"a\">" UP "</migration>");
	folder_load(&folder);
	memcpy(first, folder.catalog.items[0]->checksum, sizeof(first));
	folder_load_for(&folder, "postgresql");
	assert_string_not_equal(folder.catalog.items[0]->checksum, first);
}

static void test_checksum__tells_cosmetic_edits_from_others(void **state)
{
	struct sums first = sums_of("", UP, NULL);
	struct sums spaced =
		sums_of("", "<up>\n  CREATE  TABLE t(\n x ) -- the table\n</up>", NULL);
	struct sums crlf = sums_of("", "<up src=\"x.sql\"/>", "CREATE\r\nTABLE t (x)");
	struct sums lf = sums_of("", "<up src=\"x.sql\"/>", "CREATE\nTABLE t (x)");
	(void)state;
	assert_string_not_equal(spaced.checksum, first.checksum);
	assert_string_equal(spaced.cosmetic, first.cosmetic);
	assert_string_equal(crlf.checksum, lf.checksum);
	assert_string_equal(crlf.cosmetic, first.cosmetic);
}

static void test_squeeze__keeps_what_tokens_need(void **state)
{
	static const struct {
		const char *sql, *squeezed;
	} cases[] = {
		{"", ""},
		{" \t\r\n\f ", ""},
		{"-- only\n/* comments */", ""},
		{"SELECT  1 ;", "SELECT 1;"},
		{"  a\n b\t", "a b"},
		{"a , b ( c )", "a,b(c)"},
		{"a/**/b", "a b"},
		{"a--x\nb", "a b"},
		{"a -- x", "a"},
		{"a /* x", "a"},
		{"alter a; -- x", "alter a;"},
		{"/* alter", ""},
		{"alter -- x\na", "alter a"},
		{"ALTER a  -- x  y", "ALTER a-- x  y"},
		{"alter a/* x  y", "alter a/* x  y"},
		{"alter a - -- x  y", "alter a- -- x  y"},
		{"a = b", "a=b"},
		{"a = - b", "a= -b"},
		{"a - -b", "a- -b"},
		{"a -- b\n- c", "a-c"},
		{"a / * b", "a/ *b"},
		{"a||' '||b", "a||' '||b"},
		{"'--' /*x*/ '/*'", "'--' '/*'"},
		{"'a''  b'", "'a''  b'"},
		{"'a' 'b'", "'a' 'b'"},
		{"x 'ab'", "x 'ab'"},
		{"x'ab'", "x'ab'"},
		{"\"a  b\" . c", "\"a  b\" . c"},
		{"`a  b`, [c  d]", "`a  b`,[c  d]"},
		{"'open  ", "'open  "},
		{"/* /* nested */ x */", "x*/"},
		{"1. e5", "1. e5"},
		{"\xc3\xa4  \xc3\xa4", "\xc3\xa4 \xc3\xa4"},
		{"$$a  b$$  c", "$$a  b$$ c"},
		{"$q$ '  $q$,x", "$q$ '  $q$,x"},
		{"$1  +  $2", "$1+$2"},
		{"a$b$  c$b$", "a$b$ c$b$"},
		{"E'a\\'  b'  c", "E'a\\'  b' c"},
		{"E'a''\\'  b'  c", "E'a''\\'  b' c"},
		{"'a\\'  b", "'a\\' b"},
		{"SELECT * FROM t WHERE a <> 'x' ; -- end",
			"SELECT*FROM t WHERE a<>'x';"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AMP_STR_AUTO out = AMP_STR_INIT;
		amp_checksum_squeeze(&out, cases[i].sql, strlen(cases[i].sql));
		assert_string_equal(amp_str_text(&out), cases[i].squeezed);
	}
}

static void test_squeeze__once_is_enough(void **state)
{
	static const char alphabet[] = "aE1.$ \n-/*'\"[];,(=\\";
	/* what a comment without an end is depends on it */
	static const char *const begins[] = {"", "alter "};
	uint32_t seed = 1;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char sql[32] = "";
		size_t length = strlen(strcpy(sql, begins[round % 2]));
		for (; length < 24; length++) {
			seed = seed * 1664525 + 1013904223;
			sql[length] = alphabet[(seed >> 16) % (sizeof(alphabet) - 1)];
		}
		AMP_STR_AUTO once = AMP_STR_INIT;
		AMP_STR_AUTO twice = AMP_STR_INIT;
		amp_checksum_squeeze(&once, sql, length);
		amp_checksum_squeeze(&twice, amp_str_text(&once), once.length);
		if (strcmp(amp_str_text(&once), amp_str_text(&twice)) != 0)
			fail_msg("'%.24s' becomes '%s', then '%s'", sql,
				amp_str_text(&once), amp_str_text(&twice));
	}
}

static void test_squeeze__takes_large_texts(void **state)
{
	AMP_STR_AUTO sql = AMP_STR_INIT;
	AMP_STR_AUTO out = AMP_STR_INIT;
	(void)state;
	for (int i = 0; i < 100000; i++)
		amp_str_add(&sql, "INSERT  INTO t VALUES ( 1 ) ;\n");
	amp_checksum_squeeze(&out, sql.data, sql.length);
	assert_int_equal(out.length, 100000 * strlen("INSERT INTO t VALUES(1);"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checksum__is_the_same_for_what_runs_the_same),
		cmocka_unit_test(test_checksum__changes_with_everything_that_runs),
		cmocka_unit_test(test_checksum__of_dependencies_is_no_matter_once_it_ran),
		cmocka_unit_test(test_checksum__depends_on_the_engine),
		cmocka_unit_test(test_checksum__tells_cosmetic_edits_from_others),
		cmocka_unit_test(test_squeeze__keeps_what_tokens_need),
		cmocka_unit_test(test_squeeze__once_is_enough),
		cmocka_unit_test(test_squeeze__takes_large_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
