/* field_json.c - any row as JSON, by its schema: the one place where a value becomes text for
 * programs. Texts are already clean, so escaping is quotes and backslashes; the output is valid
 * UTF-8 whatever came in. */
#include "../include/field.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/clock.h"

void field_json_string(const char *s, struct buf *out)
{
	buf_putc(out, '"');
	while (*s) {
		size_t run =
			strcspn(s, "\"\\\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e"
				   "\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c"
				   "\x1d\x1e\x1f");

		buf_putn(out, s, run);
		s += run;
		if (!*s)
			break;
		if (*s == '"' || *s == '\\')
			buf_printf(out, "\\%c", *s);
		else
			buf_printf(out, "\\u%04x", (unsigned)(unsigned char)*s);
		s++;
	}
	buf_putc(out, '"');
}

/* Measured figures carry no more digits than they mean: thousandths, or three digits when they are
 * smaller. */
static double meant(double v, enum unit unit)
{
	char text[40];

	if (unit == UNIT_NONE || fabs(v) > 1e15)
		return v;
	if (fabs(v) >= 0.1)
		return round(v * 1000) / 1000;
	snprintf(text, sizeof(text), "%.3g", v);
	return strtod(text, NULL);
}

/* Shortest text that reads back as the same double. */
static void json_real(double v, struct buf *out)
{
	char text[40];

	if (isnan(v) || isinf(v)) {
		buf_puts(out, "null");
		return;
	}
	snprintf(text, sizeof(text), "%.15g", v);
	if (strtod(text, NULL) != v)
		snprintf(text, sizeof(text), "%.17g", v);
	buf_puts(out, text);
}

static void json_text(const struct text *t, struct buf *out)
{
	if (t)
		field_json_string(text_str(t), out);
	else
		buf_puts(out, "null");
}

static void json_texts(const struct texts *t, struct buf *out)
{
	buf_putc(out, '[');
	for (size_t i = 0; i < t->n; i++) {
		if (i)
			buf_puts(out, ", ");
		json_text(t->v[i], out);
	}
	buf_putc(out, ']');
}

static void json_counts(const struct counts *c, struct buf *out)
{
	buf_putc(out, '{');
	for (size_t i = 0; i < c->n; i++) {
		if (i)
			buf_puts(out, ", ");
		json_text(c->v[i].key, out);
		if (is_absent(c->v[i].n))
			buf_puts(out, ": null");
		else
			buf_printf(out, ": %lld", (long long)c->v[i].n);
	}
	buf_putc(out, '}');
}

static void json_list(const struct field *f, const void *p, struct buf *out)
{
	const struct series *s = p;
	const struct ints *v = p;
	size_t n = f->type == FIELD_SERIES ? s->n : v->n;

	buf_putc(out, '[');
	for (size_t i = 0; i < n; i++) {
		if (i)
			buf_puts(out, ", ");
		if (f->type == FIELD_SERIES)
			json_real((double)s->v[i], out);
		else
			buf_printf(out, "%lld", (long long)v->v[i]);
	}
	buf_putc(out, ']');
}

void field_json(const struct field *f, const void *row, struct buf *out)
{
	const void *p = FIELD_OF(row, f);
	char stamp[32];

	switch (f->type) {
	case FIELD_TEXTS:
		json_texts(p, out);
		return;
	case FIELD_COUNTS:
		json_counts(p, out);
		return;
	case FIELD_SERIES:
	case FIELD_INTS:
		json_list(f, p, out);
		return;
	default:
		break;
	}
	if (field_is_absent(f, row)) {
		buf_puts(out, "null");
		return;
	}
	switch (f->type) {
	case FIELD_TEXT:
		json_text(*(const struct text *const *)p, out);
		break;
	case FIELD_INT:
		buf_printf(out, "%lld", (long long)*(const int64_t *)p);
		break;
	case FIELD_REAL:
		json_real(meant(*(const double *)p, f->unit), out);
		break;
	case FIELD_BOOL:
		buf_puts(out, *(const int *)p ? "true" : "false");
		break;
	case FIELD_TIME:
		clock_rfc3339(*(const int64_t *)p, stamp);
		field_json_string(stamp, out);
		break;
	case FIELD_ENUM:
		field_json_string(f->names[*(const int *)p], out);
		break;
	case FIELD_IDENT:
		if (((const struct ident *)p)->text)
			json_text(((const struct ident *)p)->text, out);
		else
			buf_printf(out, "%lld", (long long)((const struct ident *)p)->number);
		break;
	default:
		break;
	}
}

void field_json_row(const struct schema *s, const void *row, struct buf *out)
{
	bool is_first = true;

	buf_putc(out, '{');
	for (size_t i = 0; i < s->nfields; i++) {
		const struct field *f = &s->fields[i];

		if (f->flags & (FIELD_NO_JSON | FIELD_SECRET))
			continue;
		if (!is_first)
			buf_puts(out, ", ");
		is_first = false;
		field_json_string(f->name, out);
		buf_puts(out, ": ");
		field_json(f, row, out);
	}
	buf_putc(out, '}');
}
