/* overview.c - a row per job, worst first; below it the worst incident as a short story, or, where
 * there is none, why the job under the cursor is what it is and what to do. */
#include <stdio.h>
#include <string.h>

#include "../../include/action.h"
#include "../../include/row/incident.h"
#include "../headroom.h"
#include "overview_parts.h"

static const struct job_row *job(const void *row)
{
	return row;
}

static const char *mark(const struct glyphs *g, const void *row, enum style *st)
{
	*st = verdict_style(job(row)->verdict);
	return verdict_mark(g, job(row)->verdict);
}

static bool is_old(const void *row)
{
	return job(row)->is_old;
}

static enum style style_verdict(const void *row)
{
	return verdict_style(job(row)->verdict);
}

static enum style style_last(const void *row)
{
	return job(row)->verdict == VERDICT_STALE ? STYLE_STALE : STYLE_TEXT;
}

static enum style style_errors(const void *row)
{
	int64_t n = job(row)->errors_5m;

	return is_absent(n) || !n ? STYLE_DIM : n >= 5 ? STYLE_CRIT : STYLE_WARN;
}

static enum style style_dlq(const void *row)
{
	const struct job_row *j = row;
	int64_t n = is_absent(j->dlq_pending) ? j->dlq_entries : j->dlq_pending;

	if (is_absent(j->dlq_entries) || !j->dlq_entries)
		return STYLE_DIM;
	return n > 0 ? STYLE_WARN : STYLE_TEXT;
}

static enum style style_heap(const void *row)
{
	double pct = job(row)->heap_pct;

	return pct >= 90 ? STYLE_CRIT : pct >= 80 ? STYLE_BAD : STYLE_TEXT;
}

static enum style style_room(const void *row)
{
	const struct job_row *j = row;

	return isnan(j->headroom_ratio) && j->headroom_basis != BASIS_DISPROVED
		       ? STYLE_TEXT
		       : headroom_style(j->headroom_ratio, j->headroom_basis);
}

static size_t format_room(const void *row, char *out, size_t size)
{
	return headroom_format(job(row)->headroom_ratio, job(row)->headroom_basis, out, size);
}

/* How far that is, or who holds it and why, stands below the list. */
static const char *note(const void *row)
{
	const struct job_row *j = row;

	if (!j->action)
		return j->hold ? "held" : NULL;
	return text_is(j->action, action_words[ACTION_KILL_SPARK]) ? "kill" : text_str(j->action);
}

static size_t format_why(const void *row, char *out, size_t size)
{
	const struct job_row *j = row;

	return (size_t)snprintf(out, size, "%s", j->evidence.n ? text_str(j->evidence.v[0]) : "");
}

/* The hour's most batches a minute, so that a quiet quarter of an hour does not look like a busy
 * one. */
static double top_activity(const void *row)
{
	const struct series *hour = &job(row)->chart_batches;
	double top = 0;

	for (size_t i = 0; i < hour->n; i++)
		if ((double)hour->v[i] > top)
			top = (double)hour->v[i];
	return top;
}

static const struct column columns[] = {
	{.name = "verdict", .width = 12, .style = style_verdict, .flags = COLUMN_KEEPS},
	{.name = "name", .width = 17, .max = 40, .flags = COLUMN_SUBJECT | COLUMN_NAMES},
	{.name = "batch_id", .width = 6, .align = ALIGN_RIGHT, .weight = 50},
	{.name = "last_batch_age_s", .width = 5, .style = style_last},
	{.name = "records_per_s", .width = 6, .flags = COLUMN_YIELDS},
	{.name = "activity",
	 .width = 15,
	 .gap = 2,
	 .weight = 60,
	 .flags = COLUMN_SPARK,
	 .top = top_activity},
	{.name = "errors_5m", .width = 6, .style = style_errors},
	{.name = "dlq_entries", .width = 4, .style = style_dlq},
	{.name = "heap_pct", .width = 4, .gauge = 10, .gauge_weight = 70, .style = style_heap},
	{.name = "headroom_ratio", .width = 6, .format = format_room, .style = style_room},
	{.name = "uptime_s", .width = 4},
	{.name = "restarts", .width = 8, .gap = 2, .weight = 40, .flags = COLUMN_ZERO_DIM},
	{.name = "evidence",
	 .title = "WHY",
	 .width = 24,
	 .max = SCREEN_MAX_W,
	 .gap = 2,
	 .weight = 30,
	 .align = ALIGN_LEFT,
	 .format = format_why},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_job,
	.columns = columns,
	.order = "worst first",
	.mark = mark,
	.note = note,
	.is_old = is_old,
};

