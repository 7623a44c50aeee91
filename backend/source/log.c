/* source/log.c - the logs of jobs: where they are, when they are looked at, who may touch them.
 *
 * DESIGN: as with the dead-letter folders, every look and every page is work on a pool thread, one
 * at a time for each place, and what is followed (log/follow.h) belongs to that work while it is
 * under way. A look that found more than it may read in one go is followed by the next at once. A
 * worker's tail is asked for over HTTP on the loop thread; its bytes go along with
 * the next look. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/log.h"
#include "../log/follow.h"
#include "../log/tail.h"
#include "../redact.h"
#include "source.h"

enum {
	LOOK_EVERY_MS = 1000,
	SOON_MS = 50,
	WAIT_MAX_MS = 60000,
	TAIL_BYTES = 1 << 20,  /* asked of a worker at once */
	TAIL_BEHIND = 8 << 20, /* further behind it is not followed but skipped */
	COMMAND_SHOWN = 800,   /* bytes of a command line; a request holds 1,023 */
};
static const struct http_limits tail_limits = {3000, 8000, TAIL_BYTES + 4096};

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
	bool is_worker;
	int64_t tail_at; /* next byte of a worker's tail, ABSENT: its end */
	int64_t wait_ms; /* after a failure */
	const struct config_signature *signatures; /* of the configuration it began with */
	size_t nsignatures;
	const char *const *command; /* that it runs */
	struct request request;
	bool has_request;

	/* what the work is told */
	enum task task;
	struct request asked;
	int64_t now;
	struct buf came; /* of a worker's tail */
	int64_t skipped;
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
	buf_release(&p->came);
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
	if (p->came.len)
		follow_add(p->follow, p->came.data, p->came.len);
	follow_skip(p->follow, p->skipped);
	buf_clear(&p->came);
	p->skipped = 0;
	p->has_more |= follow_look(p->follow, p->now);
	const char *problem = follow_problem(p->follow);
	p->problem[0] = '\0';
	if (problem)
		text_clean_to(p->problem, sizeof(p->problem), problem, strlen(problem));
	if (follow_has_news(p->follow)) {
		dataset_unref(p->rows); /* of a look that was given up: nobody has seen them */
		p->rows = follow_rows(p->follow);
	}
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
	else if (p->is_worker) /* another host's: as often as anything there */
		source_again(p->target, target_config(p->target)->interval_ms);
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

/* --- a worker's tail --- */

static void tail_failed(struct place *p, const struct http_reply *reply, const char *problem)
{
	p->in_poll = false;
	source_again(p->target, p->wait_ms);
	p->wait_ms = min_i64(p->wait_ms * 2, WAIT_MAX_MS);
	source_failed(p->target, reply, "%s: %s", p->where, problem);
}

static void take_tail(struct place *p, const struct worker_tail *tail)
{
	bool is_anew = !is_absent(p->tail_at) && tail->total < p->tail_at;

	p->wait_ms = LOOK_EVERY_MS;
	if (!buf_add(&p->came, tail->bytes, tail->len))
		BUG("a tail of %zu bytes", tail->len);
	p->tail_at = is_anew ? 0 : tail->from + (int64_t)tail->len;
	int64_t behind = tail->total - p->tail_at;
	if (behind > TAIL_BEHIND) {
		p->skipped += behind - TAIL_BYTES;
		p->tail_at += behind - TAIL_BYTES;
	}
	p->has_more = tail->len && behind > 0;
}

static void on_tail(void *data, const struct http_reply *reply)
{
	struct place *p = data;
	struct worker_tail tail;

	if (!p->in_poll)
		return;
	if (reply->result != HTTP_ANSWERED) {
		tail_failed(p, reply, reply->problem);
	} else if (reply->code != 200) {
		tail_failed(p, reply,
			    "the worker does not give this log; is the executor's id right?");
	} else if (!worker_tail_read(reply->body, reply->len, &tail)) {
		tail_failed(p, reply, "the worker has no such log; it may have cleaned it up");
	} else {
		take_tail(p, &tail);
		p->needs_look = true;
		next_work(p);
	}
}

static void ask_worker(struct place *p)
{
	char url[4400];
	const char *base = p->where + strlen(follow_worker);

	if (is_absent(p->tail_at))
		snprintf(url, sizeof(url), "%s&byteLength=%d", base, TAIL_BYTES);
	else
		snprintf(url, sizeof(url), "%s&offset=%lld&byteLength=%d", base,
			 (long long)p->tail_at, TAIL_BYTES);
	if (http_is_busy(target_http(p->target)))
		tail_failed(p, NULL, "no answer yet");
	else
		http_get(target_http(p->target), url, &tail_limits, on_tail, p);
}

