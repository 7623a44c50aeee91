/* The one door for text: what becomes of what, width, cutting. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/text.h"

static void each_kind_of_character(void **state ATTR_UNUSED)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
		{"plain text", "plain text"},
		{"\x1b[31mred", "\\x1b[31mred"},
		{"a\nb\r\tc", "a\\nb\\r c"},
		{"bell\x07 del\x7f", "bell\\x07 del\\x7f"},
		{"\xc2\x9b"
		 "31m",
		 "<U+009B>31m"},
		{"\x9b"
		 "31m",
		 "\xef\xbf\xbd"
		 "31m"},
		{"rm \xe2\x80\xae"
		 "fdp",
		 "rm <U+202E>fdp"},
		{"zero\xe2\x80\x8bwidth", "zero<U+200B>width"},
		{"soft\xc2\xadhyphen", "soft<U+00AD>hyphen"},
		{"tag\xf3\xa0\x81\x81", "tag<U+E0041>"},
		{"vs\xef\xb8\x8f", "vs<U+FE0F>"},
		{"priv\xee\x80\x80", "priv<U+E000>"},
		{"\xef\xb7\x90", "<U+FDD0>"},
		{"sep\xe2\x80\xa8", "sep<U+2028>"},
		{"lone \xed\xa0\x80", "lone \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"over \xc0\xaf", "over \xef\xbf\xbd\xef\xbf\xbd"},
		{"cut \xe2\x82", "cut \xef\xbf\xbd\xef\xbf\xbd"},
		{"e\xcc\x81", "e\xcc\x81"},
		{"e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81x",
		 "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81<U+0301>x"},
		{"\xcc\x81", "<U+0301>"},
		{"\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac"},
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(text_str(text_clean(&a, rows[i].in, strlen(rows[i].in))),
				    rows[i].want);
	assert_string_equal(text_str(text_clean(&a, "a\0b", 3)), "a\\x00b");
	assert_null(text_clean(&a, NULL, 0));
	arena_release(&a);
}

static void a_long_text_is_cut_at_a_character(void **state ATTR_UNUSED)
{
	enum { N = 1 << 20 };
	char *big = xmalloc(N), small[8];
	const struct text *t;
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < N; i++)
		big[i] = (char)(i % 2 ? 0xa9 : 0xc3); /* e with acute, 2 bytes each */
	t = text_clean(&a, big, N);
	assert_in_range(text_len(t), TEXT_MAX - 8, TEXT_MAX);
	assert_string_equal(text_str(t) + text_len(t) - 3, "\xe2\x80\xa6");
	assert_int_equal((text_len(t) - 3) % 2, 0);
	text_clean_to(small, sizeof(small), "abcdefghijk", 11);
	assert_string_equal(small, "abcd\xe2\x80\xa6");
	text_clean_to(small, sizeof(small), "abcdefg", 7);
	assert_string_equal(small, "abcdefg");
	text_clean_to(small, sizeof(small), "\x1b\x1b\x1b", 3);
	assert_string_equal(small, "\\x1b\xe2\x80\xa6");
	t = text_clean_max(&a, "hello world", 11, 5);
	assert_string_equal(text_str(t), "he\xe2\x80\xa6");
	free(big);
	arena_release(&a);
}

static void width_is_in_columns(void **state ATTR_UNUSED)
{
	assert_int_equal(text_width("abc"), 3);
	assert_int_equal(text_width("\xe6\x97\xa5\xe6\x9c\xac"), 4);
	assert_int_equal(text_width("e\xcc\x81"), 1);
	assert_int_equal(text_width("\xf0\x9f\x98\x80"), 2);
	assert_int_equal(text_width("\xe2\x96\x88\xe2\x94\x81\xe2\x9c\x96\xe2\x97\x86"), 4);
	assert_int_equal(text_fit("\xe6\x97\xa5\xe6\x9c\xac", 3), 3);
	assert_int_equal(text_fit("abc", 2), 2);
	assert_int_equal(text_fit("e\xcc\x81x", 1), 3);
	assert_int_equal(text_fit("abc", 0), 0);
}

static void lines_are_split_and_cleaned(void **state ATTR_UNUSED)
{
	static const char in[] = "one\r\n\n\x1btwo\nlast";
	const struct text *const *lines;
	struct arena a;

	arena_init(&a);
	assert_int_equal(text_lines(&a, in, sizeof(in) - 1, &lines), 4);
	assert_string_equal(text_str(lines[0]), "one");
	assert_string_equal(text_str(lines[1]), "");
	assert_string_equal(text_str(lines[2]), "\\x1btwo");
	assert_string_equal(text_str(lines[3]), "last");
	assert_int_equal(text_lines(&a, "x\n", 2, &lines), 1);
	arena_release(&a);
}

static void formatting_cleans_its_arguments(void **state ATTR_UNUSED)
{
	char big[2000];
	const struct text *t;
	struct arena a;

	arena_init(&a);
	t = text_format(&a, "job %s", "x\x1b]0;t\x07");
	assert_string_equal(text_str(t), "job x\\x1b]0;t\\x07");
	memset(big, 'z', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(text_len(text_format(&a, "%s!", big)), sizeof(big));
	assert_true(text_cmp(TEXT("a"), NULL) < 0);
	assert_int_equal(text_cmp(NULL, NULL), 0);
	assert_true(text_is(text_copy(&a, TEXT("a")), "a"));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_character),
		cmocka_unit_test(a_long_text_is_cut_at_a_character),
		cmocka_unit_test(width_is_in_columns),
		cmocka_unit_test(lines_are_split_and_cleaned),
		cmocka_unit_test(formatting_cleans_its_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