enum { MAX_LINES = 12, STEP_LINES = 4 };

/* What is done to it, and who holds it. */
static int standing_height(const struct job_row *j)
{
	return j ? (j->action_says ? 1 : 0) + (j->hold ? 1 : 0) : 0;
}

static int draw_standing(struct area a, int y, int last, const struct job_row *j)
{
	if (j && j->action_says && y < last)
		overview_line(a, y++, "action", STYLE_WARN, STYLE_WARN, text_str(j->action_says));
	if (j && j->hold && y < last)
		overview_line(a, y++, "held", STYLE_WARN, STYLE_WARN, text_str(j->hold));
	return y;
}

static struct area beside_labels(struct area a, int y, int h)
{
	return area_sub(a, TEXT_X, y, a.w - 2 - TEXT_X, h);
}

/* Lines that a next step takes, or one piece of evidence. */
static int step_height(const struct text *step, struct area a)
{
	return step ? draw_paragraph(beside_labels(a, 0, 0), STEP_LINES, STYLE_NEXT, text_str(step))
		    : 0;
}

static int evidence_height(const struct job_row *j, struct area a)
{
	int lines = 0;

	for (size_t i = 0; i < j->evidence.n; i++)
		lines += step_height(j->evidence.v[i], a);
	return lines;
}

/* The next step, in at most so many lines. */
static void draw_step(struct area a, int y, int lines, const struct text *step)
{
	lines = (int)min_i64(lines, a.h - y);
	overview_line(a, y, "next", STYLE_NEXT, STYLE_NEXT, "");
	draw_paragraph(beside_labels(a, y, lines), lines, STYLE_NEXT, text_str(step));
}

static int remark(struct area a, int y, int x, const char *text)
{
	if (!text || !*text || x + 2 + text_width(text) > a.w - 2)
		return x;
	return draw_str(a, x + 2, y, STYLE_DIM, text);
}

static void draw_event(struct ui *ui, struct area a, int y, const struct job_event *e,
		       enum style st, bool is_first)
{
	const char *what = e->what ? text_str(e->what) : "";
	char at[24], began[32];
	int x = TEXT_X + text_width(what);

	ui_time(ui, e->at, at, sizeof(at));
	overview_line(a, y, at, STYLE_DIM, st, what);
	if (e->where)
		x = remark(a, y, x, text_str(e->where));
	if (is_first) {
		snprintf(began, sizeof(began), "%s where it began", ui->glyphs->began);
		remark(a, y, x, began);
	}
}

/* What stands now and what it means, in one text. */
static const char *now_words(struct ui *ui, const struct incident_row *in)
{
	if (!in->now_means)
		return text_str(in->now);
	return arena_printf(&ui->frame, "%s  %s %s", text_str(in->now), ui->glyphs->means,
			    text_str(in->now_means));
}

static int now_height(struct ui *ui, const struct incident_row *in, struct area a)
{
	return in->now ? draw_paragraph(beside_labels(a, 0, 0), STEP_LINES, STYLE_WARN,
					now_words(ui, in))
		       : 0;
}

/* In at most so many lines; in one, what it means is the remark that it is. */
static int draw_now(struct ui *ui, struct area a, int y, int lines, const struct incident_row *in)
{
	const char *whole = now_words(ui, in), *now = text_str(in->now);

	overview_line(a, y, "now", STYLE_STRONG, STYLE_WARN, "");
	if (lines > 1)
		return draw_paragraph(beside_labels(a, y, lines), lines, STYLE_WARN, whole);
	draw_str_cut(a, TEXT_X, y, a.w - 2 - TEXT_X, STYLE_WARN, now);
	if (in->now_means)
		remark(a, y, TEXT_X + text_width(now), whole + strlen(now) + 2);
	return 1;
}

/* Where it does not fit whole: the beginning, the newest, and what to do. Red is where it began;
 * all that follows from it is not alarming by itself. */
