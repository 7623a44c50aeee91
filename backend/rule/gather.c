/* rule/gather.c - the only place that looks into sections: what they said last, and what is
 * remembered of the looks before, becomes the facts of this moment. Nothing is judged here. */
#include <string.h>

#include "state.h"

enum {
	GOOD_ENOUGH_INTERVALS = 3, /* a wrong answer after a good one so recent is only late */
	GOOD_ENOUGH_MS = 10000,
	FROZEN_LOOKS = 3,
	FROZEN_MS = 60000,
	SKEW_MS = 16 * 3600000, /* no zone and no clock is that far off: such a date tells more than
				   a word */
};

enum answer probe_answer(const struct section *s, int64_t at, int64_t interval_ms)
{
	int64_t enough = max_i64(GOOD_ENOUGH_INTERVALS * interval_ms, GOOD_ENOUGH_MS);

	if (!s)
		return ANSWER_NONE;
	if (s->state == SECTION_OK)
		return ANSWER_GOOD;
	if (s->state == SECTION_WAITING)
		return s->data ? ANSWER_LATE : ANSWER_WAITING;
	if (s->is_refused)
		return ANSWER_REFUSED;
	if (s->silent_probes > 0)
		return s->data && s->silent_probes < SILENT_PROBES ? ANSWER_LATE : ANSWER_SILENT;
	if (s->state == SECTION_LATE)
		return s->data ? ANSWER_LATE : ANSWER_WAITING;
	return s->data && !is_absent(s->good_at) && at - s->good_at <= enough ? ANSWER_LATE
									      : ANSWER_WRONG;
}

struct probe probe_of(const struct section *s, int64_t at, int64_t interval_ms)
{
	struct probe p = {.answer = probe_answer(s, at, interval_ms), .good_at = ABSENT};

	if (!s)
		return p;
	p.where = s->where ? s->where : "its address";
	p.problem = s->problem;
	p.cause = s->state == SECTION_FAILED && s->silent_probes > 0 ? s->problem : NULL;
	p.good_at = s->good_at;
	p.is_partly = s->state == SECTION_FAILED && s->good_at == s->tried_at;
	p.silent_probes = s->silent_probes;
	p.silent_ms = s->silent_ms;
	return p;
}

/* When the last batch ended, by our clock. Seconds that the job counts itself know no zone and no
 * skew, but stand still when its answers do; the date does not. */
static int64_t last_batch_at(const struct job_state *j, const struct health_row *h)
{
	int64_t base = is_absent(j->same_since) ? h->asked_at : j->same_since;
	bool is_future = !is_absent(h->asked_at) && h->last_processed_at > h->asked_at + SKEW_MS;
	int64_t dated = is_future ? ABSENT : h->last_processed_at, counted = ABSENT;
	bool is_dated = !is_absent(dated), has_batch = is_dated || h->batches_processed > 0;

	if (is_span(h->seconds_since_last_batch) && !is_absent(base) && has_batch)
		counted = base - (int64_t)(h->seconds_since_last_batch * 1000);
	if (is_absent(counted) || !is_dated)
		return is_absent(counted) ? dated : counted;
	if (!is_absent(h->zone_offset_ms) || counted - dated > SKEW_MS)
		return min_i64(counted, dated);
	return counted;
}

/* A date without a zone may be hours off either way. It is believed where it fits what we watched:
 * where a batch was seen to come, it ended between those two looks; where none was, it is one of
 * just before we came. Else only what we watched is a proof. */
static void zoneless_batch(const struct job_state *j, const struct health_row *h,
			   struct job_facts *f)
{
	bool is_watched = !is_absent(j->same_batch_since), has_seen;
	int64_t same = is_watched ? j->same_batch_since : f->at, from;

	has_seen = is_watched && j->has_seen_batch;
	from = has_seen ? j->same_batch_after - START_AHEAD_MS : same - f->stale_after_ms;
	if (h->last_processed_at >= from && h->last_processed_at <= same + START_AHEAD_MS)
		return;
	f->last_batch_at = has_seen || f->at - same > f->stale_after_ms ? same : ABSENT;
	if (is_absent(f->last_batch_at))
		f->undated_batch_at = h->last_processed_at;
}

/* Of a start without a zone nobody knows how long ago it was, but for what we watched ourselves. */
static double zoneless_uptime(const struct job_state *j, const struct health_row *h,
			      const struct job_facts *f)
{
	int64_t slip = is_absent(j->zone_slip) ? 0 : j->zone_slip, began;
	int64_t watched = is_absent(j->same_batch_since) ? 0 : f->at - j->same_batch_since;

	if (h->start_time > f->at + SKEW_MS)
		return ABSENT_REAL;
	if (is_absent(j->zone_slip) && f->batches == 0)
		return watched > f->stale_after_ms ? (double)watched / 1000 : ABSENT_REAL;
	began = h->start_time - slip;
	return began > f->at + START_AHEAD_MS ? ABSENT_REAL
					      : (double)max_i64(f->at - began, 0) / 1000;
}

