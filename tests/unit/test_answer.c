/* test_answer.c - a body is known again, and any other is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend/source/answer.h"

static struct http_reply reply(const char *body, size_t len)
{
	return (struct http_reply){.result = HTTP_ANSWERED, .body = body, .len = len};
}

static void the_same_body_is_known(void **state ATTR_UNUSED)
{
	static char body[300];

	memset(body, 'x', sizeof(body));
	for (size_t len = 0; len <= sizeof(body); len++) {
		struct http_reply r = reply(body, len);
		struct kept_body k = {0};

		assert_false(kept_is(&k, &r));
		kept_set(&k, &r);
		assert_true(kept_is(&k, &r));
		kept_drop(&k);
		assert_false(kept_is(&k, &r));
	}
}

static void every_byte_and_the_length_count(void **state ATTR_UNUSED)
{
	static char body[200];

	for (size_t len = 1; len < sizeof(body); len++) {
		struct http_reply r = reply(body, len), shorter = reply(body, len - 1);
		struct kept_body k = {0};

		kept_set(&k, &r);
		assert_false(kept_is(&k, &shorter)); /* all of it is zeros */
		for (size_t i = 0; i < len; i++) {
			body[i] = 1;
			assert_false(kept_is(&k, &r));
			body[i] = 0;
		}
		assert_true(kept_is(&k, &r));
	}
}

static int by_print(const void *a, const void *b)
{
	return memcmp(((const struct kept_body *)a)->print, ((const struct kept_body *)b)->print,
		      sizeof(((const struct kept_body *)a)->print));
}

/* What really changes between two polls are a few digits, here in four places, and which of two
 * places says what. */
static void figures_that_move_are_never_the_same(void **state ATTR_UNUSED)
{
	enum { BODIES = 20000 };
	struct kept_body *all = xcalloc(BODIES, sizeof(*all));

	for (int i = 0; i < BODIES; i++) {
		char body[256];
		int len = snprintf(body, sizeof(body),
				   "{\"status\": \"healthy\", \"batches\": %06d, \"records\": "
				   "%06d, \"errors\": %d, \"pad\": \"........\", \"last\": %02d}",
				   i % 1000, i / 1000, i % 10, i % 7);
		struct http_reply r = reply(body, (size_t)len);

		kept_set(&all[i], &r);
	}
	qsort(all, BODIES, sizeof(*all), by_print);
	for (int i = 1; i < BODIES; i++)
		assert_true(by_print(&all[i - 1], &all[i]) != 0);
	free(all);
}

static void blocks_that_change_places_are_seen(void **state ATTR_UNUSED)
{
	char body[128];
	struct http_reply r = reply(body, sizeof(body));

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (char)('a' + i / 8);
	for (size_t i = 0; i < sizeof(body) / 8; i++) {
		for (size_t k = 0; k < i; k++) {
			struct kept_body kept = {0};
			char word[8];

			kept_set(&kept, &r);
			memcpy(word, body + i * 8, 8);
			memcpy(body + i * 8, body + k * 8, 8);
			memcpy(body + k * 8, word, 8);
			assert_false(kept_is(&kept, &r));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_body_is_known),
		cmocka_unit_test(every_byte_and_the_length_count),
		cmocka_unit_test(figures_that_move_are_never_the_same),
		cmocka_unit_test(blocks_that_change_places_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
