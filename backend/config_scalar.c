/* config_scalar.c - one value by its option: the right type, within its limits, stored where the
 * table says. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_read.h"
#include "config_value.h"

/* What would be right, for the second half of a sentence. */
static const char *would_be(const struct option *o)
{
	static const char *const words[] = {
		[OPT_BOOL] = "it would be true or false",
		[OPT_INT] = "it would be a whole number",
		[OPT_REAL] = "it would be a number like 1.5",
		[OPT_DURATION] = "it would be a duration like 250ms, 2s, 10m, 6h or 7d",
		[OPT_SIZE] = "it would be a size like 512MiB or 4g",
		[OPT_RATE] = "it would be a rate like 30/min",
		[OPT_TEXT] = "it would be a text",
		[OPT_STRING] = "it would be a text, in quotes if it begins with { or [",
		[OPT_PATH] = "it would be a path like /srv/jobs/dlq",
		[OPT_URL] = "it would be a URL like http://127.0.0.1:4040",
		[OPT_REGEX] = "it would be an expression like 'table (\\S+) failed'",
		[OPT_LOG] = "it would be FILE, [FILE, ...], {journal: UNIT} or {command: [...]}",
		[OPT_KEYS] = "it would be like {overview: {o: open job}}",
	};

	return words[o->type] == NULL ? "it would be one word" : words[o->type];
}

const char *reader_scalar(struct reader *r, const char *name, yaml_node_t *n, size_t *len)
{
	const char *s;

	if (n->type != YAML_SCALAR_NODE) {
		reader_mistake(r, &n->start_mark, "%s is %s; it would be one value", name,
			       reader_kind(n));
		return NULL;
	}
	s = (const char *)n->data.scalar.value;
	*len = n->data.scalar.length;
	if (memchr(s, 0, *len) != NULL) {
		reader_mistake(r, &n->start_mark, "%s holds a NUL byte; leave that out", name);
		return NULL;
	}
	return s;
}

void reader_template(struct reader *r, const yaml_node_t *n)
{
	const char *s = (const char *)n->data.scalar.value, *end = s + n->data.scalar.length;
	const char *name, *near;
	size_t len;

	while (value_placeholder(&s, end, &name, &len)) {
		const char *word = arena_strndup(&r->scratch, name, len);
		bool is_known = value_placeholder_known(name, len);
		for (size_t i = 0; i < r->nnames && !is_known; i++)
			is_known = strcmp(r->names[i], word) == 0;
		if (is_known)
			continue;
		near = config_nearest(word, r->names, r->nnames);
		if (near == NULL)
			near = config_nearest(word, value_placeholders, value_nplaceholders);
		reader_mistake(r, &n->start_mark, "unknown placeholder {%s}; %s%s%s",
			       text_str(text_clean_max(&r->scratch, word, len, 80)),
			       near == NULL ? "name it under values or facts" : "did you mean {",
			       near == NULL ? "" : near, near == NULL ? "" : "}?");
	}
}

static void out_of_limits(struct reader *r, const struct option *o, const yaml_node_t *n)
{
	char low[40], high[40];

	if (o->type == OPT_DURATION) {
		value_duration_text(o->min, low, sizeof(low));
		value_duration_text(o->max, high, sizeof(high));
	} else if (o->type == OPT_SIZE) {
		value_size_text(o->min, low, sizeof(low));
		value_size_text(o->max, high, sizeof(high));
	} else {
		snprintf(low, sizeof(low), "%lld", (long long)o->min);
		snprintf(high, sizeof(high), "%lld", (long long)o->max);
	}
	reader_mistake(r, &n->start_mark, "%s: %s is out of limits; it would be %s to %s", o->name,
		       reader_quote(r, (const char *)n->data.scalar.value, n->data.scalar.length),
		       low, high);
}

static bool is_within(const struct option *o, double v)
{
	return (o->min == 0 && o->max == 0) || (v >= (double)o->min && v <= (double)o->max);
}

static void store_i64(const struct option *o, void *row, int64_t v)
{
	if (o->at != 0 && row != NULL)
		*(int64_t *)OPTION_MEMBER(row, o) = v;
}

static void store_string(const struct option *o, void *row, const char *s)
{
	if (o->at != 0 && row != NULL)
		*(const char **)OPTION_MEMBER(row, o) = s;
}

