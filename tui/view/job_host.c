/* job_host.c - the part of a job's view that comes from its host: the JVM of its driver in one
 * line, how the job was found, and what its logs said, told between the other events. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/log.h"
#include "../jvm.h"
#include "job_parts.h"

enum { PORTS_SHOWN = 3, GOES_ON_MS = 300000 };

static int by_time(const void *a, const void *b)
{
	const struct job_event *x = a, *y = b;
	int64_t tx = is_absent(x->at) ? INT64_MAX : x->at,
		ty = is_absent(y->at) ? INT64_MAX : y->at;

	return (tx > ty) - (tx < ty);
}

/* What a failing job logs in turns, as one: how often, and when last. */
struct told {
	const struct log_mark_row *first;
	int64_t count, last_at;
};

static bool goes_on(const struct told *t, const struct log_mark_row *m)
{
	const struct log_mark_row *f = t->first;

	return m->kind == f->kind && text_cmp(m->name, f->name) == 0 &&
	       text_cmp(m->whose, f->whose) == 0 && !is_absent(m->at) && !is_absent(t->last_at) &&
	       m->at - t->last_at <= GOES_ON_MS;
}

static size_t fold_marks(const struct rowset *marks, struct told *told)
{
	size_t n = 0;

	for (size_t i = 0; i < marks->n; i++) {
		const struct log_mark_row *m = marks->rows[i];
		size_t k = n;

		while (k > 0 && !goes_on(&told[k - 1], m))
			k--;
		if (!k) {
			told[n++] = (struct told){m, 0, m->at};
			k = n;
		}
		told[k - 1].count += max_i64(m->count, 1);
		told[k - 1].last_at = max_i64(told[k - 1].last_at, max_i64(m->at, m->last_at));
	}
	return n;
}

static struct job_event event_of(struct ui *ui, struct view_state *v, const struct told *t)
{
	const struct log_mark_row *m = t->first;
	const char *name = m->name ? text_str(m->name) : "";
	const struct text *what = m->name;
	char last[32];

	ui_time(ui, t->last_at, last, sizeof(last));
	if (t->count > 1 && !is_absent(m->at) && t->last_at - m->at >= 60000)
		what = view_span(v, STYLE_TEXT, "%.200s, %lld times, last %s", name,
				 (long long)t->count, last)
			       .text;
	else if (t->count > 1)
		what = view_span(v, STYLE_TEXT, "%.200s, %lld times", name, (long long)t->count)
			       .text;
	return (struct job_event){
		m->at, what,
		view_span(v, STYLE_TEXT, "%.40s log", m->whose ? text_str(m->whose) : "its").text,
		m->kind != LOG_KIND_RECOVERED};
}

static struct line line_of(struct ui *ui, struct view_state *v, const struct job_event *e)
{
	struct span *spans = ARENA_ARRAY(&v->arena, struct span, 3);
	char at[32];

	ui_time(ui, e->at, at, sizeof(at));
	spans[0] = view_span(v, STYLE_DIM, "%-*s", JOB_LABEL_W - 1, at);
	spans[1] = (struct span){e->is_bad ? STYLE_WARN : STYLE_TEXT, e->what};
	spans[2] = view_span(v, STYLE_DIM, "  %.100s", e->where ? text_str(e->where) : "");
	return (struct line){e->where ? 3 : 2, spans, e->is_bad};
}

void job_gather_events(struct ui *ui, struct view_state *v, const struct job_row *j,
		       struct pager *p)
{
	struct rowset marks = {&schema_log_mark, 0, NULL};
	struct job_event *all;
	struct line *lines;
	struct told *told;
	size_t n = j ? j->nevents : 0, ntold;

	if (j)
		marks = view_rows(ui, v, &schema_log_mark, text_str(j->name));
	all = ARENA_ARRAY(&v->arena, struct job_event, n + marks.n + 1);
	if (n)
		memcpy(all, j->events, n * sizeof(*all));
	told = ARENA_ARRAY(&v->arena, struct told, marks.n + 1);
	ntold = fold_marks(&marks, told);
	for (size_t i = 0; i < ntold; i++)
		all[n++] = event_of(ui, v, &told[i]);
	/* Events came in their order; a sort of what is sorted already keeps it. */
	if (marks.n)
		qsort(all, n, sizeof(*all), by_time);
	lines = ARENA_ARRAY(&v->arena, struct line, n + 1);
	for (size_t i = 0; i < n; i++)
		lines[i] = line_of(ui, v, &all[i]);
	pager_set(p, lines, n);
}

static void draw_jvm(struct ui *ui, const struct jvm_row *j, struct area a, int y)
{
	const char *dot = ui->glyphs->dot;
	char line[512];
	size_t n;
	int x;

	draw_str(a, 1, y, STYLE_DIM, "jvm");
	x = draw_str(a, JOB_LABEL_W, y, jvm_style(j->verdict), jvm_mark(ui->glyphs, j->verdict));
	x = draw_str(a, x + 1, y, jvm_style(j->verdict), jvm_word(j->verdict));
	n = (size_t)snprintf(line, sizeof(line), "%sjava %lld of %.60s",
			     jvm_is_earlier(j) ? "its earlier driver, " : "", (long long)j->pid,
			     j->user ? text_str(j->user) : "-");
	/* What tells most stands first: ports are what may be cut. */
	if (!isnan(j->heap_pct))
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %s heap %.0f%%", dot,
				      j->heap_pct);
	if (!isnan(j->gc_pct))
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %s %.0f%% GC", dot, j->gc_pct);
	if (!isnan(j->cpu_pct))
		n += (size_t)snprintf(line + n, sizeof(line) - n, " %s %.0f%% CPU", dot,
				      j->cpu_pct);
	for (size_t i = 0; i < j->ports.n && i < PORTS_SHOWN; i++)
		n += (size_t)snprintf(line + n, sizeof(line) - n, "%s%s :%lld", i ? "" : " ",
				      i ? "" : dot, (long long)j->ports.v[i]);
	if (j->ports.n > PORTS_SHOWN)
		snprintf(line + n, sizeof(line) - n, " +%zu", j->ports.n - PORTS_SHOWN);
	draw_str_cut(a, x + 2, y, a.w - x - 3, STYLE_TEXT, line);
}

int job_draw_host(struct ui *ui, const struct job_row *j, struct area a, int y)
{
	const struct jvm_row *jvm = jvm_driver_of(ui, text_str(j->name));
	const struct config_job *c = config_job(ui->cfg, j->name ? text_str(j->name) : NULL);
	const struct text *unseen = jvm ? jvm->unseen : NULL;

	if (jvm)
		draw_jvm(ui, jvm, a, y++);
	if (unseen) {
		draw_str(a, 1, y, STYLE_DIM, "not seen");
		draw_cut(a, JOB_LABEL_W, y++, a.w - JOB_LABEL_W - 1, STYLE_STALE, unseen);
	}
	if (c && c->found && c->found_by) {
		draw_str(a, 1, y, STYLE_DIM, "found");
		draw_str_cut(a, JOB_LABEL_W, y++, a.w - JOB_LABEL_W - 1, STYLE_DIM, c->found_by);
	}
	return y;
}
