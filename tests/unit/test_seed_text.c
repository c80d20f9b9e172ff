/*
 * executor/sqlite_seed_hint once more: tokens, checks and values for texts that nobody
 * writes, or that are cut in the middle.
 */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "executor/sqlite_seed.h"
#include "tests/support/cmocka.h"

/* Tokens as "w:word q:"quoted" ..." */
static void assert_tokens(const char *text, const char *expected)
{
	static const char kinds[] = {[SEED_WORD] = 'w',
		[SEED_QUOTED] = 'q',
		[SEED_STRING] = 't',
		[SEED_DIGITS] = 'd',
		[SEED_SIGN] = 's'};
	AMP_STR_AUTO is = AMP_STR_INIT;
	struct seed_token token;
	for (const char *at = text; sqlite_seed_token(&at, &token);)
		amp_str_addf(&is, "%s%c:%.*s", is.length ? " " : "", kinds[token.kind],
			(int)token.length, token.start);
	assert_string_equal(amp_str_text(&is), expected);
}

static void test_tokens__of_what_is_not_closed(void **state)
{
	(void)state;
	assert_tokens("a 'b''c' \"d\" `e` [f]", "w:a t:'b''c' q:\"d\" q:`e` q:[f]");
	assert_tokens("a /* b */ c /* d", "w:a w:c");
	assert_tokens("a / b - c -- d\ne", "w:a s:/ w:b s:- w:c w:e");
	assert_tokens("a 'b", "w:a t:'b");
	assert_tokens("[b''", "q:[b''");
	assert_tokens("1 .5 1.5e+3 0x1F .a 2e-1)",
		"d:1 d:.5 d:1.5e+3 d:0x1F s:. w:a d:2e-1 s:)");
	assert_tokens(" \t\n", "");
}

static void assert_shown(const char *sql, const char *name, const char *expected)
{
	AMP_ARENA_AUTO arena = {0};
	const char *shown = sqlite_seed_shown_checks(sql, name, &arena);
	if (!expected)
		assert_null(shown);
	else
		assert_string_equal(shown, expected);
}

static void test_checks__by_their_name_or_how_they_start(void **state)
{
	(void)state;
	assert_shown("a CHECK (b), CONSTRAINT n CHECK (a > (1)), c", "n", "(a > (1))");
	assert_shown("CONSTRAINT \"n\"\"m\" CHECK (a)", "n\"m", "(a)");
	assert_shown("CONSTRAINT [n] CHECK (a)", "n", "(a)");
	assert_shown("CONSTRAINT [nm] CHECK (a)", "n", NULL);
	assert_shown("CONSTRAINT 'n' CHECK (a)", "n", "(a)");
	assert_shown("CHECK ('x' = a) CHECK (a = 'x')", "x", "('x' = a)");
	assert_shown("CHECK (\"x\")CHECK ('x', 1)", "x", "(\"x\")('x', 1)");
	/* cut off in the middle */
	assert_shown("CONSTRAINT n CHECK (a > (1)", "n", "(a > (1)");
	assert_shown("CONSTRAINT n CHECK (", "n", "(");
	assert_shown("CHECK (", "n", NULL);
}

static void test_columns__that_a_text_names(void **state)
{
	struct seed_column columns[] = {{.name = "a"}, {.name = "b c"}, {.name = "d"}};
	struct seed_table table = {.columns = columns, .ncolumns = 3};
	size_t found[2];
	(void)state;
	assert_int_equal(
		sqlite_seed_mentioned(&table, "[b c] + 'a' + B + A + a", found, 2), 2);
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 0);
	assert_int_equal(sqlite_seed_mentioned(&table, "a, d, [b c]", found, 2), 2);
	assert_int_equal(found[1], 2);
	assert_int_equal(sqlite_seed_mentioned(&table, "\"\" [", found, 2), 0);
}

/* Whether a column of no type is offered this value, as text or number, for a text. */
static bool offers(const char *check, const char *value)
{
	static const struct seed_column column = {.name = "a", .untyped = true};
	AMP_ARENA_AUTO arena = {0};
	struct seed_candidates out = {0};
	bool found = false;
	assert_true(sqlite_seed_suggest(&column, check, &out, &arena));
	for (size_t i = 0; i < out.count && !found; i++) {
		const struct seed_value *it = &out.items[i].value;
		char number[40] = "";
		if (it->type == SQLITE_INTEGER)
			snprintf(number, sizeof(number), "%lld", (long long)it->number);
		else if (it->type == SQLITE_FLOAT)
			snprintf(number, sizeof(number), "%g", it->real);
		found = it->type == SQLITE_TEXT ? (size_t)it->length == strlen(value) &&
				!memcmp(it->bytes, value, strlen(value))
						: !strcmp(number, value) && *number;
	}
	amp_vec_deinit(&out);
	return found;
}

static void test_values__for_patterns(void **state)
{
	(void)state;
	assert_true(offers("a GLOB '[a-c]x?'", "axa"));
	assert_true(offers("a GLOB '[^a-f]x'", "0x"));
	assert_true(offers("a GLOB '[xy]'", "x"));
	assert_true(offers("a GLOB '[g-]'", "g"));
	/* nothing is in it, or it has no end */
	assert_true(offers("a GLOB '[]z]y'", "zy"));
	assert_true(offers("a GLOB 'x[abc'", "xa"));
	assert_true(offers("a GLOB 'x['", "xa"));
	/* a star is as long as the length says that stands in the text */
	assert_true(offers("a GLOB 'x*' AND length(a) = 5", "xaaaa"));
	assert_true(offers("length(a) = 1 AND a GLOB 'xy*'", "xy"));
	assert_true(offers("a LIKE 'x%_y'", "xaay"));
}

static void test_values__for_json(void **state)
{
	(void)state;
	assert_true(offers("json_extract(a, '$.b') IS NOT NULL", "{\"b\":\"seed\"}"));
	assert_false(
		offers("json_extract(a, '$.b.c') IS NOT NULL", "{\"b.c\":\"seed\"}"));
	assert_true(offers("json_type(a) = 'array'", "[]"));
}

static void test_values__for_numbers(void **state)
{
	(void)state;
	assert_true(offers("a > 41", "42"));
	assert_true(offers("a < 0x10", "15"));
	assert_true(offers("a > 1.5", "2"));
	assert_true(offers("a > 2e3", "2000.5"));
	assert_true(offers("a = 9223372036854775807", "9223372036854775807"));
	assert_false(offers("a = 9223372036854775807", "-9223372036854775807"));
	/* longer than any number is: passed over */
	assert_false(offers("a = 11111111111111111111111111111111111111111", "11111"));
	/* no length is zero, or as large as this */
	assert_true(offers("length(a) > 0 AND length(a) < 9999 AND a GLOB 'x*'", "xa"));
	assert_true(offers("length(a) = 4096", "4096"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens__of_what_is_not_closed),
		cmocka_unit_test(test_checks__by_their_name_or_how_they_start),
		cmocka_unit_test(test_columns__that_a_text_names),
		cmocka_unit_test(test_values__for_patterns),
		cmocka_unit_test(test_values__for_json),
		cmocka_unit_test(test_values__for_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
