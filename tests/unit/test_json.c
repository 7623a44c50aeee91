/* The decoder: every field type and what becomes of odd values, prediction of members against
 * objects that differ, lists, maps, roots, and the sentence for what is no JSON. That it agrees
 * with jansson on anything jansson takes is shown by tests/fuzz/fuzz_json.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/json.h"

struct sample {
	const struct text *id, *deep;
	int64_t n, at, epoch, numeric, inner;
	double real;
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
	F(n, "n", INT, 0),
	F(at, "at", TIME, 0),
	F(epoch, "epoch", TIME, FIELD_EPOCH_MS),
	F(numeric, "numeric", INT, FIELD_NUMERIC_STRING),
	F(inner, "m.n", INT, 0),
	F(deep, "m.x.deep", TEXT, 0),
	F(real, "r", REAL, FIELD_NUMERIC_STRING),
	F(flag, "flag", BOOL, 0),
	F(state, "state", ENUM, 0),
	F(batch, "batch", IDENT, 0),
	F(texts, "texts", TEXTS, 0),
	F(counts, "counts", COUNTS, 0),
	F(ints, "ints", INTS, 0),
};
static const struct schema schema = {"sample", "samples",        NULL, sizeof(struct sample),
				     fields,   ARRAY_LEN(fields)};

static struct arena arena;
static struct err err;

static int begin(void **state ATTR_UNUSED)
{
	arena_init(&arena);
	memset(&err, 0, sizeof(err));
	return 0;
}

static int end(void **state ATTR_UNUSED)
{
	arena_release(&arena);
	return 0;
}

static struct json_rows rows_at(const char *root, const char *body)
{
	struct json_rows rows;

	if (json_rows(&schema, root, body, strlen(body), &arena, &rows, &err) != 0)
		fail_msg("%s: %s", body, err.message);
	return rows;
}

static const struct sample *one(const char *body, struct json_flags *flags)
{
	struct json_rows rows = rows_at("", body);

	assert_int_equal(rows.n, 1);
	if (flags)
		*flags = rows.flags;
	return rows.rows[0];
}

static void each_type(void **state ATTR_UNUSED)
{
	struct json_flags f;
	const struct sample *s =
		one(" { \"id\" : \"a\\u00e4\\n\\ud83d\\ude00\\/\" , \"n\":-7,\"at\":"
		    "\"2026-11-20T20:22:44.085GMT\",\"epoch\":1795206164085,\"numeric\":\"42\","
		    "\"m\":{\"n\":3,\"x\":{\"deep\":\"d\"}},\"r\":\"1.5\",\"flag\":true,"
		    "\"state\":\"FAILED\",\"batch\":\"b-9\",\"texts\":[\"x\",\"y\"],"
		    "\"counts\":{\"T\":2,\"S\":1},\"ints\":[3,-4]}\n",
		    &f);

	assert_string_equal(text_str(s->id), "a\xc3\xa4\\n\xf0\x9f\x98\x80/");
	assert_int_equal(s->n, -7);
	assert_int_equal(s->at, INT64_C(1795206164085));
	assert_int_equal(s->epoch, s->at);
	assert_int_equal(s->numeric, 42);
	assert_int_equal(s->inner, 3);
	assert_string_equal(text_str(s->deep), "d");
	assert_true(s->real == 1.5);
	assert_int_equal(s->flag, TRI_TRUE);
	assert_int_equal(s->state, 1);
	assert_string_equal(text_str(s->batch.text), "b-9");
	assert_int_equal(s->texts.n, 2);
	assert_string_equal(text_str(s->texts.v[1]), "y");
	assert_int_equal(s->counts.n, 2);
	assert_int_equal(s->counts.v[1].n, 1);
	assert_int_equal(s->ints.n, 2);
	assert_int_equal(s->ints.v[1], -4);
	assert_int_equal(f.mismatches + f.huge + f.nonfinite + f.duplicates, 0);
}

/* Everything given in another type is absent and counted, null is just absent. */
static void wrong_types(void **state ATTR_UNUSED)
{
	static const char *const values[] = {"5",  "\"x\"", "true",      "[]",
					     "{}", "[{}]",  "{\"a\":[]}"};
	char body[256];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		for (size_t k = 0; k <= ARRAY_LEN(values); k++) {
			const char *v = k < ARRAY_LEN(values) ? values[k] : "null";
			const struct sample *s;
			struct json_flags f;

			if (strchr(fields[i].json, '.'))
				continue;
			snprintf(body, sizeof(body), "{\"%s\":%s,\"end\":1}", fields[i].json, v);
			s = one(body, &f);
			if (k == ARRAY_LEN(values))
				assert_true(field_is_absent(&fields[i], s) && f.mismatches == 0);
			else if (field_is_absent(&fields[i], s))
				assert_true(f.mismatches == 1 || strcmp(v, "[]") == 0 ||
					    v[0] == '{' || v[0] == '[');
			else
				assert_int_equal(f.mismatches, 0);
		}
	}
}

