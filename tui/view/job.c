/* job.c - one job whole: the verdict with its evidence and the next step, four charts, errors by
 * type, executors, the tail of its dead-letter queue, what happened. Tab goes round the tables;
 * Enter on a row opens the view it belongs to. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"
#include "../headroom.h"
#include "errors_parts.h"
#include "job_parts.h"

enum { PANE_CHARTS, PANE_ERRORS, PANE_EXECUTORS, PANE_DLQ, PANE_EVENTS, PANES };
enum {
	LABEL_W = JOB_LABEL_W,
	EVIDENCE_SHOWN = 5,
	EVIDENCE_X = 16,
	LINES = 3,
	CHART_H = 6,
	CHOSEN_H = 7
};

/* A single error is a low mark, not a full column. */
static double error_top(const void *row ATTR_UNUSED)
{
	return 4;
}

static enum style recent_style(const void *row)
{
	int64_t n = ((const struct error_row *)row)->count_5m;

	return is_absent(n) || !n ? STYLE_DIM : STYLE_WARN;
}

static const struct column error_columns[] = {
	{.name = "type", .width = 22, .max = 34, .flags = COLUMN_SUBJECT},
	{.name = "count", .width = 6},
	{.name = "count_5m", .width = 5, .style = recent_style},
	{.name = "trend",
	 .width = 15,
	 .gap = 2,
	 .weight = 20,
	 .flags = COLUMN_SPARK | COLUMN_ZERO_GAP,
	 .top = error_top},
	{.name = "cause", .width = 12, .max = 60, .gap = 2, .weight = 30},
	{.name = "recommendation", .width = 12, .max = 60, .gap = 2, .weight = 40},
	{0},
};
static const struct table_spec error_spec = {.schema = &schema_error, .columns = error_columns};

static enum style heap_style(const void *row)
{
	double pct = ((const struct executor_row *)row)->heap_pct;

	return isnan(pct) ? STYLE_DIM : pct < 60 ? STYLE_TEXT : gauge_style(pct);
}

static enum style room_style(const void *row)
{
	const struct executor_row *e = row;

	return headroom_style(e->headroom_ratio, e->headroom_basis);
}

static size_t room(const void *row, char *out, size_t size)
{
	const struct executor_row *e = row;

	return headroom_format(e->headroom_ratio, e->headroom_basis, out, size);
}

static enum style reason_style(const void *row)
{
	return is_absent(((const struct executor_row *)row)->exit_code) ? STYLE_DIM : STYLE_CRIT;
}

static bool is_dead(const void *row)
{
	return ((const struct executor_row *)row)->active == TRI_FALSE;
}

static const struct column executor_columns[] = {
	{.name = "executor_id", .title = "EXECUTOR", .width = 8, .flags = COLUMN_SUBJECT},
	{.name = "heap_pct",
	 .width = 4,
	 .gauge = 8,
	 .gauge_weight = 20,
	 .weight = 60,
	 .style = heap_style},
	{.name = "storage_used_bytes", .width = 7, .weight = 30, .flags = COLUMN_ZERO_DIM},
	{.name = "cores", .width = 5, .weight = 25},
	{.name = "active_tasks", .width = 5, .flags = COLUMN_ZERO_DIM},
	{.name = "failed_tasks", .width = 6, .flags = COLUMN_ZERO_DIM},
	{.name = "gc_pct", .width = 4, .weight = 50},
	{.name = "headroom_ratio", .width = 7, .format = room, .style = room_style},
	{.name = "headroom_basis", .width = 9, .weight = 40, .gap = 2, .style = room_style},
	{.name = "removed_reason",
	 .width = 10,
	 .max = 48,
	 .weight = 70,
	 .gap = 2,
	 .style = reason_style},
	{0},
};
static const struct table_spec executor_spec = {
	.schema = &schema_executor, .columns = executor_columns, .is_old = is_dead};

