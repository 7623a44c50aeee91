/* log/lines.c - walks over lines by offset, forwards and backwards, and makes rows of those that
 * are wished.
 *
 * DESIGN: one window of bytes moves over the log; a line is found inside it where one can, and a
 * line longer than the window is walked over in windows and shown by its beginning. A page that
 * finds too little is not searched for ever: it ends with a note that says where it stopped. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "../../include/snapshot.h"
#include "lines.h"
#include "record.h"
#include "scan.h"

enum { WINDOW = 256 * 1024, SEARCH_MS = 700, COUNT_MAX = 8 << 20, ROWS_MAX = 5000 };

struct walk {
	const struct lines_from *from;
	const struct lines_wish *wish;
	char *window;
	int64_t at; /* of the window */
	size_t len;
	int64_t number; /* of the line that is next, ABSENT */
	int64_t until;  /* monotonic ms */
};

struct line {
	int64_t offset, total; /* without its newline */
	const char *p;         /* its first bytes */
	size_t len;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- index --- */

void lines_index_add(struct lines_index *x, int64_t offset, int64_t line)
{
	if (x->n == x->size) {
		x->size = x->size ? x->size * 2 : 16;
		x->v = xrealloc(x->v, x->size * sizeof(*x->v));
	}
	x->v[x->n++] = (struct lines_mark){offset, line};
}

void lines_index_clear(struct lines_index *x)
{
	x->n = 0;
	x->base = 0;
}

/* --- the window --- */

/* Moves it so that it begins at that offset. */
static void load(struct walk *w, int64_t at)
{
	size_t most = (size_t)min_i64(w->from->end - at, WINDOW), n = 0;

	while (n < most) {
		ssize_t got =
			w->from->read(w->from->data, at + (int64_t)n, w->window + n, most - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	w->at = at;
	w->len = n;
}

static bool holds(const struct walk *w, int64_t at)
{
	return at >= w->at && at < w->at + (int64_t)w->len;
}

/* Line breaks in [a, b), or ABSENT when that is too far or cannot be read. */
static int64_t count_between(struct walk *w, int64_t a, int64_t b)
{
	int64_t n = 0;

	if (b - a > COUNT_MAX)
		return ABSENT;
	while (a < b) {
		if (!holds(w, a))
			load(w, a);
		size_t some = (size_t)min_i64(b - a, w->at + (int64_t)w->len - a);
		if (!holds(w, a))
			return ABSENT;
		n += count_newlines(w->window + (a - w->at), some);
		a += (int64_t)some;
	}
	return n;
}

/* The last mark at or before that offset, or NULL. */
static const struct lines_mark *mark_before(const struct lines_index *x, int64_t offset)
{
	size_t lo = 0, hi = x ? x->n : 0;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		if (x->v[mid].offset <= offset)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo ? &x->v[lo - 1] : NULL;
}

static int64_t number_of(struct walk *w, int64_t offset)
{
	for (int i = 1; i >= 0; i--) {
		const struct lines_index *x = w->from->index[i];
		const struct lines_mark *m = mark_before(x, offset);
		if (!m)
			continue;
		int64_t more = is_absent(x->base) ? ABSENT : count_between(w, m->offset, offset);
		return is_absent(more) ? ABSENT : x->base + m->line + more;
	}
	return ABSENT;
}

/* --- line by line --- */

/* The line that begins at *at; moves *at behind it. */
static bool next_line(struct walk *w, int64_t *at, struct line *l)
{
	int64_t start = *at;
	const char *newline = NULL;

	if (start >= w->from->end)
		return false;
	if (holds(w, start))
		newline =
			memchr(w->window + (start - w->at), '\n', w->len - (size_t)(start - w->at));
	if (!newline)
		load(w, start);
	if (!holds(w, start))
		return false;
	l->offset = start;
	l->p = w->window + (start - w->at);
	size_t left = w->len - (size_t)(start - w->at);
	newline = newline ? newline : memchr(l->p, '\n', left);
	l->len = newline ? (size_t)(newline - l->p) : left;
	l->total = (int64_t)l->len;
	*at = start + l->total + (newline != NULL);
	if (newline || left < WINDOW)
		return true;
	/* Longer than the window: the rest is only measured. */
	int64_t far = start + (int64_t)left;
	for (load(w, far); w->len; load(w, far)) {
		newline = memchr(w->window, '\n', w->len);
		far += newline ? newline - w->window : (int64_t)w->len;
		if (newline)
			break;
	}
	l->total = far - start;
	*at = far + (newline != NULL);
	load(w, start);
	l->p = w->window;
	return true;
}

/* Where the line begins that ends in front of `at` (which is the beginning of
 * another, or the end). */
static int64_t start_before(struct walk *w, int64_t at)
{
	int64_t end = at - 1, need = at; /* its own newline, if it has one, is no break */

	for (; end > w->from->begin; end = need = w->at) {
		if (need <= w->at || need > w->at + (int64_t)w->len)
			load(w, max_i64(need - WINDOW, w->from->begin));
		if (end < w->at || end - w->at > (int64_t)w->len)
			return w->from->begin; /* cannot be read any more */
		const char *newline = memrchr(w->window, '\n', (size_t)(end - w->at));
		if (newline)
			return w->at + (newline + 1 - w->window);
	}
	return w->from->begin;
}

/* --- what is wished --- */

static bool holds_text(const char *p, size_t len, const char *text, size_t n)
{
	char lower = text[0], upper = text[0];

	if (lower >= 'A' && lower <= 'Z')
		lower = (char)(lower + 32);
	else if (upper >= 'a' && upper <= 'z')
		upper = (char)(upper - 32);
	for (size_t i = 0; i + n <= len; i++)
		if ((p[i] == lower || p[i] == upper) && strncasecmp(p + i, text, n) == 0)
			return true;
	return n == 0;
}

static bool is_wished(const struct lines_wish *wish, const struct line *l)
{
	const char *text = wish->filter + (wish->filter[0] == '!');

	if (text[0] && holds_text(l->p, l->len, text, strlen(text)) == (wish->filter[0] == '!'))
		return false;
	if (!wish->only_marked)
		return true;
	const struct signature *what = signatures_judge(wish->signatures, l->p, l->len);
	if (!what || (what->flags & SIGNATURE_QUIET))
		return false;
	return !(what->flags & SIGNATURE_LEVEL) ||
	       log_record_read(l->p, min_size(l->len, SCAN_LINE)).level == LOG_LINE_ERROR;
}

struct rows {
	const struct text *job, *place;
	struct log_line_row *v;
	size_t n, most, bytes;
};

static const struct text *line_text(struct arena *a, const struct line *l, size_t from, size_t most)
{
	size_t len = l->len - from;

	if (len && l->p[l->len - 1] == '\r')
		len--;
	if (l->total - (int64_t)from <= (int64_t)most)
		return text_clean_max(a, l->p + from, len, most);
	most = min_size(most, TEXT_MAX - 64);
	const struct text *cut = text_clean_max(a, l->p + from, min_size(len, most), most);
	return text_format(a, "%s (%lld more bytes)", text_str(cut),
			   (long long)(l->total - (int64_t)(from + most)));
}

static void add_row(struct rows *rows, struct dataset *d, const struct lines_wish *wish,
		    const struct line *l, int64_t number)
{
	struct log_line_row *row = &rows->v[rows->n++];
	struct log_record r = log_record_read(l->p, min_size(l->len, SCAN_LINE));
	int64_t code;
	const struct signature *what = signatures_mark(wish->signatures, l->p, l->len, &code);
	size_t from = min_size(r.from, l->len);

	field_clear_row(&schema_log_line, row);
	row->job = rows->job;
	row->place = rows->place;
	row->offset = l->offset;
	row->line = is_absent(number) ? ABSENT : number + 1;
	row->at = r.at;
	row->level = what ? LOG_LINE_MARK : (int)r.level;
	row->kind = what ? (int)what->kind : -1;
	if (what) {
		row->means = signature_means(&d->arena, what, code);
		row->name = text_format(&d->arena, "%s", what->name);
		row->next = what->next ? text_format(&d->arena, "%s", what->next) : NULL;
	}
	row->text = line_text(&d->arena, l, from, wish->max_line);
	rows->bytes += text_len(row->text);
}

static void add_note(struct rows *rows, struct dataset *d, int64_t offset)
{
	struct log_line_row *row = &rows->v[rows->n++];

	field_clear_row(&schema_log_line, row);
	row->job = rows->job;
	row->place = rows->place;
	row->offset = offset;
	row->level = LOG_LINE_NOTE;
	row->text = text_format(&d->arena, "searched up to byte %lld; what lies beyond was not",
				(long long)offset);
}

static bool is_full(const struct rows *rows, const struct lines_wish *wish)
{
	return rows->n >= rows->most || rows->bytes >= wish->max_bytes;
}

/* The time is looked at now and then. */
static bool is_late(const struct walk *w, size_t visited)
{
	return visited % 1024 == 1023 && now_ms() > w->until;
}

static void forwards(struct walk *w, struct rows *rows, struct dataset *d, int64_t at)
{
	struct line l;

	for (size_t visited = 0; !is_full(rows, w->wish); visited++) {
		if (is_late(w, visited)) {
			add_note(rows, d, at);
			return;
		}
		if (!next_line(w, &at, &l))
			return;
		if (is_wished(w->wish, &l))
			add_row(rows, d, w->wish, &l, w->number);
		w->number += !is_absent(w->number);
	}
}

static void backwards(struct walk *w, struct rows *rows, struct dataset *d, int64_t at)
{
	struct line l;

	for (size_t visited = 0; at > w->from->begin && !is_full(rows, w->wish); visited++) {
		int64_t start = start_before(w, at), behind = start;
		if (is_late(w, visited)) {
			add_note(rows, d, at);
			break;
		}
		if (!next_line(w, &behind, &l))
			break;
		/* The last line may have no newline that was counted. */
		w->number -= !is_absent(w->number) && behind > l.offset + l.total;
		if (is_wished(w->wish, &l))
			add_row(rows, d, w->wish, &l, w->number);
		at = start;
	}
	for (size_t i = 0; i < rows->n / 2; i++) {
		struct log_line_row swap = rows->v[i];
		rows->v[i] = rows->v[rows->n - 1 - i];
		rows->v[rows->n - 1 - i] = swap;
	}
}

/* Where a line begins at or behind that offset. */
static int64_t align(struct walk *w, int64_t at)
{
	struct line l;

	if (at <= w->from->begin)
		return w->from->begin;
	if (at >= w->from->end)
		return w->from->end;
	at--;
	return next_line(w, &at, &l) ? at : w->from->end;
}

void lines_page(struct dataset *d, const struct lines_from *from, const struct lines_wish *wish)
{
	struct walk w = {.from = from, .wish = wish, .until = now_ms() + SEARCH_MS};
	struct rows rows = {.most = (size_t)max_i64(min_i64(wish->count, ROWS_MAX), 0)};
	int64_t at = is_absent(wish->from) ? from->end : wish->from;

	w.window = xmalloc(WINDOW);
	rows.job = text_clean(&d->arena, wish->job, strlen(wish->job));
	rows.place = text_clean(&d->arena, wish->place, strlen(wish->place));
	rows.v = ARENA_ARRAY(&d->arena, struct log_line_row, rows.most + 1);
	at = align(&w, at);
	w.number = number_of(&w, at);
	if (wish->is_backwards || is_absent(wish->from))
		backwards(&w, &rows, d, at);
	else
		forwards(&w, &rows, d, at);
	free(w.window);
	dataset_add(d, &schema_log_line, rows.v, rows.n);
}