static void odd_numbers(void **state ATTR_UNUSED)
{
	static const struct {
		const char *text;
		double real;     /* NaN: absent */
		int64_t integer; /* as FIELD_INT */
		bool is_huge, is_nonfinite;
	} cases[] = {
		{"0",			      0,                     0,                         false, false},
		{"-0",			     0,                     0,                         false, false},
		{"1.0",			    1,                     1,                         false, false},
		{"2.5e3",			  2500,                  2500,                      false, false},
		{"0.1",			    0.1,                   0,                         false, false},
		{"1e-7",			   1e-7,                  0,                         false, false},
		{"3.141592653589793238462643",     3.141592653589793,     3,                         false, false},
		{"9007199254740993",               9007199254740992.0,    INT64_C(9007199254740993), false, false},
		{"9223372036854775807",            9223372036854775807.0, INT64_MAX,                 false, false},
		{"9223372036854775808",            9223372036854775808.0, ABSENT,                    true,  false},
		{"123456789012345678901234567890", 1.2345678901234568e29, ABSENT,                    true,  false},
		{"1e999",			  NAN,                   ABSENT,                    true,  false},
		{"NaN",			    NAN,                   ABSENT,                    false, true },
		{"Infinity",                       NAN,                   ABSENT,                    false, true },
		{"-Infinity",                      NAN,                   ABSENT,                    false, true },
	};
	char body[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct sample *s;
		struct json_flags f;

		snprintf(body, sizeof(body), "{\"r\":%s}", cases[i].text);
		s = one(body, &f);
		assert_true(s->real == cases[i].real || (isnan(s->real) && isnan(cases[i].real)));
		snprintf(body, sizeof(body), "{\"n\":%s,\"batch\":%s}", cases[i].text,
			 cases[i].text);
		s = one(body, &f);
		assert_int_equal(s->n, cases[i].integer);
		assert_true((f.huge > 0) == cases[i].is_huge);
		assert_true((f.nonfinite > 0) == cases[i].is_nonfinite);
		if (s->batch.text)
			assert_string_equal(text_str(s->batch.text), cases[i].text);
		else
			assert_int_equal(s->batch.number, cases[i].integer);
	}
}

