/*
 * The XSDs and the reader: both judge the same corpus, made of good files by breaking
 * each element and attribute in every way there is a name for.
 *
 * The reader is never laxer. Where it is stricter, tests/xsd/stricter.txt says why. That
 * the comparison can fail is proved by breaking the XSD in many places, each of which has
 * to be noticed.
 */
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "schema/descriptor.h"
#include "schema/seal.h"
#include "tests/support/cmocka.h"
#include "tests/support/temp.h"

#define NS "xmlns=\"urn:amplan:1\""
#define XSI "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\""
#define DESCRIPTOR_XSD SOURCE_DIR "/schema/migration.xsd"
#define PLAN_XSD SOURCE_DIR "/schema/plan.xsd"

static const char *const good_descriptors[] = {
	"<migration " NS " id=\"a\" module=\"m\" transaction=\"none\" "
	"foreign-keys=\"on\" maintenance=\"true\" breaking=\"false\">\n"
	"<description>words</description>\n<depends on=\"b\" reason=\"why\"/>\n"
	"<after on=\"m:c\"></after>\n<precondition on-fail=\"halt\" engine=\"sqlite\">"
	"SELECT 1</precondition>\n<up>SELECT 1</up>\n<up engine=\"postgresql\" "
	"src=\"a/b.sql\"/>\n<down engine=\"sqlite\">SELECT 2</down>\n"
	"<verify engine=\"postgresql\">SELECT 3</verify>\n"
	"<allow kind=\"row-loss\" reason=\"why\"/>\n</migration>\n",
	"<migrations " NS " module=\"m\">\n<migration id=\"a\"><replaces id=\":b\"/>"
	"<up>SELECT 1</up><irreversible reason=\"gone\"/></migration>\n"
	"<migration id=\"c\"><up src=\"x.sql\"/></migration>\n</migrations>\n",
};

static const char *const good_plans[] = {
	"<plan " NS " format=\"1\" seal=\"" AMP_SEAL_OPEN "\" tool=\"t\" "
	"engine=\"sqlite\" digest=\"d\" target=\"\" head=\"\" start=\"\" end=\"\" "
	"fidelity=\"copy\" database=\"x\" rollback=\"false\">\n"
	"<step number=\"1\" stage=\"1\" statements=\"2\" rows=\"0\">\n"
	"<effect kind=\"created\" type=\"table\" name=\"t\"/>\n"
	"<migration id=\"a\" file=\"f\" line=\"3\" column=\"4\"><up>SELECT 1</up>"
	"</migration>\n</step>\n<schema-diff>+ t</schema-diff>\n</plan>\n",
};

static const char *const values[] = {"", " ", "a", "A.b_c-9", "-a", ".a", "_a", "a b",
	"a:b", ":a", "a:", ":", "a:b:c", "a;b", "\xc3\xa4", "a&#10;b", "&#10;", " a",
	"a ", "true", "false", "TRUE", "1", "0", "01", "-1", "+1", "1.0",
	"123456789012345678", "1234567890123456789", "required", "none", "None", "on",
	"off", "halt", "mark-applied", "sqlite", "SQLite", "sqlite ", "postgresql",
	"postgres", "row-loss", "row--loss", "-row", "row-", "rowLoss", "x.sql",
	"a/x.sql", "a/b/x.sql", "a//x.sql", "/x.sql", "a/", "../x.sql", "a/../x.sql",
	"./x.sql", ".x.sql", "a/.x.sql", ".sql", "x.SQL", "x.sql.txt", "a\\x.sql",
	"a&#9;x.sql", "\xc3\xa4.sql", "x y.sql", "created", "copy", "schema", "2",
	AMP_SEAL_OPEN, AMP_SEAL_OPEN "0", "sha256:", "a&amp;b", "&#32;", "&lt;", "'",
	"&quot;"};

static const char *const attributes[] = {"id", "module", "on", "reason", "engine", "src",
	"kind", "on-fail", "transaction", "foreign-keys", "maintenance", "breaking",
	"file", "line", "seal", "idd", "ID", "xml:lang", "xml:space"};

