/* The life of an incident: what became of the process decides, what belongs together, when it is
 * over, and what a person can do meanwhile. */
#include "incident_stage.h"

/* --- the process decides --- */

static void the_verdict_follows_the_process(void **state)
{
	static const struct {
		int verdict;
		const char *title, *now;
	} table[] = {
		{JVM_IS_HUNG, "ran out of memory and its driver hangs",
		 "java 18423 still listens on :4040 :40417"},
		{JVM_IS_STOPPED, "ran out of memory and its driver hangs",
		 "java 18423 still listens on :4040 :40417"},
		{JVM_IS_THRASHING, "ran out of memory and its driver only collects garbage",
		 "java 18423 collects garbage without end, uses 170 % CPU"},
		{JVM_IS_STRANDED, "ran out of memory and its SparkContext is stopped",
		 "still listens on :4040 :40417, but its SparkContext is stopped"},
		{JVM_IS_ORPHAN, "ran out of memory and its driver outlives its Python",
		 "still listens on :4040 :40417, its Python is gone"},
		{JVM_IS_UNKNOWN, "ran out of memory",
		 "java 18423 still listens on :4040 :40417, uses 170 % CPU"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		begin(state);
		driver(table[i].verdict)->cpu_pct = 170;
		st.f.verdict = VERDICT_DEGRADED;
		oom(20 * S, "driver");
		open_now();
		has(st.row.text, table[i].title);
		has(st.row.now, table[i].now);
		hasnt(st.row.text, "died");
		hasnt(st.row.now, "dead");
		if (table[i].verdict != JVM_IS_UNKNOWN)
			is_text(st.row.now_means, jvm_verdict_names[table[i].verdict]);
		end(state);
	}
	begin(state);
}

static void a_driver_often_recovers(void **state)
{
	struct jvm_row *d = driver(JVM_IS_BUSY);

	(void)state;
	d->cpu_pct = 40;
	oom(20 * S, "driver");
	mark(19 * S, LOG_KIND_DEAD_SESSION, "job", "Py4J: no answer from the JVM",
	     "Answer from Java side is empty");
	open_now(); /* too fresh to say */
	is_text(st.row.now, "java 18423 works, uses 40 % CPU");
	st.f.at += 60 * S;
	look();
	assert_int_equal(st.n, 1);
	assert_int_equal(st.row.closed_at, NOW - 19 * S);
	is_text(st.row.text, "migration ran out of memory and recovered");
	is_text(st.row.now_means, "recovered");
	assert_string_equal(st.memory[0].over,
			    "incident over: java 18423 works, no further sign of it for 79 s; it "
			    "began with OutOfMemoryError: Java heap space");
	look(); /* said once */
	assert_string_equal(st.memory[0].over, "");
	is_text(st.row.next_step, "nothing now; start it with spark.driver.memory above 512m next "
				  "time, or it comes back");
	/* the same line, but the process got stuck: it was not over */
	d->verdict = JVM_IS_THRASHING;
	look();
	assert_int_equal(st.n, 1);
	assert_true(is_absent(st.row.closed_at));
	assert_int_equal(st.row.opened_at, NOW - 20 * S);
}

/* What works is not ended; nor what collects garbage for a moment only. */
static void what_may_recover_is_watched(void **state)
{
	static const int watched[] = {JVM_IS_BUSY, JVM_IS_IDLE, JVM_IS_UNKNOWN},
			 ended[] = {JVM_IS_HUNG, JVM_IS_STRANDED, JVM_IS_ORPHAN, JVM_IS_STOPPED};

	(void)state;
	oom(20 * S, "driver");
	for (size_t i = 0; i < ARRAY_LEN(watched); i++) {
		driver(watched[i]);
		open_now();
		has(st.row.next_step, "watch java 18423, end nothing");
		has(st.row.next_step, "it recovered when its UI answers");
		has(st.row.next_step, "it hangs");
		hasnt(st.row.next_step, "kill");
	}
	for (size_t i = 0; i < ARRAY_LEN(ended); i++) {
		driver(ended[i]);
		open_now();
		has(st.row.next_step, "kill 18423 (kill -9 if it stays), see :4040");
	}
	driver(JVM_IS_THRASHING);
	st.f.since = NOW - 30 * S;
	open_now();
	has(st.row.next_step, "watch java 18423, end nothing yet");
	hasnt(st.row.next_step, "kill");
	st.f.since = NOW - 3 * MIN;
	open_now();
	has(st.row.next_step, "kill 18423");
}

/* One at which connections wait that nobody accepts, and which has not answered since, is not left
 * to recover: that is said before it is proved to hang. */
static void what_is_deaf_is_not_watched(void **state)
{
	struct jvm_row *d = driver(JVM_IS_IDLE);

	(void)state;
	oom(5 * MIN, "driver");
	st.f.verdict = VERDICT_UNHEALTHY;
	st.job.ui = (struct probe){.answer = ANSWER_WAITING, .where = "http://127.0.0.1:4040"};
	st.job.last_batch_at = NOW - 7 * MIN;
	st.ports[0].queue = 2;
	open_now();
	has(st.row.next_step, "kill 18423 (kill -9 if it stays), see :4040");
	hasnt(st.row.now, "works");
	is_text(st.row.now_means, "silent");
	/* a batch since, an answer, or a port that takes connections: it may have recovered */
	st.job.last_batch_at = NOW - MIN;
	open_now();
	has(st.row.next_step, "watch java 18423");
	has(st.row.now, "java 18423 works");
	st.job.last_batch_at = NOW - 7 * MIN;
	st.job.ui.answer = ANSWER_GOOD;
	open_now();
	has(st.row.next_step, "watch java 18423");
	st.job.ui.answer = ANSWER_SILENT;
	st.ports[0].queue = 0;
	open_now();
	has(st.row.next_step, "watch java 18423");
	d->verdict = JVM_IS_BUSY;
	st.ports[0].queue = 2;
	open_now();
	has(st.row.next_step, "watch java 18423");
}

static void another_driver_ends_it(void **state)
{
	struct jvm_row *d = driver(JVM_IS_BUSY);

	(void)state;
	oom(90 * S, "driver");
	d->pid = 20001;
	d->started_at = NOW - 60 * S;
	st.job.ui.answer = ANSWER_SILENT;
	open_now(); /* which has to prove itself */
	st.job.ui.answer = ANSWER_GOOD;
	look();
	assert_int_equal(st.n, 1);
	assert_int_equal(st.row.closed_at, NOW - 60 * S);
	is_text(st.row.text, "migration ran out of memory; a new driver runs");
	is_text(st.row.now_means, "started again");
	is_text(st.row.ended_by, "a new driver runs, java 20001");
	story(1, "a new driver: java 20001", "process");
	assert_false(st.row.story[1].is_bad);
	/* and runs out of memory again: that is a new one */
	oom(10 * S, "driver");
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 10 * S);
}

