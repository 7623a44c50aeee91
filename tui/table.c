/* table.c - rows in order: filter, sort, marks and the cursor that follows identity. How a row
 * looks is in tabledraw.c.
 *
 * The order is an array of row indexes, made again only when the rows, the filter or the sort
 * change. Sorting is a merge sort of runs that starts from the order before: rows that come in
 * nearly the same order every second (10,000 executors) cost one pass of comparisons. */
#include "tabletype.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct table *table_new(const struct table_spec *spec)
{
	struct table *t = xcalloc(1, sizeof(*t));

	t->spec = *spec;
	return t;
}

void table_free(struct table *t)
{
	if (!t)
		return;
	filter_free(t->filter);
	free(t->rows);
	free(t->hashes);
	free(t->order);
	free(t->marks);
	free(t->scratch);
	free(t->own_columns);
	free(t);
}

const struct table_spec *table_spec(const struct table *t)
{
	return &t->spec;
}

void table_set_old(struct table *t, table_old_fn *is_old, const void *data)
{
	t->is_old = is_old;
	t->old_data = data;
}

static int generic_width(const struct field *f)
{
	switch (f->type) {
	case FIELD_TEXT: /* an id is none any more without its end: driver-20261122014739-0000 */
		return f->flags & FIELD_KEY && strstr(f->name, "_id") ? 26 : 16;
	case FIELD_TEXTS:
	case FIELD_COUNTS:
	case FIELD_INTS:
		return 16;
	case FIELD_SERIES:
		return 15;
	case FIELD_ENUM:
		return 12;
	case FIELD_IDENT:
	case FIELD_TIME:
		return 9;
	default:
		return 7;
	}
}

struct table *table_new_generic(const struct schema *s)
{
	struct table_spec spec = {.schema = s};
	struct table *t = table_new(&spec);
	size_t n = min_size(s->nfields, LAYOUT_COLUMNS);

	t->own_columns = xcalloc(n + 1, sizeof(struct column));
	for (size_t i = 0; i < n; i++) {
		const struct field *f = &s->fields[i];
		int title = text_width(f->title ? f->title : f->name);
		int width = generic_width(f);

		t->own_columns[i] = (struct column){
			.name = f->name,
			.width = title > width ? title : width,
			.max = f->type == FIELD_TEXT || f->type == FIELD_TEXTS ? 40 : 0,
			.weight = f->flags & FIELD_KEY ? 0 : (int)(n - i) + 1,
			.gap = 2,
			.flags = (f->type == FIELD_SERIES ? COLUMN_SPARK : 0U) |
				 (i == 0 ? COLUMN_SUBJECT : 0U),
		};
	}
	t->spec.columns = t->own_columns;
	return t;
}

static bool is_number(const struct field *f)
{
	return f->type == FIELD_INT || f->type == FIELD_REAL || f->type == FIELD_TIME ||
	       f->type == FIELD_BOOL || f->type == FIELD_ENUM;
}

static int compare_rows(const struct table *t, size_t a, size_t b)
{
	const void *ra = t->rows[a], *rb = t->rows[b];
	bool absent_a = field_is_absent(t->sort, ra), absent_b = field_is_absent(t->sort, rb);
	int c;

	/* Absent values stay at the end in both directions. */
	if (absent_a || absent_b)
		return absent_a == absent_b ? 0 : absent_a ? 1 : -1;
	c = field_compare(t->sort, ra, rb);
	return t->is_inverted ? -c : c;
}

/* Merges runs that are already in order until one is left; stable. */
static void merge_sort(struct table *t)
{
	uint32_t *from = t->order, *to = t->scratch;
	size_t n = t->nshown;

	if (n < 2)
		return;
	/* 40 passes sort more rows than memory holds. */
	for (int pass = 0, runs = 2; runs > 1 && pass < 40; pass++) {
		size_t i = 0, out = 0;

		runs = 0;

		while (i < n) {
			size_t a = i, b, end;

			for (i++; i < n && compare_rows(t, from[i - 1], from[i]) <= 0;)
				i++;
			b = i;
			if (i < n)
				for (i++; i < n && compare_rows(t, from[i - 1], from[i]) <= 0;)
					i++;
			end = i;
			for (size_t x = a, y = b; x < b || y < end;) {
				bool left = y >= end ||
					    (x < b && compare_rows(t, from[x], from[y]) <= 0);

				to[out++] = left ? from[x++] : from[y++];
			}
			runs++;
		}
		memcpy(from, to, n * sizeof(*from));
	}
}

