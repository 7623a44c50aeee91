/* wall_pages.c - what the wall shows by turns: all jobs in numbers with the worst one large, then
 * each job a line, memory, dead letters, incidents. */
#include "wall_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/dlq.h"
#include "../../include/row/incident.h"
#include "../../include/schemas.h"
#include "../headroom.h"

static const struct glyphs *glyphs(const struct wall *w)
{
	return w->ui->glyphs;
}

static const char *name_of(const struct text *name)
{
	return name ? text_str(name) : "-";
}

/* Ends before column `right`, in at most so many columns. */
static void put_right(const struct wall *w, struct area a, int right, int y, enum style st,
		      const char *own)
{
	big_draw(a, right - big_width(w->text, own), y, w->text, st, own);
}

static int share(struct area a, int percent)
{
	return a.w * percent / 100;
}

/* --- overview --- */

struct count_column {
	char number[16], word[40];
	int verdict, w, scale;
};

static size_t count_columns(const struct wall *w, struct count_column *out)
{
	size_t n = 0;

	for (int v = 0; v < VERDICT_COUNT; v++) {
		struct count_column *c = &out[n];

		if (!w->by_verdict[v])
			continue;
		c->verdict = v;
		snprintf(c->number, sizeof(c->number), "%d", w->by_verdict[v]);
		snprintf(c->word, sizeof(c->word), "%s %s", verdict_mark(glyphs(w), v),
			 verdict_names[v]);
		n++;
	}
	return n;
}

/* So that two words in large letters are not read as one. */
static int least_gap(int scale)
{
	return scale ? 4 * scale : 1;
}

/* Widths at that scale of the words; what is left of a.w, negative when they do not fit. */
static int measure(const struct wall *w, struct area a, struct count_column *c, size_t n, int scale)
{
	int left = a.w;

	for (size_t i = 0; i < n; i++) {
		c[i].w = (int)max_i64(big_width(w->big, c[i].number), big_width(scale, c[i].word));
		c[i].scale = scale;
		left -= c[i].w + (i + 1 < n ? least_gap(scale) : 0);
	}
	return left;
}

static void draw_columns(const struct wall *w, struct area a, const struct count_column *c,
			 size_t n, int left)
{
	int high = big_height(glyphs(w), w->big), x = 0;
	/* they do not drift far apart */
	int gap = least_gap(c->scale) +
		  (n > 1 ? (int)min_i64(max_i64(left, 0) / (int)(n - 1), 6 + 6 * w->text) : 0);

	for (size_t i = 0; i < n; i++) {
		bool is_fine = c[i].verdict == VERDICT_HEALTHY || c[i].verdict == VERDICT_ENDED;
		enum style st = verdict_style(c[i].verdict);

		big_draw(a, x, 0, w->big, is_fine ? STYLE_TEXT : st, c[i].number);
		big_draw_cut(area_sub(a, x, high + 1, c[i].w, a.h - high + 1), c[i].scale, st,
			     c[i].word);
		x += c[i].w + gap;
	}
}

static int counts_height(const struct wall *w)
{
	return big_height(glyphs(w), w->big) + 1 + big_height(glyphs(w), w->text);
}

/* A column for each verdict there is: how many, and the word; in two rows where the words need it
 * and there is room. Returns the height taken at the bottom of the area. */
static int draw_counts(const struct wall *w, struct area a, int most)
{
	struct count_column c[VERDICT_COUNT];
	size_t n = count_columns(w, c), half = (n + 1) / 2;
	int high = counts_height(w), left = measure(w, a, c, n, w->text);
	bool fits = left >= 0 || (2 * high + 1 <= most && measure(w, a, c, half, w->text) >= 0 &&
				  measure(w, a, c + half, n - half, w->text) >= 0);

	if (left < 0 && fits) {
		left = measure(w, a, c, half, w->text);
		draw_columns(w, area_sub(a, 0, a.h - 2 * high - 1, a.w, high), c, half, left);
		left = measure(w, a, c + half, n - half, w->text);
		draw_columns(w, area_sub(a, 0, a.h - high, a.w, high), c + half, n - half, left);
		return 2 * high + 1;
	}
	if (!fits)
		left = measure(w, a, c, n, 0);
	draw_columns(w, area_sub(a, 0, a.h - high, a.w, high), c, n, left);
	return high;
}

/* The largest letters that have room for all of it, at least those of the page. */
static int scale_of_lines(const struct wall *w, struct area a, size_t n, char v[][WALL_LINE])
{
	int scale = w->big, widest = 0;

	for (; scale > w->text; scale--, widest = 0) {
		for (size_t i = 0; i < n; i++)
			widest = (int)max_i64(widest, big_width(scale, v[i]));
		if (widest <= a.w && (int)n * big_pitch(glyphs(w), scale) <= a.h)
			break;
	}
	return scale;
}

