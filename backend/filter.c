/* filter.c - the filter language of include/field.h: words that must all match, `name:word`,
 * `name>5`, a leading `!`. Compiled once per keystroke, matched against every row; nothing is
 * allocated while matching. A filter that is bound to the columns of a table looks at what they
 * show and at nothing else, so that a row never matches for a reason that cannot be seen. */
#include "../include/field.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct term {
	char op; /* 0 anywhere, ':' one field, '<' '>' numbers */
	char name[64];
	const char *word, *whole; /* both point into text; whole is the term as it was typed */
	size_t len, whole_len;
	/* Once bound: what the name means, and whether the word is a value of an enum shown. */
	struct filter_column asked; /* field NULL: no such name */
	bool is_value;
};

struct filter {
	bool is_inverted;
	size_t n, ncolumns;
	const struct filter_column *columns; /* NULL: not bound */
	char *text;
	struct term terms[];
};

enum where { ANYWHERE, AT_START, WHOLE_WORD };

static void compile_term(struct term *t, const char *word, size_t len)
{
	size_t at = 0;

	while (at < len && !strchr(":<>", word[at]))
		at++;
	*t = (struct term){.word = word, .len = len, .whole = word, .whole_len = len};
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

static bool is_word_char(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-_.", c)) || (unsigned char)c >= 0x80;
}

static bool holds(const char *text, const char *word, size_t len, enum where where)
{
	size_t n = strlen(text);

	for (size_t i = 0; i + len <= n && (where != AT_START || !i); i++) {
		if (strncasecmp(text + i, word, len))
			continue;
		if (where != WHOLE_WORD ||
		    ((!i || !is_word_char(text[i - 1])) && !is_word_char(text[i + len])))
			return true;
	}
	return false;
}

static bool column_holds(const struct filter_column *c, const void *row, const char *word,
			 size_t len, enum where where)
{
	const struct field *f = c->field;
	char text[1024];

	if (f->flags & FIELD_SECRET || f->type == FIELD_SERIES)
		return false;
	if (f->type == FIELD_ENUM) {
		field_format(f, row, text, sizeof(text));
		if (holds(text, word, len, AT_START))
			return true;
		where = AT_START; /* what is shown for it may be another word */
	}
	if (c->format) {
		c->format(row, text, sizeof(text));
		return holds(text, word, len, where);
	}
	if (f->type == FIELD_TEXT) {
		const struct text *t = *(const struct text *const *)FIELD_OF(row, f);

		return t && holds(text_str(t), word, len, where);
	}
	field_format(f, row, text, sizeof(text));
	return holds(text, word, len, where);
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

static bool match_plain(const struct filter *f, const struct term *t, const struct schema *s,
			const void *row)
{
	for (size_t i = 0; f->columns && i < f->ncolumns; i++) {
		const struct filter_column *c = &f->columns[i];

		if (t->is_value && c->field->type != FIELD_ENUM && !c->is_subject)
			continue;
		if (column_holds(c, row, t->whole, t->whole_len,
				 t->is_value ? WHOLE_WORD : ANYWHERE))
			return true;
	}
	for (size_t i = 0; !f->columns && i < s->nfields; i++) {
		const struct filter_column c = {.field = &s->fields[i]};

		if (column_holds(&c, row, t->whole, t->whole_len, ANYWHERE))
			return true;
	}
	return false;
}

static bool match_term(const struct filter *f, const struct term *t, const struct schema *s,
		       const void *row)
{
	struct filter_column c = t->asked;

	if (t->op && !f->columns)
		c.field = field_find(s, t->name);
	if (t->op && c.field)
		return t->op == ':' ? column_holds(&c, row, t->word, t->len, ANYWHERE)
				    : compare(t, c.field, row);
	/* No such field: the whole is meant, as in `java.lang:`. */
	return match_plain(f, t, s, row);
}

bool filter_match(const struct filter *f, const struct schema *s, const void *row)
{
	for (size_t i = 0; i < f->n; i++) {
		if (!match_term(f, &f->terms[i], s, row))
			return f->is_inverted;
	}
	return !f->is_inverted || f->n == 0;
}

/* `err` for ERR 5M: the first word of a heading. */
static bool is_short_for(const char *name, const char *title)
{
	size_t len = strlen(name);

	return !strncasecmp(title, name, len) && title[len] && !isalnum((unsigned char)title[len]);
}

static bool is_number(const struct field *f)
{
	return f->type == FIELD_INT || f->type == FIELD_REAL;
}

/* The field of that name, else what stands under that heading, else of a heading
 * that is not shown. */
static struct filter_column find(const struct filter *f, const struct schema *s,
				 const struct term *t)
{
	const struct filter_column *found = NULL;

	for (size_t i = 0; i < s->nfields; i++)
		if (!strcasecmp(s->fields[i].name, t->name))
			return (struct filter_column){.field = &s->fields[i]};
	for (size_t i = 0; i < f->ncolumns && !found; i++)
		if (!strcasecmp(f->columns[i].title, t->name))
			found = &f->columns[i];
	for (size_t i = 0; i < f->ncolumns && !found; i++)
		if (is_short_for(t->name, f->columns[i].title) &&
		    (t->op == ':' || is_number(f->columns[i].field)))
			found = &f->columns[i];
	if (found)
		return *found;
	for (size_t i = 0; i < s->nfields; i++)
		if (s->fields[i].title && !strcasecmp(s->fields[i].title, t->name))
			return (struct filter_column){.field = &s->fields[i]};
	return (struct filter_column){0};
}

static bool is_value_shown(const struct filter *f, const struct term *t)
{
	for (size_t i = 0; i < f->ncolumns; i++) {
		const struct field *field = f->columns[i].field;

		for (const char *const *n = field->names; field->type == FIELD_ENUM && *n; n++)
			if (strlen(*n) == t->whole_len && !strncasecmp(*n, t->whole, t->whole_len))
				return true;
	}
	return false;
}

/* `http://x`, `10.0.0.6:80` and `12:30` name no field and do not mean to. */
static bool means_a_name(const struct term *t)
{
	for (const char *p = t->name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("_-/", *p))
			return false;
	return !isdigit((unsigned char)t->name[0]) && !(t->len > 1 && !strncmp(t->word, "//", 2));
}

/* What is wrong with a term that asks for a field; false: nothing. */
static bool is_mistaken(const struct term *t, const struct schema *s, char why[static 160])
{
	const struct field *f = t->asked.field;

	if (!f && !means_a_name(t))
		return false;
	if (!f)
		snprintf(why, 160, "no column \"%.40s\" in %.60s", t->name, s->title);
	else if (t->op != ':' && !is_number(f))
		snprintf(why, 160, "%.40s is no number; %.40s:WORD asks for a word", t->name,
			 t->name);
	else if (t->op != ':' && isnan(format_parse(t->word, t->len, f->unit)))
		snprintf(why, 160, "\"%.*s\" is no number", (int)min_size(t->len, 40), t->word);
	else
		return false;
	return true;
}

bool filter_bind(struct filter *f, const struct schema *s, const struct filter_column *columns,
		 size_t n, char why[static 160])
{
	bool is_right = true;

	f->columns = columns;
	f->ncolumns = n;
	for (size_t i = 0; i < f->n; i++) {
		struct term *t = &f->terms[i];

		if (t->op)
			t->asked = find(f, s, t);
		t->is_value = is_value_shown(f, t);
		if (t->op && is_right && is_mistaken(t, s, why))
			is_right = false;
	}
	return is_right;
}
