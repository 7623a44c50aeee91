/* discover/reply.c - what an answer shows of the port that gave it. Pure.
 *
 * A service is known by a parsed field and never by a status: Spark's daemons answer 200 and a page
 * to any path, drivers redirect. What is read here comes from whoever listens there: the JSON
 * decoder bounds it and every text passes the one door. */
#include <stdio.h>
#include <string.h>

#include "../json.h"
#include "../row/row.h"
#include "../source/answer.h"
#include "../source/health_rows.h"
#include "ask.h"

/* The few members that tell who it is. */
struct who {
	const struct text *spark, *id, *name;
	const struct text *url, *master_url;
	const struct text *version, *revision, *branch;
};

#define F(member, path) ROW_FIELD(struct who, member, TEXT, NONE, 0, path, "", "")
static const struct field fields[] = {
	F(spark, "spark"),
	F(id, "id"),
	F(name, "name"),
	F(url, "url"),
	F(master_url, "masterurl"),
	F(version, "version"),
	F(revision, "revision"),
	F(branch, "branch"),
};
static const struct schema schema_who = {
	.name = "who",
	.title = "who listens",
	.size = sizeof(struct who),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};

static const struct text *copy_to(char *out, size_t size, const struct text *t)
{
	if (t)
		text_clean_to(out, size, text_str(t), text_len(t));
	return t;
}

/* The first object of the document, or NULL; *has_workers: it has a list of that name. */
static const struct who *read_who(const struct http_reply *r, struct arena *a, bool *has_workers)
{
	struct json_body body = {r->body, r->len, ""};
	struct json_rows rows;
	struct err err;

	if (r->code != 200 || !answer_is_json(r) || json_rows(&schema_who, &body, a, &rows, &err) ||
	    rows.n == 0)
		return NULL;
	if (has_workers) {
		struct json_rows workers;

		body.root = "workers";
		*has_workers =
			json_rows(&schema_who, &body, a, &workers, &err) == 0 && workers.has_root;
	}
	return rows.rows[0];
}

static enum reading read_version_as(const struct http_reply *r, struct port_answer *answer,
				    enum port_is is)
{
	struct arena a;
	const struct who *who;
	bool is_spark;

	arena_init(&a);
	who = read_who(r, &a, NULL);
	is_spark = who && who->spark;
	arena_release(&a);
	if (!is_spark)
		return READ_STRANGE;
	answer->is = is;
	return is == PORT_IS_UI ? READ_MORE : READ_DONE;
}

/* Its page while the UI listens and its context is not made yet. */
static bool is_coming_up(const struct http_reply *r)
{
	static const char page[] = "Spark is starting up";

	return memmem(r->body, r->len, page, sizeof(page) - 1) != NULL;
}

static enum reading read_ui(const struct http_reply *r, struct port_answer *answer)
{
	enum reading rc = read_version_as(r, answer, PORT_IS_UI);

	if (rc == READ_STRANGE && is_coming_up(r))
		answer->is = PORT_IS_STARTING;
	return rc;
}

static enum reading read_application(const struct http_reply *r, struct port_answer *answer)
{
	struct arena a;
	const struct who *who;

	arena_init(&a);
	who = read_who(r, &a, NULL);
	if (who) {
		copy_to(answer->name, sizeof(answer->name), who->name);
		copy_to(answer->application_id, sizeof(answer->application_id), who->id);
	} else if (r->code == 200 && answer_is_json(r)) {
		answer->is = PORT_IS_STARTING; /* the list is empty until its context is made */
	}
	arena_release(&a);
	return READ_DONE;
}

static enum reading read_history(const struct http_reply *r, struct port_answer *answer)
{
	return read_version_as(r, answer, PORT_IS_HISTORY);
}

static enum reading read_daemon(const struct http_reply *r, struct port_answer *answer)
{
	struct arena a;
	const struct who *who;
	bool has_workers = false;

	arena_init(&a);
	who = read_who(r, &a, &has_workers);
	if (who && has_workers && who->url) {
		answer->is = PORT_IS_MASTER;
		copy_to(answer->name, sizeof(answer->name), who->url);
	} else if (who && who->master_url) {
		answer->is = PORT_IS_WORKER;
		copy_to(answer->name, sizeof(answer->name), who->master_url);
	}
	arena_release(&a);
	return answer->is < PORT_IS_STARTING ? READ_DONE : READ_STRANGE;
}

static enum reading read_livy(const struct http_reply *r, struct port_answer *answer)
{
	struct arena a;
	const struct who *who;

	arena_init(&a);
	who = read_who(r, &a, NULL);
	if (who && who->version && (who->revision || who->branch))
		answer->is = PORT_IS_LIVY;
	arena_release(&a);
	return answer->is == PORT_IS_LIVY ? READ_DONE : READ_STRANGE;
}

/* Stricter than the source, which was told that this is a health endpoint. */
static enum reading read_health(const struct http_reply *r, struct port_answer *answer)
{
	struct health_answer h;
	const struct health_row *row;

	if (health_read(r->body, r->len, 0, &h, NULL) < 0)
		return READ_STRANGE;
	row = h.row;
	if (health_is_contract(&h) && row->status &&
	    (row->last_batch_id.text || !is_absent(row->last_batch_id.number) ||
	     !is_absent(row->batches_processed) || !is_absent(row->errors_count) ||
	     !isnan(row->uptime_seconds)))
		answer->is = PORT_IS_HEALTH;
	health_drop(&h);
	return answer->is == PORT_IS_HEALTH ? READ_DONE : READ_STRANGE;
}

const struct question ask_questions[] = {
	{ASK_UI, "/api/v1/version", read_ui},
	{ASK_UI, "/api/v1/applications", read_application},
	{ASK_HISTORY, "/api/v1/version", read_history},
	{ASK_DAEMON, "/json/", read_daemon},
	{ASK_LIVY, "/version", read_livy},
	{ASK_HEALTH, "/health", read_health},
	{ASK_HEALTH, "/health/detailed", read_health},
	{0, NULL, NULL},
};
