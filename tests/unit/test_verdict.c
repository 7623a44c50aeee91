/* test_verdict.c - facts in, verdict with evidence out: what a job counts and says, and what its
 * Spark shows, line by line of the table of verdicts. */
#include "verdict_stage.h"

static void nothing(struct job_facts *f)
{
	(void)f;
}

static void four_errors(struct job_facts *f)
{
	errors_now(f, 4);
}

static void at_least_six(struct job_facts *f)
{
	errors_now(f, 6);
	f->errors_5m.n = ABSENT;
}

static void all_failed(struct job_facts *f)
{
	errors_now(f, 1);
	f->stale_after_ms = 900 * S;
	f->last_batch_age_s = 301;
	f->last_batch_at = NOW - 301 * S;
}

static void none_ended_well_since_start(struct job_facts *f)
{
	errors_now(f, 2);
	f->batches = 0;
	f->last_batch_at = ABSENT;
	f->last_batch_age_s = ABSENT_REAL;
}

static void stale(struct job_facts *f)
{
	f->last_batch_age_s = 372;
	f->last_batch_at = NOW - 372 * S;
}

static void just_not_stale(struct job_facts *f)
{
	f->last_batch_age_s = 300;
	f->last_batch_at = NOW - 300 * S;
}

static void starting(struct job_facts *f)
{
	f->says = "initializing";
	f->batches = 0;
	f->last_batch_at = ABSENT;
	f->last_batch_age_s = ABSENT_REAL;
	f->uptime_s = 31;
}

static void starting_too_long(struct job_facts *f)
{
	starting(f);
	f->uptime_s = 301;
}

static void starting_within_ready(struct job_facts *f)
{
	starting_too_long(f);
	f->ready_within_ms = 600 * S;
}

static void short_ready_is_300s(struct job_facts *f)
{
	starting(f);
	f->uptime_s = 299;
	f->ready_within_ms = 60 * S;
}

static void quiet(struct job_facts *f)
{
	f->quiet_ms = 20 * MIN;
	f->quiet_limit_ms = 15 * MIN;
}

static void not_quiet_yet(struct job_facts *f)
{
	f->quiet_ms = 14 * MIN;
	f->quiet_limit_ms = 15 * MIN;
}

static void bad_word_three_weeks_old(struct job_facts *f)
{
	f->says = "unhealthy";
	f->errors = 12;
}

static void bad_word_this_hour(struct job_facts *f)
{
	f->says = "unhealthy";
	f->errors = 12;
	f->errors_1h = (struct tally){3, 3};
}

static void bad_word_hour_unknown(struct job_facts *f)
{
	f->says = "degraded";
	f->errors = 2;
	f->errors_1h = (struct tally){ABSENT, 0};
}

static void unhealthy_undated(struct job_facts *f)
{
	f->says = "unhealthy";
	f->errors = 7;
	f->errors_5m = f->errors_1h = (struct tally){ABSENT, 0};
}

static void degraded_undated(struct job_facts *f)
{
	unhealthy_undated(f);
	f->says = "degraded";
	f->errors = 2;
}

static void healthy_undated(struct job_facts *f)
{
	unhealthy_undated(f);
	f->says = "healthy";
	f->errors = ABSENT;
}

static void frozen(struct job_facts *f)
{
	f->frozen_s = 75;
}

static void not_alive(struct job_facts *f)
{
	f->live = TRI_FALSE;
}

static void not_alive_by_its_own_word(struct job_facts *f)
{
	five_errors(f);
	f->live = TRI_FALSE;
}

static void neither_ready_nor_alive(struct job_facts *f)
{
	f->live = f->ready = TRI_FALSE;
}

static void not_ready(struct job_facts *f)
{
	f->ready = TRI_FALSE;
	f->not_ready_reason = "no consumer";
}

static void queue_grows_alone(struct job_facts *f)
{
	f->dlq_more_5m = 2;
}

static void lost_to_yarn(struct job_facts *f)
{
	executors_lost(f);
	f->spark.lost_to_yarn_1h = 3;
}

static void lost_to_containers(struct job_facts *f)
{
	executors_lost(f);
	f->spark.lost_to_oom_1h = f->spark.lost_to_container_1h = 1;
}

static void lost_to_both(struct job_facts *f)
{
	lost_to_yarn(f);
	f->spark.lost_to_yarn_1h = 2;
}

static void ui_late(struct job_facts *f)
{
	f->health = silent(3, 5 * S, "http://127.0.0.1:5001");
	f->ui.answer = ANSWER_LATE;
	f->ui.good_at = NOW - 9 * S;
	f->ui.silent_probes = 2;
	f->ui.silent_ms = 5 * S;
}

