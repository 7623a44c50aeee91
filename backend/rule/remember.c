/* rule/remember.c - what one more look adds to what is known of a job: counters into windows,
 * starts into restarts, dates into buckets that nobody watched. Works on the newest answer only; a
 * body that came again unchanged still counts as a look, since it proves that nothing rose. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

enum {
	SEED_OLDEST_MS = 24 * 3600000,
	MEAN_GAP_MAX_S = 300,
	ECHO_MS = 600000,
	ERRORS_GO_ON_MS = 300000,
	SAME_START_MS = 2000, /* a start told twice may differ by that much */
};

void job_state_init(struct job_state *j, const struct config_job *cfg)
{
	memset(j, 0, sizeof(*j));
	j->cfg = cfg;
	j->health_read_at = j->start_time = j->asked_at = j->same_since = ABSENT;
	j->same_batch_since = j->same_batch_after = j->zone_slip = j->uptime_moved_at = ABSENT;
	j->uptime_s = j->batch_gap_s = ABSENT_REAL;
	counter_init(&j->errors);
	counter_init(&j->batches);
	counter_init(&j->records);
	quiet_init(&j->quiet);
	minutes_init(&j->batch_minutes);
	minutes_init(&j->record_minutes);
	minutes_init(&j->error_minutes);
	minutes_init(&j->uptime_minutes);
	minutes_init(&j->spark_minutes);
	j->looked_since = j->watched_since = j->restarts = j->restarted_at = j->batch_rose_at =
		ABSENT;
	j->ui_read_at = j->spark_jobs = j->spark_tasks = ABSENT;
	j->progress_at = j->batch_seen_at = j->batch.number = ABSENT;
	j->entries_then = j->errors_then = j->queue_then.total = ABSENT;
	driver_init(&j->driver);
	incidents_forget(j->incidents);
	j->verdict = -1;
	j->stood.at = ABSENT;
	j->since = j->executors_at = j->made_mono = ABSENT;
	j->sum = (struct executors_summary){.active_tasks = ABSENT,
					    .completed_tasks = ABSENT,
					    .next_change_at = ABSENT,
					    .last_lost_at = ABSENT,
					    .configured_bytes = ABSENT,
					    .ratio = ABSENT_REAL,
					    .basis = -1,
					    .driver_heap_used_bytes = ABSENT,
					    .driver_heap_max_bytes = ABSENT,
					    .heap_used_bytes = ABSENT,
					    .heap_max_bytes = ABSENT};
}

static void seeds_release(struct job_state *j)
{
	for (size_t i = 0; i < j->nseeds; i++) {
		const struct counts *t = &j->seeds[i].errors_by_type;
		for (size_t k = 0; k < t->n; k++)
			free((void *)(uintptr_t)t->v[k].key);
		free((void *)(uintptr_t)t->v);
	}
	free(j->seeds);
	j->seeds = NULL;
	j->nseeds = 0;
}

void job_state_release(struct job_state *j)
{
	counter_release(&j->errors);
	counter_release(&j->batches);
	counter_release(&j->records);
	tracks_release(&j->types);
	seeds_release(j);
	for (size_t i = 0; i < j->nevents; i++) /* none is free before all are used */
		free(j->events[i].what);
	free(j->events);
	dataset_unref(j->executors);
	dataset_unref(j->piece);
	memset(j, 0, sizeof(*j));
}

void job_event_add(struct job_state *j, int64_t at, const char *where, bool is_bad, const char *fmt,
		   ...)
{
	struct event *e;
	char line[300];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!j->events)
		j->events = xcalloc(EVENTS_KEPT, sizeof(*j->events));
	e = &j->events[j->next_event];
	free(e->what);
	*e = (struct event){at, xstrdup(line), where, is_bad, 0};
	j->next_event = (j->next_event + 1) % EVENTS_KEPT;
	if (j->nevents < EVENTS_KEPT)
		j->nevents++;
}

/* Those that go on are one event with their sum, or they would push out all that happened. */
static void add_errors(struct job_state *j, int64_t at, int64_t n)
{
	size_t newest = (j->next_event + EVENTS_KEPT - 1) % EVENTS_KEPT;
	const struct event *last = j->nevents ? &j->events[newest] : NULL;

	if (last && last->errors && at - last->at <= ERRORS_GO_ON_MS) {
		n += last->errors;
		j->next_event = newest;
		j->nevents--;
	}
	job_event_add(j, at, "health", true, "%lld more error%s", (long long)n, n == 1 ? "" : "s");
	newest = (j->next_event + EVENTS_KEPT - 1) % EVENTS_KEPT;
	j->events[newest].errors = n;
}

