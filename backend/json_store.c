/* json_store.c - one JSON value into one field of a row. A value of the wrong type leaves the field
 * absent and is counted; null is just absent. Texts that are printable ASCII without escapes, which
 * is nearly all of them, are copied as they are: exactly what text_clean() would do with them. */
#include "json_store.h"

#include <stdlib.h>

#include "../include/clock.h"

size_t json_field_size(enum field_type type)
{
	switch (type) {
	case FIELD_TEXT:
		return sizeof(const struct text *);
	case FIELD_INT:
	case FIELD_TIME:
		return sizeof(int64_t);
	case FIELD_REAL:
		return sizeof(double);
	case FIELD_BOOL:
	case FIELD_ENUM:
		return sizeof(int);
	case FIELD_IDENT:
		return sizeof(struct ident);
	case FIELD_TEXTS:
		return sizeof(struct texts);
	case FIELD_COUNTS:
		return sizeof(struct counts);
	case FIELD_SERIES:
		return sizeof(struct series);
	case FIELD_INTS:
		return sizeof(struct ints);
	}
	return 0;
}

static bool mismatch(struct json_scan *in)
{
	in->flags.mismatches++;
	return scan_skip(in);
}

static const struct text *text_of(struct arena *a, const struct json_slice *s)
{
	char *copy;

	if (!s->is_plain || s->len > TEXT_MAX)
		return text_clean(a, s->s, s->len);
	copy = arena_alloc_raw(a, s->len + 1, 1);
	memcpy(copy, s->s, s->len);
	copy[s->len] = '\0';
	return (const struct text *)(const void *)copy;
}

bool json_store_text(struct json_scan *in, struct arena *a, const struct text **out)
{
	struct json_slice s;

	if (!scan_string(in, &s))
		return false;
	*out = text_of(a, &s);
	return true;
}

/* Moves over null; false when there is none. */
static bool is_null(struct json_scan *in)
{
	if (strncmp(in->p, "null", 4) != 0)
		return false;
	in->p += 4;
	return true;
}

static bool integer_of(struct json_scan *in, const struct scan_number *n, int64_t *out)
{
	if (n->is_integer)
		*out = n->integer;
	else if (fabs(n->real) < 9.2e18)
		*out = (int64_t)llround(n->real);
	else if (!isnan(n->real))
		in->flags.huge++;
	return true;
}

/* A number given as a string: "NaN", "1.5", "1795206757559". Not one at all: a mismatch. */
static bool number_in_string(struct json_scan *in, struct scan_number *n)
{
	struct json_slice s;
	struct json_scan inner;
	char copy[64];

	*n = (struct scan_number){.integer = ABSENT, .real = ABSENT_REAL};
	if (!scan_string(in, &s))
		return false;
	if (s.len > 0 && s.len < sizeof(copy)) {
		memcpy(copy, s.s, s.len);
		copy[s.len] = '\0';
		scan_init(&inner, copy, s.len);
		if (scan_is_number_start(*inner.p) && scan_number(&inner, n) &&
		    inner.p == inner.end) {
			json_flags_add(&in->flags, &inner.flags);
			return true;
		}
	}
	*n = (struct scan_number){.integer = ABSENT, .real = ABSENT_REAL};
	in->flags.mismatches++;
	return true;
}

static bool store_number(struct json_scan *in, const struct field *f, void *p)
{
	struct scan_number n;
	bool ok;

	if (scan_is_number_start(*in->p))
		ok = scan_number(in, &n);
	else if (*in->p == '"' && (f->flags & FIELD_NUMERIC_STRING))
		ok = number_in_string(in, &n);
	else
		return mismatch(in);
	if (!ok)
		return false;
	if (f->type == FIELD_REAL)
		*(double *)p = n.real;
	else
		ok = integer_of(in, &n, (int64_t *)p);
	return ok;
}

static bool store_bool(struct json_scan *in, int *out)
{
	if (*in->p != 't' && *in->p != 'f')
		return mismatch(in);
	*out = *in->p == 't' ? TRI_TRUE : TRI_FALSE;
	return scan_word(in, *in->p == 't' ? "true" : "false");
}

/* Before 1970 nobody polled: Spark writes -1 and 1969-12-31 for "not yet". */
static bool store_time(struct json_scan *in, const struct field *f, size_t index, int64_t *out)
{
	enum time_zone_kind kind;
	struct json_slice s;

	if (f->flags & FIELD_EPOCH_MS) {
		if (!store_number(in, f, out))
			return false;
	} else if (*in->p != '"') {
		return mismatch(in);
	} else {
		if (!scan_string(in, &s))
			return false;
		*out = clock_parse(s.s, s.len, &kind);
		if (is_absent(*out))
			in->flags.mismatches++;
		else if (kind == TIME_NAIVE && index < 64)
			in->flags.naive |= UINT64_C(1) << index;
	}
	if (*out < 0)
		*out = ABSENT;
	return true;
}

static bool store_enum(struct json_scan *in, const struct field *f, int *out)
{
	struct json_slice s;

	if (*in->p != '"')
		return mismatch(in);
	if (!scan_string(in, &s))
		return false;
	for (int i = 0; f->names[i]; i++)
		if (strlen(f->names[i]) == s.len && memcmp(f->names[i], s.s, s.len) == 0)
			*out = i;
	if (*out < 0)
		in->flags.mismatches++;
	return true;
}

