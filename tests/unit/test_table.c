/* test_table.c - order, filter, marks and the cursor that follows the thing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/row/job.h"
#include "../../tui/table.h"

enum { MAX = 20000 };
static struct job_row rows[MAX];
static const void *pointers[MAX];
static struct arena arena;

static const struct column columns[] = {
	{.name = "name", .width = 12, .flags = COLUMN_SUBJECT},
	{.name = "errors", .width = 6},
	{.name = "heap_pct", .width = 4, .gauge = 8, .gauge_weight = 1},
	{0},
};
static const struct table_spec spec = {
	.schema = &schema_job, .columns = columns, .order = "worst first"};

static struct rowset make(const char *const *names, const int64_t *errors, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		field_clear_row(&schema_job, &rows[i]);
		rows[i].name = text_clean(&arena, names[i], strlen(names[i]));
		rows[i].errors = errors[i];
		pointers[i] = &rows[i];
	}
	return (struct rowset){&schema_job, n, pointers};
}

static void assert_order(const struct table *t, const char *want)
{
	char got[256] = "";

	for (size_t i = 0; i < table_count(t); i++) {
		const struct job_row *j = table_row(t, i);

		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "",
			 text_str(j->name));
	}
	assert_string_equal(got, want);
}

static const char *cursor_name(const struct table *t)
{
	const struct job_row *j = table_cursor(t);

	return j ? text_str(j->name) : "none";
}

static const char *const abc[] = {"b", "a", "d", "c"};
static const int64_t some[] = {3, ABSENT, 10, 5};

static void test_sort(void **state)
{
	struct rowset r = make(abc, some, 4);
	struct table *t = table_new(&spec);
	struct err err = {0};

	(void)state;
	table_set_rows(t, &r, 1);
	assert_order(t, "b a d c");
	assert_int_equal(table_sort(t, "name", &err), 0);
	assert_order(t, "a b c d");
	assert_int_equal(table_sort(t, "errors", &err), 0);
	assert_order(t, "d c b a"); /* numbers: the most first; what is not known last */
	table_sort_invert(t);
	assert_order(t, "b c d a"); /* also then */
	assert_int_equal(table_sort(t, "", &err), 0);
	assert_order(t, "b a d c");
	assert_int_equal(table_sort(t, "erors", &err), -ERR_MISSING);
	assert_non_null(strstr(err.message, "nearest: errors"));
	/* s goes through the columns and comes back to the rows' own order. */
	table_sort_next(t);
	assert_order(t, "a b c d");
	table_sort_next(t);
	assert_order(t, "d c b a");
	table_sort_next(t);
	table_sort_next(t);
	assert_order(t, "b a d c");
	table_free(t);
}

static void test_cursor_follows(void **state)
{
	static const char *const later[] = {"x", "c", "b", "a"};
	static const char *const without[] = {"x", "b", "a"};
	struct rowset r = make(abc, some, 4);
	struct table *t = table_new(&spec);

	(void)state;
	table_set_rows(t, &r, 1);
	assert_string_equal(cursor_name(t), "b");
	/* Nobody moved it yet: it stays on the worst. */
	r = make(later, some, 4);
	table_set_rows(t, &r, 2);
	assert_string_equal(cursor_name(t), "x");
	table_move(t, MOVE_DOWN);
	assert_string_equal(cursor_name(t), "c");
	r = make(abc, some, 4);
	table_set_rows(t, &r, 3);
	assert_string_equal(cursor_name(t), "c");
	assert_int_equal(table_sort(t, "name", NULL), 0);
	assert_string_equal(cursor_name(t), "c");
	/* It is gone: the row at its place. */
	r = make(without, some, 3);
	table_set_rows(t, &r, 4);
	assert_string_equal(cursor_name(t), "x");
	table_free(t);
}

static void test_filter_and_marks(void **state)
{
	struct rowset r = make(abc, some, 4);
	struct table *t = table_new(&spec);
	size_t hidden;
	char facts[200];

	(void)state;
	table_set_rows(t, &r, 1);
	table_mark(t); /* b, and down */
	table_mark(t); /* a */
	assert_string_equal(cursor_name(t), "d");
	assert_true(table_is_marked(t, &rows[0]));
	table_filter(t, "name:b");
	assert_order(t, "b");
	assert_int_equal(table_marked(t, &hidden), 2);
	assert_int_equal(hidden, 1);
	table_facts(t, facts, sizeof(facts));
	assert_string_equal(facts, "/name:b  1 of 4, worst first, 2 marked (1 hidden)");
	table_filter(t, "!name:b");
	assert_order(t, "a d c");
	table_filter(t, "nothing");
	assert_null(table_cursor(t));
	table_move(t, MOVE_LAST);
	table_mark(t);
	table_filter(t, NULL);
	assert_int_equal(table_count(t), 4);
	table_unmark_all(t);
	assert_int_equal(table_marked(t, &hidden), 0);
	table_facts(t, facts, sizeof(facts));
	assert_string_equal(facts, "4, worst first");
	table_free(t);
}

