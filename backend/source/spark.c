/* source/spark.c - a driver's UI, asked over one connection, one request after the other: Spark's
 * listen queue holds one connection, and its kill links answer to HEAD, so there is GET and nothing
 * else, and context paths carry their trailing slash.
 *
 * Each endpoint has its own pace (is_due) and its own last body and rows: what is the same is
 * known by a comparison, and a poll in which nothing changed says so. Large bodies are decoded in
 * the thread pool, on a copy, so that one application of 10,000 executors does not make the polls
 * of the others late. Another application id means another driver: all is asked anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "source.h"
#include "spark_jobs.h"
#include "spark_stranger.h"
#include "spark_threads.h"

enum {
	URL_MAX = 2048,
	ID_MAX = 256,
	ID_COLUMNS = 200,
	LARGE_BODY = 1 << 20, /* from here on decoded in the thread pool */
	JOBS_EVERY_MS = 60 * 1000,
	YOUNG_JOBS_EVERY_MS = 5 * 1000, /* a short list, and all that shows what it does */
	YOUNG_MS = 5 * 60 * 1000,
	PAST_MS = 10 * 1000, /* until the past was read off the list of all jobs */
	FAILED_STAGES_EVERY_MS = 15 * 1000,
	APPLICATIONS_EVERY_MS = 10 * 1000, /* and when one is not found any more */
	METRICS_EVERY_MS = 5 * 1000,       /* its figures come with heartbeats, every 10 s */
	ABSENT_AGAIN_MS = 60 * 1000,
	SLOW_POLL_MS = 1000,
};

static const struct http_limits limits = {2000, 5000, 32 << 20};
static const struct http_limits large_limits = {2000, 10000, 64 << 20};
static const struct http_limits optional_limits = {2000, 3000, 32 << 20};

static const char *const paths[SPARK_PARTS] = {
	[SPARK_VERSION] = "/api/v1/version",
	[SPARK_APPLICATIONS] = "/api/v1/applications",
	[SPARK_ENVIRONMENT] = "environment",
	[SPARK_EXECUTORS] = "allexecutors",
	[SPARK_JOBS] = "jobs",
	[SPARK_RUNNING] = "jobs?status=running",
	[SPARK_ACTIVE_STAGES] = "stages?status=active&details=false",
	[SPARK_FAILED_STAGES] = "stages?status=failed&details=false",
	[SPARK_METRICS] = "/metrics/json/",
	[SPARK_THREADS] = "executors/driver/threads",
};

/* One body on its way through the thread pool. */
struct decode {
	uv_work_t work;
	struct target *target; /* NULL: nobody waits for it any more */
	struct spark_body body;
	struct kept_body kept;
	char *bytes;
	char job[ID_MAX], application_id[ID_MAX];
	struct dataset *rows;
	struct json_flags odd;
	struct err err;
};

struct spark {
	struct kept_body bodies[SPARK_PARTS];
	struct dataset *parts[SPARK_PARTS];
	struct odd_said said[SPARK_PARTS]; /* oddities that are in the log */
	uint32_t left_out[SPARK_PARTS];    /* rows, or SPARK_ALL_OF_IT */
	bool was_asked[SPARK_PARTS];
	int64_t asked_at[SPARK_PARTS]; /* mono ms */
	bool has_applications;         /* was asked in this poll */
	bool has_jobs;                 /* SPARK_JOBS was asked in this poll */
	struct spark_pace pace;
	char application_id[ID_MAX];
	int64_t started_at;
	int asking;      /* enum spark_part under way */
	bool is_changed; /* since the last dataset that was handed on */
	bool is_told;    /* this application's rows were handed on, whole */
	int64_t poll_at; /* mono ms when this poll began */
	bool is_jobs_newer;
	bool is_past_read; /* only the newest jobs are kept */
	int64_t code;
	struct decode *decode;
};

static void ask_from(struct target *t, int part);

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->njobs; i++) {
		const struct config_job *job = &cfg->jobs[i];
		struct target_spec spec = {.job = job, .where = job->ui, .found_by = job->found_by};

		if (job->ui)
			add(data, &spec);
	}
}

static bool is_optional(int part)
{
	return part == SPARK_ENVIRONMENT || part == SPARK_METRICS || part == SPARK_THREADS;
}

/* Of threads it counts when they were seen, too: the same ones once more are news. */
static bool is_kept(int part)
{
	return part != SPARK_THREADS;
}

static void put_part(struct spark *s, int part, struct dataset *rows)
{
	dataset_unref(s->parts[part]);
	s->parts[part] = rows;
	s->is_changed = true;
}

