/* test_verdict.c - facts in, verdict with evidence out: the table of verdicts line by line. */
/* long: one table of cases and the small changes it names */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/verdict.h"

enum { S = 1000, MIN = 60 * S, NOW = 30000 * MIN };

/* A job that is well: health and UI answer, last batch 4 s ago, no error within the hour. */
static struct job_facts well(void)
{
	static const struct probe health = {
		.answer = ANSWER_GOOD, .where = "http://127.0.0.1:5001", .good_at = NOW};
	static const struct probe ui = {
		.answer = ANSWER_GOOD, .where = "http://127.0.0.1:4040", .good_at = NOW};

	struct executors_summary spark = {
		.active = 2, .configured_bytes = ABSENT, .ratio = ABSENT_REAL, .basis = -1};

	return (struct job_facts){.at = NOW,
				  .stale_after_ms = 300 * S,
				  .ready_within_ms = ABSENT,
				  .trigger_interval_ms = ABSENT,
				  .health = health,
				  .ui = ui,
				  .says = "healthy",
				  .start_time = NOW - 45 * MIN,
				  .batches = 100,
				  .records = 15000,
				  .errors = 0,
				  .last_batch_at = NOW - 4 * S,
				  .last_batch_age_s = 4,
				  .uptime_s = 2700,
				  .frozen_s = ABSENT_REAL,
				  .ready = TRI_TRUE,
				  .crash_at = ABSENT,
				  .watched_since = NOW - 30 * MIN,
				  .quiet_ms = ABSENT,
				  .quiet_limit_ms = ABSENT,
				  .has_app = true,
				  .heap_pct = ABSENT_REAL,
				  .spark = spark};
}

static struct probe silent(int64_t probes, int64_t ms, const char *where)
{
	return (struct probe){.answer = ANSWER_SILENT,
			      .where = where,
			      .good_at = ABSENT,
			      .silent_probes = probes,
			      .silent_ms = ms};
}

static struct probe refused(const char *where)
{
	return (struct probe){.answer = ANSWER_REFUSED,
			      .where = where,
			      .good_at = ABSENT,
			      .problem = "connection refused"};
}

typedef void change_fn(struct job_facts *f);

static void nothing(struct job_facts *f)
{
	(void)f;
}

static void errors_now(struct job_facts *f, int64_t in_5m)
{
	f->errors = f->errors_5m.n = f->errors_5m.at_least = in_5m;
	f->errors_1h = f->errors_5m;
	f->top_type = "ServerSelectionTimeoutError";
	f->top_when = "in the last hour";
	f->top_count = in_5m;
	f->top_advice = "the job says: Retry after 30 seconds - Check MongoDB connection";
	f->says = "degraded";
}

static void four_errors(struct job_facts *f)
{
	errors_now(f, 4);
}

