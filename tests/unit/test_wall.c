/* test_wall.c - the wall without a terminal: what a room sees, by turns and sizes; OLD; and that
 * nothing of what others wrote comes onto it. */
#include "ui_stage.h"

#include "../../tui/big.h"

enum { TURN_MS = 10000 };

static struct section silent;
static const struct section *sections[] = {&silent};

static void stage(int w, int h, bool is_ascii)
{
	struct err err = {0};

	memset(&cfg, 0, sizeof(cfg));
	cfg.interval_ms = 2000;
	cfg.is_wall = cfg.read_only = true;
	cfg.is_ascii = is_ascii;
	cfg.label = TEXT("PROD");
	fixed = clock_fixed(CLUSTER_NOW - CLUSTER_NOW % (12 * TURN_MS), 1000000);
	assert_int_equal(ui_init(&ui, &cfg, &fixed, &err), 0);
	screen_init(&screen, ui.glyphs);
	screen_resize(&screen, w, h);
	cluster_snapshot(&snap, true);
	snap.mono_at = 1000000;
	snap.nsections = 1;
	snap.sections = sections;
	silent = (struct section){.job = "gold-daily", .silent_probes = 21, .silent_ms = 41000};
	ui_snapshot(&ui, &snap);
	ui_draw(&ui, &screen);
}

static void later(int64_t ms)
{
	fixed.fixed_wall_ms += ms;
	fixed.fixed_mono_ms += ms;
	snap.mono_at += ms;
	ui_draw(&ui, &screen);
}

/* Is that word there in large letters of that scale, and in which style? -1: it is not. */
static int big_style(const char *word, int scale)
{
	struct screen want;
	int w = big_width(scale, word), h = big_height(ui.glyphs, scale);

	screen_init(&want, ui.glyphs);
	screen_resize(&want, w, h);
	big_draw(area_all(&want), 0, 0, scale, STYLE_TEXT, word);
	for (int y = 0; y + h <= screen.h; y++)
		for (int x = 0; x + w <= screen.w; x++) {
			int same = 0;

			while (same < w * h && screen_at(&screen, x + same % w, y + same / w)->ch ==
						       screen_at(&want, same % w, same / w)->ch)
				same++;
			for (int i = 0; same == w * h && i < w * h; i++) {
				const struct cell *c = screen_at(&screen, x + i % w, y + i / w);

				if (c->ch == ' ')
					continue;
				screen_release(&want);
				return c->style;
			}
		}
	screen_release(&want);
	return -1;
}

static void the_worst_job_large_and_why(void **state ATTR_UNUSED)
{
	stage(80, 24, false);
	assert_int_equal(big_style("CRASHED", 1), STYLE_CRIT);
	assert_int_equal(big_style("MIGRATION", 1), STYLE_CRIT);
	assert_true(big_style("14:02:00", 1) >= 0);
	assert_true(shows("crashed"));
	assert_true(shows("7 errors in 5 min"));
	assert_true(shows("heap 99 % full"));
	assert_true(shows("PROD  READ-ONLY  4 of 9 in trouble"));
	assert_true(shows("overview  1/"));
	assert_true(shows("● healthy"));
	assert_int_equal(screen.cursor_x, -1);
	later(1000);
	assert_true(big_style("14:02:01", 1) >= 0);
}

static void pages_take_turns(void **state ATTR_UNUSED)
{
	static const char *const titles[] = {"overview", "jobs",     "overview", "memory",
					     "overview", "incident", "overview", "jobs"};

	stage(80, 24, false);
	for (size_t i = 0; i < ARRAY_LEN(titles); i++) {
		char place[40];

		snprintf(place, sizeof(place), "%s  %d/", titles[i],
			 i % 2 ? (int)(i / 2 % 3) + 2 : 1);
		if (!shows(place))
			fail_msg("turn %zu does not show \"%s\"", i, place);
		/* whatever the page, the worst job is in sight */
		assert_true(shows(i % 2 ? "✖ migration crashed" : "✖ crashed"));
		later(TURN_MS);
	}
}

