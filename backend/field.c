/* field.c - what can be done with any row by its schema: clear, compare, identify, print. The
 * meaning of "absent" is decided here once. JSON is in field_json.c, number formats in
 * field_format.c, filters in filter.c. */
#include "../include/field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "../include/clock.h"

enum { KEYS_MAX = 8 };

void field_clear_row(const struct schema *s, void *row)
{
	memset(row, 0, s->size);
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->fields[i];
		void *p = (char *)row + f->offset;

		switch (f->type) {
		case FIELD_INT:
		case FIELD_TIME:
			*(int64_t *)p = ABSENT;
			break;
		case FIELD_REAL:
			*(double *)p = ABSENT_REAL;
			break;
		case FIELD_BOOL:
		case FIELD_ENUM:
			*(int *)p = -1;
			break;
		case FIELD_IDENT:
			((struct ident *)p)->number = ABSENT;
			break;
		case FIELD_TEXT:
		case FIELD_TEXTS:
		case FIELD_COUNTS:
		case FIELD_SERIES:
		case FIELD_INTS:
			break;
		}
	}
}

const struct field *field_find(const struct schema *s, const char *name)
{
	for (size_t i = 0; i < s->nfields; i++) {
		if (!strcmp(s->fields[i].name, name))
			return &s->fields[i];
	}
	return NULL;
}

bool field_is_absent(const struct field *f, const void *row)
{
	const void *p = FIELD_OF(row, f);

	switch (f->type) {
	case FIELD_TEXT:
		return *(const struct text *const *)p == NULL;
	case FIELD_INT:
	case FIELD_TIME:
		return is_absent(*(const int64_t *)p);
	case FIELD_REAL:
		return isnan(*(const double *)p);
	case FIELD_BOOL:
	case FIELD_ENUM:
		return *(const int *)p < 0;
	case FIELD_IDENT:
		return is_absent(((const struct ident *)p)->number) &&
		       !((const struct ident *)p)->text;
	case FIELD_TEXTS:
		return ((const struct texts *)p)->n == 0;
	case FIELD_COUNTS:
		return ((const struct counts *)p)->n == 0;
	case FIELD_SERIES:
		return ((const struct series *)p)->n == 0;
	case FIELD_INTS:
		return ((const struct ints *)p)->n == 0;
	}
	return true;
}

/* What snprintf() wrote, not what it would have liked to write. */
static size_t written(int n, size_t size)
{
	return n < 0 ? 0 : min_size((size_t)n, size - 1);
}

static size_t copy_out(char *out, size_t size, const char *s)
{
	size_t n = min_size(strlen(s), size - 1);

	memcpy(out, s, n);
	out[n] = '\0';
	return n;
}

/* The value as a number for comparing and for units; false where it has none. */
static bool as_number(const struct field *f, const void *row, double *v)
{
	const void *p = FIELD_OF(row, f);

	switch (f->type) {
	case FIELD_INT:
	case FIELD_TIME:
		*v = is_absent(*(const int64_t *)p) ? ABSENT_REAL : (double)*(const int64_t *)p;
		return true;
	case FIELD_REAL:
		*v = *(const double *)p;
		return true;
	case FIELD_BOOL:
	case FIELD_ENUM:
		*v = *(const int *)p < 0 ? ABSENT_REAL : (double)*(const int *)p;
		return true;
	default:
		return false;
	}
}

static size_t format_counts(const struct counts *c, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < c->n && used < size - 1; i++) {
		int n = snprintf(out + used, size - used, "%s%s %lld", i ? ", " : "",
				 text_str(c->v[i].key), (long long)c->v[i].n);

		used += written(n, size - used);
	}
	return used;
}

static size_t format_list(const struct texts *t, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < t->n && used < size - 1; i++) {
		int n = snprintf(out + used, size - used, "%s%s", i ? "; " : "", text_str(t->v[i]));

		used += written(n, size - used);
	}
	return used;
}

static size_t format_ints(const struct ints *v, char *out, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < v->n && used < size - 1; i++) {
		int n = snprintf(out + used, size - used, "%s%lld", i ? " " : "",
				 (long long)v->v[i]);

		used += written(n, size - used);
	}
	return used;
}

static size_t format_whole(int64_t v, char *out, size_t size)
{
	const int64_t exact = (int64_t)1 << 53; /* as a double */

	if (v < exact && v > -exact)
		return format_number((double)v, UNIT_NONE, out, size);
	return written(snprintf(out, size, "%lld", (long long)v), size);
}

static size_t format_ident(const struct ident *id, char *out, size_t size)
{
	if (id->text)
		return copy_out(out, size, text_str(id->text));
	return format_whole(id->number, out, size);
}

