/* Fields: the number formats, JSON, order, filters - on a row type with a member of each kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/clock.h"
#include "../../include/field.h"

struct sample {
	const struct text *name;
	int64_t bytes, count;
	double ratio;
	int flag, colour;
	int64_t at;
	struct ident id;
	struct texts list;
	struct counts counts;
	struct series series;
	struct ints ints;
	const struct text *secret;
};

static const char *const colours[] = {"red", "green", NULL};

#define F(member, ftype, funit, fflags)                                                            \
	{                                                                                          \
		.name = #member, .title = #member, .type = ftype, .unit = funit, .flags = fflags,  \
		.offset = offsetof(struct sample, member), .names = colours                        \
	}

static const struct field fields[] = {
	F(name, FIELD_TEXT, UNIT_NONE, FIELD_KEY),
	F(bytes, FIELD_INT, UNIT_BYTES, 0),
	F(count, FIELD_INT, UNIT_COUNT, 0),
	F(ratio, FIELD_REAL, UNIT_RATIO, 0),
	F(flag, FIELD_BOOL, UNIT_NONE, 0),
	F(colour, FIELD_ENUM, UNIT_NONE, 0),
	F(at, FIELD_TIME, UNIT_NONE, 0),
	F(id, FIELD_IDENT, UNIT_NONE, FIELD_KEY),
	F(list, FIELD_TEXTS, UNIT_NONE, 0),
	F(counts, FIELD_COUNTS, UNIT_NONE, 0),
	F(series, FIELD_SERIES, UNIT_NONE, 0),
	F(ints, FIELD_INTS, UNIT_NONE, 0),
	F(secret, FIELD_TEXT, UNIT_NONE, FIELD_SECRET),
};
static const struct schema schema = {"sample", "samples",        NULL, sizeof(struct sample),
				     fields,   ARRAY_LEN(fields)};

static void numbers_for_people(void **state ATTR_UNUSED)
{
	static const struct {
		double v;
		enum unit unit;
		const char *want;
	} rows[] = {
		{5.49, UNIT_PER_S, "5.49"},
		{88, UNIT_PER_S, "88"},
		{940, UNIT_PER_S, "940"},
		{1234, UNIT_PER_S, "1.2k"},
		{0, UNIT_PER_S, "0"},
		{12345678, UNIT_PER_S, "12M"},
		{999.7, UNIT_PER_S, "1.0k"},
		{1198, UNIT_COUNT, "1,198"},
		{88120, UNIT_COUNT, "88k"},
		{999, UNIT_COUNT, "999"},
		{9999, UNIT_COUNT, "9,999"},
		{88120, UNIT_NONE, "88120"},
		{4, UNIT_SECONDS, "4s"},
		{124, UNIT_SECONDS, "2m04"},
		{372, UNIT_SECONDS, "6m12"},
		{2730, UNIT_SECONDS, "45m"},
		{17460, UNIT_SECONDS, "4h51"},
		{518400, UNIT_SECONDS, "6d"},
		{86400, UNIT_SECONDS, "24h"},
		{59.9, UNIT_SECONDS, "59s"},
		{0.35, UNIT_SECONDS, "0.3s"},
		{-3, UNIT_SECONDS, "0s"},
		{118, UNIT_MS, "118ms"},
		{2500, UNIT_MS, "2s"},
		{61.2, UNIT_PCT, "61%"},
		{0.4, UNIT_PCT, "0.4%"},
		{2.44, UNIT_RATIO, "2.4x"},
		{0.6, UNIT_RATIO, "0.6x"},
		{123, UNIT_BYTES, "123B"},
		{536870912, UNIT_BYTES, "512M"},
		{1073741824, UNIT_BYTES, "1.0G"},
		{1395864371, UNIT_BYTES, "1.3G"},
		{ABSENT_REAL, UNIT_BYTES, "-"},
		{1e300, UNIT_SECONDS, ">9999d"},
	};
	char text[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n = format_number(rows[i].v, rows[i].unit, text, sizeof(text));

		assert_string_equal(text, rows[i].want);
		assert_int_equal(n, strlen(text));
	}
}

/* Written digit by digit for speed, rounded as printf does it: ties to even, and 0.15 is less than
 * it looks. */
static void numbers_round_as_printf(void **state ATTR_UNUSED)
{
	static const double more[] = {0.15, 0.25, 0.35, 99.95, 99.949999999999989,
				      1e12, 1e13, 3e15};
	char text[400], want[400];

	for (int i = -2000; i < 20000 + (int)ARRAY_LEN(more); i++) {
		double v = i < 20000 ? i / (i % 2 ? 40.0 : 16.0) : more[i - 20000];

		snprintf(want, sizeof(want), v < 99.95 ? "%.1fx" : "%.0fx", v);
		assert_int_equal(format_number(v, UNIT_RATIO, text, sizeof(text)), strlen(want));
		assert_string_equal(text, want);
		snprintf(want, sizeof(want), v > 0 && v < 0.95 ? "%.1f%%" : "%.0f%%", v);
		format_number(v, UNIT_PCT, text, sizeof(text));
		assert_string_equal(text, want);
		if (fabs(v) >= 9.995 || v == floor(v))
			continue;
		snprintf(want, sizeof(want), "%.2f", v);
		format_number(v, UNIT_PER_S, text, sizeof(text));
		assert_string_equal(text, want);
	}
	format_number(12.5, UNIT_PCT, text, 3);
	assert_string_equal(text, "12");
}

