/* The question on terminals of all sizes: what is seen of it, and what is not done unseen. */
#include "../../tui/question.h"
#include "question_stage.h"

/* Nothing of it is out of sight. */
static bool shows_all(void)
{
	return shows("java 18423") && shows("118 s") && shows("1 save") && shows("SIGKILL") &&
	       shows("Type 8423") && shows("Cancel") && !shows(" lines, ");
}

/* On a terminal that became too small for all of it, it closes as no, and says so. */
static void test_size(void **state)
{
	(void)state;
	for (int w = 1; w < 130; w += 3)
		for (int h = 1; h < 50; h++) {
			screen_resize(&screen, 110, 24);
			ask('K', NULL);
			assert_true(question_is_open(&ui));
			screen_resize(&screen, w, h);
			ui_draw(&ui, &screen);
			if (question_is_open(&ui))
				assert_true(shows_all());
			else
				assert_non_null(strstr(ui.message, "taken as no"));
			if (w >= 79 && h >= 12)
				assert_true(question_is_open(&ui));
			press(KEY_ESC);
			nwishes = 0;
		}
	screen_resize(&screen, 110, 24);
}

/* More than fits any usual terminal, with a value that is asked for. */
static void many_steps(struct arena *a, struct plan_row *p)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 1);
	const struct text **steps = ARENA_ARRAY(a, const struct text *, 30);

	for (int i = 0; i < 30; i++)
		steps[i] =
			text_format(a, "step %d of thirty that takes a line of the box whole", i);
	v[0] = (struct plan_ask){TEXT("resume_from"), TEXT("table to resume from"),
				 TEXT("AGENTSVES"), TEXT("14:01:20 Migrating table AGENTSVES")};
	p->steps = (struct texts){30, steps};
	p->asks = v;
	p->nasks = 1;
}

/* Found by review: four digits and Enter ended a process while what would happen was out of sight.
 * Where it did not fit from the beginning it is read to its end first. */
static void test_read_to_the_end(void **state)
{
	(void)state;
	screen_resize(&screen, 80, 24);
	ask('V', many_steps);
	assert_true(shows("table to resume from") && shows("AGENTSVES") && shows("Type 8423"));
	assert_false(shows("step 29"));
	hands("8423");
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 0);
	assert_true(question_is_open(&ui));
	assert_true(shows("have not been on the screen: PgDn first, nothing was done"));
	hand(KEY_PGDN);
	assert_true(shows("table to resume from") && shows("Type 8423"));
	hand(KEY_PGDN);
	hand(KEY_PGUP);
	assert_false(shows("step 29"));
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
	screen_resize(&screen, 110, 24);
}

/* Another width breaks its lines anew: they are read again. */
static void test_read_at_this_width(void **state)
{
	(void)state;
	screen_resize(&screen, 80, 24);
	ask('V', many_steps);
	for (int i = 0; i < 3; i++)
		hand(KEY_PGDN);
	screen_resize(&screen, 60, 24);
	ui_draw(&ui, &screen);
	assert_true(question_is_open(&ui));
	hand(KEY_PGUP);
	hand(KEY_PGUP);
	hand(KEY_PGUP);
	screen_resize(&screen, 62, 24);
	ui_draw(&ui, &screen);
	hands("8423");
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 0);
	hand(KEY_ESC);
	screen_resize(&screen, 110, 24);
}

/* The usual recover of a job in trouble on 80x24, as the backend words it: all in sight, nothing
 * to scroll; what the steps say again can be copied. */
static void usual(struct arena *a, struct plan_row *p)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 1);
	struct plan_sign *signs = ARENA_ARRAY(a, struct plan_sign, 4);

	signs[0].what = TEXT("no HTTP answer to 59 probes in 118 s");
	signs[1].what = TEXT("under 1 % of a core for 90 s");
	signs[2].what = TEXT("51 connections wait at :4040 for 96 s, nobody accepts");
	signs[3].what = TEXT("no batch for 2m04");
	p->nsigns = 4;
	p->signs = signs;
	p->target = PLAN_TEXTS(
		a, "java 18423   user etl   started 09:12:44 (4h51m ago)   host ops-box-1",
		"org.apache.spark.deploy.SparkSubmit   “migration”   local-1768915964123   :4040 "
		":40417 :35005 :43903",
		"runs in migration-api.service (systemd), which starts it again");
	p->loses = PLAN_TEXTS(a, "job 9 at 63 %", "4 executors");
	p->stays = PLAN_TEXTS(a, "python 18401, :8000, which will retry");
	p->warning = TEXT("it ran out of memory at AGENTSVES, and the same memory is used again: "
			  "spark.driver.memory 1g; enough would be 1536m (measured need x 1.5)");
	p->steps = PLAN_TEXTS(
		a, "save a thread dump (5 s)", "SIGTERM java 18423, SIGKILL if it lives after 30 s",
		"end python 18401 in the same way",
		"prove :4040 :40417 :35005 :43903 :8000 :45129 :34963 free", "wait 10 s",
		"restart: systemctl restart migration-api.service",
		"ready: http://127.0.0.1:8000/health/ready answers 200 within 120 s",
		"resume: POST http://127.0.0.1:8000/migrate/schema with from=AGENTSVES",
		"prove it: a new start, then the first batch or Spark job");
	v[0] = (struct plan_ask){
		TEXT("from"), TEXT("table to resume from"), TEXT("AGENTSVES"),
		TEXT("/var/log/migration.log line 20412: 14:01:20 INFO Migrating table "
		     "AGENTSVES (attempt 1)")};
	p->asks = v;
	p->nasks = 1;
	p->paste = PLAN_TEXTS(a, "systemctl restart migration-api.service",
			      "curl -fsS -X POST -H 'Content-Type: application/json' --data "
			      "'{\"resume_from\": \"AGENTSVES\", \"only_s3\": false}' "
			      "http://127.0.0.1:8000/migrate/schema");
}

static void test_the_usual_fits(void **state)
{
	static const char *const all[] = {"java 18423",
					  ":43903",
					  "runs in migration",
					  "hung, because",
					  "+ ",
					  "loses",
					  "4 executors",
					  "stays",
					  "python 18401",
					  "out of memory",
					  "need x 1.5",
					  "1 save",
					  "9 prove it",
					  "by hand",
					  "y copies it",
					  "from=AGENTSVES",
					  "table to resume",
					  "line 20412",
					  "Type 8423",
					  "Cancel"};

	(void)state;
	screen_resize(&screen, 80, 24);
	ask('V', usual);
	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (!shows(all[i]))
			fail_msg("%s is not in sight", all[i]);
	assert_false(shows(" lines, "));
	hands("8423");
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
	screen_resize(&screen, 110, 24);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, question_setup, question_teardown)
	const struct CMUnitTest tests[] = {
		T(test_size),
		T(test_read_to_the_end),
		T(test_read_at_this_width),
		T(test_the_usual_fits),
	};
#undef T

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
