/* test_layout.c - every size from 1x1: nothing overlaps, nothing leaves its rectangle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tui/layout.h"

static void assert_inside(struct rect r, int w, int h)
{
	assert_true(r.x >= 0 && r.y >= 0 && r.w >= 0 && r.h >= 0);
	if (r.w > 0 && r.h > 0) {
		assert_true(r.x + r.w <= w);
		assert_true(r.y + r.h <= h);
	}
}

static void assert_apart(struct rect a, struct rect b)
{
	if (!a.w || !a.h || !b.w || !b.h)
		return;
	assert_true(a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y);
}

static void test_frame(void **state)
{
	(void)state;
	for (int w = 1; w <= 300; w++)
		for (int h = 1; h <= 100; h++)
			for (int banner = 0; banner < 2; banner++) {
				struct frame_layout l;
				struct rect r[4];

				layout_frame(w, h, banner, &l);
				r[0] = l.top;
				r[1] = l.banner;
				r[2] = l.body;
				r[3] = l.bottom;
				for (int i = 0; i < 4; i++) {
					assert_inside(r[i], w, h);
					for (int k = 0; k < i; k++)
						assert_apart(r[i], r[k]);
				}
				assert_true(l.body.h >= 1 && l.body.w == w);
				assert_int_equal(l.is_tiny, w < LAYOUT_MIN_W || h < LAYOUT_MIN_H);
				/* Nothing is lost either: all lines belong to something. */
				assert_int_equal(l.top.h + l.banner.h + l.body.h + l.bottom.h, h);
			}
}

static void test_stack(void **state)
{
	static const struct pane_want wants[][3] = {
		{{4, 11, 0, 2}, {6, 6, 1, 1}, {0, 0, 0, 0}},
		{{4, 500, 0, 2}, {3, 12, 1, 1}, {2, 2, 1, 9}},
		{{1, 1, 0, 1}, {1, 1, 3, 3}, {5, 50, 2, 2}},
	};

	(void)state;
	for (int h = 0; h <= 100; h++)
		for (size_t k = 0; k < 3; k++) {
			struct rect all = {2, 3, 50, h}, out[3];
			int used = 0;

			layout_stack(all, wants[k], 3, out);
			for (int i = 0; i < 3; i++) {
				assert_true(out[i].h == 0 || (out[i].y >= all.y &&
							      out[i].y + out[i].h <= all.y + h));
				assert_true(out[i].h == 0 || out[i].h >= wants[k][i].min);
				assert_true(out[i].h <= wants[k][i].want);
				for (int o = 0; o < i; o++)
					assert_apart(out[i], out[o]);
				used += out[i].h;
			}
			assert_true(used <= h);
		}
}

/* The overview's body at 24 lines: nine jobs, a blank line, an incident of six lines. */
static void test_stack_of_overview(void **state)
{
	struct pane_want want[2] = {{4, 11, 0, 2}, {6, 6, 1, 1}};
	struct rect out[2];

	(void)state;
	layout_stack((struct rect){0, 1, 80, 22}, want, 2, out);
	assert_int_equal(out[0].y, 1);
	assert_int_equal(out[0].h, 11);
	assert_int_equal(out[1].y, 13);
	assert_int_equal(out[1].h, 6);
	/* With 200 jobs the table takes what the incident leaves. */
	want[0].want = 202;
	layout_stack((struct rect){0, 1, 80, 22}, want, 2, out);
	assert_int_equal(out[0].h, 15);
	assert_int_equal(out[1].h, 6);
}

static void test_side(void **state)
{
	static const struct pane_want want[3] = {{20, 0, 2, 2}, {10, 0, 2, 1}, {10, 0, 2, 1}};

	(void)state;
	for (int w = 0; w <= 300; w++) {
		struct rect out[3];

		layout_side((struct rect){0, 0, w, 5}, want, 3, out);
		for (int i = 0; i < 3; i++) {
			assert_true(out[i].w == 0 || out[i].w >= want[i].min);
			assert_true(out[i].w == 0 || out[i].x + out[i].w <= w);
			for (int k = 0; k < i; k++)
				assert_apart(out[i], out[k]);
		}
		if (w >= 20)
			assert_true(out[0].w >= 20);
	}
}

static void test_columns(void **state)
{
	static const struct column_want want[] = {
		{0, 12, 0, 0, false, 0}, {1, 17, 40, 0, false, 0}, {1, 6, 0, 50, false, 0},
		{1, 5, 0, 0, false, 0},  {2, 15, 0, 60, false, 0}, {1, 4, 0, 0, false, 0}};
	size_t n = sizeof(want) / sizeof(want[0]), before = 0;

	(void)state;
	for (int w = 1; w <= 300; w++) {
		struct column_place at[6];
		int end = 0;
		size_t shown = 0;

		layout_columns(w, want, n, at);
		for (size_t i = 0; i < n; i++) {
			if (at[i].x < 0)
				continue;
			shown++;
			assert_true(at[i].x >= end);
			assert_true(at[i].w >= 3 && (w < 43 || at[i].w >= want[i].width));
			end = at[i].x + at[i].w;
			assert_true(end <= w);
		}
		/* A wider screen never shows less. */
		assert_true(shown >= before);
		before = shown;
	}
	assert_int_equal(before, n);
}

/* The lowest weight goes first, and what cannot be dropped stays. */
static void test_columns_drop_by_weight(void **state)
{
	static const struct column_want want[] = {
		{0, 10, 0, 0, false, 0}, {1, 10, 0, 5, false, 0}, {1, 10, 0, 9, false, 0}};
	struct column_place at[3];

	(void)state;
	layout_columns(32, want, 3, at);
	assert_true(at[1].x == 11 && at[2].x == 22);
	layout_columns(31, want, 3, at);
	assert_true(at[1].x < 0 && at[2].x == 21); /* the last one stands at the right edge */
	layout_columns(12, want, 3, at);
	assert_true(at[0].x >= 0 && at[1].x < 0 && at[2].x < 0);
	/* Narrower than that: what is left. */
	layout_columns(6, want, 3, at);
	assert_true(at[0].x == 0 && at[0].w == 6 && at[1].x < 0);
}

/* A name stands whole before a column is added that may be left out. */
static void test_columns_that_grow_first(void **state)
{
	static const struct column_want want[] = {
		{0, 10, 28, 0, false, 25}, {1, 10, 0, 5, false, 0}, {1, 4, 0, 0, false, 0}};
	static const struct column_want weighed[] = {
		{0, 10, 0, 0, false, 0}, {1, 10, 14, 5, false, 14}, {1, 10, 0, 3, false, 0}};
	struct column_place at[3];

	(void)state;
	layout_columns(26, want, 3, at);
	assert_true(at[0].w == 21 && at[1].x < 0 && at[2].x == 22);
	layout_columns(40, want, 3, at);
	assert_true(at[0].w == 28 && at[1].x < 0);
	layout_columns(41, want, 3, at);
	assert_true(at[0].w == 25 && at[1].x == 26 && at[1].w == 10 && at[2].x == 37);
	layout_columns(48, want, 3, at);
	assert_true(at[0].w == 28 && at[1].x == 29);
	layout_columns(12, want, 3, at);
	assert_true(at[0].w == 10 && at[2].x < 0);
	/* so does one that may be left out */
	layout_columns(30, weighed, 3, at);
	assert_true(at[1].w == 14 && at[2].x < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_stack_of_overview),
		cmocka_unit_test(test_side),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_columns_drop_by_weight),
		cmocka_unit_test(test_columns_that_grow_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
