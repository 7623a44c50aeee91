/* test_golden.c - golden screens of the overview, as drawn and without an incident, of sources,
 * messages and help; in ASCII; and what a comparison of text and roles cannot see. */
#include "golden.h"

#include "../../include/log.h"
#include "../../include/row/target.h"

/* Where the pictures' host differs there is nothing to compare: rows, size and view are given. */
struct shot {
	const char *name, *view;
	int w, h;
	bool with_incident;
};

static struct snapshot snap;

static void take(const struct shot *shot, struct ui *ui, struct screen *s)
{
	golden_start(ui, s, shot->w, shot->h);
	ui_snapshot(ui, cluster_snapshot(&snap, shot->with_incident));
	if (shot->view)
		ui_go(ui, view_find(shot->view), NULL);
}

static void put_away(struct ui *ui, struct screen *s)
{
	golden_stop(ui, s);
	cluster_end(&snap);
}

static void shoot(const struct shot *shot)
{
	struct screen s;
	struct ui ui;

	take(shot, &ui, &s);
	ui_draw(&ui, &s);
	golden_check(&s, shot->name);
	put_away(&ui, &s);
}

static void test_overview_drawn(void **state)
{
	(void)state;
	shoot(&(struct shot){"overview-110x24", NULL, 110, 24, true});
	shoot(&(struct shot){"overview-80x24", NULL, 80, 24, true});
	shoot(&(struct shot){"overview-160x30", NULL, 160, 30, true});
	shoot(&(struct shot){"overview-80x10", NULL, 80, 10, true});
}

static void act_on(struct ui *ui, const char *name, const struct text *action,
		   const struct text *says, const struct text *hold)
{
	struct job_row *j = (struct job_row *)(uintptr_t)ui_job_row(ui, name);

	j->action = action;
	j->action_says = says;
	j->hold = hold;
}

/* What is done to a job never costs its name: where there is no room beside it, it costs the rate.
 */
static void test_overview_acting(void **state)
{
	static const struct shot shots[] = {{"overview-acting-80x24", NULL, 80, 24, true},
					    {"overview-acting-110x30", NULL, 110, 30, true},
					    {"overview-acting-160x50", NULL, 160, 50, true}};
	struct screen s;
	struct ui ui;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(shots); i++) {
		take(&shots[i], &ui, &s);
		act_on(&ui, "migration", TEXT("recover"),
		       TEXT("recovering for 12s by etl: waits for :4040"), NULL);
		act_on(&ui, "health-analytics", TEXT("kill-spark"),
		       TEXT("killing in Spark for 3s by etl"), NULL);
		act_on(&ui, "silver-binance", TEXT("restart"), TEXT("restarting for 12s"), NULL);
		act_on(&ui, "bronze-kraken", NULL, NULL, TEXT("by etl until 18:00: vacuum runs"));
		ui_refresh(&ui);
		ui_draw(&ui, &s);
		golden_check(&s, shots[i].name);
		put_away(&ui, &s);
	}
}

/* Names that differ only at their end are whole where a column can be left out for it. */
static void test_overview_long_names(void **state)
{
	struct screen s;
	struct ui ui;

	(void)state;
	take(&(struct shot){NULL, NULL, 110, 24, true}, &ui, &s);
	((struct job_row *)(uintptr_t)ui_job_row(&ui, "silver-kraken"))->name =
		TEXT("health-analytics-production-eu1");
	((struct job_row *)(uintptr_t)ui_job_row(&ui, "checkins-sync"))->name =
		TEXT("health-analytics-production-eu2");
	ui_refresh(&ui);
	ui_draw(&ui, &s);
	golden_check(&s, "overview-names-110x24");
	put_away(&ui, &s);
}

/* Evidence of the job under the cursor, and what to do. */
static void test_overview_why(void **state)
{
	static const struct text *const why[] = {
		TEXT("no batch for 6m12, longer than 5m00"),
		TEXT("its health endpoint answers: the process lives"),
	};
	struct job_event *events;
	struct job_row *j;
	struct screen s;
	struct ui ui;

	(void)state;
	take(&(struct shot){NULL, NULL, 80, 24, false}, &ui, &s);
	j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "silver-binance");
	j->evidence = (struct texts){2, why};
	j->says = TEXT("healthy");
	j->since = CLUSTER_NOW - 72000;
	j->next = TEXT("look at its driver log; r asks again now");
	events = ARENA_ARRAY(&ui.frame, struct job_event, 1);
	events[0] =
		(struct job_event){CLUSTER_NOW - 72000, TEXT("stale, was healthy"), NULL, false};
	j->events = events;
	j->nevents = 1;
	for (int i = 0; i < 2; i++)
		ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = 'j'});
	ui_draw(&ui, &s);
	golden_check(&s, "overview-why-80x24");
	put_away(&ui, &s);
}