/* A gauge may be shorter, a name may not. */
static void names_are_whole_beside_gauges(void **state ATTR_UNUSED)
{
	stage(160, 50, false);
	while (!shows("memory  "))
		later(TURN_MS);
	assert_true(big_style("HEALTH-ANALYTICS", 1) >= 0);
	assert_true(big_style("BRONZE-COINBASE", 1) >= 0);
	assert_true(big_style("2.4X", 1) >= 0);
}

static void each_page_says_its_own(void **state ATTR_UNUSED)
{
	stage(80, 24, false);
	later(TURN_MS);
	assert_true(shows("silver-binance"));
	assert_true(shows("initializing"));
	assert_true(shows("REC/S"));
	assert_false(shows("ERR 5MD") || shows("DEAD LETTERS")); /* headings stay apart */
	assert_true(shows(" DLQ "));
	later(2 * TURN_MS);
	assert_true(shows("HEADROOM"));
	assert_true(shows("0.6x"));
	assert_true(shows("99%"));
	later(2 * TURN_MS);
	assert_true(shows("migration ran out of memory and its retries met a dead session"));
	assert_true(shows("open for 1m27"));
}

static void large_screens_have_large_letters(void **state ATTR_UNUSED)
{
	stage(160, 50, false);
	assert_int_equal(big_style("CRASHED", 2), STYLE_CRIT);
	assert_int_equal(big_style("7 ERRORS IN 5 MIN", 1), STYLE_STRONG);
	later(TURN_MS);
	assert_true(big_style("SILVER-BINANCE", 1) >= 0);
	teardown(NULL);
	stage(240, 67, false);
	assert_int_equal(big_style("CRASHED", 3), STYLE_CRIT);
	teardown(NULL);
	stage(300, 100, false); /* and what is said of the worst grows with the room */
	assert_int_equal(big_style("7 ERRORS IN 5 MIN", 3), STYLE_STRONG);
	teardown(NULL);
	stage(80, 24, true);
	assert_int_equal(big_style("CRASHED", 1), STYLE_CRIT);
	assert_true(shows("X crashed"));
}

/* Two rows of verdicts: each word whole. */
static void no_count_is_cut(void **state ATTR_UNUSED)
{
	union {
		const void *row;
		struct job_row *job;
	} u;

	for (int n = 4; n < 7; n++) {
		static const int verdicts[] = {VERDICT_HUNG,     VERDICT_UNHEALTHY,
					       VERDICT_DEGRADED, VERDICT_UNREACHABLE,
					       VERDICT_HEALTHY,  VERDICT_INITIALIZING};

		stage(160, 50, false);
		for (size_t i = 0; i < ARRAY_LEN(drawn_jobs); i++) {
			u.row = dataset_rows(snap.jobs, &schema_job)->rows[i];
			u.job->verdict = verdicts[i % (size_t)n];
		}
		later(0);
		for (int i = 0; i < n; i++)
			if (big_style(verdict_names[verdicts[i]], 1) < 0)
				fail_msg("of %d verdicts %s is cut", n, verdict_names[verdicts[i]]);
		if (n < 6)
			teardown(NULL);
	}
}

static void a_small_wall_says_the_worst(void **state ATTR_UNUSED)
{
	stage(40, 12, false);
	assert_true(shows("CRASHED"));
	assert_true(shows("14:02:00"));
	screen_resize(&screen, 20, 5);
	later(0);
	assert_true(shows("✖ crashed migration"));
	screen_resize(&screen, 1, 1);
	later(0);
	assert_true(shows("✖"));
}

static void calm_when_all_is_well(void **state ATTR_UNUSED)
{
	union {
		const void *row;
		struct job_row *job;
	} u;

	stage(80, 24, false);
	for (size_t i = 0; i < ARRAY_LEN(drawn_jobs); i++) {
		u.row = dataset_rows(snap.jobs, &schema_job)->rows[i];
		u.job->verdict = VERDICT_HEALTHY;
	}
	later(0);
	assert_int_equal(big_style("ALL WELL", 1), STYLE_OK);
	assert_true(shows("9 jobs"));
	assert_true(shows("least headroom 0.6x, migration"));
	for (int y = 0; y < screen.h; y++)
		for (int x = 0; x < screen.w; x++) {
			enum style st = screen_at(&screen, x, y)->style;

			assert_true(st != STYLE_CRIT && st != STYLE_BAD && st != STYLE_WARN);
		}
}

