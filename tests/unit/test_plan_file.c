/*
 * Plan files: what goes in comes out, and nothing else does.
 */
#include <stdlib.h>
#include <string.h>

#include <amplan/report.h>

#include "schema/plan_file.h"
#include "schema/seal.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

#define DIGEST "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static const char descriptors[] =
	"<migrations xmlns=\"urn:amplan:1\">\n"
	"<migration id=\"001\"><description>a &lt; b &amp; \"c\"</description>"
	"<up>CREATE TABLE t (x DEFAULT ']]&gt;&#13; ]]');\n\t-- &#x20AC;\r\n</up>"
	"<down>DROP TABLE t</down></migration>\n"
	"<migration id=\"002\" module=\"m\" transaction=\"none\" foreign-keys=\"on\" "
	"maintenance=\"true\" breaking=\"true\"><depends on=\":001\" reason=\"&lt;&#10;&quot;\"/>"
	"<depends on=\"000\"/><after on=\"n:1\"/><replaces id=\"old\"/>"
	"<precondition>SELECT 1</precondition>"
	"<precondition on-fail=\"mark-applied\" engine=\"sqlite\">SELECT 2</precondition>"
	"<up engine=\"sqlite\">]]&gt;]]&gt;</up><up engine=\"postgresql\">x</up>"
	"<irreversible reason=\"gone\"/>"
	"<allow kind=\"row-loss\" reason=\"empty\"/>"
	"<verify>SELECT 3</verify><verify engine=\"postgresql\">SELECT 4</verify>"
	"</migration>\n</migrations>";

/* A plan over the descriptors above. */
static void write_plan(struct folder *folder, struct amp_str *out)
{
	static const struct amp_plan_file_effect effects[] = {
		{"created", "table", "t"},
		{"dropped", "index", "\"<&>\n'"},
	};
	folder_init(folder);
	folder_file(folder, "a.xml", descriptors);
	folder_load(folder);
	assert_catalog(folder, "");
	struct amp_plan_file_step steps[] = {
		{folder->catalog.items[0], 1, 1, 3, 1234567890123, effects, 2},
		{folder->catalog.items[1], 2, 2, 0, 0, NULL, 0},
	};
	struct amp_plan_file file = {
		.tool = "amplan 0.1.0",
		.engine = "sqlite",
		.digest = DIGEST,
		.target = "t",
		.head = "",
		.start = "s",
		.end = "e",
		.fidelity = "copy",
		.database = "my \"app\" & \xc3\xa4.db",
		.rollback = true,
		.schema_diff = "--- a\n+++ b\n<&>\n",
		.steps = steps,
		.nsteps = 2,
	};
	amp_plan_file_write(out, &file);
	assert_false(out->failed);
}

struct reading {
	struct amp_arena arena;
	struct amp_findings findings;
	struct amplan_error error;
	struct amp_plan_file *file;
	int code;
};

#define READING __attribute__((cleanup(reading_deinit))) struct reading

static void reading_deinit(struct reading *reading)
{
	amp_findings_deinit(&reading->findings);
	amp_arena_deinit(&reading->arena);
}

static void read_plan(struct reading *reading, const char *bytes, size_t length)
{
	*reading = (struct reading){0};
	amp_arena_init(&reading->arena);
	amp_findings_init(&reading->findings, &reading->arena);
	char *copy = amp_arena_strndup(&reading->arena, bytes, length);
	reading->code = amp_plan_file_read(&reading->arena, "plan.xml", copy, length,
		&reading->findings, &reading->file, &reading->error);
}

static void assert_sql(const struct amp_sql *is, const struct amp_sql *be)
{
	assert_int_equal(!is, !be);
	if (!be)
		return;
	assert_int_equal(is->length, be->length);
	assert_memory_equal(is->text, be->text, be->length);
	assert_int_equal(!is->engine, !be->engine);
	if (be->engine)
		assert_string_equal(is->engine, be->engine);
}

static void assert_checks(
	const struct amp_check *is, size_t nis, const struct amp_check *be, size_t nbe)
{
	assert_int_equal(nis, nbe);
	for (size_t i = 0; i < nbe; i++) {
		assert_sql(&is[i].sql, &be[i].sql);
		assert_int_equal(is[i].mark_applied, be[i].mark_applied);
	}
}

