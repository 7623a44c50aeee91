/* source/service.c - what stands beside the drivers: workers, history servers, Livy.
 *
 * One to three small documents a poll, on one connection. The lists of Livy are asked for one entry
 * only: what counts is their total, and a list, other than a single session, is no heartbeat that
 * keeps sessions alive. What a service is is known by a field of its answer: a worker answers 200
 * and a page to any path. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/service.h"
#include "../row/row.h"
#include "answer.h"
#include "source.h"

enum { URL_MAX = 2048, EVERY_MS = 10000, APPLICATIONS_MAX = 100 };
#define APPLICATIONS "/api/v1/applications?limit=100"

static const struct http_limits limits = {2000, 5000, 8 << 20};

/* The members of all these documents that are looked at. */
struct said {
	const struct text *id, *master_url;
	int64_t cores, cores_used;
	const struct text *spark, *version;
	int64_t total;
};

#define TEXT_FIELD(member, path) ROW_FIELD(struct said, member, TEXT, NONE, 0, path, "", "")
#define INT_FIELD(member, path) ROW_FIELD(struct said, member, INT, COUNT, 0, path, "", "")
static const struct field fields[] = {
	TEXT_FIELD(id, "id"),       TEXT_FIELD(master_url, "masterurl"),
	INT_FIELD(cores, "cores"),  INT_FIELD(cores_used, "coresused"),
	TEXT_FIELD(spark, "spark"), TEXT_FIELD(version, "version"),
	INT_FIELD(total, "total"),
};
static const struct schema schema_said = {
	.name = "said",
	.title = "what a service says",
	.size = sizeof(struct said),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

/* One document, decoded. */
struct answer {
	const struct said *first; /* of its objects; NULL: there is none */
	struct json_body body;
	size_t n;
	struct arena *a;
};

/* What a poll has gathered so far. */
struct service {
	const struct step *step;
	char version[64];
	int64_t sessions;
	struct dataset *rows; /* while the poll goes on */
};

/* Takes a document into the row. False: it is not what was asked for. */
typedef bool step_fn(struct service *s, const struct answer *answer, struct service_row *row);

struct step {
	const char *kind, *name, *path, *lacks; /* lacks: what it would have if it were that */
	step_fn *take;
};

static bool take_worker(struct service *s, const struct answer *answer, struct service_row *row)
{
	const struct said *w = answer->first;
	struct json_body body = answer->body;
	struct json_rows executors;
	struct err err;

	(void)s;
	if (!w || !w->id || !w->master_url)
		return false;
	body.root = "executors";
	row->cluster = w->master_url;
	if (json_rows(&schema_said, &body, answer->a, &executors, &err) || !executors.has_root ||
	    is_absent(w->cores) || is_absent(w->cores_used))
		return true;
	row->says = text_format(answer->a, "%zu executor%s, %lld of %lld cores", executors.n,
				executors.n == 1 ? "" : "s", (long long)w->cores_used,
				(long long)w->cores);
	return true;
}

static bool take_version(struct service *s, const struct answer *answer, struct service_row *row)
{
	const struct said *v = answer->first;
	const struct text *version = v ? v->spark ? v->spark : v->version : NULL;

	(void)row;
	if (!version)
		return false;
	text_clean_to(s->version, sizeof(s->version), text_str(version), text_len(version));
	return true;
}

static bool take_applications(struct service *s, const struct answer *answer,
			      struct service_row *row)
{
	(void)s;
	if (answer->body.bytes[strspn(answer->body.bytes, " \t\r\n")] != '[')
		return false;
	row->says = text_format(answer->a, "%zu%s application%s", answer->n,
				answer->n == APPLICATIONS_MAX ? " or more" : "",
				answer->n == 1 ? "" : "s");
	return true;
}

static bool take_sessions(struct service *s, const struct answer *answer, struct service_row *row)
{
	(void)row;
	s->sessions = answer->first ? answer->first->total : ABSENT;
	return !is_absent(s->sessions);
}

static bool take_batches(struct service *s, const struct answer *answer, struct service_row *row)
{
	int64_t batches = answer->first ? answer->first->total : ABSENT;

	if (is_absent(batches))
		return false;
	row->says = text_format(answer->a, "%lld session%s, %lld batch%s", (long long)s->sessions,
				s->sessions == 1 ? "" : "s", (long long)batches,
				batches == 1 ? "" : "es");
	return true;
}

static const struct step steps[] = {
	{"worker", "worker", "/json/", "`id` and `masterurl`", take_worker},
	{"history", "history server", "/api/v1/version", "`spark`", take_version},
	{"history", "history server", APPLICATIONS, "a list", take_applications},
	{"livy", "Livy server", "/version", "`version`", take_version},
	{"livy", "Livy server", "/sessions?from=0&size=1", "`total`", take_sessions},
	{"livy", "Livy server", "/batches?from=0&size=1", "`total`", take_batches},
	{NULL, NULL, NULL, NULL, NULL},
};

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->nservices; i++) {
		const struct config_service *c = &cfg->services[i];
		struct target_spec spec = {.where = c->url, .found_by = c->found_by};

		add(data, &spec);
	}
}

