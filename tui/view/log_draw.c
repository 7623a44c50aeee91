/* log_draw.c - how the log view looks: the place and what is known of it in two lines, the lines of
 * the log with known failures marked in the margin, and below what the one under the cursor means
 * and what to do. */
#include <stdio.h>
#include <string.h>

#include "../jvm.h"
#include "log_parts.h"

enum { TEXT_X = 3, MEANS_LINES = 2, LABEL_X = 3, VALUE_X = 13 };

/* A failure's own colour and shape; consequences and retries are less than what they follow. */
static int like_verdict(const struct log_line_row *r)
{
	switch (r->kind) {
	case LOG_KIND_OOM:
	case LOG_KIND_KILLED:
	case LOG_KIND_START_REFUSED:
	case LOG_KIND_STOPPED_CONTEXT:
	case LOG_KIND_QUERY_DIED:
		return VERDICT_CRASHED;
	case LOG_KIND_RECOVERED:
		return VERDICT_HEALTHY;
	default:
		return VERDICT_DEGRADED;
	}
}

static enum style line_style(const struct log_line_row *r)
{
	if (r->kind >= 0)
		return verdict_style(like_verdict(r));
	switch (r->level) {
	case LOG_LINE_ERROR:
		return STYLE_BAD;
	case LOG_LINE_WARN:
		return STYLE_TEXT;
	case LOG_LINE_NOTE:
		return STYLE_STALE;
	case LOG_LINE_DEBUG:
		return STYLE_FAINT;
	default:
		return STYLE_DIM;
	}
}

static int rows_of_text(const struct log_line_row *r, int w, bool is_wrapped)
{
	const char *s = r->text ? text_str(r->text) : "";
	int n = 1;

	while (is_wrapped && w > 0) {
		size_t fit = text_fit(s, w);

		if (!fit || !s[fit])
			break;
		s += fit;
		n++;
	}
	return n;
}

static void draw_line(struct area a, int y, int h, const struct log_line_row *r)
{
	const char *s = r->text ? text_str(r->text) : "";
	int w = a.w - TEXT_X - 1;

	if (h == 1) {
		draw_str_cut(a, TEXT_X, y, w, line_style(r), s);
		return;
	}
	for (int i = 0; i < h && *s; i++) {
		size_t fit = text_fit(s, w);

		draw_str(area_sub(a, 0, y + i, TEXT_X + w, 1), TEXT_X, 0, line_style(r), s);
		if (!fit)
			return;
		s += fit;
	}
}

/* No line below the end stays empty while there are lines above. */
static void fill(struct log_own *o, int w, int h)
{
	int used = 0;

	for (size_t i = o->top; i < o->nrows && used < h; i++)
		used += rows_of_text(o->rows[i], w, o->is_wrapped);
	while (o->top > 0) {
		used += rows_of_text(o->rows[o->top - 1], w, o->is_wrapped);
		if (used > h)
			return;
		o->top--;
	}
}

/* The first line shown, so that the cursor is on the screen and nothing moves without need. */
static void scroll(struct log_own *o, int w, int h)
{
	int used = 0;
	size_t first = o->cursor;

	if (o->cursor < o->top)
		o->top = o->cursor;
	if (o->is_jump)
		o->top = o->cursor - min_size(o->cursor, (size_t)h / 3);
	o->is_jump = false;
	/* Upwards from the cursor: as many lines as fit. */
	for (size_t i = o->cursor + 1; i-- > 0;) {
		used += rows_of_text(o->rows[i], w, o->is_wrapped);
		if (used > h && i < o->cursor)
			break;
		first = i;
	}
	if (o->top < first || o->is_following)
		o->top = first;
	fill(o, w, h);
	o->top_at = o->rows[o->top]->offset;
}

static void draw_lines(struct log_own *o, struct area a)
{
	int w = a.w - TEXT_X - 1, y = 0;

	o->page = a.h;
	scroll(o, w, a.h);
	for (size_t i = o->top; i < o->nrows && y < a.h; i++) {
		const struct log_line_row *r = o->rows[i];
		int h = (int)min_i64(rows_of_text(r, w, o->is_wrapped), a.h - y);
		struct area line = area_sub(a, 0, y, a.w, h);

		if (i == o->cursor) {
			line = area_on(line, GROUND_CURSOR);
			area_fill(line, STYLE_TEXT);
		}
		if (r->kind >= 0)
			draw_str(line, 1, 0, line_style(r),
				 verdict_mark(a.s->glyphs, like_verdict(r)));
		draw_line(line, 0, h, r);
		y += h;
	}
}

