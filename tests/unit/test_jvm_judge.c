/* test_jvm_judge.c - one JVM and what is known of it in, its verdict and the signs out. */
/* long: one table of cases and the small changes it names */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/jvms.h"

enum { S = 1000, MIN = 60 * S, NOW = 30000 * MIN, GB = 1 << 30, MB = 1 << 20 };

static struct jvm_row jvm;
static struct jvm_port ports[2];
static struct thread_sign_row threads;

/* A driver watched for ten minutes: it answers, runs two tasks, uses CPU. */
static struct jvm_facts well(void)
{
	ports[0] = (struct jvm_port){4040, 1, 0, ABSENT, false, false};
	ports[1] = (struct jvm_port){40417, 50, 0, ABSENT, true, true};
	jvm = (struct jvm_row){.id = TEXT("18423@8412345"),
			       .pid = 18423,
			       .ppid = 18401,
			       .parent_pid = 18401,
			       .parent_gone = TRI_FALSE,
			       .role = JVM_DRIVER,
			       .state = 'S',
			       .state_since = ABSENT,
			       .started_at = NOW - 60 * MIN,
			       .threads = 71,
			       .rss_bytes = GB,
			       .cpu_pct = 120,
			       .cpu_idle_since = ABSENT,
			       .gc_pct = 4,
			       .gc_cpu_pct = 6,
			       .old_used_bytes = 300 * MB,
			       .old_max_bytes = 480 * MB,
			       .full_gc_per_min = 0,
			       .longest_pause_s = ABSENT_REAL,
			       .gc_moved_at = NOW,
			       .counters_since = NOW - 10 * MIN,
			       .exit_code = ABSENT,
			       .is_attached = TRI_FALSE,
			       .dump_bytes_per_s = ABSENT_REAL,
			       .listens = {2, ports}};
	return (struct jvm_facts){.at = NOW,
				  .jvm = &jvm,
				  .watched_since = NOW - 10 * MIN,
				  .has_ui = true,
				  .ui_answers = true,
				  .ui_port = 4040,
				  .ui_good_at = NOW - 1 * S,
				  .ui_was_seen = true,
				  .active_tasks = 2,
				  .active_jobs = 1,
				  .progress_at = NOW - 5 * S,
				  .batch_age_s = 8,
				  .batch_usual_s = 12,
				  .orphan_ms = ABSENT,
				  .closed_ms = ABSENT,
				  .strain_ms = ABSENT,
				  .hung_ms = ABSENT,
				  .work_ms = ABSENT,
				  .scale = 1};
}

static void stranded(struct jvm_facts *f);

static void nothing(struct jvm_facts *f)
{
	(void)f;
}

static void no_work(struct jvm_facts *f)
{
	f->active_tasks = f->active_jobs = 0;
	jvm.cpu_pct = 3.2;
}

static void first_look(struct jvm_facts *f)
{
	no_work(f);
	f->watched_since = NOW;
	f->has_ui = f->ui_answers = f->ui_was_seen = false;
	jvm.cpu_pct = jvm.gc_pct = ABSENT_REAL;
}

static void zombie(struct jvm_facts *f)
{
	(void)f;
	jvm.state = 'Z';
	jvm.threads = 1;
	jvm.exit_code = 52;
	jvm.listens.n = 0;
}

/* Its main thread has ended; the others run their exit, and its code is not known yet. */
static void zombie_with_threads(struct jvm_facts *f)
{
	stranded(f);
	zombie(f);
	jvm.threads = 23;
	jvm.exit_code = ABSENT;
}

static void zombie_unread(struct jvm_facts *f)
{
	zombie(f);
	jvm.exit_code = ABSENT;
	jvm.parent_pid = ABSENT;
}

static void zombie_of_process_1(struct jvm_facts *f)
{
	zombie(f);
	jvm.exit_code = 0;
	jvm.parent_gone = TRI_TRUE;
	jvm.parent_pid = ABSENT;
	jvm.ppid = 1;
}

static void sigstop(struct jvm_facts *f)
{
	(void)f;
	jvm.state = 'T';
	jvm.state_since = NOW - 2 * S;
	jvm.cpu_pct = 0;
}

static void debugger(struct jvm_facts *f)
{
	sigstop(f);
	jvm.state = 't';
}

static void silent(struct jvm_facts *f, int64_t probes, int64_t ms)
{
	f->ui_answers = false;
	f->silent_probes = probes;
	f->silent_ms = ms;
	f->active_tasks = f->active_jobs = ABSENT;
}

static void still(struct jvm_facts *f, int64_t ms)
{
	(void)f;
	jvm.cpu_pct = 0;
	jvm.cpu_idle_since = NOW - ms;
	jvm.gc_moved_at = NOW - ms;
}