static void executors_none(struct job_facts *f)
{
	f->has_waiting_work = true;
	f->spark.active = 0;
	f->spark.dead = 2;
}

static void measured_below_one(struct job_facts *f)
{
	f->spark.ratio = 0.6;
	f->spark.basis = BASIS_MEASURED;
}

static void estimated_below_one(struct job_facts *f)
{
	f->spark.ratio = 0.6;
	f->spark.basis = BASIS_ESTIMATE;
}

static void worst_counts(struct job_facts *f)
{
	five_errors(f);
	stale(f);
	executors_lost(f);
	f->ui = silent(3, 12 * S, "http://127.0.0.1:4040");
}

/* clang-format off */
static const struct verdict_case table[] = {
	{"well", nothing, VERDICT_HEALTHY, 0, "last batch 4s ago", "no error in the last hour", NULL},
	{"4 errors", four_errors, VERDICT_DEGRADED, 1, "4 errors in the last 5 minutes", NULL,
	 "look at the errors view: 4 x ServerSelectionTimeoutError; the job says: Retry after 30 "
	 "seconds - Check MongoDB connection"},
	{"5 errors", five_errors, VERDICT_UNHEALTHY, 2, "5 errors in the last 5 minutes",
	 "5 x ServerSelectionTimeoutError", "Check MongoDB"},
	{"at least", at_least_six, VERDICT_UNHEALTHY, 2, "at least 6 errors in the last 5", NULL, "errors view"},
	{"all failed", all_failed, VERDICT_UNHEALTHY, 2, "every batch of the last 5 minutes failed: 1 error",
	 NULL, "errors view"},
	{"none well", none_ended_well_since_start, VERDICT_UNHEALTHY, 2, "every batch", NULL, "errors"},
	{"stale", stale, VERDICT_STALE, 1, "no batch for 6m12 (limit 5m)", "its own word is healthy",
	 "no task runs"},
	{"not stale", just_not_stale, VERDICT_HEALTHY, 0, "last batch 5m ago", NULL, NULL},
	{"starting", starting, VERDICT_INITIALIZING, 0, "started 31s ago, no batch yet", NULL, NULL},
	{"starting long", starting_too_long, VERDICT_STALE, 1, "has not run a batch yet (limit 5m)",
	 NULL, "read its driver's log"},
	{"ready.within", starting_within_ready, VERDICT_INITIALIZING, 0, "no batch yet", NULL, NULL},
	{"at least 300 s", short_ready_is_300s, VERDICT_INITIALIZING, 0, "no batch yet", NULL, NULL},
	{"quiet", quiet, VERDICT_DEGRADED, 1,
	 "quiet: batches run, but none brought a record for 20m (limit 15m)", NULL, "source"},
	{"not quiet", not_quiet_yet, VERDICT_HEALTHY, 0, "last batch", NULL, NULL},
	{"old bad word", bad_word_three_weeks_old, VERDICT_HEALTHY, 0, "last batch",
	 "says unhealthy since start (12 errors), but a full hour without errors contradicts it", NULL},
	{"bad word, hour", bad_word_this_hour, VERDICT_DEGRADED, 1,
	 "says unhealthy; 3 errors in the last hour, none in the last 5 minutes", NULL, "errors view"},
	{"bad word, unknown", bad_word_hour_unknown, VERDICT_DEGRADED, 1,
	 "says degraded since start; no error in the last 5 minutes", NULL, "errors view"},
	{"undated bad", unhealthy_undated, VERDICT_UNHEALTHY, 2,
	 "says unhealthy: 7 errors since start, nothing dates them", NULL, "errors view"},
	{"undated", degraded_undated, VERDICT_DEGRADED, 1, "2 errors since start", NULL, "errors view"},
	{"undated well", healthy_undated, VERDICT_HEALTHY, 0, "last batch", "says healthy", NULL},
	{"frozen", frozen, VERDICT_DEGRADED, 1, "stand still: the same uptime for 1m15", NULL,
	 "proves nothing"},
	{"not ready", not_ready, VERDICT_DEGRADED, 1, "says healthy, but not ready: no consumer", NULL,
	 "/health/ready"},
	{"not alive", not_alive, VERDICT_DEGRADED, 1, "says healthy, but /health/live says that it is not alive",
	 NULL, "http://127.0.0.1:5001/health/live"},
	{"neither", neither_ready_nor_alive, VERDICT_DEGRADED, 1, "is not alive", "not ready", "/health/ready"},
	{"no news", not_alive_by_its_own_word, VERDICT_UNHEALTHY, 2, "5 errors", NULL, "errors view"},
	{"queue alone", queue_grows_alone, VERDICT_DEGRADED, 1, "got 2 entries in 5 minutes", NULL, "dlq view"},
	{"lost to 52", executors_lost, VERDICT_DEGRADED, 1,
	 "3 executors lost to exit 52 (out of memory) in the last hour", NULL,
	 "start it again with spark.executor.memory above 512m"},
	{"lost to YARN", lost_to_yarn, VERDICT_DEGRADED, 1,
	 "3 executors lost to YARN's limit of memory for its container in the last hour", NULL,
	 "start it again with more spark.executor.memoryOverhead"},
	{"lost to a container", lost_to_containers, VERDICT_DEGRADED, 1,
	 "1 executor lost to exit 137 (SIGKILL, possibly its container's limit of memory)", NULL,
	 "memoryOverhead"},
	{"lost to both", lost_to_both, VERDICT_DEGRADED, 1,
	 "3 executors lost to memory (exit 52: 1, YARN's limit: 2, exit 137", NULL,
	 "spark.executor.memory above 512m or lower spark.executor.cores, and more"},
	{"UI late", ui_late, VERDICT_DEGRADED, 1, "no answer to 3 probes in 5s from its health",
	 "its driver's UI http://127.0.0.1:4040 answered 9s ago", "why its health endpoint"},
	{"no executor", executors_none, VERDICT_DEGRADED, 1, "no executor is alive", NULL, "workers"},
	{"measured", measured_below_one, VERDICT_HEALTHY, 1, "last batch", NULL, NULL},
	{"estimated", estimated_below_one, VERDICT_HEALTHY, 0, "last batch", NULL, NULL},
	{"worst first", worst_counts, VERDICT_UNHEALTHY, 2, "5 errors", "no batch for 6m12", "errors view"},
};
/* clang-format on */

