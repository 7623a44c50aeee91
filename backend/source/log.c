/* source/log.c - the logs of jobs: where they are, when they are looked at, who may touch them.
 *
 * DESIGN: as with the dead-letter folders, every look and every page is work on a pool thread, one
 * at a time for each place, and what is followed (log/follow.h) belongs to that work while it is
 * under way. A look that found more than it may read in one go is followed by the next at once. A
 * worker's tail is asked for over HTTP on the loop thread; its bytes go along with the next look.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/log.h"
#include "../log/follow.h"
#include "source.h"

enum { LOOK_EVERY_MS = 1000, SOON_MS = 50 };

enum task { TASK_LOOK, TASK_PAGE };

struct place {
	uv_work_t work;
	struct target *target; /* NULL: stopped, the work under way frees the place */
	struct log_follow *follow;
	char *where;
	bool is_busy; /* work is under way: it owns all below but the next block */
	int64_t busy_since;

	/* loop thread only */
	bool in_poll, needs_look;
	struct request request;
	bool has_request;

	/* what the work is told */
	enum task task;
	struct request asked;
	int64_t now;
	/* what it answers */
	struct dataset *rows, *detail;
	bool has_more;
	char problem[320];
};

struct log_target {
	struct place *place;
};

static void free_place(struct place *p)
{
	follow_free(p->follow);
	dataset_unref(p->rows);
	dataset_unref(p->detail);
	free(p->where);
	free(p);
}

/* --- on a pool thread --- */

static void on_work(uv_work_t *work)
{
	struct place *p = work->data;

	if (p->task == TASK_PAGE) {
		p->detail = follow_page(p->follow, &p->asked);
		return;
	}
	p->has_more = follow_look(p->follow, p->now);
	const char *problem = follow_problem(p->follow);
	p->problem[0] = '\0';
	if (problem)
		text_clean_to(p->problem, sizeof(p->problem), problem, strlen(problem));
	if (follow_has_news(p->follow))
		p->rows = follow_rows(p->follow, p->now);
}

/* --- on the loop thread --- */

static void next_work(struct place *p);

static void end_poll(struct place *p)
{
	struct dataset *rows = p->rows;

	p->in_poll = false;
	p->rows = NULL;
	if (p->has_more)
		source_again(p->target, SOON_MS);
	if (p->problem[0]) {
		if (rows)
			source_progress(p->target, rows);
		source_failed(p->target, NULL, "%s: %s", p->where, p->problem);
	} else if (rows) {
		source_done(p->target, rows, ABSENT);
	} else {
		source_same(p->target, ABSENT);
	}
}

static void on_worked(uv_work_t *work, int status)
{
	struct place *p = work->data;

	p->is_busy = false;
	if (!p->target) {
		free_place(p);
		return;
	}
	if (p->task == TASK_PAGE) {
		struct dataset *detail = p->detail;
		p->detail = NULL;
		if (detail)
			source_detail(p->target, detail);
	} else if (status == 0 && p->in_poll) {
		end_poll(p);
	}
	next_work(p);
}

static void begin_work(struct place *p, enum task task)
{
	p->task = task;
	p->needs_look &= task != TASK_LOOK;
	p->now = clock_wall(target_clock(p->target));
	p->is_busy = true;
	p->busy_since = clock_mono(target_clock(p->target));
	p->work.data = p;
	if (uv_queue_work(target_loop(p->target), &p->work, on_work, on_worked))
		BUG("work could not be queued");
}

static void next_work(struct place *p)
{
	if (p->is_busy)
		return;
	if (p->has_request) {
		p->asked = p->request;
		p->has_request = false;
		begin_work(p, TASK_PAGE);
	} else if (p->in_poll && p->needs_look) {
		begin_work(p, TASK_LOOK);
	}
}

