/* errors.c - errors by type over all jobs, or of one: how many, since when, what they mean, what to
 * do. Types that are two names for one thing (AnalysisException and SchemaError) are one row here;
 * --json keeps the source's own words. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/error.h"
#include "../ui.h"

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
	{.name = "type", .width = 24, .max = 40, .flags = COLUMN_SUBJECT},
	{.name = "job", .width = 14, .max = 24, .weight = 60},
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
	{.name = "last_at", .width = 8, .gap = 1, .weight = 50, .align = ALIGN_LEFT},
	{.name = "counted_by", .width = 10, .gap = 2, .weight = 10, .style = by_style},
	{.name = "recommendation",
	 .width = 10,
	 .max = 60,
	 .gap = 2,
	 .weight = 70,
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

static int64_t sum(int64_t a, int64_t b)
{
	return is_absent(a) ? b : is_absent(b) ? a : a + b;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return is_absent(a) ? b : is_absent(b) ? a : min_i64(a, b);
}

static void add_trend(struct arena *a, struct error_row *to, const struct error_row *from)
{
	float *v;

	if (!from->trend.n)
		return;
	if (to->trend.n != from->trend.n) {
		to->trend = from->trend;
		return;
	}
	v = ARENA_ARRAY(a, float, to->trend.n);
	for (size_t i = 0; i < to->trend.n; i++) {
		float x = to->trend.v[i], y = from->trend.v[i];

		v[i] = isnan(x) ? y : isnan(y) ? x : x + y;
	}
	to->trend.v = v;
}

static void merge(struct arena *a, struct error_row *to, const struct error_row *from)
{
	to->count = sum(to->count, from->count);
	to->count_5m = sum(to->count_5m, from->count_5m);
	to->count_1h = sum(to->count_1h, from->count_1h);
	to->first_at = earliest(to->first_at, from->first_at);
	to->last_at = max_i64(to->last_at, from->last_at);
	if (!to->recommendation)
		to->recommendation = from->recommendation;
	if (!to->cause)
		to->cause = from->cause;
	if (to->counted_by != from->counted_by)
		to->counted_by = ERRORS_DATED;
	add_trend(a, to, from);
	if (text_cmp(to->job, from->job))
		to->job = TEXT("several jobs");
}

static bool is_newer(const struct error_row *a, const struct error_row *b)
{
	int64_t x = max_i64(a->last_at, 0), y = max_i64(b->last_at, 0);

	return x > y || (x == y && a->count > b->count);
}

static void put_newest_first(struct error_row *rows, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct error_row row = rows[i];
		size_t k = i;

		for (; k && is_newer(&row, &rows[k - 1]); k--)
			rows[k] = rows[k - 1];
		rows[k] = row;
	}
}

/* One row per kind of error over the jobs shown. */
static void update(struct ui *ui, struct view_state *v)
{
	struct rowset all = view_rows(ui, v, &schema_error, ui->job),
		      shown = {&schema_error, 0, NULL};
	struct error_row *rows = ARENA_ARRAY(&v->arena, struct error_row, all.n + 1);
	const void **list = ARENA_ARRAY(&v->arena, const void *, all.n + 1);

	for (size_t i = 0; i < all.n; i++) {
		const struct error_row *e = all.rows[i];
		const struct text *kind = e->alias ? e->alias : e->type;
		size_t k = 0;

		while (k < shown.n && text_cmp(rows[k].type, kind))
			k++;
		if (k < shown.n) {
			merge(&v->arena, &rows[k], e);
			continue;
		}
		rows[shown.n] = *e;
		rows[shown.n++].type = kind;
	}
	put_newest_first(rows, shown.n);
	for (size_t i = 0; i < shown.n; i++)
		list[i] = &rows[i];
	shown.rows = list;
	table_set_rows(v->panes[0].table, &shown, ui->version);
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

/* Enter: the entries behind it. */
static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct error_row *e = table_cursor(v->panes[0].table);

	if (!e)
		return err_set(err, ERR_MISSING, "no error here to open");
	ui_go(ui, view_find("dlq"),
	      e->job && ui_job_row(ui, text_str(e->job)) ? text_str(e->job) : NULL);
	return 0;
}

const struct view view_errors = {
	.name = "errors",
	.title = "errors",
	.help = "errors by type: count, trend, first and last seen, what they mean, what to do",
	.empty = "no error was seen: neither in a health answer nor in a dead-letter queue",
	.table = &spec,
	.is_per_job = true,
	.open = open_view,
	.update = update,
	.draw = draw,
	.enter = enter,
};
