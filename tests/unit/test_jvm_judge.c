/* test_jvm_judge.c - one JVM that lives and what is known of it in, its verdict and the signs out:
 * busy, idle, hung, or nothing but collections. */
#include "jvm_judge_stage.h"

static struct thread_sign_row threads;

static void first_look(struct jvm_facts *f)
{
	no_work(f);
	f->watched_since = NOW;
	f->has_ui = f->ui_answers = f->ui_was_seen = false;
	jvm.cpu_pct = jvm.gc_pct = ABSENT_REAL;
}

static void hung_by_queue_alone(struct jvm_facts *f)
{
	hung(f);
	f->has_ui = f->ui_was_seen = false;
	f->silent_probes = f->silent_ms = 0;
}

static void watched_too_short(struct jvm_facts *f)
{
	hung(f);
	f->watched_since = NOW - 20 * S;
}

/* --once: watched for two seconds, asked once; but its log told of its end long ago. */
static void spent_by_its_log(struct jvm_facts *f)
{
	static struct log_mark_row words;

	words = (struct log_mark_row){.at = NOW - 19 * MIN,
				      .kind = LOG_KIND_OOM,
				      .name = TEXT("OutOfMemoryError: Java heap space")};
	silent(f, 1, 0);
	still(f, 2 * S);
	jvm.cpu_pct = 0.6;
	f->watched_since = NOW - 2 * S;
	f->ui_was_seen = false;
	f->batch_usual_s = ABSENT;
	f->words = &words;
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 2 * S;
}

static void spent_by_its_batches(struct jvm_facts *f)
{
	spent_by_its_log(f);
	f->words = NULL;
	f->is_work_due = true;
	f->batch_age_s = 400;
	f->batch_usual_s = 20;
}

static void spent_by_a_late_batch(struct jvm_facts *f)
{
	spent_by_its_batches(f);
	f->batch_age_s = 200; /* long for it, but the host may be busy */
}

static void spent_but_watched(struct jvm_facts *f)
{
	spent_by_its_log(f);
	f->watched_since = NOW - 5 * MIN; /* it answered till now: who watches can wait */
}

static void spent_a_moment_ago(struct jvm_facts *f)
{
	static struct log_mark_row words;

	spent_by_its_log(f);
	words = *f->words;
	words.at = NOW - 20 * S;
	f->words = &words;
}

static void spent_but_accepts(struct jvm_facts *f)
{
	spent_by_its_log(f);
	ports[0].queue = 0;
	ports[0].queue_since = ABSENT;
}

static void spent_but_not_asked_yet(struct jvm_facts *f)
{
	spent_by_its_log(f);
	f->silent_probes = 0;
}

static void spent_but_computes(struct jvm_facts *f)
{
	spent_by_its_log(f);
	jvm.cpu_pct = 60;
}

static void spent_in_an_outage(struct jvm_facts *f)
{
	spent_by_its_log(f);
	f->is_common = true;
}

static void silent_for_the_first_time(struct jvm_facts *f)
{
	spent_by_its_log(f);
	f->words = NULL;
}

static void nobody_looked(struct jvm_facts *f)
{
	hung(f);
	f->lost_ms = 20 * S;
}

static void silent_but_computes(struct jvm_facts *f)
{
	silent(f, 6, 31 * S);
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 28 * S;
}

static void silent_and_computes_for_ever(struct jvm_facts *f)
{
	silent(f, 12, 130 * S);
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 125 * S;
}

static void silent_alone(struct jvm_facts *f)
{
	silent(f, 6, 31 * S);
	jvm.cpu_pct = 2;
}

static void slow_once(struct jvm_facts *f)
{
	silent(f, 1, 0);
}

static void idle_for_hours(struct jvm_facts *f)
{
	no_work(f);
	still(f, 9 * MIN);
	f->progress_at = NOW - 600 * MIN;
	f->batch_age_s = 36000;
}

static void batch_stands(struct jvm_facts *f)
{
	still(f, 40 * S);
	f->active_tasks = 0;
	f->batch_age_s = 372;
}

