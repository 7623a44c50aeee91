/* The cascade of the crash runbook as one incident, from any subset of its signs. Log lines are
 * those of recorded runs. */
#include "incident_stage.h"

/* --- the picture --- */

static void the_cascade_of_the_runbook(void **state)
{
	struct jvm_row *d = driver(JVM_IS_HUNG);

	(void)state;
	d->parent_pid = 18401;
	d->silent_probes = 20;
	d->silent_ms = 118 * S;
	d->cpu_idle_since = NOW - 90 * S;
	st.f.verdict = VERDICT_HUNG;
	oom(124 * S, "driver");
	mark(123 * S, LOG_KIND_DEAD_SESSION, "job", "Py4J: no answer from the JVM",
	     "ERROR - Retry 2 failed for table AGENTSVES: Py4JNetworkError: Answer from Java side "
	     "is empty");
	mark(116 * S, LOG_KIND_REFUSED, "job", "connection refused",
	     "java.net.ConnectException: Connection refused: localhost/127.0.0.1:40417");
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 124 * S);
	is_text(st.row.root, "OutOfMemoryError: Java heap space");
	is_text(st.row.text, "migration ran out of memory and its retries met a dead session");
	assert_int_equal(st.row.nstory, 3);
	story(0, "OutOfMemoryError: Java heap space", "driver log");
	story(1, "retry 2 used the dead session: Answer from Java side is empty", "job log");
	story(2, "Connection refused 127.0.0.1:40417", "job log");
	is_text(st.row.now, "java 18423 still listens on :4040 :40417, has not answered for 118 s, "
			    "used under 1 % CPU for 90 s");
	is_text(st.row.now_means, "hung");
	is_text(st.row.next_step,
		"kill 18423 (kill -9 if it stays), end its python 18401, see :4040 :40417 free "
		"(ss -ltn), wait 10 s, start it again with spark.driver.memory above 512m, resume "
		"from AGENTSVES");
	assert_int_equal(st.row.events.n, 3);
	is_text(st.row.events.v[0],
		"2026-11-20T14:21:23.000Z OutOfMemoryError: Java heap space (driver log)");
}

/* Recorded: a task of local mode wants 400 MB twice, Spark 3.5: exit 52, four refused retries. */
static void a_dead_driver_and_its_retries(void **state)
{
	static const char *const attempts[] = {
		"ERROR - Attempt 1 failed for table AGENTSVES: ConnectionRefusedError: [Errno 111] "
		"Connection refused",
		"ERROR - Attempt 2 failed for table AGENTSVES: ConnectionRefusedError: [Errno 111] "
		"Connection refused",
		"ERROR - Attempt 3 failed for table AGENTSVES: ConnectionRefusedError: [Errno 111] "
		"Connection refused",
		"ERROR - Attempt 4 failed for table AGENTSVES: ConnectionRefusedError: [Errno 111] "
		"Connection refused"};
	struct jvm_row *d = driver(JVM_IS_DEAD);

	(void)state;
	d->exit_code = 52;
	d->state_since = NOW - 119 * S;
	d->parent_pid = 18401;
	st.f.verdict = VERDICT_CRASHED;
	oom(120 * S, "driver");
	oom(120 * S, "driver");
	mark(120 * S, LOG_KIND_DEAD_SESSION, "driver", "Py4J: the JVM died while it failed",
	     "py4j.protocol.Py4JJavaError: <exception str() failed>");
	for (size_t i = 0; i < 4; i++)
		mark((118 - (int64_t)i * 5) * S, LOG_KIND_REFUSED, "job", "connection refused",
		     attempts[i]);
	open_now();
	is_text(st.row.text, "migration ran out of memory and its retries met a dead session");
	story(0, "OutOfMemoryError: Java heap space (2 x)", "driver log");
	story(1, "Py4J: the JVM died while it failed", "driver log");
	story(2, "java 18423 ended with exit code 52: out of memory", "process");
	story(3, "Connection refused", "job log");
	story(4, "retry 2 used the dead session: Connection refused", "job log");
	story(6, "retry 4 used the dead session: Connection refused", "job log");
	assert_int_equal(st.row.nstory, 7);
	is_text(st.row.now,
		"java 18423 is dead, its python 18401 lives and retries on the dead session");
	is_text(st.row.now_means, "dead");
	is_text(st.row.next_step,
		"end python 18401 (kill 18401): java 18423 is dead already and goes with it, "
		"wait 10 s, start it again with spark.driver.memory above 512m, resume from "
		"AGENTSVES");
}

