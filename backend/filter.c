/* filter.c - the filter language of include/field.h: words that must all match, `name:word`,
 * `name>5`, a leading `!`. Compiled once per keystroke, matched against every row; nothing is
 * allocated while matching. */
#include "../include/field.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct term {
	char op; /* 0 anywhere, ':' one field, '<' '>' numbers */
	char name[64];
	const char *word; /* points into text */
	size_t len;
};

struct filter {
	bool is_inverted;
	size_t n;
	char *text;
	struct term terms[];
};

static void compile_term(struct term *t, const char *word, size_t len)
{
	size_t at = 0;

	while (at < len && !strchr(":<>", word[at]))
		at++;
	*t = (struct term){.word = word, .len = len};
	if (at && at < len && at < sizeof(t->name)) {
		t->op = word[at];
		memcpy(t->name, word, at);
		t->name[at] = '\0';
		t->word = word + at + 1;
		t->len = len - at - 1;
	}
}

struct filter *filter_new(const char *expression)
{
	size_t len = strlen(expression);
	struct filter *f = xcalloc(1, sizeof(*f) + (len / 2 + 1) * sizeof(struct term));
	const char *p;

	f->text = xstrdup(expression);
	p = f->text + strspn(f->text, " ");
	if (*p == '!') {
		f->is_inverted = true;
		p++;
	}
	while (*(p += strspn(p, " "))) {
		size_t n = strcspn(p, " ");

		compile_term(&f->terms[f->n++], p, n);
		p += n;
	}
	return f;
}

void filter_free(struct filter *f)
{
	if (!f)
		return;
	free(f->text);
	free(f);
}

static bool holds(const char *text, const char *word, size_t len)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + len <= n; i++) {
		if (!strncasecmp(text + i, word, len))
			return true;
	}
	return false;
}

static bool field_holds(const struct field *f, const void *row, const char *word, size_t len)
{
	char text[1024];

	if (f->flags & FIELD_SECRET)
		return false;
	if (f->type == FIELD_TEXT) {
		const struct text *t = *(const struct text *const *)FIELD_OF(row, f);

		return t && holds(text_str(t), word, len);
	}
	if (f->type == FIELD_SERIES)
		return false;
	field_format(f, row, text, sizeof(text));
	return holds(text, word, len);
}

static bool compare(const struct term *t, const struct field *f, const void *row)
{
	double want = format_parse(t->word, t->len, f->unit), have;

	if (isnan(want) || field_is_absent(f, row))
		return false;
	if (f->type == FIELD_INT)
		have = (double)*(const int64_t *)FIELD_OF(row, f);
	else if (f->type == FIELD_REAL)
		have = *(const double *)FIELD_OF(row, f);
	else
		return false;
	return t->op == '<' ? have < want : have > want;
}

static bool match_term(const struct term *t, const struct schema *s, const void *row)
{
	const struct field *f = t->op ? field_find(s, t->name) : NULL;

	if (f && t->op == ':')
		return field_holds(f, row, t->word, t->len);
	if (f)
		return compare(t, f, row);
	if (t->op) { /* no such field: the whole word is meant, as in `java.lang:` */
		const char *whole = t->word - strlen(t->name) - 1;

		for (size_t i = 0; i < s->nfields; i++) {
			if (field_holds(&s->fields[i], row, whole, t->len + strlen(t->name) + 1))
				return true;
		}
		return false;
	}
	for (size_t i = 0; i < s->nfields; i++) {
		if (field_holds(&s->fields[i], row, t->word, t->len))
			return true;
	}
	return false;
}

bool filter_match(const struct filter *f, const struct schema *s, const void *row)
{
	for (size_t i = 0; i < f->n; i++) {
		if (!match_term(&f->terms[i], s, row))
			return f->is_inverted;
	}
	return !f->is_inverted || f->n == 0;
}