static void odd_strings(void **state ATTR_UNUSED)
{
	static const struct {
		const char *json, *want;
		unsigned surrogates, nuls;
	} cases[] = {
		{"",		      "",			     0, 0},
		{"\\ud800",               "\xef\xbf\xbd",                 1, 0},
		{"\\udc00x",              "\xef\xbf\xbdx",                1, 0},
		{"\\ud800\\u0041",
		 "\xef\xbf\xbd"
		 "A",						     1, 0},
		{"\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80", 1, 0},
		{"a\\u0000b",             "a\\x00b",                      0, 1},
		{"\x1b[31m",              "\\x1b[31m",                    0, 0},
		{"\xff\xc3",              "\xef\xbf\xbd\xef\xbf\xbd",     0, 0},
		{"\\b\\f\\r\\t\\\"\\\\",  "\\x08\\x0c\\r \"\\",           0, 0},
		{"\\u202e",               "<U+202E>",                     0, 0},
	};
	char body[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct sample *s;
		struct json_flags f;

		snprintf(body, sizeof(body), "{\"id\":\"%s\",\"n\":1}", cases[i].json);
		s = one(body, &f);
		assert_string_equal(text_str(s->id), cases[i].want);
		assert_int_equal(s->n, 1);
		assert_int_equal(f.surrogates, cases[i].surrogates);
		assert_int_equal(f.nuls, cases[i].nuls);
	}
}

static void a_megabyte_string(void **state ATTR_UNUSED)
{
	static const char *const pieces[] = {"x", "\\n", "\xc3\xa4", "\\u0041"};

	for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
		struct buf b;
		const struct sample *s;

		buf_init(&b, 16 << 20);
		buf_puts(&b, "{\"id\":\"");
		while (b.len < 1 << 20)
			buf_puts(&b, pieces[i]);
		buf_puts(&b, "\",\"n\":5}");
		s = one(b.data, NULL);
		assert_int_equal(s->n, 5);
		assert_in_range(text_len(s->id), TEXT_MAX - 8, TEXT_MAX);
		buf_release(&b);
	}
}

static void the_last_of_two_counts(void **state ATTR_UNUSED)
{
	struct json_flags f;
	const struct sample *s = one(
		"{\"n\":1,\"n\":2,\"id\":\"a\",\"id\":null,\"m\":{\"n\":1,\"x\":{\"deep\":\"y\"}},"
		"\"m\":{\"n\":5},\"counts\":{\"a\":1,\"a\":2},\"counts\":{\"b\":1,\"b\":7},"
		"\"r\":1,\"r\":\"x\"}",
		&f);

	assert_int_equal(s->n, 2);
	assert_null(s->id);
	assert_int_equal(s->inner, 5);
	assert_null(s->deep);
	assert_int_equal(s->counts.n, 1);
	assert_int_equal(s->counts.v[0].n, 7);
	assert_true(isnan(s->real));
	assert_int_equal(f.duplicates, 7);
	assert_int_equal(f.mismatches, 1);
}

/* Objects whose members, order and spacing differ from those before. */
static void prediction_is_only_a_short_cut(void **state ATTR_UNUSED)
{
	struct json_rows r = rows_at(
		"",
		"[{\"id\":\"a\",\"x\":1,\"n\":1,\"m\":{ },\"flag\":true},"
		"{\"id\":\"b\",\"x\":2,\"n\":2,\"m\":{\"n\":2},\"flag\":false},"
		"{\"n\":3,\"id\":\"c\",\"flag\":true,\"m\":{\"y\":[1],\"n\":3}},"
		"{\"id\" : \"d\", \"x\": 2 ,\"n\":   4,\"m\":\n{\"n\":4}},"
		"{}, {\"i\\u0064\":\"f\",\"n\":6},"
		"{\"id\":\"g\",\"x\":{\"n\":0,\"m\":{}},\"n\":7,\"m\":{\"n\":7},\"flag\":true}]");

	static const int64_t n[] = {1, 2, 3, 4, ABSENT, 6, 7};
	static const int64_t inner[] = {ABSENT, 2, 3, 4, ABSENT, ABSENT, 7};
	static const char *const ids[] = {"a", "b", "c", "d", NULL, "f", "g"};

	assert_int_equal(r.n, 7);
	for (size_t i = 0; i < 7; i++) {
		const struct sample *s = r.rows[i];

		assert_int_equal(s->n, n[i]);
		assert_int_equal(s->inner, inner[i]);
		if (ids[i])
			assert_string_equal(text_str(s->id), ids[i]);
		else
			assert_null(s->id);
	}
}

