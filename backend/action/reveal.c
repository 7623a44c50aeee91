/* action/reveal.c - personal data of a dead-letter entry is shown once it is written down who saw
 * which entry: the audit first, then the answer. On a pool thread, since a commit may wait. */
#include <stdlib.h>
#include <string.h>

#include "../../include/row/dlq.h"
#include "act_parts.h"

struct reveal {
	uv_work_t work;
	struct acts *acts; /* a reference */
	struct request request;
	acts_revealed_fn *then;
	void *data;
	char *state_dir;
	struct err err;
};

static void on_work(uv_work_t *work)
{
	struct reveal *r = CONTAINER_OF(work, struct reveal, work);
	struct ledger *l = ledger_open(r->state_dir, false, &r->err);
	struct arena a;
	struct audit_entry e = {.at = ABSENT,
				.kind = "reveal",
				.action = "reveal",
				.job = r->request.job,
				.says = "personal data of a failed batch was shown"};

	if (l == NULL)
		return;
	arena_init(&a);
	e.target = arena_printf(&a, "%s line %lld", r->request.file, (long long)r->request.line);
	if (audit_put(l, &e, NULL, &r->err) == 0)
		r->err.code = ERR_NONE;
	arena_release(&a);
	ledger_close(l);
}

static void say_why(const struct reveal *r)
{
	struct dataset *d = dataset_new();
	struct detail_row *row = ARENA_NEW(&d->arena, struct detail_row);

	row->line =
		text_format(&d->arena, "not shown, since it cannot be written down who saw it: %s",
			    r->err.message);
	row->kind = 3;
	dataset_add(d, &schema_detail, row, 1);
	publish_detail(r->acts->publish, d);
}

static void on_done(uv_work_t *work, int status)
{
	struct reveal *r = CONTAINER_OF(work, struct reveal, work);
	struct acts *s = r->acts;
	bool is_stopped;

	(void)status;
	acts_lock(s);
	is_stopped = s->is_stopped;
	s->has_written = s->has_new_rows = true;
	acts_ring(s);
	acts_unlock(s);
	if (!is_stopped && r->err.code == ERR_NONE)
		r->then(r->data, &r->request);
	else if (!is_stopped)
		say_why(r);
	acts_unref(s);
	free(r->state_dir);
	free(r);
}

void acts_reveal(struct acts *s, const struct request *request, acts_revealed_fn *then, void *data)
{
	struct reveal *r = xcalloc(1, sizeof(*r));

	r->request = *request;
	r->then = then;
	r->data = data;
	r->acts = s;
	acts_lock(s);
	s->refs++;
	r->state_dir = s->cfg->state_dir == NULL ? NULL : xstrdup(s->cfg->state_dir);
	acts_unlock(s);
	if (uv_queue_work(s->bell.loop, &r->work, on_work, on_done) != 0)
		BUG("no work can be queued");
}
