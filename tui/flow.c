/* flow.c - words, lines and gaps. */
#include "flow.h"

#include <string.h>

void flow_new_line(struct flow *f)
{
	f->y++;
	f->x = f->indent;
}

void flow_end_line(struct flow *f)
{
	f->y++;
	f->x = f->indent = 0;
}

void flow_put(struct flow *f, enum style st, const char *s, size_t n)
{
	int y = f->y - f->top, w = text_width_n(s, n);

	if (y >= 0 && y < f->a.h)
		draw_str(area_row(f->a, y), f->x, 0, st, arena_printf(f->frame, "%.*s", (int)n, s));
	f->x += w;
}

/* One word, on the next line where it does not fit; broken only when no line holds it. */
static void put_word(struct flow *f, enum style st, const char *s, size_t n, int gap)
{
	int w = text_width_n(s, n);

	if (f->x > f->indent && f->x + gap + w > f->a.w)
		flow_new_line(f);
	else if (f->x > f->indent)
		f->x += gap;
	while (n && f->x + text_width_n(s, n) > f->a.w) {
		size_t fit = text_fit(s, f->a.w - f->x);

		if (!fit || fit > n)
			break;
		flow_put(f, st, s, fit);
		s += fit;
		n -= fit;
		flow_new_line(f);
	}
	flow_put(f, st, s, n);
}

void flow_text(struct flow *f, int gap, enum style st, const char *s)
{
	int w = text_width(s);

	if (f->x > f->indent && f->x + gap + w > f->a.w && f->indent + w <= f->a.w) {
		flow_new_line(f);
		gap = 0;
	}
	while (*s) {
		size_t n = strcspn(s, " "), blanks;

		put_word(f, st, s, n, gap);
		s += n;
		blanks = strspn(s, " ");
		s += blanks;
		gap = (int)blanks;
	}
}

void flow_raw(struct flow *f, enum style st, const char *s)
{
	while (*s) {
		size_t n = text_fit(s, f->a.w - f->x);

		if (!n)
			break;
		flow_put(f, st, s, n);
		s += n;
		if (*s) {
			flow_end_line(f);
			flow_put(f, STYLE_DIM, f->glyphs->crumb, strlen(f->glyphs->crumb));
			f->x++;
		}
	}
	flow_end_line(f);
}
