/* jvm_judge_stage.h - one JVM and what is known of it for jvm_judge(), and tables of what a change
 * of that makes of it. Included by the tests of jvm_judge() only. */
#ifndef SPARKOPS_TESTS_JVM_JUDGE_STAGE_H
#define SPARKOPS_TESTS_JVM_JUDGE_STAGE_H

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

/* A driver watched for ten minutes: it answers, runs two tasks, uses CPU. */
static inline struct jvm_facts well(void)
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

static inline void nothing(struct jvm_facts *f)
{
	(void)f;
}

static inline void no_work(struct jvm_facts *f)
{
	f->active_tasks = f->active_jobs = 0;
	jvm.cpu_pct = 3.2;
}

static inline void silent(struct jvm_facts *f, int64_t probes, int64_t ms)
{
	f->ui_answers = false;
	f->silent_probes = probes;
	f->silent_ms = ms;
	f->active_tasks = f->active_jobs = ABSENT;
}

static inline void still(struct jvm_facts *f, int64_t ms)
{
	(void)f;
	jvm.cpu_pct = 0;
	jvm.cpu_idle_since = NOW - ms;
	jvm.gc_moved_at = NOW - ms;
}

static inline void hung(struct jvm_facts *f)
{
	silent(f, 6, 31 * S);
	still(f, 34 * S);
	ports[0].queue = 2;
	ports[0].queue_since = NOW - 28 * S;
}

static inline void sigstop(struct jvm_facts *f)
{
	(void)f;
	jvm.state = 'T';
	jvm.state_since = NOW - 2 * S;
	jvm.cpu_pct = 0;
}

struct judge_case {
	void (*change)(struct jvm_facts *f);
	enum jvm_verdict verdict;
	const char *says[4];
	const char * not ;
};

static inline bool is_said(const struct jvm_judgement *j, const char *what)
{
	for (size_t i = 0; i < j->evidence.n; i++)
		if (strstr(text_str(j->evidence.v[i]), what))
			return true;
	return false;
}

static inline size_t with_number(const struct jvm_judgement *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->evidence.n; i++)
		n += strpbrk(text_str(j->evidence.v[i]), "0123456789") != NULL;
	return n;
}

static inline void check_case(size_t i, const struct judge_case *c)
{
	struct jvm_facts f = well();
	struct jvm_judgement out;
	struct arena a;
	bool is_right;

	arena_init(&a);
	c->change(&f);
	jvm_judge(&f, &a, &out);
	is_right = out.verdict == c->verdict && out.evidence.n > 0;
	for (size_t k = 0; k < 4 && c->says[k]; k++)
		is_right &= is_said(&out, c->says[k]);
	is_right &= !c->not || !is_said(&out, c->not );
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

static inline void check_cases(const struct judge_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check_case(i, &cases[i]);
}

#endif