static void roots(void **state ATTR_UNUSED)
{
	static const char body[] = "{\"a\":1,\"w\":[{\"n\":1},5,{\"n\":2}],\"o\":{\"p\":{\"n\":3},"
				   "\"q\":null,\"e\":[]},\"z\":[{}]}";
	static const struct {
		const char *root;
		size_t n;
		bool has_root;
	} cases[] = {
		{"",       1, true },
                {"w",      2, true },
                {"o.p",    1, true },
		{"o.q",    0, true },
                {"o.e",    0, true },
                {"nope",   0, false},
		{"o.nope", 0, false},
                {"a.b",    0, false},
                {"w.b",    0, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_rows r = rows_at(cases[i].root, body);

		assert_int_equal(r.n, cases[i].n);
		assert_int_equal(r.has_root, cases[i].has_root);
	}
}

/* A path through a list means the list's first object. */
static void through_a_list(void **state ATTR_UNUSED)
{
	assert_int_equal(one("{\"m\":[null,{\"n\":1},{\"n\":2}],\"n\":3}", NULL)->inner, 1);
	assert_int_equal(one("{\"m\":[null,{\"n\":1},{\"n\":2}],\"n\":3}", NULL)->n, 3);
	assert_true(is_absent(one("{\"m\":[[{\"n\":1}]]}", NULL)->inner));
	assert_true(is_absent(one("{\"m\":[]}", NULL)->inner));
}

/* {"z":[[[...]]],"n":1} */
static int make_deep(char *out, int depth)
{
	char *p = out + snprintf(out, 8, "{\"z\":");

	memset(p, '[', (size_t)depth);
	memset(p + depth, ']', (size_t)depth);
	p += 2 * (size_t)depth;
	return (int)(p - out) + snprintf(p, 16, ",\"n\":1}");
}

static void nesting(void **state ATTR_UNUSED)
{
	enum { DEEP = 1 << 20 };
	char *body = xmalloc(2 * DEEP + 64);
	struct json_rows r;
	int n;

	n = make_deep(body, JSON_NESTING - 1);
	assert_int_equal(json_rows(&schema, "", body, (size_t)n, &arena, &r, &err), 0);
	assert_int_equal(((const struct sample *)r.rows[0])->n, 1);
	n = make_deep(body, DEEP);
	assert_int_equal(json_rows(&schema, "", body, (size_t)n, &arena, &r, &err), -ERR_FORMAT);
	assert_non_null(strstr(err.message, "4096"));
	/* deep where a row or a list is expected */
	memset(body, '[', DEEP);
	body[DEEP] = '\0';
	assert_int_equal(json_rows(&schema, "", body, DEEP, &arena, &r, &err), -ERR_FORMAT);
	memcpy(body, "{\"m\":", 5);
	assert_int_equal(json_rows(&schema, "", body, DEEP, &arena, &r, &err), -ERR_FORMAT);
	memcpy(body, "{\"texts\":", 9);
	assert_int_equal(json_rows(&schema, "", body, DEEP, &arena, &r, &err), -ERR_FORMAT);
	free(body);
}

static void sentences(void **state ATTR_UNUSED)
{
	static const char *const cases[][2] = {
		{"",		      "an empty answer"						     },
		{"  \n",                  "an empty answer"						     },
		{"<!DOCTYPE html><html>", "HTML, not JSON: it begins with `<!DOCTYPE html>"                     },
		{"{\"n\":",               "half an answer: its JSON stops at byte 5, where a value was expected"},
		{"{\"n\":1",              "half an answer: its JSON stops at byte 6, where `,` or `}` was"      },
		{"{\"id\":\"x",           "where the end of a string was expected"                              },
		{"[{\"n\":1}",            "stops at byte 8"						     },
		{"{\"n\":1}x",            "no JSON from byte 7 on: the end was expected, not `x`"               },
		{"{\"n\":1} {",           "from byte 8 on"						      },
		{"{n:1}",                 "from byte 1 on: a key in quotes was expected, not `n:1}`"            },
		{"{\"n\" 1}",             "`:` behind a key"						    },
		{"{\"n\":1,}",            "a key in quotes"						     },
		{"[1,]",                  "a value was expected"						},
		{"{\"n\":tru}",           "a value was expected"                                                },
		{"{\"id\":\"\\x\"}",      "a valid escape"						      },
		{"{\"id\":\"\\u12g4\"}",  "a valid escape"                                                      },
		{"{\"n\":-}",             "a digit was expected"                                                },
		{"{\"r\":1.}",            "a digit was expected"                                                },
		{"{\"r\":1e+}",           "a digit was expected"                                                },
		{"{\"x\":[1}",            "`,` or `]`"							  },
		{"{\"x\":{\"y\":1]}",     "`,` or `}`"							  },
		{"unknown app: \x1b[31m", "`unknown app: \\x1b"                                                 },
	};
	struct json_rows r;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(
			json_rows(&schema, "", cases[i][0], strlen(cases[i][0]), &arena, &r, &err),
			-ERR_FORMAT);
		if (!strstr(err.message, cases[i][1]))
			fail_msg("`%s`: `%s` instead of `%s`", cases[i][0], err.message,
				 cases[i][1]);
		assert_int_equal(r.n, 0);
	}
}