static const char *const inside[] = {"x", " ", "\n", "<!-- c -->", "<?p i?>", "&#32;",
	"&amp;", "<![CDATA[ ]]>", "<![CDATA[x]]>", "<x/>", "<x " NS "/>",
	"<o:x xmlns:o=\"o\"/>", "<up>y</up>", "<up engine=\"sqlite\">y</up>",
	"<up engine=\"postgresql\">y</up>", "<down>y</down>",
	"<down engine=\"sqlite\">y</down>", "<down/>", "<down src=\"x.sql\"/>",
	"<irreversible reason=\"r\"/>", "<irreversible/>", "<description/>",
	"<description>d<b/></description>", "<depends on=\"z\"/>", "<depends/>",
	"<depends on=\"z\"> </depends>", "<depends on=\"z\">x</depends>",
	"<depends on=\"z\"><!-- c --></depends>", "<after on=\"z\">&#9;</after>",
	"<replaces id=\"z\"/>", "<replaces on=\"z\"/>", "<verify>SELECT 1</verify>",
	"<verify/>", "<verify> -- x</verify>", "<precondition/>", "<allow/>",
	"<allow kind=\"k\" reason=\"r\"/>", "<allow kind=\"k\" reason=\" \"/>",
	"<migration id=\"n\"><up>SELECT 1</up></migration>", "<migration id=\"n\"/>",
	"<migrations/>", "<plan/>", "<step/>", "<effect/>", "<schema-diff/>",
	"<schema-diff>x</schema-diff>"};

struct element {
	struct amp_scan_range name;
	size_t tag, behind, close, end; /* <name …>|…|</name>| */
	size_t first_attribute, nattributes;
};

struct corpus {
	struct AMP_VEC(char *) files;
	struct AMP_VEC(struct element) elements; /* of the good file that is broken */
	struct AMP_VEC(struct amp_scan_attribute) attributes;
	const char *good;
};

/* Adds `good` with [from, to) replaced. */
static void add(struct corpus *corpus, size_t from, size_t to, const char *text)
{
	char *file = NULL;
	assert_true(asprintf(&file, "%.*s%s%s", (int)from, corpus->good, text,
			    corpus->good + to) > 0);
	assert_true(amp_vec_push(&corpus->files, file));
}

static void find_elements(struct corpus *corpus)
{
	struct amp_scan scan;
	size_t open[16], depth = 0;
	corpus->elements.count = corpus->attributes.count = 0;
	amp_scan_init(&scan, corpus->good, strlen(corpus->good));
	for (;;) {
		enum amp_scan_event event = amp_scan_next(&scan);
		if (event == AMP_SCAN_DONE)
			break;
		if (event == AMP_SCAN_END) {
			struct element *element = &corpus->elements.items[open[--depth]];
			element->close = scan.tag;
			element->end = scan.end;
			continue;
		}
		assert_int_equal(event, AMP_SCAN_START);
		struct element element = {
			.name = scan.name,
			.tag = scan.tag,
			.behind = scan.end,
			.first_attribute = corpus->attributes.count,
			.nattributes = scan.attributes.count,
		};
		for (size_t i = 0; i < scan.attributes.count; i++)
			assert_true(amp_vec_push(
				&corpus->attributes, scan.attributes.items[i]));
		open[depth++] = corpus->elements.count;
		assert_true(amp_vec_push(&corpus->elements, element));
	}
	amp_scan_deinit(&scan);
}

static void break_attributes(struct corpus *corpus, const struct element *element)
{
	size_t at = element->name.offset + element->name.length;
	for (size_t i = 0; i < element->nattributes; i++) {
		const struct amp_scan_attribute *attribute =
			&corpus->attributes.items[element->first_attribute + i];
		size_t begin = attribute->name.offset;
		size_t value = attribute->value.offset;
		add(corpus, begin - 1, value + attribute->value.length + 1, "");
		add(corpus, begin, begin + attribute->name.length, "other");
		if (!strncmp(corpus->good + begin, "xmlns", 5))
			continue;
		for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++)
			add(corpus, value, value + attribute->value.length, values[j]);
	}
	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
		char text[64];
		snprintf(text, sizeof(text), " %s=\"x.sql\"", attributes[i]);
		add(corpus, at, at, text);
		snprintf(text, sizeof(text), " %s=\"sqlite\"", attributes[i]);
		add(corpus, at, at, text);
	}
	add(corpus, at, at, " xmlns:o=\"o\"");
	add(corpus, at, at, " xmlns:o=\"o\" o:x=\"1\"");
	add(corpus, at, at, " " XSI " xsi:schemaLocation=\"urn:x y.xsd\"");
	add(corpus, at, at, " " XSI " xsi:nil=\"false\"");
}

static void break_element(struct corpus *corpus, const struct element *element)
{
	bool open = element->close > element->behind || element->end > element->behind;
	char *whole = strndup(corpus->good + element->tag, element->end - element->tag);
	add(corpus, element->tag, element->end, "");
	add(corpus, element->end, element->end, whole);
	add(corpus, element->tag, element->tag, "x");
	add(corpus, element->end, element->end, "<!-- c --><?p?>");
	add(corpus, element->end, element->end, "<![CDATA[ ]]>");
	free(whole);
	if (!open)
		return;
	add(corpus, element->behind, element->close, "");
	for (size_t i = 0; i < sizeof(inside) / sizeof(*inside); i++) {
		add(corpus, element->behind, element->behind, inside[i]);
		add(corpus, element->close, element->close, inside[i]);
		add(corpus, element->behind, element->close, inside[i]);
	}
}