static size_t find_hash(const struct table *t, uint64_t hash)
{
	for (size_t i = 0; i < t->nshown; i++)
		if (t->hashes[t->order[i]] == hash)
			return i;
	return t->nshown;
}

/* Rows in the order of the last time where that is possible, so that sorting finds long runs. */
static void fill_order(struct table *t, size_t nbefore)
{
	size_t n = 0;
	bool keep = t->sort && nbefore == t->n && t->n > 1 && t->nshown == t->n;

	if (!keep)
		for (size_t i = 0; i < t->n; i++)
			t->order[i] = (uint32_t)i;
	for (size_t i = 0; i < t->n; i++)
		if (!t->filter || filter_match(t->filter, t->spec.schema, t->rows[t->order[i]]))
			t->order[n++] = t->order[i];
	t->nshown = n;
}

static void follow_cursor(struct table *t)
{
	size_t i = t->has_cursor ? find_hash(t, t->cursor_hash) : 0;

	if (t->nshown == 0) {
		t->cursor = 0;
		return;
	}
	if (i < t->nshown)
		t->cursor = i;
	else if (t->cursor >= t->nshown)
		t->cursor = t->nshown - 1;
	t->cursor_hash = t->hashes[t->order[t->cursor]];
}

static void reorder(struct table *t, size_t nbefore)
{
	fill_order(t, nbefore);
	if (t->sort)
		merge_sort(t);
	follow_cursor(t);
}

void table_set_rows(struct table *t, const struct rowset *rows, uint64_t version)
{
	size_t before = t->n;

	if (t->version == version && version)
		return;
	t->version = version;
	if (rows->n > t->size) {
		t->size = rows->n + rows->n / 4 + 16;
		t->rows = xrealloc(t->rows, t->size * sizeof(*t->rows));
		t->hashes = xrealloc(t->hashes, t->size * sizeof(*t->hashes));
		t->order = xrealloc(t->order, t->size * sizeof(*t->order));
		t->scratch = xrealloc(t->scratch, t->size * sizeof(*t->scratch));
	}
	t->n = rows->n;
	if (rows->n)
		memcpy(t->rows, rows->rows, rows->n * sizeof(*t->rows));
	field_key_hashes(t->spec.schema, rows->rows, rows->n, t->hashes);
	table_measure(t);
	reorder(t, before);
}

const void *table_cursor(const struct table *t)
{
	return t->nshown ? t->rows[t->order[t->cursor]] : NULL;
}

const void *table_seen(const struct table *t)
{
	size_t i = find_hash(t, t->seen_hash);

	return i < t->nshown ? t->rows[t->order[i]] : NULL;
}

size_t table_count(const struct table *t)
{
	return t->nshown;
}

size_t table_total(const struct table *t)
{
	return t->n;
}

const void *table_row(const struct table *t, size_t i)
{
	return i < t->nshown ? t->rows[t->order[i]] : NULL;
}

static void set_cursor(struct table *t, size_t i)
{
	if (!t->nshown)
		return;
	t->cursor = i < t->nshown ? i : t->nshown - 1;
	t->seen_hash = t->cursor_hash = t->hashes[t->order[t->cursor]];
	t->has_cursor = true;
}

bool table_select(struct table *t, const void *row)
{
	size_t i = find_hash(t, field_key_hash(t->spec.schema, row));

	if (i >= t->nshown)
		return false;
	set_cursor(t, i);
	return true;
}

bool table_is_untouched(const struct table *t)
{
	return !t->has_cursor;
}

void table_move(struct table *t, enum move m)
{
	size_t page = t->page > 1 ? (size_t)t->page - 1 : 1;

	switch (m) {
	case MOVE_DOWN:
		set_cursor(t, t->cursor + 1);
		break;
	case MOVE_UP:
		set_cursor(t, t->cursor ? t->cursor - 1 : 0);
		break;
	case MOVE_PAGE_DOWN:
		set_cursor(t, t->cursor + page);
		break;
	case MOVE_PAGE_UP:
		set_cursor(t, t->cursor > page ? t->cursor - page : 0);
		break;
	case MOVE_FIRST:
		set_cursor(t, 0);
		break;
	case MOVE_LAST:
		set_cursor(t, t->nshown ? t->nshown - 1 : 0);
		break;
	}
}

int table_top(const struct table *t)
{
	return t->drawn_y;
}

bool table_click(struct table *t, int line)
{
	if (line < 1 || t->top + (size_t)line - 1 >= t->nshown || line > t->page)
		return false;
	set_cursor(t, t->top + (size_t)line - 1);
	return true;
}

