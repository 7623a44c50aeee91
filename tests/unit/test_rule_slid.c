/* test_rule_slid.c - a driver found the port of its UI taken and took one of the next: it is
 * nobody's by its ports, and the job whose name it has says where it is and what to write. */
#include "jvm_stage.h"

static struct jvm_port ports[2];

static void play(struct stage *s, const char *app_name, int64_t port)
{
	struct jvm_row *row = jvm_rows(s, 1);

	jvm_plain(row, "18423@1", 18423, JVM_DRIVER);
	jvm_listens(row, ports, port, 40417);
	row->app_name = (const struct text *)(const void *)app_name;
	fail_probe(s, SOURCE_SPARK, "alpha", "http://127.0.0.1:4040", 0, 0);
	look(s);
	s->at += 2 * S;
	look(s);
}

static void begin(struct stage *s)
{
	stage_init(s, 2);
	s->jobs[0].ui = "http://127.0.0.1:4040/";
}

static bool is_said(const struct stage *s)
{
	const struct job_row *row = job(s, "alpha");
	bool is_evident = says(row, "java 18423 has its name and listens on");

	assert_int_equal(is_evident,
			 row->next && strstr(text_str(row->next), "java 18423") != NULL);
	return is_evident;
}

static void where_it_is_and_what_to_write(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	play(&s, "alpha", 4041);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_UNREACHABLE);
	assert_true(is_said(&s));
	assert_true(says(job(&s, "alpha"), "listens on :4041: a driver that finds :4040 taken"));
	assert_string_equal(
		text_str(job(&s, "alpha")->next),
		"if java 18423 is its driver, write `ui: http://127.0.0.1:4041` for this job");
	assert_null(jvm(&s, 18423)->job); /* a name alone makes it nobody's */
	stage_release(&s);
}

static void by_what_the_job_asks_for(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	s.jobs[0].match_app_name = "nightly copy";
	play(&s, "nightly copy", 4056);
	assert_true(is_said(&s));
	play(&s, "alpha", 4056);
	assert_false(is_said(&s));
	stage_release(&s);
}

/* Also where discovery made a job of it. */
static void found_beside(void **state)
{
	static const struct config_found origin = {.jvm_id = "18423@1"};
	struct stage s;

	(void)state;
	begin(&s);
	s.jobs[1].found = &origin;
	s.jobs[1].ui = "http://127.0.0.1:4041";
	play(&s, "alpha", 4041);
	assert_true(text_is(jvm(&s, 18423)->job, "beta"));
	assert_true(is_said(&s));
	stage_release(&s);
}

static void not_of_others(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	play(&s, "gamma", 4041); /* another name */
	assert_false(is_said(&s));
	play(&s, "alpha", 4057); /* Spark tries 16 */
	assert_false(is_said(&s));
	play(&s, "alpha", 4039);
	assert_false(is_said(&s));
	s.jobs[1].ui = "http://127.0.0.1:4041"; /* a job that is known by that port */
	rules_reconfigure(s.rules, &s.cfg);
	play(&s, "alpha", 4041);
	assert_true(text_is(jvm(&s, 18423)->job, "beta"));
	assert_false(is_said(&s));
	stage_release(&s);
}

static void not_while_its_own_answers(void **state)
{
	struct stage s;

	(void)state;
	begin(&s);
	play(&s, "alpha", 4041);
	assert_true(is_said(&s));
	driver_answers(&s, "alpha", "app-1", 0);
	s.at += 2 * S;
	look(&s);
	assert_false(is_said(&s));
	stage_release(&s);
}

/* It has gone, and what has its name came after it: nobody starts a third. */
static void after_its_driver_has_gone(void **state)
{
	struct stage s;
	struct jvm_row *row;

	(void)state;
	begin(&s);
	s.jobs[0].expect_always = true;
	row = jvm_rows(&s, 1);
	jvm_plain(row, "17000@1", 17000, JVM_DRIVER);
	jvm_listens(row, ports, 4040, 40417);
	driver_answers(&s, "alpha", "app-1", 0);
	look(&s);
	s.at += 2 * S;
	play(&s, "alpha", 4041);
	assert_int_equal(job(&s, "alpha")->verdict, VERDICT_CRASHED);
	assert_true(is_said(&s));
	stage_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(where_it_is_and_what_to_write),
		cmocka_unit_test(by_what_the_job_asks_for),
		cmocka_unit_test(found_beside),
		cmocka_unit_test(not_of_others),
		cmocka_unit_test(not_while_its_own_answers),
		cmocka_unit_test(after_its_driver_has_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
