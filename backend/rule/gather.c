/* rule/gather.c - the only place that looks into sections: what they said last, and what is
 * remembered of the looks before, becomes the facts of this moment. Nothing is judged here. */
#include <string.h>

#include "state.h"

enum {
	GOOD_ENOUGH_INTERVALS = 3, /* a wrong answer after a good one so recent is only late */
	GOOD_ENOUGH_MS = 10000,
	FROZEN_LOOKS = 3,
	FROZEN_MS = 60000,
	UNREAD_MS = 60000,
	COUNTED_MS = 30000,     /* a folder's count this old is brought up to date */
	SKEW_MS = 16 * 3600000, /* no zone and no clock is that far off: such a date tells more than
				   a word */
	SETTLED_MS = 15000,
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

static bool is_up(const struct probe *p)
{
	return p->answer == ANSWER_GOOD || p->answer == ANSWER_LATE;
}

/* When the last batch ended, by our clock. Seconds that the job counts itself know no zone and no
 * skew, but stand still when its answers do; the date does not. */
static int64_t last_batch_at(const struct job_state *j, const struct health_row *h)
{
	int64_t base = is_absent(j->same_uptime_since) ? h->asked_at : j->same_uptime_since;
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
	if (is_span(h->uptime_seconds) && !is_absent(j->asked_at))
		f->uptime_s = h->uptime_seconds + (double)max_i64(f->at - j->asked_at, 0) / 1000;
	else if (!is_absent(h->start_time) && h->start_time <= f->at + START_AHEAD_MS)
		f->uptime_s = (double)max_i64(f->at - h->start_time, 0) / 1000;
	if (isnan(h->uptime_seconds) || is_absent(j->same_uptime_since) || j->looks < FROZEN_LOOKS)
		return;
	still = j->health_read_at - j->same_uptime_since;
	if (still >= FROZEN_MS)
		f->frozen_s = (double)still / 1000;
}

/* What the dead-letter queue's folder dates within a window; ABSENT when it says nothing, or when
 * nobody has read it for a while: what came to it meanwhile is not known. */
static int64_t folder_count(const struct job_state *j, int64_t at, int64_t window_ms)
{
	const struct dlq_folder_row *d = folder_of(j);
	int64_t counted = window_ms == WINDOW_5M ? d->counted_5m : d->counted_1h, sum = 0;

	if (is_absent(counted) || is_absent(d->counted_at) || at - j->now.dlq->good_at > UNREAD_MS)
		return ABSENT;
	if (at - d->counted_at <= COUNTED_MS || counted == 0)
		return counted;
	/* counted a while ago: what left the window meanwhile is seen by its minutes */
	for (size_t i = 0; i < d->trend.n; i++) {
		int64_t end = d->trend.end_at - (int64_t)(d->trend.n - 1 - i) * d->trend.step_ms;

		if (end > at - window_ms && !isnan(d->trend.v[i]))
			sum += (int64_t)d->trend.v[i];
	}
	return min_i64(sum, counted);
}

/* Where part of the queue cannot be read: what the rest of it shows in whole minutes. */
static int64_t folder_at_least(const struct dlq_folder_row *d, int64_t at, int64_t window_ms)
{
	int64_t sum = 0;

	for (size_t i = 0; i < d->trend.n; i++) {
		int64_t ago = (int64_t)(d->trend.n - i) * d->trend.step_ms;

		if (d->trend.end_at - ago >= at - window_ms && !isnan(d->trend.v[i]))
			sum += (int64_t)d->trend.v[i];
	}
	return sum;
}

/* What /health/dlq proved at our first look: its newest entry was older than the window, or its
 * oldest younger. */
static int64_t health_dlq_count(const struct job_state *j, int64_t at, int64_t window_ms)
{
	if (is_absent(j->queue_then.total) || is_absent(j->queue_then.last_at) ||
	    j->queue_then.last_at > at + DATE_AHEAD_MS)
		return ABSENT;
	if (j->queue_then.last_at <= at - window_ms)
		return 0;
	if (!is_absent(j->queue_then.first_at) && j->queue_then.first_at > at - window_ms)
		return j->queue_then.total;
	return ABSENT;
}

/* Errors of a window from before our first look, by the dates of the queue. What came into the
 * queue since is counted by looking and taken off. Where it held fewer entries than the job counted
 * errors, an old newest date still proves that nothing was new; how many were new
 * it does not tell. */
static int64_t dated_before(const struct job_state *j, const struct job_facts *f, int64_t window_ms)
{
	const struct dlq_folder_row *d = folder_of(j);
	int64_t n = ABSENT;

	if (d && d->entries > 0 && !is_absent(j->entries_then))
		n = folder_count(j, f->at, window_ms);
	if (is_absent(n))
		return health_dlq_count(j, f->at, window_ms);
	n = max_i64(n - max_i64(d->entries - j->entries_then, 0), 0);
	return n > 0 && j->entries_then < j->errors_then ? ABSENT : n;
}

/* What an earlier run counted before our first look, the queue dates as well. */
static int64_t counted_since(const struct job_state *j, int64_t at, int64_t window_ms)
{
	int64_t own_ms = is_absent(j->looked_since) ? window_ms : at - j->looked_since;

	return counter_tally(&j->errors, at, min_i64(window_ms, own_ms)).at_least;
}

static struct tally gather_window(const struct job_state *j, const struct job_facts *f,
				  int64_t window_ms)
{
	const struct dlq_folder_row *d = folder_of(j);
	struct tally t = counter_tally(&j->errors, f->at, window_ms);
	int64_t dated = ABSENT;

	if (!is_up(&f->health))
		t.n = ABSENT;
	if (is_absent(t.n) && is_up(&f->health)) {
		dated = dated_before(j, f, window_ms);
		if (!is_absent(dated))
			t.n = max_i64(t.at_least, dated + counted_since(j, f->at, window_ms));
	}
	if (is_absent(t.n) && d && (d->entries > 0 || f->health.answer == ANSWER_NONE)) {
		dated = folder_count(j, f->at, window_ms);
		t.at_least =
			max_i64(t.at_least,
				is_absent(dated) ? folder_at_least(d, f->at, window_ms) : dated);
		if (!is_up(&f->health))
			t.n = dated;
	}
	if (!is_absent(t.n))
		t.at_least = max_i64(t.at_least, t.n);
	return t;
}

/* Types that a driver leaves behind when it dies, the root before what follows from it. */
static const char *const crash_types[] = {"OutOfMemoryError", "Py4JNetworkError",
					  "IllegalStateException", "ConnectionRefusedError"};

static bool is_recent(const struct error_row *e)
{
	return e->count_1h > 0 || e->count_5m > 0 || (is_absent(e->count_1h) && e->count > 0);
}

static const struct error_row *crash_error(const struct gathering *g)
{
	for (size_t k = 0; k < ARRAY_LEN(crash_types); k++) {
		for (size_t i = 0; i < g->nerrors; i++) {
			if (is_recent(&g->errors[i]) && text_is(g->errors[i].alias, crash_types[k]))
				return &g->errors[i];
		}
	}
	return NULL;
}

static void gather_errors(const struct gathering *g, struct arena *a, struct job_facts *f)
{
	const struct dlq_folder_row *d = folder_of(g->job);
	const struct error_row *root = crash_error(g);
	const struct error_row *top = root ? root : (g->nerrors ? &g->errors[0] : NULL);
	struct error_kind kind;
	int64_t dated;

	f->errors_5m = gather_window(g->job, f, WINDOW_5M);
	f->errors_1h = gather_window(g->job, f, WINDOW_1H);
	dated = d && d->entries > 0 ? folder_count(g->job, f->at, WINDOW_5M) : ABSENT;
	/* its queue is written a moment before its counter: only what has settled contradicts */
	if (is_up(&f->health) && !is_absent(f->errors) && dated > f->errors_5m.at_least &&
	    !is_absent(d->last_at) && d->last_at < f->at - SETTLED_MS) {
		f->dlq_more_5m = dated - f->errors_5m.at_least;
		f->errors_5m.at_least = dated;
		if (!is_absent(f->errors_5m.n))
			f->errors_5m.n = dated;
	}
	f->crash_type = root ? text_str(root->type) : NULL;
	f->crash_at = root ? root->last_at : ABSENT;
	if (!top)
		return;
	f->top_type = text_str(top->type);
	f->top_count = top->count;
	f->top_when = "since start";
	if (top->count_1h > 0) {
		f->top_count = top->count_1h;
		f->top_when = "in the last hour";
	} else if (top->count_5m > 0) {
		f->top_count = top->count_5m;
		f->top_when = "in the last 5 minutes";
	}
	kind = error_kind_of(f->top_type);
	if (top->recommendation == kind.recommendation)
		f->top_advice = text_str(kind.recommendation);
	else if (top->recommendation)
		f->top_advice = arena_printf(a, "the job says: %s", text_str(top->recommendation));
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