/* Numbers of all kinds. False: not what it should be. */
static bool read_number(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	const char *s = (const char *)n->data.scalar.value;
	size_t len = n->data.scalar.length;
	int64_t i = 0;
	double v = 0;
	bool is_right;

	switch (o->type) {
	case OPT_INT:
		is_right = value_int(s, len, &i);
		break;
	case OPT_DURATION:
		is_right = config_duration(s, len, &i);
		break;
	case OPT_SIZE:
		is_right = config_size(s, len, &i);
		break;
	case OPT_RATE:
		is_right = config_rate(s, len, &v);
		break;
	default:
		is_right = value_real(s, len, &v);
		break;
	}
	if (!is_right)
		return false;
	if (o->type == OPT_REAL || o->type == OPT_RATE) {
		if (!is_within(o, v))
			out_of_limits(r, o, n);
		else if (o->at != 0 && row != NULL)
			*(double *)OPTION_MEMBER(row, o) = v;
		return true;
	}
	if (!is_within(o, (double)i))
		out_of_limits(r, o, n);
	else
		store_i64(o, row, i);
	return true;
}

static void read_url(struct reader *r, const struct option *o, const yaml_node_t *n, void *row)
{
	const char *s = (const char *)n->data.scalar.value, *problem;
	size_t len = n->data.scalar.length, keep = len;
	unsigned flags = 0;

	flags |= (o->flags & OPT_BASE) != 0 ? URL_BASE : 0;
	flags |= (o->flags & OPT_TEMPLATE) != 0 ? URL_TEMPLATE : 0;
	flags |= (o->flags & OPT_PREFIX) != 0 ? URL_PREFIX : 0;
	problem = value_url_problem(s, len, flags);
	if (problem != NULL) {
		reader_mistake(r, &n->start_mark, "%s: %s %s", o->name, reader_quote(r, s, len),
			       problem);
		return;
	}
	while ((o->flags & OPT_BASE) != 0 && keep > 0 && s[keep - 1] == '/')
		keep--;
	store_string(o, row, arena_strndup(&r->cfg->arena, s, keep));
}

static bool has_control(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return true;
	return false;
}

static void read_path(struct reader *r, const struct option *o, const yaml_node_t *n, void *row)
{
	const char *s = (const char *)n->data.scalar.value, *path, *home = getenv("HOME");
	size_t len = n->data.scalar.length;
	struct arena *a = &r->cfg->arena;

	if (len == 0 || has_control(s, len) || len > 4000) {
		reader_mistake(r, &n->start_mark, "%s: %s is no path; %s", o->name,
			       reader_quote(r, s, len), would_be(o));
		return;
	}
	while (len > 1 && s[len - 1] == '/')
		len--;
	if (s[0] == '~' && s[1] == '/' && home != NULL)
		path = arena_printf(a, "%s%.*s", home, (int)len - 1, s + 1);
	else if (s[0] == '/' || r->folder == NULL)
		path = arena_strndup(a, s, len);
	else
		path = arena_printf(a, "%s/%.*s", r->folder, (int)len, s);
	store_string(o, row, path);
}

static void read_text(struct reader *r, const struct option *o, const yaml_node_t *n, void *row)
{
	const char *s = (const char *)n->data.scalar.value;
	size_t len = n->data.scalar.length;

	if (len == 0 || len > 200 || has_control(s, len)) {
		reader_mistake(r, &n->start_mark,
			       "%s: %s is no name; it would be 1 to 200 bytes in one line", o->name,
			       reader_quote(r, s, len));
		return;
	}
	if (o->at != 0 && row != NULL)
		*(const struct text **)OPTION_MEMBER(row, o) = text_clean(&r->cfg->arena, s, len);
}

/* One of the option's words; its index, or -1 after a mistake. */
static int read_word(struct reader *r, const struct option *o, const yaml_node_t *n)
{
	const char *s = (const char *)n->data.scalar.value, *near, *list = "";
	int count = 0;

	for (; o->words[count] != NULL; count++) {
		if (strcmp(o->words[count], s) == 0)
			return count;
		list = count == 0 ? o->words[0]
				  : arena_printf(&r->scratch, "%s, %s", list, o->words[count]);
	}
	near = config_nearest(s, o->words, (size_t)count);
	reader_mistake(r, &n->start_mark, "%s: unknown word %s; %s%s%s", o->name,
		       reader_quote(r, s, n->data.scalar.length),
		       near == NULL ? "it would be one of " : "did you mean \"",
		       near == NULL ? list : near, near == NULL ? "" : "\"?");
	return -1;
}

/* Shorter texts would stand in every other line. */
static const char *literal_problem(const char *s, size_t len)
{
	if (has_control(s, len))
		return "holds a line break or control character; it would be text of one line";
	return len < 4 || len > 200 ? "is no text to find lines by; it would be 4 to 200 bytes"
				    : NULL;
}

