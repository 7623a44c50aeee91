/* dlq/pretty.c - a line that is valid JSON, as lines for people: two blanks a level, one value a
 * line, keys in their order, numbers with the digits they were written with. Own code over the
 * bytes, because a JSON library would round the numbers, refuse NaN and stop at its depth. Escapes
 * stay as written, but for letters, which are shown. Iterative: a byte per level. */
#include <stdlib.h>
#include <string.h>

#include "mask.h"
#include "page.h"

enum { IS_OBJECT = 1, INDENT_MAX = 40, ROWS_MAX = 20000, LINE_MAX_BYTES = 2 * TEXT_MAX };
enum { KIND_PLAIN, KIND_LABEL, KIND_MASKED, KIND_PROBLEM };

struct pretty {
	struct dataset *d;
	struct detail_row *rows;
	size_t nrows, size;
	struct buf line;
	int kind;
	bool is_masked;
	unsigned char *levels; /* IS_OBJECT and the mask reasons that its values inherit */
	size_t depth, nlevels;
	struct span key;
	bool wants_key;
	unsigned reasons; /* for the value after this key */
};

static void flush(struct pretty *o)
{
	struct arena *a = &o->d->arena;

	if (o->nrows == ROWS_MAX || !o->line.len)
		return;
	if (o->nrows == o->size) {
		o->size = o->size ? o->size * 2 : 64;
		o->rows = xrealloc(o->rows, o->size * sizeof(*o->rows));
	}
	struct detail_row *r = &o->rows[o->nrows];
	field_clear_row(&schema_detail, r);
	r->index = (int64_t)o->nrows++;
	r->line = text_clean(a, o->line.data, o->line.len);
	r->kind = o->kind;
	if (o->nrows == ROWS_MAX) {
		r->line = TEXT("… more than 20,000 lines; the rest is left out");
		r->kind = KIND_PROBLEM;
	}
	buf_clear(&o->line);
	o->kind = KIND_PLAIN;
}

static void put(struct pretty *o, const char *p, size_t len)
{
	if (!o->line.len)
		for (size_t i = 0; i < min_size(o->depth, INDENT_MAX); i++)
			buf_puts(&o->line, "  ");
	/* What is longer than any screen line is cut when it is cleaned. */
	if (!buf_add(&o->line, p, len))
		buf_putn(&o->line, p, min_size(len, o->line.cap - o->line.len));
}

/* The letter that the escape at p stands for, appended to shown; returns the bytes of the escape. 0
 * shown: it is none, or no letter. */
static size_t letter(const char *p, const char *end, struct buf *shown)
{
	char piece[15] = "\"";
	size_t n = p[1] != 'u' ? 2 : end - p > 12 && p[6] == '\\' && p[7] == 'u' ? 12 : 6;

	buf_clear(shown);
	if (n > (size_t)(end - p) || n == 2)
		return min_size(n, (size_t)(end - p));
	memcpy(piece + 1, p, n);
	piece[n + 1] = '"';
	token_decode((struct span){piece, n + 2}, shown);
	if (n == 12 && shown->len != 4) {
		/* Two escapes count together only as one character. */
		n = 6;
		piece[7] = '"';
		buf_clear(shown);
		token_decode((struct span){piece, 8}, shown);
	}
	if (shown->len < 2 || (unsigned char)shown->data[0] < 0xc3 ||
	    !memcmp(shown->data, "\xef\xbf\xbd", 3))
		buf_clear(shown);
	return n;
}

/* A string with its letters shown instead of their \u escapes. */
static void put_string(struct pretty *o, struct span s)
{
	const char *p = s.p, *end = s.p + s.len, *run = p;
	struct buf shown;

	buf_init(&shown, 64);
	put(o, "", 0);
	while ((p = memchr(p, '\\', (size_t)(end - p)))) {
		size_t n = letter(p, end, &shown);
		if (shown.len) {
			put(o, run, (size_t)(p - run));
			put(o, shown.data, shown.len);
			run = p + n;
		}
		p += n;
	}
	put(o, run, (size_t)(end - run));
	buf_release(&shown);
}

