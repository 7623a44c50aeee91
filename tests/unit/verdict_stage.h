/* verdict_stage.h - facts of one job for verdict_judge(), and tables of what a change of them makes
 * of it. Included by the tests of verdicts only. */
#ifndef SPARKOPS_TESTS_VERDICT_STAGE_H
#define SPARKOPS_TESTS_VERDICT_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/verdict.h"

enum { S = 1000, MIN = 60 * S, NOW = 30000 * MIN };

/* Of a job of which nothing is known. */
static inline struct job_facts facts_blank(void)
{
	return (struct job_facts){
		.at = NOW,
		.stale_after_ms = 300 * S,
		.ready_within_ms = ABSENT,
		.trigger_interval_ms = ABSENT,
		.driver_pid = ABSENT,
		.driver_ended_at = ABSENT,
		.python_pid = ABSENT,
		.start_time = ABSENT,
		.batches = ABSENT,
		.records = ABSENT,
		.errors = ABSENT,
		.errors_5m = {ABSENT, 0},
		.errors_1h = {ABSENT, 0},
		.last_batch_at = ABSENT,
		.last_batch_age_s = ABSENT_REAL,
		.undated_batch_at = ABSENT,
		.uptime_s = 2700,
		.frozen_s = ABSENT_REAL,
		.ready = TRI_ABSENT,
		.live = TRI_ABSENT,
		.down_since = ABSENT,
		.crash_at = ABSENT,
		.watched_since = ABSENT,
		.quiet_ms = ABSENT,
		.quiet_limit_ms = ABSENT,
		.heap_pct = ABSENT_REAL,
		.spark = {.configured_bytes = ABSENT, .ratio = ABSENT_REAL, .basis = -1}};
}

static inline struct probe answers(const char *where)
{
	return (struct probe){.answer = ANSWER_GOOD, .where = where, .good_at = NOW};
}

static inline struct probe silent(int64_t probes, int64_t ms, const char *where)
{
	return (struct probe){.answer = ANSWER_SILENT,
			      .where = where,
			      .good_at = ABSENT,
			      .silent_probes = probes,
			      .silent_ms = ms};
}

static inline struct probe refused(const char *where)
{
	return (struct probe){.answer = ANSWER_REFUSED,
			      .where = where,
			      .good_at = ABSENT,
			      .problem = "connection refused"};
}

/* A job that is well: health and UI answer, last batch 4 s ago, no error within the hour. */
static inline struct job_facts facts_well(void)
{
	struct job_facts f = facts_blank();

	f.health = answers("http://127.0.0.1:5001");
	f.ui = answers("http://127.0.0.1:4040");
	f.says = "healthy";
	f.start_time = NOW - 45 * MIN;
	f.batches = 100;
	f.records = 15000;
	f.errors = f.errors_5m.n = f.errors_1h.n = 0;
	f.last_batch_at = NOW - 4 * S;
	f.last_batch_age_s = 4;
	f.ready = TRI_TRUE;
	f.watched_since = NOW - 30 * MIN;
	f.has_app = true;
	f.spark.active = 2;
	return f;
}

static inline void errors_now(struct job_facts *f, int64_t in_5m)
{
	f->errors = f->errors_5m.n = f->errors_5m.at_least = in_5m;
	f->errors_1h = f->errors_5m;
	f->top_type = "ServerSelectionTimeoutError";
	f->top_when = "in the last hour";
	f->top_count = in_5m;
	f->top_advice = "the job says: Retry after 30 seconds - Check MongoDB connection";
	f->says = "degraded";
}

static inline void five_errors(struct job_facts *f)
{
	errors_now(f, 5);
}

static inline void executors_lost(struct job_facts *f)
{
	f->spark.lost_to_oom_1h = 3;
	f->spark.configured_bytes = 512 << 20;
	f->spark.basis = BASIS_DISPROVED;
}

static inline bool is_said(const struct texts *evidence, const char *part)
{
	for (size_t i = 0; i < evidence->n; i++)
		if (strstr(text_str(evidence->v[i]), part))
			return true;
	return false;
}

struct verdict_case {
	const char *name;
	void (*change)(struct job_facts *f);
	enum verdict verdict;
	int exit_class;
	const char *evidence; /* within the first sentence */
	const char *also;     /* within some sentence, or NULL */
	const char *next;     /* within the next step; NULL: there is none */
};

/* Nothing is said twice, or shouted, or without its words. */
static inline void check_words(const struct texts *evidence)
{
	for (size_t k = 0; k < evidence->n; k++) {
		const char *line = text_str(evidence->v[k]);

		assert_null(strstr(line, "(null)"));
		assert_null(strstr(line, "-9223372036854775808"));
		assert_null(strchr(line, '!'));
		for (size_t m = k + 1; m < evidence->n; m++)
			assert_string_not_equal(line, text_str(evidence->v[m]));
	}
}

static inline void check_case(const struct verdict_case *c, const struct judgement *j)
{
	if (j->verdict != c->verdict || !j->evidence.n ||
	    !strstr(text_str(j->evidence.v[0]), c->evidence))
		fail_msg("%s: %s, because: %s", c->name, verdict_names[j->verdict],
			 j->evidence.n ? text_str(j->evidence.v[0]) : "nothing");
	if (c->also && !is_said(&j->evidence, c->also))
		fail_msg("%s: nobody says \"%s\"", c->name, c->also);
	if (j->exit_class != c->exit_class)
		fail_msg("%s: exit %d", c->name, (int)j->exit_class);
	if (!c->next != !j->next || (j->next && !strstr(text_str(j->next), c->next)))
		fail_msg("%s: next: %s", c->name, j->next ? text_str(j->next) : "-");
	check_words(&j->evidence);
}

/* Each begins with a job that is well. */
static inline void check_cases(const struct verdict_case *cases, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct job_facts f = facts_well();
		struct judgement j;
		struct arena a;

		arena_init(&a);
		cases[i].change(&f);
		verdict_judge(&f, &a, &j);
		check_case(&cases[i], &j);
		arena_release(&a);
	}
}

#endif