static bool store_ident(struct json_scan *in, struct arena *a, struct ident *out)
{
	const char *at = in->p;
	struct scan_number n;

	if (*at == '"')
		return json_store_text(in, a, &out->text);
	if (!scan_is_number_start(*at))
		return mismatch(in);
	if (!scan_number(in, &n))
		return false;
	if (n.is_integer)
		out->number = n.integer;
	else
		out->text = text_clean(a, at, (size_t)(in->p - at));
	return true;
}

/* A list that grows while it is read; only its final length goes into the arena. */
struct gathered {
	void *items;
	size_t n, room, size;
};

static void *gather(struct json_scan *in, struct gathered *g)
{
	if (g->n == JSON_ITEMS_MAX) {
		in->flags.dropped++;
		return NULL;
	}
	if (g->n == g->room) {
		g->room = g->room ? g->room * 2 : 16;
		g->items = xrealloc(g->items, g->room * g->size);
	}
	return (char *)g->items + g->n++ * g->size;
}

static void *keep(struct arena *a, struct gathered *g)
{
	void *copy = NULL;

	if (g->n > 0) {
		copy = arena_alloc_raw(a, g->n * g->size, 16);
		memcpy(copy, g->items, g->n * g->size);
	}
	free(g->items);
	return copy;
}

static bool gather_item(struct json_scan *in, struct arena *a, const struct field *f,
			struct gathered *g)
{
	struct scan_number n;
	const struct text *t;
	void *slot;

	if (f->type == FIELD_TEXTS) {
		if (*in->p != '"')
			return is_null(in) || mismatch(in);
		if (!json_store_text(in, a, &t))
			return false;
		slot = gather(in, g);
		if (slot)
			*(const struct text **)slot = t;
		return true;
	}
	if (!scan_is_number_start(*in->p))
		return is_null(in) || mismatch(in);
	if (!scan_number(in, &n))
		return false;
	slot = gather(in, g);
	if (!slot)
		return true;
	*(int64_t *)slot = ABSENT;
	return integer_of(in, &n, slot);
}

static bool store_list(struct json_scan *in, struct arena *a, const struct field *f, void *p)
{
	struct gathered g = {.size = 8};
	bool is_end, is_first = true, ok = true;
	void *items;

	if (*in->p != '[')
		return mismatch(in);
	in->p++;
	for (;; is_first = false) {
		ok = scan_next(in, ']', is_first, &is_end);
		if (!ok || is_end)
			break;
		ok = gather_item(in, a, f, &g);
		if (!ok)
			break;
	}
	items = keep(a, &g);
	if (f->type == FIELD_TEXTS)
		*(struct texts *)p = (struct texts){g.n, items};
	else
		*(struct ints *)p = (struct ints){g.n, items};
	return ok;
}

static struct count *find_count(struct gathered *g, const struct text *key)
{
	struct count *c = g->items;

	for (size_t i = 0; i < g->n; i++)
		if (text_cmp(c[i].key, key) == 0)
			return &c[i];
	return NULL;
}

static bool gather_count(struct json_scan *in, struct arena *a, struct gathered *g)
{
	struct scan_number n;
	struct json_slice raw;
	const struct text *key;
	struct count *c;

	if (!scan_key(in, &raw))
		return false;
	key = text_of(a, &raw);
	c = find_count(g, key);
	if (c)
		in->flags.duplicates++;
	else
		c = gather(in, g);
	if (c)
		*c = (struct count){key, ABSENT};
	if (!scan_is_number_start(*in->p))
		return is_null(in) || mismatch(in);
	if (!scan_number(in, &n))
		return false;
	return !c || integer_of(in, &n, &c->n);
}

/* Members whose last value was no number. */
static void drop_unnumbered(struct gathered *g)
{
	struct count *c = g->items;
	size_t n = 0;

	for (size_t i = 0; i < g->n; i++)
		if (!is_absent(c[i].n))
			c[n++] = c[i];
	g->n = n;
}

static bool store_counts(struct json_scan *in, struct arena *a, struct counts *out)
{
	struct gathered g = {.size = sizeof(struct count)};
	bool is_end, is_first = true, ok;

	if (*in->p != '{')
		return mismatch(in);
	in->p++;
	for (;; is_first = false) {
		ok = scan_next(in, '}', is_first, &is_end);
		if (!ok || is_end)
			break;
		ok = gather_count(in, a, &g);
		if (!ok)
			break;
	}
	drop_unnumbered(&g);
	out->n = g.n;
	out->v = keep(a, &g);
	return ok;
}

static bool store(struct json_scan *in, struct arena *a, const struct field *f, size_t index,
		  void *row)
{
	void *p = (char *)row + f->offset;

	if (*in->p == 'n')
		return scan_word(in, "null");
	switch (f->type) {
	case FIELD_TEXT:
		if (*in->p != '"')
			return mismatch(in);
		return json_store_text(in, a, p);
	case FIELD_INT:
	case FIELD_REAL:
		return store_number(in, f, p);
	case FIELD_BOOL:
		return store_bool(in, p);
	case FIELD_TIME:
		return store_time(in, f, index, p);
	case FIELD_ENUM:
		return store_enum(in, f, p);
	case FIELD_IDENT:
		return store_ident(in, a, p);
	case FIELD_TEXTS:
	case FIELD_INTS:
		return store_list(in, a, f, p);
	case FIELD_COUNTS:
		return store_counts(in, a, p);
	case FIELD_SERIES:
		break;
	}
	return mismatch(in);
}

bool json_store(struct json_scan *in, struct arena *a, const struct field *f, size_t index,
		void *row)
{
	uint32_t before = in->flags.mismatches;
	bool ok = store(in, a, f, index, row);

	if (in->flags.mismatches != before && index < 64)
		in->flags.wrong |= UINT64_C(1) << index;
	return ok;
}
