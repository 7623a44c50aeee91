/* action/hook.c - templates filled in. Pure.
 *
 * What is put in comes from a dead-letter entry, which is written by whatever went wrong: it must
 * stay one piece of the place it stands in. In a URL it cannot become another path, in JSON it
 * cannot leave its quotes, as an argument it cannot become an option. */
#include "hook.h"

#include <string.h>

#include "../../include/field.h"
#include "../config_value.h"
#include "../dlq/token.h"

enum { FILLED_MAX = 1 << 20 };

/* A template on its way. */
struct filling {
	enum hook_place place;
	const char *name; /* of the placeholder, cleaned, for sentences */
	struct buf out;
	bool in_string, is_escaped; /* JSON: where the text so far ends */
	bool in_query;              /* URL */
	struct err *err;
};

static const char *find_value(const struct hook_values *values, const char *name, size_t len)
{
	for (size_t i = 0; i < values->n; i++)
		if (strlen(values->v[i].name) == len && !memcmp(values->v[i].name, name, len))
			return values->v[i].value;
	return NULL;
}

/* Literal text of the template. */
static bool add_literal(struct filling *f, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		f->in_query |= p[i] == '?';
		if (f->is_escaped)
			f->is_escaped = false;
		else if (p[i] == '\\')
			f->is_escaped = f->in_string;
		else if (p[i] == '"')
			f->in_string = !f->in_string;
	}
	return buf_add(&f->out, p, len);
}

static bool is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("-._~", c));
}

static int too_long(struct filling *f)
{
	return err_set(f->err, ERR_REFUSED, "not sent: with {%s} it becomes longer than 1 MiB",
		       f->name);
}

static int put_url(struct filling *f, const char *v)
{
	if (!*v && !f->in_query)
		return err_set(f->err, ERR_REFUSED,
			       "not sent: {%s} is empty, and the URL would be another one",
			       f->name);
	for (; *v; v++) {
		unsigned char c = (unsigned char)*v;
		char hex[4] = {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15], 0};
		if (!buf_add(&f->out, is_unreserved(c) ? v : hex, is_unreserved(c) ? 1 : 3))
			return too_long(f);
	}
	return 0;
}

static bool is_bare_json(const char *v)
{
	const char *end = v + strlen(v);

	if (!*v || *v == 'N' || *v == 'I' || !strcmp(v, "-Infinity"))
		return false;
	return token_scalar(v, end) == end;
}

static int put_json(struct filling *f, const char *v)
{
	struct buf quoted;
	bool fits;

	if (f->is_escaped)
		return err_set(f->err, ERR_REFUSED,
			       "not sent: {%s} stands behind a backslash, which would take its "
			       "first character; leave the backslash out",
			       f->name);
	if (!token_is_utf8(v, strlen(v)))
		return err_set(f->err, ERR_REFUSED,
			       "not sent: {%s} is not UTF-8, which JSON must be", f->name);
	if (!f->in_string) {
		if (!is_bare_json(v))
			return err_set(f->err, ERR_REFUSED,
				       "not sent: {%s} stands outside quotes and is not a number, "
				       "true, false or null",
				       f->name);
		return buf_add(&f->out, v, strlen(v)) ? 0 : too_long(f);
	}
	buf_init(&quoted, 8 * FILLED_MAX);
	field_json_string(v, &quoted);
	fits = buf_add(&f->out, quoted.data + 1, quoted.len - 2);
	buf_release(&quoted);
	return fits ? 0 : too_long(f);
}

static int put_argument(struct filling *f, const char *v)
{
	return buf_add(&f->out, v, strlen(v)) ? 0 : too_long(f);
}

static int put_value(struct filling *f, const char *v)
{
	if (strlen(v) > FILLED_MAX)
		return too_long(f);
	return f->place == HOOK_URL    ? put_url(f, v)
	       : f->place == HOOK_JSON ? put_json(f, v)
				       : put_argument(f, v);
}

static bool is_number(const char *v)
{
	const char *end = v + strlen(v);

	return v[1] >= '0' && v[1] <= '9' && token_scalar(v, end) == end;
}

static int check_argument(const char *text, const struct filling *f)
{
	const char *out = f->out.data;

	if (!out || *out != '-' || *text == '-' || is_number(out))
		return 0;
	return err_set(f->err, ERR_REFUSED,
		       "not sent: with {%s} an argument begins with -, and the command would take "
		       "it for an option",
		       f->name);
}

/* `.` and `..` would be taken out of the path on the way, and with `..` what stands before it. */
static int check_path(const struct filling *f)
{
	const char *p = f->out.data ? strstr(f->out.data, "://") : NULL;

	if (!p || !*f->name)
		return 0;
	for (p += 3; (p += strcspn(p, "/?#")) && *p == '/'; p++) {
		size_t n = strcspn(p + 1, "/?#");
		if ((n == 1 || n == 2) && !memcmp(p + 1, "..", n))
			return err_set(f->err, ERR_REFUSED,
				       "not sent: {%s} makes the URL one with a step \"%.*s\", "
				       "which would lead to another one",
				       f->name, (int)n, p + 1);
	}
	return 0;
}

static int fill(struct filling *f, const char *text, const struct hook_values *values,
		struct arena *a)
{
	const char *at = text, *end = text + strlen(text), *from = text, *name;
	size_t len;

	while (value_placeholder(&at, end, &name, &len)) {
		const char *value = find_value(values, name, len);
		f->name = text_str(text_clean_max(a, name, len, 120));
		if (!add_literal(f, from, (size_t)(name - 1 - from)))
			return too_long(f);
		if (!value)
			return err_set(f->err, ERR_REFUSED,
				       "not sent: there is no {%s} to put in; nothing can stand in "
				       "for it",
				       f->name);
		int rc = put_value(f, value);
		if (rc)
			return rc;
		from = at;
	}
	if (!add_literal(f, from, (size_t)(end - from)))
		return too_long(f);
	return f->place == HOOK_URL        ? check_path(f)
	       : f->place == HOOK_ARGUMENT ? check_argument(text, f)
					   : 0;
}

int hook_fill(const char *text, enum hook_place place, const struct hook_values *values,
	      struct arena *a, const char **out, struct err *err)
{
	struct filling f = {.place = place, .name = "", .err = err};

	buf_init(&f.out, FILLED_MAX);
	int rc = fill(&f, text, values, a);
	*out = rc ? NULL : arena_strndup(a, f.out.data ? f.out.data : "", f.out.len);
	buf_release(&f.out);
	return rc;
}
