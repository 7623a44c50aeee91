/* toy_source.h - one more source, by the recipe of include/source.h, for the tests that include
 * this before anything else: a row, a field table, ops, and the one line in the list. What depends
 * on the list is compiled here again, so the library's own objects of it are not linked. */
#ifndef SPARKOPS_TESTS_TOY_SOURCE_H
#define SPARKOPS_TESTS_TOY_SOURCE_H

#define SOURCE_LIST_EXTRA(X) X(TOY, toy, "toys")

/* names that two of these files have for themselves */
#define derived schemas_derived
#define all schemas_list
#define add schemas_add
#include "../../backend/schemas.c"
#undef derived
#undef all
#undef add
#include "../../backend/snapshot.c"
#include "../../backend/source/source.c"
#include "../../backend/targets.c"

#include "../../backend/json.h"
#include "../../backend/row/row.h"

struct toy_row {
	const struct text *status;
	int64_t wheels;
};

static const struct field toy_fields[] = {
	ROW_FIELD(struct toy_row, status, TEXT, NONE, FIELD_KEY, "status", "STATUS", "how it is"),
	ROW_FIELD(struct toy_row, wheels, INT, COUNT, 0, "wheels", "WHEELS", "how many it has"),
};

static const struct schema schema_toy = {
	.name = "toy",
	.title = "toys",
	.member = "toys",
	.size = sizeof(struct toy_row),
	.fields = toy_fields,
	.nfields = ARRAY_LEN(toy_fields),
};

struct toy_state {
	uint64_t answers;
};

enum { TOYS_MAX = 400 };
static char toy_urls[TOYS_MAX][128];
static size_t ntoys;
static bool toys_sleep;  /* polls that never end */
static bool toys_repeat; /* says "the same" from the second answer on */
static int toy_started, toy_stopped, toy_aborted;

static void toy_targets(const struct config *cfg, target_add_fn *add, void *data)
{
	(void)cfg;
	for (size_t i = 0; i < ntoys; i++) {
		struct target_spec spec = {.where = toy_urls[i], .found_by = "test"};

		add(data, &spec);
		add(data, &spec); /* named twice */
	}
}

static void toy_start(struct target *t)
{
	(void)t;
	toy_started++;
}

static void toy_stop(struct target *t)
{
	(void)t;
	toy_stopped++;
}

static void toy_abort(struct target *t)
{
	(void)t;
	toy_aborted++;
}

static void on_toy(void *data, const struct http_reply *r)
{
	struct target *t = data;
	struct toy_state *state = target_state(t);
	struct dataset *rows = dataset_new();
	struct json_rows out;
	struct err err;

	if (r->result != HTTP_ANSWERED || r->code != 200) {
		dataset_unref(rows);
		source_failed(t, r, "%s", r->problem ? r->problem : "not 200");
	} else if (json_rows(&schema_toy, &(struct json_body){r->body, r->len, ""}, &rows->arena,
			     &out, &err)) {
		dataset_unref(rows);
		source_failed(t, r, "%s", err.message);
	} else if (state->answers++ && toys_repeat) {
		dataset_unref(rows);
		source_same(t, r->code);
	} else {
		dataset_add_pointers(rows, &schema_toy, out.rows, out.n);
		source_done(t, rows, r->code);
	}
}

static void toy_poll(struct target *t)
{
	static const struct http_limits limits = {
		.connect_ms = 300, .total_ms = 400, .body_cap = 1 << 16};

	if (!toys_sleep)
		http_get(target_http(t), target_spec(t)->where, &limits, on_toy, t);
}

static const struct schema *const toy_schemas[] = {&schema_toy, NULL};

const struct source_ops source_toy = {
	.name = "toy",
	.schemas = toy_schemas,
	.deadline_ms = 800,
	.state_size = sizeof(struct toy_state),
	.targets = toy_targets,
	.start = toy_start,
	.poll = toy_poll,
	.abort = toy_abort,
	.stop = toy_stop,
};

#endif