static void gather_uptime(const struct job_state *j, const struct health_row *h,
			  struct job_facts *f)
{
	if (is_span(h->uptime_seconds) && !is_absent(j->asked_at))
		f->uptime_s = h->uptime_seconds + (double)max_i64(f->at - j->asked_at, 0) / 1000;
	else if (!is_absent(h->start_time) && h->is_zoneless == TRI_TRUE)
		f->uptime_s = zoneless_uptime(j, h, f);
	else if (!is_absent(h->start_time) && h->start_time <= f->at + START_AHEAD_MS)
		f->uptime_s = (double)max_i64(f->at - h->start_time, 0) / 1000;
}

static void gather_health(const struct job_state *j, struct job_facts *f)
{
	const struct health_row *h = health_of(j);
	int64_t still;

	if (!h)
		return;
	f->says = h->status ? text_str(h->status) : NULL;
	f->start_time = h->start_time;
	f->batches = h->batches_processed;
	f->records = h->records_processed;
	f->errors = h->errors_count;
	f->ready = h->ready;
	f->live = h->live;
	f->not_ready_reason = h->not_ready_reason ? text_str(h->not_ready_reason) : NULL;
	f->last_batch_at = last_batch_at(j, h);
	if (h->is_zoneless == TRI_TRUE && !is_span(h->seconds_since_last_batch) &&
	    !is_absent(f->last_batch_at))
		zoneless_batch(j, h, f);
	gather_uptime(j, h, f);
	if (isnan(h->uptime_seconds) || j->is_uptime_idle || is_absent(j->same_since) ||
	    j->looks < FROZEN_LOOKS)
		return;
	still = j->health_read_at - j->same_since;
	if (still >= FROZEN_MS)
		f->frozen_s = (double)still / 1000;
}

/* Its last good answer came before that silence was known: a probe of it may be under way. */
static bool is_of_before(const struct section *s, const struct section *silent)
{
	return s && s->good_at <= silent->tried_at - silent->silent_ms;
}

/* All of it that may answer is silent together with others. One good answer, or a master that knows
 * that it is over, would tell more than silence does. */
static bool is_hidden(const struct job_state *j, const struct job_facts *f)
{
	bool is_health_out = f->health.answer == ANSWER_NONE || j->is_suspect ||
			     f->health.answer == ANSWER_REFUSED ||
			     (j->is_ui_suspect && is_of_before(j->now.health, j->now.ui));
	bool is_ui_out = f->ui.answer == ANSWER_NONE || j->is_ui_suspect ||
			 f->ui.answer == ANSWER_REFUSED ||
			 (j->is_suspect && is_of_before(j->now.ui, j->now.health));

	return (j->is_suspect || j->is_ui_suspect) && is_health_out && is_ui_out;
}

static void gather_quiet(const struct job_state *j, struct job_facts *f)
{
	if (is_absent(f->records) || f->records <= 0 || !is_up(&f->health))
		return;
	f->quiet_limit_ms = quiet_limit(&j->quiet, j->cfg->quiet_after_ms);
	f->quiet_ms = quiet_for(&j->quiet, f->at, f->batches);
}

/* What the masters say of an application that does not answer itself. */
static const char *cluster_state(const struct gathering *g, const char *application_id)
{
	for (size_t i = 0; i < g->nsections; i++) {
		const struct section *s = g->sections[i];
		const struct rowset *apps;

		if (s->source != SOURCE_MASTER || s->state != SECTION_OK || !s->data)
			continue;
		apps = dataset_rows(s->data, &schema_cluster_app);
		for (size_t k = 0; k < apps->n; k++) {
			const struct cluster_app_row *one = apps->rows[k];

			if (one->state && text_is(one->application_id, application_id))
				return text_str(one->state);
		}
	}
	return NULL;
}

/* Its settings come last, if at all; Spark's own id says it from the first answer on. */
static bool is_local(const struct app_row *app)
{
	if (app->is_local != TRI_ABSENT || !app->application_id)
		return app->is_local == TRI_TRUE;
	return strncmp(text_str(app->application_id), "local-", 6) == 0;
}

/* How its Spark jobs of the last 5 minutes ended, as far as the list tells it. */
static void gather_outcome(const struct app_row *app, const struct rowset *jobs,
			   struct job_facts *f)
{
	int64_t edge = f->at - WINDOW_5M;

	if (app->job_failed_at <= edge) /* or absent */
		return;
	f->failed_jobs_5m = max_i64(app->jobs_failed_5m, 0);
	f->has_good_job = app->job_succeeded_at > edge;
	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *one = jobs->rows[i];

