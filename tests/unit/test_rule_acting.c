/* test_rule_acting.c - a job's row says what is being done to it, from the first look that knows it
 * to the one after its end. */
#include "rule_stage.h"

#include "../../include/row/action.h"

static struct action_row rows[3];
static struct dataset *actions;

static void act(struct stage *s, int i, enum action_id action, const char *name)
{
	field_clear_row(&schema_action, &rows[i]);
	rows[i].action = (int)action;
	rows[i].state = ACTION_STATE_RUNS;
	rows[i].job = (const struct text *)(const void *)name;
	rows[i].who = TEXT("etl");
	rows[i].began_at = s->at - 12 * S;
}

static void publish(struct stage *s)
{
	dataset_unref(actions);
	actions = dataset_new();
	dataset_add(actions, &schema_action, rows, ARRAY_LEN(rows));
	s->actions = actions;
	s->at += 50;
	look(s);
}

static void what_is_done_to_it(void **state)
{
	struct stage s;

	(void)state;
	stage_init(&s, 2);
	healthy(&s, "alpha");
	look(&s);
	assert_null(job(&s, "alpha")->action);
	act(&s, 0, ACTION_KILL, NULL); /* a JVM of no job */
	act(&s, 1, ACTION_RESTART, "alpha");
	act(&s, 2, ACTION_RECOVER, "beta");
	rows[1].step = TEXT("waits for :4040");
	rows[2].state = ACTION_STATE_DONE;
	publish(&s); /* within the second in which its row would be the same one */
	assert_string_equal(text_str(job(&s, "alpha")->action), "restart");
	assert_string_equal(text_str(job(&s, "alpha")->action_says),
			    "restarting for 12s by etl: waits for :4040");
	assert_null(job(&s, "beta")->action);
	rows[1].state = ACTION_STATE_ASKS;
	rows[1].asks = TEXT("Send SIGKILL?");
	rows[1].who = NULL;
	publish(&s);
	assert_string_equal(text_str(job(&s, "alpha")->action_says),
			    "restarting for 12s: Send SIGKILL?");
	rows[1].state = ACTION_STATE_FAILED;
	publish(&s);
	assert_null(job(&s, "alpha")->action);
	assert_null(job(&s, "alpha")->action_says);
	dataset_unref(actions);
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_done_to_it)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