static const struct column *column_named(const struct table *t, const char *name)
{
	for (const struct column *c = t->spec.columns; c && c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}

int table_sort(struct table *t, const char *name, struct err *err)
{
	const char *names[128];
	const struct field *f = NULL;
	const struct schema *s = t->spec.schema;
	size_t n = 0;

	if (name && *name) {
		f = field_find(s, name);
		for (size_t i = 0; i < s->nfields && n < ARRAY_LEN(names); i++) {
			if (!f && s->fields[i].title && !strcasecmp(s->fields[i].title, name))
				f = &s->fields[i];
			names[n++] = s->fields[i].name;
		}
		if (!f) {
			const char *near = config_nearest(name, names, n);

			return err_set(err, ERR_MISSING, "no field \"%s\" in %s%s%s", name,
				       s->title, near ? ", nearest: " : "", near ? near : "");
		}
	}
	t->sort = f;
	/* The largest number first is what one looks for; a name from A. */
	t->is_inverted = f && is_number(f) && f->type != FIELD_ENUM;
	reorder(t, t->n);
	return 0;
}

void table_sort_next(struct table *t)
{
	const struct column *c = t->spec.columns;

	if (t->sort) {
		const struct column *now = column_named(t, t->sort->name);

		c = now ? now + 1 : NULL;
	}
	while (c && c->name && (c->flags & COLUMN_SPARK || t->dropped >> (c - t->spec.columns) & 1))
		c++;
	/* Every column is a field of the schema: a test goes through all of them. */
	if (table_sort(t, c && c->name ? c->name : NULL, NULL) < 0)
		t->sort = NULL;
}

void table_sort_invert(struct table *t)
{
	if (!t->sort && table_sort(t, t->spec.columns ? t->spec.columns[0].name : NULL, NULL) < 0)
		return;
	t->is_inverted = !t->is_inverted;
	reorder(t, t->n);
}

static size_t filter_columns(struct table *t)
{
	size_t n = 0;

	for (const struct column *c = t->spec.columns; c && c->name && n < LAYOUT_COLUMNS; c++) {
		const struct field *f = field_find(t->spec.schema, c->name);

		if (!f)
			continue;
		t->shown[n++] = (struct filter_column){
			.field = f,
			.title = c->title ? c->title : f->title,
			.is_subject = c->flags & COLUMN_SUBJECT,
			.format = c->format,
		};
	}
	return n;
}

void table_filter(struct table *t, const char *expression)
{
	filter_free(t->filter);
	*t->filter_problem = '\0';
	t->filter = expression && *expression ? filter_new(expression) : NULL;
	if (t->filter &&
	    filter_bind(t->filter, t->spec.schema, t->shown, filter_columns(t), t->filter_problem))
		*t->filter_problem = '\0';
	snprintf(t->filter_text, sizeof(t->filter_text), "%s", expression ? expression : "");
	reorder(t, 0);
}

const char *table_filter_text(const struct table *t)
{
	return t->filter_text;
}

const char *table_filter_problem(const struct table *t)
{
	return t->filter_problem;
}

static size_t mark_index(const struct table *t, uint64_t hash)
{
	for (size_t i = 0; i < t->nmarks; i++)
		if (t->marks[i] == hash)
			return i;
	return t->nmarks;
}

void table_mark(struct table *t)
{
	size_t i;

	if (!t->nshown)
		return;
	i = mark_index(t, t->hashes[t->order[t->cursor]]);
	if (i < t->nmarks) {
		t->marks[i] = t->marks[--t->nmarks];
	} else {
		if (t->nmarks == t->marks_size) {
			t->marks_size = t->marks_size ? t->marks_size * 2 : 16;
			t->marks = xrealloc(t->marks, t->marks_size * sizeof(*t->marks));
		}
		t->marks[t->nmarks++] = t->hashes[t->order[t->cursor]];
	}
	table_move(t, MOVE_DOWN);
}

void table_unmark_all(struct table *t)
{
	t->nmarks = 0;
}

bool table_is_marked(const struct table *t, const void *row)
{
	return t->nmarks && mark_index(t, field_key_hash(t->spec.schema, row)) < t->nmarks;
}

size_t table_marked(const struct table *t, size_t *hidden)
{
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < t->n && t->nmarks; i++)
		all += mark_index(t, t->hashes[i]) < t->nmarks;
	for (size_t i = 0; i < t->nshown && t->nmarks; i++)
		shown += mark_index(t, t->hashes[t->order[i]]) < t->nmarks;
	if (hidden)
		*hidden = all - shown;
	return all;
}
