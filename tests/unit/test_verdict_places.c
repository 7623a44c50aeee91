/* test_verdict_places.c - facts in, verdict with evidence out: who answers and who does not, the
 * master's word, and the process of the driver. */
#include "verdict_stage.h"

static void driver_gone(struct job_facts *f)
{
	f->ui = refused("http://127.0.0.1:4040");
}

static void driver_silent(struct job_facts *f)
{
	f->ui = silent(3, 12 * S, "http://127.0.0.1:4040");
}

static void health_gone(struct job_facts *f)
{
	f->health = refused("http://127.0.0.1:5001");
}

static void health_is_html(struct job_facts *f)
{
	f->health.answer = ANSWER_WRONG;
	f->health.problem = "answers HTML";
}

static void ui_only(struct job_facts *f)
{
	f->health = (struct probe){.answer = ANSWER_NONE, .good_at = ABSENT};
	f->says = NULL;
	f->batches = f->records = f->errors = f->last_batch_at = ABSENT;
	f->last_batch_age_s = ABSENT_REAL;
	f->errors_5m = f->errors_1h = (struct tally){ABSENT, 0};
	f->ready = TRI_ABSENT;
}

static void ui_only_failed_stages(struct job_facts *f)
{
	ui_only(f);
	f->failed_stages_5m = 1;
}

static void ui_only_all_jobs_failed(struct job_facts *f)
{
	ui_only(f);
	f->failed_jobs_5m = 28;
}

static void ui_only_one_job_failed(struct job_facts *f)
{
	ui_only(f);
	f->failed_jobs_5m = 1;
}

static void ui_only_all_jobs_and_stages_failed(struct job_facts *f)
{
	ui_only_all_jobs_failed(f);
	f->failed_stages_5m = 27;
}

static void ui_only_some_jobs_failed(struct job_facts *f)
{
	ui_only_all_jobs_failed(f);
	f->has_good_job = true;
}

static void healthy_all_jobs_failed(struct job_facts *f)
{
	f->failed_jobs_5m = 28;
}

static void healthy_some_jobs_failed(struct job_facts *f)
{
	healthy_all_jobs_failed(f);
	f->has_good_job = true;
}

static void counted_all_jobs_failed(struct job_facts *f)
{
	healthy_all_jobs_failed(f);
	errors_now(f, 2);
}

static void all_jobs_had_failed_when_it_answered(struct job_facts *f)
{
	healthy_all_jobs_failed(f);
	f->ui = refused("http://127.0.0.1:4040");
}

static void both_refused(struct job_facts *f)
{
	f->health = refused("http://127.0.0.1:5001");
	f->ui = refused("http://127.0.0.1:4040");
}

static void both_silent(struct job_facts *f)
{
	f->health = silent(3, 12 * S, "http://127.0.0.1:5001");
	f->ui = silent(3, 12 * S, "http://127.0.0.1:4040");
}

static void silent_for_long(struct job_facts *f)
{
	f->health = silent(40, 301 * S, "http://127.0.0.1:5001");
	f->ui = silent(40, 301 * S, "http://127.0.0.1:4040");
}

/* As --once with a short timeout sees it: one probe a run. */
static void silent_by_runs_before(struct job_facts *f)
{
	f->health = silent(1, 0, "http://127.0.0.1:5001");
	f->ui = (struct probe){.answer = ANSWER_NONE, .good_at = ABSENT};
	f->down_since = NOW - 301 * S;
}

static void silent_by_runs_just_before(struct job_facts *f)
{
	silent_by_runs_before(f);
	f->down_since = NOW - 300 * S;
}

static void silent_with_others(struct job_facts *f)
{
	both_silent(f);
	f->network = "5 of 8 targets";
}

static void late_once(struct job_facts *f)
{
	f->health.answer = ANSWER_LATE;
	f->health.silent_probes = 1;
}

static void not_asked_yet(struct job_facts *f)
{
	both_refused(f);
	f->health.answer = ANSWER_WAITING;
}

static void only_html(struct job_facts *f)
{
	health_is_html(f);
	f->ui = (struct probe){.answer = ANSWER_NONE, .good_at = ABSENT};
}

static void only_a_queue(struct job_facts *f)
{
	ui_only(f);
	f->ui = (struct probe){.answer = ANSWER_NONE, .good_at = ABSENT};
	f->dlq = (struct probe){.answer = ANSWER_GOOD, .where = "/srv/dlq", .good_at = NOW};
}

static void only_a_queue_with_errors(struct job_facts *f)
{
	only_a_queue(f);
	f->errors_5m = f->errors_1h = (struct tally){2, 2};
}