/* More than the kept marks hold lies between the root and what is kept of its retries. */
static void a_root_of_two_hours_ago(void **state)
{
	struct jvm_row *d = driver(JVM_IS_HUNG);

	(void)state;
	d->started_at = NOW - 300 * MIN;
	st.f.verdict = VERDICT_HUNG;
	mark(120 * MIN, LOG_KIND_OOM, "driver", "OutOfMemoryError: Java heap space",
	     "java.lang.OutOfMemoryError: Java heap space")
		->story_to = NOW - 51 * MIN;
	for (int64_t ago = 50; ago >= 0; ago -= 5)
		mark(ago * MIN, LOG_KIND_DEAD_SESSION, "job", "Py4J: no answer from the JVM",
		     "Answer from Java side is empty");
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 120 * MIN);
	is_text(st.row.root, "OutOfMemoryError: Java heap space");
}

/* --- any subset of signs --- */

static void the_exit_code_alone(void **state)
{
	static const struct {
		int64_t code, kills;
		const char *root; /* NULL: no incident */
	} table[] = {
		{52, ABSENT, "driver exit code 52: out of memory"},
		{3, ABSENT, "driver exit code 3: ended itself on OutOfMemoryError"},
		{137, 1, "driver killed by the kernel: its memory limit was reached"},
		{137, 0, NULL},
		{143, ABSENT, NULL},
		{0, ABSENT, NULL},
		{ABSENT, ABSENT, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct jvm_row *d;

		begin(state);
		d = driver(JVM_IS_DEAD);
		d->exit_code = table[i].code;
		d->oom_kills_seen = table[i].kills;
		d->state_since = NOW - 5 * S;
		st.f.verdict = VERDICT_CRASHED;
		look();
		assert_int_equal(st.n, table[i].root != NULL);
		if (table[i].root) {
			is_text(st.row.root, table[i].root);
			is_text(st.row.text,
				"migration ran out of memory and its driver died of it");
			is_text(st.row.now, "java 18423 is dead");
			assert_int_equal(st.row.opened_at, NOW - 5 * S);
			has(st.row.next_step, "wait 10 s, start it again");
		}
		end(state);
	}
	begin(state);
}

static void a_driver_that_is_gone(void **state)
{
	(void)state;
	snprintf(st.known.id, sizeof(st.known.id), "18423@77");
	st.known.pid = 18423;
	st.known.python_pid = 18401;
	st.known.exit_code = 52;
	st.known.gone_at = NOW - 30 * S;
	st.f.verdict = VERDICT_CRASHED;
	open_now();
	is_text(st.row.now, "java 18423 is gone for 30 s");
	is_text(st.row.now_means, "crashed");
	is_text(st.row.next_step, "see that python 18401 has ended, wait 10 s, start it again with "
				  "more spark.driver.memory");
}

static void the_log_alone(void **state)
{
	(void)state;
	st.f.verdict = VERDICT_UNKNOWN;
	oom(20 * S, "job");
	mark(19 * S, LOG_KIND_DEAD_SESSION, "job", "Py4J: no answer from the JVM",
	     "py4j.protocol.Py4JNetworkError: Answer from Java side is empty");
	open_now();
	is_text(st.row.now, "its JVM cannot be seen from here");
	is_text(st.row.now_means, "unknown");
	has(st.row.next_step, "log in where its driver runs and end what is left of it, wait 10 s");
}

static void its_own_count_alone(void **state)
{
	(void)state;
	st.f.verdict = VERDICT_UNHEALTHY;
	st.job.crash_type = "OutOfMemoryError";
	st.job.crash_at = NOW - MIN;
	st.job.ui = (struct probe){.answer = ANSWER_REFUSED, .where = "http://10.0.0.7:4040"};
	open_now();
	story(0, "OutOfMemoryError", "health");
	is_text(st.row.now, "nothing listens at http://10.0.0.7:4040");
	st.job.ui.answer = ANSWER_SILENT;
	st.job.ui.silent_probes = 12;
	st.job.ui.silent_ms = 24 * S;
	open_now();
	is_text(st.row.now, "http://10.0.0.7:4040 has not answered 12 probes in 24 s");
	st.job.ui.answer = ANSWER_NONE;
	st.job.health = (struct probe){.answer = ANSWER_GOOD, .where = "http://10.0.0.7:5001"};
	open_now();
	is_text(st.row.now, "http://10.0.0.7:5001 answers; its JVM cannot be seen from here");
	st.job.crash_type = "Py4JNetworkError"; /* without a root it would be another incident */
	incidents_forget(st.memory);
	look();
	assert_int_equal(st.n, 0);
}

/* Retries that no log tells of, by the types that the job counted. */
static void consequences_by_its_own_count(void **state)
{
	struct error_row rows[3];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		field_clear_row(&schema_error, &rows[i]);
	rows[0].type = rows[0].alias = t("OutOfMemoryError");
	rows[1].type = t("ConnectionRefusedError");
	rows[1].alias = t("ConnectionRefusedError");
	rows[1].count_1h = 5;
	rows[1].last_at = NOW - 20 * S;
	rows[2].type = rows[2].alias = t("Py4JNetworkError");
	rows[2].count = 1;
	rows[2].last_at = NOW - 58 * S;
	st.f.errors = rows;
	st.f.nerrors = 3;
	st.f.verdict = VERDICT_UNHEALTHY;
	st.job.crash_type = "OutOfMemoryError";
	st.job.crash_at = NOW - MIN;
	open_now();
	is_text(st.row.text, "migration ran out of memory and its retries met a dead session");
	story(1, "Py4JNetworkError", "health");
	story(2, "ConnectionRefusedError (the last of 5)", "health");
	/* a log tells it better */
	mark(55 * S, LOG_KIND_REFUSED, "job", "connection refused", "Connection refused");
	open_now();
	assert_int_equal(st.row.nstory, 2);
	/* from before it began: of another story */
	st.f.nmarks = 0;
	rows[1].last_at = rows[2].last_at = NOW - 10 * MIN;
	open_now();
	is_text(st.row.text, "migration ran out of memory");
}

static void nothing_of_it_is_no_incident(void **state)
{
	(void)state;
	st.f.verdict = VERDICT_CRASHED;
	look();
	assert_int_equal(st.n, 0);
	mark(20 * S, LOG_KIND_REFUSED, "job", "connection refused", "Connection refused");
	mark(20 * S, LOG_KIND_DEPENDENCY, "job", "MongoDB does not answer", "...");
	driver(JVM_IS_HUNG);
	look();
	assert_int_equal(st.n, 0);
}

/* --- executors --- */

static void executors_count_when_the_job_fails(void **state)
{
	(void)state;
	st.job.spark.lost_to_oom_1h = 6;
	st.job.spark.last_lost_at = NOW - 40 * S;
	st.job.spark.configured_bytes = 512 * MIB;
	st.f.verdict = VERDICT_DEGRADED; /* lost, replaced, and on it goes */
	look();
	assert_int_equal(st.n, 0);
	oom(50 * S, "executor 3");
	look();
	assert_int_equal(st.n, 0);
	st.f.verdict = VERDICT_CRASHED;
	open_now();
	is_text(st.row.text, "migration lost executors to memory");
	story(0, "OutOfMemoryError: Java heap space", "executor 3 log");
	story(1, "6 executors lost to exit code 52 within the hour", "spark");
	has(st.row.next_step, "spark.executor.memory above 512m");
	st.f.nmarks = 0;
	incidents_forget(st.memory);
	open_now();
	is_text(st.row.root, "6 executors lost to exit code 52: out of memory");
	assert_int_equal(st.row.nstory, 1);
	driver(JVM_IS_DEAD)->exit_code = 52; /* local mode: its executor is the driver */
	oom(50 * S, "executor driver");
	incidents_forget(st.memory);
	open_now();
	has(st.row.text, "ran out of memory");
}

/* Events stand in order of time: what is told first is where it began, and since
 * then it is open. */
static void it_begins_with_what_happened_first(void **state)
{
	(void)state;
	st.f.verdict = VERDICT_UNHEALTHY;
	mark(125 * S, LOG_KIND_REFUSED, "job", "connection refused", "Connection refused");
	mark(124 * S, LOG_KIND_EXECUTOR_LOST, "job", "executor lost: exit 52", "exit 52")
		->exit_code = 52;
	oom(119 * S, "job");
	mark(118 * S, LOG_KIND_DEAD_SESSION, "job", "Py4J: connection broken", "...");
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 124 * S);
	is_text(st.row.root, "executor lost: exit 52");
	story(0, "executor lost: exit 52", "job log");
	story(1, "Connection refused", "job log"); /* of before: another clock */
	story(2, "OutOfMemoryError: Java heap space", "job log");
	story(3, "Py4J: connection broken", "job log");
	/* executors that went just before are its beginning, those of long before are not of it */
	st.job.spark.lost_to_oom_1h = 3;
	st.job.spark.last_lost_at = NOW - 4 * MIN;
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 4 * MIN);
	story(0, "3 executors lost to exit code 52 within the hour", "spark");
	story(2, "executor lost: exit 52", "job log");
	incidents_forget(st.memory);
	st.job.spark.last_lost_at = NOW - 40 * MIN;
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 124 * S);
	assert_int_equal(st.row.nstory, 4);
}

