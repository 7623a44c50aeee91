/* wall.c - for a room: big status, few words, pages that take turns, a clock with seconds.
 *
 * A pure function of the snapshot and the time: which page is shown follows from the clock, so two
 * walls side by side show the same. The overview has every second turn while something is wrong,
 * and the worst job stays at the bottom of all other pages. When the backend was silent for three
 * intervals the whole picture goes dim and says OLD: a clock that stands still and figures that
 * stand still are two different troubles. Every hour the picture moves by one cell, for the
 * screen's sake. */
#include "wall_parts.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum {
	PAGE_S = 10,
	OLD_INTERVALS = 3,
	OLD_LEAST_MS = 3000,
	LEVEL_W = 78,
	LEVEL_H = 22,
	LEVELS = 4
};
enum { LEAST_W = 40, LEAST_H = 10 };

static struct wall wall_of(struct ui *ui, struct area a)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;
	struct wall w = {.ui = ui};

	w.big = (int)max_i64(1, min_i64(LEVELS, min_i64(a.w / LEVEL_W, a.h / LEVEL_H)));
	w.text = w.big / 2;
	if (!jobs || !jobs->n)
		return w;
	w.jobs = (const struct job_row *const *)(const void *)jobs->rows;
	for (size_t i = 0; i < jobs->n; i++) {
		int v = w.jobs[i]->verdict;

		if (v < 0 || v >= VERDICT_COUNT)
			break; /* not judged yet: they come last */
		w.njobs++;
		w.by_verdict[v]++;
		w.ntrouble += v < VERDICT_INITIALIZING;
	}
	return w;
}

/* How long the backend has said nothing, when that is too long; else 0. */
static int64_t silent_ms(const struct ui *ui)
{
	int64_t silent, limit = max_i64(OLD_INTERVALS * ui->cfg->interval_ms, OLD_LEAST_MS);

	if (!ui->snap || !ui->snap->nsections)
		return 0;
	silent = clock_mono(ui->clock) - ui->snap->mono_at;
	return silent > limit ? silent : 0;
}

/* In large letters where the headline has room beside it. */
static void draw_clock(const struct wall *w, struct area a, const char *headline, int *from)
{
	int64_t local = w->ui->now + clock_local_offset_ms(w->ui->now);
	int s = (int)((local / 1000 % 86400 + 86400) % 86400), scale = w->big;
	char text[16];

	snprintf(text, sizeof(text), "%02d:%02d:%02d", s / 3600, s / 60 % 60, s % 60);
	if (text_width(headline) + 2 + big_width(scale, text) > a.w)
		scale = 0;
	*from = a.w - big_width(scale, text);
	big_draw(a, *from, 0, scale, STYLE_DIM, text);
}

/* One word for the room. */
static enum style headline(const struct wall *w, char word[static 40])
{
	int64_t silent = silent_ms(w->ui);
	char age[16];

	if (silent) {
		format_age((double)silent / 1000, age, sizeof(age));
		snprintf(word, 40, "OLD %s", age);
		return STYLE_STALE;
	}
	if (!w->njobs) {
		snprintf(word, 40, w->ui->snap ? "no jobs" : "starting");
		return STYLE_INFO;
	}
	if (!w->ntrouble) {
		snprintf(word, 40, "all well");
		return STYLE_OK;
	}
	snprintf(word, 40, "%s", verdict_names[w->jobs[0]->verdict]);
	return verdict_style(w->jobs[0]->verdict);
}

/* Before column `until`. */
static void draw_headline(const struct wall *w, struct area a, int until, enum style st, char *word)
{
	int scale = big_fit(until - 2, w->big, word);

	if (!scale)
		for (char *p = word; *p; p++)
			*p = (char)toupper((unsigned char)*p);
	big_draw_cut(area_sub(a, 0, scale ? 0 : 1, until - 2, a.h), scale, st, word);
}

/* The frame in ordinary letters: for whoever steps up to it. */
static void draw_facts(const struct wall *w, struct area a, const char *page, size_t at, size_t n)
{
	const struct config *cfg = w->ui->cfg;
	char facts[300], right[80];

	snprintf(facts, sizeof(facts), "%.60s%s%.60s%s", w->ui->host, cfg->label ? "  " : "",
		 cfg->label ? text_str(cfg->label) : "", cfg->read_only ? "  READ-ONLY" : "");
	if (silent_ms(w->ui))
		snprintf(facts + strlen(facts), sizeof(facts) - strlen(facts),
			 "  OLD: nothing new from the backend");
	else if (w->ntrouble)
		snprintf(facts + strlen(facts), sizeof(facts) - strlen(facts),
			 "  %zu of %zu in trouble", w->ntrouble, w->njobs);
	else if (w->njobs)
		snprintf(facts + strlen(facts), sizeof(facts) - strlen(facts), "  %zu job%s",
			 w->njobs, w->njobs == 1 ? "" : "s");
	snprintf(right, sizeof(right), "%s  %zu/%zu", page, at + 1, n);
	draw_str_cut(a, 0, 0, a.w - text_width(right) - 2, STYLE_DIM, facts);
	draw_right(a, 0, 0, a.w, STYLE_DIM, right);
}