/* Lines of what is said, as many as there is room for. */
static void draw_lines(const struct wall *w, struct area a, enum style first, enum style rest,
		       size_t n, char v[][WALL_LINE])
{
	int scale = scale_of_lines(w, a, n, v), y = 0;

	for (size_t i = 0; i < n && y + big_height(glyphs(w), scale) <= a.h; i++) {
		big_draw_cut(area_sub(a, 0, y, a.w, a.h - y), scale, i ? rest : first, v[i]);
		y += big_pitch(glyphs(w), scale);
	}
}

static void draw_worst(const struct wall *w, struct area a)
{
	const struct job_row *j = w->jobs[0];
	enum style st = verdict_style(j->verdict);
	const char *name = name_of(j->name);
	int scale = big_fit(a.w, w->big, name), y;
	char lines[1 + WALL_WHY][WALL_LINE], age[16];

	/* where only one of the two has room, the reasons */
	if (big_height(glyphs(w), scale) + 1 + 3 * big_pitch(glyphs(w), w->text) > a.h)
		scale = w->text;
	big_draw_cut(area_sub(a, 0, 0, a.w, a.h), scale, st, name);
	y = big_height(glyphs(w), scale) + 1;
	format_age(((double)w->ui->now - (double)j->since) / 1000, age, sizeof(age));
	snprintf(lines[0], sizeof(lines[0]), "%s %s%s%s", verdict_mark(glyphs(w), j->verdict),
		 verdict_names[j->verdict], is_absent(j->since) ? "" : " for ",
		 is_absent(j->since) ? "" : age);
	draw_lines(w, area_sub(a, 0, y, a.w, a.h - y), st, STYLE_STRONG,
		   1 + wall_why(w, j, lines + 1), lines);
}

static void draw_calm(const struct wall *w, struct area a)
{
	char sums[WALL_WHY][WALL_LINE];

	draw_lines(w, a, STYLE_DIM, STYLE_DIM, wall_sums(w, sums), sums);
}

static void draw_overview(const struct wall *w, struct area a, size_t from ATTR_UNUSED)
{
	/* of the worst job at least its name, its verdict and two reasons */
	int least = big_height(glyphs(w), w->big) + 1 + 3 * big_pitch(glyphs(w), w->text) + 1;
	int counts = counts_height(w);

	if (!w->ntrouble) {
		draw_counts(w, area_sub(a, 0, 1, a.w, counts), counts);
		draw_calm(w, area_sub(a, 0, counts + 3, a.w, a.h - counts - 3));
		return;
	}
	if (a.h - counts > big_height(glyphs(w), w->big) + 2)
		a.h -= draw_counts(w, a, a.h - least) + 1;
	draw_worst(w, a);
}

/* --- jobs --- */

/* What the page is about, and over its columns what they are; the line below it. */
static int heading(const struct wall *w, struct area a, const char *title)
{
	big_draw(a, 0, 0, w->text, STYLE_TITLE, title);
	return w->text ? big_pitch(glyphs(w), w->text) + 1 : 2;
}

static void head_right(const struct wall *w, struct area a, int right, const char *own)
{
	put_right(w, a, right, 0, STYLE_DIM, own);
}

static int rows_that_fit(const struct wall *w, int height)
{
	int pitch = big_pitch(glyphs(w), w->text);
	int head = w->text ? pitch + 1 : 2;

	return (int)max_i64(1, (height - head + (w->text ? 1 : 0)) / pitch);
}

enum { WORD_AT = 54, LAST_AT = 66, RATE_AT = 76, ERRORS_AT = 86, DEAD_W = 13 };

static void draw_job(const struct wall *w, struct area a, int y, const struct job_row *j)
{
	bool is_fine = j->verdict >= VERDICT_INITIALIZING;
	enum style st = j->is_old ? STYLE_DIM : verdict_style(j->verdict);
	int at = w->text ? 6 * w->text : 2, word = share(a, w->text ? WORD_AT : 38);
	char age[16] = "-", text[24];

	if (!is_absent(j->last_batch_at))
		format_age(((double)w->ui->now - (double)j->last_batch_at) / 1000, age,
			   sizeof(age));
	big_draw(a, 0, y, w->text, st, verdict_mark(glyphs(w), j->verdict));
	big_draw_cut(area_sub(a, at, y, word - at - 2, a.h - y), w->text,
		     j->is_old ? STYLE_DIM
		     : is_fine ? STYLE_TEXT
			       : STYLE_STRONG,
		     name_of(j->name));
	big_draw_cut(area_sub(a, word, y, share(a, w->text ? 86 : 56) - word, a.h - y), w->text,
		     is_fine ? STYLE_DIM : st, verdict_names[j->verdict]);
	put_right(w, a, w->text ? a.w : share(a, LAST_AT), y, STYLE_TEXT, age);
	if (w->text)
		return;
	format_number(j->records_per_s, UNIT_PER_S, text, sizeof(text));
	put_right(w, a, share(a, RATE_AT), y, STYLE_TEXT, text);
	format_number((double)(is_absent(j->errors_5m) ? 0 : j->errors_5m), UNIT_COUNT, text,
		      sizeof(text));
	put_right(w, a, share(a, ERRORS_AT), y, j->errors_5m > 0 ? STYLE_WARN : STYLE_DIM,
		  is_absent(j->errors_5m) ? "-" : text);
	format_number((double)(is_absent(j->dlq_pending) ? 0 : j->dlq_pending), UNIT_COUNT, text,
		      sizeof(text));
	put_right(w, a, a.w, y, j->dlq_pending > 0 ? STYLE_WARN : STYLE_DIM,
		  is_absent(j->dlq_pending) ? "-" : text);
}