static void a_new_session_ends_it_where_no_process_is_seen(void **state)
{
	(void)state;
	oom(90 * S, "job");
	mark(89 * S, LOG_KIND_REFUSED, "job", "connection refused", "Connection refused");
	mark(79 * S, LOG_KIND_RETRY, "job", "retry", "Retrying in 10 seconds...");
	open_now();
	story(2, "retry", "job log");
	mark(60 * S, LOG_KIND_RECOVERED, "job", "new Spark session",
	     "Spark session initialized successfully");
	look();
	assert_int_equal(st.n, 1);
	assert_int_equal(st.row.closed_at, NOW - 60 * S);
	story(3, "new Spark session", "job log");
	is_text(st.row.ended_by, "a new Spark session by its job log");
	/* without such a line only five quiet minutes tell */
	st.f.nmarks--;
	incidents_forget(st.memory);
	open_now();
	st.f.at += 5 * MIN;
	look();
	assert_int_equal(st.row.closed_at, NOW - 89 * S);
	is_text(st.row.ended_by, "no further sign of it for 6m29, the job is healthy");
}

/* --- what belongs together --- */

static void an_old_error_is_not_todays_root(void **state)
{
	(void)state;
	oom(3 * 60 * MIN, "driver");
	driver(JVM_IS_BUSY)->started_at = NOW - 24 * 60 * MIN;
	look(); /* over for long */
	assert_int_equal(st.n, 0);
	st.f.at += 60 * S;
	st.f.since = st.f.at; /* seen to begin now */
	st.f.verdict = VERDICT_HUNG;
	st.driver.verdict = JVM_IS_HUNG;
	look();
	assert_int_equal(st.n, 0);
	incidents_forget(st.memory); /* hung when we came: then they may belong together */
	open_now();
	incidents_forget(st.memory);
	st.marks[0].at = NOW - 25 * 60 * MIN;
	st.driver.started_at = NOW - 50 * 60 * MIN;
	look();
	assert_int_equal(st.n, 0);
}

