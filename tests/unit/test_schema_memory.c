/*
 * No memory: each allocation of a load, ours and libxml2's, fails once. The answer is
 * "out of memory", or the very same as ever; never a crash, never less than all.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libxml/xmlmemory.h>

#include "schema/edit.h"
#include "schema/plan_file.h"
#include "tests/support/cmocka.h"
#include "tests/support/folder.h"

static long left = -1; /* allocations until one fails; negative: none does */

static bool fails(void)
{
	return left >= 0 && left-- == 0;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);

void *__wrap_calloc(size_t count, size_t size)
{
	return fails() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

/* Most of our memory comes in small pieces of an arena. */
static bool fails_in(struct amp_arena *arena)
{
	bool failing = fails();
	arena->failed = arena->failed || failing;
	return failing;
}

void *__real_amp_arena_alloc(struct amp_arena *arena, size_t size);
void *__wrap_amp_arena_alloc(struct amp_arena *arena, size_t size);
void *__real_amp_arena_array(struct amp_arena *arena, size_t count, size_t size);
void *__wrap_amp_arena_array(struct amp_arena *arena, size_t count, size_t size);
char *__real_amp_arena_strdup(struct amp_arena *arena, const char *text);
char *__wrap_amp_arena_strdup(struct amp_arena *arena, const char *text);
char *__real_amp_arena_strndup(struct amp_arena *arena, const char *text, size_t length);
char *__wrap_amp_arena_strndup(struct amp_arena *arena, const char *text, size_t length);

char *__real_amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
char *__wrap_amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
char *__wrap_amp_arena_printf(struct amp_arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

char *__wrap_amp_arena_vprintf(struct amp_arena *arena, const char *format, va_list args)
{
	return fails_in(arena) ? NULL : __real_amp_arena_vprintf(arena, format, args);
}

char *__wrap_amp_arena_printf(struct amp_arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = __wrap_amp_arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void *__wrap_amp_arena_alloc(struct amp_arena *arena, size_t size)
{
	return fails_in(arena) ? NULL : __real_amp_arena_alloc(arena, size);
}

void *__wrap_amp_arena_array(struct amp_arena *arena, size_t count, size_t size)
{
	return fails_in(arena) ? NULL : __real_amp_arena_array(arena, count, size);
}

char *__wrap_amp_arena_strdup(struct amp_arena *arena, const char *text)
{
	return fails_in(arena) ? NULL : __real_amp_arena_strdup(arena, text);
}

char *__wrap_amp_arena_strndup(struct amp_arena *arena, const char *text, size_t length)
{
	return fails_in(arena) ? NULL : __real_amp_arena_strndup(arena, text, length);
}

static void *xml_malloc(size_t size)
{
	return fails() ? NULL : malloc(size);
}

static void *xml_realloc(void *memory, size_t size)
{
	return fails() ? NULL : __real_realloc(memory, size);
}

static char *xml_strdup(const char *text)
{
	return fails() ? NULL : strdup(text);
}

static void fill(struct folder *folder)
{
	folder_init(folder);
	folder_file(folder, "a.xml",
		"<migrations xmlns=\"urn:amplan:1\" module=\"m\">"
		"<migration id=\"a\"><description>d &amp; e</description>"
		"<depends on=\"b\" reason=\"a &amp; b\"/><depends on=\"b\"/>"
		"<up>SELECT '&lt;'<![CDATA[ < ]]></up><down src=\"x.sql\"/>"
		"<verify>SELECT 1</verify></migration>"
		"<migration id=\"a\" other=\"1\"><upp/></migration>"
		"<migration id=\"s\" transaction=\"maybe\"><replaces id=\"r\"/>"
		"<allow kind=\"row-loss\" reason=\"empty\"/><up>x</up></migration>"
		"</migrations>");
	folder_file(folder, "b.xml", "<migration xmlns=\"urn:amplan:1\" id=\"b\"><up>");
	folder_file(folder, "c/d/c.xml", "<!DOCTYPE x><x/>");
	folder_file(folder, "unused.sql", "SELECT 3;");
	folder_file(folder, "x.sql", "SELECT 1;\r\nSELECT 2;\r\n");
	assert_int_equal(symlink("c", "m/e"), 0);
}

/* Everything that a load says, as one text. */
static char *load(struct folder *folder, int *code)
{
	static const char *const folders[] = {"m"};
	AMP_STR_AUTO text = AMP_STR_INIT;
	*code = amp_catalog_load(&folder->catalog, folders, 1, "sqlite", &folder->error);
	left = -1;
	amp_str_addf(&text, "%s\n", folder->catalog.stamp);
	for (size_t i = 0; i < folder->catalog.count && !*code; i++)
		amp_str_addf(&text, "%s %s\n", folder->catalog.items[i]->id,
			folder->catalog.items[i]->checksum);
	if (!*code)
		amp_str_add(&text, list_findings(&folder->catalog.findings));
	char *copy = strdup(amp_str_text(&text));
	amp_catalog_deinit(&folder->catalog);
	return copy;
}

static void test_catalog__says_that_there_is_no_memory(void **state)
{
	FOLDER folder;
	int code;
	long tried = 0, refused = 0;
	(void)state;
	fill(&folder);
	char *whole = load(&folder, &code);
	assert_int_equal(code, AMPLAN_OK);
	for (bool over = false; !over; tried++) {
		left = tried;
		static const char *const folders[] = {"m"};
		struct amp_catalog catalog;
		code = amp_catalog_load(&catalog, folders, 1, "sqlite", &folder.error);
		over = left >= 0;
		left = -1;
		amp_catalog_deinit(&catalog);
		if (code) {
			assert_int_equal(code, AMPLAN_NOMEM);
			assert_string_equal(folder.error.message, "out of memory");
			refused++;
			continue;
		}
		left = tried;
		char *again = load(&folder, &code);
		assert_int_equal(code, AMPLAN_OK);
		assert_string_equal(again, whole);
		free(again);
	}
	print_message("%ld allocations, %ld of them needed\n", tried - 1, refused);
	assert_true(tried > 150 && refused > tried / 2);
	free(whole);
}

static void test_stamp__says_that_there_is_no_memory(void **state)
{
	static const char *const folders[] = {"m"};
	FOLDER folder;
	char stamp[AMP_DIGEST_SIZE], whole[AMP_DIGEST_SIZE];
	long tried = 0;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a/b/c.xml", "x");
	folder_file(&folder, "a.sql", "y");
	amp_catalog_stamp(folders, 1, "sqlite", whole, &folder.error);
	assert_int_equal(strlen(whole), AMP_DIGEST_SIZE - 1);
	for (bool over = false; !over; tried++) {
		left = tried;
		int code = amp_catalog_stamp(folders, 1, "sqlite", stamp, &folder.error);
		over = left >= 0;
		left = -1;
		assert_string_equal(stamp, code ? "" : whole);
		assert_true(code == AMPLAN_NOMEM || code == AMPLAN_OK);
	}
	assert_true(tried > 4);
}

static void test_plan_file__says_that_there_is_no_memory(void **state)
{
	FOLDER folder;
	AMP_STR_AUTO plan = AMP_STR_INIT;
	long tried = 0;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration xmlns=\"urn:amplan:1\" id=\"a\"><depends on=\"b\"/><up>x]]&gt;"
		"</up></migration>");
	folder_load(&folder);
	struct amp_plan_file_effect effect = {"created", "table", "a & b"};
	struct amp_plan_file_step step = {
		.migration = folder.catalog.items[0], .effects = &effect, .neffects = 1};
	struct amp_plan_file file = {.engine = "sqlite",
		.fidelity = "none",
		.schema_diff = "+",
		.steps = &step,
		.nsteps = 1};
	amp_plan_file_write(&plan, &file);
	for (bool over = false; !over; tried++) {
		struct amp_arena arena = {0};
		struct amp_findings findings;
		struct amp_plan_file *out = NULL;
		amp_findings_init(&findings, &arena);
		left = tried;
		int code = amp_plan_file_read(&arena, "p", plan.data, plan.length,
			&findings, &out, &folder.error);
		over = left >= 0;
		left = -1;
		assert_true(code == AMPLAN_NOMEM || code == AMPLAN_OK);
		if (!code)
			assert_string_equal(out->steps[0].migration->checksum,
				step.migration->checksum);
		amp_findings_deinit(&findings);
		amp_arena_deinit(&arena);
	}
	assert_true(tried > 20);
}

/* Findings may have an arena of their own. */
static void test_plan_file__has_no_memory_for_findings(void **state)
{
	struct amp_arena arena = {0}, other = {0};
	struct amp_findings findings;
	struct amp_plan_file *out = NULL;
	struct amplan_error error;
	(void)state;
	amp_findings_init(&findings, &other);
	other.failed = true;
	assert_int_equal(
		amp_plan_file_read(&arena, "p", "<x/>", 4, &findings, &out, &error),
		AMPLAN_NOMEM);
	arena.failed = true;
	other.failed = false;
	assert_int_equal(
		amp_plan_file_read(&arena, "p", "<x/>", 4, &findings, &out, &error),
		AMPLAN_NOMEM);
	amp_findings_deinit(&findings);
	amp_arena_deinit(&arena);
	amp_arena_deinit(&other);
}

static void test_plan_file__is_not_sealed_without_memory(void **state)
{
	AMP_STR_AUTO out = AMP_STR_INIT;
	const struct amp_plan_file file = {.engine = "sqlite", .fidelity = "none"};
	(void)state;
	left = 0;
	amp_plan_file_write(&out, &file);
	left = -1;
	assert_true(out.failed);
}

static void test_edit__says_that_there_is_no_memory(void **state)
{
	static const char *const ids[] = {"b", "c"};
	static const char new[] = "<migration xmlns=\"urn:amplan:1\" id=\"a\">"
				  "<depends on=\"b\"/><depends on=\"c\"/>"
				  "<up>x</up></migration>";
	FOLDER folder;
	long tried = 0;
	(void)state;
	folder_init(&folder);
	folder_file(&folder, "a.xml",
		"<migration xmlns=\"urn:amplan:1\" id=\"a\"><up>x</up></migration>");
	folder_load(&folder);
	const struct amp_edit edit = {folder.catalog.items[0], ids, 2};
	size_t added;
	for (left = 0; left < 2; left++) {
		long kept = left;
		assert_int_equal(
			amp_edit_files(&edit, 1, &added, &folder.error), AMPLAN_NOMEM);
		left = kept;
	}
	left = -1;
	for (bool over = false; !over; tried++) {
		AMP_STR_AUTO out = AMP_STR_INIT;
		left = tried;
		int code = amp_edit_add_depends(
			edit.migration->source, &edit, 1, &out, NULL, &folder.error);
		over = left >= 0;
		left = -1;
		assert_int_equal(code, over ? AMPLAN_OK : AMPLAN_NOMEM);
		if (!code)
			assert_string_equal(amp_str_text(&out), new);
	}
	assert_true(tried > 3);
}

/* libxml2 2.9 forgets its input buffer where there is no memory for the next thing. */
#define SEEN __attribute__((visibility("default"))) /* by the sanitizer */
SEEN const char *__lsan_default_suppressions(void);
SEEN const char *__asan_default_options(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:xmlCreateIOParserCtxt\nleak:xmlAllocParserInputBuffer\n"
	       "leak:xmlBufCreateSize";
}

const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0:print_suppressions=0";
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_catalog__says_that_there_is_no_memory),
		cmocka_unit_test(test_stamp__says_that_there_is_no_memory),
		cmocka_unit_test(test_plan_file__says_that_there_is_no_memory),
		cmocka_unit_test(test_plan_file__has_no_memory_for_findings),
		cmocka_unit_test(test_plan_file__is_not_sealed_without_memory),
		cmocka_unit_test(test_edit__says_that_there_is_no_memory),
	};
	/* before libxml2 has allocated anything; only a test may change the process so */
	if (xmlMemSetup(free, xml_malloc, xml_realloc, xml_strdup))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
