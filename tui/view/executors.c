/* executors.c - a row per executor and driver; dead ones stay, with the reason and what their exit
 * code means. Below the table the row under the cursor in full: where its headroom comes from, and
 * how it ended. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/executor.h"
#include "../../include/row/jvm.h"
#include "../headroom.h"
#include "../target.h"
#include "../ui.h"

enum { DETAIL_H = 5 };

struct executors_own {
	const struct view_old *old;
};

static const struct executor_row *executor(const void *row)
{
	return row;
}

static bool is_dead(const void *row)
{
	return executor(row)->active == TRI_FALSE;
}

static const char *mark(const struct glyphs *g, const void *row, enum style *st)
{
	if (executor(row)->active == TRI_TRUE) {
		*st = STYLE_OK;
		return verdict_mark(g, VERDICT_HEALTHY);
	}
	*st = is_absent(executor(row)->exit_code) ? STYLE_STALE : STYLE_CRIT;
	return verdict_mark(g, is_absent(executor(row)->exit_code) ? VERDICT_UNKNOWN
								   : VERDICT_CRASHED);
}

static enum style heap_style(const void *row)
{
	double pct = executor(row)->heap_pct;

	return isnan(pct) ? STYLE_DIM : pct < 60 ? STYLE_TEXT : gauge_style(pct);
}

static enum style failed_style(const void *row)
{
	int64_t n = executor(row)->failed_tasks;

	return is_absent(n) || !n ? STYLE_DIM : STYLE_WARN;
}

static enum style gc_style(const void *row)
{
	double pct = executor(row)->gc_pct;

	return isnan(pct) ? STYLE_DIM : pct > 50 ? STYLE_CRIT : pct > 10 ? STYLE_WARN : STYLE_TEXT;
}

static enum style room_style(const void *row)
{
	return headroom_style(executor(row)->headroom_ratio, executor(row)->headroom_basis);
}

static size_t room(const void *row, char *out, size_t size)
{
	return headroom_format(executor(row)->headroom_ratio, executor(row)->headroom_basis, out,
			       size);
}

static size_t how_it_is(const void *row, char *out, size_t size)
{
	const struct executor_row *e = row;

	if (e->is_gone)
		snprintf(out, size, "its process is gone");
	else if (e->active == TRI_TRUE)
		snprintf(out, size, "active");
	else if (e->exit_means && !is_absent(e->exit_code))
		snprintf(out, size, "%lld %s", (long long)e->exit_code, text_str(e->exit_means));
	else
		snprintf(out, size, "%s", e->removed_reason ? text_str(e->removed_reason) : "gone");
	return strlen(out);
}

static enum style how_style(const void *row)
{
	const struct executor_row *e = row;

	if (e->is_gone)
		return STYLE_CRIT;
	if (e->active == TRI_TRUE)
		return STYLE_DIM;
	return is_absent(e->exit_code) || !e->exit_code ? STYLE_STALE : STYLE_CRIT;
}

static const struct column columns[] = {
	{.name = "executor_id", .title = "ID", .width = 7, .flags = COLUMN_SUBJECT},
	{.name = "job", .width = 12, .max = 24, .weight = 60, .flags = COLUMN_NAMES},
	{.name = "host", .width = 15, .max = 32, .weight = 20},
	{.name = "heap_pct",
	 .width = 4,
	 .gauge = 8,
	 .gauge_weight = 40,
	 .weight = 80,
	 .style = heap_style},
	{.name = "storage_used_bytes", .width = 7, .weight = 50, .flags = COLUMN_ZERO_DIM},
	{.name = "storage_max_bytes", .width = 6, .weight = 30},
	{.name = "offheap_used_bytes", .width = 8, .weight = 10, .flags = COLUMN_ZERO_DIM},
	{.name = "cores", .width = 5, .weight = 45},
	{.name = "active_tasks", .width = 5, .weight = 65, .flags = COLUMN_ZERO_DIM},
	{.name = "failed_tasks", .width = 6, .weight = 75, .style = failed_style},
	{.name = "completed_tasks", .width = 6, .weight = 35, .flags = COLUMN_ZERO_DIM},
	{.name = "gc_pct", .width = 4, .weight = 70, .style = gc_style},
	{.name = "headroom_ratio", .width = 7, .format = room, .style = room_style},
	{.name = "exit_code",
	 .title = "STATE",
	 .width = 16,
	 .max = 40,
	 .align = ALIGN_LEFT,
	 .gap = 2,
	 .format = how_it_is,
	 .style = how_style},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_executor,
	.columns = columns,
	.order = "as Spark or this host lists them",
	.mark = mark,
	.is_old = is_dead,
};

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (!v->npanes)
		view_add_table(v, &spec);
}

static void bytes(int64_t n, char out[static 16])
{
	format_number(is_absent(n) ? ABSENT_REAL : (double)n, UNIT_BYTES, out, 16);
}

/* Why there is no figure: what each way to one lacks. */
static void explain_none(const struct executor_row *e, char *out, size_t size)
{
	const char *memory =
		text_is(e->executor_id, "driver") ? "spark.driver.memory" : "spark.executor.memory";
	bool has_memory = e->configured_bytes > 0, ran = e->peak_onheap_execution_bytes > 0;
	bool stored = e->peak_onheap_storage_bytes > 0;
	char need[16];

	bytes(e->needed_bytes, need);
	if (!is_absent(e->needed_bytes)) {
		snprintf(out, size, "not collected: needed %s, but %s is not known", need, memory);
		return;
	}
	snprintf(out, size, "not collected: no %s yet%s%s%s%s%s",
		 ran      ? "peak of storage memory"
		 : stored ? "peak of execution memory"
			  : "peaks",
		 e->estimate_lacks ? ", and " : "",
		 e->estimate_lacks ? text_str(e->estimate_lacks) : "", has_memory ? "" : "; ",
		 has_memory ? "" : memory, has_memory ? "" : " is not known either");
}