		f->has_good_job |= text_is(one->status, "RUNNING") &&
				   !is_absent(one->submitted_at) && one->submitted_at <= edge;
	}
}

static void gather_spark(const struct gathering *g, struct job_facts *f)
{
	const struct job_state *j = g->job;
	const struct app_row *app = app_of(j);
	const struct rowset *jobs, *stages;
	int64_t running = 0;

	f->spark = j->sum;
	if (j->application_id[0] && !is_up(&f->ui))
		f->cluster_state = cluster_state(g, j->application_id);
	if (!app)
		return;
	f->has_app = true;
	f->is_local = is_local(app);
	f->dropped_events = max_i64(app->dropped_events, 0);
	jobs = dataset_rows(j->now.ui->data, &schema_spark_job);
	for (size_t i = 0; i < jobs->n; i++)
		running +=
			text_is(((const struct spark_job_row *)jobs->rows[i])->status, "RUNNING");
	gather_outcome(app, jobs, f);
	f->has_waiting_work = !f->is_local && running > 0 && j->sum.active == 0;
	stages = dataset_rows(j->now.ui->data, &schema_stage);
	for (size_t i = 0; i < stages->n; i++) {
		const struct stage_row *one = stages->rows[i];

		if (text_is(one->status, "FAILED") && !is_absent(one->submitted_at) &&
		    one->submitted_at > f->at - WINDOW_5M)
			f->failed_stages_5m++;
	}
	if (j->sum.heap_used_bytes > 0 && j->sum.heap_max_bytes > 0)
		f->heap_pct = (double)j->sum.heap_used_bytes * 100 / (double)j->sum.heap_max_bytes;
	if (isnan(f->uptime_s) && is_up(&f->ui) && !is_absent(app->started_at))
		f->uptime_s = (double)max_i64(f->at - app->started_at, 0) / 1000;
	/* without a health endpoint the micro-batches that Spark lists are all that is known */
	if (!j->now.health && !is_absent(j->batch_seen_at))
		f->last_batch_at = max_i64(j->batch_seen_at, j->progress_at);
}

/* Nothing more is waited for by one look: what has not answered by then, has not. */
static void end_waiting(struct probe *p)
{
	if (p->answer != ANSWER_WAITING)
		return;
	p->answer = ANSWER_SILENT;
	p->silent_probes = max_i64(p->silent_probes, 1);
}

void gather_facts(const struct gathering *g, struct arena *a, struct job_facts *out)
{
	const struct job_state *j = g->job;
	const struct config_job *c = j->cfg;

	*out = (struct job_facts){.at = g->at,
				  .expect_always = c->expect_always,
				  .stale_after_ms = c->stale_after_ms,
				  .ready_within_ms = c->ready.within_ms,
				  .trigger_interval_ms = c->trigger_interval_ms,
				  .health = probe_of(j->now.health, g->at, g->interval_ms),
				  .ui = probe_of(j->now.ui, g->at, g->interval_ms),
				  .dlq = probe_of(j->now.dlq, g->at, g->interval_ms),
				  .jvm = j->jvm,
				  .jvms = j->jvms,
				  .njvms = j->njvms,
				  .cfg = c,
				  .may_act = g->may_act,
				  .start_time = ABSENT,
				  .batches = ABSENT,
				  .records = ABSENT,
				  .errors = ABSENT,
				  .last_batch_at = ABSENT,
				  .last_batch_age_s = ABSENT_REAL,
				  .undated_batch_at = ABSENT,
				  .uptime_s = ABSENT_REAL,
				  .frozen_s = ABSENT_REAL,
				  .ready = TRI_ABSENT,
				  .live = TRI_ABSENT,
				  .down_since = ABSENT,
				  .crash_at = ABSENT,
				  .watched_since = j->watched_since,
				  .quiet_ms = ABSENT,
				  .quiet_limit_ms = ABSENT,
				  .heap_pct = ABSENT_REAL};
	if (g->is_once) {
		end_waiting(&out->health);
		end_waiting(&out->ui);
		if (!is_absent(j->stood.at) && j->stood.verdict == VERDICT_UNREACHABLE)
			out->down_since = j->stood.since;
	}
	out->health.is_suspect = j->is_suspect;
	out->ui.is_suspect = j->is_ui_suspect;
	out->network = is_hidden(j, out) ? g->network : NULL;
	gather_health(j, out);
	gather_spark(g, out);
	gather_errors(g, a, out);
	gather_quiet(j, out);
	gather_driver(j, a, out);
	if (!is_absent(out->last_batch_at))
		out->last_batch_age_s = (double)max_i64(g->at - out->last_batch_at, 0) / 1000;
}
