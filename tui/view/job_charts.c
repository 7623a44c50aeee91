/* job_charts.c - the charts of the job view: an hour of batches, records, errors and uptime, and
 * the errors by type as bars. */
#include "../../include/row/job.h"
#include "job_parts.h"

enum { BARS = 3, CHARTS = 5 }; /* the bars stand among the charts */

/* What is known now has a chart as soon as a minute of it is over. */
static void draw_one(struct area a, enum style st, const char *title, const struct series *s,
		     enum unit unit, bool is_known)
{
	draw_str_cut(a, 0, 0, a.w, st, title);
	if (s->n)
		draw_chart(area_sub(a, 0, 1, a.w, a.h - 1), STYLE_SPARK, s, unit);
	else
		draw_str_cut(a, 0, 1, a.w, STYLE_DIM, is_known ? "no minute yet" : "not collected");
}

/* The types of the job's own word with their counts. */
static void draw_types(const struct job_row *j, struct area a, enum style st)
{
	int64_t most = 1;

	draw_str_cut(a, 0, 0, a.w, st, "errors by type");
	if (!j->errors_by_type.n)
		draw_str(a, 0, 1, STYLE_DIM, "none");
	for (size_t i = 0; i < j->errors_by_type.n; i++)
		most = max_i64(most, j->errors_by_type.v[i].n);
	for (size_t i = 0; i < j->errors_by_type.n && (int)i + 1 < a.h; i++) {
		const struct count *c = &j->errors_by_type.v[i];
		char text[32];
		int bar = a.w / 3;

		format_number((double)c->n, UNIT_COUNT, text, sizeof(text));
		draw_cut(a, 0, (int)i + 1, a.w - bar - 7, STYLE_TEXT, c->key);
		draw_right(a, a.w - bar - 6, (int)i + 1, 5, STYLE_TEXT, text);
		draw_gauge(a, a.w - bar, (int)i + 1, bar, 100.0 * (double)c->n / (double)most,
			   STYLE_WARN);
	}
}

void job_draw_charts(const struct job_row *j, struct area a, bool is_focused)
{
	const struct pane_want want[CHARTS] = {
		{.min = 16, .gap = 2, .weight = 3}, {.min = 16, .gap = 2, .weight = 3},
		{.min = 16, .gap = 2, .weight = 2}, {.min = 24, .gap = 2, .weight = 3},
		{.min = 16, .gap = 2, .weight = 1},
	};
	enum style st = is_focused ? STYLE_TITLE : STYLE_DIM;
	struct rect r[CHARTS];
	struct area part[CHARTS];

	if (!a.h)
		return;
	layout_side((struct rect){1, 0, a.w - 2, a.h}, want, CHARTS, r);
	for (size_t i = 0; i < CHARTS; i++)
		part[i] = area_sub(a, r[i].x, r[i].y, r[i].w, r[i].h);
	draw_one(part[0], st, "batches a minute", &j->chart_batches, UNIT_COUNT,
		 !is_absent(j->batches));
	draw_one(part[1], st, "records a second", &j->chart_records_per_s, UNIT_PER_S,
		 !isnan(j->records_per_s));
	draw_one(part[2], st, "errors a minute", &j->chart_errors, UNIT_COUNT, false);
	draw_types(j, part[BARS], st);
	draw_one(part[4], st, "uptime", &j->chart_uptime_s, UNIT_SECONDS, false);
}