static void hung(struct jvm_facts *f)
{
	silent(f, 6, 31 * S);
	still(f, 34 * S);
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 28 * S;
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

static void stranded(struct jvm_facts *f)
{
	no_work(f);
	f->ui_answers = false;
	f->ui_refused = true;
	f->ui_good_at = NOW - 6 * S;
	f->closed_ms = 2 * S;
	jvm.listens = (struct jvm_ports){1, ports + 1};
}

static void closed_this_moment(struct jvm_facts *f)
{
	stranded(f);
	f->closed_ms = 0;
}

static void stranded_of_another_user(struct jvm_facts *f)
{
	stranded(f);
	jvm.listens.n = 0;
}

static void stranded_by_its_log(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->closed_ms = ABSENT;
	f->context_stopped = true;
}

static void never_had_a_ui(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->closed_ms = ABSENT;
}

static void stranded_before_it_gave_data(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->ui_was_found = true;
}

static void found_and_out_of_sight(struct jvm_facts *f)
{
	stranded_before_it_gave_data(f);
	jvm.listens.n = 0;
	f->closed_ms = ABSENT;
}

static void orphan(struct jvm_facts *f)
{
	no_work(f);
	jvm.parent_gone = TRI_TRUE;
	jvm.parent_pid = ABSENT;
	jvm.ppid = 1;
	f->orphan_ms = 2 * S;
}

static void orphan_on_its_way_out(struct jvm_facts *f)
{
	orphan(f);
	f->closed_ms = 2 * S;
	jvm.listens = (struct jvm_ports){1, ports + 1};
}

static void orphan_that_is_stopped(struct jvm_facts *f)
{
	orphan(f);
	sigstop(f);
}

/* Nothing ends while it stands still: that is not waited for. */
static void orphan_that_is_stopped_without_a_ui(struct jvm_facts *f)
{
	orphan_that_is_stopped(f);
	f->ui_port = 0;
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

static const struct {
	void (*change)(struct jvm_facts *f);
	enum jvm_verdict verdict;
	const char *says[4];
	const char * not ;
} table[] = {
	{nothing, JVM_IS_BUSY, {"2 tasks run", "uses 120 % CPU"}, NULL},
	{no_work, JVM_IS_IDLE, {"no Spark job runs", "uses 3.2 % CPU"}, NULL},
	{first_look, JVM_IS_UNKNOWN, {"looked at only once"}, NULL},
	{zombie, JVM_IS_DEAD, {"exit code 52: out of memory", "parent python 18401"}, NULL},
	{zombie_with_threads,
	 JVM_IS_BUSY,
	 {"main thread has ended, 22 others end: it is on its way out"},
	 "is dead"},
	{zombie_unread, JVM_IS_DEAD, {"exit code cannot be read", "its parent 18401"}, "python"},
	{zombie_of_process_1,
	 JVM_IS_DEAD,
	 {"exit code 0: ended well", "Python parent is gone, too: process 1"},
	 NULL},
	{sigstop, JVM_IS_STOPPED, {"stopped by a signal for 2s (state T)", "71 threads"}, NULL},
	{debugger, JVM_IS_STOPPED, {"stopped by a debugger for 2s (state t)"}, NULL},
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
	{stranded,
	 JVM_IS_STRANDED,
	 {"nothing listens at its UI :4040 any more, it answered 6s ago",
	  "still listens on :40417"},
	 NULL},
	{closed_this_moment, JVM_IS_IDLE, {"CPU"}, NULL},
	{stranded_of_another_user,
	 JVM_IS_STRANDED,
	 {":4040 any more", "lives with 71 threads"},
	 NULL},
	{stranded_by_its_log, JVM_IS_STRANDED, {"SparkContext is stopped", ":40417"}, "any more"},
	{stranded_before_it_gave_data,
	 JVM_IS_STRANDED,
	 {"nothing listens at its UI :4040 any more, it was open 6s ago",
	  "still listens on :40417"},
	 "answered"},
	{found_and_out_of_sight, JVM_IS_IDLE, {"CPU"}, "any more"},
	{never_had_a_ui, JVM_IS_IDLE, {"CPU"}, NULL},
	{orphan,
	 JVM_IS_ORPHAN,
	 {"Python parent is gone for 2s: process 1", "still listens on :4040 :40417", "holds 1"},
	 NULL},
	{orphan_on_its_way_out, JVM_IS_BUSY, {"its Python ended, and so does it"}, NULL},
	{orphan_that_is_stopped, JVM_IS_ORPHAN, {"parent is gone", "stopped by a signal"}, NULL},
	{orphan_that_is_stopped_without_a_ui,
	 JVM_IS_ORPHAN,
	 {"parent is gone", "stopped by"},
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

static bool is_said(const struct jvm_judgement *j, const char *what)
{
	for (size_t i = 0; i < j->evidence.n; i++)
		if (strstr(text_str(j->evidence.v[i]), what))
			return true;
	return false;
}

static size_t with_number(const struct jvm_judgement *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->evidence.n; i++)
		n += strpbrk(text_str(j->evidence.v[i]), "0123456789") != NULL;
	return n;
}

static void each_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct jvm_facts f = well();
		struct jvm_judgement out;
		struct arena a;
		bool is_right;

		arena_init(&a);
		table[i].change(&f);
		jvm_judge(&f, &a, &out);
		is_right = out.verdict == table[i].verdict && out.evidence.n > 0;
		for (size_t k = 0; k < 4 && table[i].says[k]; k++)
			is_right &= is_said(&out, table[i].says[k]);
		is_right &= !table[i].not || !is_said(&out, table[i].not );
		if (!is_right) {
			print_message("case %zu is %s\n", i, jvm_verdict_names[out.verdict]);
			for (size_t k = 0; k < out.evidence.n; k++)
				print_message("  %s\n", text_str(out.evidence.v[k]));
		}
		assert_true(is_right);
		if (out.verdict != JVM_IS_BUSY && out.verdict != JVM_IS_IDLE &&
		    out.verdict != JVM_IS_DEAD && out.verdict != JVM_IS_UNKNOWN)
			assert_true(with_number(&out) >= 2);
		arena_release(&a);
	}
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