static void what_it_began_with_is_kept(void **state)
{
	(void)state;
	driver(JVM_IS_HUNG);
	st.f.verdict = VERDICT_HUNG;
	oom(20 * S, "driver");
	open_now();
	st.f.nmarks = 0; /* two hundred newer marks later */
	st.f.at += 2 * 60 * MIN;
	open_now();
	assert_int_equal(st.row.opened_at, NOW - 20 * S);
	is_text(st.row.root, "OutOfMemoryError: Java heap space");
}

static void one_that_is_over_leaves_and_stays_away(void **state)
{
	(void)state;
	driver(JVM_IS_BUSY);
	oom(40 * S, "driver");
	look();
	assert_int_equal(st.row.closed_at, NOW - 40 * S);
	st.f.at = NOW - 40 * S + INCIDENT_KEPT_MS;
	look();
	assert_int_equal(st.n, 1);
	st.f.at++;
	look();
	assert_int_equal(st.n, 0);
	st.f.nmarks = 0;
	look();
	assert_int_equal(st.n, 0);
	/* a later one is another one */
	oom(-20 * MIN, "driver");
	st.f.at = NOW + 20 * MIN + S;
	open_now();
	assert_int_equal(st.row.opened_at, NOW + 20 * MIN);
}

/* Executors that were lost are no incident once the job goes on: it does not leave without a word,
 * and what was over when we came is no news. */
static void none_ends_without_a_word(void **state)
{
	(void)state;
	st.job.spark.lost_to_oom_1h = 3;
	st.job.spark.last_lost_at = NOW - 20 * S;
	st.f.verdict = VERDICT_UNHEALTHY;
	open_now();
	st.f.verdict = VERDICT_DEGRADED;
	st.f.at += 2 * S; /* the other answers of the start */
	look();
	assert_int_equal(st.n, 0);
	assert_string_equal(st.memory[0].over, "");
	st.f.verdict = VERDICT_UNHEALTHY;
	open_now();
	st.f.at += 10 * S;
	st.f.verdict = VERDICT_DEGRADED;
	look();
	assert_int_equal(st.n, 0);
	assert_string_equal(st.memory[0].over,
			    "incident over: no sign of it is left; it began with 3 executors lost "
			    "to exit code 52: out of memory");
	look();
	assert_string_equal(st.memory[0].over, "");
	incidents_forget(st.memory);
	driver(JVM_IS_BUSY);
	oom(60 * S, "driver");
	look();
	assert_false(is_absent(st.row.closed_at));
	assert_string_equal(st.memory[0].over, "");
}

static void retry_noise_is_one_line(void **state)
{
	(void)state;
	driver(JVM_IS_HUNG);
	oom(60 * S, "driver");
	for (int i = 0; i < 9; i++)
		mark((50 - i) * S, LOG_KIND_REFUSED, "job", "connection refused",
		     "Connection refused");
	mark(40 * S, LOG_KIND_DEAD_SESSION, "job", "x", "y")->count = 3;
	mark(39 * S, LOG_KIND_REFUSED, "job", "connection refused", "Connection refused");
	open_now();
	assert_int_equal(st.row.nstory, 3);
	story(1, "Connection refused (10 x)", "job log");
	story(2, "x (3 x)", "job log");
	for (int i = 2; i < 13; i++)
		mark((40 - i) * S, LOG_KIND_REFUSED, "job", "connection refused",
		     text_str(text_format(&st.arena, "Retry %d: Connection refused", i)));
	open_now(); /* as many as there is room for: the first and the newest */
	assert_int_equal(st.row.nstory, 12);
	story(0, "OutOfMemoryError: Java heap space", "driver log");
	story(11, "retry 12 used the dead session: Connection refused", "job log");
}