static void rename_element(struct corpus *corpus, const struct element *element)
{
	static const char *const names[] = {"migration", "migrations", "description",
		"depends", "after", "replaces", "up", "down", "irreversible", "verify",
		"precondition", "allow", "plan", "step", "effect", "schema-diff", "Up",
		"o:up"};
	const char *good = corpus->good;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AMP_STR_AUTO text = AMP_STR_INIT;
		size_t rest = element->name.offset + element->name.length;
		amp_str_addf(&text, "<%s%.*s", names[i], (int)(element->close - rest),
			good + rest);
		if (element->end > element->close)
			amp_str_addf(&text, "</%s>", names[i]);
		add(corpus, element->tag, element->end, amp_str_text(&text));
	}
}

static void add_heads(struct corpus *corpus)
{
	static const char *const heads[] = {"<?xml version=\"1.0\"?>",
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>",
		"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>", "<!DOCTYPE migration>",
		"<!DOCTYPE plan [<!ENTITY a \"b\">]>", "<!-- c -->\n", "\xef\xbb\xbf",
		" ", "x", "<x/>"};
	AMP_STR_AUTO long_one = AMP_STR_INIT;
	size_t length = strlen(corpus->good);
	add(corpus, 0, 0, "");
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++) {
		add(corpus, 0, 0, heads[i]);
		add(corpus, length, length, heads[i]);
	}
	for (int i = 0; i < 101; i++)
		amp_str_add(&long_one, "<?p?>");
	add(corpus, 0, 0, amp_str_text(&long_one));
	amp_str_clear(&long_one);
	for (int i = 0; i < 17000; i++)
		amp_str_addc(&long_one, ' ');
	size_t at = corpus->elements.items[0].name.length + 1;
	add(corpus, at, at, amp_str_text(&long_one));
}

static void make_corpus(struct corpus *corpus, const char *const *good, size_t count)
{
	*corpus = (struct corpus){0};
	for (size_t i = 0; i < count; i++) {
		corpus->good = good[i];
		find_elements(corpus);
		add_heads(corpus);
		for (size_t j = 0; j < corpus->elements.count; j++) {
			break_attributes(corpus, &corpus->elements.items[j]);
			break_element(corpus, &corpus->elements.items[j]);
			rename_element(corpus, &corpus->elements.items[j]);
		}
	}
	amp_vec_deinit(&corpus->elements);
	amp_vec_deinit(&corpus->attributes);
}

static void free_corpus(struct corpus *corpus)
{
	for (size_t i = 0; i < corpus->files.count; i++)
		free(corpus->files.items[i]);
	amp_vec_deinit(&corpus->files);
}

static struct amp_source *open_any(
	void *context, const char *path, enum amp_file_problem *problem, int *number)
{
	(void)problem;
	(void)number;
	return amp_source_new(context, path, "SELECT 1", 8);
}

static void begin(void *context, enum amp_element element, const struct amp_values *read)
{
	(void)context;
	(void)element;
	(void)read;
}

static void end(void *context, enum amp_element element, const char *text)
{
	(void)context;
	(void)element;
	(void)text;
}

static void take(void *context, struct amp_migration *migration)
{
	(void)context;
	(void)migration;
}

static void judge(struct amp_arena *arena, struct amp_findings *findings, bool plan,
	const char *text)
{
	struct amp_descriptor_hooks hooks = {
		.context = arena,
		.open = plan ? NULL : open_any,
		.begin = plan ? begin : NULL,
		.end = end,
		.add = take,
	};
	amp_arena_init(arena);
	amp_findings_init(findings, arena);
	struct amp_complain complain = {
		.findings = findings,
		.source = amp_source_new(arena, "f", text, strlen(text)),
		.kind = "invalid-descriptor",
	};
	bool whole = amp_descriptor_read(&complain, "sqlite", &hooks);
	assert_false(findings->failed || arena->failed);
	assert_true(whole || amp_findings_have_errors(findings));
}

struct rule {
	char *pattern;
	bool needed;
};

struct rules {
	struct AMP_VEC(struct rule) list;
};

