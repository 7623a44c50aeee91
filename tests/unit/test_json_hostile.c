/* The decoder on what is no JSON, or too much of it: the sentences, nesting, memory, long lists and
 * strings, every beginning of a document; and the walk over maps. */
#include "json_sample.h"

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
	assert_int_equal(decode(body, (size_t)n, &r), 0);
	assert_int_equal(((const struct sample *)r.rows[0])->n, 1);
	n = make_deep(body, DEEP);
	assert_int_equal(decode(body, (size_t)n, &r), -ERR_FORMAT);
	assert_non_null(strstr(err.message, "4096"));
	/* deep where a row or a list is expected */
	memset(body, '[', DEEP);
	body[DEEP] = '\0';
	assert_int_equal(decode(body, DEEP, &r), -ERR_FORMAT);
	memcpy(body, "{\"m\":", 5);
	assert_int_equal(decode(body, DEEP, &r), -ERR_FORMAT);
	memcpy(body, "{\"texts\":", 9);
	assert_int_equal(decode(body, DEEP, &r), -ERR_FORMAT);
	free(body);
}

static void sentences(void **state ATTR_UNUSED)
{
	static const char *const cases[][2] = {
		{"", "an empty answer"},
		{"  \n", "an empty answer"},
		{"<!DOCTYPE html><html>", "HTML, not JSON: it begins with `<!DOCTYPE html>"},
		{"{\"n\":", "half an answer: its JSON stops at byte 5, where a value was expected"},
		{"{\"n\":1", "half an answer: its JSON stops at byte 6, where `,` or `}` was"},
		{"{\"id\":\"x", "where the end of a string was expected"},
		{"[{\"n\":1}", "stops at byte 8"},
		{"{\"n\":1}x", "no JSON from byte 7 on: the end was expected, not `x`"},
		{"{\"n\":1} {", "from byte 8 on"},
		{"{n:1}", "from byte 1 on: a key in quotes was expected, not `n:1}`"},
		{"{\"n\" 1}", "`:` behind a key"},
		{"{\"n\":1,}", "a key in quotes"},
		{"[1,]", "a value was expected"},
		{"{\"n\":tru}", "a value was expected"},
		{"{\"id\":\"\\x\"}", "a valid escape"},
		{"{\"id\":\"\\u12g4\"}", "a valid escape"},
		{"{\"n\":-}", "a digit was expected"},
		{"{\"r\":1.}", "a digit was expected"},
		{"{\"r\":1e+}", "a digit was expected"},
		{"{\"x\":[1}", "`,` or `]`"},
		{"{\"x\":{\"y\":1]}", "`,` or `}`"},
		{"unknown app: \x1b[31m", "`unknown app: \\x1b"},
	};
	struct json_rows r;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(decode(cases[i][0], strlen(cases[i][0]), &r), -ERR_FORMAT);
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
	assert_int_equal(decode(body, 3 * N + 1, &r), -ERR_LIMIT);
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
		 "\"x\":1}",
		 "a.b.c=1 d='NaN' e=?4 f=?4 g=5 h=?4 "},
		{"p", NULL,
		 "{\"p\":[[\"k\",\"v\"],[\"l\\\"\",\"w\\n\",3],[\"m\"],[],[1,2],\"s\",{}]}",
		 "k='v' l\"='w\n' "},
		{"", NULL, "{\"a\":true,\"b\":null,\"c\":[1]}", "a=?1 b=?0 c=?4 "},
		{"nope", NULL, "{\"a\":1}", ""},
		{"a", NULL, "{\"a\":1}", ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct json_body doc = {cases[i].body, strlen(cases[i].body), cases[i].root};
		struct buf b;

		buf_init(&b, 4096);
		buf_puts(&b, "");
		if (json_each(&doc, cases[i].inner, on_pair, &b, &err) != 0)
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
		struct json_body doc = {copy, n, "m"};

		memcpy(copy, body, n);
		copy[n] = '\0';
		assert_int_equal(decode(copy, n, &r), -ERR_FORMAT);
		assert_int_equal(json_each(&doc, "value", on_pair, &b, &err), -ERR_FORMAT);
	}
	assert_int_equal(decode(body, sizeof(body) - 1, &r), 0);
	buf_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_megabyte_string, begin, end),
		cmocka_unit_test_setup_teardown(nesting, begin, end),
		cmocka_unit_test_setup_teardown(sentences, begin, end),
		cmocka_unit_test_setup_teardown(memory_is_bounded, begin, end),
		cmocka_unit_test_setup_teardown(long_lists_are_cut, begin, end),
		cmocka_unit_test_setup_teardown(maps, begin, end),
		cmocka_unit_test_setup_teardown(every_beginning, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