static void draw_jobs(const struct wall *w, struct area a, size_t from)
{
	int y = heading(w, a, "jobs"), pitch = big_pitch(glyphs(w), w->text);
	int rows = rows_that_fit(w, a.h);

	if (w->text) {
		head_right(w, a, a.w, "last batch");
	} else {
		draw_str(a, share(a, 38), 0, STYLE_DIM, "VERDICT");
		head_right(w, a, share(a, LAST_AT), "LAST");
		head_right(w, a, share(a, RATE_AT), "REC/S");
		head_right(w, a, share(a, ERRORS_AT), "ERR 5M");
		head_right(w, a, a.w, a.w - share(a, ERRORS_AT) > DEAD_W ? "DEAD LETTERS" : "DLQ");
	}
	for (size_t i = from; i < w->njobs && rows > 0; i++, rows--, y += pitch)
		draw_job(w, a, y, w->jobs[i]);
}

/* --- memory --- */

static bool has_memory(const struct job_row *j)
{
	return !isnan(j->heap_pct) || !isnan(j->headroom_ratio);
}

static int by_room(const void *a, const void *b)
{
	const struct job_row *x = *(const struct job_row *const *)a,
			     *y = *(const struct job_row *const *)b;
	double rx = isnan(x->headroom_ratio) ? 1e9 : x->headroom_ratio;
	double ry = isnan(y->headroom_ratio) ? 1e9 : y->headroom_ratio;

	return rx < ry ? -1 : rx > ry;
}

static size_t jobs_with_memory(const struct wall *w, const struct job_row ***out)
{
	const struct job_row **v = ARENA_ARRAY(&w->ui->frame, const struct job_row *, w->njobs + 1);
	size_t n = 0;

	for (size_t i = 0; i < w->njobs; i++)
		if (has_memory(w->jobs[i]))
			v[n++] = w->jobs[i];
	if (n)
		qsort(v, n, sizeof(*v), by_room);
	*out = v;
	return n;
}

/* Behind the longest name, as long as a gauge is left of it. */
static int bar_at(const struct wall *w, struct area a, const struct job_row *const *v, size_t n)
{
	int at = share(a, 44);

	for (size_t i = 0; i < n; i++)
		at = (int)max_i64(at, big_width(w->text, name_of(v[i]->name)) + 3);
	return (int)min_i64(at, share(a, 58));
}

static void draw_memory(const struct wall *w, struct area a, size_t from)
{
	const struct job_row **v;
	size_t n = jobs_with_memory(w, &v);
	int y = heading(w, a, "memory"), pitch = big_pitch(glyphs(w), w->text);
	int rows = rows_that_fit(w, a.h), bar = bar_at(w, a, v, n), wide = share(a, 72) - bar;

	big_draw(a, bar, 0, w->text, STYLE_DIM, w->text ? "heap" : "HEAP");
	head_right(w, a, a.w, w->text ? "room" : "HEADROOM");
	for (size_t i = from; i < n && rows > 0; i++, rows--, y += pitch) {
		const struct job_row *j = v[i];
		char text[24];

		big_draw_cut(area_sub(a, 0, y, bar - 3, a.h - y), w->text, STYLE_TEXT,
			     name_of(j->name));
		for (int k = 0; k < big_height(glyphs(w), w->text); k++)
			if (!isnan(j->heap_pct))
				draw_gauge(a, bar, y + k, wide, j->heap_pct,
					   gauge_style(j->heap_pct));
		snprintf(text, sizeof(text), isnan(j->heap_pct) ? "-" : "%.0f%%", j->heap_pct);
		put_right(w, a, share(a, 86), y, STYLE_TEXT, text);
		headroom_format(j->headroom_ratio, j->headroom_basis, text, sizeof(text));
		put_right(w, a, a.w, y, headroom_style(j->headroom_ratio, j->headroom_basis), text);
	}
}

/* --- dead letters --- */