/* The worst job, below every page but the one that is about it. */
static void draw_strip(const struct wall *w, struct area a)
{
	const struct job_row *j = w->jobs[0];
	char line[320], age[16];

	format_age(((double)w->ui->now - (double)j->since) / 1000, age, sizeof(age));
	snprintf(line, sizeof(line), "%s %.200s %s%s%s", verdict_mark(w->ui->glyphs, j->verdict),
		 j->name ? text_str(j->name) : "-", verdict_names[j->verdict],
		 is_absent(j->since) ? "" : " ", is_absent(j->since) ? "" : age);
	big_draw_cut(area_sub(a, 0, 0, a.w, a.h), w->text, verdict_style(j->verdict), line);
}

/* Page 0 has every second turn in trouble, else one like the others. */
static size_t page_of(const struct wall *w, size_t n)
{
	uint64_t turn = (uint64_t)(w->ui->now / 1000 / PAGE_S);

	if (n < 2)
		return 0;
	if (!w->ntrouble)
		return turn % n;
	return turn % 2 ? 1 + turn / 2 % (n - 1) : 0;
}

/* Everything drawn so far but the headline, which says since when. */
static void dim(struct area a, const struct area *but)
{
	for (int y = a.y; y < a.y + a.h; y++)
		for (int x = a.x; x < a.x + a.w; x++) {
			struct cell *c = &a.s->cells[(size_t)y * (size_t)a.s->w + (size_t)x];
			bool is_kept = x >= but->x && x < but->x + but->w && y >= but->y &&
				       y < but->y + but->h;

			c->style = is_kept ? c->style : STYLE_FAINT;
		}
}

static void draw_page(const struct wall *w, struct area a)
{
	struct wall_page pages[WALL_PAGES];
	int strip = w->ntrouble ? big_height(w->ui->glyphs, w->text) + 1 : 0;
	struct area body = area_sub(a, 0, 2, a.w, a.h - 2);
	struct area short_body = area_sub(body, 0, 0, body.w, body.h - strip);
	size_t n = wall_pages(w, short_body.h, pages), at = page_of(w, n);

	draw_facts(w, a, pages[at].title, at, n);
	pages[at].draw(w, at ? short_body : body, pages[at].from);
	if (at && strip)
		draw_strip(w, area_sub(body, 0, body.h - strip + 1, body.w, strip - 1));
}

static void draw_banner(const struct ui *ui, struct area *a)
{
	struct area low = area_sub(*a, 0, a->h - 1, a->w, 1);

	if (!ui->snap || !ui->snap->banner)
		return;
	area_fill(low, STYLE_CRITBAR);
	draw_str_cut(low, 1, 0, low.w - 2, STYLE_CRITBAR,
		     "the configuration or the clock of this console is in trouble: see its log");
	a->h--;
}

static void draw(struct ui *ui, struct view_state *v ATTR_UNUSED, struct area a)
{
	int64_t hour = ui->now / 3600000;
	struct area all = a, head;
	struct wall w;
	int until = 0, high;
	enum style st;
	char word[40];

	if (a.w < LEAST_W || a.h < LEAST_H) {
		ui_draw_worst(ui, a);
		return;
	}
	a = area_sub(a, 1 + (int)(hour & 1), (int)(hour >> 1 & 1), a.w - 3, a.h - 1);
	w = wall_of(ui, a);
	draw_banner(ui, &a);
	high = big_height(ui->glyphs, w.big);
	head = area_sub(a, 0, 0, a.w, high);
	st = headline(&w, word);
	draw_clock(&w, head, word, &until);
	draw_headline(&w, head, until, st, word);
	if (ui->snap)
		draw_page(&w, area_sub(a, 0, high + 1, a.w, a.h - high - 1));
	head.w = until;
	if (silent_ms(ui))
		dim(all, &head);
}

static const char *const footer[] = {"prompt", "view 1-9", "pause", "back", "help", NULL};

const struct view view_wall = {
	.name = "wall",
	.title = "wall",
	.help = "big status for a room: pages that take turns, a clock, OLD when frozen",
	.footer = footer,
	.draw = draw,
};
