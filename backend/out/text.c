/* out/text.c - a snapshot as lines for people and monitoring: the first is a plug-in's (word, what
 * is worst, counts behind a bar), the rest a table of one view with columns as wide as their
 * values. Numbers are written by field_format(), like on the screen. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../../include/err.h"
#include "../../include/row/error.h"
#include "../../include/row/target.h"
#include "pick.h"

enum { CELL = 2000, COLUMNS_MAX = 48, WIDE = 64 /* a hash fits */ };

static const char *const status_words[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};

/* What the console's overview shows, and why. */
static const char *const job_columns[] = {"verdict",          "name",          "batch_id",
					  "last_batch_age_s", "records_per_s", "errors_5m",
					  "dlq_entries",      "heap_pct",      "headroom_ratio",
					  "uptime_s",         "restarts",      "evidence"};

static void count_verdicts(const struct rowset *jobs, size_t counts[static VERDICT_COUNT])
{
	memset(counts, 0, VERDICT_COUNT * sizeof(*counts));
	for (size_t i = 0; i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];
		if (j->verdict >= 0 && j->verdict < VERDICT_COUNT)
			counts[j->verdict]++;
	}
}

static void say_counts(const size_t *counts, char between, const char *separator, struct buf *out)
{
	bool is_first = true;

	for (size_t i = 0; i < VERDICT_COUNT; i++) {
		if (counts[i] == 0)
			continue;
		buf_puts(out, is_first ? "" : separator);
		if (between == '=')
			buf_printf(out, "%s=%zu", verdict_names[i], counts[i]);
		else
			buf_printf(out, "%zu %s", counts[i], verdict_names[i]);
		is_first = false;
	}
}

/* A bar would begin the plug-in's figures. */
static void say_name(const struct text *name, struct buf *out)
{
	for (const char *p = text_str(name); p != NULL && *p != '\0'; p++)
		buf_putc(out, *p == '|' ? '/' : *p);
}

static void say_worst(const struct snapshot *s, const struct job_row *j, struct buf *out)
{
	char text[40];

	say_name(j->name, out);
	buf_printf(out, " %s", j->verdict >= 0 ? verdict_names[j->verdict] : "unknown");
	if (!is_absent(j->since) && j->since <= s->at) {
		format_age((double)(s->at - j->since) / 1000, text, sizeof(text));
		buf_printf(out, " %s", text);
	}
	if (j->exit_class == EXIT_WARNING && j->headroom_basis == BASIS_MEASURED &&
	    j->headroom_ratio < 1) {
		format_number(j->headroom_ratio, UNIT_RATIO, text, sizeof(text));
		buf_printf(out, ", headroom %s", text);
	}
}

static void first_line(const struct snapshot *s, const struct rowset *jobs, struct buf *out)
{
	const struct job_row *worst = pick_worst(jobs);
	size_t all[VERDICT_COUNT], rest[VERDICT_COUNT];
	int code = pick_exit_code(jobs);

	count_verdicts(jobs, all);
	memcpy(rest, all, sizeof(rest));
	buf_printf(out, "%s: ", status_words[code]);
	if (worst == NULL) {
		buf_puts(out, "nothing found | jobs=0\n");
		return;
	}
	if (code != EXIT_HEALTHY) {
		say_worst(s, worst, out);
		if (worst->verdict >= 0)
			rest[worst->verdict]--;
		if (jobs->n > 1)
			buf_puts(out, " - ");
	}
	say_counts(rest, ' ', ", ", out);
	buf_puts(out, " | ");
	say_counts(all, '=', " ", out);
	buf_putc(out, '\n');
}

/* --- the table --- */

struct column {
	const struct field *field;
	const struct field *basis; /* of a headroom: it may be a bound, and says so */
	const struct field *lost, *limit;
	int width;
	bool is_right;
};

static size_t choose(const struct schema *s, struct column *columns)
{
	size_t n = 0;

	if (s == &schema_job) {
		for (size_t i = 0; i < ARRAY_LEN(job_columns); i++) {
			const struct field *f = field_find(s, job_columns[i]);
			if (f != NULL)
				columns[n++].field = f;
		}
		return n;
	}
	for (size_t i = 0; i < s->nfields && n < COLUMNS_MAX; i++) {
		const struct field *f = &s->fields[i];
		if ((f->flags & (FIELD_SECRET | FIELD_NO_JSON)) == 0 && f->type != FIELD_SERIES)
			columns[n++].field = f;
	}
	return n;
}

static void headroom(const struct column *c, const void *row, char *cell, size_t size)
{
	int basis = *(const int *)FIELD_OF(row, c->basis);
	int64_t lost = c->lost == NULL ? ABSENT : *(const int64_t *)FIELD_OF(row, c->lost);
	bool is_limit = c->limit && *(const int64_t *)FIELD_OF(row, c->limit) > 0;
	char number[40];

	field_format(c->field, row, number, sizeof(number));
	if (basis == BASIS_DISPROVED && !is_absent(lost) && lost > 0)
		snprintf(cell, size, "<1.0x, %lld lost to %s", (long long)lost,
			 is_limit ? "memory" : "52");
	else if (basis == BASIS_DISPROVED)
		snprintf(cell, size, "<1.0x");
	else if (isnan(*(const double *)FIELD_OF(row, c->field)))
		snprintf(cell, size, "%s", number);
	else
		snprintf(cell, size, "%s%s",
			 basis == BASIS_BOUND      ? "<="
			 : basis == BASIS_ESTIMATE ? "~"
						   : "",
			 number);
}