/* `.../app-20261120203237-0000/3/stderr` is executor 3's; that is how a worker lays them out. */
static void guess_whose(const char *where, const struct config_job *job, char *out, size_t size)
{
	const char *app = strstr(where, "/app-"), *slash = app ? strchr(app + 1, '/') : NULL;
	const char *id = strstr(where, "executorId=");
	size_t digits = slash ? strspn(slash + 1, "0123456789") : 0;

	if (id)
		snprintf(out, size, "executor %.*s", (int)strspn(id + 11, "0123456789") % 10,
			 id + 11);
	else if (digits && slash[1 + digits] == '/')
		snprintf(out, size, "executor %.*s", (int)min_size(digits, 9), slash + 1);
	else
		snprintf(out, size, "%s", job && job->found ? "driver" : "job");
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Two may be shown as the same place and differ in a secret. */
static bool same_command(const char *const *a, const char *const *b)
{
	size_t i = 0;

	if (!a || !b)
		return a == b;
	while (a[i] && b[i] && strcmp(a[i], b[i]) == 0)
		i++;
	return !a[i] && !b[i];
}

static bool same_signatures(const struct place *p, const struct config *cfg)
{
	if (p->nsignatures != cfg->nsignatures)
		return false;
	for (size_t i = 0; i < p->nsignatures; i++) {
		const struct config_signature *a = &p->signatures[i], *b = &cfg->signatures[i];
		if (!same_text(a->match, b->match) || !same_text(a->kind, b->kind) ||
		    !same_text(a->means, b->means) || !same_text(a->next, b->next))
			return false;
	}
	return true;
}

static const char *const *command_of(const struct place *p)
{
	const struct config_job *job = target_spec(p->target)->job;
	bool is_command = strncmp(p->where, follow_command, strlen(follow_command)) == 0;

	return job && is_command ? job->log.command : NULL;
}

/* Also when a configuration that was read again marks other texts or runs another command: then
 * anew. The scheduler keeps every configuration there was. */
static void begin_following(struct place *p)
{
	const struct target_spec *spec = target_spec(p->target);
	const struct config *cfg = target_config(p->target);
	char whose[32];

	guess_whose(spec->where, spec->job, whose, sizeof(whose));
	struct follow_spec follow = {
		.job = spec->job ? text_str(spec->job->name) : "",
		.place = spec->where,
		.whose = whose,
		.found_by = spec->found_by ? spec->found_by : "config",
		.command = command_of(p),
	};
	follow_free(p->follow);
	p->follow = follow_new(&follow, signatures_new(cfg->signatures, cfg->nsignatures));
	p->command = follow.command;
	p->signatures = cfg->signatures;
	p->nsignatures = cfg->nsignatures;
	p->tail_at = ABSENT;
}

static void start(struct target *t)
{
	struct log_target *state = target_state(t);
	const struct target_spec *spec = target_spec(t);
	struct place *p = xcalloc(1, sizeof(*p));

	p->target = t;
	p->is_worker = strncmp(spec->where, follow_worker, strlen(follow_worker)) == 0;
	p->wait_ms = LOOK_EVERY_MS;
	buf_init(&p->came, 2 * (size_t)TAIL_BYTES);
	p->where = xstrdup(spec->where);
	begin_following(p);
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
	if (!p->is_busy &&
	    (!same_signatures(p, target_config(t)) || !same_command(p->command, command_of(p))))
		begin_following(p);
	p->in_poll = true;
	p->has_more = false;
	if (p->is_worker) {
		ask_worker(p);
		return;
	}
	p->needs_look = true;
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
	const char *found_by;
};

static void add_place(const struct adding *a, const char *kind, const char *place)
{
	char where[4200];
	struct target_spec spec = {a->job, NULL, where, a->found_by};

	snprintf(where, sizeof(where), "%s%s", kind, place);
	a->add(a->data, &spec);
}

/* As everybody may read it: the place is shown, and pages are asked for by it. What runs is in the
 * configuration. */
static void add_command(const struct adding *a, const char *const *argv)
{
	char shown[COMMAND_SHOWN];
	bool is_secret = false;
	struct buf line;

	buf_init(&line, 1 << 20);
	for (size_t i = 0; argv[i]; i++) {
		if (i)
			buf_putc(&line, ' ');
		is_secret = redact_arg(argv[i], strlen(argv[i]), is_secret, &line);
	}
	text_clean_to(shown, sizeof(shown), line.data, line.len);
	add_place(a, follow_command, shown);
	buf_release(&line);
}

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->njobs; i++) {
		struct adding a = {add, data, &cfg->jobs[i], cfg->jobs[i].found_by};
		const struct config_log *log = &a.job->log;

		a.found_by = log->found_by ? log->found_by : a.job->found_by;
		for (size_t k = 0; log->files && log->files[k]; k++)
			add_place(&a, "", log->files[k]);
		a.found_by = a.job->found_by;
		if (log->journal)
			add_place(&a, follow_journal, log->journal);
		if (log->command && log->command[0])
			add_command(&a, log->command);
		a.found_by = "an executor of it runs here, and this worker keeps its log";
		for (size_t k = 0; log->workers && log->workers[k]; k++)
			add_place(&a, follow_worker, log->workers[k]);
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