static const struct column dlq_columns[] = {
	{.name = "at", .title = "AT", .width = 8, .align = ALIGN_LEFT},
	{.name = "batch_id", .width = 8, .weight = 30},
	{.name = "error_type", .width = 20, .max = 30, .flags = COLUMN_SUBJECT},
	{.name = "message", .width = 20, .max = 200, .weight = 20},
	{0},
};
static const struct table_spec dlq_spec = {
	.schema = &schema_dlq_entry, .columns = dlq_columns, .order = "newest first"};

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (v->npanes)
		return;
	view_add_pager(v); /* keeps its place in the order of Tab */
	view_add_table(v, &error_spec);
	view_add_table(v, &executor_spec);
	view_add_table(v, &dlq_spec);
	view_add_pager(v)->is_tail = true;
	v->focus = PANE_EXECUTORS;
}

/* The job chosen, else the worst one. */
static const struct job_row *shown(struct ui *ui)
{
	const struct rowset *all;

	if (ui->job[0] || !ui->snap)
		return ui_job_row(ui, ui->job);
	all = dataset_rows(ui->snap->jobs, &schema_job);
	return all->n ? all->rows[0] : NULL;
}

static void update(struct ui *ui, struct view_state *v)
{
	static const struct schema *const schemas[PANES] = {[PANE_ERRORS] = &schema_error,
							    [PANE_EXECUTORS] = &schema_executor,
							    [PANE_DLQ] = &schema_dlq_entry};
	static const struct line charts = {0, NULL, false}; /* drawn, not read */
	const struct job_row *job = shown(ui);

	for (size_t i = PANE_ERRORS; i <= PANE_DLQ; i++) {
		struct rowset rows = {schemas[i], 0, NULL};

		if (job)
			rows = view_rows(ui, v, schemas[i], text_str(job->name));
		if (i == PANE_ERRORS)
			rows = errors_by_kind(&rows, &v->arena);
		table_set_rows(v->panes[i].table, &rows, ui->version);
	}
	pager_set(v->panes[PANE_CHARTS].pager, &charts, job ? 1 : 0);
	job_gather_events(ui, v, job, v->panes[PANE_EVENTS].pager);
}

static double real(int64_t n)
{
	return is_absent(n) ? ABSENT_REAL : (double)n;
}

struct figure {
	const char *name;
	double v;
	enum unit unit;
};

/* Executors lost to memory disprove whatever the figures say. */
static void figure_text(const struct job_row *j, const struct figure *f, char out[static 64])
{
	size_t n;

	if (f->unit != UNIT_RATIO) {
		format_number(f->v, f->unit, out, 64);
		return;
	}
	n = headroom_format(j->headroom_ratio, j->headroom_basis, out, 64);
	if (j->headroom_basis == BASIS_DISPROVED && j->lost_to_oom_1h > 0)
		snprintf(out + n, 64 - n, ", %lld lost to %s", (long long)j->lost_to_oom_1h,
			 j->lost_to_limit_1h > 0 ? "memory" : "52");
}

static enum style figure_style(const struct job_row *j, const struct figure *f)
{
	if (f->unit == UNIT_RATIO)
		return headroom_style(f->v, j->headroom_basis);
	return isnan(f->v) ? STYLE_DIM : STYLE_TEXT;
}

/* `last batch 15s  batches 100 ...`: the row of the overview, said in full. Returns the line after
 * it; draws nothing when a has no height, so that the same code measures. */