static void read_rules(struct rules *rules)
{
	char line[512];
	FILE *file = fopen(SOURCE_DIR "/tests/xsd/stricter.txt", "r");
	assert_non_null(file);
	*rules = (struct rules){0};
	while (fgets(line, sizeof(line), file)) {
		char *tab = strchr(line, '\t');
		if (line[0] == '#')
			continue;
		assert_non_null(tab);
		assert_true(strlen(tab) > 10); /* there is a reason */
		struct rule rule = {strndup(line, (size_t)(tab - line)), false};
		assert_true(amp_vec_push(&rules->list, rule));
	}
	fclose(file);
}

/* Whether every error is one that only the reader makes. */
static bool explained(struct rules *rules, const struct amp_findings *findings)
{
	for (size_t i = 0; i < findings->count; i++) {
		bool known = findings->items[i].severity != AMPLAN_ERROR;
		for (size_t j = 0; j < rules->list.count && !known; j++)
			if (!fnmatch(rules->list.items[j].pattern,
				    findings->items[i].message, 0))
				known = rules->list.items[j].needed = true;
		if (!known)
			return false;
	}
	return true;
}

static void free_rules(struct rules *rules)
{
	for (size_t i = 0; i < rules->list.count; i++)
		free(rules->list.items[i].pattern);
	amp_vec_deinit(&rules->list);
}

/* What xmllint says of each file, all in one call. */
static bool *validate(const char *folder, size_t count, const char *xsd)
{
	char command[1024], line[4096];
	bool *valid = calloc(count, sizeof(*valid));
	size_t told = 0;
	snprintf(command, sizeof(command),
		"cd '%s' && ls | grep -v xsd | LC_ALL=C xargs xmllint --nonet --noout "
		"--schema '%s' 2>&1",
		folder, xsd);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe)) {
		char verdict[64];
		unsigned long number;
		if (sscanf(line, "%lu.xml %63[a-z ]", &number, verdict) != 2)
			continue;
		assert_true(number < count);
		valid[number] = !strcmp(verdict, "validates");
		told += valid[number] || !strcmp(verdict, "fails to validate");
	}
	pclose(pipe);
	/* it ran and could use the XSD; broken XML it tells of in other words */
	assert_true(told > count / 2);
	return valid;
}

static char *write_corpus(const struct corpus *corpus)
{
	char *folder = temp_make(), name[32];
	for (size_t i = 0; i < corpus->files.count; i++) {
		snprintf(name, sizeof(name), "%05zu.xml", i);
		temp_text(folder, name, corpus->files.items[i]);
	}
	return folder;
}

/* How many files the two disagree about without a reason; the first few are shown. */
static size_t compare(const struct corpus *corpus, const bool *valid, bool plan,
	struct rules *rules, bool show)
{
	size_t differences = 0;
	for (size_t i = 0; i < corpus->files.count; i++) {
		struct amp_arena arena;
		struct amp_findings findings;
		judge(&arena, &findings, plan, corpus->files.items[i]);
		bool accepted = !amp_findings_have_errors(&findings);
		bool agree = accepted == valid[i] ||
			(!accepted && explained(rules, &findings));
		if (!agree && ++differences <= 5 && show)
			print_error("XSD: %s, reader: %s\n%s\n",
				valid[i] ? "valid" : "invalid",
				accepted ? "accepted" : findings.items[0].message,
				corpus->files.items[i]);
		amp_findings_deinit(&findings);
		amp_arena_deinit(&arena);
	}
	return differences;
}

static void compare_with(const char *const *good, size_t count, bool plan,
	const char *xsd, struct rules *rules)
{
	struct corpus corpus;
	make_corpus(&corpus, good, count);
	char *folder = write_corpus(&corpus);
	bool *valid = validate(folder, corpus.files.count, xsd);
	size_t nvalid = 0;
	for (size_t i = 0; i < corpus.files.count; i++)
		nvalid += valid[i];
	print_message("%zu files, %zu of them valid\n", corpus.files.count, nvalid);
	assert_true(corpus.files.count > 1000 && nvalid > corpus.files.count / 20);
	assert_int_equal(compare(&corpus, valid, plan, rules, true), 0);
	free(valid);
	temp_remove(folder);
	free_corpus(&corpus);
}

static void test_xsd__agrees_with_the_reader(void **state)
{
	struct rules rules;
	(void)state;
	read_rules(&rules);
	compare_with(good_descriptors, 2, false, DESCRIPTOR_XSD, &rules);
	compare_with(good_plans, 1, true, PLAN_XSD, &rules);
	for (size_t i = 0; i < rules.list.count; i++)
		if (!rules.list.items[i].needed)
			fail_msg("no file needs the rule '%s'",
				rules.list.items[i].pattern);
	free_rules(&rules);
}

