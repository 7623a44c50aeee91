/* rule/build.c - the rows of one job: its error types, and the job itself with
 * verdict, figures and charts. Each lives in a piece that later snapshots share until something
 * changes. What a source said is not copied: the piece keeps the section's rows alive and points
 * into them. */
#include <stdlib.h>
#include <string.h>

#include "state.h"
#include "verdict.h"

enum { LOST_SHOWN_MS = 24 * 3600000, LOST_EVENTS = 16 };

static void keep_data(struct dataset *d, const struct section *s)
{
	if (s && s->data)
		dataset_keep(d, s->data);
}

/* Records per second. No batch within the window is a proof that none came; only where neither that
 * nor the counter tells it, the mean that the job gives of itself. */
static double records_per_s(const struct job_state *j, const struct job_facts *f,
			    const struct health_row *h, int64_t interval_ms)
{
	int64_t window = rate_window(batch_gap_s(j, h));
	int64_t span = max_i64(window * 3 / 2, interval_ms * 3 / 2);
	double rate = samples_rate(&j->record_samples, f->at, window, span);

	if (!is_absent(f->records) && f->last_batch_age_s * 1000 > (double)window)
		return 0;
	return isnan(rate) ? h->records_per_second : rate;
}

static void fill_counters(const struct job_state *j, const struct job_facts *f,
			  const struct build *b, struct job_row *row)
{
	const struct health_row *h = health_of(j);

	row->errors_5m = f->errors_5m.n;
	row->errors_1h = f->errors_1h.n;
	row->restarts = j->restarts;
	if (j->cfg->found && j->cfg->found->restarts > 0) /* whose drivers followed each other */
		row->restarts = max_i64(row->restarts, j->cfg->found->restarts);
	if (!h)
		return;
	row->says = h->status;
	row->batch_id = h->last_batch_id;
	row->batches = f->batches;
	row->records = f->records;
	row->errors = f->errors;
	row->errors_by_type = h->errors_by_type;
	row->dlq_entries = h->dlq_total_entries;
	row->recommendations = h->recommendations;
	row->batch_time_s = h->avg_batch_processing_time_sec;
	if (f->health.answer != ANSWER_GOOD && f->health.answer != ANSWER_LATE)
		return;
	row->ready = h->ready;
	row->live = h->live;
	if (row->verdict != VERDICT_CRASHED) /* what still runs of it is only its Python */
		row->uptime_s = f->uptime_s;
	row->records_per_s = records_per_s(j, f, h, b->r->cfg->interval_ms);
}

static void fill_spark(const struct job_state *j, const struct job_facts *f, struct job_row *row)
{
	const struct app_row *app = app_of(j);
	bool is_up = f->ui.answer == ANSWER_GOOD || f->ui.answer == ANSWER_LATE;
	bool is_kept = row->verdict == VERDICT_CRASHED || row->verdict == VERDICT_HUNG;

	if (!app)
		return;
	row->application_id = app->application_id;
	if (!j->now.health) {
		row->batch_id = j->batch;
		row->uptime_s = f->uptime_s;
		row->records_per_s = app->stream_input_rate;
	}
	if (isnan(row->batch_time_s))
		row->batch_time_s = app->stream_latency_s;
	row->lost_to_oom_1h = max_i64(j->sum.lost_to_oom_1h, j->sum.lost_by_log_1h);
	row->lost_to_limit_1h = j->sum.lost_to_yarn_1h + j->sum.lost_to_container_1h;
	if (!is_up && !is_kept)
		return;
	row->heap_used_bytes = j->sum.heap_used_bytes;
	row->heap_max_bytes = j->sum.heap_max_bytes;
	row->heap_pct = f->heap_pct;
	row->headroom_ratio = j->sum.ratio;
	row->headroom_basis = j->sum.basis;
}

/* What its process shows, where its UI says nothing. */
static void fill_jvm(const struct job_state *j, struct job_row *row)
{
	const struct jvm_row *jvm = j->jvm;

	if (!jvm)
		return;
	row->pid = jvm->pid;
	if (!row->application_id)
		row->application_id = jvm->application_id;
	if (is_absent(row->heap_used_bytes) && jvm->heap_used_bytes > 0) {
		row->heap_used_bytes = jvm->heap_used_bytes;
		row->heap_max_bytes = jvm->heap_max_bytes;
		row->heap_pct = jvm->heap_pct;
	} else if (is_absent(row->heap_max_bytes)) {
		row->heap_max_bytes = jvm->heap_max_bytes;
	}
}

static void fill_dlq(const struct job_state *j, struct job_row *row)
{
	const struct dlq_folder_row *d = folder_of(j);

	if (!d)
		return;
	row->dlq_entries = d->entries;
	row->dlq_pending = d->pending;
	row->dlq_bad_lines = d->bad_lines;
}

