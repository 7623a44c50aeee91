/* big.c - the font, and dots to cells. */
#include "big.h"

#include <stdio.h>
#include <string.h>

enum { DOTS = 5, GAP = 1, MISSING_W = 3 };

struct letter {
	uint32_t ch;
	const char *dots; /* rows from the top */
};

/* clang-format off */
static const struct letter letters[] = {
	{'0', "####/#..#/#..#/#..#/####"}, {'1', "..#./.##./..#./..#./.###"}, {'2', "####/...#/####/#.../####"},
	{'3', "####/...#/.###/...#/####"}, {'4', "#..#/#..#/####/...#/...#"}, {'5', "####/#.../####/...#/####"},
	{'6', "####/#.../####/#..#/####"}, {'7', "####/...#/..##/..#./..#."}, {'8', "####/#..#/####/#..#/####"},
	{'9', "####/#..#/####/...#/####"}, {'A', ".##./#..#/####/#..#/#..#"}, {'B', "###./#..#/###./#..#/###."},
	{'C', ".###/#.../#.../#.../.###"}, {'D', "###./#..#/#..#/#..#/###."}, {'E', "####/#.../###./#.../####"},
	{'F', "####/#.../###./#.../#..."}, {'G', ".###/#.../#.##/#..#/.###"}, {'H', "#..#/#..#/####/#..#/#..#"},
	{'I', "#/#/#/#/#"},		     {'J', "..##/...#/...#/#..#/.##."}, {'K', "#..#/#.#./##../#.#./#..#"},
	{'L', "#.../#.../#.../#.../####"}, {'M', "#...#/##.##/#.#.#/#...#/#...#"}, {'N', "#..#/##.#/#.##/#..#/#..#"},
	{'O', ".##./#..#/#..#/#..#/.##."}, {'P', "###./#..#/###./#.../#..."}, {'Q', ".##./#..#/#..#/#.#./.#.#"},
	{'R', "###./#..#/###./#.#./#..#"}, {'S', ".###/#.../.##./...#/###."}, {'T', "###/.#./.#./.#./.#."},
	{'U', "#..#/#..#/#..#/#..#/.##."}, {'V', "#..#/#..#/#..#/.##./.##."},
	{'W', "#...#/#...#/#.#.#/##.##/#...#"}, {'X', "#..#/#..#/.##./#..#/#..#"},
	{'Y', "#.#/#.#/.#./.#./.#."},	     {'Z', "####/..#./.#../#.../####"},
	{' ', ".../.../.../.../..."},	     {':', "./#/./#/."}, {'.', "././././#"}, {',', "../../../.#/#."},
	{'-', ".../.../###/.../..."},	     {'_', "..../..../..../..../####"}, {'/', "..#/..#/.#./#../#.."},
	{'%', "#..#/...#/.##./#.../#..#"},   {'+', ".../.#./###/.#./..."}, {'=', ".../###/.../###/..."},
	{'<', "..#/.#./#../.#./..#"},	     {'>', "#../.#./..#/.#./#.."}, {'(', ".#/#./#./#./.#"}, {')', "#./.#/.#/.#/#."},
	{'!', "#/#/#/./#"},		     {'?', "###./...#/.##./..../.#.."}, {'*', "..../#..#/.##./#..#/...."},
	{'~', "..../.#.#/#.#./..../...."},   {'\'', "#/#/././."}, {0x2026, "...../...../...../...../#.#.#"},
	{0xB7, "././#/./."},		     {0x2716, "#...#/.#.#./..#../.#.#./#...#"}, {0x25A0, "####/####/####/####/####"},
	{0x25B2, "..#../..#../.###./.###./#####"}, {0x25C6, "..#../.###./#####/.###./..#.."},
	{0x25CB, ".###./#...#/#...#/#...#/.###."}, {0x25CF, ".###./#####/#####/#####/.###."},
};
/* clang-format on */

static const struct letter *letter_of(uint32_t cp)
{
	if (cp >= 'a' && cp <= 'z')
		cp -= 'a' - 'A';
	for (size_t i = 0; i < ARRAY_LEN(letters); i++)
		if (letters[i].ch == cp)
			return &letters[i];
	return NULL;
}

static int dots_wide(const struct letter *l)
{
	return l ? (int)strcspn(l->dots, "/") : MISSING_W;
}

static bool is_dot(const struct letter *l, int column, int row)
{
	int w = dots_wide(l);

	return row < DOTS && column < w && l->dots[row * (w + 1) + column] == '#';
}