static void batch_stands_on_executors(struct jvm_facts *f)
{
	batch_stands(f);
	f->active_tasks = 16;
}

static void in_disk_wait(struct jvm_facts *f)
{
	silent(f, 4, 20 * S);
	jvm.cpu_pct = 0;
	jvm.cpu_idle_since = NOW - 5 * S;
	jvm.state = 'D';
	jvm.state_since = NOW - 45 * S;
}

static void deadlock(struct jvm_facts *f)
{
	no_work(f);
	f->progress_at = NOW - 34 * S;
	threads = (struct thread_sign_row){
		.asked_at = NOW - 3 * S,
		.threads = 80,
		.deadlock = TEXT("Thread-5 waits for Thread-6 waits for Thread-5"),
		.py4j_since = ABSENT};
	f->threads = &threads;
}

static void deadlock_at_first_sight(struct jvm_facts *f)
{
	deadlock(f);
	f->watched_since = f->progress_at = NOW;
}

static void deadlock_while_it_works(struct jvm_facts *f)
{
	deadlock(f);
	f->active_tasks = f->active_jobs = 1;
	f->progress_at = NOW - 1 * S;
}

static void deadlock_long_ago(struct jvm_facts *f)
{
	deadlock(f);
	threads.asked_at = NOW - 5 * MIN;
}

/* its UI is late, so nothing is known of its jobs, and something moved a moment ago */
static void deadlock_and_late(struct jvm_facts *f)
{
	deadlock(f);
	silent(f, 1, 0);
	f->progress_at = NOW - 5 * S;
	threads.asked_at = NOW - 130 * S;
}

static void deadlock_dissolved(struct jvm_facts *f)
{
	deadlock(f);
	threads.deadlock = NULL;
}

static void py4j_waits(struct jvm_facts *f)
{
	deadlock(f);
	threads.deadlock = NULL;
	threads.py4j = TEXT("Thread-4 in java.lang.Thread.sleep");
	threads.py4j_since = NOW - 312 * S;
}

static void full_collections(struct jvm_facts *f)
{
	jvm.full_gc_per_min = 600;
	jvm.gc_pct = 96;
	jvm.old_used_bytes = jvm.old_max_bytes = 478 * (int64_t)MB;
	f->strain_ms = 4 * S;
}

static void full_collections_and_silent(struct jvm_facts *f)
{
	full_collections(f);
	silent(f, 20, 160 * S);
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 150 * S;
}

static void one_long_collection(struct jvm_facts *f)
{
	silent(f, 2, 4 * S);
	jvm.longest_pause_s = 7;
	jvm.gc_pct = 99;
	f->strain_ms = 6 * S;
	jvm.old_used_bytes = jvm.old_max_bytes = 478 * (int64_t)MB;
}

static void endless_collection(struct jvm_facts *f)
{
	one_long_collection(f);
	jvm.longest_pause_s = 41;
	jvm.gc_cause = TEXT("G1 Compaction Pause");
}

static void all_time_in_collections(struct jvm_facts *f)
{
	f->strain_ms = 25 * S;
	jvm.gc_pct = 93;
	jvm.old_used_bytes = 470 * (int64_t)MB;
}

static void collector_without_counters(struct jvm_facts *f)
{
	jvm.hsperf_problem = TEXT("switched off");
	jvm.gc_pct = ABSENT_REAL;
	jvm.gc_cpu_pct = 97;
	jvm.cpu_pct = 190;
	f->strain_ms = 25 * S;
	silent(f, 5, 22 * S);
}

static void heap_dump(struct jvm_facts *f)
{
	hung(f);
	jvm.dump_file = TEXT("/tmp/java_pid18423.hprof");
	jvm.dump_bytes = 2 * (int64_t)GB;
	jvm.dump_bytes_per_s = 85 * MB;
}

static void attached(struct jvm_facts *f)
{
	hung(f);
	jvm.is_attached = TRI_TRUE;
}

static void attached_after_it_hung(struct jvm_facts *f)
{
	attached(f);
	f->hung_ms = 2 * S;
}