static void drop_part(struct spark *s, int part)
{
	s->is_changed = s->is_changed || s->parts[part];
	dataset_unref(s->parts[part]);
	s->parts[part] = NULL;
	s->left_out[part] = 0;
	kept_drop(&s->bodies[part]);
}

/* It was asked for in vain, or its time is over. */
static void let_go(struct spark *s, int part)
{
	if (part != SPARK_THREADS || !spark_threads_locked(s->parts[part]))
		drop_part(s, part);
}

static void drop_application(struct spark *s)
{
	for (int i = SPARK_APPLICATIONS + 1; i < SPARK_PARTS; i++) {
		drop_part(s, i);
		s->was_asked[i] = false;
	}
	memset(&s->pace, 0, sizeof(s->pace));
	s->is_changed = true;
	s->is_told = s->is_past_read = false;
}

static void forget_decode(struct target *t)
{
	struct spark *s = target_state(t);

	if (s->decode)
		s->decode->target = NULL;
	s->decode = NULL;
}

static void stop(struct target *t)
{
	struct spark *s = target_state(t);

	forget_decode(t);
	for (int i = 0; i < SPARK_PARTS; i++)
		drop_part(s, i);
}

static bool is_young(const struct target *t, const struct spark *s)
{
	int64_t age = clock_wall(target_clock(t)) - s->started_at;

	return s->started_at > 0 && age >= 0 && age < YOUNG_MS;
}

static bool is_due(const struct target *t, const struct spark *s, int part)
{
	int64_t age = clock_mono(target_clock(t)) - s->asked_at[part];

	if (part == SPARK_RUNNING)
		return !s->has_jobs;
	if (part == SPARK_ACTIVE_STAGES) /* without a running job there is none */
		return spark_jobs_run(s->parts[s->is_jobs_newer ? SPARK_JOBS : SPARK_RUNNING]);
	if (part == SPARK_THREADS)
		return spark_threads_due(&s->pace, s->parts[part],
					 s->was_asked[part] ? age : ABSENT);
	if (!s->was_asked[part])
		return true;
	switch ((enum spark_part)part) {
	case SPARK_VERSION:
		return !s->parts[part];
	case SPARK_ENVIRONMENT:
		return !s->parts[part] && age >= ABSENT_AGAIN_MS;
	case SPARK_METRICS:
		return age >= (s->parts[part] ? METRICS_EVERY_MS : ABSENT_AGAIN_MS);
	case SPARK_APPLICATIONS:
		return !s->parts[part] || age >= APPLICATIONS_EVERY_MS;
	case SPARK_JOBS:
		return age >= (is_young(t, s) ? YOUNG_JOBS_EVERY_MS : JOBS_EVERY_MS);
	case SPARK_FAILED_STAGES:
		return age >= FAILED_STAGES_EVERY_MS;
	default:
		return true;
	}
}

static struct dataset *merged(struct target *t)
{
	struct spark *s = target_state(t);

	return spark_merge(s->parts, s->is_jobs_newer, clock_wall(target_clock(t)));
}

static void finish(struct target *t)
{
	struct spark *s = target_state(t);

	spark_note(t, s->left_out, paths);
	if (!s->is_changed) {
		source_same(t, s->code);
		return;
	}
	s->is_changed = false;
	s->is_told = true;
	source_done(t, merged(t), s->code);
}

/* A new answer of /applications: false when there is nothing to ask further. Its running time
 * moves all the time, which is no change. */
static bool take_application(struct target *t, struct dataset *rows)
{
	struct spark *s = target_state(t);
	const struct app_row *app = dataset_one(rows, &schema_app);
	char id[ID_MAX];

	snprintf(id, sizeof(id), "%.*s", (int)text_fit(text_str(app->application_id), ID_COLUMNS),
		 text_str(app->application_id));
	if (id[strspn(id, ".")] == '\0') {
		dataset_unref(rows);
		source_failed(t, NULL, "its application has no id");
		return false;
	}
	if (s->parts[SPARK_APPLICATIONS] && strcmp(id, s->application_id) == 0 &&
	    app->started_at == s->started_at) {
		dataset_unref(rows);
		return true;
	}
	memcpy(s->application_id, id, sizeof(id));
	s->started_at = app->started_at;
	drop_application(s);
	put_part(s, SPARK_APPLICATIONS, rows);
	return true;
}