static void assert_references(const struct amp_reference *is, size_t nis,
	const struct amp_reference *be, size_t nbe)
{
	assert_int_equal(nis, nbe);
	for (size_t i = 0; i < nbe; i++) {
		assert_string_equal(is[i].id, be[i].id);
		assert_int_equal(is[i].orders_only, be[i].orders_only);
		assert_int_equal(!is[i].reason, !be[i].reason);
		if (be[i].reason)
			assert_string_equal(is[i].reason, be[i].reason);
	}
}

static void assert_migration(
	const struct amp_migration *is, const struct amp_migration *be)
{
	assert_string_equal(is->id, be->id);
	assert_string_equal(is->module, be->module);
	assert_string_equal(is->description, be->description);
	assert_int_equal(is->flags, be->flags);
	assert_references(is->depends, is->ndepends, be->depends, be->ndepends);
	assert_references(is->replaces, is->nreplaces, be->replaces, be->nreplaces);
	assert_sql(is->up, be->up);
	assert_sql(is->down, be->down);
	assert_int_equal(!is->irreversible, !be->irreversible);
	if (be->irreversible)
		assert_string_equal(is->irreversible, be->irreversible);
	assert_checks(is->preconditions, is->npreconditions, be->preconditions,
		be->npreconditions);
	assert_checks(is->verifies, is->nverifies, be->verifies, be->nverifies);
	assert_int_equal(is->nallows, be->nallows);
	assert_string_equal(is->checksum, be->checksum);
	assert_string_equal(is->cosmetic, be->cosmetic);
	struct amplan_place here = amp_migration_place(is);
	struct amplan_place there = amp_migration_place(be);
	assert_string_equal(here.file, there.file);
	assert_int_equal(here.line, there.line);
	assert_int_equal(here.column, there.column);
}

static void test_plan_file__comes_out_as_it_went_in(void **state)
{
	FOLDER folder;
	READING reading;
	AMP_STR_AUTO out = AMP_STR_INIT;
	(void)state;
	amp_str_add(&out, "before");
	write_plan(&folder, &out);
	read_plan(&reading, out.data + 6, out.length - 6);
	assert_string_equal(list_findings(&reading.findings), "");
	assert_int_equal(reading.code, AMPLAN_OK);
	const struct amp_plan_file *file = reading.file;
	assert_string_equal(file->tool, "amplan 0.1.0");
	assert_string_equal(file->engine, "sqlite");
	assert_string_equal(file->digest, DIGEST);
	assert_string_equal(file->target, "t");
	assert_string_equal(file->head, "");
	assert_string_equal(file->start, "s");
	assert_string_equal(file->end, "e");
	assert_string_equal(file->fidelity, "copy");
	assert_string_equal(file->database, "my \"app\" & \xc3\xa4.db");
	assert_true(file->rollback);
	assert_string_equal(file->schema_diff, "--- a\n+++ b\n<&>\n");
	assert_int_equal(file->nsteps, 2);
	assert_int_equal(file->steps[0].number, 1);
	assert_int_equal(file->steps[0].stage, 1);
	assert_int_equal(file->steps[0].statements, 3);
	assert_true(file->steps[0].rows == 1234567890123);
	assert_int_equal(file->steps[0].neffects, 2);
	assert_string_equal(file->steps[0].effects[1].kind, "dropped");
	assert_string_equal(file->steps[0].effects[1].type, "index");
	assert_string_equal(file->steps[0].effects[1].name, "\"<&>\n'");
	assert_int_equal(file->steps[1].neffects, 0);
	for (size_t i = 0; i < 2; i++)
		assert_migration(file->steps[i].migration, folder.catalog.items[i]);
}

static void test_plan_file__is_the_same_when_written_again(void **state)
{
	FOLDER folder;
	READING reading;
	AMP_STR_AUTO once = AMP_STR_INIT;
	AMP_STR_AUTO twice = AMP_STR_INIT;
	(void)state;
	write_plan(&folder, &once);
	read_plan(&reading, once.data, once.length);
	amp_plan_file_write(&twice, reading.file);
	assert_string_equal(amp_str_text(&twice), amp_str_text(&once));
}