/* Dates of three lines as they came, and as they must be: the log's own order holds. */
static void lines_of_one_place_keep_their_order(void **state)
{
	static const struct {
		int64_t ago[3];
		bool is_dated[3];
		int64_t then[3];
	} table[] = {
		{{30 * S, 90 * S, 20 * S}, {true, false, true}, {30 * S, 30 * S, 20 * S}},
		{{5 * S, 30 * S, 20 * S}, {false, true, true}, {30 * S, 30 * S, 20 * S}},
		{{30 * S, 31 * S - 1, 20 * S}, {true, true, true}, {30 * S, 30 * S, 20 * S}},
		{{30 * S, 90 * S, 20 * S}, {true, true, true}, {90 * S, 30 * S, 20 * S}},
		{{30 * S, 90 * S, 95 * S}, {false, false, false}, {30 * S, 30 * S, 30 * S}},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct section *log = section_new();
		const struct section *logs[1] = {log};
		struct dataset *d = dataset_new();
		const struct log_mark_row **v;
		size_t n;

		end(state);
		begin(state);
		for (size_t k = 0; k < 3; k++) {
			struct log_mark_row *m = mark(table[i].ago[k], LOG_KIND_REFUSED, "job",
						      "connection refused", "x");
			m->is_dated = table[i].is_dated[k] ? TRI_TRUE : TRI_FALSE;
			m->last_at = m->at;
		}
		log->data = d;
		dataset_add(d, &schema_log_mark, st.marks, 3);
		v = incident_marks(logs, 1, &st.arena, &n);
		assert_int_equal(n, 3);
		for (size_t k = 0; k < 3; k++)
			assert_int_equal(NOW - v[k]->at, table[i].then[k]);
		section_unref(log);
	}
}

/* --- what to do --- */

static void what_can_be_done_from_here(void **state)
{
	static const char *const argv[] = {"/opt/venv/bin/python", "main.py", "--password=x", NULL};
	struct jvm_row *d = driver(JVM_IS_HUNG);

	(void)state;
	oom(20 * S, "driver");
	st.cfg.found = &st.found;
	st.found.argv = argv;
	st.found.cwd = "/srv/jobs";
	open_now();
	has(st.row.next_step, "start it again with spark.driver.memory above 512m (in /srv/jobs: "
			      "/opt/venv/bin/python main.py ...)"); /* no word of its options */
	st.found.argv = NULL;
	st.found.container = "0123456789abcdef0123";
	open_now();
	has(st.row.next_step, "start container 0123456789ab again");
	d->owner = OWNER_SYSTEMD;
	d->owner_name = t("migration-api.service");
	open_now();
	has(st.row.next_step, "`systemctl stop migration-api.service`, see :4040 :40417 free "
			      "(ss -ltn), wait 10 s, `systemctl start migration-api.service` with");
	d->is_user_unit = true;
	open_now();
	has(st.row.next_step, "`systemctl --user stop migration-api.service`");
	st.cfg.restart.command.argv = argv;
	st.cfg.restart.wait_after_oom_ms = 25 * S;
	open_now();
	has(st.row.next_step, "kill 18423 (kill -9 if it stays), see :4040 :40417 free (ss -ltn), "
			      "wait 25 s, run its restart command with spark.driver.memory above "
			      "512m (/opt/venv/bin/python main.py ...)");
	st.cfg.restart.command.argv = NULL;
	st.cfg.restart.http.url = "http://127.0.0.1:8000/restart?token=x";
	d->parent_pid = 18401; /* that is who is asked */
	open_now();
	has(st.row.next_step, "restart it by POST http://127.0.0.1:8000/restart with");
	hasnt(st.row.next_step, "18401");
	st.cfg.restart.http.url = NULL;
	d->owner_name = NULL;
	d->child_id = t("18500@77"); /* `spark-submit JOB.py` */
	open_now();
	has(st.row.next_step, "kill 18423 (kill -9 if it stays), end its python 18500, see :4040");
	d->is_ours = TRI_FALSE;
	d->user = t("etl");
	open_now();
	is_text(st.row.next_step,
		"run `sudo -u etl sparkops` to see the ports of java 18423 and end it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		INCIDENT_TEST(the_verdict_follows_the_process),
		INCIDENT_TEST(a_driver_often_recovers),
		INCIDENT_TEST(what_may_recover_is_watched),
		INCIDENT_TEST(what_is_deaf_is_not_watched),
		INCIDENT_TEST(another_driver_ends_it),
		INCIDENT_TEST(a_new_session_ends_it_where_no_process_is_seen),
		INCIDENT_TEST(an_old_error_is_not_todays_root),
		INCIDENT_TEST(what_it_began_with_is_kept),
		INCIDENT_TEST(one_that_is_over_leaves_and_stays_away),
		INCIDENT_TEST(none_ends_without_a_word),
		INCIDENT_TEST(retry_noise_is_one_line),
		INCIDENT_TEST(lines_of_one_place_keep_their_order),
		INCIDENT_TEST(what_can_be_done_from_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