static void take_rows(struct target *t, int part, struct dataset *rows, const struct err *err)
{
	struct spark *s = target_state(t);

	if (!rows && !is_optional(part)) {
		struct http_reply reply = {.result = HTTP_ANSWERED, .code = (long)s->code};

		kept_drop(&s->bodies[part]);
		source_failed(t, &reply,
			      part == SPARK_APPLICATIONS ? "answers to %s: %s"
							 : "its answer to %s is unreadable: %s",
			      paths[part], err->message);
		return;
	}
	if (!rows) {
		let_go(s, part);
		s->left_out[part] = SPARK_ALL_OF_IT;
	} else if (part == SPARK_APPLICATIONS) {
		if (!take_application(t, rows))
			return;
	} else {
		if (part == SPARK_THREADS)
			spark_threads_since(rows, s->parts[part]);
		put_part(s, part, rows);
		if (part == SPARK_JOBS && s->is_past_read)
			put_part(s, part, spark_jobs_newest(rows));
	}
	ask_from(t, part + 1);
}

static void log_odd(struct target *t, int part, const struct json_flags *odd)
{
	static const struct schema *const of[SPARK_PARTS] = {
		[SPARK_VERSION] = &schema_app,         [SPARK_APPLICATIONS] = &schema_app,
		[SPARK_ENVIRONMENT] = &schema_app,     [SPARK_EXECUTORS] = &schema_executor,
		[SPARK_JOBS] = &schema_spark_job,      [SPARK_RUNNING] = &schema_spark_job,
		[SPARK_ACTIVE_STAGES] = &schema_stage, [SPARK_FAILED_STAGES] = &schema_stage,
		[SPARK_METRICS] = &schema_app,         [SPARK_THREADS] = &schema_spark_thread,
	};
	struct spark *s = target_state(t);

	s->left_out[part] = odd->strays;
	answer_log_odd(target_spec(t)->where, paths[part], of[part], odd, &s->said[part]);
}

static void on_work(uv_work_t *work)
{
	struct decode *d = CONTAINER_OF(work, struct decode, work);

	d->rows = spark_read(&d->body, &d->odd, &d->err);
}

static void on_worked(uv_work_t *work, int status)
{
	struct decode *d = CONTAINER_OF(work, struct decode, work);
	struct target *t = d->target;

	if (t && status == 0) {
		struct spark *s = target_state(t);

		s->decode = NULL;
		if (is_kept((int)d->body.part))
			s->bodies[d->body.part] = d->kept;
		log_odd(t, (int)d->body.part, &d->odd);
		take_rows(t, (int)d->body.part, d->rows, &d->err);
	} else {
		dataset_unref(d->rows);
	}
	free(d->bytes);
	free(d);
}

/* The copy is the pool's own: whatever becomes of the target, it stays until the work is done. */
static void decode_apart(struct target *t, const struct spark_body *body,
			 const struct http_reply *r)
{
	struct spark *s = target_state(t);
	struct decode *d = xcalloc(1, sizeof(*d));

	d->target = t;
	d->body = *body;
	kept_set(&d->kept, r);
	d->bytes = xmalloc(body->len + 1);
	memcpy(d->bytes, body->bytes, body->len + 1);
	d->body.bytes = d->bytes;
	if (body->job)
		snprintf(d->job, sizeof(d->job), "%s", body->job);
	d->body.job = body->job ? d->job : NULL;
	snprintf(d->application_id, sizeof(d->application_id), "%s", s->application_id);
	d->body.application_id = d->application_id;
	s->decode = d;
	uv_queue_work(target_loop(t), &d->work, on_work, on_worked);
}

static void read_here(struct target *t, const struct spark_body *body)
{
	struct json_flags odd;
	struct err err = {0};
	struct dataset *rows = spark_read(body, &odd, &err);

	log_odd(t, (int)body->part, &odd);
	take_rows(t, (int)body->part, rows, &err);
}

static void take_body(struct target *t, const struct http_reply *r)
{
	struct spark *s = target_state(t);
	const struct config_job *job = target_spec(t)->job;
	struct spark_body body = {
		.part = (enum spark_part)s->asking,
		.bytes = r->body,
		.len = r->len,
		.job = job ? text_str(job->name) : NULL,
		.application_id = s->application_id,
		.now = clock_wall(target_clock(t)),
	};

	if (r->len >= LARGE_BODY) {
		decode_apart(t, &body, r);
		return;
	}
	if (is_kept(s->asking))
		kept_set(&s->bodies[s->asking], r);
	read_here(t, &body);
}

