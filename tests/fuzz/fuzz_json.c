/* fuzz_json.c - the decoder against jansson: what jansson takes as JSON the decoder must take, and
 * every field must hold what a walk through jansson's tree finds under its path. Nothing may crash,
 * read past the end or take more memory than promised. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend/json.h"
#include "../../include/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sample {
	const struct text *id;
	int64_t count, inner, epoch, at, listed, number;
	double real, other;
	int flag, state;
	struct ident batch;
	struct texts texts;
	struct counts counts;
	struct ints ints;
};

static const char *const states[] = {"RUNNING", "FAILED", NULL};

#define F(member, path, ftype, fflags)                                                             \
	{                                                                                          \
		.name = #member, .json = path, .type = FIELD_##ftype, .flags = fflags,             \
		.offset = offsetof(struct sample, member), .names = states                         \
	}

static const struct field fields[] = {
	F(id, "id", TEXT, 0),
	F(count, "n", INT, 0),
	F(inner, "m.a.n", INT, 0),
	F(epoch, "epoch", TIME, FIELD_EPOCH_MS),
	F(at, "m.at", TIME, 0),
	F(listed, "l.n", INT, 0),
	F(number, "s", INT, FIELD_NUMERIC_STRING),
	F(real, "r", REAL, 0),
	F(other, "m.r", REAL, FIELD_NUMERIC_STRING),
	F(flag, "b", BOOL, 0),
	F(state, "state", ENUM, 0),
	F(batch, "batch", IDENT, 0),
	F(texts, "texts", TEXTS, 0),
	F(counts, "counts", COUNTS, 0),
	F(ints, "m.ints", INTS, 0),
};

static const struct schema schema = {"sample", "samples",        NULL, sizeof(struct sample),
				     fields,   ARRAY_LEN(fields)};

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "decoder and jansson differ: %s\n", what);
	abort();
}

/* The value under a path, the first object of a list standing for the list. */
static const json_t *find(const json_t *o, const char *path)
{
	char key[32];

	while (o && *path) {
		size_t n = strcspn(path, ".");

		for (size_t i = 0; json_is_array(o); i++) {
			const json_t *x = json_array_get(o, i);

			if (!x || json_is_object(x))
				o = x;
			if (!x)
				return NULL;
		}
		snprintf(key, sizeof(key), "%.*s", (int)n, path);
		o = json_object_get(o, key);
		path += n + (path[n] == '.');
	}
	return o;
}

static const struct text *clean(struct arena *a, const json_t *v)
{
	return text_clean(a, json_string_value(v), json_string_length(v));
}

static int64_t integer(const json_t *v)
{
	double r = json_real_value(v);

	if (json_is_integer(v))
		return json_integer_value(v);
	return fabs(r) < 9.2e18 ? (int64_t)llround(r) : ABSENT;
}

static void check_texts(struct arena *a, const json_t *v, const struct texts *t)
{
	size_t i, n = 0;
	json_t *x;

	json_array_foreach(v, i, x)
	{
		if (!json_is_string(x) || n >= JSON_ITEMS_MAX)
			continue;
		check(n < t->n && !text_cmp(clean(a, x), t->v[n]), "item of texts");
		n++;
	}
	check(n == t->n, "number of texts");
}

static void check_ints(const json_t *v, const struct ints *t)
{
	size_t i, n = 0;
	json_t *x;

	json_array_foreach(v, i, x)
	{
		if (!json_is_number(x) || n >= JSON_ITEMS_MAX)
			continue;
		check(n < t->n && integer(x) == t->v[n], "item of ints");
		n++;
	}
	check(n == t->n, "number of ints");
}

/* Keys that are the same once cleaned make one count; then only the sum of keys can be checked. */
static void check_counts(struct arena *a, json_t *v, const struct counts *c)
{
	size_t n = 0;
	const char *key;
	json_t *x;

	json_object_foreach(v, key, x)
	{
		const struct text *t = text_clean(a, key, strlen(key));

		if (json_is_number(x) && !is_absent(integer(x))) {
			size_t i = 0;

			while (i < c->n && text_cmp(c->v[i].key, t))
				i++;
			n++;
			check(i < c->n || n > JSON_ITEMS_MAX ||
				      json_object_size(v) > JSON_ITEMS_MAX,
			      "key of counts");
		}
	}
	check(c->n <= n, "number of counts");
}

static int64_t time_of(const struct field *f, const json_t *v)
{
	enum time_zone_kind kind;
	int64_t at = ABSENT;

	if (f->flags & FIELD_EPOCH_MS)
		at = json_is_number(v) ? integer(v) : ABSENT;
	else if (json_is_string(v))
		at = clock_parse(json_string_value(v), json_string_length(v), &kind);
	return at < 0 ? ABSENT : at;
}

