/* draw.c - text, rules, gauges and sparklines into an area. Style ids only; every shape comes from
 * the glyph table, so that --ascii changes one pointer. */
#include "draw.h"

#include <stdio.h>
#include <string.h>

const struct glyphs glyphs_unicode = {
	.rule = "─",
	.track = "━",
	.ellipsis = "…",
	.arrow_up = "↑",
	.arrow_down = "↓",
	.crumb = "›",
	.dot = "·",
	.began = "←",
	.means = "→",
	.gauge = {" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"},
	.spark = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
	.full_block = "█",
	.side = "│",
	.corner = {"┌", "┐", "└", "┘"},
	.verdict = {[VERDICT_CRASHED] = "✖",
		    [VERDICT_HUNG] = "■",
		    [VERDICT_UNHEALTHY] = "✖",
		    [VERDICT_UNREACHABLE] = "?",
		    [VERDICT_STALE] = "◆",
		    [VERDICT_DEGRADED] = "▲",
		    [VERDICT_UNKNOWN] = "?",
		    [VERDICT_INITIALIZING] = "○",
		    [VERDICT_ENDED] = "○",
		    [VERDICT_HEALTHY] = "●"},
	.mark = "+",
};

const struct glyphs glyphs_ascii = {
	.rule = "-",
	.track = ".",
	.ellipsis = "~",
	.arrow_up = "^",
	.arrow_down = "v",
	.crumb = ">",
	.dot = "-",
	.began = "<-",
	.means = "->",
	.gauge = {" ", ".", ".", ".", "#", "#", "#", "#", "#"},
	.spark = {"_", ".", ",", "-", "=", "+", "*", "#"},
	.full_block = "#",
	.side = "|",
	.corner = {"+", "+", "+", "+"},
	.verdict = {[VERDICT_CRASHED] = "X",
		    [VERDICT_HUNG] = "H",
		    [VERDICT_UNHEALTHY] = "X",
		    [VERDICT_UNREACHABLE] = "?",
		    [VERDICT_STALE] = "~",
		    [VERDICT_DEGRADED] = "!",
		    [VERDICT_UNKNOWN] = "?",
		    [VERDICT_INITIALIZING] = "o",
		    [VERDICT_ENDED] = "o",
		    [VERDICT_HEALTHY] = "*"},
	.mark = "+",
	.is_ascii = true,
};

const char *verdict_mark(const struct glyphs *g, int verdict)
{
	return verdict >= 0 && verdict < VERDICT_COUNT ? g->verdict[verdict] : "?";
}

enum style verdict_style(int verdict)
{
	static const enum style styles[VERDICT_COUNT] = {
		[VERDICT_CRASHED] = STYLE_CRIT,  [VERDICT_HUNG] = STYLE_CRIT,
		[VERDICT_UNHEALTHY] = STYLE_BAD, [VERDICT_UNREACHABLE] = STYLE_STALE,
		[VERDICT_STALE] = STYLE_STALE,   [VERDICT_DEGRADED] = STYLE_WARN,
		[VERDICT_UNKNOWN] = STYLE_STALE, [VERDICT_INITIALIZING] = STYLE_INFO,
		[VERDICT_ENDED] = STYLE_DIM,     [VERDICT_HEALTHY] = STYLE_OK,
	};

	return verdict >= 0 && verdict < VERDICT_COUNT ? styles[verdict] : STYLE_DIM;
}

static size_t hex_digits(const char *s)
{
	return strspn(s, "0123456789abcdefABCDEF");
}

/* Bytes of what the door made of a character that could act or deceive: `<U+202E>`, `\\x1b`. */
static size_t escaped_length(const char *s)
{
	size_t n;

	if (s[0] == '\\' && s[1] == 'x' && hex_digits(s + 2) >= 2)
		return 4;
	if (strncmp(s, "<U+", 3))
		return 0;
	n = hex_digits(s + 3);
	return n >= 4 && n <= 6 && s[3 + n] == '>' ? n + 4 : 0;
}

/* How many characters of at most `most` are printable ASCII and begin nothing escaped. */
static int plain_run(const char *s, int most)
{
	int n = 0;

	while (n < most && s[n] >= 0x20 && s[n] < 0x7F && s[n] != '<' && s[n] != '\\')
		n++;
	return n;
}

