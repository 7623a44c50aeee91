/* sources.c - every target that is polled: its state, age and what it last said. Below the table
 * the one under the cursor in full: where it is, how it was found, what it answered. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/target.h"
#include "../ui.h"

static const struct target_row *target(const void *row)
{
	return row;
}

/* A target's state looks like the verdict that means the same. */
static int like_verdict(int state)
{
	switch (state) {
	case SECTION_OK:
		return VERDICT_HEALTHY;
	case SECTION_LATE:
		return VERDICT_DEGRADED;
	case SECTION_FAILED:
		return VERDICT_CRASHED;
	default:
		return VERDICT_INITIALIZING;
	}
}

static const char *mark(const struct glyphs *g, const void *row, enum style *st)
{
	*st = verdict_style(like_verdict(target(row)->state));
	return verdict_mark(g, like_verdict(target(row)->state));
}

static enum style style_state(const void *row)
{
	return verdict_style(like_verdict(target(row)->state));
}

static enum style style_problem(const void *row)
{
	return target(row)->problem ? style_state(row) : STYLE_DIM;
}

static enum style style_code(const void *row)
{
	int64_t code = target(row)->code;

	return is_absent(code) ? STYLE_DIM : code >= 400 ? STYLE_WARN : STYLE_TEXT;
}

static enum style style_silent(const void *row)
{
	int64_t n = target(row)->silent_probes;

	return is_absent(n) || !n ? STYLE_DIM : STYLE_STALE;
}

static enum style style_age(const void *row)
{
	return target(row)->state == SECTION_OK ? STYLE_TEXT : STYLE_STALE;
}

static const struct column columns[] = {
	{.name = "state", .width = 7, .style = style_state},
	{.name = "source", .width = 6, .gap = 2},
	{.name = "job", .width = 16, .max = 28, .flags = COLUMN_SUBJECT | COLUMN_NAMES},
	{.name = "age_s", .width = 5, .style = style_age},
	{.name = "next_s", .width = 5, .weight = 38, .style = style_silent},
	{.name = "took_ms", .width = 6, .weight = 60},
	{.name = "code", .width = 4, .weight = 50, .style = style_code},
	{.name = "silent_probes", .width = 6, .weight = 40, .style = style_silent},
	{.name = "where", .width = 22, .max = 48, .gap = 2, .weight = 70},
	{.name = "found_by", .width = 14, .max = 40, .gap = 2, .weight = 72},
	{.name = "problem", .width = 18, .max = 80, .gap = 2, .weight = 75, .style = style_problem},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_target,
	.columns = columns,
	.order = "worst first",
	.mark = mark,
};

enum { DETAIL_H = 5, RANKS = 4 };

static int rank(const struct target_row *t)
{
	switch (t->state) {
	case SECTION_FAILED:
		return 0;
	case SECTION_LATE:
		return 1;
	case SECTION_OK:
		return 3;
	default:
		return 2;
	}
}

/* Of many targets those that do not answer are looked for; alike ones as they were configured or
 * found. */
static void update(struct ui *ui, struct view_state *v)
{
	struct rowset rows = view_rows(ui, v, &schema_target, "");
	const void **list = ARENA_ARRAY(&v->arena, const void *, rows.n + 1);
	size_t n = 0;

	for (int k = 0; k < RANKS; k++)
		for (size_t i = 0; i < rows.n; i++)
			if (rank(target(rows.rows[i])) == k)
				list[n++] = rows.rows[i];
	rows.rows = list;
	table_set_rows(v->panes[0].table, &rows, ui->version);
}

/* `HTTP 200 in 3ms, 2s ago`, or how long it has been silent. */
static void answered(const struct target_row *t, char *out, size_t size)
{
	char age[24] = "", took[24] = "";

	if (!isnan(t->age_s))
		format_age(t->age_s, age, sizeof(age));
	if (!is_absent(t->took_ms))
		format_number((double)t->took_ms, UNIT_MS, took, sizeof(took));
	snprintf(out, size, "%s%s%s%s", *age ? "the last good answer " : "nothing yet", age,
		 *age ? " ago" : "", *took ? ", the last one took " : "");
	snprintf(out + strlen(out), size - strlen(out), "%s", took);
	if (t->silent_probes > 0)
		snprintf(out + strlen(out), size - strlen(out), ", %lld probes in a row unanswered",
			 (long long)t->silent_probes);
	if (isnan(t->next_s))
		return;
	format_age(t->next_s, age, sizeof(age));
	snprintf(out + strlen(out), size - strlen(out), "%s%s",
		 t->next_s > 0 ? ", asked again in " : ", being asked now",
		 t->next_s > 0 ? age : "");
}

static void draw_detail(const struct target_row *t, struct area a)
{
	char title[300], line[300];
	int y = 1;

	snprintf(title, sizeof(title), "%.40s of %.200s", t->source ? text_str(t->source) : "-",
		 t->job ? text_str(t->job) : "no job");
	draw_rule(a, 0, STYLE_TITLE, title, t->state >= 0 ? section_state_names[t->state] : NULL);
	if (t->where)
		y = view_said(a, y, 3, "where", STYLE_TEXT, text_str(t->where));
	if (t->found_by)
		y = view_said(a, y, 2, "found", STYLE_TEXT, text_str(t->found_by));
	answered(t, line, sizeof(line));
	y = view_said(a, y, 1, "answers", STYLE_TEXT, line);
	if (t->problem)
		view_said(a, y, 0, "problem", style_state(t), text_str(t->problem));
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct area low = view_draw_list(ui, v, a, "sources", NULL, DETAIL_H);

	if (low.h)
		draw_detail(table_cursor(v->panes[0].table), low);
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct target_row *t = table_cursor(v->panes[0].table);

	if (!t || !t->job)
		return err_set(err, ERR_MISSING, "this target belongs to no job");
	ui_go(ui, &view_job, text_str(t->job));
	return 0;
}

static void copy(struct ui *ui ATTR_UNUSED, struct view_state *v, struct buf *out)
{
	const struct target_row *t = table_cursor(v->panes[0].table);

	if (t && t->where)
		buf_puts(out, text_str(t->where));
}

static bool may(struct ui *ui ATTR_UNUSED, struct view_state *v, const char *command)
{
	const struct target_row *t = table_cursor(v->panes[0].table);

	return strcmp(command, "open") || (t && t->job);
}

const struct view view_sources = {
	.name = "sources",
	.title = "sources",
	.help = "every target: state, age, how it was found, what it last said",
	.empty = "nothing is polled: no job is configured, and none was found",
	.table = &spec,
	.update = update,
	.draw = draw,
	.may = may,
	.enter = enter,
	.copy = copy,
};
