/* errors.c - errors by type over all jobs, or of one: how many, since when, what they mean, what to
 * do. */
#include <stdio.h>
#include <string.h>

#include "../command.h"
#include "../ui.h"
#include "dlq_parts.h"
#include "errors_parts.h"

enum { DETAIL_H = 4 };

static const struct error_row *error(const void *row)
{
	return row;
}

static const char *mark(const struct glyphs *g, const void *row, enum style *st)
{
	const struct error_row *e = row;

	if (!is_absent(e->count_5m) && e->count_5m >= 5) {
		*st = STYLE_CRIT;
		return verdict_mark(g, VERDICT_CRASHED);
	}
	if (!is_absent(e->count_5m) && e->count_5m > 0) {
		*st = STYLE_WARN;
		return verdict_mark(g, VERDICT_DEGRADED);
	}
	*st = STYLE_DIM;
	return g->dot;
}

/* A single error is a low mark, not a full column. */
static double error_top(const void *row ATTR_UNUSED)
{
	return 4;
}

static enum style recent_style(const void *row)
{
	int64_t n = error(row)->count_5m;

	return is_absent(n) || !n ? STYLE_DIM : n >= 5 ? STYLE_CRIT : STYLE_WARN;
}

static enum style do_style(const void *row)
{
	return error(row)->recommendation ? STYLE_TEXT : STYLE_DIM;
}

static enum style by_style(const void *row ATTR_UNUSED)
{
	return STYLE_DIM;
}

static const struct column columns[] = {
	{.name = "type", .width = 27, .max = 40, .flags = COLUMN_SUBJECT},
	{.name = "job", .width = 14, .max = 24, .weight = 60, .flags = COLUMN_NAMES},
	{.name = "count", .width = 6},
	{.name = "count_5m", .width = 5, .style = recent_style},
	{.name = "count_1h", .width = 5, .weight = 40, .flags = COLUMN_ZERO_DIM},
	{.name = "trend",
	 .width = 15,
	 .gap = 2,
	 .weight = 30,
	 .flags = COLUMN_SPARK | COLUMN_ZERO_GAP,
	 .top = error_top},
	{.name = "first_at", .width = 8, .gap = 2, .weight = 20, .align = ALIGN_LEFT},
	{.name = "last_at", .width = 8, .gap = 1, .weight = 65, .align = ALIGN_LEFT},
	{.name = "counted_by", .width = 10, .gap = 2, .weight = 10, .style = by_style},
	{.name = "recommendation",
	 .width = 10,
	 .max = 60,
	 .gap = 2,
	 .weight = 50,
	 .style = do_style},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_error,
	.columns = columns,
	.order = "newest first",
	.mark = mark,
};

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (!v->npanes)
		view_add_table(v, &spec);
}

static void update(struct ui *ui, struct view_state *v)
{
	struct rowset rows = view_rows(ui, v, &schema_error, ui->job);
	struct rowset kinds = errors_by_kind(&rows, &v->arena);

	table_set_rows(v->panes[0].table, &kinds, ui->version);
}

/* Health and queue tell of the same errors: whose figures these are. */
static const char *counted(const struct error_row *e)
{
	if (e->counted_by == ERRORS_BY_HEALTH)
		return "counted by health answers";
	if (e->counted_by == ERRORS_DATED)
		return "counted by health answers, dated by dead-letter queues";
	return "counted in dead-letter queues";
}

static void draw_detail(struct ui *ui, const struct error_row *e, struct area a)
{
	const struct text *cause = e->cause, *todo = e->recommendation;
	char first[32], last[32], when[256];
	int y = 1;

	draw_rule(a, 0, STYLE_TITLE, e->type ? text_str(e->type) : "-",
		  e->job ? text_str(e->job) : NULL);
	ui_time(ui, e->first_at, first, sizeof(first));
	ui_time(ui, e->last_at, last, sizeof(last));
	snprintf(when, sizeof(when), "first %s, last %s; %s", first, last, counted(e));
	y = view_said(a, y, 2, "means", cause ? STYLE_TEXT : STYLE_DIM,
		      cause ? text_str(cause) : "not known");
	y = view_said(a, y, 1, "do", todo ? STYLE_NEXT : STYLE_DIM,
		      todo ? text_str(todo) : "not known");
	view_said(a, y, 0, "seen", STYLE_TEXT, when);
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct area low = view_draw_list(ui, v, a, "errors", NULL, DETAIL_H);

	if (low.h)
		draw_detail(ui, table_cursor(v->panes[0].table), low);
}

/* Enter: the failed batches behind it. */
static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct error_row *e = table_cursor(v->panes[0].table);
	char line[sizeof("only ") + DLQ_KIND_MAX];

	if (!e || !e->type)
		return err_set(err, ERR_MISSING, "no error here to open");
	snprintf(line, sizeof(line), "only %s", text_str(e->type));
	ui_go(ui, view_find("dlq"),
	      e->job && ui_job_row(ui, text_str(e->job)) ? text_str(e->job) : NULL);
	return command_run(ui, line, err);
}

const struct view view_errors = {
	.name = "errors",
	.title = "errors",
	.help = "errors by type: count, trend, first and last seen, what they mean, what to do; "
		"Enter: the failed batches behind one",
	.empty = "no error was seen: neither in a health answer nor in a dead-letter queue",
	.table = &spec,
	.is_per_job = true,
	.open = open_view,
	.update = update,
	.draw = draw,
	.enter = enter,
};