static void put_scalar(struct pretty *o, struct span v)
{
	unsigned reasons = o->reasons | (o->depth ? o->levels[o->depth - 1] : 0u);

	if (o->is_masked && mask_hides(o->key, v, reasons)) {
		bool is_string = token_is_string(v);
		put(o, "\"", is_string);
		mask_put(v, reasons, &o->line);
		put(o, "\"", is_string);
		o->kind = KIND_MASKED;
	} else if (token_is_string(v)) {
		put_string(o, v);
	} else {
		put(o, v.p, v.len);
	}
	o->reasons = 0;
}

static void put_key(struct pretty *o, struct span key)
{
	o->key = key;
	o->wants_key = false;
	o->reasons = mask_of_key(key);
	if (o->depth == 1 && token_is(key, "sample_records"))
		o->reasons |= MASK_SAMPLE;
	put_string(o, key);
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p;
}

/* Returns the byte behind what was taken. */
static const char *open_level(struct pretty *o, const char *p, const char *end)
{
	const char *inside = skip_blanks(p + 1, end);
	unsigned inherited = o->depth ? o->levels[o->depth - 1] & ~(unsigned)IS_OBJECT : 0;

	put(o, p, 1);
	if (inside < end && (*inside == '}' || *inside == ']')) {
		put(o, inside, 1);
		o->reasons = 0;
		return inside + 1;
	}
	flush(o);
	if (o->depth == o->nlevels) {
		o->nlevels = o->nlevels ? o->nlevels * 2 : 64;
		o->levels = xrealloc(o->levels, o->nlevels);
	}
	o->levels[o->depth++] = (unsigned char)(inherited | o->reasons | (*p == '{'));
	o->reasons = 0;
	o->wants_key = *p == '{';
	return inside;
}

static const char *string_end(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		p += *p == '\\';
	return p < end ? p + 1 : end;
}

static const char *one_token(struct pretty *o, const char *p, const char *end)
{
	const char *stop;

	switch (*p) {
	case '{':
	case '[':
		return open_level(o, p, end);
	case '}':
	case ']':
		if (!o->depth) /* what was given is a piece of JSON only */
			return end;
		flush(o);
		o->depth--;
		put(o, p, 1);
		return p + 1;
	case ',':
		if (!o->depth)
			return end;
		put(o, ",", 1);
		flush(o);
		o->wants_key = o->levels[o->depth - 1] & IS_OBJECT;
		return p + 1;
	case ':':
		put(o, ": ", 2);
		return p + 1;
	case '"':
		stop = string_end(p, end);
		if (o->wants_key)
			put_key(o, (struct span){p, (size_t)(stop - p)});
		else
			put_scalar(o, (struct span){p, (size_t)(stop - p)});
		return stop;
	default:
		stop = token_scalar(p, end);
		if (!stop)
			return end;
		put_scalar(o, (struct span){p, (size_t)(stop - p)});
		return stop;
	}
}

void pretty_rows(struct dataset *d, const char *json, size_t len, bool is_masked)
{
	struct pretty o = {.d = d, .is_masked = is_masked};
	const char *p = json, *end = json + len;

	buf_init(&o.line, LINE_MAX_BYTES);
	if (len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3))
		p += 3;
	while ((p = skip_blanks(p, end)) < end && o.nrows < ROWS_MAX)
		p = one_token(&o, p, end);
	flush(&o);
	struct detail_row *rows = ARENA_ARRAY(&d->arena, struct detail_row, o.nrows + 1);
	if (o.nrows)
		memcpy(rows, o.rows, o.nrows * sizeof(*rows));
	dataset_add(d, &schema_detail, rows, o.nrows);
	free(o.rows);
	free(o.levels);
	buf_release(&o.line);
}
