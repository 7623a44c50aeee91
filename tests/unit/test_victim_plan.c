/* test_victim_plan.c - a sign in the question is the same while only its numbers move, with all
 * that bends with them. */
#include "victim_stage.h"

#include "../../backend/action/victim_plan.h"

static const struct text *evidence[2];

static void dress(struct jvm_row *row)
{
	row->verdict = JVM_IS_HUNG;
	row->evidence = (struct texts){2, evidence};
}

static void signs_that_bend(void **state)
{
	static const char *const table[][2] = {
		{"its JVM lives: it still listens on :38163 :46323",
		 "its JVM lives: it still listens on :46323"},
		{"x :1 of 3", "x :1 :2 of 3"},
		{"no HTTP answer to 51 probes in 59s", "no HTTP answer to 1 probe in 1m02s"},
		{"1 connection waits at :4040 for 59 s, nobody accepts",
		 "2 connections wait at :4040 for 2 min, nobody accepts"},
	};
	struct plan_row plan;
	struct arena arena;
	struct animal a;
	struct victim v;

	(void)state;
	stage.dress = dress;
	zoo_driver(&a);
	arena_init(&arena);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		evidence[0] = text_format(&arena, "%s", table[i][0]);
		evidence[1] = TEXT("0.0 % CPU in 90 s");
		take(&v, a.id);
		memset(&plan, 0, sizeof(plan));
		victim_describe(&stage, &v, &plan, &arena);
		evidence[0] = text_format(&arena, "%s", table[i][1]);
		for (int k = 0; k < 3; k++)
			victim_describe(&stage, &v, &plan, &arena);
		assert_int_equal(plan.nsigns, 2);
		assert_string_equal(text_str(plan.signs[0].what), table[i][1]);
		assert_false(plan.signs[0].has_ended || plan.signs[1].has_ended);
		victim_release(&v);
	}
	stage.dress = NULL;
	arena_release(&arena);
	zoo_end(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(signs_that_bend),
	};

	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}
