/* uidraw.c - the frame around every view: top line, banner, bottom line or prompt, and the one line
 * that a terminal too small for a view still gets. */
#include "foot.h"
#include "ui.h"

#include <stdio.h>
#include <string.h>

enum { MESSAGE_LINES = 4 };

struct count_of_mark {
	const char *mark, *word;
	enum style style;
	size_t n;
};

/* Jobs by mark, worst first; where no words stand beside them, verdicts with the same mark are one
 * count. */
static size_t count_jobs(const struct ui *ui, bool has_words, struct count_of_mark *out)
{
	size_t n = 0;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		const char *mark = verdict_mark(ui->glyphs, v);
		enum style st = verdict_style(v);
		size_t i = 0;

		if (!ui->verdicts[v])
			continue;
		while (i < n && (has_words || strcmp(out[i].mark, mark) || v == VERDICT_UNKNOWN))
			i++;
		if (i == n)
			out[n++] = (struct count_of_mark){mark, verdict_names[v],
							  st == STYLE_OK     ? STYLE_COUNT_OK
							  : st == STYLE_WARN ? STYLE_COUNT_WARN
									     : st,
							  0};
		out[i].n += ui->verdicts[v];
	}
	return n;
}

/* Draws ` text ` so that it ends before column `right`; returns its first column. */
static int badge(struct area a, int right, enum style st, const char *text)
{
	int w = text_width(text) + 2;

	if (right - w < 0)
		return right;
	area_fill(area_sub(a, right - w, 0, w, 1), st);
	draw_str(a, right - w + 1, 0, st, text);
	return right - w - 1;
}

static int draw_badges(const struct ui *ui, struct area a, int right)
{
	if (ui->cfg->read_only)
		right = badge(a, right, STYLE_CRITBAR, "READ-ONLY");
	if (ui->is_paused)
		right = badge(a, right, STYLE_LABEL, "PAUSED");
	if (ui->cfg->label)
		right = badge(a, right, STYLE_LABEL, text_str(ui->cfg->label));
	if (ui->cfg->is_demo && !(ui->cfg->label && text_is(ui->cfg->label, "DEMO")))
		right = badge(a, right, STYLE_LABEL, "DEMO");
	return right;
}

static void draw_clock(const struct ui *ui, struct area a)
{
	int64_t local = ui->now + clock_local_offset_ms(ui->now);
	int s = (int)((local / 1000 % 86400 + 86400) % 86400);

	draw_strf(a, a.w - 9, 0, STYLE_BAR_STRONG, "%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
}

/* Two lines that name the worst job: mark, name and verdict, whatever else has room. */
static void draw_small_top(const struct ui *ui, struct area a)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;
	const struct job_row *j = jobs && jobs->n ? jobs->rows[0] : NULL;
	const char *name = j && j->name ? text_str(j->name) : j ? "-" : "sparkops";
	const char *word = !ui->snap || !jobs ? "starting"
			   : !j               ? "no jobs"
			   : j->verdict >= 0 && j->verdict < VERDICT_COUNT
				   ? verdict_names[j->verdict]
				   : "-";
	enum style st = j ? verdict_style(j->verdict) : STYLE_BAR_DIM;
	struct area low = area_sub(a, 0, 1, a.w, 1);
	struct count_of_mark counts[VERDICT_COUNT];
	size_t n = count_jobs(ui, false, counts);
	int x = 1, right;

	area_fill(area_sub(a, 0, 0, a.w, 1), STYLE_BAR);
	area_fill(low, STYLE_BAR);
	if (j)
		x = draw_str(a, x, 0, st, verdict_mark(ui->glyphs, j->verdict)) + 1;
	if (x + text_width(name) < a.w - 9)
		draw_clock(ui, a);
	draw_str_cut(a, x, 0, a.w - x, j ? st : STYLE_BAR_STRONG, name);
	x = draw_str(low, 1, 0, st, word);
	right = draw_badges(ui, area_sub(low, x + 1, 0, a.w - x - 1, 1), a.w - x - 1) + x + 1;
	for (size_t i = 0; i < n && x + 6 < right; i++)
		x = draw_strf(low, draw_str(low, x, 0, STYLE_BAR, "  "), 0, counts[i].style,
			      "%zu %s", counts[i].n, counts[i].mark);
}

