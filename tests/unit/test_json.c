/* The decoder: every field type and what becomes of odd values, prediction of members against
 * objects that differ, lists and roots. That it agrees with jansson on anything jansson takes is
 * shown by tests/fuzz/fuzz_json.c. */
#include "json_sample.h"

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
		{"0", 0, 0, false, false},
		{"-0", 0, 0, false, false},
		{"1.0", 1, 1, false, false},
		{"2.5e3", 2500, 2500, false, false},
		{"0.1", 0.1, 0, false, false},
		{"1e-7", 1e-7, 0, false, false},
		{"3.141592653589793238462643", 3.141592653589793, 3, false, false},
		{"9007199254740993", 9007199254740992.0, INT64_C(9007199254740993), false, false},
		{"9223372036854775807", 9223372036854775807.0, INT64_MAX, false, false},
		{"9223372036854775808", 9223372036854775808.0, ABSENT, true, false},
		{"123456789012345678901234567890", 1.2345678901234568e29, ABSENT, true, false},
		{"1e999", NAN, ABSENT, true, false},
		{"NaN", NAN, ABSENT, false, true},
		{"Infinity", NAN, ABSENT, false, true},
		{"-Infinity", NAN, ABSENT, false, true},
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
		{"", "", 0, 0},
		{"\\ud800", "\xef\xbf\xbd", 1, 0},
		{"\\udc00x", "\xef\xbf\xbdx", 1, 0},
		{"\\ud800\\u0041",
		 "\xef\xbf\xbd"
		 "A",
		 1, 0},
		{"\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80", 1, 0},
		{"a\\u0000b", "a\\x00b", 0, 1},
		{"\x1b[31m", "\\x1b[31m", 0, 0},
		{"\xff\xc3", "\xef\xbf\xbd\xef\xbf\xbd", 0, 0},
		{"\\b\\f\\r\\t\\\"\\\\", "\\x08\\x0c\\r \"\\", 0, 0},
		{"\\u202e", "<U+202E>", 0, 0},
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
		{"", 1, true},        {"w", 2, true},    {"o.p", 1, true},
		{"o.q", 0, true},     {"o.e", 0, true},  {"nope", 0, false},
		{"o.nope", 0, false}, {"a.b", 0, false}, {"w.b", 0, false},
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_type, begin, end),
		cmocka_unit_test_setup_teardown(wrong_types, begin, end),
		cmocka_unit_test_setup_teardown(odd_numbers, begin, end),
		cmocka_unit_test_setup_teardown(odd_strings, begin, end),
		cmocka_unit_test_setup_teardown(the_last_of_two_counts, begin, end),
		cmocka_unit_test_setup_teardown(prediction_is_only_a_short_cut, begin, end),
		cmocka_unit_test_setup_teardown(roots, begin, end),
		cmocka_unit_test_setup_teardown(through_a_list, begin, end),
		cmocka_unit_test_setup_teardown(naive_times_are_told, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