static void over_at_the_master(struct job_facts *f)
{
	both_refused(f);
	f->cluster_state = "FINISHED";
}

static void over_but_expected(struct job_facts *f)
{
	over_at_the_master(f);
	f->expect_always = true;
}

static void killed_at_the_master(struct job_facts *f)
{
	both_refused(f);
	f->cluster_state = "KILLED";
}

static void jvm(struct job_facts *f, enum jvm_verdict verdict, int64_t exit_code)
{
	static struct jvm_row row;
	static const struct text *const evidence[] = {TEXT("no HTTP answer for 118 s"),
						      TEXT("0.0 s CPU in 90 s")};

	row.pid = 18423;
	row.verdict = (int)verdict;
	row.exit_code = exit_code;
	row.evidence.n = 2;
	row.evidence.v = evidence;
	f->jvm = &row;
	both_silent(f);
}

static void jvm_hung(struct job_facts *f)
{
	jvm(f, JVM_IS_HUNG, ABSENT);
}

static void jvm_dead_52(struct job_facts *f)
{
	jvm(f, JVM_IS_DEAD, 52);
	f->end_sign = "it left with exit code 52: out of memory";
}

static void jvm_ended(struct job_facts *f)
{
	jvm(f, JVM_IS_DEAD, 0);
}

static void jvm_stranded(struct job_facts *f)
{
	jvm(f, JVM_IS_STRANDED, ABSENT);
}

static void jvm_stranded_while_it_worked(struct job_facts *f)
{
	jvm_stranded(f);
	f->end_sign = "it ended while a streaming query was active";
}

static void driver_died_of_memory(struct job_facts *f)
{
	five_errors(f);
	f->says = "unhealthy";
	f->top_type = f->crash_type = "OutOfMemoryError";
	f->top_count = 1;
	f->last_batch_age_s = 124;
	driver_gone(f);
}

static void executors_then_driver(struct job_facts *f)
{
	executors_lost(f);
	f->last_batch_age_s = 124;
	driver_gone(f);
}

static void batches_go_on_without_ui(struct job_facts *f)
{
	f->crash_type = "OutOfMemoryError";
	f->top_type = f->crash_type;
	driver_gone(f);
}

static void another_service_refused(struct job_facts *f)
{
	f->has_app = false;
	f->crash_type = f->top_type = "ConnectionRefusedError";
	f->last_batch_age_s = 124;
	driver_gone(f);
}

static void ui_before_health(struct job_facts *f)
{
	ui_only(f);
	f->health = (struct probe){.answer = ANSWER_WAITING, .where = "http://127.0.0.1:5001"};
}