void remember_seed(struct job_state *j, const struct rules_counters *c)
{
	struct count *types = xcalloc(c->errors_by_type.n + 1, sizeof(*types));

	j->seeds = xrealloc(j->seeds, (j->nseeds + 1) * sizeof(*j->seeds));
	j->seeds[j->nseeds] = *c;
	for (size_t i = 0; i < c->errors_by_type.n; i++) {
		const struct count *from = &c->errors_by_type.v[i];

		types[i].key = (const struct text *)(const void *)xstrdup(text_str(from->key));
		types[i].n = from->n;
	}
	j->seeds[j->nseeds++].errors_by_type.v = types;
}

double batch_gap_s(const struct job_state *j, const struct health_row *h)
{
	double mean = h->uptime_seconds / (double)h->batches_processed;

	if (!is_absent(j->cfg->trigger_interval_ms))
		return (double)j->cfg->trigger_interval_ms / 1000;
	if (!isnan(j->batch_gap_s))
		return j->batch_gap_s;
	/* a life with a long pause in it tells nothing of its gaps */
	return h->batches_processed > 0 && mean < MEAN_GAP_MAX_S ? mean : ABSENT_REAL;
}

/* The readings of earlier runs stand in for ours, one after the other. */
static void use_seeds(struct job_state *j, const struct health_row *h, int64_t at)
{
	int64_t before = ABSENT, born = ABSENT;
	int64_t sample_ms = rate_window(batch_gap_s(j, h)) / SAMPLES_PER_WINDOW;

	for (size_t i = 0; i < j->nseeds; i++) {
		const struct rules_counters *c = &j->seeds[i];
		bool is_dated = !is_absent(born) && !is_absent(c->start_time);
		enum life life = !is_dated                                     ? LIFE_UNTOLD
				 : llabs(born - c->start_time) > SAME_START_MS ? LIFE_NEW
									       : LIFE_SAME;
		int64_t records, batches;

		if (is_absent(c->at) || c->at >= at || at - c->at > SEED_OLDEST_MS ||
		    (!is_absent(before) && c->at <= before))
			continue;
		counter_read(&j->errors, c->at, c->errors, c->start_time, life);
		batches = counter_read(&j->batches, c->at, c->batches, c->start_time, life);
		if (!is_absent(c->batches) && (is_absent(batches) || batches > 0)) {
			j->same_batch_since = c->at;
			j->same_batch_after = before;
			j->has_seen_batch = batches > 0;
		}
		records = counter_read(&j->records, c->at, c->records, c->start_time, life);
		samples_add(&j->record_samples, c->at, c->records, sample_ms);
		if (c->errors == 0 || c->errors_by_type.n)
			tracks_read(&j->types, &c->errors_by_type, c->at, c->start_time, life);
		quiet_read(&j->quiet, c->at, c->batches, records);
		j->start_time = c->start_time;
		j->asked_at = c->at;
		j->restarts = c->restarts;
		if (is_absent(before))
			j->watched_since = c->at;
		before = c->at;
		born = c->start_time;
	}
	seeds_release(j);
}

static int64_t born_at(const struct health_row *h)
{
	if (is_span(h->uptime_seconds) && !is_absent(h->asked_at))
		return h->asked_at - (int64_t)(h->uptime_seconds * 1000);
	/* a start that lies ahead is told in another zone */
	return !is_absent(h->asked_at) && h->start_time > h->asked_at + START_AHEAD_MS
		       ? ABSENT
		       : h->start_time;
}

/* Was it started again since the last look? Its start is another one and its uptime does not go on;
 * where the one is missing, the other alone; where both are, a counter that went down. */
static enum life life_of(const struct job_state *j, const struct health_row *h, int64_t at)
{
	bool has_uptime = !isnan(h->uptime_seconds) && !isnan(j->uptime_s);
	bool has_start = !is_absent(h->start_time) && !is_absent(j->start_time);
	int64_t asked_at = is_absent(h->asked_at) ? at : h->asked_at;
	double went_on;

	if (is_absent(j->asked_at))
		return LIFE_UNTOLD;
	went_on = j->uptime_s + (double)(asked_at - j->asked_at) / 1000;
	if (has_start && llabs(h->start_time - j->start_time) > SAME_START_MS)
		return has_uptime && h->uptime_seconds >= went_on - 2 ? LIFE_SAME : LIFE_NEW;
	if (has_start)
		return has_uptime && h->uptime_seconds < j->uptime_s - 1 ? LIFE_UNTOLD : LIFE_SAME;
	if (has_uptime && h->uptime_seconds < j->uptime_s - 1)
		return LIFE_NEW;
	if (has_uptime)
		return h->uptime_seconds > j->uptime_s ? LIFE_SAME : LIFE_UNTOLD;
	return !is_absent(h->batches_processed) && h->batches_processed < j->batches.value
		       ? LIFE_NEW
		       : LIFE_UNTOLD;
}