static void times_beside_now(void **state ATTR_UNUSED)
{
	int64_t now = clock_utc_ms(2026, 11, 20, 50607000);
	char text[64];

	format_time(clock_utc_ms(2026, 11, 20, 34862000), now, 0, text, sizeof(text));
	assert_string_equal(text, "09:41:02");
	format_time(clock_utc_ms(2026, 11, 12, 0), now, 0, text, sizeof(text));
	assert_string_equal(text, "nov 12");
	format_time(clock_utc_ms(2025, 12, 31, 0), now, 0, text, sizeof(text));
	assert_string_equal(text, "2025-12");
	format_time(clock_utc_ms(2026, 11, 19, 86399000), now, 3600000, text, sizeof(text));
	assert_string_equal(text, "00:59:59");
	format_time(ABSENT, now, 0, text, sizeof(text));
	assert_string_equal(text, "-");
	/* a clock a little ahead is no future; a wrong year, or zone, is */
	format_time(now + 300000, now, 0, text, sizeof(text));
	assert_string_equal(text, "14:08:27");
	format_time(now + 300001, now, 0, text, sizeof(text));
	assert_string_equal(text, "future");
	format_time(clock_utc_ms(9999, 12, 31, 0), now, 0, text, sizeof(text));
	assert_string_equal(text, "future");
}

static void numbers_from_people(void **state ATTR_UNUSED)
{
	assert_true(format_parse("1.2k", 4, UNIT_COUNT) == 1200);
	assert_true(format_parse("512M", 4, UNIT_BYTES) == 536870912);
	assert_true(format_parse("6m", 2, UNIT_SECONDS) == 360);
	assert_true(format_parse("2s", 2, UNIT_MS) == 2000);
	assert_true(format_parse("80%", 3, UNIT_PCT) == 80);
	assert_true(isnan(format_parse("fast", 4, UNIT_PCT)));
	assert_true(isnan(format_parse("5parsecs", 8, UNIT_SECONDS)));
	assert_true(isnan(format_parse("", 0, UNIT_NONE)));
}

static struct sample filled(void)
{
	static const struct text *list[2];
	static struct count counts[1];
	static const float series[] = {1, (float)NAN, 2.5f};
	static const int64_t ints[] = {4040, 40417};
	struct sample s;

	field_clear_row(&schema, &s);
	list[0] = TEXT("say \"hi\"");
	list[1] = TEXT("back\\slash");
	counts[0] = (struct count){TEXT("Timeout"), 2};
	s.name = TEXT("silver-binance");
	s.bytes = 536870912;
	s.count = 0;
	s.ratio = 2.4;
	s.flag = TRI_TRUE;
	s.colour = 1;
	s.at = 1795183407118;
	s.id.text = TEXT("99999999999999999999");
	s.list = (struct texts){2, list};
	s.counts = (struct counts){1, counts};
	s.series = (struct series){0, 60000, 3, series};
	s.ints = (struct ints){2, ints};
	s.secret = TEXT("hunter2");
	return s;
}

static void rows_as_json(void **state ATTR_UNUSED)
{
	struct sample s = filled(), empty;
	struct buf out;

	buf_init(&out, 4096);
	field_json_row(&schema, &s, &out);
	assert_string_equal(
		out.data,
		"{\"name\": \"silver-binance\", \"bytes\": 536870912, \"count\": 0, \"ratio\": "
		"2.4, "
		"\"flag\": true, \"colour\": \"green\", \"at\": \"2026-11-20T14:03:27.118Z\", "
		"\"id\": \"99999999999999999999\", \"list\": [\"say \\\"hi\\\"\", "
		"\"back\\\\slash\"], "
		"\"counts\": {\"Timeout\": 2}, \"series\": [1, null, 2.5], \"ints\": [4040, "
		"40417]}");
	buf_clear(&out);
	s.ratio = 2.0000000004656613;
	field_json(&fields[3], &s, &out);
	assert_string_equal(out.data, "2");
	buf_clear(&out);
	s.ratio = 0.00123456;
	field_json(&fields[3], &s, &out);
	assert_string_equal(out.data, "0.00123");
	buf_clear(&out);
	field_clear_row(&schema, &empty);
	field_json_row(&schema, &empty, &out);
	assert_string_equal(out.data,
			    "{\"name\": null, \"bytes\": null, \"count\": null, \"ratio\": null, "
			    "\"flag\": null, \"colour\": null, \"at\": null, \"id\": null, "
			    "\"list\": [], \"counts\": {}, \"series\": [], \"ints\": []}");
	buf_release(&out);
}