static void fill_charts(const struct job_state *j, int64_t at, struct arena *a, struct job_row *row)
{
	const struct minutes *batches = j->now.health ? &j->batch_minutes : &j->spark_minutes;
	struct series *types;

	row->activity = minutes_whole(batches, at, 15, 1, a);
	row->chart_batches = minutes_whole(batches, at, MINUTES, 1, a);
	row->chart_records_per_s = minutes_whole(&j->record_minutes, at, MINUTES, 1.0 / 60, a);
	row->chart_errors = minutes_series(&j->error_minutes, at, MINUTES, 1, a);
	row->chart_uptime_s = minutes_series(&j->uptime_minutes, at, MINUTES, 1, a);
	types = ARENA_ARRAY(a, struct series, row->errors_by_type.n + 1);
	for (size_t i = 0; i < row->errors_by_type.n; i++) {
		const struct type_track *t =
			tracks_find(&j->types, text_str(row->errors_by_type.v[i].key));

		if (t)
			types[i] = minutes_series(&t->minutes, at, MINUTES, 1, a);
	}
	row->error_type_series = types;
	row->error_type_series_n = row->errors_by_type.n;
}

static int by_time(const void *a, const void *b)
{
	const struct job_event *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* What was seen to happen, and what is dated: executors lost, the newest entry of the queue. */
static void fill_events(const struct job_state *j, int64_t at, struct arena *a, struct job_row *row)
{
	const struct rowset *ex = dataset_rows(j->executors, &schema_executor);
	struct job_event v[EVENTS_KEPT + LOST_EVENTS + 2], *kept;
	const struct health_row *h = health_of(j);
	size_t n = 0;

	for (size_t i = 0; i < j->nevents; i++) {
		size_t k = (j->next_event + EVENTS_KEPT - j->nevents + i) % EVENTS_KEPT;
		const struct event *e = &j->events[k];

		v[n++] = (struct job_event){e->at, text_clean(a, e->what, strlen(e->what)),
					    (const struct text *)(const void *)e->where, e->is_bad};
	}
	for (size_t i = ex->n; i-- > 0 && n < EVENTS_KEPT + LOST_EVENTS;) {
		const struct executor_row *e = ex->rows[i];
		const struct text *why = e->exit_means ? e->exit_means : e->removed_reason;

		if (is_absent(e->removed_at) || e->removed_at < at - LOST_SHOWN_MS || !why)
			continue;
		v[n++] = (struct job_event){
			e->removed_at,
			text_format(a, "executor %s lost: %s", text_str(e->executor_id),
				    text_str(why)),
			TEXT("spark"),
			memory_loss_of(e->exit_code, text_str(e->removed_reason)) != LOSS_NONE};
	}
	if (h && h->dlq_last_type && h->dlq_last_at > at - LOST_SHOWN_MS &&
	    h->dlq_last_at <= at + DATE_AHEAD_MS)
		v[n++] = (struct job_event){h->dlq_last_at,
					    text_format(a, "newest in its dead-letter queue: %s",
							text_str(h->dlq_last_type)),
					    TEXT("dlq"), true};
	qsort(v, n, sizeof(*v), by_time);
	kept = ARENA_ARRAY(a, struct job_event, n);
	memcpy(kept, v, n * sizeof(*v));
	row->events = kept;
	row->nevents = n;
}

static bool has_spoken(const struct section *s)
{
	return !s || s->data || !is_absent(s->tried_at);
}

/* Everything that may date the job's errors was heard once. */
static bool is_settled(const struct job_state *j)
{
	const struct dlq_folder_row *d = folder_of(j);

	return has_spoken(j->now.health) && has_spoken(j->now.ui) && has_spoken(j->now.dlq) &&
	       !(d && d->indexed_pct < 100);
}

/* Since when this verdict holds: by a date where there is one, else since we first saw it. The
 * first answers come in any order, so none of them fixes it until all are there, and a look never
 * outdoes a date. */
static void fill_since(struct job_state *j, const struct judgement *judged, int64_t at)
{
	bool is_other = j->verdict != (int)judged->verdict, is_dated = !is_absent(judged->since);

	if (!is_other && !(is_dated && !(j->is_settled && j->is_since_dated)))
		return;
	j->since = is_dated ? min_i64(judged->since, at) : at;
	j->is_since_dated = is_dated;
}

/* One look cannot have seen it begin: then what dates it, and earlier runs that found the same with
 * no batch since. */
static int64_t since_of_once(const struct job_state *j, const struct judgement *judged,
			     const struct job_facts *f)
{
	const struct rules_standing *stood = &j->stood;
	bool is_same = !is_absent(stood->at) && stood->verdict == (int)judged->verdict;

	if (!is_same)
		return j->is_since_dated ? j->since : ABSENT;
	if (!j->is_since_dated)
		return stood->since;
	return f->last_batch_at > stood->since ? j->since : min_i64(stood->since, j->since);
}

static void fill_verdict(struct job_state *j, const struct judgement *judged,
			 const struct gathering *g, const struct job_facts *f, struct job_row *row)
{
	int before = j->verdict;
	int64_t at = g->at;

	fill_since(j, judged, at);
	if (before != (int)judged->verdict) {
		j->verdict = (int)judged->verdict;
		/* the first answers of a start are no news: nobody saw what it seemed to be */
		if (before >= 0 && j->is_settled &&
		    (before != VERDICT_UNKNOWN || judged->verdict <= VERDICT_DEGRADED))
			job_event_add(j, at, NULL, judged->verdict <= VERDICT_DEGRADED,
				      "%s, was %s: %s", verdict_names[judged->verdict],
				      verdict_names[before], text_str(judged->evidence.v[0]));
	}
	j->is_settled = j->is_settled || is_settled(j);
	row->verdict = (int)judged->verdict;
	row->since = g->is_once ? since_of_once(j, judged, f) : j->since;
	row->evidence = judged->evidence;
	row->next = judged->next;
	row->exit_class = judged->exit_class;
	row->is_old = judged->is_old;
}

static void fill_hold(const struct build *b, struct job_row *row, struct arena *a)
{
	const struct ledger_view_hold *held =
		ledger_view_held(b->in->ledger, text_str(row->name), b->in->at);

	if (held)
		row->hold = text_clean(a, held->says, strlen(held->says));
}

static void fill_row(const struct build *b, struct job_state *j, const struct job_facts *f,
		     const struct gathering *g, struct job_row *row)
{
	struct arena *a = &j->piece->arena;
	struct judgement judged;

	field_clear_row(&schema_job, row);
	row->name = text_copy(a, j->cfg->name);
	verdict_judge(f, a, &judged);
	fill_verdict(j, &judged, g, f, row);
	fill_counters(j, f, b, row);
	fill_spark(j, f, row);
	fill_jvm(j, row);
	if (isnan(row->uptime_s) && j->jvm && !j->now.health)
		row->uptime_s = f->uptime_s;
	fill_dlq(j, row);
	fill_hold(b, row, a);
	acting_fill(b->r, b->in->at, a, row);
	row->last_batch_at = f->last_batch_at;
	row->last_batch_age_s = f->last_batch_age_s;
	if (!is_absent(j->cfg->trigger_interval_ms))
		row->trigger_interval_s = (double)j->cfg->trigger_interval_ms / 1000;
	fill_charts(j, f->at, a, row);
	fill_events(j, f->at, a, row);
}

/* What the rows of incidents point at is copied: logs move on. A job in one that goes on has one
 * next step, the same wherever it is shown. */
static void build_incidents(struct job_state *j, const struct job_facts *facts,
			    const struct gathering *g, struct job_row *row)
{
	size_t n;
	struct arena *a = &j->piece->arena;
	struct incident_row *rows = ARENA_ARRAY(a, struct incident_row, INCIDENT_COUNT);
	struct incident_facts f = {.at = facts->at,
				   .job = facts,
				   .name = text_str(j->cfg->name),
				   .verdict = (enum verdict)j->row->verdict,
				   .since = j->since,
				   .driver = j->jvm,
				   .known = &j->driver,
				   .errors = g->errors,
				   .nerrors = g->nerrors,
				   .events = j->row->events,
				   .nevents = j->row->nevents,
				   .cfg = j->cfg};

	f.marks = incident_marks(j->now.logs, j->now.nlogs, a, &f.nmarks);
	n = incidents_look(&f, j->incidents, a, rows);
	for (size_t i = 0; i < n; i++)
		if (is_absent(rows[i].closed_at) && row->next)
			row->next = rows[i].next_step;
	dataset_add(j->piece, &schema_incident, rows, n);
	for (size_t i = 0; i < INCIDENT_COUNT; i++)
		if (j->incidents[i].over[0])
			job_event_add(j, f.at, NULL, false, "%s", j->incidents[i].over);
}

void build_job(const struct build *b, struct job_state *j)
{
	const struct dataset *dlq = j->now.dlq ? j->now.dlq->data : NULL;
	struct dataset *old = j->piece, *d = dataset_new_after(old);
	struct job_row *row = arena_alloc_raw(&d->arena, sizeof(*row), 16);
	struct gathering g = {.job = j,
			      .at = b->in->at,
			      .interval_ms = b->r->cfg->interval_ms,
			      .sections = b->in->sections,
			      .nsections = b->in->nsections,
			      .network = b->r->network.who,
			      .is_once = b->r->cfg->is_once,
			      .may_act = !b->r->cfg->read_only && !b->r->cfg->is_wall};
	struct error_sources sources = {.at = b->in->at,
					.health = health_of(j),
					.tracks = &j->types,
					.folder = folder_of(j)};
	struct error_row *errors;
	struct job_facts facts;

	j->piece = d;
	keep_data(d, j->now.health);
	keep_data(d, j->now.ui);
	keep_data(d, j->now.dlq);
	if (b->r->host.out)
		dataset_keep(d, b->r->host.out);
	sources.job = text_copy(&d->arena, j->cfg->name);
	sources.groups = dlq ? dataset_rows(dlq, &schema_dlq_group) : NULL;
	errors = error_rows(&sources, &d->arena, &g.nerrors);
	g.errors = errors;
	gather_facts(&g, &d->arena, &facts);
	fill_row(b, j, &facts, &g, row);
	dataset_add(d, &schema_job, row, 1);
	dataset_add(d, &schema_error, errors, g.nerrors);
	j->row = row;
	j->at = b->in->at;
	build_incidents(j, &facts, &g, row);
	dataset_unref(old);
}