static int draw_figures(const struct job_row *j, struct area a, int y)
{
	const struct figure figures[] = {
		{"last batch", j->last_batch_age_s, UNIT_SECONDS},
		{"batches", real(j->batches), UNIT_COUNT},
		{"records", real(j->records), UNIT_COUNT},
		{"records/s", j->records_per_s, UNIT_PER_S},
		{"batch time", j->batch_time_s, UNIT_SECONDS},
		{"trigger", j->trigger_interval_s, UNIT_SECONDS},
		{"errors 5m", real(j->errors_5m), UNIT_COUNT},
		{"1h", real(j->errors_1h), UNIT_COUNT},
		{"heap", j->heap_pct, UNIT_PCT},
		{"headroom", j->headroom_ratio, UNIT_RATIO},
		{"dlq", real(j->dlq_entries), UNIT_COUNT},
		{"up", j->uptime_s, UNIT_SECONDS},
		{"restarts", real(j->restarts), UNIT_COUNT},
	};
	char text[64];
	int x = 1;

	for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
		const char *name = figures[i].name;
		int width;

		figure_text(j, &figures[i], text);
		width = text_width(name) + 1 + text_width(text);
		if (x > 1 && x + width > a.w - 1) {
			x = 1;
			y++;
		}
		draw_str(a, x, y, STYLE_DIM, name);
		draw_str(a, x + text_width(name) + 1, y, figure_style(j, &figures[i]), text);
		x += width + 2;
	}
	return y + 1;
}

static struct area right_of(struct area a, int x, int y)
{
	return area_sub(a, x, y, a.w - x - 1, a.h - y);
}

/* Its own word; what it advises beside that where there is room, else below. */
static int draw_said(const struct job_row *j, struct area a, int y, int lines)
{
	const char *advice;
	int x = draw_str(a, 1, y, STYLE_DIM, "says");

	x = draw_text(a, LABEL_W, y, j->says ? STYLE_TEXT : STYLE_DIM,
		      j->says ? j->says : TEXT("not collected"));
	if (j->ready >= 0)
		x = draw_str(a, x + 2, y, j->ready ? STYLE_DIM : STYLE_WARN,
			     j->ready ? "ready" : "not ready");
	if (j->live >= 0)
		x = draw_str(a, x + 2, y, j->live ? STYLE_DIM : STYLE_WARN,
			     j->live ? "live" : "not live");
	advice = j->recommendations.n ? text_str(j->recommendations.v[0]) : "";
	if (x + 2 + text_width(advice) < a.w || lines < 2)
		draw_str_cut(a, x + 2, y, a.w - x - 3, STYLE_TEXT, advice);
	else
		y += draw_paragraph(right_of(a, LABEL_W, y + 1), lines, STYLE_TEXT, advice);
	return y + 1;
}

static int draw_evidence(struct ui *ui, const struct job_row *j, struct area a, int y, int lines)
{
	enum style st = verdict_style(j->verdict);

	draw_strf(a, 1, y, st, "%s %s", verdict_mark(ui->glyphs, j->verdict),
		  verdict_names[j->verdict]);
	for (size_t i = 0; i < j->evidence.n && i < EVIDENCE_SHOWN; i++) {
		y += draw_paragraph(right_of(a, EVIDENCE_X, y), lines, i ? STYLE_DIM : STYLE_TEXT,
				    text_str(j->evidence.v[i]));
	}
	return y + !j->evidence.n;
}

/* Each sentence in at most so many lines. Returns its height, also when the area has none. */
static int draw_summary(struct ui *ui, const struct job_row *j, struct area a, int lines)
{
	char title[300], facts[128], since[32];
	int y;

	ui_time(ui, j->since, since, sizeof(since));
	snprintf(title, sizeof(title), "job %s %s", ui->glyphs->crumb, text_str(j->name));
	snprintf(facts, sizeof(facts), "%s%ssince %s",
		 j->application_id ? text_str(j->application_id) : "",
		 j->application_id ? "  " : "", since);
	draw_rule(a, 0, STYLE_TITLE, title, facts);
	y = draw_said(j, a, draw_evidence(ui, j, a, 1, lines), lines);
	if (j->action_says) {
		draw_str(a, 1, y, STYLE_WARN, "action");
		y += draw_paragraph(right_of(a, LABEL_W, y), lines, STYLE_WARN,
				    text_str(j->action_says));
	}
	if (j->hold) {
		draw_str(a, 1, y, STYLE_WARN, "held");
		y += draw_paragraph(right_of(a, LABEL_W, y), lines, STYLE_WARN, text_str(j->hold));
	}
	if (j->next) {
		draw_str(a, 1, y, STYLE_NEXT, "next");
		y += draw_paragraph(right_of(a, LABEL_W, y), lines + 1, STYLE_NEXT,
				    text_str(j->next));
	}
	return draw_figures(j, a, job_draw_host(ui, j, a, y));
}

