/* dlq/brief.c - two lines about an entry, made by the pretty printer, so that masking is decided in
 * one place. */
#include "brief.h"

#include <string.h>

#include "../../include/snapshot.h"
#include "page.h"

enum { BRIEF_MAX = 2048 };

/* The lines of the pretty printer from the first to the last, without the brackets around them. */
static const struct rowset *lines_of(struct dataset *d, const char *json, size_t len)
{
	pretty_rows(d, json, len, true);
	return dataset_rows(d, &schema_detail);
}

static const char *line_at(const struct rowset *rows, size_t i)
{
	const struct detail_row *r = rows->rows[i];
	const char *s = text_str(r->line);

	return s + strspn(s, " ");
}

/* `"key": "value",` as `key value`. */
static void put_pair(struct buf *out, const char *line)
{
	const char *colon = strstr(line, "\": ");
	const char *value = colon ? colon + 3 : "";
	size_t n = strlen(value);

	if (!colon || line[0] != '"' || !strncmp(line, "\"batch_id\"", 10) || *value == '{' ||
	    *value == '[')
		return;
	n -= n && value[n - 1] == ',';
	if (n > 1 && value[0] == '"') {
		value++;
		n--;
		n -= value[n - 1] == '"'; /* not there when the line was cut */
	}
	if (out->len)
		buf_puts(out, "   ");
	buf_putn(out, line + 1, min_size((size_t)(colon - line - 1), 64));
	buf_putc(out, ' ');
	buf_putn(out, value, min_size(n, 128));
}

const struct text *brief_context(struct arena *a, struct span context)
{
	const struct text *t = NULL;
	const struct rowset *rows;
	struct dataset *d;
	struct buf out;

	if (!context.len || context.p[0] != '{')
		return NULL;
	d = dataset_new();
	buf_init(&out, 2 * BRIEF_MAX);
	rows = lines_of(d, context.p, min_size(context.len, BRIEF_MAX));
	for (size_t i = 1; i < rows->n && out.len < BRIEF_MAX - 256; i++) {
		/* only the top level: two blanks */
		if (!strncmp(text_str(((const struct detail_row *)rows->rows[i])->line), "  \"", 3))
			put_pair(&out, line_at(rows, i));
	}
	if (out.len)
		t = text_clean(a, out.data, out.len);
	buf_release(&out);
	dataset_unref(d);
	return t;
}

/* The end of the value that begins at p; NULL: it goes on behind end. */
static const char *value_end(const char *p, const char *end)
{
	int depth = 0;

	for (; p < end; p++) {
		if (*p == '"') {
			for (p++; p < end && *p != '"'; p++)
				p += *p == '\\';
		} else if (*p == '{' || *p == '[') {
			depth++;
		} else if ((*p == '}' || *p == ']') && --depth <= 0) {
			return depth ? NULL : p + 1;
		}
	}
	return NULL;
}

/* Records from p to the end of the array; ABSENT: it goes on behind what is there. */
static int64_t count_records(const char *p, const char *end)
{
	int64_t n = 0;

	while (p < end) {
		p += strspn(p, " ,\t");
		if (*p == ']')
			return n;
		if (*p != '{' || !(p = value_end(p, end)))
			break;
		n++;
	}
	return ABSENT;
}

const struct text *brief_sample(struct arena *a, const char *line, size_t len, int64_t *samples)
{
	static const char name[] = "\"sample_records\"";
	const char *p = memmem(line, len, name, sizeof(name) - 1), *stop;
	char text[BRIEF_MAX + 64], *end = text;
	const struct text *t;
	struct dataset *d;
	struct buf out;

	*samples = ABSENT;
	if (!p)
		return NULL;
	/* A copy with an end, so that the scans below cannot pass it. */
	len = min_size(len - (size_t)(p - line), BRIEF_MAX);
	memcpy(text, p, len);
	end[len] = '\0';
	end += len;
	p = text + sizeof(name) - 1;
	p += strspn(p, " :[");
	if (*p != '{')
		return NULL;
	*samples = count_records(p, end);
	stop = value_end(p, end);
	d = dataset_new();
	buf_init(&out, 4 * BRIEF_MAX);
	buf_puts(&out, "{\"sample_records\": ");
	buf_putn(&out, p, (size_t)((stop ? stop : end) - p));
	buf_puts(&out, "}");
	const struct rowset *rows = lines_of(d, out.data, out.len);
	buf_clear(&out);
	for (size_t i = 1; i + 1 < rows->n && out.len < BRIEF_MAX; i++) {
		const char *s = line_at(rows, i);

		s += i == 1 ? sizeof("\"sample_records\": ") - 1 : 0;
		if (out.len)
			buf_putc(&out, ' ');
		buf_putn(&out, s, min_size(strlen(s), 512));
	}
	t = text_clean_max(a, out.data ? out.data : "", out.len, BRIEF_MAX);
	buf_release(&out);
	dataset_unref(d);
	return t;
}