static const struct judge_case table[] = {
	{nothing, JVM_IS_BUSY, {"2 tasks run", "uses 120 % CPU"}, NULL},
	{no_work, JVM_IS_IDLE, {"no Spark job runs", "uses 3.2 % CPU"}, NULL},
	{first_look, JVM_IS_UNKNOWN, {"looked at only once"}, NULL},
	{hung,
	 JVM_IS_HUNG,
	 {"no HTTP answer to 6 probes in 31s", "under 1 % CPU for 34s",
	  "2 connections wait at :4040 for 28s", "no collection and no safepoint for 34s"},
	 NULL},
	{hung_by_queue_alone, JVM_IS_HUNG, {"2 connections wait", "under 1 % CPU for 34s"}, "HTTP"},
	{watched_too_short, JVM_IS_UNKNOWN, {"no HTTP answer to 6 probes", "no proof"}, NULL},
	{spent_by_its_log,
	 JVM_IS_HUNG,
	 {"OutOfMemoryError: Java heap space 19m ago by its log, and no batch since",
	  "no HTTP answer to 1 probe", "2 connections wait at :4040, nobody accepts",
	  "uses 0.6 % CPU"},
	 NULL},
	{spent_by_its_batches,
	 JVM_IS_HUNG,
	 {"no batch for 6m40, usual is 20s", "no HTTP answer to 1 probe", "2 connections wait"},
	 "by its log"},
	{spent_by_a_late_batch, JVM_IS_UNKNOWN, {"no proof"}, "no batch"},
	{spent_but_watched, JVM_IS_UNKNOWN, {"no proof"}, "by its log"},
	{spent_a_moment_ago, JVM_IS_UNKNOWN, {"no proof"}, "hung"},
	{spent_but_accepts, JVM_IS_IDLE, {"uses 0.6 % CPU"}, "by its log"},
	{spent_but_not_asked_yet, JVM_IS_IDLE, {"uses 0.6 % CPU"}, "by its log"},
	{spent_but_computes, JVM_IS_BUSY, {"uses 60 % CPU"}, "by its log"},
	{spent_in_an_outage, JVM_IS_UNKNOWN, {"no proof"}, "by its log"},
	{silent_for_the_first_time, JVM_IS_UNKNOWN, {"no proof"}, "nobody accepts"},
	{nobody_looked, JVM_IS_UNKNOWN, {"no HTTP answer to 6 probes", "no proof"}, "no CPU"},
	{silent_but_computes, JVM_IS_BUSY, {"uses 120 % CPU", "no HTTP answer to 6 probes"}, NULL},
	{silent_and_computes_for_ever, JVM_IS_HUNG, {"12 probes in 2m10", "wait at :4040"}, NULL},
	{silent_alone, JVM_IS_UNKNOWN, {"no HTTP answer to 6 probes in 31s", "no proof"}, NULL},
	{slow_once, JVM_IS_BUSY, {"no HTTP answer to 1 probe yet"}, NULL},
	{idle_for_hours, JVM_IS_IDLE, {"no Spark job runs"}, "no CPU"},
	{batch_stands,
	 JVM_IS_HUNG,
	 {"no batch for 6m12, usual is 12s", "under 1 % CPU for 40s"},
	 NULL},
	{batch_stands_on_executors, JVM_IS_BUSY, {"16 tasks run"}, "no batch"},
	{in_disk_wait, JVM_IS_HUNG, {"no HTTP answer to 4 probes", "(state D)"}, NULL},
	{deadlock,
	 JVM_IS_HUNG,
	 {"2 of its 80 threads are in a Java deadlock: Thread-5 waits for Thread-6 waits for "
	  "Thread-5",
	  "no Spark job or task has moved for 34s"},
	 NULL},
	{deadlock_at_first_sight, JVM_IS_HUNG, {"Java deadlock", "0 Spark jobs run"}, NULL},
	{deadlock_while_it_works,
	 JVM_IS_HUNG,
	 {"2 of its 80 threads", "threads is 3s old, and none since shows it gone"},
	 "has moved"},
	{deadlock_long_ago, JVM_IS_HUNG, {"2 of its 80 threads", "no Spark job or task"}, NULL},
	{deadlock_and_late,
	 JVM_IS_HUNG,
	 {"2 of its 80 threads", "threads is 2m10 old, and none since shows it gone"},
	 NULL},
	{deadlock_dissolved, JVM_IS_IDLE, {"no Spark job runs"}, "deadlock"},
	{py4j_waits,
	 JVM_IS_IDLE,
	 {"looks idle, but a call from Python waits for 5m12: Thread-4 in java.lang.Thread.sleep"},
	 NULL},
	{full_collections,
	 JVM_IS_THRASHING,
	 {"600 full collections a minute", "96 % of its time", "old generation full: 478M of 478M"},
	 NULL},
	{full_collections_and_silent,
	 JVM_IS_THRASHING,
	 {"600 full collections a minute", "no HTTP answer to 20 probes"},
	 NULL},
	{one_long_collection, JVM_IS_BUSY, {"in a collection for 7s"}, NULL},
	{endless_collection,
	 JVM_IS_THRASHING,
	 {"in one collection for 41s (G1 Compaction Pause)", "old generation full"},
	 NULL},
	{all_time_in_collections,
	 JVM_IS_THRASHING,
	 {"93 % of its time goes into collections, for 25s", "old generation full"},
	 NULL},
	{collector_without_counters,
	 JVM_IS_THRASHING,
	 {"190 % CPU, 97 % of it the collector's, for 25s", "no HTTP answer"},
	 NULL},
	{heap_dump,
	 JVM_IS_BUSY,
	 {"writes a heap dump /tmp/java_pid18423.hprof: 2.0G so far, 85M a second"},
	 NULL},
	{attached, JVM_IS_BUSY, {"a tool attaches to it"}, NULL},
	{attached_after_it_hung,
	 JVM_IS_HUNG,
	 {"no HTTP answer to 6 probes", "a tool attaches to it"},
	 NULL},
};