static void lose(int64_t ago, int64_t last, int64_t n)
{
	struct log_mark_row *m = mark(ago, LOG_KIND_EXECUTOR_LOST, "driver",
				      "executor lost: exit 52", "Lost executor 4: code 52");

	m->exit_code = 52;
	m->last_at = NOW - last;
	m->count = n;
}

/* What Spark lists and what the log tells is one loss when the last of both is of one second. */
static void a_loss_is_told_once(void **state)
{
	(void)state;
	st.f.verdict = VERDICT_CRASHED;
	st.job.spark.lost_to_oom_1h = 3;
	st.job.spark.last_lost_at = NOW - 40 * S + 799;
	oom(60 * S, "executor 3");
	lose(58 * S, 40 * S, 3);
	open_now();
	assert_int_equal(st.row.nstory, 2);
	story(1, "executor lost: exit 52 (3 x)", "driver log");
	st.job.spark.lost_to_oom_1h = 6; /* it knows of more */
	open_now();
	assert_int_equal(st.row.nstory, 3);
	st.job.spark.lost_to_oom_1h = 3;
	st.job.spark.last_lost_at = NOW - 10 * S; /* another one */
	open_now();
	assert_int_equal(st.row.nstory, 3);
	/* the same where no line speaks of memory */
	st.f.nmarks = 0;
	incidents_forget(st.memory);
	st.job.spark.last_lost_at = NOW - 40 * S + 799;
	lose(58 * S, 40 * S, 3);
	open_now();
	assert_int_equal(st.row.nstory, 1);
	story(0, "executor lost: exit 52 (3 x)", "driver log");
	assert_int_equal(st.row.opened_at, NOW - 58 * S);
}

