/* dlq/unit.c - which range a failed batch was about: the configured template (`{context.last_ts}`)
 * filled in from the line, so that entries of one outage can be one replay. */
#include <string.h>

#include "page.h"

/* Walks over a valid value; returns its end (or end). */
static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static const char *skip_value(const char *p, const char *end)
{
	size_t depth = 0;

	while (p < end) {
		if (*p == '"')
			p = skip_string(p, end);
		else if (*p == '{' || *p == '[')
			depth++, p++;
		else if ((*p == '}' || *p == ']') && depth)
			depth--, p++;
		else if (!depth && (*p == ',' || *p == '}' || *p == ']' || is_blank(*p)))
			return p;
		else
			p++;
		if (!depth && p < end && (p[-1] == '"' || p[-1] == '}' || p[-1] == ']'))
			return p;
	}
	return end;
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (is_blank(*p) || *p == ',' || *p == ':'))
		p++;
	return p;
}

struct span json_member(struct span object, const char *key, size_t len)
{
	struct span found = {0};
	const char *p = object.p + 1, *end = object.p + object.len;
	char name[256];

	if (!object.len || object.p[0] != '{' || len >= sizeof(name))
		return found;
	memcpy(name, key, len);
	name[len] = '\0';
	while ((p = skip_blanks(p, end)) < end && *p == '"') {
		struct span k = {p, 0};
		p = skip_string(p, end);
		k.len = (size_t)(p - k.p);
		struct span v = {p = skip_blanks(p, end), 0};
		p = skip_value(p, end);
		v.len = (size_t)(p - v.p);
		if (token_is(k, name))
			found = v;
	}
	return found;
}

/* The text of one placeholder, NULL when the line lacks it. */
static const struct text *value_of(struct arena *a, const char *name, size_t len,
				   const struct unit_values *v)
{
	static const char context[] = "context.";
	const struct dlq_entry_row *r = v->row;
	char word[16] = "";

	if (len > sizeof(context) - 1 && !memcmp(name, context, sizeof(context) - 1))
		return token_text(json_member(v->fields->context, name + sizeof(context) - 1,
					      len - (sizeof(context) - 1)),
				  a);
	memcpy(word, name, min_size(len, sizeof(word) - 1));
	if (!strcmp(word, "batch_id"))
		return token_text(v->fields->batch_id, a);
	if (!strcmp(word, "timestamp"))
		return token_text(v->fields->at, a);
	if (!strcmp(word, "error_type"))
		return r->error_type;
	if (!strcmp(word, "line") && !is_absent(r->line))
		return text_format(a, "%lld", (long long)r->line);
	if (!strcmp(word, "key") && r->hash)
		return text_clean(a, text_str(r->hash), 32);
	return !strcmp(word, "job")    ? r->job
	       : !strcmp(word, "hash") ? r->hash
	       : !strcmp(word, "file") ? r->file
				       : NULL;
}

/* The length of a placeholder `{name}` at p, 0 when none begins there. */
static size_t placeholder(const char *p)
{
	size_t n = 1;

	if (p[0] != '{' || !((p[1] >= 'a' && p[1] <= 'z') || p[1] == '_'))
		return 0;
	while ((p[n] >= 'a' && p[n] <= 'z') || (p[n] >= '0' && p[n] <= '9') || p[n] == '_' ||
	       p[n] == '.')
		n++;
	return p[n] == '}' ? n + 1 : 0;
}

static bool fill(struct arena *a, const char *template, const struct unit_values *v,
		 struct buf *out)
{
	size_t n;

	for (const char *p = template; *p; p += n) {
		n = placeholder(p);
		if (!n) {
			n = 1;
			if (!buf_add(out, p, 1))
				return false;
			continue;
		}
		const struct text *t = value_of(a, p + 1, n - 2, v);
		if (!t || !buf_add(out, text_str(t), text_len(t)))
			return false;
	}
	return true;
}

const struct text *unit_text(struct arena *a, const char *const *templates,
			     const struct unit_values *v)
{
	struct buf out;
	const struct text *unit = NULL;
	bool is_whole = true;

	buf_init(&out, 16 * TEXT_MAX);
	for (size_t i = 0; templates[i] && is_whole; i++)
		is_whole = (!i || buf_add(&out, " + ", 3)) && fill(a, templates[i], v, &out);
	if (is_whole)
		unit = text_clean(a, out.data ? out.data : "", out.len);
	buf_release(&out);
	return unit;
}