static void test_draw(void **state)
{
	struct rowset r = make(abc, some, 4);
	struct table *t = table_new(&spec);
	struct screen s;
	char got[256];

	(void)state;
	rows[0].heap_pct = 50;
	table_set_rows(t, &r, 1);
	table_mark(t);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, 40, 6);
	table_draw(t, area_all(&s), true);
	screen_row(&s, 0, got, sizeof(got));
	assert_string_equal(got, "   JOB          ERRORS     HEAP         ");
	screen_row(&s, 1, got, sizeof(got));
	assert_string_equal(got, " + b                 3     ████━━━━ 50% ");
	screen_row(&s, 2, got, sizeof(got));
	assert_string_equal(got, "   a                 -     -          - ");
	assert_int_equal(screen_at(&s, 0, 2)->ground, GROUND_CURSOR);
	assert_int_equal(screen_at(&s, 3, 2)->style, STYLE_STRONG);
	assert_true(table_click(t, 4));
	assert_string_equal(cursor_name(t), "c");
	assert_false(table_click(t, 5));
	assert_false(table_click(t, 0));
	/* Two rows fit: the cursor stays in sight. */
	screen_resize(&s, 40, 3);
	table_draw(t, area_all(&s), true);
	assert_int_equal(screen_at(&s, 0, 2)->ground, GROUND_CURSOR);
	/* With room again the first row comes back. */
	screen_resize(&s, 40, 6);
	table_draw(t, area_all(&s), true);
	screen_row(&s, 1, got, sizeof(got));
	assert_string_equal(got, " + b                 3     ████━━━━ 50% ");
	for (int w = 1; w < 60; w++)
		for (int h = 1; h < 8; h++) {
			screen_resize(&s, w, h);
			table_draw(t, area_all(&s), true);
		}
	screen_release(&s);
	table_free(t);
}

/* Any order in, the right order out; and again after a small change. */
static void test_sort_many(void **state)
{
	struct rowset r = {&schema_job, MAX, pointers};
	struct table *t = table_new(&spec);
	uint32_t x = 12345;

	(void)state;
	for (size_t i = 0; i < MAX; i++) {
		x = x * 1664525 + 1013904223;
		field_clear_row(&schema_job, &rows[i]);
		rows[i].name = text_format(&arena, "job-%zu", i);
		rows[i].errors = x % 17 ? (int64_t)(x >> 12) : ABSENT;
		pointers[i] = &rows[i];
	}
	assert_int_equal(table_sort(t, "errors", NULL), 0);
	for (uint64_t version = 1; version <= 3; version++) {
		table_set_rows(t, &r, version);
		assert_int_equal(table_count(t), MAX);
		for (size_t i = 1; i < MAX; i++) {
			const struct job_row *a = table_row(t, i - 1), *b = table_row(t, i);

			if (is_absent(a->errors))
				assert_true(is_absent(b->errors));
			else
				assert_true(is_absent(b->errors) || a->errors >= b->errors);
		}
		rows[version * 7].errors += 100000;
	}
	table_free(t);
}

static void test_generic(void **state)
{
	struct rowset r = make(abc, some, 4);
	struct table *t = table_new_generic(&schema_job);
	struct screen s;
	char got[256];

	(void)state;
	table_set_rows(t, &r, 1);
	screen_init(&s, &glyphs_unicode);
	screen_resize(&s, 60, 6);
	table_draw(t, area_all(&s), true);
	screen_row(&s, 0, got, sizeof(got));
	assert_memory_equal(got, "   JOB", 6);
	screen_row(&s, 3, got, sizeof(got));
	assert_memory_equal(got, "   d", 4);
	screen_release(&s);
	table_free(t);
}

static int setup(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sort),
		cmocka_unit_test(test_cursor_follows),
		cmocka_unit_test(test_filter_and_marks),
		cmocka_unit_test(test_draw),
		cmocka_unit_test(test_sort_many),
		cmocka_unit_test(test_generic),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