/* `[{},{},...]` must not make 100 bytes of row from each 3 bytes of text. */
static void memory_is_bounded(void **state ATTR_UNUSED)
{
	enum { N = 200000 };
	char *body = xmalloc(3 * N + 2);
	struct json_rows r;

	body[0] = '[';
	for (int i = 0; i < N; i++)
		memcpy(body + 1 + 3 * i, "{},", 3);
	memcpy(body + 3 * N, "]", 2);
	assert_int_equal(json_rows(&schema, "", body, 3 * N + 1, &arena, &r, &err), -ERR_LIMIT);
	assert_true(arena.used < 10 << 20);
	free(body);
}

static void long_lists_are_cut(void **state ATTR_UNUSED)
{
	struct json_flags f;
	const struct sample *s;
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_puts(&b, "{\"ints\":[0");
	for (int i = 1; i < JSON_ITEMS_MAX + 10; i++)
		buf_printf(&b, ",%d", i);
	buf_puts(&b, "],\"counts\":{\"k\":1");
	for (int i = 1; i < JSON_ITEMS_MAX + 10; i++)
		buf_printf(&b, ",\"k%d\":%d", i, i);
	buf_puts(&b, "},\"n\":1}");
	s = one(b.data, &f);
	assert_int_equal(s->ints.n, JSON_ITEMS_MAX);
	assert_int_equal(s->counts.n, JSON_ITEMS_MAX);
	assert_int_equal(f.dropped, 20);
	assert_int_equal(s->n, 1);
	buf_release(&b);
}

static void naive_times_are_told(void **state ATTR_UNUSED)
{
	struct json_flags f;

	one("{\"at\":\"2026-11-20T20:22:44.085123\"}", &f);
	assert_true(f.naive == UINT64_C(1) << 2);
	one("{\"at\":\"2026-11-20T20:22:44+01:00\"}", &f);
	assert_true(f.naive == 0);
	assert_true(is_absent(one("{\"at\":\"1969-12-31T23:59:59.999GMT\"}", &f)->at));
	assert_true(is_absent(one("{\"epoch\":-1}", &f)->epoch));
	assert_true(is_absent(one("{\"at\":\"yesterday\"}", &f)->at));
	assert_int_equal(f.mismatches, 1);
}

static void on_pair(void *data, const char *key, size_t len, const struct json_value *v)
{
	struct buf *b = data;

	assert_int_equal(strlen(key), len);
	buf_printf(b, "%s=", key);
	if (v->kind == JSON_IS_STRING)
		buf_printf(b, "'%.*s'", (int)v->len, v->text);
	else if (v->kind == JSON_IS_NUMBER)
		buf_printf(b, "%g", v->number);
	else
		buf_printf(b, "?%d", (int)v->kind);
	buf_puts(b, " ");
}