static int count_width(const struct count_of_mark *c)
{
	return snprintf(NULL, 0, "  %zu  ", c->n) + (*c->word ? 1 + text_width(c->word) : 0);
}

static int counts_width(const struct count_of_mark *counts, size_t n)
{
	int width = 0;

	for (size_t i = 0; i < n; i++)
		width += count_width(&counts[i]);
	return width;
}

/* Shape and count; a shape that stood there before has its word too, as long as there is room. */
static size_t without_words(const struct ui *ui, struct count_of_mark *counts, int room)
{
	size_t n = count_jobs(ui, false, counts);

	for (size_t i = 0; i < n; i++) {
		bool is_second = false;

		for (size_t k = 0; k < i; k++)
			is_second = is_second || !strcmp(counts[k].mark, counts[i].mark);
		if (!is_second)
			counts[i].word = "";
	}
	for (size_t i = 0; i < n && counts_width(counts, n) > room; i++)
		counts[i].word = "";
	return n;
}

/* With words where all of them fit before column `until`. */
static int draw_counts(const struct ui *ui, struct area a, int x, int until)
{
	struct count_of_mark counts[VERDICT_COUNT];
	size_t n = count_jobs(ui, true, counts);

	if (x + counts_width(counts, n) > until)
		n = without_words(ui, counts, until - x);
	for (size_t i = 0; i < n && x + count_width(&counts[i]) <= a.w; i++)
		x = draw_strf(a, draw_str(a, x, 0, STYLE_BAR, "  "), 0, counts[i].style,
			      "%zu %s%s%s", counts[i].n, counts[i].mark, *counts[i].word ? " " : "",
			      counts[i].word);
	return x;
}

static void draw_top(const struct ui *ui, struct area a)
{
	struct count_of_mark counts[VERDICT_COUNT];
	size_t n = count_jobs(ui, false, counts);
	char age[16];
	int x, need = 11, right = a.w - 10;

	area_fill(a, STYLE_BAR);
	for (size_t i = 0; i < n; i++)
		need += snprintf(NULL, 0, "  %zu  ", counts[i].n);
	draw_clock(ui, a);
	if (a.w >= 100) {
		format_age((double)ui->cfg->interval_ms / 1000, age, sizeof(age));
		right -= 8 + text_width(age);
		draw_strf(a, right + 1, 0, STYLE_BAR_DIM, "every %s", age);
		right--;
	}
	x = draw_str(a, 1, 0, STYLE_BAR_STRONG, "sparkops");
	if (need + text_width(ui->host) + 4 < right) {
		x = draw_str(a, x + 2, 0, STYLE_BAR_DIM, ui->host) + 2;
		need += text_width(ui->host) + 4;
	}
	right = draw_badges(ui, area_sub(a, 0, 0, right, 1), right);
	a = area_sub(a, 0, 0, right > need ? right : a.w - 10, 1);
	x = draw_counts(ui, a, x, right);
	if (!ui->snap)
		draw_str(a, x, 0, STYLE_BAR_DIM, "  starting");
}

/* Completions, or how many rows the filter leaves. */
static void prompt_hint(struct ui *ui, char *hint, size_t size)
{
	struct pane *p = view_focused(ui->view);
	const char *found[96];
	size_t n;

	*hint = '\0';
	if (ui->prompt.kind == PROMPT_FILTER && p && p->table) {
		snprintf(hint, size, "%zu of %zu%s%s", table_count(p->table), table_total(p->table),
			 *table_filter_problem(p->table) ? ", " : "",
			 table_filter_problem(p->table));
		return;
	}
	if (ui->prompt.kind != PROMPT_COMMAND)
		return;
	n = command_complete(ui, ui->prompt.text, found, ARRAY_LEN(found));
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(hint);

		snprintf(hint + len, size - len, "%s%s", i ? "  " : "", found[i]);
	}
}

