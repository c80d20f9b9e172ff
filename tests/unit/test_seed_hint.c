/*
 * executor/sqlite_seed_hint: tokens, names and values in the text of a CHECK, also where
 * the text is cut off, long or odd.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "executor/sqlite_seed.h"
#include "tests/support/cmocka.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* Kinds as letters, each with its bytes, apart by spaces. */
static void describe_tokens(const char *text, struct amp_str *out)
{
	static const char letters[] = "wqsd-";
	struct seed_token token;
	while (sqlite_seed_token(&text, &token))
		amp_str_addf(out, "%s%c<%.*s>", out->length ? " " : "",
			letters[token.kind], (int)token.length, token.start);
}

static void test_hint__reads_tokens_of_any_text(void **state)
{
	static const char *const cases[][2] = {
		{"a / 2 -- b\n- c", "w<a> -</> d<2> -<-> w<c>"},
		{"a /* b */ c /* d", "w<a> w<c>"},
		{"a -- b", "w<a>"},
		{"t.a + .5 + 1.", "w<t> -<.> w<a> -<+> d<.5> -<+> d<1.>"},
		{"1e-3 2E+3 3e 0x1F", "d<1e-3> d<2E+3> d<3e> d<0x1F>"},
		{"'it''s' \"a\"\"b\" `c``d` [e]",
			"s<'it''s'> q<\"a\"\"b\"> q<`c``d`> q<[e]>"},
		{"'never", "s<'never>"},
		{"a = \"", "w<a> -<=> q<\">"},
		{"[a''", "q<[a''>"},
		{"_a$ \xc3\xa9", "w<_a$> w<\xc3\xa9>"},
		{"", ""},
		{" \t\r\n\f", ""},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AMP_STR_AUTO tokens = {0};
		describe_tokens(cases[i][0], &tokens);
		assert_string_equal(tokens.length ? tokens.data : "", cases[i][1]);
	}
}

/* What SQLite shows of a CHECK leads to the CHECKs themselves. */
static void test_hint__finds_shown_checks(void **state)
{
	static const char *const cases[][3] = {
		{"t(a, CONSTRAINT c CHECK (a > 1), CHECK (a > 2))", "c", "(a > 1)"},
		{"t(a, constraint C check (a > 1), Constraint c CHECK ((a) > 2))", "c",
			"(a > 1)((a) > 2)"},
		{"t(a, CONSTRAINT [c d] CHECK (a > 1))", "c d", "(a > 1)"},
		{"t(a, CONSTRAINT 'c d' CHECK (a > 1))", "c d", "(a > 1)"},
		{"t(a, CONSTRAINT 'c''d' CHECK (a > 1))", "c'd", "(a > 1)"},
		{"t(a, CONSTRAINT \"c\"\"d\" CHECK (a > 1))", "c\"d", "(a > 1)"},
		{"t(a, CONSTRAINT \"cd\" CHECK (a > 1))", "c", NULL},
		{"t(a, CONSTRAINT \"c\" CHECK (a > 1))", "cd", NULL},
		{"t(a, CONSTRAINT \"ce\" CHECK (a > 1))", "cd", NULL},
		{"t(a, CHECK (\"a\" > 1), CHECK ('a' = b))", "a", "(\"a\" > 1)('a' = b)"},
		{"t(a, CONSTRAINT 5 CHECK (a > 1), c CHECK (a > 2))", "c", NULL},
		/* cut off */
		{"t(a, CONSTRAINT c CHECK ((a) > ')", "c", "((a) > ')"},
		{"t(a, CONSTRAINT c CHECK (", "c", "("},
		{"t(a, CHECK (", "c", NULL},
		{"t(a, CHECK (\"c", "c", "(\"c"},
	};
	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		AMP_ARENA_AUTO arena;
		amp_arena_init(&arena);
		const char *found =
			sqlite_seed_shown_checks(cases[i][0], cases[i][1], &arena);
		if (cases[i][2] ? !found || strcmp(found, cases[i][2]) != 0 : !!found)
			fail_msg("%s\n is: %s\nnot: %s", cases[i][0], found, cases[i][2]);
	}
}

