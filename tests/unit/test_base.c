/*
 * base/: arena, str, digest, error, finding, source.
 */
#include <string.h>

#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/finding.h"
#include "base/source.h"
#include "base/str.h"
#include "base/system.h"
#include "tests/support/cmocka.h"

static void test_arena__gives_zeroed_aligned_memory(void **state)
{
	struct amp_arena arena;
	(void)state;
	amp_arena_init(&arena);
	for (size_t size = 0; size < 40000; size = size * 2 + 1) {
		char *memory = amp_arena_alloc(&arena, size);
		assert_non_null(memory);
		assert_int_equal((uintptr_t)memory % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(memory[i], 0);
		memset(memory, 0xff, size);
	}
	amp_arena_deinit(&arena);
}

static void test_arena__copies_what_there_is(void **state)
{
	static const int numbers[] = {3, 1, 2};
	struct amp_arena arena;
	(void)state;
	amp_arena_init(&arena);
	int *copy = amp_arena_copy(&arena, numbers, 3, sizeof(*numbers));
	assert_memory_equal(copy, numbers, sizeof(numbers));
	assert_non_null(amp_arena_copy(&arena, NULL, 0, sizeof(*numbers)));
	amp_arena_deinit(&arena);
}

static void test_arena__remembers_that_there_was_no_memory(void **state)
{
	struct amp_arena arena;
	(void)state;
	amp_arena_init(&arena);
	assert_null(amp_arena_array(&arena, SIZE_MAX / 2, 16));
	assert_true(arena.failed);
	amp_arena_deinit(&arena);
}

static void test_str__grows_and_stays_terminated(void **state)
{
	AMP_STR_AUTO str = AMP_STR_INIT;
	(void)state;
	assert_string_equal(amp_str_text(&str), "");
	for (int i = 0; i < 1000; i++)
		amp_str_addf(&str, "%d,", i);
	assert_false(str.failed);
	assert_int_equal(strlen(amp_str_text(&str)), str.length);
	assert_int_equal(str.length, 10 * 2 + 90 * 3 + 900 * 4);
	amp_str_clear(&str);
	assert_string_equal(amp_str_text(&str), "");
}

static void test_str__refuses_what_no_memory_holds(void **state)
{
	AMP_STR_AUTO str = AMP_STR_INIT;
	(void)state;
	amp_str_add(&str, "a");
	amp_str_addn(&str, "b", SIZE_MAX / 2);
	assert_true(str.failed);
	/* and stays failed, so that one look at the end is enough */
	amp_str_add(&str, "c");
	assert_int_equal(str.length, 1);
}

static void test_digest__is_sha256(void **state)
{
	char out[AMP_DIGEST_SIZE];
	struct amp_digest digest;
	(void)state;
	amp_digest_init(&digest);
	amp_digest_bytes(&digest, "abc", 3);
	amp_digest_end(&digest, out);
	assert_string_equal(out,
		"sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void fields(const char *one, const char *two, char out[AMP_DIGEST_SIZE])
{
	struct amp_digest digest;
	amp_digest_init(&digest);
	amp_digest_string(&digest, one);
	amp_digest_string(&digest, two);
	amp_digest_end(&digest, out);
}

static void test_digest__keeps_fields_apart(void **state)
{
	char left[AMP_DIGEST_SIZE], right[AMP_DIGEST_SIZE];
	(void)state;
	fields("ab", "c", left);
	fields("a", "bc", right);
	assert_string_not_equal(left, right);
}

static void test_error__can_wrap_itself(void **state)
{
	struct amplan_error error;
	(void)state;
	amp_error(&error, AMPLAN_FAILED, "no such table");
	amp_error(&error, AMPLAN_REFUSED, "while planning: %s", error.message);
	assert_string_equal(error.message, "while planning: no such table");
	assert_int_equal(error.code, AMPLAN_REFUSED);
	assert_int_equal(amp_error(NULL, AMPLAN_LOCKED, "x"), AMPLAN_LOCKED);
}

static void test_error__exit_codes_are_those_of_the_manual(void **state)
{
	(void)state;
	assert_int_equal(amplan_exit_code(AMPLAN_OK), 0);
	assert_int_equal(amplan_exit_code(AMPLAN_FAILED), 1);
	assert_int_equal(amplan_exit_code(AMPLAN_USAGE), 2);
	assert_int_equal(amplan_exit_code(AMPLAN_REFUSED), 3);
	assert_int_equal(amplan_exit_code(AMPLAN_LOCKED), 4);
	assert_int_equal(amplan_exit_code(AMPLAN_PARTIAL), 5);
	assert_int_equal(amplan_exit_code(AMPLAN_DATABASE), 6);
	assert_int_equal(amplan_exit_code(AMPLAN_INTERNAL), 70);
	assert_int_equal(amplan_exit_code(AMPLAN_NOMEM), 70);
	assert_int_equal(amplan_exit_code(AMPLAN_CANCELLED), 1);
	/* a code that is none of ours */
	assert_int_equal(amplan_exit_code(5), 70);
	assert_int_equal(amplan_exit_code(-7), 70);
}

static void test_findings__are_sorted_by_place_and_said_once(void **state)
{
	struct amp_arena arena;
	struct amp_findings findings;
	(void)state;
	amp_arena_init(&arena);
	amp_findings_init(&findings, &arena);
	struct amp_source *source = amp_source_new(&arena, "a.xml", "one\ntwo\n", 8);
	for (int i = 0; i < 2; i++) {
		amp_finding_at(amp_finding_add(&findings, AMPLAN_ERROR, "cycle", "late"),
			source, 4, 3);
		amp_finding_at(amp_finding_add(&findings, AMPLAN_NOTE, "cycle", "early"),
			source, 1, 1);
	}
	assert_true(amp_findings_have_errors(&findings));
	amp_findings_sort(&findings);
	assert_int_equal(findings.count, 2);
	assert_string_equal(findings.items[0].message, "early");
	assert_int_equal(findings.items[0].place.column, 2);
	assert_string_equal(findings.items[1].message, "late");
	assert_int_equal(findings.items[1].place.line, 2);
	assert_string_equal(findings.items[1].place.text, "two");
	amp_findings_deinit(&findings);
	amp_arena_deinit(&arena);
}

static void test_source__counts_lines_and_code_points(void **state)
{
	struct amp_arena arena;
	static const char text[] = "\xef\xbb\xbf"
				   "a\r\nb\xc3\xa9x\rlast";
	(void)state;
	amp_arena_init(&arena);
	struct amp_source *source = amp_source_new(&arena, "f", text, sizeof(text) - 1);
	struct amplan_place place = amp_source_place(source, 3, 1);
	assert_int_equal(place.line, 1);
	assert_int_equal(place.column, 1);
	place = amp_source_place(source, (size_t)(strchr(text, 'x') - text), 1);
	assert_int_equal(place.line, 2);
	assert_int_equal(place.column, 3);
	assert_string_equal(place.text, "b\xc3\xa9x");
	place = amp_source_place(source, (size_t)(strstr(text, "last") - text), 4);
	assert_int_equal(place.line, 3);
	assert_int_equal(place.length, 4);
	amp_arena_deinit(&arena);
}

static void test_source__is_right_beyond_line_65535(void **state)
{
	enum { LINES = 70001 };
	struct amp_arena arena;
	(void)state;
	amp_arena_init(&arena);
	char *text = amp_arena_alloc(&arena, LINES + 1);
	memset(text, '\n', LINES);
	struct amp_source *source = amp_source_new(&arena, "f", text, LINES);
	assert_int_equal(amp_source_place(source, LINES - 1, 0).line, LINES);
	amp_arena_deinit(&arena);
}

static void test_system__time_is_rfc_3339(void **state)
{
	char now[AMP_TIME_SIZE];
	(void)state;
	amp_now_utc(now);
	assert_int_equal(strlen(now), 24);
	assert_int_equal(now[10], 'T');
	assert_int_equal(now[23], 'Z');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arena__gives_zeroed_aligned_memory),
		cmocka_unit_test(test_arena__copies_what_there_is),
		cmocka_unit_test(test_arena__remembers_that_there_was_no_memory),
		cmocka_unit_test(test_str__grows_and_stays_terminated),
		cmocka_unit_test(test_str__refuses_what_no_memory_holds),
		cmocka_unit_test(test_digest__is_sha256),
		cmocka_unit_test(test_digest__keeps_fields_apart),
		cmocka_unit_test(test_error__can_wrap_itself),
		cmocka_unit_test(test_error__exit_codes_are_those_of_the_manual),
		cmocka_unit_test(test_findings__are_sorted_by_place_and_said_once),
		cmocka_unit_test(test_source__counts_lines_and_code_points),
		cmocka_unit_test(test_source__is_right_beyond_line_65535),
		cmocka_unit_test(test_system__time_is_rfc_3339),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