static void five_errors(struct job_facts *f)
{
	errors_now(f, 5);
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

static void frozen(struct job_facts *f)
{
	f->frozen_s = 75;
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

static void executors_lost(struct job_facts *f)
{
	f->spark.lost_to_oom_1h = 3;
	f->spark.configured_bytes = 512 << 20;
	f->spark.basis = BASIS_DISPROVED;
}

static void executors_none(struct job_facts *f)
{
	f->has_waiting_work = true;
	f->spark.active = 0;
	f->spark.dead = 2;
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
	driver_silent(f);
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
static const struct {
	const char *name;
	change_fn *change;
	enum verdict verdict;
	int exit_class;
	const char *evidence; /* within the first sentence */
	const char *also;     /* within some sentence, or NULL */
	const char *next;     /* within the next step; NULL: there is none */
} table[] = {
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
	{"driver gone", driver_gone, VERDICT_DEGRADED, 1, "says healthy, but its driver is gone",
	 "nothing listens at its driver's UI http://127.0.0.1:4040",
	 "check that its driver runs: nothing listens on 127.0.0.1:4040"},
	{"driver silent", driver_silent, VERDICT_DEGRADED, 1, "its driver is gone",
	 "no answer to 3 probes in 12s", "127.0.0.1:4040 is silent"},
	{"health gone", health_gone, VERDICT_DEGRADED, 1, "nothing listens at its health endpoint",
	 "its driver's UI http://127.0.0.1:4040 answers", "driver's log"},
	{"health html", health_is_html, VERDICT_DEGRADED, 1, "not usable: answers HTML", NULL, "log"},
	{"frozen", frozen, VERDICT_DEGRADED, 1, "stand still: the same uptime for 1m15", NULL,
	 "proves nothing"},
	{"not ready", not_ready, VERDICT_DEGRADED, 1, "says healthy, but not ready: no consumer", NULL,
	 "/health/ready"},
	{"queue alone", queue_grows_alone, VERDICT_DEGRADED, 1, "got 2 entries in 5 minutes", NULL, "dlq view"},
	{"lost to 52", executors_lost, VERDICT_DEGRADED, 1,
	 "3 executors lost to exit 52 (out of memory) in the last hour", NULL,
	 "start it again with spark.executor.memory above 512m"},
	{"no executor", executors_none, VERDICT_DEGRADED, 1, "no executor is alive", NULL, "workers"},
	{"ui only", ui_only, VERDICT_HEALTHY, 0, "its driver's UI shows nothing wrong", NULL, NULL},
	{"ui, stages", ui_only_failed_stages, VERDICT_DEGRADED, 1, "1 stage failed", NULL, "/stages/"},
	{"refused", both_refused, VERDICT_UNREACHABLE, 2, "connection refused",
	 "its process cannot be seen from here", "check that it runs: nothing listens on 127.0.0.1:5001"},
	{"silent", both_silent, VERDICT_UNREACHABLE, 3, "no answer to 3 probes in 12s", NULL,
	 "127.0.0.1:5001 is silent"},
	{"silent long", silent_for_long, VERDICT_UNREACHABLE, 2, "no answer to 40 probes in 5m01", NULL,
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
	{"measured", measured_below_one, VERDICT_HEALTHY, 1, "last batch", NULL, NULL},
	{"estimated", estimated_below_one, VERDICT_HEALTHY, 0, "last batch", NULL, NULL},
	{"driver oom", driver_died_of_memory, VERDICT_CRASHED, 2, "its driver is gone: nothing listens",
	 "its Python still answers and says unhealthy", "raise spark.driver.memory"},
	{"executors, driver", executors_then_driver, VERDICT_CRASHED, 2, "its driver is gone",
	 "3 executors lost to exit 52", "spark.executor.memory"},
	{"no ui", batches_go_on_without_ui, VERDICT_DEGRADED, 1, "its driver is gone", NULL, "check that"},
	{"other refused", another_service_refused, VERDICT_DEGRADED, 1, "its driver is gone", NULL, "check"},
	{"health not asked", ui_before_health, VERDICT_UNKNOWN, 3, "waiting for the first answer", NULL, NULL},
	{"worst first", worst_counts, VERDICT_UNHEALTHY, 2, "5 errors", "no batch for 6m12", "errors view"},
};
/* clang-format on */

static bool has_sentence(const struct texts *evidence, const char *part)
{
	for (size_t i = 0; i < evidence->n; i++) {
		if (strstr(text_str(evidence->v[i]), part))
			return true;
	}
	return false;
}

static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct job_facts f = well();
		struct judgement j;
		struct arena a;

		arena_init(&a);
		table[i].change(&f);
		verdict_judge(&f, &a, &j);
		if (j.verdict != table[i].verdict || !j.evidence.n ||
		    !strstr(text_str(j.evidence.v[0]), table[i].evidence))
			fail_msg("%s: %s, because: %s", table[i].name, verdict_names[j.verdict],
				 j.evidence.n ? text_str(j.evidence.v[0]) : "nothing");
		if (table[i].also && !has_sentence(&j.evidence, table[i].also))
			fail_msg("%s: nobody says \"%s\"", table[i].name, table[i].also);
		if (j.exit_class != table[i].exit_class)
			fail_msg("%s: exit %d", table[i].name, (int)j.exit_class);
		if (!table[i].next != !j.next ||
		    (j.next && !strstr(text_str(j.next), table[i].next)))
			fail_msg("%s: next: %s", table[i].name, j.next ? text_str(j.next) : "-");
		arena_release(&a);
	}
}

static void no_evidence_is_said_twice_or_without_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct job_facts f = well();
		struct judgement j;
		struct arena a;

		arena_init(&a);
		table[i].change(&f);
		verdict_judge(&f, &a, &j);
		for (size_t k = 0; k < j.evidence.n; k++) {
			const char *line = text_str(j.evidence.v[k]);

			assert_null(strstr(line, "(null)"));
			assert_null(strstr(line, "-9223372036854775808"));
			assert_null(strchr(line, '!'));
			for (size_t m = k + 1; m < j.evidence.n; m++)
				assert_string_not_equal(line, text_str(j.evidence.v[m]));
		}
		arena_release(&a);
	}
}

static void dates_tell_since_when(void **state)
{
	struct job_facts f = well();
	struct judgement j;
	struct arena a;

	(void)state;
	arena_init(&a);
	stale(&f);
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, NOW - 72 * S); /* when the limit was passed */
	f = well();
	both_silent(&f);
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, NOW - 12 * S);
	assert_true(j.is_old);
	f = well();
	starting(&f);
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, NOW - 31 * S);
	f = well();
	verdict_judge(&f, &a, &j);
	assert_int_equal(j.since, ABSENT);
	assert_false(j.is_old);
	late_once(&f);
	verdict_judge(&f, &a, &j);
	assert_true(j.is_old);
	arena_release(&a);
}

static void asides_do_not_change_the_verdict(void **state)
{
	struct job_facts f = well();
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
	assert_true(has_sentence(&j.evidence, "heap 94 % full (mark 90 %)"));
	assert_true(has_sentence(&j.evidence, "dropped 7 events"));
	assert_true(
		has_sentence(&j.evidence, "dead-letter queue /x cannot be read: no such folder"));
	/* what is shown of it is what it held before */
	f.dlq.answer = ANSWER_LATE;
	f.dlq.good_at = NOW - 2 * S;
	verdict_judge(&f, &a, &j);
	assert_true(has_sentence(&j.evidence,
				 "queue /x: no such folder; what is shown of it was read before"));
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
		cmocka_unit_test(no_evidence_is_said_twice_or_without_words),
		cmocka_unit_test(dates_tell_since_when),
		cmocka_unit_test(asides_do_not_change_the_verdict),
		cmocka_unit_test(ages_in_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
