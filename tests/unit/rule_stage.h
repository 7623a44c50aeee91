/* rule_stage.h - a stage for the rules: configuration, sections that say what a test wants, and a
 * clock that is a number. Included by the tests of rules_apply() only. */
#ifndef SPARKOPS_TESTS_RULE_STAGE_H
#define SPARKOPS_TESTS_RULE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/rule/rule.h"
#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"
#include "../../include/row/health.h"
#include "../../include/row/job.h"
#include "../../include/row/spark.h"
#include "../../include/row/target.h"

enum { S = 1000, MIN = 60 * S, SECTIONS_MAX = 32 };
#define NOW ((int64_t)1795184607000) /* 2026-11-20T14:03:27Z */

/* A stage: configuration, clock, and the last section of each target. */
struct stage {
	struct config cfg;
	struct config_job jobs[8];
	struct clock clock;
	struct rules *rules;
	struct rules_output out;
	const struct section *sections[SECTIONS_MAX];
	size_t nsections;
	const struct dataset *actions; /* NULL: none */
	int64_t at, gap_ms;
};

static inline struct config_job job_config(const char *name)
{
	return (struct config_job){.name = (const struct text *)(const void *)name,
				   .stale_after_ms = 300 * S,
				   .quiet_after_ms = ABSENT,
				   .trigger_interval_ms = ABSENT,
				   .ready = {.within_ms = ABSENT},
				   .task_memory_bytes = ABSENT,
				   .safety_factor = 1.5};
}

static inline void stage_init(struct stage *s, size_t njobs)
{
	static const char *const names[] = {"alpha", "beta", "gamma", "delta",
					    "eps",   "zeta", "eta",   "theta"};

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < njobs; i++)
		s->jobs[i] = job_config(names[i]);
	s->cfg = (struct config){.interval_ms = 2 * S, .njobs = njobs, .jobs = s->jobs};
	s->at = NOW;
	s->clock = clock_fixed(NOW, 0);
	s->rules = rules_new(&s->cfg, &s->clock);
}

static inline void out_release(struct rules_output *o)
{
	dataset_unref(o->jobs);
	dataset_unref(o->incidents);
	dataset_unref(o->errors);
	dataset_unref(o->executors);
	dataset_unref(o->targets);
	dataset_unref(o->dlq);
	dataset_unref(o->jvms);
	memset(o, 0, sizeof(*o));
}

static inline void stage_release(struct stage *s)
{
	out_release(&s->out);
	for (size_t i = 0; i < s->nsections; i++)
		section_unref(s->sections[i]);
	rules_free(s->rules);
}

/* Puts a section where the last one of that source and job was; takes the reference. */
static inline void put(struct stage *s, struct section *section)
{
	size_t i = 0;

	while (i < s->nsections &&
	       (s->sections[i]->source != section->source ||
		(section->job && strcmp(s->sections[i]->job, section->job) != 0)))
		i++;
	assert_in_range(i, 0, SECTIONS_MAX - 1);
	if (i < s->nsections)
		section_unref(s->sections[i]);
	else
		s->nsections++;
	s->sections[i] = section;
}

static inline struct section *section(struct stage *s, enum source_id source, const char *job,
				      const char *where)
{
	struct section *one = section_new();

	one->source = source;
	one->job = job;
	one->where = where;
	one->found_by = "config";
	one->state = SECTION_OK;
	one->tried_at = one->good_at = s->at;
	one->took_ms = 3;
	one->code = 200;
	return one;
}

/* A good answer of /health/detailed. */
static inline struct health_row *healthy(struct stage *s, const char *job)
{
	struct section *one = section(s, SOURCE_HEALTH, job, "http://127.0.0.1:5001");
	struct dataset *d = dataset_new();
	struct health_row *h = ARENA_NEW(&d->arena, struct health_row);

	field_clear_row(&schema_health, h);
	h->status = TEXT("healthy");
	h->last_batch_id.number = 42;
	h->errors_count = 0;
	h->batches_processed = 100;
	h->records_processed = 15000;
	h->start_time = NOW - 45 * MIN;
	h->asked_at = s->at;
	h->uptime_seconds = (double)(s->at - h->start_time) / 1000;
	h->seconds_since_last_batch = 4;
	h->records_per_second = 5.49;
	h->last_processed_at = s->at - 4 * S;
	dataset_add(d, &schema_health, h, 1);
	one->data = d;
	put(s, one);
	return h;
}

static inline void fail_probe(struct stage *s, enum source_id source, const char *job,
			      const char *where, int64_t probes, int64_t ms)
{
	const struct section *old = NULL;
	struct section *one = section(s, source, job, where);

	for (size_t i = 0; i < s->nsections; i++) {
		if (s->sections[i]->source == source && !strcmp(s->sections[i]->job, job))
			old = s->sections[i];
	}
	one->state = SECTION_FAILED;
	one->code = ABSENT;
	one->good_at = old ? old->good_at : ABSENT;
	one->data = old ? dataset_ref(old->data) : NULL;
	one->silent_probes = probes;
	one->silent_ms = ms;
	one->is_refused = probes == 0;
	one->problem = probes ? "no answer in time" : "connection refused";
	put(s, one);
}

static inline void look(struct stage *s)
{
	struct rules_input in = {.sections = s->sections,
				 .nsections = s->nsections,
				 .at = s->at,
				 .mono_at = s->at - NOW,
				 .loop_gap_ms = s->gap_ms,
				 .actions = s->actions};

	out_release(&s->out);
	rules_apply(s->rules, &in, &s->out);
	s->gap_ms = 0;
}

static inline const struct job_row *job(const struct stage *s, const char *name)
{
	const struct rowset *set = dataset_rows(s->out.jobs, &schema_job);

	for (size_t i = 0; i < set->n; i++) {
		const struct job_row *row = set->rows[i];

		if (text_is(row->name, name))
			return row;
	}
	fail_msg("no job %s", name);
	return NULL;
}

static inline bool says(const struct job_row *row, const char *part)
{
	for (size_t i = 0; i < row->evidence.n; i++) {
		if (strstr(text_str(row->evidence.v[i]), part))
			return true;
	}
	return false;
}

/* Polls every 2 s for that long with counters rising by so much per poll. */
static inline void watch(struct stage *s, int64_t ms, int64_t errors, int64_t batches,
			 int64_t records)
{
	static int64_t e, b, r;

	if (s->at == NOW) {
		e = 3;
		b = 100;
		r = 15000;
	}
	for (int64_t end = s->at + ms; s->at < end;) {
		struct health_row *h;

		s->at += 2 * S;
		h = healthy(s, "alpha");
		h->errors_count = e += errors;
		h->batches_processed = b += batches;
		h->records_processed = r += records;
		h->start_time = NOW - 30 * 24 * 60 * (int64_t)MIN;
		h->uptime_seconds = (double)(s->at - h->start_time) / 1000;
		h->status = e ? TEXT("degraded") : TEXT("healthy");
		look(s);
	}
}

#endif