static void absent_sorts_last(void **state ATTR_UNUSED)
{
	struct sample a = filled(), b = filled();

	b.bytes = ABSENT;
	assert_true(field_compare(&fields[1], &a, &b) < 0);
	assert_true(field_compare(&fields[1], &b, &a) > 0);
	b.bytes = 5;
	assert_true(field_compare(&fields[1], &a, &b) > 0);
	b.name = TEXT("bronze");
	assert_true(field_compare(&fields[0], &a, &b) > 0);
	assert_false(field_same_key(&schema, &a, &b));
	b.name = a.name;
	assert_true(field_same_key(&schema, &a, &b));
	assert_true(field_key_hash(&schema, &a) == field_key_hash(&schema, &b));
	b.id.text = TEXT("7");
	assert_false(field_same_key(&schema, &a, &b));
	assert_true(field_key_hash(&schema, &a) != field_key_hash(&schema, &b));
}

static void filters(void **state ATTR_UNUSED)
{
	static const struct {
		const char *expression;
		bool want;
	} rows[] = {
		{"", true},
		{"BINANCE", true},
		{"binance green", true},
		{"binance red", false},
		{"!binance", false},
		{"!kraken", true},
		{"colour:green", true},
		{"name:green", false},
		{"ratio>2", true},
		{"ratio<2", false},
		{"bytes>511M", true},
		{"bytes>1G", false},
		{"timeout", true},
		{"back\\slash", true},
		{"hunter", false},
		{"secret:hunter", false},
		{"  binance  ", true},
		{"nosuch:thing", false},
		{"ratio>abc", false},
		{"!", true},
	};
	struct sample s = filled();

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = filter_new(rows[i].expression);

		if (filter_match(f, &schema, &s) != rows[i].want)
			fail_msg("\"%s\" should be %d", rows[i].expression, rows[i].want);
		filter_free(f);
	}
}

static size_t shout(const void *row, char *out, size_t size)
{
	(void)row;
	return (size_t)snprintf(out, size, "gave up on redwood");
}

/* Bound to columns: only what they show, headings as names, and a value as a whole. */
static void filters_of_a_table(void **state ATTR_UNUSED)
{
	static const struct {
		const char *expression;
		bool want, is_right;
	} rows[] = {
		{"binance", true, true},
		{"timeout", false, true}, /* is in the row and not on the screen */
		{"redwood", true, true},
		{"red", false, true}, /* a colour: green is not red, nor is redwood */
		{"!red", true, true},
		{"green", true, true},
		{"gre", true, true},
		{"een", false, true},
		{"colour:gre", true, true},
		{"colour:een", false, true},
		{"Mega:512", true, true},
		{"mega>511M", true, true},
		{"MEG>511M", false, false},
		{"big>511M", true, true}, /* BIG COUNT, but of the number, not BIG WORD */
		{"nosuch>5", false, false},
		{"!nosuch>5", true, false},
		{"nosuch:binance", false, false},
		{"10.0.0.6:80", false, true},
		{"http://binance", false, true},
		{"colour>5", false, false},
		{"mega>abc", false, false},
		{"secret:hunter", false, true},
	};
	struct sample s = filled();
	const struct filter_column columns[] = {
		{field_find(&schema, "name"), "NAME", true, NULL},
		{field_find(&schema, "count"), "BIG WORD", false, shout},
		{field_find(&schema, "colour"), "TINT", false, NULL},
		{field_find(&schema, "bytes"), "MEGA", false, NULL},
		{field_find(&schema, "bytes"), "BIG COUNT", false, NULL},
	};
	struct filter_column text = columns[1];

	text.field = field_find(&schema, "flag");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct filter *f = filter_new(rows[i].expression);
		struct filter_column of_row[ARRAY_LEN(columns)];
		char why[160] = "";

		memcpy(of_row, columns, sizeof(columns));
		of_row[1] = text;
		if (filter_bind(f, &schema, of_row, ARRAY_LEN(of_row), why) != rows[i].is_right)
			fail_msg("\"%s\" is right: %d (%s)", rows[i].expression, !rows[i].is_right,
				 why);
		assert_int_equal(!*why, rows[i].is_right);
		if (filter_match(f, &schema, &s) != rows[i].want)
			fail_msg("\"%s\" should be %d", rows[i].expression, rows[i].want);
		filter_free(f);
	}
}

static void formatting_stays_in_its_buffer(void **state ATTR_UNUSED)
{
	struct sample s = filled();
	char text[8];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		size_t n;

		memset(text, 'x', sizeof(text));
		n = field_format(&fields[i], &s, text, 5);
		assert_int_equal(n, strlen(text));
		assert_non_null(memchr(text, '\0', 5));
		assert_int_equal(text[5], 'x');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_for_people),
		cmocka_unit_test(numbers_round_as_printf),
		cmocka_unit_test(times_beside_now),
		cmocka_unit_test(numbers_from_people),
		cmocka_unit_test(rows_as_json),
		cmocka_unit_test(absent_sorts_last),
		cmocka_unit_test(filters),
		cmocka_unit_test(filters_of_a_table),
		cmocka_unit_test(formatting_stays_in_its_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