/* Draws up to `w` columns; stops before a character that does not fit. */
static int put_string(struct area a, int x, int y, int w, enum style st, const char *str)
{
	int end = x + w;
	const char *escaped = str;

	while (*str && x < end) {
		uint32_t cp = 0;
		int columns = 0, run = str < escaped ? 0 : plain_run(str, end - x);
		size_t n;

		if (run) {
			area_ascii(a, x, y, run, st, str);
			x += run;
			str += run;
			continue;
		}
		n = text_next(str, &cp, &columns);
		if (!n)
			break;
		if ((*str == '<' || *str == '\\') && str >= escaped)
			escaped = str + escaped_length(str);
		if (!columns) {
			area_combine(a, x - 1, y, cp);
		} else {
			if (x + columns > end)
				break;
			area_put(a, x, y, str < escaped ? STYLE_ESCAPED : st, cp, columns);
			x += columns;
		}
		str += n;
	}
	return x;
}

int draw_str(struct area a, int x, int y, enum style st, const char *own)
{
	return put_string(a, x, y, a.w - x, st, own);
}

int draw_strf(struct area a, int x, int y, enum style st, const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return draw_str(a, x, y, st, line);
}

int draw_text(struct area a, int x, int y, enum style st, const struct text *t)
{
	return t ? draw_str(a, x, y, st, text_str(t)) : x;
}

int draw_str_cut(struct area a, int x, int y, int w, enum style st, const char *own)
{
	if (w > a.w - x)
		w = a.w - x;
	if (w <= 0)
		return x;
	/* A text longer than four bytes a column surely does not fit; do not measure all of it. */
	if (strnlen(own, (size_t)w * 24 + 1) <= (size_t)w * 24 && text_width(own) <= w)
		return put_string(a, x, y, w, st, own);
	x = put_string(a, x, y, w - 1, st, own);
	return put_string(a, x, y, 1, st, a.s->glyphs->ellipsis);
}

int draw_cut(struct area a, int x, int y, int w, enum style st, const struct text *t)
{
	return t ? draw_str_cut(a, x, y, w, st, text_str(t)) : x;
}

/* Bytes of the next line of a text that is wrapped at blanks. */
static size_t line_bytes(const char *s, int w)
{
	size_t n = text_fit(s, w), end = n;

	if (!s[n])
		return n;
	while (end && s[end] != ' ')
		end--;
	return end ? end : n;
}

int draw_paragraph(struct area a, int most, enum style st, const char *own)
{
	char line[512];
	int y = 0;

	for (; *own && y < most && a.w > 0; y++) {
		size_t n = y + 1 == most ? strlen(own) : line_bytes(own, a.w);

		snprintf(line, sizeof(line), "%.*s", (int)min_size(n, sizeof(line) - 1), own);
		draw_str_cut(a, 0, y, a.w, st, line);
		own += n ? n : strlen(own);
		own += *own == ' ';
	}
	return y;
}

void draw_right(struct area a, int x, int y, int w, enum style st, const char *own)
{
	int need = text_width(own);

	if (need > w)
		draw_str_cut(a, x, y, w, st, own);
	else
		draw_str(a, x + w - need, y, st, own);
}

/* The same glyph so many times; returns the column behind the last. */
static int put_glyphs(struct area a, int x, int y, int n, enum style st, const char *glyph)
{
	uint32_t cp = ' ';
	int columns;

	if (n <= 0)
		return x;
	text_next(glyph, &cp, &columns);
	area_repeat(a, x, y, n, st, cp);
	return x + n;
}

static int rule_line(struct area a, int x, int y, int until)
{
	return put_glyphs(a, x, y, until - x, STYLE_FRAME, a.s->glyphs->rule);
}

