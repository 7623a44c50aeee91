/* source/master.c - a standalone master: one GET of /json/ (with its slash: without, it is a
 * redirect) a poll. Any other path of a master answers 200 and HTML, so what it is is known by the
 * answer's type and fields. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "master_rows.h"
#include "source.h"

enum { URL_MAX = 2048 };

static const struct http_limits limits = {2000, 5000, 32 << 20};

struct master {
	struct kept_body body;
};

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	for (size_t i = 0; i < cfg->nclusters; i++) {
		const struct config_cluster *c = &cfg->clusters[i];
		struct target_spec spec = {.cluster = c,
					   .where = c->master,
					   .found_by = c->found_by ? c->found_by : "config"};

		if (c->master)
			add(data, &spec);
	}
}

static void forget_body(struct target *t)
{
	struct master *m = target_state(t);

	kept_drop(&m->body);
}

static void fail_stranger(struct target *t, const struct http_reply *r)
{
	char type[64], code[160];
	const char *why = answer_code_problem(r, code);

	forget_body(t);
	answer_type(r, type);
	if (why)
		source_failed(t, r, "%s", why);
	else
		source_failed(t, r,
			      "answers %ld to /json/, but not as a standalone master: got %s; is "
			      "this the right address and port?",
			      r->code, type);
}

static void on_reply(void *data, const struct http_reply *r)
{
	struct target *t = data;
	struct master *m = target_state(t);
	struct dataset *rows;
	struct err err = {0};
	char note[80];
	size_t strays = 0;

	if (r->result != HTTP_ANSWERED) {
		source_failed(t, r, "%s", r->problem);
		return;
	}
	if (r->code != 200 || !answer_is_json(r)) {
		fail_stranger(t, r);
		return;
	}
	if (kept_is(&m->body, r)) {
		source_same(t, r->code);
		return;
	}
	rows = master_read(text_str(target_spec(t)->cluster->name), r->body, r->len, &strays, &err);
	if (!rows) {
		forget_body(t);
		source_failed(t, r, "answers to /json/: %s", err.message);
		return;
	}
	kept_set(&m->body, r);
	snprintf(note, sizeof(note), "%zu items of its lists have no id: left out", strays);
	source_note(t, strays ? note : "");
	source_done(t, rows, r->code);
}

static void poll_master(struct target *t)
{
	char url[URL_MAX];

	if (!answer_url(url, sizeof(url), target_spec(t)->where, "/json/"))
		source_failed(t, NULL, "the address is longer than %d bytes", URL_MAX);
	else
		http_get(target_http(t), url, &limits, on_reply, t);
}

static const struct schema *const schemas[] = {&schema_master, &schema_worker, &schema_cluster_app,
					       &schema_cluster_driver, NULL};

const struct source_ops source_master = {
	.name = "master",
	.schemas = schemas,
	.state_size = sizeof(struct master),
	.targets = targets,
	.poll = poll_master,
	.stop = forget_body,
};
