/* out/json.c - a snapshot as one JSON object. The members are the schemas', the keys of their rows
 * the fields': nothing is spelt here but the frame. */
#include "../../include/clock.h"
#include "../../include/row/action.h"
#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"
#include "../../include/row/incident.h"
#include "../../include/row/jvm.h"
#include "../../include/row/target.h"
#include "pick.h"

enum { PIECE = 64 << 10, WHOLE_CAP = 1 << 30 };

/* Always there, in this order, empty where nothing is known: others rely on it. */
static const struct schema *const members[] = {
	&schema_job, &schema_executor, &schema_error,  &schema_dlq_entry,
	&schema_jvm, &schema_incident, &schema_target, &schema_action,
};

struct json {
	struct buf *out;
	out_write_fn *write; /* NULL: all stays in the buffer */
	void *data;
	bool is_over;
};

static void flush(struct json *j, size_t at_least)
{
	if (j->write == NULL || j->is_over || j->out->len < at_least)
		return;
	j->is_over = !j->write(j->data, j->out->data, j->out->len);
	buf_clear(j->out);
}

static void head(struct json *j, const struct snapshot *s, const struct out_options *o)
{
	struct arena a;
	struct rowset jobs;
	char time[32];
	int verdict;

	arena_init(&a);
	jobs = pick_rows(s, &schema_job, o->job, &a);
	verdict = pick_verdict(&jobs);
	arena_release(&a);
	clock_rfc3339(s->at, time);
	buf_puts(j->out, "{\"sparkops\": \"" SPARKOPS_VERSION "\", \"format\": 1, \"host\": ");
	if (o->host != NULL)
		field_json_string(o->host, j->out);
	else
		buf_puts(j->out, "null");
	buf_printf(j->out, ", \"time\": \"%s\", \"verdict\": ", time);
	if (verdict < 0)
		buf_puts(j->out, "null");
	else
		field_json_string(verdict_names[verdict], j->out);
}

static void member(struct json *j, const struct snapshot *s, const struct schema *schema,
		   const char *job)
{
	struct arena a;
	struct rowset rows;

	arena_init(&a);
	rows = pick_rows(s, schema, job, &a);
	buf_puts(j->out, ", ");
	field_json_string(schema->member != NULL ? schema->member : schema->name, j->out);
	buf_puts(j->out, ": [");
	for (size_t i = 0; i < rows.n && !j->is_over; i++) {
		if (i > 0)
			buf_puts(j->out, ", ");
		field_json_row(schema, rows.rows[i], j->out);
		flush(j, PIECE);
	}
	buf_putc(j->out, ']');
	arena_release(&a);
}

static void object(struct json *j, const struct snapshot *s, const struct out_options *o)
{
	const struct schema *only = o->view == NULL ? NULL : out_view(o->view);

	head(j, s, o);
	if (only != NULL)
		member(j, s, only, o->job);
	for (size_t i = 0; only == NULL && i < ARRAY_LEN(members); i++)
		member(j, s, members[i], o->job);
	buf_putc(j->out, '}');
	flush(j, 1);
}

void out_json(const struct snapshot *s, const struct out_options *o, struct buf *out)
{
	struct json j = {.out = out};

	object(&j, s, o);
}

bool out_json_write(const struct snapshot *s, const struct out_options *o, out_write_fn *write,
		    void *data)
{
	struct buf piece;
	struct json j = {.out = &piece, .write = write, .data = data};

	buf_init(&piece, WHOLE_CAP);
	object(&j, s, o);
	buf_release(&piece);
	return !j.is_over;
}