static void draw_pane(struct view_state *v, size_t pane, struct area a)
{
	static const char *const titles[PANES] = {NULL, "errors by type", "executors",
						  "dead-letter queue, newest", "events"};
	struct table *t = v->panes[pane].table;
	struct pager *p = v->panes[pane].pager;
	struct area below = area_sub(a, 0, 1, a.w, a.h - 1);
	char facts[128];

	if (a.h < 2)
		return;
	if (t)
		table_facts(t, facts, sizeof(facts));
	draw_rule(a, 0, v->focus == pane ? STYLE_TITLE : STYLE_STRONG, titles[pane],
		  t ? facts : NULL);
	if (t) {
		table_draw(t, below, v->focus == pane);
		return;
	}
	if (p->top + (size_t)p->page >= p->n)
		p->page = 0; /* it was at the end: there it stays in another height */
	pager_draw(p, below);
}

static int wanted(const struct pane *p)
{
	if (p->table)
		return table_total(p->table) ? table_height(p->table) + 1 : 0;
	return p->pager->n ? (int)min_size(p->pager->n, JOB_EVENTS_SHOWN) + 1 : 0;
}

/* Where not all have room, the pane with the focus comes first, then in this order. */
static struct pane_want want_pane(const struct view_state *v, size_t pane)
{
	static const struct {
		int min, weight;
	} usual[PANES] = {{4, 6}, {3, 8}, {3, 7}, {3, 5}, {2, 2}};
	int rows = pane == PANE_CHARTS ? CHART_H : wanted(&v->panes[pane]);
	bool is_chosen = v->focus == pane && pane != PANE_EXECUTORS;
	int min = is_chosen ? (int)min_i64(rows, CHOSEN_H) : usual[pane].min;

	return (struct pane_want){rows ? min : 0, rows, rows ? 1 : 0,
				  v->focus == pane ? 10 : usual[pane].weight};
}

/* The first look is the summary's; who moves on wants to see where he is. */
static int room_of_summary(const struct view_state *v, int h)
{
	if (v->focus != PANE_EXECUTORS)
		return (int)max_i64(h - CHOSEN_H - 1, 3);
	return h > 12 ? (int)max_i64(h - 5, 8) : h;
}

/* The summary and the panes into so many lines. Sentences are cut before anything is left out. */
static int arrange(struct ui *ui, struct view_state *v, struct area a, struct rect r[PANES + 1])
{
	const struct job_row *j = shown(ui);
	int lines = LINES, room = room_of_summary(v, a.h), height;
	struct pane_want want[PANES + 1];

	while ((height = draw_summary(ui, j, area_sub(a, 0, 0, a.w, 0), lines)) > room && lines > 1)
		lines--;
	want[0] = (struct pane_want){(int)min_i64(height, room), height, 0, 11};
	for (size_t i = 0; i < PANES; i++)
		want[i + 1] = want_pane(v, i);
	layout_stack((struct rect){0, 0, a.w, a.h}, want, PANES + 1, r);
	return lines;
}

/* How much of a pane finds no place in that height. */
static size_t unseen(const struct view_state *v, size_t pane, int height)
{
	const struct pane *p = &v->panes[pane];
	size_t rows = p->table ? table_count(p->table) : p->pager->n;
	size_t fit = (size_t)max_i64(height - (p->table ? 2 : 1), 0);

	if (pane == PANE_CHARTS)
		return height ? 0 : rows;
	return rows - min_size(rows, fit);
}

