/* sources.c - every target that is polled: its state, age and what it last said. */
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
	{.name = "job", .width = 16, .max = 28, .flags = COLUMN_SUBJECT},
	{.name = "age_s", .width = 5, .style = style_age},
	{.name = "took_ms", .width = 6, .weight = 60},
	{.name = "code", .width = 4, .weight = 50, .style = style_code},
	{.name = "silent_probes", .width = 6, .weight = 40, .style = style_silent},
	{.name = "where", .width = 22, .max = 48, .gap = 2, .weight = 70},
	{.name = "found_by", .width = 8, .gap = 2, .weight = 20},
	{.name = "problem", .width = 30, .max = 80, .gap = 2, .weight = 75, .style = style_problem},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_target,
	.columns = columns,
	.order = "as configured",
	.mark = mark,
};

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

const struct view view_sources = {
	.name = "sources",
	.title = "sources",
	.help = "every target: state, age, how it was found, what it last said",
	.table = &spec,
	.enter = enter,
	.copy = copy,
};