void job_restarted(struct job_state *j, int64_t at, const char *where, enum restart_sign sign)
{
	bool is_echo = (j->restart_echoes & sign) && at - j->restarted_at < ECHO_MS;
	char age[16] = "";

	if (is_echo) {
		j->restart_echoes &= ~(unsigned)sign;
		return;
	}
	if (!isnan(j->uptime_s))
		format_age(j->uptime_s, age, sizeof(age));
	j->restarts = is_absent(j->restarts) ? 1 : j->restarts + 1;
	j->restarted_at = at;
	j->restart_echoes =
		(RESTART_BY_HEALTH | RESTART_BY_APPLICATION | RESTART_BY_DRIVER) & ~(unsigned)sign;
	job_event_add(j, at, where, true,
		      age[0] ? "started again after %s of uptime" : "started again", age);
}

static void note_uptime(struct job_state *j, const struct health_row *h, int64_t at)
{
	j->asked_at = is_absent(h->asked_at) ? at : h->asked_at;
	note_moves(j, h);
	j->uptime_s = h->uptime_seconds;
	j->start_time = h->start_time;
	if (h->uptime_seconds >= 0)
		minutes_set(&j->uptime_minutes, at,
			    h->uptime_seconds + (double)(at - j->asked_at) / 1000);
}

/* A slow average, in which one long pause is no new custom. */
static void note_batches(struct job_state *j, int64_t at, int64_t rose)
{
	double gap, before = j->batch_gap_s;

	if (is_absent(rose) || rose <= 0)
		return;
	if (!is_absent(j->batch_rose_at)) {
		gap = (double)(at - j->batch_rose_at) / 1000 / (double)rose;
		j->batch_gap_s =
			isnan(before) ? gap : before + 0.3 * (fmin(gap, before * 3) - before);
	}
	j->batch_rose_at = at;
}

static void read_health(struct job_state *j, const struct health_row *h, int64_t at)
{
	int64_t before = j->health_read_at, born = born_at(h), rose, records;
	enum life life;
	bool is_new;

	if (is_absent(before))
		use_seeds(j, h, at);
	if (is_absent(j->watched_since))
		j->watched_since = at;
	if (is_absent(j->looked_since))
		j->looked_since = at;
	life = life_of(j, h, at);
	is_new = life == LIFE_NEW;
	if (is_absent(j->restarts))
		j->restarts = 0;
	if (is_new) {
		job_restarted(j, at, "health", RESTART_BY_HEALTH);
		samples_clear(&j->record_samples);
		j->quiet.rose_at = j->quiet.watched_since = ABSENT;
	}
	before = j->batches.at;
	rose = counter_read(&j->batches, at, h->batches_processed, born, life);
	if (!is_absent(rose) && !is_absent(before))
		minutes_add(&j->batch_minutes, before, at, (double)rose);
	note_batches(j, at, is_new ? ABSENT : rose);
	if (is_new)
		j->same_batch_since = ABSENT;
	note_last_batch(j, h, at, before, rose);
	before = j->records.at;
	records = counter_read(&j->records, at, h->records_processed, born, life);
	if (!is_absent(records) && !is_absent(before))
		minutes_add(&j->record_minutes, before, at, (double)records);
	before = j->errors.at;
	rose = counter_read(&j->errors, at, h->errors_count, born, life);
	if (!is_absent(rose) && !is_absent(before)) {
		minutes_add(&j->error_minutes, before, at, (double)rose);
		if (rose > 0)
			add_errors(j, at, rose);
	}
	if (h->errors_count == 0 || h->errors_by_type.n)
		tracks_read(&j->types, &h->errors_by_type, at, born, life);
	samples_add(&j->record_samples, at, h->records_processed,
		    rate_window(batch_gap_s(j, h)) / SAMPLES_PER_WINDOW);
	quiet_read(&j->quiet, at, h->batches_processed, records);
	note_uptime(j, h, at);
	j->health_read_at = at;
}

/* Batches that Spark still lists, as buckets from the first minute on of which
 * none is forgotten. */
static void fill_from_spark(struct minutes *m, const struct rowset *jobs, int64_t at)
{
	float v[MINUTES] = {0};
	int64_t newest = at / MINUTE_MS, oldest = newest + 1;
	struct series s = {(newest + 1) * MINUTE_MS, MINUTE_MS, 0, NULL};
	int64_t last_batch = ABSENT;
	bool has_all = false;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *one = jobs->rows[i];
		int64_t minute = is_absent(one->submitted_at) ? -1 : one->submitted_at / MINUTE_MS;

		if (minute <= newest - MINUTES || minute > newest)
			continue;
		oldest = min_i64(oldest, minute);
		has_all = has_all || one->job_id == 0;
		/* jobs of one batch stand together */
		if (!is_absent(one->batch.number) && one->batch.number == last_batch)
			continue;
		last_batch = one->batch.number;
		v[MINUTES - 1 - (newest - minute)]++;
	}
	s.n = (size_t)max_i64(newest - oldest + has_all, 0);
	s.v = v + MINUTES - s.n;
	if (s.n)
		minutes_fill(m, at, &s);
}

