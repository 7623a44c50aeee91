/* source/health.c - the five health endpoints of a job, politely: the endpoint may be one thread
 * inside the driver, so a poll is one request, /health/detailed (or /health, where the other is
 * not there). The rest is asked every 30 s, when the job's status word changes, and by --once, one
 * after the other on the same connection. A body that is the same as last time is not decoded; its
 * row keeps the time of its first sight, so that the rules see an uptime that does not move.
 * The judging is not done here (backend/rule/), the parsing in health_rows.c. */
#include <stdlib.h>
#include <string.h>

#include "../../include/err.h"
#include "answer.h"
#include "health_rows.h"
#include "source.h"

enum {
	OTHERS_EVERY_MS = 30 * 1000,
	DETAILED_AGAIN_MS = 10 * 60 * 1000,
	BODY_CAP = 4 << 20,
	URL_MAX = 2048,
};

static const struct http_limits main_limits = {2000, 4000, BODY_CAP};
static const struct http_limits other_limits = {1000, 1500, BODY_CAP};

static const char *const paths[PART_COUNT] = {
	[PART_DETAILED] = "/health/detailed", [PART_BASIC] = "/health",
	[PART_DLQ] = "/health/dlq",           [PART_READY] = "/health/ready",
	[PART_LIVE] = "/health/live",
};

struct health {
	struct health_answer parts[PART_COUNT];
	struct kept_body body; /* of the last main answer */
	struct odd_said said[PART_COUNT];
	int main_part; /* which of the two is asked each time */
	int asking;    /* enum health_part under way */
	bool is_same;  /* the main answer of this poll is the last one again */
	bool has_asked_others;
	int64_t others_at;   /* mono ms when they were asked last */
	int64_t fallback_at; /* mono ms since when /health is asked instead */
	int64_t code;        /* of the main answer */
};

static void ask(struct target *t, enum health_part part);

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->njobs; i++) {
		const struct config_job *job = &cfg->jobs[i];
		struct target_spec spec = {
			.job = job, .where = job->health, .found_by = job->found_by};

		if (job->health)
			add(data, &spec);
	}
}

static void start(struct target *t)
{
	struct health *h = target_state(t);

	h->main_part = PART_DETAILED;
	for (int i = 0; i < PART_COUNT; i++)
		health_drop(&h->parts[i]);
}

/* What was answered but not told yet must be told next time: forget that it is known. */
static void abort_poll(struct target *t)
{
	struct health *h = target_state(t);

	kept_drop(&h->body);
}

static void stop(struct target *t)
{
	struct health *h = target_state(t);

	for (int i = 0; i < PART_COUNT; i++)
		health_drop(&h->parts[i]);
	kept_drop(&h->body);
}

static void finish(struct target *t, bool is_changed)
{
	struct health *h = target_state(t);
	int64_t now = clock_wall(target_clock(t));

	if (!is_changed) {
		source_same(t, h->code);
		return;
	}
	source_done(t,
		    health_merge(h->parts, health_zone(h->parts), clock_local_offset_ms(now),
				 h->main_part == PART_DETAILED ? TRI_TRUE : TRI_FALSE),
		    h->code);
}

/* The next of the other endpoints, or the end of the poll. */
static void ask_next(struct target *t, int from)
{
	struct health *h = target_state(t);

	for (int part = from; part < PART_COUNT; part++) {
		if (part == h->main_part || (part == PART_DETAILED && h->main_part == PART_BASIC))
			continue;
		ask(t, (enum health_part)part);
		return;
	}
	finish(t, true);
}

static bool same_text(const struct text *a, const struct text *b)
{
	return a == b || (a && b && text_cmp(a, b) == 0);
}

static void log_odd(struct target *t, int part)
{
	struct health *h = target_state(t);

	answer_log_odd(target_spec(t)->where, paths[part], &schema_health, &h->parts[part].flags,
		       &h->said[part]);
}

/* Takes a new main answer; true when the others are to be asked now. */
static bool take_main(struct target *t, const struct http_reply *r, struct health_answer *fresh)
{
	struct health *h = target_state(t);
	struct health_answer *old = &h->parts[h->main_part];
	int64_t now = clock_mono(target_clock(t));
	bool is_due = !h->has_asked_others || target_config(t)->is_once ||
		      now - h->others_at >= OTHERS_EVERY_MS;

	h->code = r->code;
	if (fresh) {
		is_due = is_due || !old->row || !same_text(old->row->status, fresh->row->status);
		health_drop(&h->parts[PART_DETAILED]);
		health_drop(&h->parts[PART_BASIC]);
		*old = *fresh;
		log_odd(t, h->main_part);
		kept_set(&h->body, r);
	}
	if (is_due) {
		h->has_asked_others = true;
		h->others_at = now;
	}
	return is_due;
}