static int draw_value(struct area a, int y, const char *label, enum style st, const struct text *t)
{
	if (!t)
		return y;
	draw_str(a, LABEL_X, y, STYLE_DIM, label);
	return y + draw_paragraph(area_sub(a, VALUE_X, y, a.w - VALUE_X - 1, a.h - y), MEANS_LINES,
				  st, text_str(t));
}

/* With the blank line above it. */
static int mark_height(struct area a, const struct log_line_row *r)
{
	struct area none = area_sub(a, 0, 0, a.w, 0);

	return draw_value(none, draw_value(none, 2, "", STYLE_TEXT, r->means), "", STYLE_TEXT,
			  r->next);
}

static void draw_mark(const struct ui *ui, const struct log_own *o, const struct log_line_row *r,
		      struct area a)
{
	const struct log_mark_row *m = log_mark_of(o, r);
	char facts[128], at[32];
	int y = 1;

	snprintf(facts, sizeof(facts), "%s", log_kind_names[r->kind]);
	if (m && m->count > 1) {
		ui_time(ui, m->last_at, at, sizeof(at));
		snprintf(facts, sizeof(facts), "%lld times, the last at %s", (long long)m->count,
			 at);
	}
	draw_rule(a, 0, line_style(r), r->name ? text_str(r->name) : log_kind_names[r->kind],
		  facts);
	y = draw_value(a, y, "means", STYLE_TEXT, r->means);
	draw_value(a, y, "do", STYLE_NEXT, r->next);
}

/* --- what is known of the place --- */

static void add(char *out, size_t size, const char *dot, const char *fmt, ...) ATTR_PRINTF(4, 5);
static void add(char *out, size_t size, const char *dot, const char *fmt, ...)
{
	size_t n = strlen(out);
	va_list ap;

	if (n)
		n += (size_t)snprintf(out + n, size - n, " %s ", dot);
	if (n >= size)
		return;
	va_start(ap, fmt);
	vsnprintf(out + n, size - n, fmt, ap);
	va_end(ap);
}

static void place_facts(const struct ui *ui, const struct log_own *o, char *out, size_t size)
{
	const struct log_file_row *f = o->file;
	const char *dot = ui->glyphs->dot;
	char n[24];

	*out = '\0';
	if (*o->filter)
		add(out, size, dot, "/%.60s", o->filter);
	if (o->nplaces > 1)
		add(out, size, dot, "log %zu of %zu", o->place_at + 1, o->nplaces);
	if (f && !is_absent(f->bytes)) {
		format_number((double)f->bytes, UNIT_BYTES, n, sizeof(n));
		add(out, size, dot, "%s", n);
	}
	if (f && f->bytes_per_s >= 1) {
		format_number(f->bytes_per_s, UNIT_BYTES, n, sizeof(n));
		add(out, size, dot, "+%s/s", n);
	}
	add(out, size, dot, "%s", o->is_following ? "follows" : "G follows");
}

/* The second line: what the place is and what was seen in it. */
static void draw_place(const struct ui *ui, const struct log_own *o, struct area a)
{
	const struct log_file_row *f = o->file;
	const struct log_line_row *r = log_cursor(o);
	const char *dot = ui->glyphs->dot;
	char facts[400] = "", n[24];
	int w;

	if (!f)
		return;
	if (f->marks > 0)
		add(facts, sizeof(facts), dot, "%lld mark%s", (long long)f->marks,
		    f->marks == 1 ? "" : "s");
	if (f->errors > 0) {
		format_number((double)f->errors, UNIT_COUNT, n, sizeof(n));
		add(facts, sizeof(facts), dot, "%s error%s", n, f->errors == 1 ? "" : "s");
	}
	if (f->skipped_lines > 0) {
		format_number((double)f->skipped_lines, UNIT_COUNT, n, sizeof(n));
		add(facts, sizeof(facts), dot, "%s lines not looked at", n);
	} else if (f->skipped_bytes > 0) { /* too much to count their lines */
		format_number((double)f->skipped_bytes, UNIT_BYTES, n, sizeof(n));
		add(facts, sizeof(facts), dot, "%s not looked at", n);
	}
	if (f->gaps > 0)
		add(facts, sizeof(facts), dot, "cut %lld time%s without a copy", (long long)f->gaps,
		    f->gaps == 1 ? "" : "s");
	if (r && !is_absent(r->line))
		add(facts, sizeof(facts), dot, "line %lld", (long long)r->line);
	else if (r && f->bytes > 0)
		add(facts, sizeof(facts), dot, "at %.0f%%",
		    100.0 * (double)min_i64(r->offset, f->bytes) / (double)f->bytes);
	w = text_width(facts);
	draw_str_cut(a, TEXT_X, 0, a.w - TEXT_X - w - 4, STYLE_DIM,
		     f->place ? text_str(f->place) : "-");
	if (f->found_by && text_width(text_str(f->place)) + text_width(text_str(f->found_by)) + w <
				   a.w - TEXT_X - 8)
		draw_strf(a, TEXT_X + text_width(text_str(f->place)) + 2, 0, STYLE_DIM, "(%s)",
			  text_str(f->found_by));
	draw_right(a, a.w - w - 2, 0, w, STYLE_DIM, facts);
}