static void test_ascii(void **state)
{
	struct screen s;
	struct ui ui;

	(void)state;
	take(&(struct shot){NULL, NULL, 110, 24, true}, &ui, &s);
	ui.glyphs = &glyphs_ascii;
	ui_draw(&ui, &s);
	for (int y = 0; y < s.h; y++)
		for (int x = 0; x < s.w; x++)
			assert_true(screen_at(&s, x, y)->ch < 0x7F);
	golden_check(&s, "overview-ascii-110x24");
	put_away(&ui, &s);
}

/* The cells that a text comparison cannot see: the row under the cursor, the bars. */
static void test_grounds(void **state)
{
	struct screen s;
	struct ui ui;

	(void)state;
	take(&(struct shot){NULL, NULL, 110, 24, true}, &ui, &s);
	ui_draw(&ui, &s);
	for (int x = 0; x < 110; x++) {
		assert_int_equal(screen_at(&s, x, 0)->ground, GROUND_BAR);
		assert_int_equal(screen_at(&s, x, 3)->ground, GROUND_CURSOR);
		assert_int_equal(screen_at(&s, x, 4)->ground, GROUND_NONE);
		assert_int_equal(screen_at(&s, x, 23)->ground, GROUND_BAR);
	}
	put_away(&ui, &s);
}

/* What stands in the lines around a view. */
static void test_frame(void **state)
{
	char row[1024];
	struct screen s;
	struct ui ui;

	(void)state;
	take(&(struct shot){NULL, NULL, 110, 24, true}, &ui, &s);
	cfg.read_only = true;
	cfg.label = TEXT("PROD");
	snap.banner = "config.yaml:3: unknown key; the configuration before stays in force";
	ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = 'z'});
	ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = ':'});
	ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = 't'});
	ui_draw(&ui, &s);
	golden_check(&s, "frame-110x24");
	/* Narrow: the counts and the clock stay. */
	screen_resize(&s, 50, 8);
	ui_draw(&ui, &s);
	screen_row(&s, 0, row, sizeof(row));
	assert_non_null(strstr(row, "1 ✖  1 ?  1 ◆  1 ▲  1 ○  4 ●"));
	assert_non_null(strstr(row, "14:03:27"));
	/* Never half of a count; two verdicts with one shape differ by a word. */
	cfg.read_only = false;
	cfg.label = NULL;
	ui.verdicts[VERDICT_UNKNOWN] = 6;
	ui.is_paused = false;
	screen_resize(&s, 80, 15);
	ui_draw(&ui, &s);
	screen_row(&s, 0, row, sizeof(row));
	if (!strstr(row, "1 ✖  1 ?  1 ◆  1 ▲  6 ? unknown  1 ○  4 ●  "))
		fail_msg("%s", row);
	cfg.label = TEXT("DEMO");
	for (int w = 40; w < 90; w++) {
		screen_resize(&s, w, 15);
		ui_draw(&ui, &s);
		screen_row(&s, 0, row, sizeof(row));
		assert_null(strstr(row, "4  "));
		assert_non_null(strstr(row, "14:03:27"));
	}
	put_away(&ui, &s);
}

static const struct dataset *targets(void)
{
	struct dataset *d = dataset_new();
	struct target_row *t = ARENA_ARRAY(&d->arena, struct target_row, 4);

	for (int i = 0; i < 4; i++) {
		field_clear_row(&schema_target, &t[i]);
		t[i].found_by = TEXT("config");
		t[i].silent_probes = 0;
	}
	t[0].source = TEXT("health");
	t[0].job = TEXT("bronze-kraken");
	t[0].where = TEXT("http://10.0.0.5:8000");
	t[0].state = SECTION_OK;
	t[0].age_s = 1;
	t[0].took_ms = 3;
	t[0].code = 200;
	t[1] = t[0];
	t[1].job = TEXT("gold-daily");
	t[1].where = TEXT("http://10.0.0.6:8000");
	t[1].state = SECTION_FAILED;
	t[1].age_s = 41;
	t[1].took_ms = t[1].code = ABSENT;
	t[1].silent_probes = 12;
	t[1].problem = TEXT("no answer within 2 s");
	t[1].found_by = TEXT("java 18423 listens on :8000");
	t[2] = t[0];
	t[2].source = TEXT("spark");
	t[2].where = TEXT("http://10.0.0.5:4040");
	t[2].state = SECTION_LATE;
	t[2].code = 503;
	t[2].problem = TEXT("answers 503, which is no Spark UI");
	t[3].source = TEXT("dlq");
	t[3].job = TEXT("health-analytics");
	t[3].where = TEXT("/var/lib/jobs/health-analytics/dlq");
	t[3].state = SECTION_WAITING;
	dataset_add(d, &schema_target, t, 4);
	return d;
}

