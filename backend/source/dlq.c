/* source/dlq.c - the dead-letter queue folders: when to look, and who may touch the folder.
 *
 * DESIGN: files may lie on a mount that does not answer, so every look happens on a pool thread,
 * one at a time for each target. The folder with its index (dlq/folder.h) belongs to that work
 * while it is under way and to nobody else: the loop thread only hands over what is wished and
 * takes datasets back. A poll is a scan and as many slices of indexing as there are; what is on the
 * screen first are the newest entries, read from the end of the newest file. A poll that has
 * indexed for SLICE_MS ends and is followed by the next at once, so that the deadline of a poll
 * means a folder that does not answer and never a long queue. A work that hangs is left behind: it
 * frees what it holds when it comes back. */
#include <stdlib.h>
#include <string.h>

#include "../../include/row/dlq.h"
#include "../../include/row/health.h"
#include "../dlq/page.h"
#include "source.h"

enum { STEP_BYTES = 16 << 20, SMALL_BYTES = 2 << 20, SLICE_MS = 2000, SHOW_MS = 400 };

enum task { TASK_SCAN, TASK_STEP, TASK_DETAIL };

struct queue {
	uv_work_t work;
	struct target *target; /* NULL: stopped, the work under way frees the queue */
	struct folder *folder;
	char *job, **unit; /* templates, NULL-terminated, or NULL */
	bool is_busy;      /* work is under way: it owns all below but the next block */
	int64_t busy_since;

	/* loop thread only */
	bool in_poll, needs_scan;
	int64_t poll_began, shown_at; /* monotonic */
	struct request *request;      /* the newest that waits; NULL */

	/* what the work is told */
	const struct ledger_view *ledger; /* a reference */
	enum task task;
	struct page_look look;
	struct request *asked; /* of TASK_DETAIL */
	bool wants_rows;
	/* what it answers */
	struct dataset *rows, *detail;
	struct err err;
	bool has_failed, has_more;
	int64_t made_at, made_zone;            /* of the last rows */
	const struct ledger_view *made_ledger; /* a reference */
};

struct dlq_target {
	struct queue *q;
};

static void free_queue(struct queue *q)
{
	folder_free(q->folder);
	dataset_unref(q->rows);
	dataset_unref(q->detail);
	ledger_view_unref(q->ledger);
	ledger_view_unref(q->made_ledger);
	free(q->request);
	free(q->asked);
	free(q->job);
	for (size_t i = 0; q->unit && q->unit[i]; i++)
		free(q->unit[i]);
	free(q->unit);
	free(q);
}

/* --- on a pool thread --- */

static void make_rows(struct queue *q)
{
	q->folder->has_changed = false;
	q->rows = page_snapshot(q->folder, &q->look);
	q->made_at = q->look.now;
	q->made_zone = q->look.zone_ms;
	ledger_view_unref(q->made_ledger);
	q->made_ledger = ledger_view_ref(q->ledger);
}

static bool is_due(const struct queue *q)
{
	return q->folder->has_changed || q->made_zone != q->look.zone_ms ||
	       q->made_ledger != q->ledger || page_is_outdated(q->folder, &q->look, q->made_at);
}

static void step(struct queue *q)
{
	int64_t left = STEP_BYTES;
	int64_t before, after, all;

	do {
		folder_progress(q->folder, &all, &before);
		q->has_more = folder_step(q->folder, left);
		folder_progress(q->folder, &all, &after);
		left -= max_i64(after - before, 4096);
	} while (q->has_more && left > 0);
	if (q->has_more ? q->wants_rows : is_due(q))
		make_rows(q);
}

static void scan(struct queue *q)
{
	int64_t all, done;

	q->has_failed = folder_scan(q->folder, &q->err) < 0;
	if (q->has_failed)
		return;
	folder_progress(q->folder, &all, &done);
	q->has_more = true;
	/* At the first look at a long queue its newest entries come before the index. */
	if (is_absent(q->made_at) && all - done > SMALL_BYTES)
		make_rows(q);
	else
		step(q);
}

static void answer(struct queue *q)
{
	const struct request *r = q->asked;
	struct page_wish wish = {max_i64(r->from, 0), max_i64(r->count, 0), r->group, r->flag};

	if (r->kind == REQUEST_DLQ_PAGE)
		q->detail = page_entries(q->folder, &q->look, &wish);
	else
		q->detail = page_line(q->folder, r->file, r->line, r->from, !r->flag);
}

static void on_work(uv_work_t *work)
{
	struct queue *q = work->data;

	if (q->task == TASK_SCAN)
		scan(q);
	else if (q->task == TASK_STEP)
		step(q);
	else
		answer(q);
}

/* --- on the loop thread --- */

static void next_work(struct queue *q);

static void end_poll(struct queue *q)
{
	struct dataset *rows = q->rows;
	char problem[300];

	q->in_poll = false;
	q->rows = NULL;
	if (q->has_failed) {
		source_failed(q->target, NULL, "%s", q->err.message);
		return;
	}
	if (q->has_more)
		source_again(q->target, 1);
	if (folder_problem(q->folder, q->look.now, problem, sizeof(problem))) {
		if (rows)
			source_progress(q->target, rows);
		source_partly(q->target, problem);
		return;
	}
	if (rows)
		source_done(q->target, rows, ABSENT);
	else
		source_same(q->target, ABSENT);
}

static bool is_over_slice(const struct queue *q)
{
	return !target_config(q->target)->is_once &&
	       clock_mono(target_clock(q->target)) - q->poll_began > SLICE_MS;
}

