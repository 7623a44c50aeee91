/* test_question_burst.c - keys that no hand typed: a burst, a paste. They neither open a question
 * nor answer one, and what came with them does nothing else. */
#include "../../tui/ui.h"
#include "question_stage.h"

static void test_bursts(void **state)
{
	(void)state;
	burst('K');
	assert_false(question_is_open(&ui));
	assert_int_equal(nwishes, 0);
	assert_true(shows("keys came faster than a hand types"));
	type(":kill");
	burst(KEY_ENTER);
	assert_false(question_is_open(&ui));
	ask('K', NULL);
	burst('8');
	burst('4');
	burst('2');
	burst('3');
	burst(KEY_ENTER);
	assert_true(question_is_open(&ui));
	assert_int_equal(count(ACTION_DO), 0);
	assert_true(shows("was not taken: press it again"));
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
}

/* What came with keys for a question is not for the view behind it. */
static void test_the_rest_of_a_burst(void **state)
{
	(void)state;
	burst('V');
	assert_true(shows("keys came faster than a hand types"));
	for (const char *c = "8423q2"; *c; c++)
		burst((uint32_t)*c);
	burst(KEY_ENTER);
	assert_string_equal(ui.view->view->name, "overview");
	assert_false(ui.wish.quit);
	hand('2'); /* by a hand again */
	assert_string_equal(ui.view->view->name, "job");
	hand('1');
	ask('K', NULL);
	burst(KEY_ESC); /* closes it, and the rest is nothing */
	assert_false(question_is_open(&ui));
	burst('2');
	burst('q');
	assert_string_equal(ui.view->view->name, "overview");
	assert_false(ui.wish.quit);
	ask('K', NULL);
	burst('8');
	ui_snapshot(&ui, plan_snapshot(&snap, NULL, NULL)); /* closes by itself meanwhile */
	assert_false(question_is_open(&ui));
	burst('4');
	burst('2');
	assert_string_equal(ui.view->view->name, "overview");
	burst(KEY_CTRL | 'c');
	assert_true(ui.wish.quit);
}

static void test_pastes(void **state)
{
	(void)state;
	paste("K");
	assert_int_equal(nwishes, 0);
	ask('K', NULL);
	paste("8423\r");
	assert_string_equal(ui.question.typed, "");
	assert_true(shows("a paste was dropped"));
	hand(KEY_TAB);
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, question_setup, question_teardown)
	const struct CMUnitTest tests[] = {
		T(test_bursts),
		T(test_the_rest_of_a_burst),
		T(test_pastes),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