static int by_pending(const void *a, const void *b)
{
	const struct dlq_folder_row *x = *(const struct dlq_folder_row *const *)a,
				    *y = *(const struct dlq_folder_row *const *)b;

	return x->pending > y->pending ? -1 : x->pending < y->pending;
}

static size_t folders(const struct wall *w, const struct dlq_folder_row ***out)
{
	struct rowset all = snapshot_rows(w->ui->snap, &schema_dlq_folder, &w->ui->frame);
	const struct dlq_folder_row **v =
		ARENA_ARRAY(&w->ui->frame, const struct dlq_folder_row *, all.n + 1);
	size_t n = 0;

	for (size_t i = 0; i < all.n; i++) {
		const struct dlq_folder_row *f = all.rows[i];

		if (f->entries > 0)
			v[n++] = f;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_pending);
	*out = v;
	return n;
}

static const char *top_type(const struct dlq_folder_row *f)
{
	const struct count *top = NULL;

	for (size_t i = 0; i < f->error_types.n; i++)
		if (!top || f->error_types.v[i].n > top->n)
			top = &f->error_types.v[i];
	return top && top->key ? text_str(top->key) : "";
}

static void draw_letters(const struct wall *w, struct area a, size_t from)
{
	const struct dlq_folder_row **v;
	size_t n = folders(w, &v);
	int y = heading(w, a, "dead letters"), pitch = big_pitch(glyphs(w), w->text);
	int rows = rows_that_fit(w, a.h);

	if (!w->text) {
		head_right(w, a, share(a, 50), "PENDING");
		head_right(w, a, share(a, 60), "ALL");
		draw_str(a, share(a, 64), 0, STYLE_DIM, "MOSTLY");
	}
	for (size_t i = from; i < n && rows > 0; i++, rows--, y += pitch) {
		char text[24];

		big_draw_cut(area_sub(a, 0, y, share(a, w->text ? 48 : 40), a.h - y), w->text,
			     STYLE_TEXT, name_of(v[i]->job));
		format_number((double)v[i]->pending, UNIT_COUNT, text, sizeof(text));
		put_right(w, a, share(a, w->text ? 60 : 50), y,
			  v[i]->pending > 0 ? STYLE_WARN : STYLE_DIM,
			  is_absent(v[i]->pending) ? "-" : text);
		format_number((double)v[i]->entries, UNIT_COUNT, text, sizeof(text));
		if (!w->text)
			put_right(w, a, share(a, 60), y, STYLE_DIM, text);
		big_draw_cut(area_sub(a, share(a, 64), y, a.w - share(a, 64), a.h - y), w->text,
			     STYLE_TEXT, top_type(v[i]));
	}
}

/* --- incidents --- */

static const struct incident_row *incident(const struct wall *w, size_t wanted)
{
	const struct rowset *in = dataset_rows(w->ui->snap->incidents, &schema_incident);

	for (size_t i = 0; in && i < in->n; i++) {
		const struct incident_row *row = in->rows[i];

		if (is_absent(row->closed_at) && row->text && wanted-- == 0)
			return row;
	}
	return NULL;
}

static void draw_incident(const struct wall *w, struct area a, size_t from)
{
	const struct incident_row *in = incident(w, from);
	int y = heading(w, a, "incident");
	char age[16], line[40];

	y += 1 + big_paragraph(area_sub(a, 0, y, a.w, a.h - y), 4, w->text, STYLE_CRIT,
			       text_str(in->text));
	format_age(((double)w->ui->now - (double)in->opened_at) / 1000, age, sizeof(age));
	snprintf(line, sizeof(line), "open for %s", age);
	if (!is_absent(in->opened_at))
		big_draw(a, 0, y, w->text, STYLE_TEXT, line);
}

/* --- the list --- */

static void add(struct wall_page *out, size_t *n, struct wall_page page)
{
	if (*n < WALL_PAGES)
		out[(*n)++] = page;
}

size_t wall_pages(const struct wall *w, int height, struct wall_page out[static WALL_PAGES])
{
	size_t rows = (size_t)rows_that_fit(w, height), n = 0;
	const struct dlq_folder_row **letters;
	const struct job_row **memory;

	add(out, &n, (struct wall_page){"overview", draw_overview, 0});
	if (!w->njobs)
		return n;
	for (size_t i = 0; i < w->njobs; i += rows)
		add(out, &n, (struct wall_page){"jobs", draw_jobs, i});
	for (size_t i = 0; i < jobs_with_memory(w, &memory); i += rows)
		add(out, &n, (struct wall_page){"memory", draw_memory, i});
	for (size_t i = 0; i < folders(w, &letters); i += rows)
		add(out, &n, (struct wall_page){"dead letters", draw_letters, i});
	for (size_t i = 0; incident(w, i); i++)
		add(out, &n, (struct wall_page){"incident", draw_incident, i});
	return n;
}