/* `.../app-20261120203237-0000/3/stderr` is executor 3's; that is how a worker lays them out. */
static void guess_whose(const char *where, const struct config_job *job, char *out, size_t size)
{
	const char *app = strstr(where, "/app-"), *slash = app ? strchr(app + 1, '/') : NULL;
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;

	if (digits && slash[1 + digits] == '/')
		snprintf(out, size, "executor %.*s", (int)min_size(digits, 9), slash + 1);
	else
		snprintf(out, size, "%s", job && job->found ? "driver" : "job");
}

static void start(struct target *t)
{
	struct log_target *state = target_state(t);
	const struct target_spec *spec = target_spec(t);
	const struct config *cfg = target_config(t);
	struct place *p = xcalloc(1, sizeof(*p));
	char whose[32];

	guess_whose(spec->where, spec->job, whose, sizeof(whose));
	struct follow_spec follow = {
		.job = spec->job ? text_str(spec->job->name) : "",
		.place = spec->where,
		.whose = whose,
		.found_by = spec->found_by ? spec->found_by : "config",
		.command = spec->job ? spec->job->log.command : NULL,
	};
	p->target = t;
	p->where = xstrdup(spec->where);
	p->follow = follow_new(&follow, signatures_new(cfg->signatures, cfg->nsignatures));
	state->place = p;
}

static void poll(struct target *t)
{
	struct place *p = ((struct log_target *)target_state(t))->place;
	int64_t mono = clock_mono(target_clock(t));

	if (p->is_busy && p->task == TASK_LOOK) {
		source_failed(t, NULL, "%s: no answer for %lld s; is its mount alive?", p->where,
			      (long long)((mono - p->busy_since) / 1000));
		return;
	}
	p->in_poll = p->needs_look = true;
	p->has_more = false;
	next_work(p);
}

static void give_up(struct target *t)
{
	((struct log_target *)target_state(t))->place->in_poll = false;
}

static void stop(struct target *t)
{
	struct log_target *state = target_state(t);
	struct place *p = state->place;

	state->place = NULL;
	if (!p)
		return;
	p->target = NULL;
	if (!p->is_busy)
		free_place(p);
	else
		uv_cancel((uv_req_t *)&p->work); /* calls on_worked() later, like any end */
}

static struct dataset *detail(struct target *t, const struct request *r)
{
	struct place *p = ((struct log_target *)target_state(t))->place;

	if (r->kind != REQUEST_LOG_PAGE)
		return NULL;
	p->request = *r;
	p->has_request = true;
	next_work(p);
	return NULL;
}

/* --- the places of a job --- */

struct adding {
	target_add_fn *add;
	void *data;
	const struct config_job *job;
};

static void add_place(const struct adding *a, const char *kind, const char *place)
{
	char where[4200];
	struct target_spec spec = {a->job, NULL, where, a->job->found_by};

	snprintf(where, sizeof(where), "%s%s", kind, place);
	a->add(a->data, &spec);
}

static void add_command(const struct adding *a, const char *const *argv)
{
	struct buf line;

	buf_init(&line, 1 << 20);
	for (size_t i = 0; argv[i]; i++)
		buf_printf(&line, "%s%s", i ? " " : "", argv[i]);
	add_place(a, follow_command, line.data);
	buf_release(&line);
}

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->njobs; i++) {
		struct adding a = {add, data, &cfg->jobs[i]};
		const struct config_log *log = &a.job->log;

		for (size_t k = 0; log->files && log->files[k]; k++)
			add_place(&a, "", log->files[k]);
		if (log->journal)
			add_place(&a, follow_journal, log->journal);
		if (log->command && log->command[0])
			add_command(&a, log->command);
	}
}

static const struct schema *const schemas[] = {&schema_log_file, &schema_log_mark, &schema_log_line,
					       NULL};

const struct source_ops source_log = {
	.name = "log",
	.schemas = schemas,
	.interval_ms = LOOK_EVERY_MS,
	.state_size = sizeof(struct log_target),
	.is_local = true,
	.targets = targets,
	.start = start,
	.poll = poll,
	.abort = give_up,
	.stop = stop,
	.details = 1u << REQUEST_LOG_PAGE,
	.detail = detail,
};
