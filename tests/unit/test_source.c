/*
 * Sources: from an offset to line, column and text, on files of any shape.
 */
#include <string.h>

#include "base/source.h"
#include "base/str.h"
#include "tests/support/cmocka.h"

static struct amp_source *source_of(
	struct amp_arena *arena, const char *bytes, size_t length)
{
	*arena = (struct amp_arena){0};
	struct amp_source *source = amp_source_new(arena, "f", bytes, length);
	assert_non_null(source);
	return source;
}

static void assert_place(struct amp_source *source, size_t offset, size_t length,
	unsigned line, unsigned column, unsigned points, const char *text)
{
	struct amplan_place place = amp_source_place(source, offset, length);
	assert_string_equal(place.file, "f");
	assert_int_equal(place.line, line);
	assert_int_equal(place.column, column);
	assert_int_equal(place.length, points);
	if (text)
		assert_string_equal(place.text, text);
	else
		assert_null(place.text);
}

static void test_source__counts_lines_and_columns(void **state)
{
	static const char text[] = "ab\ncd\r\n\re\xc3\xa4\xe2\x82\xac"
				   "f\n";
	struct amp_arena arena;
	struct amp_source *source = source_of(&arena, text, sizeof(text) - 1);
	(void)state;
	assert_place(source, 0, 1, 1, 1, 1, "ab");
	assert_place(source, 1, 99, 1, 2, 1, "ab");
	assert_place(source, 2, 1, 1, 3, 1, "ab");
	assert_place(source, 3, 2, 2, 1, 2, "cd");
	assert_place(source, 5, 1, 2, 3, 1, "cd");
	assert_place(source, 6, 1, 2, 3, 1, "cd"); /* between CR and LF */
	assert_place(source, 7, 1, 3, 1, 1, "");
	assert_place(source, 8, 1, 4, 1, 1,
		"e\xc3\xa4\xe2\x82\xac"
		"f");
	assert_place(source, 9, 5, 4, 2, 2,
		"e\xc3\xa4\xe2\x82\xac"
		"f");
	assert_place(source, 14, 0, 4, 4, 1,
		"e\xc3\xa4\xe2\x82\xac"
		"f");
	assert_place(source, 16, 1, 5, 1, 1, "");
	assert_place(source, 999, 1, 5, 1, 1, "");
	amp_arena_deinit(&arena);
}

static void test_source__does_not_count_the_byte_order_mark(void **state)
{
	static const char text[] = "\xef\xbb\xbf"
				   "ab\nc";
	struct amp_arena arena;
	struct amp_source *source = source_of(&arena, text, sizeof(text) - 1);
	(void)state;
	assert_place(source, 0, 1, 1, 1, 1, "ab");
	assert_place(source, 3, 1, 1, 1, 1, "ab");
	assert_place(source, 4, 1, 1, 2, 1, "ab");
	assert_place(source, 6, 1, 2, 1, 1, "c");
	amp_arena_deinit(&arena);
}

static void test_source__may_be_empty(void **state)
{
	struct amp_arena arena;
	struct amp_source *source = source_of(&arena, "", 0);
	(void)state;
	assert_place(source, 0, 0, 1, 1, 1, "");
	assert_place(source, 7, 1, 1, 1, 1, "");
	amp_arena_deinit(&arena);
}

static void test_source__leaves_very_long_lines_out(void **state)
{
	char text[1000];
	struct amp_arena arena;
	(void)state;
	memset(text, 'x', sizeof(text));
	text[400] = '\n';
	struct amp_source *source = source_of(&arena, text, sizeof(text));
	assert_int_equal(strlen(amp_source_place(source, 7, 1).text), 400);
	assert_place(source, 900, 5, 2, 500, 5, NULL);
	amp_arena_deinit(&arena);
}