static void maps(void **state ATTR_UNUSED)
{
	static const struct {
		const char *root, *inner, *body, *want;
	} cases[] = {
		{"gauges", "value",
		 "{\"version\":\"4\",\"gauges\":{\"a.b.c\":{\"value\":1},\"d\":{\"z\":[1],"
		 "\"value\":\"NaN\","
		 "\"y\":2},\"e\":{\"error\":\"x\"},\"f\":{},\"g\":5,\"h\":{\"value\":{\"value\":1}}"
		 "},"
		 "\"x\":1}",								 "a.b.c=1 d='NaN' e=?4 f=?4 g=5 h=?4 "},
		{"p",      NULL,
		 "{\"p\":[[\"k\",\"v\"],[\"l\\\"\",\"w\\n\",3],[\"m\"],[],[1,2],\"s\",{}]}", "k='v' l\"='w\n' "                   },
		{"",       NULL,    "{\"a\":true,\"b\":null,\"c\":[1]}",                     "a=?1 b=?0 c=?4 "                    },
		{"nope",   NULL,    "{\"a\":1}",					     ""                                   },
		{"a",      NULL,    "{\"a\":1}",					     ""                                   },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf b;

		buf_init(&b, 4096);
		buf_puts(&b, "");
		if (json_each(cases[i].root, cases[i].inner, cases[i].body, strlen(cases[i].body),
			      on_pair, &b, &err) != 0)
			fail_msg("%s", err.message);
		assert_string_equal(b.data ? b.data : "", cases[i].want);
		buf_release(&b);
	}
}

/* Every beginning of a document is half an answer, for rows and for maps. */
static void every_beginning(void **state ATTR_UNUSED)
{
	static const char body[] =
		"{\"m\":{\"n\":{\"value\":-1.5e3},\"k\":{\"value\":\"\\ud83d\\ude00\"}},"
		"\"texts\":[\"a\"],\"x\":[[],{}],\"batch\":12,\"flag\":false}";
	char copy[sizeof(body)];
	struct json_rows r;
	struct buf b;

	buf_init(&b, 1 << 20);
	for (size_t n = 0; n < sizeof(body) - 1; n++) {
		memcpy(copy, body, n);
		copy[n] = '\0';
		assert_int_equal(json_rows(&schema, "", copy, n, &arena, &r, &err), -ERR_FORMAT);
		assert_int_equal(json_each("m", "value", copy, n, on_pair, &b, &err), -ERR_FORMAT);
	}
	assert_int_equal(json_rows(&schema, "", body, sizeof(body) - 1, &arena, &r, &err), 0);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_type, begin, end),
		cmocka_unit_test_setup_teardown(wrong_types, begin, end),
		cmocka_unit_test_setup_teardown(odd_numbers, begin, end),
		cmocka_unit_test_setup_teardown(odd_strings, begin, end),
		cmocka_unit_test_setup_teardown(a_megabyte_string, begin, end),
		cmocka_unit_test_setup_teardown(the_last_of_two_counts, begin, end),
		cmocka_unit_test_setup_teardown(prediction_is_only_a_short_cut, begin, end),
		cmocka_unit_test_setup_teardown(roots, begin, end),
		cmocka_unit_test_setup_teardown(through_a_list, begin, end),
		cmocka_unit_test_setup_teardown(nesting, begin, end),
		cmocka_unit_test_setup_teardown(sentences, begin, end),
		cmocka_unit_test_setup_teardown(memory_is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(long_lists_are_cut, begin, end),
		cmocka_unit_test_setup_teardown(naive_times_are_told, begin, end),
		cmocka_unit_test_setup_teardown(maps, begin, end),
		cmocka_unit_test_setup_teardown(every_beginning, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