/* clang-format off */
static const struct verdict_case table[] = {
	{"driver gone", driver_gone, VERDICT_DEGRADED, 1, "says healthy, but its driver is gone",
	 "nothing listens at its driver's UI http://127.0.0.1:4040",
	 "check that its driver runs: nothing listens on 127.0.0.1:4040"},
	{"driver silent", driver_silent, VERDICT_DEGRADED, 1, "its driver is gone",
	 "no answer to 3 probes in 12s", "127.0.0.1:4040 is silent"},
	{"health gone", health_gone, VERDICT_DEGRADED, 1, "nothing listens at its health endpoint",
	 "its driver's UI http://127.0.0.1:4040 answers", "driver's log"},
	{"health html", health_is_html, VERDICT_DEGRADED, 1, "not usable: answers HTML", NULL, "log"},
	{"ui only", ui_only, VERDICT_HEALTHY, 0, "its driver's UI shows nothing wrong", NULL, NULL},
	{"ui, stages", ui_only_failed_stages, VERDICT_DEGRADED, 1, "1 stage failed", NULL, "/stages/"},
	{"ui, one job", ui_only_one_job_failed, VERDICT_DEGRADED, 1, "1 Spark job failed", NULL,
	 "/jobs/"},
	{"ui, all jobs", ui_only_all_jobs_failed, VERDICT_UNHEALTHY, 2,
	 "every Spark job of the last 5 minutes failed: 28", NULL, "http://127.0.0.1:4040/jobs/"},
	{"ui, all", ui_only_all_jobs_and_stages_failed, VERDICT_UNHEALTHY, 2,
	 "every Spark job of the last 5 minutes failed: 28", "27 stages failed", "/jobs/"},
	{"ui, some jobs", ui_only_some_jobs_failed, VERDICT_DEGRADED, 1, "28 Spark jobs failed", NULL, "/jobs/"},
	{"healthy, all jobs", healthy_all_jobs_failed, VERDICT_DEGRADED, 1,
	 "says healthy, but every Spark job of the last 5 minutes failed: 28", NULL, "/jobs/"},
	{"healthy, some jobs", healthy_some_jobs_failed, VERDICT_HEALTHY, 0, "last batch", NULL, NULL},
	{"counted, all jobs", counted_all_jobs_failed, VERDICT_DEGRADED, 1, "2 errors", NULL, "errors view"},
	{"failed before", all_jobs_had_failed_when_it_answered, VERDICT_DEGRADED, 1,
	 "says healthy, but its driver is gone", NULL, "4040"},
	{"refused", both_refused, VERDICT_UNREACHABLE, 2, "connection refused",
	 "its process cannot be seen from here", "check that it runs: nothing listens on 127.0.0.1:5001"},
	{"silent", both_silent, VERDICT_UNREACHABLE, 3, "no answer to 3 probes in 12s", NULL,
	 "127.0.0.1:5001 is silent"},
	{"silent long", silent_for_long, VERDICT_UNREACHABLE, 2, "no answer to 40 probes in 5m01", NULL,
	 "is silent"},
	{"runs before", silent_by_runs_before, VERDICT_UNREACHABLE, 2, "no answer to 1 probe",
	 "runs before this one found the same, for 5m01 (limit 5m)", "is silent"},
	{"just before", silent_by_runs_just_before, VERDICT_UNREACHABLE, 3, "no answer to 1 probe", NULL,
	 "is silent"},
	{"network", silent_with_others, VERDICT_UNKNOWN, 3, "no answer to 3 probes",
	 "5 of 8 targets fell silent at once: this box or its network?", "network of this box"},
	{"late once", late_once, VERDICT_HEALTHY, 0, "last batch", "no answer to 1 probe", NULL},
	{"not asked", not_asked_yet, VERDICT_UNKNOWN, 3, "waiting for the first answer", NULL, NULL},
	{"only html", only_html, VERDICT_UNKNOWN, 3, "http://127.0.0.1:5001: answers HTML", NULL,
	 "check the address"},
	{"only a queue", only_a_queue, VERDICT_UNKNOWN, 3, "nothing says whether it runs", NULL, "write its"},
	{"queue, errors", only_a_queue_with_errors, VERDICT_DEGRADED, 1, "2 errors in the last 5", NULL,
	 "errors view"},
	{"ended", over_at_the_master, VERDICT_ENDED, 0, "the master says its application is FINISHED",
	 NULL, NULL},
	{"over, always", over_but_expected, VERDICT_CRASHED, 2, "FINISHED", "expected to run always",
	 "start it again"},
	{"killed", killed_at_the_master, VERDICT_CRASHED, 2, "KILLED", NULL, "start it again"},
	{"jvm hung", jvm_hung, VERDICT_HUNG, 2, "JVM 18423 is hung", "no HTTP answer for 118 s",
	 "thread dump of java 18423"},
	{"jvm dead", jvm_dead_52, VERDICT_CRASHED, 2, "JVM 18423 is dead", "exit code 52", "start it again"},
	{"jvm ended", jvm_ended, VERDICT_ENDED, 0, "nothing says that it failed", NULL, NULL},
	{"context stopped", jvm_stranded, VERDICT_ENDED, 0, "its SparkContext is stopped", NULL, NULL},
	{"jvm stranded", jvm_stranded_while_it_worked, VERDICT_CRASHED, 2, "is stranded",
	 "while a streaming query was active", "start it again"},
	{"driver oom", driver_died_of_memory, VERDICT_CRASHED, 2, "its driver is gone: nothing listens",
	 "its Python still answers and says unhealthy", "raise spark.driver.memory"},
	{"executors, driver", executors_then_driver, VERDICT_CRASHED, 2, "its driver is gone",
	 "3 executors lost to exit 52", "spark.executor.memory"},
	{"no ui", batches_go_on_without_ui, VERDICT_DEGRADED, 1, "its driver is gone", NULL, "check that"},
	{"other refused", another_service_refused, VERDICT_DEGRADED, 1, "its driver is gone", NULL, "check"},
	{"health not asked", ui_before_health, VERDICT_UNKNOWN, 3, "waiting for the first answer", NULL, NULL},
};
/* clang-format on */

static void the_table(void **state)
{
	(void)state;
	check_cases(table, ARRAY_LEN(table));
}

static void silence_is_old_news(void **state)
{
	struct job_facts f = facts_well();
	struct judgement j;
	struct arena a;

	(void)state;
	arena_init(&a);
	both_silent(&f);
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, NOW - 12 * S);
	assert_true(j.is_old);
	f = facts_well();
	late_once(&f);
	verdict_judge(&f, &a, &j);
	assert_true(j.is_old);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(silence_is_old_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
