/* Whose word counts for an entry: every pair of what the ledger may say of it and of its unit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../../backend/dlq/word.h"
#include "../../include/row/dlq.h"

enum { T = 1000000 };

/* id, covered_by, began_at, state, mark */
static const struct dlq_word sent_done = {5, 0, T, DLQ_DONE, 0},
			     sent_failed = {5, 0, T, DLQ_FAILED, 0},
			     sent_doubt = {5, 0, T, DLQ_DOUBT, 0},
			     said_pending = {5, 0, T, DLQ_PENDING, 8},
			     said_done = {5, 0, T, DLQ_DONE, 8},
			     said_given_up = {5, 0, T, DLQ_GIVEN_UP, 8},
			     only_said_given_up = {0, 0, T, DLQ_GIVEN_UP, 8},
			     covered = {4, 3, T - 9, DLQ_DONE, 0},
			     covered_said_pending = {4, 3, T - 9, DLQ_PENDING, 7},
			     covered_said_pending_since = {4, 3, T - 9, DLQ_PENDING, 9},
			     covered_said_given_up = {4, 3, T - 9, DLQ_GIVEN_UP, 7},
			     failed_before = {4, 0, T - 9, DLQ_FAILED, 0},
			     failed_since = {6, 0, T + 9, DLQ_FAILED, 0},
			     doubt_before = {4, 0, T - 9, DLQ_DOUBT, 0};

static const struct {
	const struct dlq_word *own, *unit;
	int64_t at;
	enum dlq_whose whose;
} cases[] = {
	{NULL, NULL, T, WORD_OF_NONE},
	{&sent_done, NULL, T, WORD_OF_ENTRY},
	{&sent_done, &sent_done, T + 1, WORD_OF_ENTRY},
	/* nothing was written of it */
	{NULL, &sent_done, T - 1, WORD_OF_UNIT},
	{NULL, &sent_done, T + 1, WORD_OF_NONE},
	{NULL, &sent_done, ABSENT, WORD_OF_NONE},
	{NULL, &sent_failed, T - 1, WORD_OF_NONE},
	{NULL, &sent_doubt, T + 1, WORD_OF_UNIT},
	{NULL, &said_given_up, T - 1, WORD_OF_UNIT},
	{NULL, &said_given_up, T + 1, WORD_OF_NONE},
	{NULL, &only_said_given_up, T - 1, WORD_OF_NONE},
	/* it was covered */
	{&covered, &sent_done, T - 1, WORD_OF_UNIT},
	{&covered, &sent_failed, T - 1, WORD_OF_UNIT},
	{&covered, &said_pending, T - 1, WORD_OF_UNIT},
	{&covered, &said_given_up, T - 1, WORD_OF_UNIT},
	/* and marked: the unit was sent since, or was marked as well */
	{&covered_said_pending, &sent_done, T - 1, WORD_OF_UNIT},
	{&covered_said_pending, &sent_failed, T - 1, WORD_OF_ENTRY},
	{&covered_said_pending, &sent_doubt, T - 1, WORD_OF_UNIT},
	{&covered_said_pending, &said_pending, T - 1, WORD_OF_ENTRY},
	{&covered_said_pending, &said_done, T - 1, WORD_OF_UNIT},
	{&covered_said_pending, &said_given_up, T - 1, WORD_OF_UNIT},
	{&covered_said_pending_since, &said_done, T - 1, WORD_OF_ENTRY},
	{&covered_said_given_up, &sent_done, T - 1, WORD_OF_ENTRY},
	{&covered_said_given_up, &said_pending, T - 1, WORD_OF_ENTRY},
	/* it was sent on its own */
	{&failed_before, &sent_done, T - 1, WORD_OF_UNIT},
	{&failed_since, &sent_done, T - 1, WORD_OF_ENTRY},
	{&failed_before, &said_done, T - 1, WORD_OF_UNIT},
	{&failed_before, &said_given_up, T - 1, WORD_OF_UNIT},
	{&failed_since, &said_given_up, T - 1, WORD_OF_ENTRY},
	{&doubt_before, &sent_done, T - 1, WORD_OF_ENTRY},
};

static void the_newer_word_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (dlq_whose(cases[i].own, cases[i].unit, cases[i].at) != cases[i].whose)
			fail_msg("case %zu is not %d", i, (int)cases[i].whose);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newer_word_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