static void draw_incident(struct ui *ui, struct area a, const struct incident_row *in)
{
	char title[256], facts[64], shown[32] = "", age[16];
	int step = (int)min_i64(step_height(in->next_step, a), max_i64(a.h - 4, 1));
	const struct job_row *job_of = in->job ? ui_job_row(ui, text_str(in->job)) : NULL;
	int now = (int)min_i64(now_height(ui, in, a), max_i64(a.h - 4 - step, 1));
	int tail = now + step, y = 1;
	int room = a.h - 1 - tail - standing_height(job_of);
	size_t skip = room > 0 && in->nstory > (size_t)room ? in->nstory - (size_t)room : 0;

	snprintf(title, sizeof(title), "incident: %s", in->text ? text_str(in->text) : "");
	format_age(((double)ui->now - (double)in->opened_at) / 1000, age, sizeof(age));
	if (skip && room > 1)
		snprintf(shown, sizeof(shown), "%d of %zu %s ", room, in->nstory, ui->glyphs->dot);
	snprintf(facts, sizeof(facts), "%sopen %s", shown, age);
	draw_rule(a, 0, STYLE_CRIT, title, is_absent(in->opened_at) ? NULL : facts);
	for (size_t i = 0; i < in->nstory && y <= room; i++) {
		if (i > 0 && i <= skip)
			continue;
		draw_event(ui, a, y++, &in->story[i],
			   i == 0 && in->story[i].is_bad ? STYLE_CRIT : STYLE_TEXT, i == 0);
	}
	y = draw_standing(a, y, a.h - tail, job_of);
	/* With one line left it is what to do. */
	if (in->now && y < a.h - step) {
		y += draw_now(ui, a, y, (int)min_i64(now, a.h - step - y), in);
	}
	if (in->next_step && y < a.h)
		draw_step(a, y, step, in->next_step);
}

static void draw_why(struct ui *ui, struct area a, const struct job_row *j)
{
	bool is_fine = j->verdict == VERDICT_HEALTHY || j->verdict == VERDICT_INITIALIZING;
	char title[320], facts[64], age[16];
	size_t others = j->evidence.n + (size_t)standing_height(j) + (j->says ? 1 : 0) + j->nevents;
	int room_of_step = a.h - 1 - (int)min_size(others, 2);
	int step = (int)min_i64(step_height(j->next, a), max_i64(room_of_step, 1));
	int y = 1, last = a.h - step;
	size_t room, first;

	snprintf(title, sizeof(title), "%.255s is %s", j->name ? text_str(j->name) : "",
		 j->verdict >= 0 && j->verdict < VERDICT_COUNT ? verdict_names[j->verdict] : "-");
	format_age(((double)ui->now - (double)j->since) / 1000, age, sizeof(age));
	snprintf(facts, sizeof(facts), "for %s", age);
	draw_rule(a, 0, is_fine ? STYLE_TITLE : verdict_style(j->verdict), title,
		  is_absent(j->since) ? NULL : facts);
	overview_line(a, y, j->evidence.n ? "why" : "", STYLE_STRONG, STYLE_TEXT, "");
	for (size_t i = 0; i < j->evidence.n && y < last; i++) {
		int below = (int)(j->evidence.n - i - 1);
		int most = (int)min_i64(STEP_LINES, max_i64(last - y - below, 1));

		y += draw_paragraph(beside_labels(a, y, last - y), most,
				    is_fine ? STYLE_TEXT : STYLE_WARN, text_str(j->evidence.v[i]));
	}
	y = draw_standing(a, y, last, j);
	if (j->says && y < last)
		overview_line(a, y++, "says", STYLE_DIM, STYLE_DIM, text_str(j->says));
	room = last > y ? (size_t)(last - y) : 0;
	first = j->nevents > room ? j->nevents - room : 0;
	for (size_t i = first; i < j->nevents; i++)
		draw_event(ui, a, y++, &j->events[i], j->events[i].is_bad ? STYLE_CRIT : STYLE_TEXT,
			   false);
	if (j->next && y < a.h)
		draw_step(a, y, step, j->next);
}