static int brightest(void)
{
	int bright = 0;

	for (int y = 4; y < screen.h; y++)
		for (int x = 0; x < screen.w; x++)
			bright += screen_at(&screen, x, y)->ch != ' ' &&
				  screen_at(&screen, x, y)->style != STYLE_FAINT;
	return bright;
}

static void old_after_three_intervals(void **state ATTR_UNUSED)
{
	stage(80, 24, false);
	later(0);
	snap.mono_at -= 6000;
	later(0);
	assert_int_equal(big_style("CRASHED", 1), STYLE_CRIT);
	assert_true(brightest() > 0);
	snap.mono_at -= 1000;
	later(0);
	assert_int_equal(big_style("CRASHED", 1), -1);
	assert_int_equal(big_style("OLD 7S", 1), STYLE_STALE);
	assert_true(shows("OLD: nothing new from the backend"));
	assert_int_equal(brightest(), 0);
	snap.mono_at += 7000; /* it is back */
	later(0);
	assert_int_equal(big_style("CRASHED", 1), STYLE_CRIT);
}

/* Texts of others: evidence, what the job says, stories and next steps with their places. */
static void nothing_that_others_wrote(void **state ATTR_UNUSED)
{
	static const struct text *const evidence[] = {TEXT("CANARY@example.org called")};
	union {
		const void *row;
		struct job_row *job;
	} u;

	for (int large = 0; large < 2; large++) {
		stage(large ? 240 : 80, large ? 67 : 24, false);
		for (size_t i = 0; i < ARRAY_LEN(drawn_jobs); i++) {
			u.row = dataset_rows(snap.jobs, &schema_job)->rows[i];
			u.job->evidence = (struct texts){1, evidence};
			u.job->says = TEXT("CANARY");
			u.job->next = TEXT("call CANARY");
		}
		snap.banner = "CANARY/config.yaml:1:1: CANARY";
		later(0);
		for (int turn = 0; turn < 20; turn++, later(TURN_MS)) {
			assert_false(shows("CANARY"));
			assert_true(big_style("CANARY", 1) < 0);
			assert_false(shows("OutOfMemoryError: Java"));
			assert_false(shows("127.0.0.1"));
			assert_true(shows("in trouble: see its log"));
		}
		teardown(NULL);
	}
	stage(80, 24, false);
}

static void every_size(void **state ATTR_UNUSED)
{
	for (int is_ascii = 0; is_ascii < 2; is_ascii++) {
		stage(80, 24, is_ascii);
		for (int h = 1; h < 100; h += h < 30 ? 1 : 7)
			for (int w = 1; w < 330; w += w < 90 ? 3 : 17) {
				screen_resize(&screen, w, h);
				later(TURN_MS);
			}
		if (!is_ascii)
			teardown(NULL);
	}
}

static void before_the_first_answer(void **state ATTR_UNUSED)
{
	struct err err = {0};

	cfg = (struct config){.interval_ms = 2000, .is_wall = true, .read_only = true};
	fixed = clock_fixed(CLUSTER_NOW, 1000000);
	assert_int_equal(ui_init(&ui, &cfg, &fixed, &err), 0);
	screen_init(&screen, ui.glyphs);
	screen_resize(&screen, 80, 24);
	ui_draw(&ui, &screen);
	cluster_snapshot(&snap, false); /* for the teardown */
	assert_int_equal(big_style("STARTING", 1), STYLE_INFO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_worst_job_large_and_why, teardown),
		cmocka_unit_test_teardown(pages_take_turns, teardown),
		cmocka_unit_test_teardown(names_are_whole_beside_gauges, teardown),
		cmocka_unit_test_teardown(each_page_says_its_own, teardown),
		cmocka_unit_test_teardown(large_screens_have_large_letters, teardown),
		cmocka_unit_test_teardown(no_count_is_cut, teardown),
		cmocka_unit_test_teardown(a_small_wall_says_the_worst, teardown),
		cmocka_unit_test_teardown(calm_when_all_is_well, teardown),
		cmocka_unit_test_teardown(old_after_three_intervals, teardown),
		cmocka_unit_test_teardown(nothing_that_others_wrote, teardown),
		cmocka_unit_test_teardown(every_size, teardown),
		cmocka_unit_test_teardown(before_the_first_answer, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