/* What has no place here, and how to come there; it stands in the gap below the summary. */
static void say_more(struct ui *ui, const struct view_state *v, const struct rect *r,
		     struct area line)
{
	static const char *const names[PANES] = {"charts", "errors", "executors", "DLQ", "events"};
	char more[256];
	size_t n = 0;

	for (size_t i = 0; i < PANES; i++) {
		size_t rows = unseen(v, i, r[i].h);

		if (!rows)
			continue;
		n += (size_t)snprintf(more + n, sizeof(more) - n, "%s%s", n ? ", " : "", names[i]);
		if (i != PANE_CHARTS)
			n += (size_t)snprintf(more + n, sizeof(more) - n, " %zu", rows);
	}
	if (!n)
		return;
	snprintf(more + n, sizeof(more) - n, " %s j, k or Tab", ui->glyphs->dot);
	area_fill(line, STYLE_TEXT);
	draw_str(line, 1, 0, STYLE_DIM, "more");
	draw_str_cut(line, LABEL_W, 0, line.w - LABEL_W - 1, STYLE_DIM, more);
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	const struct job_row *j = shown(ui);
	struct rect r[PANES + 1];
	int lines;

	if (!j) {
		draw_rule(a, 0, STYLE_TITLE, "job", NULL);
		draw_strf(a, 1, 2, STYLE_DIM,
			  "no job %s here yet; choose one in the overview and press Enter",
			  ui->job);
		return;
	}
	lines = arrange(ui, v, a, r);
	draw_summary(ui, j, area_sub(a, r[0].x, r[0].y, r[0].w, r[0].h), lines);
	say_more(ui, v, r + 1, area_row(a, (int)min_i64(r[0].h, a.h - 1)));
	for (size_t i = 0; i < PANES; i++) {
		struct rect at = r[i + 1];
		struct area pane = area_sub(a, at.x, at.y, at.w, at.h);

		if (i == PANE_CHARTS)
			job_draw_charts(j, pane, v->focus == i);
		else
			draw_pane(v, i, pane);
	}
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	static const char *const goes[PANES] = {NULL, "errors", "executors", "dlq", "log"};
	const struct job_row *j = shown(ui);

	if (!j)
		return err_set(err, ERR_MISSING, "no job is shown");
	if (!goes[v->focus])
		return err_set(err, ERR_MISSING, "nothing deeper here; j or Tab goes on");
	ui_go(ui, view_find(goes[v->focus]), text_str(j->name));
	return 0;
}

static void copy(struct ui *ui, struct view_state *v ATTR_UNUSED, struct buf *out)
{
	const struct job_row *j = shown(ui);

	if (!j)
		return;
	buf_printf(out, "%s %s", text_str(j->name), verdict_names[j->verdict]);
	for (size_t i = 0; i < j->evidence.n; i++)
		buf_printf(out, "\n%s", text_str(j->evidence.v[i]));
	if (j->next)
		buf_printf(out, "\nnext: %s", text_str(j->next));
}

static const struct binding job_bindings[] = {
	{"t", "threads", "what the threads of its driver do", "threads"},
	{"l", "log", "its logs", "log"},
	{NULL, NULL, NULL, NULL},
};

static const char *const footer[] = {
	"open", "action recover", "action kill", "action replay", "action restart", "next-pane",
	"log",  "threads",        "prompt",      "view 1-9",      "back",           "help",
	NULL};

const struct view view_job = {
	.name = "job",
	.title = "job",
	.help = "one job whole: evidence, charts, errors with cause and recommendation, executors, "
		"DLQ tail, events",
	.bindings = job_bindings,
	.footer = footer,
	.is_per_job = true,
	.is_one_job = true,
	.is_one_page = true,
	.open = open_view,
	.update = update,
	.draw = draw,
	.enter = enter,
	.copy = copy,
};