static const struct incident_row *worst_incident(const struct ui *ui)
{
	const struct rowset *in =
		ui->snap ? dataset_rows(ui->snap->incidents, &schema_incident) : NULL;

	for (size_t i = 0; in && i < in->n; i++) {
		const struct incident_row *row = in->rows[i];

		if (is_absent(row->closed_at))
			return row;
	}
	return NULL;
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct table *t = v->panes[0].table;
	const struct incident_row *in = worst_incident(ui);
	const struct job_row *j = table_cursor(t);
	struct rect rects[2], all = {0, 0, a.w, a.h};
	struct pane_want want[2] = {{.min = 4, .want = 1 + table_height(t), .weight = 2},
				    {.gap = 1, .weight = 1}};

	if (in)
		want[1].want = 2 + (int)min_size(in->nstory, MAX_LINES) + now_height(ui, in, a) +
			       step_height(in->next_step, a);
	else if (j)
		want[1].want =
			1 + evidence_height(j, a) +
			(int)min_size((size_t)standing_height(j) + (j->says ? 1U : 0U) + j->nevents,
				      MAX_LINES) +
			step_height(j->next, a);
	want[1].min = (int)min_i64(want[1].want, max_i64(3, a.h / 3));
	layout_stack(all, want, ARRAY_LEN(want), rects);
	/* Two or three lines: heading and rows, the frame says the worst. */
	if (!rects[0].h && rects[1].h < 2 && table_total(t)) {
		table_draw(t, a, true);
		return;
	}
	view_draw_table(ui, v, area_sub(a, 0, 0, a.w, rects[0].h), "jobs");
	if (!table_total(t))
		area_fill(area_sub(a, 0, 3, a.w, 1), STYLE_DEFAULT),
			overview_empty(ui, area_sub(a, 0, 3, a.w, a.h - 3));
	else if (rects[1].h > 1 && (in || j)) {
		struct area low = area_sub(a, 0, rects[1].y, a.w, rects[1].h);

		if (in)
			draw_incident(ui, low, in);
		else
			draw_why(ui, low, j);
	}
}

/* The worst is under the cursor until it is moved; before that comes the job whose action was cut
 * off: the key that the banner names acts on that row. */
static void update(struct ui *ui, struct view_state *v)
{
	const char *job = ui->snap ? ui->snap->banner_job : NULL;
	const struct job_row *cut = job ? ui_job_row(ui, job) : NULL;

	view_update_table(ui, v);
	if (cut && table_is_untouched(v->panes[0].table))
		table_select(v->panes[0].table, cut);
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct job_row *j = table_cursor(v->panes[0].table);

	if (!j || !j->name)
		return err_set(err, ERR_MISSING, "there is no job here");
	ui_go(ui, &view_job, text_str(j->name));
	return 0;
}

/* A found job that ended leaves the list before its time. */
static int dismiss(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	const struct job_row *j = table_cursor(ui->view->panes[0].table);
	struct request r = {.kind = REQUEST_DISMISS};
	int rc;

	if (!j || !j->name)
		return err_set(err, ERR_MISSING, "there is no job here");
	if (ui_by_hand(ui, err) < 0)
		return -ERR_REFUSED;
	for (size_t i = 0; i < ui->cfg->njobs && ui->cfg->jobs; i++)
		if (!ui->cfg->jobs[i].found && text_is(ui->cfg->jobs[i].name, text_str(j->name)))
			return err_set(
				err, ERR_REFUSED,
				"%.100s is configured: the configuration keeps it in the list",
				text_str(j->name));
	if (j->verdict != VERDICT_ENDED && j->verdict != VERDICT_CRASHED)
		return err_set(err, ERR_REFUSED, "%.100s is %s: only a job that ended is dismissed",
			       text_str(j->name),
			       j->verdict >= 0 ? verdict_names[j->verdict] : "not judged yet");
	snprintf(r.job, sizeof(r.job), "%.255s", text_str(j->name));
	rc = ui_request(ui, &r, err);
	if (!rc)
		ui_say(ui, "%.100s leaves the list; when it starts again it is back",
		       text_str(j->name));
	return rc;
}

static const struct command overview_commands[] = {
	{.name = "dismiss",
	 .args = "",
	 .help = "a found job that ended leaves the list",
	 .run = dismiss},
	{0},
};

static const struct binding overview_bindings[] = {
	{"l", "log", "the logs of the job under the cursor", NULL},
	{"t", "threads", "what the threads of its driver do", NULL},
	{"x", "dismiss", "a found job that ended leaves the list", "dismiss"},
	{NULL, NULL, NULL, NULL},
};

static const char *const footer[] = {"open",          "action recover", "action kill",
				     "action replay", "action restart", "filter-prompt",
				     "sort-next",     "prompt",         "view 1-9",
				     "help",          "back",           NULL};

const struct view view_overview = {
	.name = "overview",
	.title = "jobs",
	.help = "a row per job, worst first, and why",
	.table = &spec,
	.bindings = overview_bindings,
	.commands = overview_commands,
	.footer = footer,
	.update = update,
	.draw = draw,
	.enter = enter,
};