static void test_sources(void **state)
{
	static const int widths[] = {120, 80, 80}, heights[] = {12, 12, 24};
	const struct dataset *d = targets();

	(void)state;
	for (int i = 0; i < 3; i++) {
		char name[64];
		struct screen s;
		struct ui ui;

		take(&(struct shot){NULL, NULL, widths[i], heights[i], false}, &ui, &s);
		snap.targets = d;
		ui_go(&ui, &view_sources, NULL);
		ui_draw(&ui, &s);
		if (heights[i] > 12) /* the failed one in full */
			ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = 'j'});
		ui_draw(&ui, &s);
		snprintf(name, sizeof(name), "sources-%dx%d", widths[i], heights[i]);
		golden_check(&s, name);
		put_away(&ui, &s);
	}
	dataset_unref(d);
}

static void test_help(void **state)
{
	(void)state;
	shoot(&(struct shot){"help-100x112", "help", 100, 112, false});
}

static void test_messages(void **state)
{
	char row[1024];
	struct screen s;
	struct ui ui;

	(void)state;
	log_msg(LOG_WARN, "health http://10.0.0.6:8000: \x1b[31mno answer");
	log_msg(LOG_INFO, "reading again");
	take(&(struct shot){NULL, "messages", 80, 8, false}, &ui, &s);
	ui_draw(&ui, &s);
	screen_row(&s, 1, row, sizeof(row));
	assert_non_null(strstr(row, "── messages ─"));
	assert_non_null(strstr(row, " newest last ──"));
	screen_row(&s, 2, row, sizeof(row));
	assert_non_null(strstr(row, "warn    health http://10.0.0.6:8000: \\x1b[31mno answer"));
	assert_int_equal(screen_at(&s, 10, 2)->style, STYLE_WARN);
	screen_row(&s, 3, row, sizeof(row));
	assert_non_null(strstr(row, "info    reading again"));
	put_away(&ui, &s);
}

/* Before the first answers, and where nothing is configured. */
static void test_empty(void **state)
{
	struct screen s;
	struct ui ui;

	(void)state;
	golden_start(&ui, &s, 80, 12);
	ui_draw(&ui, &s);
	golden_check(&s, "overview-first-80x12");
	cfg.njobs = 0;
	ui_draw(&ui, &s);
	golden_check(&s, "overview-nothing-80x12");
	cfg.discover = true;
	ui_draw(&ui, &s);
	golden_check(&s, "overview-looking-80x12");
	golden_stop(&ui, &s);
}

/* Nothing was found: where it was looked, and what to write. */
static void test_nothing_found(void **state)
{
	struct dataset *none[2] = {dataset_new(), dataset_new()};
	struct section *sec = section_new();
	const struct section *list[] = {sec};
	struct snapshot empty = {.seq = 1, .at = CLUSTER_NOW, .refs = 1000};
	struct screen s;
	struct ui ui;

	(void)state;
	sec->source = SOURCE_JVM;
	sec->where = "this host";
	sec->state = SECTION_OK;
	empty.jobs = none[0];
	empty.jvms = none[1];
	empty.sections = list;
	empty.nsections = 1;
	golden_start(&ui, &s, 80, 12);
	cfg.njobs = 0;
	cfg.discover = true;
	ui_snapshot(&ui, &empty);
	ui_draw(&ui, &s);
	golden_check(&s, "overview-found-nothing-80x12");
	golden_stop(&ui, &s);
	dataset_unref(none[0]);
	dataset_unref(none[1]);
	section_unref(sec);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overview_drawn),
		cmocka_unit_test(test_overview_acting),
		cmocka_unit_test(test_overview_long_names),
		cmocka_unit_test(test_overview_why),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_grounds),
		cmocka_unit_test(test_frame),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_help),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_nothing_found),
	};

	setenv("TZ", "UTC", 1);
	setenv("XDG_CONFIG_HOME", "/home/ops/.config", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