static void describe_stranger(struct target *t, const struct http_reply *r, const struct err *err,
			      bool is_object)
{
	char type[64], code[160];
	const char *why = answer_code_problem(r, code);

	answer_type(r, type);
	if (why)
		source_failed(t, r, "%s", why);
	else if (r->code == 404)
		source_failed(t, r,
			      "answers 404 to /health: not the health contract; is this the right "
			      "address and port?");
	else if (is_object)
		source_failed(t, r,
			      "answers JSON without `status` (a text) and `last_batch_id`: not the "
			      "health contract; is this the right address and port?");
	else if (answer_is_json(r))
		source_failed(t, r, "answers, but not the health contract: %s", err->message);
	else
		source_failed(t, r,
			      "answers, but not the health contract: got %s; is this the right "
			      "port?",
			      type);
}

/* Not the contract: /health may still be. */
static void on_stranger(struct target *t, const struct http_reply *r, const struct err *err,
			bool is_object)
{
	struct health *h = target_state(t);

	if (h->main_part == PART_DETAILED) {
		h->main_part = PART_BASIC;
		h->fallback_at = clock_mono(target_clock(t));
		ask(t, PART_BASIC);
		return;
	}
	h->main_part = PART_DETAILED; /* what it is may change: both are tried again */
	kept_drop(&h->body);
	describe_stranger(t, r, err, is_object);
}

static void on_main(struct target *t, const struct http_reply *r)
{
	struct health *h = target_state(t);
	struct health_answer fresh;
	struct err err = {0};

	h->is_same = kept_is(&h->body, r) && h->parts[h->main_part].row;
	if (h->is_same) {
		if (take_main(t, r, NULL))
			ask_next(t, PART_BASIC);
		else
			finish(t, false);
		return;
	}
	if (health_read(r->body, r->len, clock_wall(target_clock(t)), &fresh, &err) < 0) {
		on_stranger(t, r, &err, false);
		return;
	}
	if (!health_is_contract(&fresh)) {
		health_drop(&fresh);
		on_stranger(t, r, &err, true);
		return;
	}
	if (take_main(t, r, &fresh))
		ask_next(t, PART_BASIC);
	else
		finish(t, true);
}

/* With what was answered: those not asked any more stay unknown. */
static void finish_early(struct target *t)
{
	struct health *h = target_state(t);

	for (int i = h->asking; i < PART_COUNT; i++)
		if (i != h->main_part)
			health_drop(&h->parts[i]);
	finish(t, true);
}

/* A slow endpoint that said how it is did answer, though not to all that was asked. */
static bool tell_late(struct target *t)
{
	struct health *h = target_state(t);

	if (h->asking == h->main_part || h->parts[h->main_part].row == NULL)
		return false;
	finish_early(t);
	return true;
}

/* Another endpoint's answer: what it is not stays unknown. */
static void on_other(struct target *t, const struct http_reply *r)
{
	struct health *h = target_state(t);
	struct health_answer *a = &h->parts[h->asking];

	health_drop(a);
	if (r->result != HTTP_ANSWERED) { /* it has enough to do: no more of this now */
		finish_early(t);
		return;
	}
	if (health_read(r->body, r->len, clock_wall(target_clock(t)), a, NULL) < 0)
		health_drop(a);
	log_odd(t, h->asking);
	ask_next(t, h->asking + 1);
}

static void on_reply(void *data, const struct http_reply *r)
{
	struct target *t = data;
	struct health *h = target_state(t);

	if (h->asking != h->main_part)
		on_other(t, r);
	else if (r->result != HTTP_ANSWERED)
		source_failed(t, r, "%s", r->problem);
	else
		on_main(t, r);
}

static void ask(struct target *t, enum health_part part)
{
	struct health *h = target_state(t);
	char url[URL_MAX];

	h->asking = (int)part;
	if (!answer_url(url, sizeof(url), target_spec(t)->where, paths[part])) {
		source_failed(t, NULL, "the address is longer than %d bytes", URL_MAX);
		return;
	}
	http_get(target_http(t), url, (int)part == h->main_part ? &main_limits : &other_limits,
		 on_reply, t);
}

static void poll_health(struct target *t)
{
	struct health *h = target_state(t);

	if (h->main_part == PART_BASIC &&
	    clock_mono(target_clock(t)) - h->fallback_at >= DETAILED_AGAIN_MS)
		h->main_part = PART_DETAILED;
	ask(t, (enum health_part)h->main_part);
}

static const struct schema *const schemas[] = {&schema_health, NULL};

const struct source_ops source_health = {
	.name = "health",
	.schemas = schemas,
	.state_size = sizeof(struct health),
	.targets = targets,
	.start = start,
	.poll = poll_health,
	.abort = abort_poll,
	.late = tell_late,
	.stop = stop,
};