/* Only the seal is looked at, so each of some thousand bytes can have its turn. */
static void test_plan_file__notices_every_altered_byte(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO out = AMP_STR_INIT;
	(void)state;
	write_plan(&folder, &out);
	assert_int_equal(amp_seal_check(out.data, out.length), AMP_SEAL_HOLDS);
	for (size_t i = 0; i < out.length; i++) {
		READING reading;
		char byte = out.data[i];
		out.data[i] ^= 1 << i % 7;
		read_plan(&reading, out.data, out.length);
		assert_int_equal(reading.code, AMPLAN_REFUSED);
		assert_string_equal(list_findings(&reading.findings),
			"plan.xml:0:0+0: error[plan-stale]: the plan file was altered "
			"after it was saved {} (make the plan again with 'amplan plan "
			"--out FILE')\n");
		assert_string_equal(
			reading.error.message, "the plan 'plan.xml' cannot be used");
		out.data[i] = byte;
	}
	for (size_t length = 200; length < out.length; length++)
		assert_int_equal(amp_seal_check(out.data, length), AMP_SEAL_BROKEN);
	amp_str_add(&out, "\n");
	assert_int_equal(amp_seal_check(out.data, out.length), AMP_SEAL_BROKEN);
}

static void assert_no_plan(const char *text, const char *expected)
{
	READING reading;
	read_plan(&reading, text, strlen(text));
	assert_int_equal(reading.code, AMPLAN_REFUSED);
	assert_null(reading.file);
	assert_string_equal(list_findings(&reading.findings), expected);
}

static void test_plan_file__knows_what_is_none(void **state)
{
	(void)state;
	assert_no_plan("",
		"plan.xml:0:0+0: error[invalid-plan]: this is not a saved plan {} (a saved "
		"plan is written by 'amplan plan --out FILE')\n");
	assert_no_plan(descriptors,
		"plan.xml:0:0+0: error[invalid-plan]: this is not a saved plan {} (a saved "
		"plan is written by 'amplan plan --out FILE')\n");
	assert_no_plan("<plan xmlns=\"urn:amplan:1\"/>",
		"plan.xml:0:0+0: error[plan-stale]: the plan file was altered after it was "
		"saved {} (make the plan again with 'amplan plan --out FILE')\n");
}

#define ROOT                                                                             \
	"<plan xmlns=\"urn:amplan:1\" seal=\"" AMP_SEAL_OPEN                             \
	"\" format=\"1\" tool=\"\" engine=\"sqlite\" digest=\"\" target=\"\" head=\"\" " \
	"start=\"\" end=\"\" fidelity=\"none\" database=\"\" rollback=\"false\">"
#define STEP "\n<step number=\"1\" stage=\"1\" statements=\"0\" rows=\"0\">"
#define MIGRATION "<migration id=\"a\"><up>x</up></migration>"

/* Whoever makes a plan by hand can seal it, too; what it says is still looked at. */
static void assert_sealed(const char *text, const char *expected)
{
	READING reading;
	AMP_STR_AUTO out = AMP_STR_INIT;
	amp_str_add(&out, text);
	char *seal = strstr(out.data, AMP_SEAL_OPEN);
	assert_non_null(seal);
	amp_seal_close(out.data, out.length, (size_t)(seal - out.data));
	read_plan(&reading, out.data, out.length);
	assert_string_equal(list_findings(&reading.findings), expected);
	assert_int_equal(reading.code, *expected ? AMPLAN_REFUSED : AMPLAN_OK);
	assert_int_equal(!reading.file, *expected != '\0');
}