static void cell_of(const struct column *c, const void *row, char *cell, size_t size)
{
	if (c->basis != NULL)
		headroom(c, row, cell, size);
	else
		field_format(c->field, row, cell, size);
}

static int measure(const struct column *c, const struct rowset *rows, bool is_whole)
{
	int width = text_width(c->field->title);
	char cell[CELL];

	for (size_t i = 0; i < rows->n; i++) {
		int w;
		cell_of(c, rows->rows[i], cell, sizeof(cell));
		w = text_width(cell);
		width = w > width ? w : width;
	}
	return width > WIDE && !is_whole ? WIDE : width;
}

static void put_cell(const struct column *c, const char *cell, bool is_last, struct buf *out)
{
	bool is_cut = !is_last && text_width(cell) > c->width;
	size_t len = is_last ? strlen(cell) : text_fit(cell, c->width - is_cut);
	int pad = c->width - text_width_n(cell, len) - is_cut;

	for (int i = 0; c->is_right && i < pad; i++)
		buf_putc(out, ' ');
	buf_putn(out, cell, len);
	buf_puts(out, is_cut ? "…" : "");
	for (int i = 0; !c->is_right && !is_last && i < pad; i++)
		buf_putc(out, ' ');
	buf_puts(out, is_last ? "\n" : "  ");
}

static void table(const struct rowset *rows, const struct schema *s, bool is_whole, struct buf *out)
{
	struct column columns[COLUMNS_MAX] = {0};
	size_t n = choose(s, columns);
	char cell[CELL];

	for (size_t k = 0; k < n; k++) {
		enum field_type t = columns[k].field->type;
		if (strcmp(columns[k].field->name, "headroom_ratio") == 0) {
			columns[k].basis = field_find(s, "headroom_basis");
			columns[k].lost = field_find(s, "lost_to_oom_1h");
			columns[k].limit = field_find(s, "lost_to_limit_1h");
		}
		columns[k].width = measure(&columns[k], rows, is_whole);
		columns[k].is_right = t == FIELD_INT || t == FIELD_REAL || t == FIELD_IDENT;
	}
	for (size_t k = 0; k < n; k++)
		put_cell(&columns[k], columns[k].field->title, k + 1 == n, out);
	for (size_t i = 0; i < rows->n; i++)
		for (size_t k = 0; k < n; k++) {
			cell_of(&columns[k], rows->rows[i], cell, sizeof(cell));
			put_cell(&columns[k], cell, k + 1 == n, out);
		}
}

/* --- one job whole --- */

static void say_lines(const char *title, const struct texts *lines, struct buf *out)
{
	for (size_t i = 0; i < lines->n; i++)
		buf_printf(out, "  %-18s%s\n", i ? "" : title, text_str(lines->v[i]));
}

static void say_job(const struct snapshot *s, const struct job_row *j, struct buf *out)
{
	char age[40] = "";

	if (!is_absent(j->since) && j->since <= s->at)
		format_age((double)(s->at - j->since) / 1000, age, sizeof(age));
	buf_printf(out, "\n%s is %s%s%s\n", text_str(j->name),
		   j->verdict >= 0 ? verdict_names[j->verdict] : "unknown", age[0] ? " for " : "",
		   age);
	say_lines("why", &j->evidence, out);
	if (j->next)
		buf_printf(out, "  %-18s%s\n", "next", text_str(j->next));
	say_lines("it recommends", &j->recommendations, out);
	for (size_t i = 0; i < schema_job.nfields; i++) {
		const struct field *f = &schema_job.fields[i];
		struct column c = {.field = f};
		char cell[CELL];
		bool is_room = !strcmp(f->name, "headroom_ratio");

		if (f->flags & (FIELD_SECRET | FIELD_NO_JSON | FIELD_KEY) ||
		    f->type == FIELD_TEXTS || f->type == FIELD_SERIES || f->type == FIELD_ENUM ||
		    (field_is_absent(f, j) && !(is_room && j->headroom_basis == BASIS_DISPROVED)))
			continue;
		if (is_room) {
			c.basis = field_find(&schema_job, "headroom_basis");
			c.lost = field_find(&schema_job, "lost_to_oom_1h");
			c.limit = field_find(&schema_job, "lost_to_limit_1h");
		}
		cell_of(&c, j, cell, sizeof(cell));
		buf_printf(out, "  %-18s%s\n", f->name, cell);
	}
}

void out_text(const struct snapshot *s, const struct out_options *o, struct buf *out)
{
	const struct schema *schema = out_view(o->view == NULL ? "jobs" : o->view);
	struct rowset jobs, rows;
	struct arena a;

	arena_init(&a);
	jobs = pick_rows(s, &schema_job, o->job, &a);
	first_line(s, &jobs, out);
	if (o->view != NULL && !strcmp(o->view, "job")) {
		for (size_t i = 0; i < jobs.n; i++)
			say_job(s, jobs.rows[i], out);
	} else if (schema != NULL) {
		rows = pick_rows(s, schema, o->job, &a);
		if (rows.n > 0)
			table(&rows, schema, o->is_whole, out);
	}
	arena_release(&a);
}
