/* source/spark_jobs.c - which of the jobs that a driver lists are kept, and what of each. Spark
 * retains a thousand; of hundreds of drivers they would be most of what the console takes. */
#include "spark_jobs.h"

#include <stdlib.h>
#include <string.h>

enum { FAILED_LATELY_MS = 5 * 60 * 1000 };

static bool is_running(const struct spark_job_row *x)
{
	return x->status && text_is(x->status, "RUNNING");
}

static const struct text *share(struct arena *a, const struct text *before, const struct text *t)
{
	return before && !text_cmp(before, t) ? before : text_copy(a, t);
}

/* A job that ended well is kept for its times and its batch; its words would be most of what a
 * driver costs in memory. */
static void keep_job(struct arena *a, struct spark_job_row *x, const struct spark_job_row *before)
{
	static const struct spark_job_row none;
	bool tells = is_running(x) || (x->status && text_is(x->status, "FAILED"));

	if (!before)
		before = &none;
	x->name = tells ? text_copy(a, x->name) : NULL;
	x->description = tells ? text_copy(a, x->description) : NULL;
	x->group = tells ? text_copy(a, x->group) : NULL;
	x->application_id = share(a, before->application_id, x->application_id);
	x->status = share(a, before->status, x->status);
	x->query = share(a, before->query, x->query);
	x->batch.text = text_copy(a, x->batch.text);
}

typedef bool wanted_fn(const struct spark_job_row *x, int64_t limit);

static void copy_jobs(struct dataset *d, const struct rowset *all, wanted_fn *is_wanted,
		      int64_t limit)
{
	struct spark_job_row *kept;
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++)
		n += is_wanted(all->rows[i], limit);
	kept = ARENA_ARRAY(&d->arena, struct spark_job_row, n);
	n = 0;
	for (size_t i = 0; i < all->n; i++) {
		if (!is_wanted(all->rows[i], limit))
			continue;
		kept[n] = *(const struct spark_job_row *)all->rows[i];
		keep_job(&d->arena, &kept[n], n ? &kept[n - 1] : NULL);
		n++;
	}
	dataset_add(d, &schema_spark_job, kept, n);
}

/* Worth knowing: it runs, or began within the time that the sparklines show. */
static bool is_recent(const struct spark_job_row *x, int64_t now)
{
	return is_running(x) ||
	       (!is_absent(x->submitted_at) && now - x->submitted_at <= SPARK_JOBS_SINCE_MS);
}

void spark_jobs_recent(struct dataset *d, const struct rowset *all, int64_t now)
{
	copy_jobs(d, all, is_recent, now);
}

/* Spark's word for a job that somebody cancelled is FAILED, too: its tasks were killed, none
 * failed. */
static bool has_failed(const struct spark_job_row *x)
{
	return text_is(x->status, "FAILED") && x->num_failed_tasks != 0;
}

void spark_jobs_outcome(struct dataset *d, const struct rowset *all, int64_t now)
{
	struct app_row *app = ARENA_NEW(&d->arena, struct app_row);

	field_clear_row(&schema_app, app);
	app->jobs_failed_5m = 0;
	for (size_t i = 0; i < all->n; i++) {
		const struct spark_job_row *x = all->rows[i];
		int64_t ended = is_absent(x->completed_at) ? x->submitted_at : x->completed_at;

		if (is_absent(ended) || !x->status || ended > now + DATE_AHEAD_MS)
			continue;
		if (text_is(x->status, "SUCCEEDED"))
			app->job_succeeded_at = max_i64(app->job_succeeded_at, ended);
		if (!has_failed(x))
			continue;
		app->job_failed_at = max_i64(app->job_failed_at, ended);
		app->jobs_failed_5m += now - ended < FAILED_LATELY_MS;
	}
	dataset_add(d, &schema_app, app, 1);
}

static bool is_among_newest(const struct spark_job_row *x, int64_t from)
{
	return is_running(x) || x->job_id >= from;
}

static int newest_first(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

struct dataset *spark_jobs_newest(const struct dataset *jobs)
{
	const struct rowset *all = dataset_rows(jobs, &schema_spark_job);
	int64_t *ids = xcalloc(all->n + 1, sizeof(*ids));
	const struct app_row *outcome = dataset_one(jobs, &schema_app);
	struct dataset *d = dataset_new();
	struct app_row *app;
	size_t n = 0;

	if (outcome) {
		app = ARENA_NEW(&d->arena, struct app_row);
		*app = *outcome;
		dataset_add(d, &schema_app, app, 1);
	}
	for (size_t i = 0; i < all->n; i++)
		if (!is_running(all->rows[i]))
			ids[n++] = ((const struct spark_job_row *)all->rows[i])->job_id;
	qsort(ids, n, sizeof(*ids), newest_first);
	copy_jobs(d, all, is_among_newest, n > SPARK_JOBS_KEPT ? ids[SPARK_JOBS_KEPT - 1] : ABSENT);
	free(ids);
	return d;
}

bool spark_jobs_run(const struct dataset *jobs)
{
	const struct rowset *all = dataset_rows(jobs, &schema_spark_job);

	for (size_t i = 0; i < all->n; i++)
		if (is_running(all->rows[i]))
			return true;
	return false;
}

void spark_jobs_merge(struct dataset *d, struct dataset *const parts[static SPARK_PARTS],
		      bool is_jobs_newer, int64_t now)
{
	const struct rowset *all = dataset_rows(parts[SPARK_JOBS], &schema_spark_job);
	const struct rowset *running = dataset_rows(parts[SPARK_RUNNING], &schema_spark_job);
	const void **list = ARENA_ARRAY(&d->arena, const void *, all->n + running->n + 1);
	size_t n = 0;

	for (size_t i = 0; !is_jobs_newer && i < running->n; i++)
		list[n++] = running->rows[i];
	for (size_t i = 0; i < all->n; i++) {
		const struct spark_job_row *x = all->rows[i];

		if (is_running(x) ? is_jobs_newer
				  : !is_absent(x->submitted_at) &&
					    now - x->submitted_at <= SPARK_JOBS_SINCE_MS)
			list[n++] = x;
	}
	dataset_add_pointers(d, &schema_spark_job, list, n);
}