static const char *kind_of(const struct target *t)
{
	const struct config *cfg = target_config(t);

	for (size_t i = 0; i < cfg->nservices; i++)
		if (strcmp(cfg->services[i].url, target_spec(t)->where) == 0)
			return cfg->services[i].kind;
	return "";
}

static void drop_rows(struct target *t)
{
	struct service *s = target_state(t);

	dataset_unref(s->rows);
	s->rows = NULL;
}

static void fail_stranger(struct target *t, const struct http_reply *r, const char *why)
{
	const struct service *s = target_state(t);
	char code[160], type[64];
	const char *problem = answer_code_problem(r, code);

	answer_type(r, type);
	drop_rows(t);
	if (problem)
		source_failed(t, r, "%s", problem);
	else if (why)
		source_failed(t, r, "answers to %s: %s", s->step->path, why);
	else
		source_failed(t, r, "answers %ld and %s to %s, but not as a %s does: without %s",
			      r->code, type, s->step->path, s->step->name, s->step->lacks);
}

static void on_reply(void *data, const struct http_reply *r);

/* The first of its documents from there on, or the end of the poll. */
static void ask_from(struct target *t, const struct step *step)
{
	struct service *s = target_state(t);
	const char *kind = kind_of(t);
	char url[URL_MAX];
	struct dataset *rows = s->rows;

	while (step->kind && strcmp(step->kind, kind) != 0)
		step++;
	if (!step->kind) {
		s->rows = NULL;
		source_done(t, rows, 200);
		return;
	}
	s->step = step;
	if (answer_url(url, sizeof(url), target_spec(t)->where, step->path)) {
		http_get(target_http(t), url, &limits, on_reply, t);
		return;
	}
	drop_rows(t);
	source_failed(t, NULL, "the address is longer than %d bytes", URL_MAX);
}

static bool take(struct target *t, const struct http_reply *r, const struct json_rows *decoded)
{
	struct service *s = target_state(t);
	struct service_row *row =
		(struct service_row *)(uintptr_t)dataset_one(s->rows, &schema_service);
	struct answer answer = {.first = decoded->n ? decoded->rows[0] : NULL,
				.body = {r->body, r->len, ""},
				.n = decoded->n,
				.a = &s->rows->arena};

	if (!s->step->take(s, &answer, row))
		return false;
	if (s->version[0])
		row->version = text_clean(&s->rows->arena, s->version, strlen(s->version));
	return true;
}

static void on_reply(void *data, const struct http_reply *r)
{
	struct target *t = data;
	struct service *s = target_state(t);
	struct json_body body = {r->body, r->len, ""};
	struct json_rows decoded;
	struct err err;

	if (r->result != HTTP_ANSWERED) {
		drop_rows(t);
		source_failed(t, r, "%s", r->problem);
	} else if (r->code != 200 || !answer_is_json(r)) {
		fail_stranger(t, r, NULL);
	} else if (json_rows(&schema_said, &body, &s->rows->arena, &decoded, &err)) {
		fail_stranger(t, r, err.message);
	} else if (!take(t, r, &decoded)) {
		fail_stranger(t, r, NULL);
	} else {
		ask_from(t, s->step + 1);
	}
}

static void poll_service(struct target *t)
{
	struct service *s = target_state(t);
	const struct target_spec *spec = target_spec(t);
	struct service_row *row;
	const char *kind = kind_of(t);

	drop_rows(t);
	s->rows = dataset_new();
	s->version[0] = '\0';
	s->sessions = ABSENT;
	row = ARENA_NEW(&s->rows->arena, struct service_row);
	field_clear_row(&schema_service, row);
	row->kind = text_clean(&s->rows->arena, kind, strlen(kind));
	row->where = text_clean(&s->rows->arena, spec->where, strlen(spec->where));
	dataset_add(s->rows, &schema_service, row, 1);
	ask_from(t, steps);
}

static const struct schema *const schemas[] = {&schema_service, NULL};

const struct source_ops source_service = {
	.name = "service",
	.schemas = schemas,
	.interval_ms = EVERY_MS,
	.state_size = sizeof(struct service),
	.targets = targets,
	.poll = poll_service,
	.abort = drop_rows,
	.stop = drop_rows,
};