/* Two consoles that were started a while apart say the same: what the first answers of a start
 * brought is no memory. */
static void all_consoles_open_it_at_once(void **state)
{
	(void)state;
	st.f.verdict = VERDICT_UNHEALTHY;
	st.job.crash_type = "OutOfMemoryError";
	st.job.crash_at = NOW - 9 * MIN;
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 9 * MIN);
	oom(2 * MIN, "driver"); /* its log was read a moment later */
	st.f.at += 2 * S;
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 2 * MIN);
	is_text(st.row.root, "OutOfMemoryError: Java heap space");
	/* from then on the earliest stays */
	st.f.at += 30 * S;
	open_now();
	st.f.nmarks = 0;
	st.job.crash_type = NULL;
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 2 * MIN);
	is_text(st.row.root, "OutOfMemoryError: Java heap space");
}

/* Whose memory was short gets more: by the exit codes of executors, or the driver's own sign. */
static void memory_by_what_was_lost(void **state)
{
	(void)state;
	st.job.spark.lost_to_oom_1h = 3;
	st.job.spark.last_lost_at = NOW - 40 * S;
	st.job.spark.configured_bytes = 512 * MIB;
	st.f.verdict = VERDICT_UNHEALTHY;
	driver(JVM_IS_BUSY);
	mark(50 * S, LOG_KIND_OOM, "job", "OutOfMemoryError: Java heap space",
	     "java.lang.OutOfMemoryError: Java heap space");
	open_now();
	is_text(st.row.next_step, "start it again with spark.executor.memory above 512m or lower "
				  "spark.executor.cores");
	mark(45 * S, LOG_KIND_EXECUTOR_LOST, "driver", "executor lost", "...")->exit_code = 137;
	open_now();
	has(st.row.next_step, "spark.executor.memoryOverhead");
	mark(44 * S, LOG_KIND_EXECUTOR_LOST, "driver", "executor lost", "...")->exit_code = 56;
	open_now();
	has(st.row.next_step, "garbage collection of its executors first");
	hasnt(st.row.next_step, "spark.driver.memory");
	driver(JVM_IS_HUNG);
	open_now();
	has(st.row.next_step, "kill 18423");
	has(st.row.next_step, "with spark.executor.memory above 512m");
	/* the driver's own sign beats theirs */
	driver(JVM_IS_DEAD)->exit_code = 52;
	open_now();
	has(st.row.next_step, "spark.driver.memory above 512m");
	hasnt(st.row.next_step, "spark.executor");
	end(state);
	begin(state);
	st.f.verdict = VERDICT_UNHEALTHY;
	mark(50 * S, LOG_KIND_OOM, "driver", "OutOfMemoryError: Java heap space",
	     "Lost task 1.0 in stage 0.0 (TID 3) (10.0.0.4 executor 2): "
	     "java.lang.OutOfMemoryError: Java heap space");
	driver(JVM_IS_BUSY);
	open_now();
	has(st.row.next_step, "spark.executor.memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INCIDENT_TEST(the_cascade_of_the_runbook),
		INCIDENT_TEST(a_dead_driver_and_its_retries),
		INCIDENT_TEST(a_root_of_two_hours_ago),
		INCIDENT_TEST(the_exit_code_alone),
		INCIDENT_TEST(a_driver_that_is_gone),
		INCIDENT_TEST(the_log_alone),
		INCIDENT_TEST(its_own_count_alone),
		INCIDENT_TEST(consequences_by_its_own_count),
		INCIDENT_TEST(nothing_of_it_is_no_incident),
		INCIDENT_TEST(executors_count_when_the_job_fails),
		INCIDENT_TEST(it_begins_with_what_happened_first),
		INCIDENT_TEST(all_consoles_open_it_at_once),
		INCIDENT_TEST(a_loss_is_told_once),
		INCIDENT_TEST(memory_by_what_was_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