/* What the place is, found by looking at every byte. */
static void count(const char *text, size_t offset, unsigned *line, unsigned *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < offset; i++) {
		bool crlf = text[i] == '\r' && text[i + 1] == '\n';
		if (crlf && i + 1 == offset)
			continue; /* between CR and LF is still the line's end */
		if (text[i] == '\n' || (text[i] == '\r' && !crlf)) {
			(*line)++;
			*column = 1;
		} else if (!crlf && ((unsigned char)text[i + 1] & 0xc0) != 0x80) {
			(*column)++;
		}
	}
}

static void test_source__agrees_with_plain_counting_in_any_order(void **state)
{
	static const char *const pieces[] = {
		"a", "bc", "\xc3\xa4", "\n", "\r\n", "\r", "\xf0\x9f\x98\x80"};
	uint32_t seed = 3;
	(void)state;
	for (int round = 0; round < 40; round++) {
		AMP_STR_AUTO text = AMP_STR_INIT;
		struct amp_arena arena;
		size_t starts[700], n = 0;
		for (; n < 700; n++) {
			seed = seed * 1664525 + 1013904223;
			starts[n] = text.length;
			/* few line ends in some rounds, many in others */
			amp_str_add(&text, pieces[(seed >> 16) % (round % 2 ? 7 : 3)]);
		}
		struct amp_source *source = source_of(&arena, text.data, text.length);
		for (int i = 0; i < 2000; i++) {
			seed = seed * 1664525 + 1013904223;
			size_t offset = starts[(seed >> 16) % n];
			unsigned line, column;
			count(text.data, offset, &line, &column);
			struct amplan_place place = amp_source_place(source, offset, 1);
			assert_int_equal(place.line, line);
			assert_int_equal(place.column, column);
		}
		amp_arena_deinit(&arena);
	}
}

/* The index has a mark each so many bytes, or behind the character that is there. */
static void test_source__takes_the_middle_of_a_character_for_its_start(void **state)
{
	enum { COUNT = 3000 };
	char text[2 * COUNT + 1];
	struct amp_arena arena;
	(void)state;
	text[0] = 'a';
	for (int i = 0; i < COUNT; i++)
		memcpy(text + 1 + 2 * i, "\xc3\xa4", 2);
	struct amp_source *source = source_of(&arena, text, sizeof(text));
	for (size_t offset = 0; offset < sizeof(text); offset++) {
		struct amplan_place place = amp_source_place(source, offset, 1);
		assert_int_equal(place.line, 1);
		assert_int_equal(place.column, 1 + (offset + 1) / 2);
	}
	amp_arena_deinit(&arena);
}

static void test_source__is_quick_on_one_long_line_and_on_many_empty_ones(void **state)
{
	enum { SIZE = 4 << 20 };
	char *text = test_malloc(SIZE + 1);
	struct amp_arena arena;
	(void)state;
	for (int shape = 0; shape < 2; shape++) {
		memset(text, shape ? '\n' : 'x', SIZE);
		text[SIZE] = '\0';
		struct amp_source *source = source_of(&arena, text, SIZE);
		/* each from the start of the line would be 200,000,000,000 steps */
		for (size_t at = SIZE - 100000; at < SIZE; at++) {
			struct amplan_place place = amp_source_place(source, at, 1);
			assert_int_equal(place.line, shape ? at + 1 : 1);
			assert_int_equal(place.column, shape ? 1 : at + 1);
			amp_source_place(source, at - 50, 1);
		}
		amp_arena_deinit(&arena);
	}
	test_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_source__counts_lines_and_columns),
		cmocka_unit_test(test_source__does_not_count_the_byte_order_mark),
		cmocka_unit_test(test_source__may_be_empty),
		cmocka_unit_test(test_source__leaves_very_long_lines_out),
		cmocka_unit_test(test_source__agrees_with_plain_counting_in_any_order),
		cmocka_unit_test(
			test_source__takes_the_middle_of_a_character_for_its_start),
		cmocka_unit_test(
			test_source__is_quick_on_one_long_line_and_on_many_empty_ones),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