/* A number in a string: ours must agree with the C library where it takes it at all. */
static bool is_numeric(const struct field *f, const json_t *v)
{
	return (f->flags & FIELD_NUMERIC_STRING) && json_is_string(v);
}

static void check_field(struct arena *a, const struct field *f, json_t *v, const void *row)
{
	const void *p = FIELD_OF(row, f);
	double r = json_is_number(v) ? json_number_value(v) : ABSENT_REAL;
	const struct ident *id = p;

	switch (f->type) {
	case FIELD_TEXT:
		check(!text_cmp(json_is_string(v) ? clean(a, v) : NULL,
				*(const struct text *const *)p),
		      "text");
		break;
	case FIELD_INT:
		check(is_numeric(f, v) ||
			      *(const int64_t *)p == (json_is_number(v) ? integer(v) : ABSENT),
		      "integer");
		break;
	case FIELD_REAL:
		check(is_numeric(f, v) || *(const double *)p == r ||
			      (isnan(r) && isnan(*(const double *)p)),
		      "real");
		break;
	case FIELD_BOOL:
		check(*(const int *)p == (json_is_boolean(v) ? json_is_true(v) : TRI_ABSENT),
		      "bool");
		break;
	case FIELD_TIME:
		check(*(const int64_t *)p == time_of(f, v), "time");
		break;
	case FIELD_IDENT:
		if (json_is_integer(v) && json_integer_value(v) != INT64_MIN)
			check(id->number == json_integer_value(v), "number of ident");
		else if (json_is_string(v))
			check(is_absent(id->number) && !text_cmp(id->text, clean(a, v)), "ident");
		else
			check(is_absent(id->number) && (!id->text || json_is_number(v)),
			      "no ident");
		break;
	case FIELD_ENUM:
		check((*(const int *)p == 0) == (json_is_string(v) && json_string_length(v) == 7 &&
						 !strcmp(json_string_value(v), "RUNNING")),
		      "enum");
		break;
	case FIELD_TEXTS:
		check_texts(a, v, p);
		break;
	case FIELD_INTS:
		check_ints(v, p);
		break;
	case FIELD_COUNTS:
		check_counts(a, v, p);
		break;
	case FIELD_SERIES:
		break;
	}
}

static void check_rows(struct arena *a, const json_t *root, const struct json_rows *rows)
{
	size_t n = 0, items = json_is_array(root) ? json_array_size(root) : 1;

	for (size_t i = 0; i < items; i++) {
		const json_t *x = json_is_array(root) ? json_array_get(root, i) : root;

		if (!json_is_object(x))
			continue;
		check(n < rows->n, "row missing");
		for (size_t k = 0; k < ARRAY_LEN(fields); k++) {
			const json_t *v = find(x, fields[k].json);

			/* jansson's getters are const, its iterators are not. */
			json_t *copy = v ? json_copy((json_t *)(uintptr_t)v) : NULL;

			check_field(a, &fields[k], copy, rows->rows[n]);
			json_decref(copy);
		}
		n++;
	}
	check(n == rows->n, "rows too many");
}

static void on_pair(void *data, const char *key, size_t len, const struct json_value *v)
{
	size_t *sum = data;

	check(key[len] == '\0', "end of a key");
	*sum += len + (v->kind == JSON_IS_STRING && v->len
			       ? (size_t)(unsigned char)v->text[v->len - 1]
			       : 0);
}

static void walk_maps(const char *text, size_t size, bool is_json)
{
	static const char *const roots[] = {"", "m", "counts", "m.a"};
	struct err err;
	size_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		struct json_body body = {text, size, roots[i]};
		int rc = json_each(&body, i % 2 ? "n" : NULL, on_pair, &sum, &err);

		check(!is_json || rc == 0, "map refused");
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* jansson passes over raw NUL bytes between tokens as if they were not there. */
	bool has_nul = size && memchr(data, 0, size);
	json_t *root = has_nul ? NULL
			       : json_loadb((const char *)data, size,
					    JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	char *text = xmalloc(size + 1);
	struct json_body body = {text, size, ""};
	struct json_rows rows;
	struct arena a;
	struct err err = {0};
	int rc;

	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	arena_init(&a);
	rc = json_rows(&schema, &body, &a, &rows, &err);
	check(rc == 0 || err.message[0], "no reason");
	check(a.used < 12 * size + (4 << 20), "memory");
	if (root && rc != -ERR_LIMIT) {
		check(rc == 0, err.message);
		check_rows(&a, root, &rows);
	}
	body.root = "m.a";
	rc = json_rows(&schema, &body, &a, &rows, &err);
	check(!root || rc == 0 || rc == -ERR_LIMIT, "root refused");
	walk_maps(text, size, root != NULL);
	json_decref(root);
	arena_release(&a);
	free(text);
	return 0;
}