/* Nobody follows a log of it: what its process writes to, else where it was looked. */
static void draw_unknown(const struct ui *ui, const struct log_own *o, struct area a)
{
	static const char *const looked[] = {
		"looked at: the open files and redirected output of its processes here,",
		"the journal of its unit, the logs that its workers offer",
	};
	const struct jvm_row *j = jvm_driver_of(ui, o->job);
	int y = 5;

	draw_str_cut(a, TEXT_X, 3, a.w - 4, STYLE_TEXT, "no log of this job is followed");
	if (j && j->log_files.n)
		draw_str_cut(a, TEXT_X, y++, a.w - 4, STYLE_DIM, "its JVM writes to");
	for (size_t i = 0; j && i < j->log_files.n && y < a.h - 2; i++)
		draw_cut(a, TEXT_X + 2, y++, a.w - TEXT_X - 3, STYLE_TEXT, j->log_files.v[i]);
	for (size_t i = 0; !(j && j->log_files.n) && i < ARRAY_LEN(looked); i++)
		draw_str_cut(a, TEXT_X, y++, a.w - 4, STYLE_DIM, looked[i]);
	draw_str_cut(a, TEXT_X, y, a.w - 4, STYLE_DIM,
		     j && j->log_files.n ? "`log: FILE` of the job in the configuration follows "
					   "it; y copies that line"
					 : "`log: FILE` of the job in the configuration names one");
}

static void draw_nothing(const struct ui *ui, const struct log_own *o, struct area a)
{
	if (!*o->job)
		draw_str_cut(a, TEXT_X, 3, a.w - 4, STYLE_DIM, "waiting for the first answers");
	else if (!o->file) {
		draw_unknown(ui, o, a);
	} else if (o->file->problem) {
		draw_cut(a, TEXT_X, 3, a.w - 4, STYLE_STALE, o->file->problem);
	} else if (o->want != LOG_WANT_NOTHING) {
		draw_str_cut(a, TEXT_X, 3, a.w - 4, STYLE_DIM, "reading");
	} else {
		draw_str_cut(a, TEXT_X, 3, a.w - 4, STYLE_DIM,
			     *o->filter ? "no line holds that; Esc shows all lines"
					: "no lines yet");
	}
}

/* The last look failed, or its answer is late: what is shown may not be the end. */
static int draw_old(const struct ui *ui, const struct log_own *o, struct area a, int y)
{
	const struct section *s = o->section;
	char age[24] = "?", line[400];

	if (!s || (s->state != SECTION_FAILED && s->state != SECTION_LATE))
		return 0;
	if (!is_absent(s->good_at))
		format_age(((double)ui->now - (double)s->good_at) / 1000, age, sizeof(age));
	snprintf(line, sizeof(line), "what is shown is %s old: %.300s", age,
		 s->problem ? s->problem : section_state_names[s->state]);
	draw_str_cut(a, TEXT_X, y, a.w - TEXT_X - 1, STYLE_STALE, line);
	return 1;
}

void log_draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct log_own *o = log_own(v);
	const struct log_line_row *r = log_cursor(o);
	char title[400], facts[300];
	int y = 2, low = 0;

	snprintf(title, sizeof(title), "log%s%s%s%.255s%s%.60s", *o->job ? " " : "",
		 *o->job ? ui->glyphs->crumb : "", *o->job ? " " : "", o->job,
		 o->file && o->file->whose ? "  " : "",
		 o->file && o->file->whose ? text_str(o->file->whose) : "");
	place_facts(ui, o, facts, sizeof(facts));
	draw_rule(a, 0, STYLE_TITLE, title, o->file ? facts : NULL);
	draw_place(ui, o, area_sub(a, 0, 1, a.w, 1));
	if (!o->nrows) {
		draw_nothing(ui, o, a);
		return;
	}
	y += draw_old(ui, o, a, y);
	if (r && r->kind >= 0 && r->kind <= LOG_KIND_OTHER)
		low = mark_height(a, r);
	if (a.h <= y + low + 3)
		low = 0;
	draw_lines(o, area_sub(a, 0, y, a.w, a.h - y - low));
	if (low)
		draw_mark(ui, o, r, area_sub(a, 0, a.h - low + 1, a.w, low - 1));
}