static void draw_last_line(struct ui *ui, struct area a)
{
	char hint[512];

	if (ui->prompt.kind != PROMPT_NONE) {
		prompt_hint(ui, hint, sizeof(hint));
		prompt_draw(&ui->prompt, a, hint);
		return;
	}
	a = area_on(a, GROUND_BAR);
	if (question_is_open(ui)) {
		question_draw_keys(ui, a);
		return;
	}
	if (!*ui->message)
		foot_draw(ui, a);
}

void ui_draw_worst(const struct ui *ui, struct area a)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;

	if (!jobs || !jobs->n) {
		draw_str_cut(a, 0, 0, a.w, STYLE_DIM,
			     jobs ? "sparkops: no jobs" : "sparkops: starting");
		return;
	}
	for (int y = 0; y < a.h && (size_t)y < jobs->n; y++) {
		const struct job_row *j = jobs->rows[y];
		const char *name = j->name ? text_str(j->name) : "";
		enum style st = verdict_style(j->verdict);
		char line[320];

		draw_str(a, 0, y, st, verdict_mark(ui->glyphs, j->verdict));
		if (a.w < 4)
			continue;
		snprintf(line, sizeof(line), "%s %s",
			 j->verdict >= 0 && j->verdict < VERDICT_COUNT ? verdict_names[j->verdict]
								       : "",
			 name);
		draw_str_cut(a, 2, y, a.w - 2, st, line);
	}
}

/* What a message says to do stands at its end: it gets the lines it needs, over the view. */
static void draw_message(const struct ui *ui, struct area a)
{
	enum style st = ui->is_message_bad ? STYLE_WARN : STYLE_BAR_STRONG;
	int most = (int)min_i64(MESSAGE_LINES, max_i64(a.h / 2, 1));
	int h = draw_paragraph(area_sub(a, 1, 0, a.w - 2, 0), most, st, ui->message);
	struct area low = area_on(area_sub(a, 0, a.h - h, a.w, h), GROUND_BAR);

	if (ui->prompt.kind != PROMPT_NONE || question_is_open(ui))
		return;
	area_fill(low, STYLE_BAR);
	draw_paragraph(area_sub(low, 1, 0, low.w - 2, h), most, st, ui->message);
}

/* The view, what is being done in a line below it, and the question before both. */
static void draw_body(struct ui *ui, struct area body)
{
	struct area view = body;

	if (body.h > 3 && acting_draw(ui, area_row(body, body.h - 1)))
		view = area_sub(body, 0, 0, body.w, body.h - 1);
	if (ui->view->view->draw)
		ui->view->view->draw(ui, ui->view, view);
	else if (ui->view->view->table)
		view_draw_table(ui, ui->view, view, ui->view->view->title);
	if (question_is_open(ui) && !question_draw(ui, body))
		question_close(ui, "the question did not fit the terminal any more: taken as no, "
				   "nothing was done");
}

void ui_draw(struct ui *ui, struct screen *s)
{
	struct frame_layout l;
	struct area body;

	ui->now = s->now = clock_wall(ui->clock);
	arena_reset(&ui->frame);
	s->glyphs = ui->glyphs;
	screen_clear(s);
	if (ui->cfg->is_wall) { /* nobody is at the keyboard: no frame with keys */
		ui->is_dirty = false;
		ui->view->view->draw(ui, ui->view, area_all(s));
		return;
	}
	layout_frame(s->w, s->h, ui->snap && ui->snap->banner, &l);
	body = area_rect(s, l.body);
	ui->is_dirty = false;
	if (l.is_tiny) {
		question_close(ui, "the terminal became too small for the question: taken as no");
		ui_draw_worst(ui, body);
		return;
	}
	if (l.is_small)
		draw_small_top(ui, area_on(area_rect(s, l.top), GROUND_BAR));
	else
		draw_top(ui, area_on(area_rect(s, l.top), GROUND_BAR));
	if (l.banner.h) {
		struct area a = area_rect(s, l.banner);

		area_fill(a, STYLE_CRITBAR);
		draw_str_cut(a, 1, 0, a.w - 2, STYLE_CRITBAR, ui->snap->banner);
	}
	draw_body(ui, body);
	draw_last_line(ui, area_rect(s, l.bottom));
	draw_message(ui, area_sub(area_all(s), 0, l.body.y, s->w, s->h - l.body.y));
}
