/* action/returns.c - watches for failures that come back: a replayed entry that fails again.
 *
 * DESIGN. The rows of a snapshot and what the ledger says, both frozen, tell cheaply whether any of
 * the newest entries may be such a return. Only then the folder is read and the ledger written, by
 * the same code as in a replay. What was looked at in vain is not looked at again until something
 * changes. */
#include "returns.h"

#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "../../include/log.h"
#include "../../include/row/dlq.h"
#include "../../include/row/health.h"
#include "replay.h"

struct returns {
	uv_work_t work;
	char *state_dir;
	uv_loop_t *loop;
	returns_found_fn *found;
	void *data;
	bool is_busy, is_freed;
	/* looked at last; references */
	const struct ledger_view *view;
	const struct dataset *rows;
	/* the work's own; references */
	const struct config *cfg;
	const struct snapshot *snap;
	int fails; /* attempts it failed */
};

struct returns *returns_new(uv_loop_t *loop, const char *state_dir, returns_found_fn *found,
			    void *data)
{
	struct returns *r = xcalloc(1, sizeof(*r));

	r->loop = loop;
	r->state_dir = xstrdup(state_dir);
	r->found = found;
	r->data = data;
	return r;
}

static void drop(struct returns *r)
{
	ledger_view_unref(r->view);
	dataset_unref(r->rows);
	free(r->state_dir);
	free(r);
}

/* --- on a pool thread --- */

static bool is_text(const struct text *t, const char *s)
{
	return !strcmp(t ? text_str(t) : "", s ? s : "");
}

static bool may_be(const struct dlq_entry_row *row, const struct ledger_view_state *t,
		   int64_t within_ms)
{
	return t->attempts && !t->covered_by && !t->is_open &&
	       (t->state == DLQ_DONE || t->state == DLQ_DOUBT) && row->at > t->began_at &&
	       row->at <= t->began_at + within_ms && is_text(row->error_type, t->error_type) &&
	       (row->unit ? t->unit && text_is(row->unit, t->unit) : !t->unit);
}

/* Is there an entry in this job's rows that may be a return? */
static bool has_candidate(const struct returns *r, const struct config_job *job)
{
	const struct rowset *rows = dataset_rows(r->snap->dlq, &schema_dlq_entry);

	for (size_t i = 0; i < rows->n; i++) {
		const struct dlq_entry_row *row = rows->rows[i];
		if (is_absent(row->at) || row->state == DLQ_DONE ||
		    text_cmp(row->job, job->name) != 0)
			continue;
		for (size_t k = 0; k < r->view->nstates; k++)
			if (may_be(row, &r->view->states[k], job->replay.returns_within_ms))
				return true;
	}
	return false;
}

static int64_t zone_of(const struct snapshot *s, const struct text *job)
{
	for (size_t i = 0; i < s->nsections; i++) {
		const struct section *c = s->sections[i];
		const struct health_row *h =
			c->source == SOURCE_HEALTH && c->job && c->data && text_is(job, c->job)
				? dataset_one(c->data, &schema_health)
				: NULL;
		if (h)
			return h->zone_offset_ms;
	}
	return ABSENT;
}

static int fail_in(struct ledger *l, struct queue *q, const struct config_job *job,
		   const char *folder, struct arena *a, struct err *err)
{
	struct ledger_list known;
	int rc = replay_read_known(l, text_str(job->name), folder, a, &known, err);

	if (rc)
		return rc;
	struct replay_return *back = ARENA_ARRAY(a, struct replay_return, known.n + 1);
	rc = replay_fail_returns(l, q, &known, job->replay.returns_within_ms, back, err);
	for (int i = 0; i < rc; i++) {
		const struct queue_entry *e = queue_entry(q, back[i].at);
		log_msg(LOG_WARN,
			"%s: the replay of batch %s failed: it came back as line %u of %s",
			text_str(job->name), back[i].t->batch_id ? back[i].t->batch_id : "-",
			e->line, queue_file(q, e));
	}
	return rc;
}

static void look_at(struct returns *r, struct ledger *l, const struct config_job *job)
{
	char *real = realpath(job->dlq, NULL);
	struct queue_look look = {.folder = real ? real : job->dlq,
				  .job = text_str(job->name),
				  .unit = job->replay.unit,
				  .zone_ms = zone_of(r->snap, job->name),
				  .now = r->snap->at,
				  .max_age_ms = job->replay.max_age_ms};
	struct queue_wish wish = {.all = true};
	struct queue *q = queue_new(&look, &wish);
	struct arena a;
	struct err err;

	arena_init(&a);
	int rc = queue_read(q, NULL, NULL, &err);
	if (!rc)
		rc = fail_in(l, q, job, look.folder, &a, &err);
	if (rc > 0)
		r->fails += rc;
	if (rc < 0)
		log_msg(LOG_WARN, "%s: whether replayed failures came back is not known: %s",
			text_str(job->name), err.message);
	arena_release(&a);
	queue_free(q);
	free(real);
}

static void on_work(uv_work_t *work)
{
	struct returns *r = CONTAINER_OF(work, struct returns, work);
	struct ledger *l = NULL;

	for (size_t i = 0; i < r->cfg->njobs; i++) {
		const struct config_job *job = &r->cfg->jobs[i];
		if (!job->dlq || !has_candidate(r, job))
			continue;
		if (!l)
			l = ledger_open(r->state_dir, false, NULL);
		if (l)
			look_at(r, l, job);
	}
	ledger_close(l);
}

/* --- on the loop --- */

static void on_done(uv_work_t *work, int status)
{
	struct returns *r = CONTAINER_OF(work, struct returns, work);

	(void)status;
	r->is_busy = false;
	config_unref(r->cfg);
	snapshot_unref(r->snap);
	if (r->is_freed) {
		drop(r);
		return;
	}
	if (r->fails)
		r->found(r->data);
}

void returns_look(struct returns *r, struct publish *p, const struct config *cfg)
{
	const struct ledger_view *view = publish_ledger_view(p);
	const struct snapshot *snap;

	if (r->is_busy || !view || !view->nstates)
		return;
	snap = publish_latest(p);
	if (!snap->dlq || (snap->dlq == r->rows && view == r->view)) {
		snapshot_unref(snap);
		return;
	}
	ledger_view_unref(r->view);
	dataset_unref(r->rows);
	r->view = ledger_view_ref(view);
	r->rows = dataset_ref(snap->dlq);
	r->snap = snap;
	r->cfg = config_ref(cfg);
	r->fails = 0;
	r->is_busy = true;
	if (uv_queue_work(r->loop, &r->work, on_work, on_done))
		BUG("no work can be queued");
}

void returns_free(struct returns *r)
{
	if (!r)
		return;
	r->is_freed = true;
	if (!r->is_busy)
		drop(r);
}