/* Which of the two lists tells what runs. */
static void take_turn(struct spark *s, bool is_jobs_newer)
{
	s->is_changed = s->is_changed || s->is_jobs_newer != is_jobs_newer;
	s->is_jobs_newer = is_jobs_newer;
}

static void on_reply(void *data, const struct http_reply *r)
{
	struct target *t = data;
	struct spark *s = target_state(t);
	int part = s->asking;
	bool is_good = r->result == HTTP_ANSWERED && r->code == 200 && answer_is_json(r);

	if (!is_good && is_optional(part)) {
		let_go(s, part);
		ask_from(t, part + 1);
	} else if (r->result != HTTP_ANSWERED) {
		source_failed(t, r, "%s", r->problem);
	} else if (!is_good && part > SPARK_APPLICATIONS && !s->has_applications) {
		s->was_asked[SPARK_APPLICATIONS] = false; /* another one may be there now */
		ask_from(t, SPARK_APPLICATIONS);
	} else if (!is_good) {
		spark_fail_stranger(t, r, paths[part],
				    part > SPARK_APPLICATIONS ? s->application_id : NULL);
	} else {
		s->code = r->code;
		if (part == SPARK_JOBS || part == SPARK_RUNNING)
			take_turn(s, part == SPARK_JOBS);
		if (kept_is(&s->bodies[part], r) && s->parts[part])
			ask_from(t, part + 1);
		else
			take_body(t, r);
	}
}

static bool make_url(const struct target *t, int part, char url[static URL_MAX])
{
	const struct spark *s = target_state((struct target *)(uintptr_t)t);
	const char *where = target_spec(t)->where;
	char id[3 * ID_MAX];
	int n;

	if (paths[part][0] == '/')
		return answer_url(url, URL_MAX, where, paths[part]);
	answer_segment(id, sizeof(id), s->application_id);
	n = snprintf(url, URL_MAX, "%s/api/v1/applications/%s/%s", where, id, paths[part]);
	return n > 0 && n < URL_MAX;
}

/* A driver under load takes seconds for its first answers: what is known by then is shown. */
static void tell_so_far(struct target *t)
{
	struct spark *s = target_state(t);

	if (!s->is_told && s->parts[SPARK_APPLICATIONS] &&
	    clock_mono(target_clock(t)) - s->poll_at >= SLOW_POLL_MS)
		source_progress(t, merged(t));
}

/* Asks the next endpoint whose turn it is; after the last one the poll is over. */
static void ask_from(struct target *t, int part)
{
	struct spark *s = target_state(t);
	char url[URL_MAX];

	for (; part < SPARK_PARTS; part++) {
		if (part == SPARK_THREADS)
			spark_pace_look(&s->pace, s->parts, clock_wall(target_clock(t)));
		if (is_due(t, s, part))
			break;
		if (part == SPARK_ACTIVE_STAGES || (part == SPARK_THREADS && !s->pace.is_still))
			let_go(s, part);
	}
	if (part == SPARK_PARTS) {
		finish(t);
		return;
	}
	if (!make_url(t, part, url)) {
		source_failed(t, NULL, "the address is longer than %d bytes", URL_MAX);
		return;
	}
	tell_so_far(t);
	s->asking = part;
	s->was_asked[part] = true;
	s->has_jobs = s->has_jobs || part == SPARK_JOBS;
	s->has_applications = s->has_applications || part == SPARK_APPLICATIONS;
	s->asked_at[part] = clock_mono(target_clock(t));
	http_get(target_http(t), url,
		 part == SPARK_EXECUTORS ? &large_limits
		 : is_optional(part)     ? &optional_limits
					 : &limits,
		 on_reply, t);
}

static void poll_spark(struct target *t)
{
	struct spark *s = target_state(t);

	s->has_jobs = s->has_applications = false;
	s->poll_at = clock_mono(target_clock(t));
	if (s->is_told && !s->is_past_read && s->poll_at - s->asked_at[SPARK_JOBS] >= PAST_MS) {
		s->is_past_read = true;
		put_part(s, SPARK_JOBS, spark_jobs_newest(s->parts[SPARK_JOBS]));
	}
	ask_from(t, SPARK_VERSION);
}

static const struct schema *const schemas[] = {
	&schema_app, &schema_executor, &schema_spark_job, &schema_stage, &schema_thread_sign, NULL};

const struct source_ops source_spark = {
	.name = "spark",
	.schemas = schemas,
	.deadline_ms = 20 * 1000,
	.state_size = sizeof(struct spark),
	.targets = targets,
	.poll = poll_spark,
	.abort = forget_decode,
	.stop = stop,
};