static void read_string(struct reader *r, const struct option *o, const yaml_node_t *n, void *row)
{
	const char *s = (const char *)n->data.scalar.value, *problem = NULL;
	size_t len = n->data.scalar.length;

	if ((o->flags & (OPT_THEME | OPT_VIEW)) != 0)
		reader_known(r, o, n);
	if (o->type == OPT_REGEX)
		problem = value_regex_problem(s, len);
	else if ((o->flags & OPT_PREFIX) != 0)
		problem = value_url_problem(s, len, URL_PREFIX);
	else if ((o->flags & OPT_LITERAL) != 0)
		problem = literal_problem(s, len);
	if (problem != NULL)
		reader_mistake(r, &n->start_mark, "%s: %s %s", o->name, reader_quote(r, s, len),
			       problem);
	else
		store_string(o, row, arena_strndup(&r->cfg->arena, s, len));
}

static void read_choice(struct reader *r, const struct option *o, const yaml_node_t *n, void *row)
{
	int word = read_word(r, o, n);

	if (word >= 0 && o->type == OPT_WORD)
		store_string(o, row, o->words[word]);
	if (word >= 0 && o->type == OPT_EITHER && o->at != 0 && row != NULL)
		*(bool *)OPTION_MEMBER(row, o) = word == 1;
}

/* False: not what it should be. */
static bool read_scalar(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	bool flag;

	switch (o->type) {
	case OPT_BOOL:
		if (!value_bool((const char *)n->data.scalar.value, n->data.scalar.length, &flag))
			return false;
		if (o->at != 0 && row != NULL)
			*(bool *)OPTION_MEMBER(row, o) = flag;
		return true;
	case OPT_URL:
		read_url(r, o, n, row);
		return true;
	case OPT_PATH:
		read_path(r, o, n, row);
		return true;
	case OPT_TEXT:
		read_text(r, o, n, row);
		return true;
	case OPT_STRING:
	case OPT_REGEX:
		read_string(r, o, n, row);
		return true;
	case OPT_EITHER:
	case OPT_WORD:
		read_choice(r, o, n, row);
		return true;
	default:
		return read_number(r, o, n, row);
	}
}

static void read_checked_scalar(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	size_t len;
	const char *s;

	if (n->type != YAML_SCALAR_NODE) {
		reader_mistake(r, &n->start_mark, "%s is %s; %s", o->name, reader_kind(n),
			       would_be(o));
		return;
	}
	s = reader_scalar(r, o->name, n, &len);
	if (s == NULL)
		return;
	if (len == 0 && n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		reader_mistake(r, &n->start_mark, "%s has no value; %s", o->name, would_be(o));
		return;
	}
	if ((o->flags & OPT_TEMPLATE) != 0)
		reader_template(r, n);
	if (!read_scalar(r, o, n, row))
		reader_mistake(r, &n->start_mark, "%s: %s is wrong; %s", o->name,
			       reader_quote(r, s, len), would_be(o));
}

void reader_value(struct reader *r, const struct option *o, yaml_node_t *n, void *row)
{
	switch (o->type) {
	case OPT_MAP:
		reader_map(r, o->sub, n, o->at != 0 && row != NULL ? OPTION_MEMBER(row, o) : row);
		return;
	case OPT_ROWS:
		reader_rows(r, o, n, row);
		return;
	case OPT_ARGV:
		reader_strings(r, o, n, row);
		return;
	case OPT_ENV:
		reader_env(r, o, n, row);
		return;
	case OPT_NAMED:
		reader_named(r, o, n, row);
		return;
	case OPT_LOG:
		reader_log(r, o, n, row);
		return;
	case OPT_KEYS:
		reader_keys(r, n);
		return;
	case OPT_ACTIONS:
		reader_actions(r, o, n, row);
		return;
	default:
		read_checked_scalar(r, o, n, row);
		return;
	}
}

void reader_defaults(struct reader *r, const struct option_table *t, void *row)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct option *o = &t->options[i];
		yaml_node_t n = {.type = YAML_SCALAR_NODE};
		if (o->type == OPT_MAP)
			reader_defaults(r, o->sub, o->at != 0 ? OPTION_MEMBER(row, o) : row);
		if (o->at == 0 || o->type == OPT_MAP)
			continue;
		if (o->type == OPT_DURATION || o->type == OPT_SIZE || o->type == OPT_INT)
			store_i64(o, row, ABSENT);
		if (o->type == OPT_ACTIONS)
			*(unsigned *)OPTION_MEMBER(row, o) =
				ACT_KILL | ACT_REPLAY | ACT_RESTART | ACT_RECOVER;
		if (o->fallback == NULL || o->type == OPT_ACTIONS)
			continue;
		n.data.scalar.value = (yaml_char_t *)arena_strdup(&r->scratch, o->fallback);
		n.data.scalar.length = strlen(o->fallback);
		if (!read_scalar(r, o, &n, row))
			BUG("default of %s", o->name);
	}
}
