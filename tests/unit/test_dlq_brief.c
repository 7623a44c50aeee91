/* An entry in two lines: context and first sample, masked, also when the line is longer than what
 * is looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/dlq/brief.h"

static void context_in_one_line(void **state ATTR_UNUSED)
{
	static const struct {
		const char *json, *want;
	} rows[] = {
		{"{\"batch_id\": 42, \"last_ts\": \"2025-11-21T09:40:00\", \"records_queried\": 0}",
		 "last_ts 2025-11-21T09:40:00   records_queried 0"},
		{"{\"table\": \"a, b\", \"deep\": {\"x\": 1}, \"n\": NaN}", "table a, b   n NaN"},
		{"{\"email\": \"someone@example.org\"}", "email ••••org"},
		{"{\"password\": \"hunter2-and-more\", \"api_key\": 12345678, \"userSecret\": "
		 "\"correct horse\"}",
		 "password ••••   api_key ••••   userSecret ••••"},
		{"{}", NULL},
		{"{\"batch_id\": 1}", NULL},
		{"[1]", NULL},
		{"{\"cut\": \"in the midd", "cut in the midd"},
	};
	struct arena a;

	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span s = {rows[i].json, strlen(rows[i].json)};
		const struct text *t = brief_context(&a, s);

		if (rows[i].want)
			assert_string_equal(text_str(t), rows[i].want);
		else
			assert_null(t);
	}
	assert_non_null(brief_context(&a, (struct span){"{\"cut\": \"in the midd", 19}));
	assert_null(brief_context(&a, (struct span){NULL, 0}));
	arena_release(&a);
}

static void sample_is_masked(void **state ATTR_UNUSED)
{
	static const char line[] =
		"{\"batch_id\": 1, \"sample_records\": [{\"userId\": \"user123\", \"date\": "
		"\"2025-11-21\", \"steps\": 8450}, {\"userId\": \"user456\"}]}";
	const struct text *t;
	int64_t samples;
	struct arena a;

	arena_init(&a);
	t = brief_sample(&a, line, sizeof(line) - 1, &samples);
	assert_string_equal(
		text_str(t),
		"{ \"userId\": \"••••123\", \"date\": \"2025-11-21\", \"steps\": 8450 }");
	assert_int_equal(samples, 2);
	/* cut anywhere: never a byte too far, never an unmasked name */
	for (size_t len = 0; len < sizeof(line); len++) {
		t = brief_sample(&a, line, len, &samples);
		if (t)
			assert_null(strstr(text_str(t), "user1"));
	}
	assert_null(brief_sample(&a, "{\"sample_records\": []}", 22, &samples));
	assert_null(brief_sample(&a, "{\"x\": \"sample_records\"}", 23, &samples));
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(context_in_one_line),
		cmocka_unit_test(sample_is_masked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