static void read_spark_jobs(struct job_state *j, const struct rowset *jobs, int64_t at)
{
	int64_t newest = j->spark_jobs, moved_at = ABSENT;

	for (size_t i = 0; i < jobs->n; i++) {
		const struct spark_job_row *one = jobs->rows[i];
		int64_t seen = max_i64(one->submitted_at, one->completed_at);

		newest = max_i64(newest, one->job_id);
		if (one->job_id > j->spark_jobs)
			moved_at = max_i64(moved_at, seen);
		if (is_absent(one->batch.number) || seen < j->batch_seen_at)
			continue;
		j->batch_seen_at = seen;
		j->batch.number = one->batch.number;
	}
	if (newest > j->spark_jobs) {
		if (!is_absent(j->spark_jobs) && !is_absent(j->ui_read_at))
			minutes_add(&j->spark_minutes, j->ui_read_at, at,
				    (double)(newest - j->spark_jobs));
		/* the list of all jobs is late: they did not move when it came */
		j->progress_at =
			max_i64(j->progress_at, is_absent(moved_at) ? at : min_i64(moved_at, at));
	} else if (!is_absent(j->ui_read_at)) {
		minutes_add(&j->spark_minutes, j->ui_read_at, at, 0);
	}
	j->spark_jobs = newest;
}

static void read_ui(struct job_state *j, int64_t at)
{
	const struct app_row *app = app_of(j);
	const struct rowset *jobs = dataset_rows(j->now.ui->data, &schema_spark_job);
	const char *id = app && app->application_id ? text_str(app->application_id) : "";

	if (j->application_id[0] && id[0] && strncmp(id, j->application_id, APP_ID_MAX - 1) != 0) {
		job_restarted(j, at, "spark", RESTART_BY_APPLICATION);
		job_event_add(j, at, "spark", false, "new application %s", id);
		j->spark_jobs = j->spark_tasks = j->batch_seen_at = ABSENT;
	}
	if (id[0])
		snprintf(j->application_id, sizeof(j->application_id), "%s", id);
	if (is_absent(j->restarts))
		j->restarts = 0;
	read_spark_jobs(j, jobs, at);
	if (j->sum.completed_tasks > j->spark_tasks && !is_absent(j->spark_tasks))
		j->progress_at = at;
	j->spark_tasks = j->sum.completed_tasks;
	if (!j->is_filled_from_spark && jobs->n) {
		fill_from_spark(&j->spark_minutes, jobs, at);
		fill_from_spark(&j->batch_minutes, jobs, at);
		j->is_filled_from_spark = true;
	}
	j->ui_read_at = at;
}

void remember_look(struct job_state *j, int64_t at)
{
	const struct health_row *h = health_of(j);
	const struct dlq_folder_row *folder = folder_of(j);

	if (h && j->now.health->good_at > j->health_read_at)
		read_health(j, h, j->now.health->good_at);
	if (j->now.ui && j->now.ui->data && j->now.ui->good_at > j->ui_read_at)
		read_ui(j, j->now.ui->good_at);
	if (folder && j->now.dlq->data != j->filled_from_dlq) {
		minutes_fill(&j->error_minutes, at, &folder->trend);
		j->filled_from_dlq = j->now.dlq->data;
	}
	if (h && is_absent(j->queue_then.total) && h->dlq_total_entries > 0) {
		j->queue_then.total = h->dlq_total_entries;
		j->queue_then.first_at = h->dlq_first_at;
		j->queue_then.last_at = h->dlq_last_at;
	}
	if (folder && is_absent(j->entries_then) && !is_absent(j->errors.at) &&
	    !(folder->indexed_pct < 100)) {
		j->entries_then = folder->entries;
		j->errors_then = j->errors.value;
	}
}

void remember_gap(struct job_state *j, int64_t at, int64_t gap_ms)
{
	char age[16];

	counter_restart(&j->errors);
	counter_restart(&j->batches);
	counter_restart(&j->records);
	tracks_restart(&j->types);
	samples_clear(&j->record_samples);
	j->quiet.rose_at = j->quiet.watched_since = ABSENT;
	j->progress_at = j->ui_read_at = j->batch_rose_at = ABSENT;
	j->looked_since = j->same_since = j->same_batch_since = j->entries_then =
		j->queue_then.total = ABSENT;
	j->looks = 0;
	if (is_absent(j->watched_since))
		return;
	j->watched_since = at;
	format_age((double)gap_ms / 1000, age, sizeof(age));
	job_event_add(j, at, NULL, false, "sparkops did not look for %s; windows begin again here",
		      age);
}