size_t field_format(const struct field *f, const void *row, char *out, size_t size)
{
	const void *p = FIELD_OF(row, f);

	if (field_is_absent(f, row))
		return copy_out(out, size, "-");
	switch (f->type) {
	case FIELD_TEXT:
		return copy_out(out, size, text_str(*(const struct text *const *)p));
	case FIELD_INT:
		if (f->unit == UNIT_NONE)
			return format_whole(*(const int64_t *)p, out, size);
		return format_number((double)*(const int64_t *)p, f->unit, out, size);
	case FIELD_REAL:
		return format_number(*(const double *)p, f->unit, out, size);
	case FIELD_BOOL:
		return copy_out(out, size, *(const int *)p ? "yes" : "no");
	case FIELD_ENUM:
		return copy_out(out, size, f->names[*(const int *)p]);
	case FIELD_TIME: {
		char text[32];

		clock_rfc3339(*(const int64_t *)p, text);
		return copy_out(out, size, text);
	}
	case FIELD_IDENT:
		return format_ident(p, out, size);
	case FIELD_TEXTS:
		return format_list(p, out, size);
	case FIELD_COUNTS:
		return format_counts(p, out, size);
	case FIELD_INTS:
		return format_ints(p, out, size);
	case FIELD_SERIES:
		return written(snprintf(out, size, "%zu points", ((const struct series *)p)->n),
			       size);
	}
	return 0;
}

void field_format_long(const struct field *f, const void *row, struct buf *out)
{
	char text[4096];
	size_t n;

	if (f->type == FIELD_INT && !field_is_absent(f, row)) {
		buf_printf(out, "%lld", (long long)*(const int64_t *)FIELD_OF(row, f));
		if (f->unit == UNIT_NONE || f->unit == UNIT_COUNT)
			return;
		n = field_format(f, row, text, sizeof(text));
		buf_printf(out, " (%.*s)", (int)n, text);
		return;
	}
	if (f->type == FIELD_TEXT && !field_is_absent(f, row)) {
		buf_puts(out, text_str(*(const struct text *const *)FIELD_OF(row, f)));
		return;
	}
	n = field_format(f, row, text, sizeof(text));
	buf_putn(out, text, n);
}

static int compare_numbers(double a, double b)
{
	return (a > b) - (a < b);
}

int field_compare(const struct field *f, const void *a, const void *b)
{
	bool no_a = field_is_absent(f, a), no_b = field_is_absent(f, b);
	const void *pa = FIELD_OF(a, f), *pb = FIELD_OF(b, f);
	double va, vb;

	if (no_a || no_b)
		return no_a - no_b;
	if (as_number(f, a, &va) && as_number(f, b, &vb))
		return compare_numbers(va, vb);
	switch (f->type) {
	case FIELD_TEXT:
		return strcasecmp(text_str(*(const struct text *const *)pa),
				  text_str(*(const struct text *const *)pb));
	case FIELD_IDENT: {
		const struct ident *x = pa, *y = pb;

		if (x->text || y->text)
			return x->text && y->text ? text_cmp(x->text, y->text)
						  : (x->text != NULL) - (y->text != NULL);
		return (x->number > y->number) - (x->number < y->number);
	}
	case FIELD_SERIES: {
		const struct series *x = pa, *y = pb;

		return compare_numbers((double)x->v[x->n - 1], (double)y->v[y->n - 1]);
	}
	default: {
		char ta[256], tb[256];

		field_format(f, a, ta, sizeof(ta));
		field_format(f, b, tb, sizeof(tb));
		return strcmp(ta, tb);
	}
	}
}

bool field_same_key(const struct schema *s, const void *a, const void *b)
{
	for (size_t i = 0; i < s->nfields; i++) {
		if ((s->fields[i].flags & FIELD_KEY) && field_compare(&s->fields[i], a, b))
			return false;
	}
	return true;
}

/* FNV-1a of each key and its NUL, as it is printed. */
static uint64_t key_hash(const struct field *const *keys, size_t nkeys, const void *row)
{
	uint64_t h = 0xcbf29ce484222325u;
	char text[512];

	for (size_t i = 0; i < nkeys; i++) {
		const struct field *f = keys[i];
		const char *key = text;

		if (f->type == FIELD_TEXT && !field_is_absent(f, row))
			key = text_str(*(const struct text *const *)FIELD_OF(row, f));
		else
			field_format(f, row, text, sizeof(text));
		do
			h = (h ^ (unsigned char)*key) * 0x100000001b3u;
		while (*key++);
	}
	return h;
}

void field_key_hashes(const struct schema *s, const void *const *rows, size_t n, uint64_t *out)
{
	const struct field *keys[KEYS_MAX];
	size_t nkeys = 0;

	for (const struct field *f = s->fields; f < s->fields + s->nfields; f++) {
		if (!(f->flags & FIELD_KEY))
			continue;
		if (nkeys == KEYS_MAX)
			BUG("schema %s has more than %d keys", s->name, KEYS_MAX);
		keys[nkeys++] = f;
	}
	for (size_t i = 0; i < n; i++)
		out[i] = key_hash(keys, nkeys, rows[i]);
}

uint64_t field_key_hash(const struct schema *s, const void *row)
{
	uint64_t h;

	field_key_hashes(s, &row, 1, &h);
	return h;
}
