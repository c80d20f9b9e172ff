/*
 * The floor `schema` below the reader, given what the reader never gives it: values, bytes,
 * tags, SQL and seals of every shape, well-formed or not.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/system.h"
#include "schema/bytes.h"
#include "schema/checksum.h"
#include "schema/seal.h"
#include "schema/sql.h"
#include "schema/values.h"
#include "schema/xml_scan.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

/* One text, and what is found in it. */
struct paper {
	struct amp_arena arena;
	struct amp_findings findings;
	struct amp_complain complain;
};

static void paper_init(struct paper *paper, const char *bytes, size_t length)
{
	*paper = (struct paper){.complain.kind = "invalid-descriptor"};
	amp_findings_init(&paper->findings, &paper->arena);
	paper->complain.findings = &paper->findings;
	paper->complain.source = amp_source_new(&paper->arena, "x", bytes, length);
}

static void paper_deinit(struct paper *paper)
{
	amp_findings_deinit(&paper->findings);
	amp_arena_deinit(&paper->arena);
}

#define PAPER __attribute__((cleanup(paper_deinit))) struct paper

typedef bool judging(const struct amp_complain *);

static void assert_bytes(
	judging *judge, const char *bytes, size_t length, const char *expected)
{
	PAPER paper;
	paper_init(&paper, bytes, length);
	assert_int_equal(judge(&paper.complain), !*expected);
	assert_string_equal(list_findings(&paper.findings), expected);
}

static void assert_xml(const char *text, const char *expected)
{
	assert_bytes(amp_bytes_are_xml, text, strlen(text), expected);
}

static void test_bytes__of_text(void **state)
{
	(void)state;
	assert_bytes(amp_bytes_are_text, "a\xff\0", 3,
		"x:1:2+1: error[invalid-descriptor]: byte 0xff is not UTF-8 here {} (save the "
		"file as UTF-8)\n");
	assert_bytes(amp_bytes_are_text, "a\0\xff", 3,
		"x:1:2+1: error[invalid-descriptor]: a NUL byte does not belong into a text "
		"file {} (save the file as UTF-8)\n");
}

static void test_bytes__of_sql(void **state)
{
	static const char fine[] = "\t\r\n \xef\xac\x81 \xef\xbf\xbd";
	(void)state;
	assert_bytes(amp_bytes_are_sql, fine, strlen(fine), "");
	assert_bytes(amp_bytes_are_sql, "a \xef\xbf\xbf", 5,
		"x:1:3+1: error[invalid-descriptor]: the character U+FFFF cannot stand in SQL "
		"{} (remove it, or write it as char(...) in SQL)\n");
	assert_bytes(amp_bytes_are_sql, "a \xef\xbf\xbe", 5,
		"x:1:3+1: error[invalid-descriptor]: the character U+FFFE cannot stand in SQL "
		"{} (remove it, or write it as char(...) in SQL)\n");
}

static void test_bytes__of_xml(void **state)
{
	(void)state;
	assert_xml("<?xml-stylesheet encoding='x'?>", "");
	assert_xml("<?xml", "");
	assert_xml("<?xml version='1.0' encoding='x'", "");
	assert_xml("<?xml version='1.0'?><a encoding='x'/>", "");
	assert_xml("<?xml version='1.0'?><a/>", "");
	assert_xml("<?xml encoding=?>", "");
	assert_xml("<?xml encoding='?>", "");
	assert_xml("<?xml encoding='?> <a b='", "");
	assert_xml("\xef\xbb\xbf<?xml encoding='utf-8'?>", "");
	assert_xml("<?xml encoding='UTF-7'?>",
		"x:1:17+5: error[invalid-descriptor]: the encoding 'UTF-7' is declared, but "
		"must be 'UTF-8' {} (save the file as UTF-8 and write encoding=\"UTF-8\")\n");
	assert_xml("<?xml encoding=\"ASCII\"?>",
		"x:1:17+5: error[invalid-descriptor]: the encoding 'ASCII' is declared, but "
		"must be 'UTF-8' {} (save the file as UTF-8 and write encoding=\"UTF-8\")\n");
	assert_xml("<?xml encoding=\"UTF-16\"?>",
		"x:1:17+6: error[invalid-descriptor]: the encoding 'UTF-16' is declared, but "
		"must be 'UTF-8' {} (save the file as UTF-8 and write encoding=\"UTF-8\")\n");
}