static void test_plan_file__is_read_with_the_same_care_as_a_descriptor(void **state)
{
	(void)state;
	assert_sealed(ROOT "</plan>", "");
	assert_sealed(ROOT STEP MIGRATION "</step></plan>", "");
	assert_sealed(ROOT STEP "</step></plan>",
		"plan.xml:0:0+0: error[invalid-plan]: a step of the plan has no migration "
		"{} (make the plan again)\n");
	assert_sealed(ROOT STEP MIGRATION "<migration id=\"b\"><up>x</up></migration>"
					  "</step></plan>",
		"plan.xml:2:107+1: error[invalid-plan]: a step has one migration only {} "
		"(make the plan again)\n");
	assert_sealed(ROOT STEP "<migration id=\"a\"><up src=\"x.sql\"/></migration>"
				"</step></plan>",
		"plan.xml:2:79+5: error[invalid-plan]: 'src' is not allowed in a saved "
		"plan {a} (make the plan again)\n");
	assert_sealed(ROOT "\n<stp/></plan>",
		"plan.xml:2:2+3: error[invalid-plan]: unknown element 'stp' in 'plan' {} "
		"(did you mean 'step'?)\n");
	assert_sealed(ROOT MIGRATION "</plan>",
		"plan.xml:1:232+9: error[invalid-plan]: an element 'migration' is not "
		"allowed in 'plan' {} (what may stand here: 'step' or 'schema-diff')\n");
	assert_sealed("<!DOCTYPE plan []>" ROOT "</plan>",
		"plan.xml:1:1+9: error[invalid-plan]: a DOCTYPE is not allowed in a "
		"descriptor {} (remove it; '&lt;' '&gt;' '&amp;' '&quot;' '&apos;' need "
		"no declaration)\n");
	assert_sealed("<migration xmlns=\"urn:amplan:1\" seal=\"" AMP_SEAL_OPEN "\"/>",
		"plan.xml:1:2+9: error[invalid-plan]: the root element is 'migration', not "
		"'plan' {} (a saved plan is written by 'amplan plan --out FILE')\n");
	assert_sealed("<plan xmlns=\"urn:amplan:1\" format=\"2\" seal=\"" AMP_SEAL_OPEN
		      "\" tool=\"\" engine=\"sqlite\" digest=\"\" target=\"\" head=\"\" "
		      "start=\"\" end=\"\" fidelity=\"none\" database=\"\" "
		      "rollback=\"false\"/>",
		"plan.xml:1:36+1: error[invalid-plan]: 'format' is '2', but must be '1' {} "
		"(did you mean '1'?)\n");
	assert_sealed(ROOT "\n<step number=\"-1\" stage=\"01\" statements=\"x\" "
			   "rows=\"1234567890123456789\">" MIGRATION "</step></plan>",
		"plan.xml:2:15+2: error[invalid-plan]: 'number' cannot be '-1' {} (a "
		"number without sign or leading zeros)\n"
		"plan.xml:2:26+2: error[invalid-plan]: 'stage' cannot be '01' {} (a number "
		"without sign or leading zeros)\n"
		"plan.xml:2:42+1: error[invalid-plan]: 'statements' cannot be 'x' {} (a "
		"number without sign or leading zeros)\n"
		"plan.xml:2:51+19: error[invalid-plan]: 'rows' cannot be "
		"'1234567890123456789' {} (a number without sign or leading zeros)\n");
}

static void test_plan_file__has_small_numbers(void **state)
{
	READING reading;
	AMP_STR_AUTO out = AMP_STR_INIT;
	(void)state;
	amp_str_add(&out,
		ROOT
		"\n<step number=\"4294967296\" stage=\"4294967295\" statements=\"0\" "
		"rows=\"4294967296\">" MIGRATION "</step></plan>");
	amp_seal_close(out.data, out.length,
		(size_t)(strstr(out.data, AMP_SEAL_OPEN) - out.data));
	read_plan(&reading, out.data, out.length);
	assert_int_equal(reading.code, AMPLAN_OK);
	assert_int_equal(reading.file->steps[0].number, UINT32_MAX);
	assert_int_equal(reading.file->steps[0].stage, UINT32_MAX);
	assert_int_equal(reading.file->steps[0].rows, INT64_C(4294967296));
	/* with another error a step without migration is not told as well */
	assert_sealed(ROOT STEP "<stp/></step></plan>",
		"plan.xml:2:53+3: error[invalid-plan]: unknown element 'stp' in 'step' {} "
		"(what may stand here: 'migration' or 'effect')\n");
}

/* Names of databases may be of any bytes; only what XML can hold is shown. */
static void test_plan_file__holds_any_name(void **state)
{
	static const char *const names[][2] = {
		{"\x01\x1f ", "\xef\xbf\xbd\xef\xbf\xbd "},
		{"\t\n\r<>&\"'", "&#9;&#10;&#13;&#60;&#62;&#38;&#34;'"},
		{"\x80\xff", "\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xc3\xa4\xc3", "\xc3\xa4\xef\xbf\xbd"},
		{"\xe2\x82\xac\xe2\x82", "\xe2\x82\xac\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xf0\x9f\x98\x80\xf0\x9f", "\xf0\x9f\x98\x80\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd",
			"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
			"\xef\xbf\xbd\xef\xbf\xbd"},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		AMP_STR_AUTO out = AMP_STR_INIT;
		AMP_STR_AUTO expected = AMP_STR_INIT;
		const struct amp_plan_file file = {
			.engine = "sqlite", .fidelity = "none", .database = names[i][0]};
		amp_plan_file_write(&out, &file);
		amp_str_addf(&expected, "database=\"%s\"\n", names[i][1]);
		assert_non_null(strstr(out.data, amp_str_text(&expected)));
	}
}