int big_height(const struct glyphs *g, int scale)
{
	if (!scale)
		return 1;
	return g->is_ascii ? DOTS * ((scale + 1) / 2) : (DOTS * scale + 1) / 2;
}

int big_width(int scale, const char *own)
{
	int w = 0;

	if (!scale)
		return text_width(own);
	while (*own) {
		uint32_t cp;
		int columns;

		own += text_next(own, &cp, &columns);
		w += columns ? (dots_wide(letter_of(cp)) + GAP) * scale : 0;
	}
	return w ? w - GAP * scale : 0;
}

/* A line of cells shows two halves of lines of dots; in ASCII whole ones. */
static void draw_letter(struct area a, int x, int y, int scale, enum style st,
			const struct letter *l)
{
	bool is_ascii = a.s->glyphs->is_ascii;
	int h = big_height(a.s->glyphs, scale), w = dots_wide(l) * scale;

	for (int line = 0; line < h; line++)
		for (int i = 0; i < w; i++) {
			int column = i / scale, whole = line / ((scale + 1) / 2);
			bool top = is_dot(l, column, is_ascii ? whole : 2 * line / scale);
			bool low = is_dot(l, column, is_ascii ? whole : (2 * line + 1) / scale);
			uint32_t ch = is_ascii ? '#' : top && low ? 0x2588 : top ? 0x2580 : 0x2584;

			if (top || low)
				area_put(a, x + i, y + line, st, ch, 1);
		}
}

int big_draw(struct area a, int x, int y, int scale, enum style st, const char *own)
{
	if (!scale)
		return draw_str(a, x, y, st, own);
	while (*own) {
		const struct letter *l;
		uint32_t cp;
		int columns;

		own += text_next(own, &cp, &columns);
		l = letter_of(cp);
		if (l)
			draw_letter(a, x, y, scale, st, l);
		else if (columns > 0)
			area_put(a, x, y + big_height(a.s->glyphs, scale) / 2, st, cp, columns);
		x += columns ? (dots_wide(l) + GAP) * scale : 0;
	}
	return x - GAP * scale;
}

int big_draw_cut(struct area a, int scale, enum style st, const char *own)
{
	const char *dots = a.s->glyphs->ellipsis;
	int w = a.w, x = 0;
	char head[256];
	size_t len = 0;

	if (!scale)
		return draw_str_cut(a, 0, 0, w, st, own);
	if (big_width(scale, own) <= w)
		return big_draw(a, 0, 0, scale, st, own);
	w -= big_width(scale, dots) + GAP * scale;
	while (own[len] && len < sizeof(head) - 8) {
		uint32_t cp;
		int columns;
		size_t n = text_next(own + len, &cp, &columns);

		memcpy(head + len, own + len, n);
		head[len + n] = '\0';
		if (big_width(scale, head) > w)
			break;
		len += n;
	}
	head[len] = '\0';
	x = len ? big_draw(a, 0, 0, scale, st, head) + GAP * scale : x;
	return w >= 0 ? big_draw(a, x, 0, scale, st, dots) : x;
}

int big_fit(int w, int scale, const char *own)
{
	while (scale && big_width(scale, own) > w)
		scale--;
	return scale;
}

int big_pitch(const struct glyphs *g, int scale)
{
	return big_height(g, scale) + (scale ? 1 : 0);
}

/* Bytes of the words that fit into w columns, at least one word. */
static size_t words_that_fit(const char *own, int w, int scale)
{
	char head[256];
	size_t end = 0;

	for (size_t n = 0; own[n] && n < sizeof(head) - 1;) {
		n += strspn(own + n, " ");
		n = min_size(n + strcspn(own + n, " "), sizeof(head) - 1);
		memcpy(head, own, n);
		head[n] = '\0';
		if (end && big_width(scale, head) > w)
			break;
		end = n;
	}
	return end;
}

int big_paragraph(struct area a, int most, int scale, enum style st, const char *own)
{
	int pitch = big_pitch(a.s->glyphs, scale), y = 0;
	char line[256];

	if (!scale)
		return draw_paragraph(a, most, st, own);
	for (int i = 0; i < most && *own; i++) {
		size_t n = words_that_fit(own, a.w, scale);

		if (i + 1 == most)
			n = min_size(strlen(own), sizeof(line) - 1);
		snprintf(line, sizeof(line), "%.*s", (int)n, own);
		big_draw_cut(area_sub(a, 0, y, a.w, a.h - y), scale, st, line);
		own += n;
		own += strspn(own, " ");
		y += pitch;
	}
	return y;
}