static void test_values__of_each_type(void **state)
{
	static const struct {
		enum amp_value_type type;
		const char *value;
		bool fits;
	} cases[] = {
		{AMP_VALUE_ID, "", false},
		{AMP_VALUE_ID, ".a", false},
		{AMP_VALUE_ID, "a.b_c-d", true},
		{AMP_VALUE_ID, "a b", false},
		{AMP_VALUE_REFERENCE, "a", true},
		{AMP_VALUE_REFERENCE, "a:b", true},
		{AMP_VALUE_REFERENCE, ":b", true},
		{AMP_VALUE_REFERENCE, ":", false},
		{AMP_VALUE_REFERENCE, ".:b", false},
		{AMP_VALUE_REFERENCE, "a:", false},
		{AMP_VALUE_REASON, " \t\r\n", false},
		{AMP_VALUE_REASON, " a", true},
		{AMP_VALUE_FILE, "../a.sql", true},
		{AMP_VALUE_FILE, "a/b.sql", true},
		{AMP_VALUE_FILE, "a.sq", false},
		{AMP_VALUE_FILE, "a.sqlx", false},
		{AMP_VALUE_FILE, "\x01.sql", false},
		{AMP_VALUE_FILE, "\x7f.sql", false},
		{AMP_VALUE_FILE, "a\\b.sql", false},
		{AMP_VALUE_FILE, "a//b.sql", false},
		{AMP_VALUE_FILE, "a/.b.sql", false},
		{AMP_VALUE_KIND, "", false},
		{AMP_VALUE_KIND, "row-loss", true},
		{AMP_VALUE_KIND, "a{", false},
		{AMP_VALUE_KIND, "A", false},
		{AMP_VALUE_KIND, "-a", false},
		{AMP_VALUE_KIND, "a-", false},
		{AMP_VALUE_KIND, "a--b", false},
		{AMP_VALUE_NUMBER, "", false},
		{AMP_VALUE_NUMBER, "0", true},
		{AMP_VALUE_NUMBER, "01", false},
		{AMP_VALUE_NUMBER, "10", true},
		{AMP_VALUE_NUMBER, "1x", false},
		{AMP_VALUE_NUMBER, "123456789012345678", true},
		{AMP_VALUE_NUMBER, "1234567890123456789", false},
		{AMP_VALUE_SEAL, AMP_SEAL_OPEN, true},
		{AMP_VALUE_SEAL, AMP_SEAL_OPEN "0", false},
		{AMP_VALUE_SEAL, AMP_SEAL_OPEN "x", false},
		{AMP_VALUE_SEAL, "sha256:0", false},
		{AMP_VALUE_SEAL, "md5:0", false},
		{AMP_VALUE_ANY, "", true},
		{AMP_VALUE_WORD, "", true},
		{(enum amp_value_type)99, "", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(
			amp_value_fits(cases[i].type, cases[i].value), cases[i].fits);
	assert_string_equal(amp_value_rule(AMP_VALUE_ANY), "");
	assert_string_equal(amp_value_rule(AMP_VALUE_WORD), "");
	assert_string_equal(amp_value_rule((enum amp_value_type)99), "");
	assert_string_equal(
		amp_value_rule(AMP_VALUE_SEAL), "'sha256:' and 64 hexadecimal digits");
}

static void test_complain__shows_whole_characters(void **state)
{
	char text[101];
	PAPER paper;
	(void)state;
	paper_init(&paper, "", 0);
	memset(text, 'a', 100);
	text[100] = '\0';
	memcpy(text + 76, "\xe2\x82\xac", 3);
	const char *shown = amp_shown(&paper.findings, text, 100);
	assert_int_equal(strlen(shown), 76 + 3);
	assert_string_equal(shown + 75, "a...");
	/* of what is no UTF-8 at all nothing is left */
	memset(text, '\x80', 100);
	assert_string_equal(amp_shown(&paper.findings, text, 100), "...");
}

/* The events of a text: s(tart) with the number of attributes, e(nd), !, d(one), l(ost). */
static void assert_scan(const char *text, const char *expected)
{
	struct amp_scan scan;
	AMP_STR_AUTO events = AMP_STR_INIT;
	enum amp_scan_event event;
	amp_scan_init(&scan, text, strlen(text));
	do {
		event = amp_scan_next(&scan);
		amp_str_addc(&events, "se!dl"[event]);
		if (event == AMP_SCAN_START)
			amp_str_addf(&events, "%zu", scan.attributes.count);
	} while (event != AMP_SCAN_DONE && event != AMP_SCAN_LOST);
	assert_string_equal(amp_str_text(&events), expected);
	amp_scan_deinit(&scan);
}

static void test_scan__of_whatever_there_is(void **state)
{
	static const char *const cases[][2] = {
		{"", "d"},
		{"x", "d"},
		{"<a/>", "s0ed"},
		{"<a></a>", "s0ed"},
		{"<a b='c' d = \"e\"></a >x", "s2ed"},
		{"<a b", "l"},
		{"<a b c='d'>", "l"},
		{"<a b=", "l"},
		{"<a b=c>", "l"},
		{"<a b= ", "l"},
		{"<a b='c", "l"},
		{"<a b='c'", "l"},
		{"<a <b>", "l"},
		{"<a '='>", "l"},
		{"<a/", "l"},
		{"<a/x>", "l"},
		{"<a", "l"},
		{"<", "l"},
		{"</a", "l"},
		{"</a b>", "l"},
		{"</a ", "l"},
		{"<!x", "!d"},
		{"<!x>", "!d"},
		{"<!-->", "d"},
		{"<!-- > -->", "d"},
		{"<!-- -->x<![CDATA[ > ]]><?y > ?>", "d"},
		{"<![CDATA[", "d"},
		{"<![CDATA[ > ", "d"},
		{"<?", "d"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_scan(cases[i][0], cases[i][1]);
	AMP_STR_AUTO text = AMP_STR_INIT;
	amp_str_add(&text, "</a");
	while (text.length < AMP_SCAN_TAG_MAX + 10)
		amp_str_addc(&text, ' ');
	amp_str_addc(&text, '>');
	assert_scan(amp_str_text(&text), "l");
}

/* The first text that is not blank, up to where its line ends. */
static void assert_text(const char *text, const char *expected)
{
	struct amp_scan scan;
	amp_scan_init(&scan, text, strlen(text));
	assert_int_equal(amp_scan_next(&scan), AMP_SCAN_DONE);
	assert_int_equal(scan.has_text, *expected != '\0');
	if (scan.has_text) {
		assert_int_equal(scan.text.length, strlen(expected));
		assert_memory_equal(text + scan.text.offset, expected, scan.text.length);
	}
	amp_scan_deinit(&scan);
}

static void test_scan__of_text(void **state)
{
	(void)state;
	assert_text(" \t\r\n", "");
	assert_text(" &#32;&#x9;&#xA;&#13; ", "");
	assert_text(" a  \nb", "a");
	assert_text("a\rb", "a");
	assert_text("&#x20;&#33;x", "&#33;x");
	assert_text("&#11;", "&#11;");
	assert_text("&lt;", "&lt;");
	assert_text(" &", "&");
	assert_text(" <!-- -->x<!-- -->y", "x");
	assert_text(" <![CDATA[ ]]>y", "<![CDATA[");
}

/* "text" of what stands between two tags, then its spans as "text:file*step". */
static void assert_decoded(const char *bytes, const char *expected, const char *spans)
{
	PAPER paper;
	struct amp_sql sql;
	AMP_STR_AUTO text = AMP_STR_INIT;
	paper_init(&paper, bytes, strlen(bytes));
	assert_true(amp_sql_from_xml(&paper.complain, 0, strlen(bytes), SIZE_MAX, &sql));
	assert_int_equal(sql.length, strlen(expected));
	assert_string_equal(sql.text, expected);
	for (size_t i = 0; i < sql.nspans; i++)
		amp_str_addf(&text, "%s%zu:%zu*%u", i ? " " : "", sql.spans[i].text,
			sql.spans[i].file, sql.spans[i].step);
	assert_string_equal(amp_str_text(&text), spans);
}

static void test_sql__out_of_xml(void **state)
{
	(void)state;
	assert_decoded("", "", "0:0*1");
	assert_decoded("a\r", "a\n", "0:0*1");
	assert_decoded("a\r\nb\rc", "a\nb\nc", "0:0*1 2:3*1");
	assert_decoded("a&#xe4;&#x20ac;&#128512;&#65;", "aä€😀A",
		"0:0*1 1:1*0 3:7*0 6:15*0 10:24*5");
	assert_decoded("&lt;&gt;&amp;&quot;&apos;", "<>&\"'", "0:0*4 2:8*5 3:13*6");
	assert_decoded("a<![CDATA[b<&\r\n]]>c", "ab<&\nc", "0:0*1 1:10*1 5:18*1");
	assert_decoded("a<!-- b -->c<?d e?>f", "acf", "0:0*1 1:11*1 2:19*1");
	/* what the parser refuses is passed over */
	assert_decoded("a&b", "a", "0:0*1");
	assert_decoded("a&x;b", "ab", "0:0*1 1:1*0 1:4*1");
	assert_decoded("a&xy;&#;b", "ab", "0:0*1 1:1*0 1:5*0 1:8*1");
	assert_decoded("a<b>c", "ac", "0:0*1 1:4*1");
	assert_decoded("a<b", "a", "0:0*1");
}

static void test_sql__out_of_a_file(void **state)
{
	PAPER paper;
	struct amp_sql sql;
	(void)state;
	paper_init(&paper,
		"\xef\xbb\xbf"
		"a\r",
		5);
	amp_sql_from_file(&paper.arena, paper.complain.source, &sql);
	assert_string_equal(sql.text, "a\n");
}

static void assert_place(const struct amp_sql *sql, size_t offset, size_t length,
	unsigned column, unsigned width)
{
	struct amplan_place place = amp_sql_place(sql, offset, length);
	assert_int_equal(place.column, column);
	assert_int_equal(place.length, width);
}

static void test_sql__places(void **state)
{
	PAPER paper;
	struct amp_sql sql;
	(void)state;
	paper_init(&paper, "a&#x20ac;b", 10);
	assert_true(amp_sql_from_xml(&paper.complain, 0, 10, SIZE_MAX, &sql));
	assert_place(&sql, 0, 1, 1, 1);
	assert_place(&sql, 1, 1, 2, 8);
	assert_place(&sql, 0, 5, 1, 10);
	/* behind the end, and over it */
	assert_place(&sql, 5, 7, 11, 1);
	assert_place(&sql, 99, 1, 11, 1);
	assert_place(&sql, 4, 99, 10, 1);
	/* a span of a reference that does not end */
	static const struct amp_span open = {0, 1, 0};
	const struct amp_sql broken = {.text = "x",
		.length = 1,
		.source = paper.complain.source,
		.spans = &open,
		.nspans = 1};
	paper.complain.source->length = 3;
	assert_place(&broken, 0, 1, 2, 1);
}

static void test_squeeze__of_no_sql(void **state)
{
	(void)state;
	static const char sql[] = "a\0b E'\\'' e'\\'' xE'\\' $1 'c";
	AMP_STR_AUTO out = AMP_STR_INIT;
	amp_checksum_squeeze(&out, sql, sizeof(sql) - 1);
	assert_int_equal(out.length, sizeof(sql) - 1);
	amp_str_clear(&out);
	amp_checksum_squeeze(&out, "E'\\' '", 6);
	assert_string_equal(amp_str_text(&out), "E'\\' '");
}

static void test_seal__of_what_is_cut_off(void **state)
{
	static const char sealed[] = "<p seal=\"" AMP_SEAL_OPEN "\"/>";
	(void)state;
	assert_int_equal(amp_seal_check("x", 1), AMP_SEAL_NONE);
	assert_int_equal(amp_seal_check("<plan", 5), AMP_SEAL_BROKEN);
	assert_int_equal(amp_seal_check("<p seal=\"", 9), AMP_SEAL_BROKEN);
	assert_int_equal(amp_seal_check(sealed, 30), AMP_SEAL_BROKEN);
	assert_int_equal(amp_seal_check(sealed, sizeof(sealed) - 1), AMP_SEAL_BROKEN);
}

static void test_migration__allows(void **state)
{
	(void)state;
	static const struct amp_allowance allows[] = {{.kind = "a"}, {.kind = "b"}};
	const struct amp_migration migration = {.allows = allows, .nallows = 2};
	assert_ptr_equal(amp_migration_allows(&migration, "b"), &allows[1]);
	assert_null(amp_migration_allows(&migration, "c"));
}

static void test_system__names_errors(void **state)
{
	(void)state;
	assert_string_equal(amp_errno_text(2), "No such file or directory");
	assert_string_equal(amp_errno_text(-1), "unknown error");
}

/* The parser reports a tag with a control character in its name before it complains. */
static void test_reader__where_a_name_is_cut_off(void **state)
{
	(void)state;
	assert_descriptor("<migration xmlns=\"urn:amplan:1\" id=\"a\"><desc\x01n>x</desc>"
			  "</migration>",
		"m/a.xml:1:45+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Couldn't find end of Start Tag desc line 1 {} (check that each tag is "
		"closed and each quote has its partner)\n");
	assert_descriptor("<migration xmlns=\"urn:amplan:1\" id=\"a\"><up\x01up>x</up>"
			  "</migration>",
		"m/a.xml:1:43+1: error[invalid-descriptor]: the XML is not well-formed: "
		"Couldn't find end of Start Tag up line 1 {} (check that each tag is "
		"closed and each quote has its partner)\n");
}

#define UNKNOWN(ids)                                                             \
	"m/a.xml:1:41+1: error[invalid-descriptor]: unknown element 'x' in "     \
	"'migration' {" ids "} (what may stand here: 'description', 'depends', " \
	"'after', 'replaces', 'up', 'down', 'irreversible', 'verify', "          \
	"'precondition' or 'allow')\n"

static void test_reader__passes_over_no_more_than_is_quick(void **state)
{
	static const char *const expected[] = {
		UNKNOWN("a"),
		"m/a.xml:0:0+0: note[invalid-descriptor]: the rest of the file is not "
		"looked at: too much stands in elements that do not belong here {} (mend "
		"these first)\n" UNKNOWN(""),
	};
	(void)state;
	/* an element and an attribute each */
	for (size_t more = 0; more <= 1; more++) {
		AMP_STR_AUTO text = AMP_STR_INIT;
		amp_str_add(&text, "<migration xmlns=\"urn:amplan:1\" id=\"a\"><x>");
		for (size_t i = 0; i < 5000 + more; i++)
			amp_str_add(&text, "<a b='c'/>");
		amp_str_add(&text, "</x><up>SELECT 1</up></migration>");
		assert_descriptor(amp_str_text(&text), expected[more]);
	}
}

static void test_reader__counts_namespaces(void **state)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	(void)state;
	amp_str_add(&text, "<migrations xmlns='urn:amplan:1'>\n");
	/* with the root's never more than 64 at once; 32768 in all, and one more */
	for (int i = 0; i <= 520; i++) {
		amp_str_add(&text, "<a");
		for (int j = 0; j < (i < 520 ? 63 : 8); j++)
			amp_str_addf(&text, " xmlns:p%d='u'", j);
		amp_str_add(&text, "/>\n");
	}
	assert_descriptor(amp_str_text(&text),
		"m/a.xml:522:2+1: error[invalid-descriptor]: the file holds more than "
		"32768 namespace declarations {} (one is enough, on the root element: "
		"'urn:amplan:1')\n");
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text);
	return length >= strlen(end) && !strcmp(text + length - strlen(end), end);
}

/* Who writes to which file just before it is read, if anybody does. */
static const char *written_to;

ssize_t __real_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n);
ssize_t __wrap_read(int fd, void *bytes, size_t n)
{
	char link[64], path[4096];
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = written_to ? readlink(link, path, sizeof(path) - 1) : -1;
	path[length < 0 ? 0 : length] = '\0';
	if (written_to && ends_with(path, written_to)) {
		FILE *file = fopen(path, "a");
		assert_non_null(file);
		fputs("\n", file);
		assert_int_equal(fclose(file), 0);
		written_to = NULL;
	}
	return __real_read(fd, bytes, n);
}

static void test_catalog__of_files_written_to_meanwhile(void **state)
{
	FOLDER folder;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration xmlns=\"urn:amplan:1\" id=\"a\"><up src=\"a.sql\"/>"
		"</migration>");
	folder_file(&folder, "a.sql", "SELECT 1");
	written_to = "m/a.xml";
	folder_load(&folder);
	assert_null(written_to);
	assert_catalog(&folder,
		"m/a.xml:0:0+0: error[invalid-descriptor]: the file was changed while it "
		"was read {} (run it again when nobody writes to it)\n");
	assert_int_equal(folder.catalog.count, 0);
	written_to = "m/a.sql";
	folder_load(&folder);
	assert_null(written_to);
	assert_catalog(&folder,
		"m/a.xml:1:49+5: error[invalid-descriptor]: file 'a.sql' was changed while "
		"it was read {a} (run it again when nobody writes to it)\n");
	folder_load(&folder);
	assert_catalog(&folder, "");
	assert_int_equal(folder.catalog.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bytes__of_text),
		cmocka_unit_test(test_bytes__of_sql),
		cmocka_unit_test(test_bytes__of_xml),
		cmocka_unit_test(test_values__of_each_type),
		cmocka_unit_test(test_complain__shows_whole_characters),
		cmocka_unit_test(test_scan__of_whatever_there_is),
		cmocka_unit_test(test_scan__of_text),
		cmocka_unit_test(test_sql__out_of_xml),
		cmocka_unit_test(test_sql__out_of_a_file),
		cmocka_unit_test(test_sql__places),
		cmocka_unit_test(test_squeeze__of_no_sql),
		cmocka_unit_test(test_seal__of_what_is_cut_off),
		cmocka_unit_test(test_migration__allows),
		cmocka_unit_test(test_system__names_errors),
		cmocka_unit_test(test_reader__where_a_name_is_cut_off),
		cmocka_unit_test(test_reader__passes_over_no_more_than_is_quick),
		cmocka_unit_test(test_reader__counts_namespaces),
		cmocka_unit_test(test_catalog__of_files_written_to_meanwhile),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