static void the_table(void **state)
{
	(void)state;
	check_cases(table, ARRAY_LEN(table));
}

static void dates_tell_since_when(void **state)
{
	struct job_facts f = facts_well();
	struct judgement j;
	struct arena a;

	(void)state;
	arena_init(&a);
	stale(&f);
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, NOW - 72 * S); /* when the limit was passed */
	f = facts_well();
	starting(&f);
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, NOW - 31 * S);
	f = facts_well();
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, ABSENT);
	assert_false(j.is_old);
	arena_release(&a);
}

static void asides_do_not_change_the_verdict(void **state)
{
	struct job_facts f = facts_well();
	struct judgement j;
	struct arena a;

	(void)state;
	arena_init(&a);
	f.heap_pct = 94;
	f.dropped_events = 7;
	f.dlq = (struct probe){.answer = ANSWER_WRONG,
			       .problem = "no such folder",
			       .where = "/x",
			       .good_at = ABSENT};
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.verdict, VERDICT_HEALTHY);
	assert_true(is_said(&j.evidence, "heap 94 % full (mark 90 %)"));
	assert_true(is_said(&j.evidence, "dropped 7 events"));
	assert_true(is_said(&j.evidence, "dead-letter queue /x cannot be read: no such folder"));
	/* what is shown of it is what it held before */
	f.dlq.answer = ANSWER_LATE;
	f.dlq.good_at = NOW - 2 * S;
	verdict_judge(&f, &a, &j);
	assert_true(is_said(&j.evidence,
			    "queue /x: no such folder; what is shown of it was read before"));
	/* one of its files is damaged, the others are read */
	f.dlq = (struct probe){.answer = ANSWER_LATE,
			       .problem = "a.gz is damaged",
			       .where = "/x",
			       .good_at = NOW,
			       .is_partly = true};
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.verdict, VERDICT_HEALTHY);
	assert_true(is_said(&j.evidence, "dead-letter queue /x: a.gz is damaged"));
	assert_false(is_said(&j.evidence, "was read before"));
	arena_release(&a);
}

static void ages_in_words(void **state)
{
	static const int64_t ms[] = {12 * S, 300 * S, 372 * S, 20 * MIN, 120 * MIN};
	static const char *const words[] = {"12s", "5m", "6m12", "20m", "2h"};
	struct arena a;

	(void)state;
	arena_init(&a);
	for (size_t i = 0; i < ARRAY_LEN(ms); i++)
		assert_string_equal(age_words(&a, ms[i]), words[i]);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(dates_tell_since_when),
		cmocka_unit_test(asides_do_not_change_the_verdict),
		cmocka_unit_test(ages_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