/* The XSD with one text replaced, the only time or the first time it occurs. */
static void break_xsd(const char *folder, const char *from, const char *to)
{
	AMP_STR_AUTO text = AMP_STR_INIT;
	char buffer[4096];
	size_t n;
	FILE *file = fopen(DESCRIPTOR_XSD, "r");
	assert_non_null(file);
	while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0)
		amp_str_addn(&text, buffer, n);
	fclose(file);
	char *found = strstr(text.data, from);
	if (!found)
		fail_msg("the XSD has no '%s'", from);
	char *broken = NULL;
	assert_true(asprintf(&broken, "%.*s%s%s", (int)(found - text.data), text.data, to,
			    found + strlen(from)) > 0);
	temp_text(folder, "broken.xsd", broken);
	free(broken);
}

static void test_xsd__would_be_noticed_if_it_were_wrong(void **state)
{
	static const char *const broken[][2] = {
		{"name=\"id\" type=\"reference\" use=\"required\"",
			"name=\"id\" type=\"reference\""},
		{"type=\"reason\" use=\"required\"", "type=\"reason\""},
		{"name=\"on\" type=\"reference\" use=\"required\"",
			"name=\"on\" type=\"reference\""},
		{"[A-Za-z0-9][A-Za-z0-9_.\\-]*", "[A-Za-z0-9_.\\-]*"},
		{"[A-Za-z0-9][A-Za-z0-9_.\\-]*", "[A-Za-z0-9][A-Za-z0-9_\\-]*"},
		{"{0,127})?:)?", "{0,127}):)?"},
		{"<xs:maxLength value=\"0\"/>", ""},
		{"<xs:minLength value=\"1\"/>", ""},
		{"[a-z]+(-[a-z]+)*", "[a-z\\-]+"},
		{"\\.sql\"/>", "\"/>"},
		{"\"(\\.\\./)*([^./", "\"([^/"},
		{"<xs:enumeration value=\"none\">", "<xs:enumeration value=\"nil\">"},
		{"<xs:enumeration value=\"mark-applied\">",
			"<xs:enumeration value=\"x\">"},
		{"<xs:enumeration value=\"sqlite\">",
			"<xs:enumeration value=\"SQLite\">"},
		{"<xs:enumeration value=\"true\">", "<xs:enumeration value=\"1\">"},
		{"name=\"src\" type=\"file\"", "name=\"src\" type=\"xs:string\""},
		{"name=\"breaking\" type=\"truth\"",
			"name=\"breaking\" type=\"xs:boolean\""},
		{"<xs:element name=\"after\"", "<xs:element name=\"afterwards\""},
		{"<xs:choice minOccurs=\"0\" maxOccurs=\"unbounded\">", "<xs:choice>"},
		{"name=\"description\" type=\"xs:string\"",
			"name=\"description\" type=\"reason\""},
	};
	struct corpus corpus;
	struct rules rules;
	(void)state;
	read_rules(&rules);
	make_corpus(&corpus, good_descriptors, 2);
	char *folder = write_corpus(&corpus);
	char *xsd = temp_path(folder, "broken.xsd");
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		break_xsd(folder, broken[i][0], broken[i][1]);
		bool *valid = validate(folder, corpus.files.count, xsd);
		if (!compare(&corpus, valid, false, &rules, false))
			fail_msg("'%s' for '%s' went unnoticed", broken[i][1],
				broken[i][0]);
		free(valid);
	}
	free(xsd);
	temp_remove(folder);
	free_corpus(&corpus);
	free_rules(&rules);
}

/* Elements, attributes and words without documentation, which editors would show. */
static void assert_documented(const char *xsd)
{
	char command[1024], answer[32] = "";
	snprintf(command, sizeof(command),
		"xmllint --xpath \"concat(count(//*[local-name()='element' or "
		"local-name()='attribute' or local-name()='enumeration'][not(*[local-name()="
		"'annotation']/*[local-name()='documentation'][string-length(normalize-"
		"space()) > 2])]), ' of ', count(//*[local-name()='attribute']) > 15)\" '%s'",
		xsd);
	FILE *pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(answer, sizeof(answer), pipe));
	pclose(pipe);
	answer[strcspn(answer, "\n")] = '\0';
	assert_string_equal(answer, "0 of true");
}

static void test_xsd__documents_everything(void **state)
{
	(void)state;
	assert_documented(DESCRIPTOR_XSD);
	assert_documented(PLAN_XSD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xsd__agrees_with_the_reader),
		cmocka_unit_test(test_xsd__would_be_noticed_if_it_were_wrong),
		cmocka_unit_test(test_xsd__documents_everything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