void draw_rule(struct area a, int y, enum style title_style, const char *title, const char *facts)
{
	int facts_w = facts && *facts ? text_width(facts) + 4 : 0; /* ` facts ──` */
	int title_w, x;

	/* `── t… ──` is the least that leaves the title readable beside the facts. */
	if (facts_w > 0 && a.w - facts_w < 12)
		facts_w = 0;
	x = rule_line(a, 0, y, 2);
	if (title && *title) {
		title_w = a.w - facts_w - 6; /* two cells of rule at either side */
		x = draw_str_cut(a, x + 1, y, title_w, title_style, title) + 1;
	}
	rule_line(a, x, y, a.w - facts_w);
	if (facts_w) {
		draw_str(a, a.w - facts_w + 1, y, STYLE_DIM, facts);
		rule_line(a, a.w - 2, y, a.w);
	}
}

enum style gauge_style(double pct)
{
	if (isnan(pct))
		return STYLE_DIM;
	return pct >= 90 ? STYLE_CRIT : pct >= 80 ? STYLE_BAD : pct >= 60 ? STYLE_WARN : STYLE_OK;
}

static void ascii_gauge(struct area a, int x, int y, int w, double pct, enum style filled)
{
	int full = (int)((w - 2) * pct / 100);

	put_string(a, x, y, 1, STYLE_TRACK, "[");
	for (int i = 0; i < w - 2; i++)
		put_string(a, x + 1 + i, y, 1, i < full ? filled : STYLE_TRACK,
			   i < full ? "#" : ".");
	put_string(a, x + w - 1, y, 1, STYLE_TRACK, "]");
}

void draw_gauge(struct area a, int x, int y, int w, double pct, enum style filled)
{
	const struct glyphs *g = a.s->glyphs;
	int eighths, end;

	if (isnan(pct)) {
		draw_str(a, x, y, STYLE_DIM, "-");
		return;
	}
	pct = pct < 0 ? 0 : pct > 100 ? 100 : pct;
	if (g->is_ascii) {
		ascii_gauge(a, x, y, w, pct, filled);
		return;
	}
	eighths = (int)(w * 8 * pct / 100);
	if (!eighths && pct > 0)
		eighths = 1;
	end = x + w;
	x = put_glyphs(a, x, y, eighths / 8, filled, g->gauge[8]);
	if (eighths % 8)
		x = put_glyphs(a, x, y, 1, filled, g->gauge[eighths % 8]);
	put_glyphs(a, x, y, end - x, STYLE_TRACK, g->track);
}

static double largest(const struct series *v, size_t from)
{
	double top = 0;

	for (size_t i = from; i < v->n; i++)
		if (!isnan((double)v->v[i]) && (double)v->v[i] > top)
			top = (double)v->v[i];
	return top;
}

void draw_spark(struct area a, enum style st, const struct series *v, double top)
{
	size_t from = v->n > (size_t)a.w ? v->n - (size_t)a.w : 0;
	double most = largest(v, from);
	int x = 0;

	if (isnan(top) || top < most)
		top = most;
	for (size_t i = from; i < v->n; i++, x++) {
		double value = (double)v->v[i];
		int level = 0;

		if (isnan(value))
			continue;
		/* Seven heights: a full cell would run into the row above. */
		if (top > 0 && value > 0)
			level = (int)ceil(value / top * 7 - 1e-9) - 1;
		level = level < 0 ? 0 : level > 6 ? 6 : level;
		put_glyphs(a, x, 0, 1, st, a.s->glyphs->spark[level]);
	}
}

void draw_chart(struct area a, enum style st, const struct series *v, enum unit unit)
{
	size_t from = v->n > (size_t)a.w ? v->n - (size_t)a.w : 0;
	double top = largest(v, from);
	char label[32];

	for (size_t i = from; i < v->n; i++) {
		double value = (double)v->v[i];
		int eighths, x = (int)(i - from);

		if (isnan(value))
			continue;
		eighths = top > 0 ? (int)(value / top * (a.h * 8 - 1)) : 0;
		eighths = eighths < 1 ? 1 : eighths;
		for (int y = a.h - 1; y >= 0 && eighths > 0; y--, eighths -= 8)
			put_string(a, x, y, 1, st,
				   eighths >= 8 ? a.s->glyphs->full_block
						: a.s->glyphs->spark[eighths - 1]);
	}
	if (a.h > 1) {
		format_number(top, unit, label, sizeof(label));
		draw_str(a, 0, 0, STYLE_DIM, label);
	}
}