/* One sentence on where the figure in ROOM comes from. */
static void explain_room(const struct executor_row *e, char *out, size_t size)
{
	char have[16], need[16], run[16], store[16];

	bytes(e->configured_bytes, have);
	bytes(e->needed_bytes, need);
	bytes(e->peak_onheap_execution_bytes, run);
	bytes(e->peak_onheap_storage_bytes, store);
	switch (e->headroom_basis) {
	case BASIS_BOUND:
		snprintf(out, size,
			 "at most: configured %s, needed at least %s (peak execution %s + peak "
			 "storage %s, times the "
			 "safety factor)",
			 have, need, run, store);
		break;
	case BASIS_ESTIMATE:
		snprintf(out, size, "estimate: configured %s, needed %s by task_memory", have,
			 need);
		break;
	case BASIS_MEASURED:
		snprintf(out, size, "measured: configured %s, needed %s by the live heap", have,
			 need);
		break;
	case BASIS_DISPROVED:
		snprintf(out, size,
			 "disproved: executors of this job were lost to memory (exit 52) in the "
			 "last hour");
		break;
	default:
		explain_none(e, out, size);
		break;
	}
}

/* `executor 4`, `driver of migration`. */
static void name_of(const struct executor_row *e, char *out, size_t size)
{
	if (text_is(e->executor_id, "driver"))
		snprintf(out, size, "driver of %.300s", e->job ? text_str(e->job) : "no job");
	else
		snprintf(out, size, "executor %.300s",
			 e->executor_id ? text_str(e->executor_id) : "-");
}

static void draw_detail(struct ui *ui, const struct executor_row *e, struct area a)
{
	bool has_ended = e->active == TRI_FALSE;
	char text[400], added[32], removed[32];
	int y = 1;

	name_of(e, text, sizeof(text));
	draw_rule(a, 0, STYLE_TITLE, text, e->application_id ? text_str(e->application_id) : NULL);
	explain_room(e, text, sizeof(text));
	y = view_said(a, y, 2 + has_ended, "headroom",
		      room_style(e) == STYLE_DIM ? STYLE_DIM : STYLE_TEXT, text);
	y = view_said(a, y, 1 + has_ended, "on", STYLE_TEXT, e->host ? text_str(e->host) : "-");
	ui_time(ui, e->added_at, added, sizeof(added));
	ui_time(ui, e->removed_at, removed, sizeof(removed));
	snprintf(text, sizeof(text), "%s%s%s", added, has_ended ? "  lost " : "",
		 has_ended ? removed : "");
	y = view_said(a, y, has_ended, "since", STYLE_TEXT, text);
	if (!has_ended)
		return;
	snprintf(text, sizeof(text), "%.250s%s%.120s",
		 e->removed_reason ? text_str(e->removed_reason) : "not known why",
		 e->exit_means ? "  " : "", e->exit_means ? text_str(e->exit_means) : "");
	view_said(a, y, 0, "ended", how_style(e), text);
}

/* Enter: its JVM, where that is one of this host: what an action would mean here. */
static int enter(struct ui *ui, struct view_state *v ATTR_UNUSED, struct err *err)
{
	struct target target;
	char id[64], job[256];
	struct table *t;
	int rc = target_here(ui, ACTION_KILL, &ui->frame, &target, err);

	if (rc < 0)
		return rc;
	snprintf(id, sizeof(id), "%.63s", target.request.jvm);
	snprintf(job, sizeof(job), "%.255s", target.request.job ? target.request.job : "");
	ui_go(ui, &view_jvms, job);
	t = ui->view->panes[0].table;
	for (size_t i = 0; i < table_count(t); i++) {
		const struct jvm_row *j = table_row(t, i);

		if (j->id && text_is(j->id, id)) {
			table_select(t, j);
			break;
		}
	}
	return 0;
}

static void update(struct ui *ui, struct view_state *v)
{
	struct executors_own *o = v->own;

	view_update_table(ui, v);
	o->old = view_old_of(ui, v, SOURCE_SPARK, &schema_executor, ui->job);
	table_set_old(v->panes[0].table, view_is_old, o->old);
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	const struct executors_own *o = v->own;
	struct area low = view_draw_list(ui, v, a, "executors", o->old, DETAIL_H);

	if (low.h)
		draw_detail(ui, table_cursor(v->panes[0].table), low);
}

static const char *const footer[] = {"open",      "action kill", "filter-prompt",
				     "sort-next", "prompt",      "view 1-9",
				     "back",      "help",        NULL};

static bool may(struct ui *ui, struct view_state *v ATTR_UNUSED, const char *command)
{
	struct target target;

	return strcmp(command, "open") || !target_here(ui, ACTION_KILL, &ui->frame, &target, NULL);
}

const struct view view_executors = {
	.name = "executors",
	.title = "executors",
	.help = "executors and drivers: heap, storage, tasks, garbage collection, headroom; dead "
		"ones with their reason",
	.empty = "no executor is known: no driver's UI answers, and no JVM of one is seen here",
	.table = &spec,
	.footer = footer,
	.may = may,
	.is_per_job = true,
	.own_size = sizeof(struct executors_own),
	.open = open_view,
	.update = update,
	.draw = draw,
	.enter = enter,
};