static void each_sign(void **state)
{
	(void)state;
	check_cases(table, ARRAY_LEN(table));
}

/* All windows shrink by the same factor. */
static void scaled(void **state)
{
	struct jvm_facts f = well();
	struct jvm_judgement out;
	struct arena a;

	(void)state;
	arena_init(&a);
	silent(&f, 3, 1100);
	still(&f, 3100);
	f.watched_since = NOW - 3200;
	jvm_judge(&f, &a, &out);
	assert_int_equal(out.verdict, JVM_IS_IDLE);
	f.scale = 0.1;
	jvm_judge(&f, &a, &out);
	assert_int_equal(out.verdict, JVM_IS_HUNG);
	arena_release(&a);
}

/* Nothing is known but that it is there. */
static void nothing_known(void **state)
{
	struct jvm_row row;
	struct jvm_facts f = {.at = NOW,
			      .jvm = &row,
			      .watched_since = ABSENT,
			      .ui_good_at = ABSENT,
			      .active_tasks = ABSENT,
			      .active_jobs = ABSENT,
			      .progress_at = ABSENT,
			      .batch_age_s = ABSENT,
			      .batch_usual_s = ABSENT,
			      .orphan_ms = ABSENT,
			      .closed_ms = ABSENT,
			      .strain_ms = ABSENT,
			      .hung_ms = ABSENT,
			      .work_ms = ABSENT,
			      .scale = 1};
	struct jvm_judgement out;
	struct arena a;

	(void)state;
	arena_init(&a);
	memset(&row, 0, sizeof(row));
	field_clear_row(&schema_jvm, &row);
	row.state = 'S';
	row.cpu_idle_since = row.gc_moved_at = row.state_since = ABSENT;
	row.gc_cpu_pct = row.longest_pause_s = ABSENT_REAL;
	row.parent_gone = row.is_attached = TRI_ABSENT;
	jvm_judge(&f, &a, &out);
	assert_int_equal(out.verdict, JVM_IS_UNKNOWN);
	assert_int_equal(out.evidence.n, 1);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sign),
		cmocka_unit_test(scaled),
		cmocka_unit_test(nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
