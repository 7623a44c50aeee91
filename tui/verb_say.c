/* verb_say.c - a plan in the words of the console's question, for a terminal that only scrolls and
 * for a mail of cron. Everything printed was cleaned where it entered. */
#include "verb_say.h"

#include <string.h>
#include <unistd.h>

#include "../include/clock.h"

enum { LABEL = 8, REPORT_CAP = 16 << 20 };

static void line(FILE *f, const char *label, const char *text)
{
	fprintf(f, "  %-*s%s\n", LABEL, label, text);
}

/* The label stands before the first one only. */
static void lines(FILE *f, const char *label, const struct texts *t)
{
	for (size_t i = 0; i < t->n; i++)
		line(f, i == 0 ? label : "", text_str(t->v[i]));
}

static void say_signs(FILE *f, const struct plan_row *p)
{
	if (p->verdict || p->nsigns)
		fprintf(f, "  %s%s\n", p->verdict ? text_str(p->verdict) : "seen",
			p->nsigns ? ", because" : "");
	for (size_t i = 0; i < p->nsigns; i++)
		fprintf(f, "    %s%s\n", text_str(p->signs[i].what),
			p->signs[i].has_ended ? "  (has ended)" : "");
}

/* How a script gives it: hooks' values by --set, the others by an option of that name. */
static void say_asks(FILE *f, const struct plan_row *p)
{
	bool is_hook = p->action == ACTION_RESTART || p->action == ACTION_RECOVER;

	for (size_t i = 0; i < p->nasks; i++) {
		const struct plan_ask *q = &p->asks[i];

		fprintf(f, "  %-*s%s (--%s%s%s)%s%s\n", LABEL, i == 0 ? "asks" : "",
			text_str(q->ask ? q->ask : q->name), is_hook ? "set " : "",
			text_str(q->name), is_hook ? "=..." : "",
			q->fallback ? ": " : ", no default",
			q->fallback ? text_str(q->fallback) : "");
		if (q->evidence)
			line(f, "", text_str(q->evidence));
	}
}

void say_plan(FILE *f, const struct plan_row *p)
{
	fprintf(f, "%s\n", p->title ? text_str(p->title) : "");
	for (size_t i = 0; i < p->target.n; i++)
		fprintf(f, "  %s\n", text_str(p->target.v[i]));
	say_signs(f, p);
	lines(f, "facts", &p->facts);
	lines(f, "does", &p->steps);
	lines(f, "loses", &p->loses);
	lines(f, "stays", &p->stays);
	say_asks(f, p);
	if (p->warning)
		line(f, "note", text_str(p->warning));
	if (p->refused)
		line(f, "refused", text_str(p->refused));
	for (size_t i = 0; i < p->paste.n; i++)
		fprintf(f, "%s\n", text_str(p->paste.v[i]));
	fflush(f);
}

size_t say_steps(FILE *f, const struct action_row *row, size_t from)
{
	for (size_t i = from; i < row->steps.n; i++)
		fprintf(f, "%s\n", text_str(row->steps.v[i]));
	fflush(f);
	return row->steps.n > from ? row->steps.n : from;
}

void say_outcome(FILE *f, const struct action_row *row)
{
	fprintf(f, "%s%s%s\n", action_state_names[row->state], row->outcome ? ": " : "",
		row->outcome ? text_str(row->outcome) : "");
	if (row->proof)
		fprintf(f, "proof: %s\n", text_str(row->proof));
	fflush(f);
}

/* --- JSON --- */

static void put(struct buf *out, const char *key, const char *value)
{
	buf_printf(out, "\"%s\": ", key);
	if (value)
		field_json_string(value, out);
	else
		buf_puts(out, "null");
}

/* Behind the fields that the schema names: the lists of structures. */
static void put_plan(struct buf *out, const struct plan_row *p)
{
	field_json_row(&schema_plan, p, out);
	out->data[--out->len] = '\0'; /* its brace */
	buf_puts(out, ", \"evidence\": [");
	for (size_t i = 0; i < p->nsigns; i++) {
		buf_puts(out, i ? ", " : "");
		field_json_string(text_str(p->signs[i].what), out);
	}
	buf_puts(out, "], \"asks\": [");
	for (size_t i = 0; i < p->nasks; i++) {
		buf_puts(out, i ? ", {" : "{");
		put(out, "name", text_str(p->asks[i].name));
		buf_puts(out, ", ");
		put(out, "ask", text_str(p->asks[i].ask));
		buf_puts(out, ", ");
		put(out, "default", text_str(p->asks[i].fallback));
		buf_puts(out, ", ");
		put(out, "evidence", text_str(p->asks[i].evidence));
		buf_putc(out, '}');
	}
	buf_puts(out, "]}");
}

void say_json_head(struct buf *out)
{
	char host[256] = "", now[32], shown[512];

	if (gethostname(host, sizeof(host) - 1) != 0)
		host[0] = '\0';
	text_clean_to(shown, sizeof(shown), host, strlen(host));
	clock_rfc3339(clock_wall(&clock_real), now);
	buf_printf(out, "{\"sparkops\": \"" SPARKOPS_VERSION "\", \"format\": 1, ");
	put(out, "host", shown);
	buf_printf(out, ", \"time\": \"%s\"", now);
}

void say_json(FILE *f, const struct verb_report *r)
{
	struct buf out;

	buf_init(&out, REPORT_CAP);
	say_json_head(&out);
	buf_printf(&out, ", \"verb\": \"%s\", \"dry_run\": %s, \"exit\": %d, \"state\": \"%s\", ",
		   r->verb, r->is_dry_run ? "true" : "false", r->code, r->state);
	put(&out, "says", r->says);
	buf_puts(&out, ", \"plan\": ");
	if (r->plan)
		put_plan(&out, r->plan);
	else
		buf_puts(&out, "null");
	buf_puts(&out, ", \"action\": ");
	if (r->action)
		field_json_row(&schema_action, r->action, &out);
	else
		buf_puts(&out, "null");
	buf_puts(&out, "}\n");
	fwrite(out.data, 1, out.len, f);
	fflush(f);
	buf_release(&out);
}
