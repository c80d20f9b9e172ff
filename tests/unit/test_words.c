/*
 * planner/words: SQL as words, also where it is no SQL.
 */
#include "planner/words.h"

#include <string.h>

#include "base/str.h"
#include "tests/support/cmocka.h"

/* "kind:text/depth …"; kinds are b(are), q(uoted), s(tring) and the sign itself. */
static void assert_words(const char *sql, size_t length, const char *expected)
{
	struct amp_words words = amp_words_of(sql, length);
	struct amp_word word;
	AMP_STR_AUTO text = AMP_STR_INIT;
	while (amp_words_next(&words, &word))
		amp_str_addf(&text, "%s%c:%.*s/%u", text.length ? " " : "",
			"bqs."[word.kind], (int)word.length, word.text, word.depth);
	assert_string_equal(amp_str_text(&text), expected);
	assert_int_equal(word.length, 0);
	assert_false(amp_word_is_name(&word));
	assert_false(amp_words_next(&words, &word));
}

static void test_words__kinds_and_depths(void **state)
{
	(void)state;
	static const char sql[] = "select a$1,\"b\"\"c\",[d]]e (x('it''s')) `f`;";
	assert_words(sql, strlen(sql),
		"b:select/0 b:a$1/0 .:,/0 q:\"b\"\"c\"/0 .:,/0 q:[d]/0 .:]/0 b:e/0 .:(/0 b:x/1 "
		".:(/1 s:'it''s'/2 .:)/1 .:)/0 q:`f`/0 .:;/0");
	assert_words("Zürich_ A", 9, "b:Zürich_/0");
	assert_words("Zürich_ A", 10, "b:Zürich_/0 b:A/0");
}

static void test_words__no_sql_at_all(void **state)
{
	(void)state;
	assert_words("", 0, "");
	assert_words(" \t\r\n\f", 5, "");
	assert_words("a\0b", 3, "b:a/0 b:b/0");
	assert_words(")a)", 3, ".:)/0 b:a/0 .:)/0");
	assert_words("-", 1, ".:-/0");
	assert_words("- /", 3, ".:-/0 .:\x2f/0");
	assert_words("a--b", 4, "b:a/0");
	assert_words("a--b\nc", 6, "b:a/0 b:c/0");
	assert_words("a/*b*/c", 7, "b:a/0 b:c/0");
	assert_words("a/*b*c", 6, "b:a/0");
	assert_words("'a", 2, "s:'a/0");
	assert_words("'a''", 4, "s:'a''/0");
	assert_words("\"", 1, "q:\"/0");
}

static void assert_name(const char *sql, bool is, const char *expected)
{
	struct amp_words words = amp_words_of(sql, strlen(sql));
	struct amp_word word;
	AMP_ARENA_AUTO arena = {0};
	assert_int_equal(amp_words_take_name(&words, &word), is);
	if (is)
		assert_string_equal(amp_word_name(&word, &arena), expected);
}

static void test_words__names(void **state)
{
	(void)state;
	assert_name("a", true, "a");
	assert_name("main.a.b", true, "a");
	assert_name("\"ma\"\"in\" . [a b]", true, "a b");
	assert_name("`a``b`", true, "a`b");
	assert_name("'a''b'", true, "a'b");
	assert_name("[a]", true, "a");
	assert_name("\"", true, "\"");
	struct amp_words words = amp_words_of(";", 1);
	struct amp_word word;
	AMP_ARENA_AUTO arena = {0};
	amp_words_next(&words, &word);
	assert_string_equal(amp_word_name(&word, &arena), ";");
	/* cut off inside of the quotes */
	assert_name("\"a]]", true, "a]");
	assert_name("", false, NULL);
	assert_name("(", false, NULL);
	assert_name("a.", false, NULL);
	assert_name("a.(", false, NULL);
}

static void test_words__keywords(void **state)
{
	(void)state;
	struct amp_words words = amp_words_of("a (select) \"select\" seLECT b", 28);
	struct amp_word word;
	assert_true(amp_words_find(&words, "select"));
	assert_false(amp_words_take(&words, "c"));
	assert_true(amp_words_take(&words, "B"));
	assert_false(amp_words_take(&words, "B"));
	assert_false(amp_words_find(&words, "select"));
	assert_false(amp_words_next(&words, &word));
	assert_false(amp_word_is_sign(&word, ';'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words__kinds_and_depths),
		cmocka_unit_test(test_words__no_sql_at_all),
		cmocka_unit_test(test_words__names),
		cmocka_unit_test(test_words__keywords),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
