/* layout.c - sizes in, rectangles out. All arithmetic of positions is here, so that a sweep over
 * every size proves that nothing overlaps. */
#include "layout.h"

#include <string.h>

void layout_frame(int w, int h, bool banner, struct frame_layout *out)
{
	int y = 0;

	memset(out, 0, sizeof(*out));
	if (w < 1 || h < 1)
		return;
	if (w < LAYOUT_MIN_W || h < LAYOUT_MIN_H) {
		out->is_tiny = true;
		out->body = (struct rect){0, 0, w, h};
		return;
	}
	out->is_small = w <= LAYOUT_SMALL_W || h <= LAYOUT_SMALL_H;
	out->top = (struct rect){0, y, w, out->is_small ? 2 : 1};
	y += out->top.h;
	if (banner)
		out->banner = (struct rect){0, y++, w, 1};
	out->bottom = (struct rect){0, h - 1, w, 1};
	out->body = (struct rect){0, y, w, h - 1 - y};
}

/* The pane not yet taken with the highest weight. */
static size_t heaviest(const struct pane_want *p, size_t n, const bool *taken)
{
	size_t best = n;

	for (size_t i = 0; i < n; i++)
		if (!taken[i] && (best == n || p[i].weight > p[best].weight))
			best = i;
	return best;
}

void layout_stack(struct rect r, const struct pane_want *p, size_t n, struct rect *out)
{
	bool taken[LAYOUT_PANES] = {false};
	int height[LAYOUT_PANES] = {0}, left = r.h, y = r.y;
	bool first = true;

	if (n > LAYOUT_PANES)
		n = LAYOUT_PANES;
	for (size_t k = 0; k < n; k++) {
		size_t i = heaviest(p, n, taken);
		int gap = left < r.h ? p[i].gap : 0;

		taken[i] = true;
		if (p[i].min > 0 && p[i].min + gap <= left) {
			height[i] = p[i].min;
			left -= p[i].min + gap;
		}
	}
	/* Which one is drawn first is known only now: its gap was counted wrongly at most for the
	 * better, so count again. */
	left = r.h;
	for (size_t i = 0; i < n; i++) {
		if (!height[i])
			continue;
		left -= height[i] + (first ? 0 : p[i].gap);
		first = false;
	}
	for (size_t i = n; left < 0 && i-- > 0;)
		if (height[i]) {
			left += height[i] + p[i].gap;
			height[i] = 0;
		}
	memset(taken, 0, sizeof(taken));
	for (size_t k = 0; k < n; k++) {
		size_t i = heaviest(p, n, taken);
		int more = p[i].want - height[i];

		taken[i] = true;
		if (!height[i] || more <= 0 || left <= 0)
			continue;
		if (more > left)
			more = left;
		height[i] += more;
		left -= more;
	}
	first = true;
	for (size_t i = 0; i < n; i++) {
		if (height[i] && !first)
			y += p[i].gap;
		out[i] = (struct rect){r.x, y, r.w, height[i]};
		y += height[i];
		first = first && !height[i];
	}
}

void layout_side(struct rect r, const struct pane_want *p, size_t n, struct rect *out)
{
	bool shown[LAYOUT_PANES] = {false};
	int x = r.x, left, weight, need;

	if (n > LAYOUT_PANES)
		n = LAYOUT_PANES;
	for (size_t i = 0; i < n; i++)
		shown[i] = p[i].min > 0;
	for (;;) {
		size_t worst = n;

		need = weight = 0;
		for (size_t i = 0; i < n; i++) {
			if (!shown[i])
				continue;
			need += p[i].min + (need ? p[i].gap : 0);
			weight += p[i].weight;
			if (worst == n || p[i].weight < p[worst].weight)
				worst = i;
		}
		if (need <= r.w || worst == n)
			break;
		shown[worst] = false;
	}
	left = r.w - need;
	for (size_t i = 0; i < n; i++) {
		int w = 0;

		if (shown[i]) {
			int share = weight > 0 ? left * p[i].weight / weight : 0;

			if (x > r.x)
				x += p[i].gap;
			w = p[i].min + share;
			left -= share;
			weight -= p[i].weight;
		}
		out[i] = (struct rect){x, r.y, w, r.h};
		x += w;
	}
}

static int column_cells(const struct column_want *c)
{
	return c->gap + c->width;
}

/* Lets a column grow to `most` where there are cells to spare; returns how many it took. */
static int grow(struct column_place *out, int most, int spare)
{
	int more = most - out->w;

	if (more > spare)
		more = spare;
	if (more <= 0)
		return 0;
	out->w += more;
	return more;
}

/* Decides which columns are shown and returns the cells they take. Those that are never dropped
 * come first, in order; on a screen too narrow for all of them the last gets what is left. */
static int choose_columns(int width, const struct column_want *c, size_t n,
			  struct column_place *out)
{
	enum { LEAST = 3 };
	int used = 0;

	for (size_t i = 0; i < n; i++) {
		if (c[i].weight)
			continue;
		if (used + column_cells(&c[i]) > width) {
			out[i].w = width - used - c[i].gap;
			out[i].x = out[i].w >= LEAST ? 0 : -1;
			return width;
		}
		out[i].x = 0;
		used += column_cells(&c[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (!c[i].weight)
			used += grow(&out[i], c[i].first, width - used);
	for (;;) {
		size_t best = n;

		for (size_t i = 0; i < n; i++)
			if (out[i].x < 0 && c[i].weight &&
			    (best == n || c[i].weight > c[best].weight))
				best = i;
		/* In strict order, so that a wider screen never hides what a narrower one shows. */
		if (best == n || used + column_cells(&c[best]) > width)
			return used;
		out[best].x = 0;
		used += column_cells(&c[best]);
		used += grow(&out[best], c[best].first, width - used);
	}
}

void layout_columns(int width, const struct column_want *c, size_t n, struct column_place *out)
{
	int spare, x = 0;
	size_t last = n;

	if (n > LAYOUT_COLUMNS)
		n = LAYOUT_COLUMNS;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct column_place){-1, c[i].width};
	spare = width - choose_columns(width, c, n, out);
	for (size_t i = 0; i < n; i++) {
		if (out[i].x < 0)
			continue;
		last = i;
		spare -= grow(&out[i], c[i].max, spare);
	}
	while (last < n && last > 0 && c[last].is_joined && out[last - 1].x >= 0)
		last--;
	for (size_t i = 0; i < n; i++) {
		if (out[i].x < 0)
			continue;
		x += c[i].gap + (i == last ? spare : 0);
		out[i].x = x;
		x += out[i].w;
	}
}