static void after_look(struct queue *q)
{
	if (!q->in_poll) { /* given up meanwhile: the rows were never seen */
		if (q->rows)
			q->folder->has_changed = true;
		dataset_unref(q->rows);
		q->rows = NULL;
		return;
	}
	if (q->has_failed || !q->has_more || (q->rows && is_over_slice(q))) {
		end_poll(q);
		return;
	}
	if (q->rows) {
		source_progress(q->target, q->rows);
		q->rows = NULL;
		q->shown_at = clock_mono(target_clock(q->target));
	}
}

static void on_worked(uv_work_t *work, int status)
{
	struct queue *q = work->data;

	q->is_busy = false;
	if (!q->target) {
		free_queue(q);
		return;
	}
	if (q->task == TASK_DETAIL) {
		struct dataset *detail = q->detail;
		q->detail = NULL;
		free(q->asked);
		q->asked = NULL;
		if (detail)
			source_detail(q->target, detail);
	} else if (status == 0) {
		after_look(q);
	}
	next_work(q);
}

static void begin_work(struct queue *q, enum task task)
{
	const struct config *cfg = target_config(q->target);
	const struct config_job *job = target_spec(q->target)->job;
	const struct dataset *health = target_sibling(q->target, SOURCE_HEALTH);
	const struct health_row *said = health ? dataset_one(health, &schema_health) : NULL;
	int64_t mono = clock_mono(target_clock(q->target));

	ledger_view_unref(q->ledger);
	q->ledger = ledger_view_ref(target_ledger(q->target));
	q->look = (struct page_look){
		.ledger = q->ledger,
		.job = q->job,
		.unit = (const char *const *)q->unit,
		.limit = cfg->dlq_limit,
		.max_age_ms = job ? job->replay.max_age_ms : ABSENT,
		.now = clock_wall(target_clock(q->target)),
		.zone_ms = said ? said->zone_offset_ms : ABSENT,
	};
	q->task = task;
	q->needs_scan &= task != TASK_SCAN;
	q->wants_rows = mono - q->shown_at > SHOW_MS || is_over_slice(q);
	q->is_busy = true;
	q->busy_since = mono;
	q->work.data = q;
	if (uv_queue_work(target_loop(q->target), &q->work, on_work, on_worked))
		BUG("work could not be queued");
}

static void next_work(struct queue *q)
{
	if (q->is_busy)
		return;
	if (q->request) {
		q->asked = q->request;
		q->request = NULL;
		begin_work(q, TASK_DETAIL);
	} else if (q->in_poll) {
		begin_work(q, q->needs_scan ? TASK_SCAN : TASK_STEP);
	}
}

static char **copy_list(const char *const *list)
{
	size_t n = 0;

	while (list && list[n])
		n++;
	char **copy = n ? xcalloc(n + 1, sizeof(*copy)) : NULL;
	for (size_t i = 0; i < n; i++)
		copy[i] = xstrdup(list[i]);
	return copy;
}

static void start(struct target *t)
{
	struct dlq_target *state = target_state(t);
	const struct target_spec *spec = target_spec(t);
	struct queue *q = xcalloc(1, sizeof(*q));

	q->target = t;
	q->folder = folder_new(spec->where);
	q->job = xstrdup(spec->job ? text_str(spec->job->name) : "");
	q->unit = copy_list(spec->job ? spec->job->replay.unit : NULL);
	q->made_at = ABSENT;
	state->q = q;
}

static void poll(struct target *t)
{
	struct queue *q = ((struct dlq_target *)target_state(t))->q;
	int64_t mono = clock_mono(target_clock(t));

	if (q->is_busy && q->task != TASK_DETAIL) {
		source_failed(t, NULL, "no answer from the folder for %lld s; is its mount alive?",
			      (long long)((mono - q->busy_since) / 1000));
		return;
	}
	q->in_poll = q->needs_scan = true;
	q->has_more = false;
	q->poll_began = q->shown_at = mono;
	next_work(q);
}

static void give_up(struct target *t)
{
	((struct dlq_target *)target_state(t))->q->in_poll = false;
}

static void stop(struct target *t)
{
	struct dlq_target *state = target_state(t);
	struct queue *q = state->q;

	state->q = NULL;
	if (!q)
		return;
	q->target = NULL;
	if (!q->is_busy)
		free_queue(q);
	else
		uv_cancel((uv_req_t *)&q->work); /* calls on_worked() later, like any end */
}

static struct dataset *detail(struct target *t, const struct request *r)
{
	struct queue *q = ((struct dlq_target *)target_state(t))->q;

	if ((r->kind != REQUEST_DLQ_PAGE && r->kind != REQUEST_DLQ_ENTRY) ||
	    (r->job[0] && strcmp(r->job, q->job) != 0))
		return NULL;
	if (!q->request)
		q->request = xmalloc(sizeof(*q->request));
	*q->request = *r;
	next_work(q);
	return NULL;
}

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->njobs; i++) {
		const struct config_job *job = &cfg->jobs[i];
		struct target_spec spec = {job, NULL, job->dlq, job->found_by};
		if (job->dlq)
			add(data, &spec);
	}
}

static const struct schema *const schemas[] = {
	&schema_dlq_entry, &schema_dlq_bad, &schema_dlq_group, &schema_dlq_folder, NULL,
};

const struct source_ops source_dlq = {
	.name = "dlq",
	.schemas = schemas,
	.state_size = sizeof(struct dlq_target),
	.is_local = true,
	.asks_after = 1 + SOURCE_HEALTH, /* the zone of its times */
	.targets = targets,
	.start = start,
	.poll = poll,
	.abort = give_up,
	.stop = stop,
	.details = 1u << REQUEST_DLQ_PAGE | 1u << REQUEST_DLQ_ENTRY,
	.detail = detail,
};
