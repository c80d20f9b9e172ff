/*
 * base/text: UTF-8, natural order, did-you-mean, safe printing.
 */
#include <string.h>

#include "base/text.h"
#include "tests/support/cmocka.h"

static void test_compare__takes_digits_by_value(void **state)
{
	static const char *const sorted[] = {"1", "01", "001_a", "2", "9_z", "10_a",
		"010_b", "a1", "a2", "a10", "a10b2", "a10b10", "b", "b:a", "b_a"};
	(void)state;
	size_t count = sizeof(sorted) / sizeof(*sorted);
	for (size_t i = 0; i + 1 < count; i++) {
		/* "1" and "01" are equal in value and differ as bytes */
		int order = amp_text_compare(sorted[i], sorted[i + 1]);
		if (i == 0)
			assert_true(order > 0);
		else
			assert_true(order < 0);
		assert_int_equal(amp_text_compare(sorted[i], sorted[i]), 0);
	}
}

static void test_compare__takes_numbers_of_any_length(void **state)
{
	(void)state;
	assert_true(
		amp_text_compare("99999999999999999999", "100000000000000000000") < 0);
	assert_true(amp_text_compare("m20250101120000", "m20250101120001") < 0);
}

static void test_compare__is_a_total_order(void **state)
{
	static const char *const words[] = {"", "0", "00", "1", "01", "a", "a0", "a00",
		"a0b", "a00a", "a1", "a01", "_", "-", ".", "A", "10", "9", "1a", "01b"};
	(void)state;
	size_t n = sizeof(words) / sizeof(*words);
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int ij = amp_text_compare(words[i], words[j]);
			int ji = amp_text_compare(words[j], words[i]);
			assert_true((ij < 0) == (ji > 0));
			assert_true((ij == 0) == (i == j));
			for (size_t k = 0; k < n; k++)
				if (ij < 0 && amp_text_compare(words[j], words[k]) < 0)
					assert_true(
						amp_text_compare(words[i], words[k]) < 0);
		}
}

static void test_nearest__finds_typos_and_nothing_else(void **state)
{
	static const char *const ids[] = {"001_users", "002_invites", "003_prayers"};
	(void)state;
	assert_string_equal(amp_text_nearest("002_invtes", ids, 3), "002_invites");
	assert_string_equal(amp_text_nearest("003_paryers", ids, 3), "003_prayers");
	assert_string_equal(amp_text_nearest("01_users", ids, 3), "001_users");
	assert_null(amp_text_nearest("categories", ids, 3));
	assert_null(amp_text_nearest("", ids, 3));
	assert_string_equal(amp_text_nearest("002_invites", ids, 3), "002_invites");
	/* what is too long to be a typo of anything is not measured */
	char longer[200] = "";
	memset(longer, 'a', sizeof(longer) - 1);
	const char *const same[] = {longer};
	assert_null(amp_text_nearest(longer, same, 1));
}

static void test_utf8__finds_the_first_bad_byte(void **state)
{
	(void)state;
	assert_int_equal(amp_text_invalid_utf8("abc", 3), 3);
	assert_int_equal(amp_text_invalid_utf8("a\xc3\xa9", 3), 3);
	assert_int_equal(amp_text_invalid_utf8("a\xc3", 2), 1);
	assert_int_equal(amp_text_invalid_utf8("ab\xff", 3), 2);
	assert_int_equal(amp_text_invalid_utf8("\xc0\x80", 2), 0);
	assert_int_equal(amp_text_invalid_utf8("\xed\xa0\x80", 3), 0);
	assert_int_equal(amp_text_invalid_utf8("\xf4\x90\x80\x80", 4), 0);
	assert_int_equal(amp_text_points("a\xc3\xa9\xe2\x82\xac", 6), 3);
	assert_int_equal(amp_text_points("a\xff\xc3", 3), 3);
	assert_int_equal(amp_text_step("", 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_compare__takes_digits_by_value),
		cmocka_unit_test(test_compare__takes_numbers_of_any_length),
		cmocka_unit_test(test_compare__is_a_total_order),
		cmocka_unit_test(test_nearest__finds_typos_and_nothing_else),
		cmocka_unit_test(test_utf8__finds_the_first_bad_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