/* A table of the columns a, b"c and so many others. */
static struct seed_table *table_of(size_t others, struct amp_arena *arena)
{
	struct seed_table *table = amp_arena_array(arena, 1, sizeof(*table));
	table->ncolumns = 2 + others;
	table->columns = amp_arena_array(arena, table->ncolumns, sizeof(*table->columns));
	table->columns[0].name = "a";
	table->columns[1].name = "b\"c";
	for (size_t i = 2; i < table->ncolumns; i++)
		table->columns[i].name = amp_arena_printf(arena, "x%zu", i);
	return table;
}

static void assert_mentioned(size_t others, const char *text, size_t room,
	const size_t *expected, size_t count)
{
	AMP_ARENA_AUTO arena;
	size_t columns[8];
	amp_arena_init(&arena);
	assert_int_equal(
		sqlite_seed_mentioned(table_of(others, &arena), text, columns, room),
		count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(columns[i], expected[i]);
}

static void test_hint__finds_the_columns_that_are_named(void **state)
{
	static const size_t all[] = {1, 0, 2};
	(void)state;
	assert_mentioned(1, "\"b\"\"c\" > A AND 'a' < x2 + [a]", 8, all, 3);
	assert_mentioned(1, "\"b\"\"c\" > A AND 'a' < x2 + [a]", 2, all, 2);
	assert_mentioned(1, "\"b\" > \"b\"\"cd\" AND \"\" < b + \"aa\"", 8, NULL, 0);
	assert_mentioned(0, "[b\"c] >", 8, all, 1);
}

/* So many words, then a column; of the words only the first are looked at. */
static void assert_named_behind(size_t others, size_t words, bool found)
{
	static const size_t first[] = {0};
	AMP_STR_AUTO text = {0};
	for (size_t i = 0; i < words; i++)
		amp_str_add(&text, "z ");
	amp_str_add(&text, "a");
	assert_mentioned(others, amp_str_text(&text), 8, first, found);
}

static void test_hint__looks_at_so_many_words(void **state)
{
	(void)state;
	assert_named_behind(0, 511, true);
	assert_named_behind(0, 512, false);
	assert_named_behind(198, 511, true);
	assert_named_behind(199, 63, true);
	assert_named_behind(199, 64, false);
}

/* A text of one byte repeated is told as that byte and how often. */
static void describe_bytes(const struct seed_value *value, struct amp_str *out)
{
	int same = 0;
	while (same < value->length && value->bytes[same] == *value->bytes)
		same++;
	if (same == value->length && same > 4)
		amp_str_addf(out, "%c*%d", *value->bytes, same);
	else
		amp_str_addf(out, "'%.*s'", value->length, value->bytes);
}

static void describe_value(const struct seed_candidate *candidate, struct amp_str *out)
{
	const struct seed_value *value = &candidate->value;
	amp_str_add(out, candidate->literal ? " =" : " ");
	if (value->type == SQLITE_INTEGER)
		amp_str_addf(out, "%lld", (long long)value->number);
	else if (value->type == SQLITE_FLOAT)
		amp_str_addf(out, "%g", value->real);
	else if (value->type == SQLITE_TEXT)
		describe_bytes(value, out);
	else if (value->type == SQLITE_BLOB)
		amp_str_addf(out, "blob%d", value->length);
	else
		amp_str_add(out, "NULL");
}

/* The values that are due to the text: not the first ones, which the column alone
   suggests, nor the last ones, which are common. */
static const char *suggested(
	const struct seed_column *column, const char *text, struct amp_str *out)
{
	AMP_ARENA_AUTO arena;
	struct seed_candidates plain = {0}, all = {0};
	struct seed_column bare = *column;
	bare.otherwise = NULL;
	bare.not_null = true;
	amp_arena_init(&arena);
	assert_true(sqlite_seed_suggest(&bare, "", &plain, &arena));
	assert_true(sqlite_seed_suggest(column, text, &all, &arena));
	assert_true(all.count >= plain.count);
	size_t common = plain.count - SEED_ROWS;
	for (size_t i = SEED_ROWS; i < all.count - common; i++)
		describe_value(&all.items[i], out);
	amp_vec_deinit(&plain);
	amp_vec_deinit(&all);
	return out->length ? amp_str_text(out) + 1 : "";
}

static void assert_suggested(
	enum seed_class class, const char *text, const char *expected)
{
	struct seed_column column = {.name = "a", .class = class, .not_null = true};
	AMP_STR_AUTO out = {0};
	const char *is = suggested(&column, text, &out);
	if (strcmp(is, expected) != 0)
		fail_msg("%s\n is: %s\nnot: %s", text, is, expected);
}

static void test_hint__takes_numbers(void **state)
{
	(void)state;
	assert_suggested(SEED_NUMBER, "a > 5", "=5 =6 =4 =-5");
	assert_suggested(SEED_NUMBER, "a > 0x1F", "=31 =32 =30 =-31");
	assert_suggested(SEED_NUMBER, "a > 010", "=10 =11 =9 =-10");
	assert_suggested(SEED_NUMBER, "a < 2.5", "=2.5 =3 =2 =-2.5");
	assert_suggested(SEED_REAL, "a < .5e1", "=5 =5.5 =4.5 =-5");
	/* neighbours and the negative of the largest would not be right */
	assert_suggested(SEED_NUMBER, "a = 9223372036854775807", "=9223372036854775807");
	assert_suggested(SEED_NUMBER, "a = -9223372036854775808", "=9223372036854775807");
	/* longer than any number is */
	assert_suggested(SEED_NUMBER, "a = 000000000000000000000000000000000000005",
		"=5 =6 =4 =-5");
	assert_suggested(SEED_NUMBER, "a = 0000000000000000000000000000000000000005", "");
	assert_suggested(SEED_NUMBER, "a = '5' OR a = \"b\"", "");
}

static void test_hint__takes_numbers_for_lengths(void **state)
{
	(void)state;
	assert_suggested(SEED_TEXT, "length(a) = 1",
		"'a' '0' 'A' 'b' '1' 'B' 'c' '2' 'C' 'aa' '' ='1'");
	assert_suggested(SEED_TEXT, "length(a) > 4096",
		"a*4096 0*4096 A*4096 b*4096 1*4096 B*4096 c*4096 2*4096 C*4096 ='4096'");
	assert_suggested(SEED_TEXT, "length(a) > 4097", "='4097'");
	assert_suggested(SEED_BYTES, "length(a) = 33", "blob33 blob33 blob33");
	assert_suggested(SEED_BYTES, "length(a) = 5000 OR a = 'x'", "");
	assert_suggested(SEED_TEXT, "a > 1.5", "");
}

static void test_hint__makes_texts_of_patterns(void **state)
{
	(void)state;
	assert_suggested(SEED_TEXT, "a = 'it''s'", "='it's'");
	assert_suggested(SEED_TEXT, "a = 'open", "='open'");
	assert_suggested(SEED_TEXT, "a LIKE 'x_%'", "='x_%' 'xaa' 'xbb' 'xcc'");
	assert_suggested(SEED_TEXT, "a GLOB '?-[xyz]'", "='?-[xyz]' 'a-x' 'b-y' 'c-z'");
	assert_suggested(
		SEED_TEXT, "a GLOB '[b-d][^a-e]'", "='[b-d][^a-e]' 'bf' 'c0' 'd1'");
	assert_suggested(SEED_TEXT, "a GLOB '[]a][^]a]'", "='[]a][^]a]' 'ab' 'ac' 'ad'");
	/* the dash stands for itself at the end, and there are two bytes only */
	assert_suggested(SEED_TEXT, "a GLOB '[f-]'", "='[f-]' 'f' '-' 'a'");
	/* a byte that is never tried, classes that do not end */
	assert_suggested(SEED_TEXT, "a GLOB '[~]'", "='[~]' 'a' 'a' 'a'");
	assert_suggested(SEED_TEXT, "a GLOB 'x[bc'", "='x[bc' 'xa' 'xa' 'xa'");
	assert_suggested(SEED_TEXT, "a GLOB 'x[^'", "='x[^' 'xa' 'xa' 'xa'");
	assert_suggested(SEED_TEXT, "a GLOB 'x['", "='x[' 'xa' 'xa' 'xa'");
}

/* A star stands for nothing, for one byte, and for what makes the text as long as a
   number beside it says, where the pattern is not as long already. */
static void test_hint__fills_a_star_up_to_a_length(void **state)
{
	(void)state;
	assert_suggested(SEED_TEXT, "a GLOB 'x*'", "='x*' 'x' 'xa' 'x' 'xb' 'x' 'xc'");
	assert_suggested(SEED_TEXT, "a GLOB 'x*y*' AND length(a) < 1e0 + 04",
		"='x*y*' 'xy' 'xay' 'xaay' 'x00y' 'xy' 'xby' 'xbby' 'x11y' 'xy' 'xcy' "
		"'xccy' 'x22y' 'aaaa' '0000' 'AAAA' 'bbbb' '1111' 'BBBB' 'cccc' '2222' "
		"'CCCC' a*5 'aaa' ='4'");
	assert_suggested(SEED_TEXT, "length(a) < 5000.5 AND a GLOB 'x[yz]*'",
		"='x[yz]*' 'xy' 'xya' 'xz' 'xzb' 'xa' 'xac'");
}

static void test_hint__knows_words_of_json(void **state)
{
	(void)state;
	assert_suggested(SEED_JSON, "json_type(a) = 'array'", "='array' '[]'");
	assert_suggested(
		SEED_JSON, "a ->> '$.name' = 1.5", "='$.name' '{\"name\":\"seed\"}'");
	/* not a plain key; the brackets are a pattern like any other */
	assert_suggested(SEED_JSON, "a ->> '$.list[0]'",
		"='$.list[0]' '$.list0' '$.lista' '$.lista'");
	assert_suggested(SEED_JSON, "a ->> '$.x.y' = '$x'", "='$.x.y' ='$x'");
}

/* NULL comes before what is common where the text speaks of it, else at the end. */
static void test_hint__takes_null_and_the_default(void **state)
{
	(void)state;
	struct seed_column column = {
		.name = "a", .class = SEED_TEXT, .otherwise = "'d'", .not_null = true};
	AMP_STR_AUTO strict = {0};
	assert_string_equal(
		suggested(&column, "a IS NULL OR a = 'x'", &strict), "='d' ='x'");
	column.not_null = false;
	AMP_STR_AUTO nullable = {0};
	assert_string_equal(
		suggested(&column, "a IS Null OR a = 'x'", &nullable), "='d' ='x' NULL");
}

/* So many words and one literal behind them, or so many literals. */
static void test_hint__looks_at_so_many_literals(void **state)
{
	struct seed_column column = {.name = "a", .class = SEED_TEXT, .not_null = true};
	(void)state;
	for (size_t words = 511; words <= 512; words++) {
		AMP_STR_AUTO text = {0}, out = {0};
		for (size_t i = 0; i < words; i++)
			amp_str_add(&text, "z ");
		amp_str_add(&text, "'x'");
		assert_string_equal(suggested(&column, amp_str_text(&text), &out),
			words < 512 ? "='x'" : "");
	}
	for (size_t literals = 31; literals <= 32; literals++) {
		AMP_STR_AUTO text = {0}, out = {0}, expected = {0};
		for (size_t i = 0; i < literals; i++) {
			amp_str_add(&text, "'y' ");
			amp_str_addf(&expected, "%s='y'", i ? " " : "");
		}
		amp_str_add(&text, "'x'");
		amp_str_add(&expected, literals < 32 ? " ='x'" : "");
		assert_string_equal(suggested(&column, amp_str_text(&text), &out),
			amp_str_text(&expected));
	}
}

/* A literal that is longer than any text that is made up is not tried. */
static void test_hint__looks_at_literals_of_a_length(void **state)
{
	struct seed_column column = {.name = "a", .class = SEED_TEXT, .not_null = true};
	(void)state;
	for (size_t length = 4096; length <= 4097; length++) {
		AMP_STR_AUTO text = {0}, out = {0};
		amp_str_addc(&text, '\'');
		for (size_t i = 0; i < length; i++)
			amp_str_addc(&text, 'y');
		amp_str_addc(&text, '\'');
		assert_string_equal(suggested(&column, amp_str_text(&text), &out),
			length > 4096 ? "" : "=y*4096");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hint__reads_tokens_of_any_text),
		cmocka_unit_test(test_hint__finds_shown_checks),
		cmocka_unit_test(test_hint__finds_the_columns_that_are_named),
		cmocka_unit_test(test_hint__looks_at_so_many_words),
		cmocka_unit_test(test_hint__takes_numbers),
		cmocka_unit_test(test_hint__takes_numbers_for_lengths),
		cmocka_unit_test(test_hint__makes_texts_of_patterns),
		cmocka_unit_test(test_hint__fills_a_star_up_to_a_length),
		cmocka_unit_test(test_hint__knows_words_of_json),
		cmocka_unit_test(test_hint__takes_null_and_the_default),
		cmocka_unit_test(test_hint__looks_at_so_many_literals),
		cmocka_unit_test(test_hint__looks_at_literals_of_a_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