/* SQL as CDATA: carriage returns and ends of sections come out of it as they went in. */
static void test_plan_file__holds_any_sql(void **state)
{
	static const char *const texts[] = {
		"\r", "\rx", "x\r\r\n", "]]>", "a]]>]]>b", "]>", "a>b", "ab>c"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		FOLDER folder;
		READING reading;
		AMP_STR_AUTO out = AMP_STR_INIT;
		folder_init(&folder);
		folder_file(&folder, "a.xml",
			"<migration xmlns=\"urn:amplan:1\" id=\"a\"><up>x</up></migration>");
		folder_load(&folder);
		struct amp_migration migration = *folder.catalog.items[0];
		const struct amp_sql sql = {.text = texts[i], .length = strlen(texts[i])};
		migration.up = &sql;
		struct amp_plan_file_step step = {.migration = &migration, .number = 1};
		const struct amp_plan_file file = {.engine = "sqlite",
			.fidelity = "none",
			.steps = &step,
			.nsteps = 1};
		amp_plan_file_write(&out, &file);
		read_plan(&reading, out.data, out.length);
		if (reading.file)
			assert_string_equal(
				reading.file->steps[0].migration->up->text, texts[i]);
		else
			assert_string_equal(texts[i], "\r"); /* no statement */
	}
}

/* A section is not cut inside of a character. */
static void test_plan_file__cuts_between_characters(void **state)
{
	FOLDER folder;
	READING reading;
	AMP_STR_AUTO text = AMP_STR_INIT;
	AMP_STR_AUTO out = AMP_STR_INIT;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration xmlns=\"urn:amplan:1\" id=\"a\"><up>x</up></migration>");
	folder_load(&folder);
	struct amp_migration migration = *folder.catalog.items[0];
	amp_str_add(&text, "x");
	while (text.length < 3 << 20)
		amp_str_add(&text, "\xf0\x9f\x98\x80");
	const struct amp_sql sql = {.text = text.data, .length = text.length};
	migration.up = &sql;
	struct amp_plan_file_step step = {.migration = &migration, .number = 1};
	const struct amp_plan_file file = {
		.engine = "sqlite", .fidelity = "none", .steps = &step, .nsteps = 1};
	amp_plan_file_write(&out, &file);
	read_plan(&reading, out.data, out.length);
	assert_int_equal(reading.code, AMPLAN_OK);
	assert_int_equal(reading.file->steps[0].migration->up->length, text.length);
	assert_memory_equal(
		reading.file->steps[0].migration->up->text, text.data, text.length);
}

static void test_plan_file__carries_large_sql(void **state)
{
	FOLDER folder;
	READING reading;
	AMP_STR_AUTO sql = AMP_STR_INIT;
	AMP_STR_AUTO out = AMP_STR_INIT;
	(void)state;
	while (sql.length < (size_t)12 << 20)
		amp_str_add(&sql, "INSERT INTO t VALUES ('\xf0\x9f\x98\x80 ]]>');\n");
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration xmlns=\"urn:amplan:1\" id=\"a\"><up src=\"a.sql\"/></migration>");
	folder_bytes(&folder, "a.sql", sql.data, sql.length);
	folder_load(&folder);
	struct amp_plan_file_step step = {.migration = folder.catalog.items[0]};
	struct amp_plan_file file = {
		.engine = "sqlite", .fidelity = "none", .steps = &step, .nsteps = 1};
	amp_plan_file_write(&out, &file);
	read_plan(&reading, out.data, out.length);
	assert_string_equal(list_findings(&reading.findings), "");
	assert_int_equal(reading.code, AMPLAN_OK);
	assert_migration(reading.file->steps[0].migration, step.migration);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan_file__comes_out_as_it_went_in),
		cmocka_unit_test(test_plan_file__is_the_same_when_written_again),
		cmocka_unit_test(test_plan_file__notices_every_altered_byte),
		cmocka_unit_test(test_plan_file__knows_what_is_none),
		cmocka_unit_test(
			test_plan_file__is_read_with_the_same_care_as_a_descriptor),
		cmocka_unit_test(test_plan_file__has_small_numbers),
		cmocka_unit_test(test_plan_file__holds_any_name),
		cmocka_unit_test(test_plan_file__holds_any_sql),
		cmocka_unit_test(test_plan_file__cuts_between_characters),
		cmocka_unit_test(test_plan_file__carries_large_sql),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
