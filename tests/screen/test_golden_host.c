/* Golden screens of what is seen of this host: its JVMs, their threads, logs and memory. */
#include "../../include/row/dlq.h"
#include "host_stage.h"

static const struct {
	int w, h;
} sizes[] = {{80, 24}, {110, 30}, {160, 50}};

static void shoot(const char *view, const char *job, const char *keys)
{
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		char name[64];
		struct screen s;
		struct ui ui;

		start(&ui, &s, sizes[i].w, sizes[i].h);
		ui_go(&ui, view_find(view), job);
		ui_draw(&ui, &s);
		golden_type(&ui, &s, keys);
		snprintf(name, sizeof(name), "%s-%dx%d", view, sizes[i].w, sizes[i].h);
		golden_check(&s, name);
		stop(&ui, &s);
	}
}

/* The worst first, and below the list why. */
static void jvms(void **state ATTR_UNUSED)
{
	shoot("jvms", "", "j");
}

static void jvms_keys(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 80, 24);
	ui_go(&ui, &view_jvms, "");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "executor 1 of health-analytics"));
	assert_true(golden_shows(&s, "dead, and its parent has not taken its exit status"));
	golden_type(&ui, &s, "j");
	assert_true(golden_shows(&s, "2 waiting to be accepted since 14:01:57"));
	assert_false(golden_shows(&s, "pyspark-shell"));
	golden_press(&ui, &s, KEY_TAB); /* what did not fit is reached */
	golden_type(&ui, &s, "wG");
	assert_true(golden_shows(&s, "pyspark-shell"));
	ui_refresh(&ui); /* and a new snapshot does not move it away */
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "pyspark-shell"));
	golden_press(&ui, &s, KEY_TAB);
	golden_type(&ui, &s, "y");
	assert_non_null(strstr(ui.clip.data, "18423@8418423 hung migration\nno HTTP answer"));
	golden_press(&ui, &s, KEY_ENTER);
	assert_string_equal(ui.view->view->name, "job");
	assert_string_equal(ui.job, "migration");
	stop(&ui, &s);
}

/* A JVM of another user is a row like others, with what would show more. */
static void jvms_of_another_user(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	ui_go(&ui, &view_jvms, "");
	ui_draw(&ui, &s);
	golden_type(&ui, &s, "/alice");
	golden_press(&ui, &s, KEY_ENTER);
	assert_true(golden_shows(&s, "belongs to no job that is watched"));
	assert_true(golden_shows(&s, "`sudo -u alice sparkops`"));
	golden_press(&ui, &s, KEY_ENTER);
	assert_true(golden_shows(&s, "java 41222 belongs to no job"));
	stop(&ui, &s);
}

static void old_jvms_are_dim(void **state ATTR_UNUSED)
{
	struct section *sec = section_new();
	const struct section *list[] = {sec};
	struct screen s;
	struct ui ui;

	sec->source = SOURCE_JVM;
	sec->where = "/proc";
	sec->state = SECTION_LATE;
	sec->problem = "the last look took longer than its interval";
	sec->good_at = AGO_S(23);
	start(&ui, &s, 80, 24);
	snap.sections = list;
	snap.nsections = 1;
	ui_refresh(&ui);
	ui_go(&ui, &view_jvms, "");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "this host: what is shown is 23s old"));
	for (int x = 18; x < 70; x++)
		if (screen_at(&s, x, 7)->ch != ' ')
			assert_int_not_equal(screen_at(&s, x, 7)->style, STYLE_TEXT);
	stop(&ui, &s);
	section_unref(sec);
}

static void no_jvms(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	golden_start(&ui, &s, 80, 24);
	ui_snapshot(&ui, cluster_snapshot(&snap, false));
	ui_go(&ui, &view_jvms, "");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "no Spark JVM runs on this host"));
	ui_go(&ui, &view_jvms, "gold-daily");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "no JVM of gold-daily is seen on this host"));
	golden_stop(&ui, &s);
	cluster_end(&snap);
}

/* --- memory --- */

static void memory_as_it_runs(void **state ATTR_UNUSED)
{
	shoot("memory", "migration", "");
}

static void say(struct ui *ui, struct screen *s, const char *line)
{
	golden_type(ui, s, line);
	golden_press(ui, s, KEY_ENTER);
}

/* Each input moves the others; the settings are copied with before, after and the reason. */
static void memory_tried(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	ui_go(&ui, &view_memory, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "3 x exit 52, heap full: p tries spark.executor.memory 3g"));
	assert_true(golden_shows(&s, "\xe2\x9c\x96 not enough memory"));
	golden_type(&ui, &s, "p"); /* half as much again */
	assert_true(golden_shows(&s, "spark.executor.memory 2g -> 3g  3 executors lost"));
	assert_true(golden_shows(&s, "only 4 of 8 such executors would start"));
	golden_press(&ui, &s, KEY_ENTER); /* the first input: parallelism */
	assert_string_equal(ui.prompt.text, "set parallelism ");
	say(&ui, &s, "16");
	assert_true(golden_shows(&s, "min(4 cores, ceil(16 / 8) = 2)"));
	assert_true(golden_shows(&s, "min(16, 8 x 4)"));
	say(&ui, &s, ":set connections 12");
	assert_true(golden_shows(&s, "4 more than the database allows"));
	golden_type(&ui, &s, "jj-"); /* a core less of each */
	assert_true(golden_shows(&s, "min(3 cores, ceil(16 / 8) = 2)"));
	golden_type(&ui, &s, "y");
	assert_non_null(strstr(ui.clip.data,
			       "# 4 -> 3: 3 executors lost with a full heap (exit 52): "
			       "fewer tasks at once\nspark.executor.cores 3"));
	assert_non_null(strstr(ui.clip.data, "\nspark.executor.memory 3g"));
	golden_check(&s, "memory-tried-110x30");
	golden_press(&ui, &s, KEY_ESC);
	assert_true(golden_shows(&s, "as the job runs now"));
	assert_false(golden_shows(&s, "settings to copy"));
	assert_string_equal(ui.view->view->name, "memory");
	stop(&ui, &s);
}

/* Advice goes on in a second line where there is one. */
static void advice_is_not_cut(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 60, 30);
	ui_go(&ui, &view_memory, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "3 x exit 52, heap full: p tries"));
	assert_true(golden_shows(&s, "or fewer cores"));
	stop(&ui, &s);
}

/* Inputs that have no room beside what was tried are counted. */
static void memory_in_few_lines(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 80, 24);
	ui_go(&ui, &view_memory, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "connections allowed"));
	assert_false(golden_shows(&s, "inputs, j and k move"));
	golden_type(&ui, &s, "p");
	say(&ui, &s, ":set parallelism 16");
	say(&ui, &s, ":set cores 3");
	assert_false(golden_shows(&s, "connections allowed"));
	assert_true(golden_shows(&s, "of 9 inputs, j and k move"));
	golden_type(&ui, &s, "G");
	assert_true(golden_shows(&s, "connections allowed"));
	stop(&ui, &s);
}

static void memory_refuses_nonsense(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	ui_go(&ui, &view_memory, "migration");
	ui_draw(&ui, &s);
	say(&ui, &s, ":set memory 12");
	assert_true(golden_shows(&s, "\"12\" is no size: with its unit, as 1536m, 12g"));
	say(&ui, &s, ":set cores many");
	assert_true(golden_shows(&s, "\"many\" is no number"));
	say(&ui, &s, ":set cores nan");
	assert_true(golden_shows(&s, "\"nan\" is no number"));
	say(&ui, &s, ":set parallelism 1e300");
	assert_true(golden_shows(&s, "parallelism goes from 1 to 10M"));
	say(&ui, &s, ":set safety 0");
	assert_true(golden_shows(&s, "safety factor goes from 1 to 10"));
	say(&ui, &s, ":set humour 3");
	assert_true(golden_shows(&s, "there is no input \"humour\""));
	say(&ui, &s, ":set spark.executor.memory 4g");
	assert_true(golden_shows(&s, "spark.executor.memory 2g -> 4g"));
	golden_type(&ui, &s, ">"); /* another job: nothing typed follows there */
	assert_false(golden_shows(&s, "settings to copy"));
	assert_true(golden_shows(&s, "its driver has told no settings"));
	stop(&ui, &s);
}

/* Local mode: the driver's heap, given before the JVM starts; no executors to count. */
static void memory_in_local_mode(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	memory.app->is_local = TRI_TRUE;
	memory.app->master = TEXT("local[4]");
	ui_refresh(&ui);
	ui_go(&ui, &view_memory, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "driver memory"));
	assert_true(golden_shows(&s, "given before the JVM starts"));
	say(&ui, &s, ":set executors 4");
	assert_true(golden_shows(&s, "local mode is one JVM"));
	say(&ui, &s, ":set cores 2");
	golden_type(&ui, &s, "y");
	assert_non_null(strstr(ui.clip.data, "\nspark.master local[2]"));
	stop(&ui, &s);
}

/* More than what, nobody knows: no setting is advised, and the sign of 52 stands. */
static void memory_not_collected(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	memory.app->executor_memory_bytes = ABSENT;
	ui_refresh(&ui);
	ui_go(&ui, &view_memory, "migration");
	ui_draw(&ui, &s);
	assert_true(
		golden_shows(&s, "it wants more spark.executor.memory; how much it has is not"));
	assert_false(golden_shows(&s, "p tries"));
	say(&ui, &s, ":set memory 8g");
	assert_true(golden_shows(&s, "disproved: 3 lost, heap full"));
	stop(&ui, &s);
}

/* --- threads --- */

static const struct dataset *dump(void)
{
	static const struct {
		int kind;
		const char *line;
	} lines[] = {
		{0, "2025-11-21 14:03:26"},
		{0, "Full thread dump OpenJDK 64-Bit Server VM (17.0.9+9 mixed mode, sharing):"},
		{0, ""},
		{1, "\"Thread-5\" #61 daemon prio=5 os_prio=0 cpu=12.4ms elapsed=310s tid=0x7f "
		    "nid=0x4811 "
		    "waiting for monitor entry"},
		{0, "   java.lang.Thread.State: BLOCKED (on object monitor)"},
		{0, "\tat Locks.second(Locks.java:21)"},
		{0, "\t- waiting to lock <0x00000000e0a12345> (a java.lang.Object)"},
		{0, ""},
		{1, "\"Thread-6\" #62 daemon prio=5 os_prio=0 cpu=11.9ms elapsed=310s tid=0x7f "
		    "nid=0x4812 "
		    "waiting for monitor entry"},
		{0, "   java.lang.Thread.State: BLOCKED (on object monitor)"},
		{0, "\tat Locks.first(Locks.java:12)"},
		{0, ""},
		{3, "Found one Java-level deadlock:"},
		{3, "============================="},
		{3,
		 "\"Thread-5\": waiting to lock monitor 0x7f (object 0xe0a1, a java.lang.Object), "
		 "which is held by \"Thread-6\""},
	};
	struct dataset *d = dataset_new();
	struct detail_row *rows = ARENA_ARRAY(&d->arena, struct detail_row, ARRAY_LEN(lines));

	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		field_clear_row(&schema_detail, &rows[i]);
		rows[i].index = (int64_t)i;
		rows[i].kind = lines[i].kind;
		rows[i].line = text_clean(&d->arena, lines[i].line, strlen(lines[i].line));
	}
	dataset_add(d, &schema_detail, rows, ARRAY_LEN(lines));
	return d;
}

/* From the JVM under the cursor: asked for, waited for, shown until another one is asked for. */
static void threads(void **state ATTR_UNUSED)
{
	const struct dataset *answer = dump(), *other = dataset_new();
	struct screen s;
	struct ui ui;

	start(&ui, &s, 80, 24);
	ui.request = on_request;
	nasked = 0;
	snap.detail = other; /* of before: no answer to this */
	ui_go(&ui, &view_jvms, "");
	ui_draw(&ui, &s);
	golden_type(&ui, &s, "jt");
	assert_string_equal(ui.view->view->name, "threads");
	assert_int_equal(nasked, 1);
	assert_int_equal(asked.kind, REQUEST_THREADS);
	assert_string_equal(asked.file, "18423@8418423");
	assert_false(asked.flag);
	assert_true(golden_shows(&s, "asking it for its threads: 0 s of 5 s"));
	golden_check(&s, "threads-waiting-80x24");
	snap.detail = answer;
	ui_refresh(&ui);
	ui_draw(&ui, &s);
	golden_check(&s, "threads-80x24");
	assert_true(golden_shows(&s, "2 threads at 14:03:27"));
	snap.detail = other; /* somebody else's answer takes nothing away */
	ui_refresh(&ui);
	golden_type(&ui, &s, "]");
	assert_true(golden_shows(&s, "Locks.second"));
	golden_type(&ui, &s, "]");
	assert_false(golden_shows(&s, "Locks.second"));
	golden_type(&ui, &s, "ge");
	assert_false(golden_shows(&s, "Locks.first"));
	assert_true(golden_shows(&s, "Found one Java-level deadlock"));
	golden_type(&ui, &s, "?");
	golden_press(&ui, &s, KEY_ESC); /* back from help it is still there, and not asked again */
	assert_int_equal(nasked, 1);
	assert_true(golden_shows(&s, "deadlock"));
	golden_type(&ui, &s, "y");
	assert_non_null(strstr(ui.clip.data, "Full thread dump"));
	golden_type(&ui, &s, "r");
	assert_int_equal(nasked, 2);
	snap.detail = NULL;
	stop(&ui, &s);
	dataset_unref(answer);
	dataset_unref(other);
}

/* The key that makes it print says where, and sends nothing before Enter. */
static void threads_printed(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	start(&ui, &s, 80, 24);
	ui.request = on_request;
	nasked = 0;
	ui_go(&ui, &view_job, "migration");
	ui_draw(&ui, &s);
	golden_type(&ui, &s, "tT");
	assert_int_equal(nasked, 1);
	assert_string_equal(asked.file, "18423@8418423");
	golden_check(&s, "threads-print-80x24");
	golden_press(&ui, &s, KEY_ESC);
	assert_string_equal(ui.view->view->name, "threads");
	assert_int_equal(nasked, 1);
	golden_type(&ui, &s, "T");
	golden_press(&ui, &s, KEY_ENTER);
	assert_int_equal(nasked, 2);
	assert_true(asked.flag);
	assert_true(golden_shows(&s, "SIGQUIT was sent"));
	cfg.read_only = true;
	golden_type(&ui, &s, "T");
	assert_true(golden_shows(&s, "read-only: no signal is sent"));
	golden_type(&ui, &s, ">"); /* a job without a driver here */
	assert_true(golden_shows(&s, "no driver of this job is seen on this host"));
	assert_int_equal(nasked, 2);
	stop(&ui, &s);
}

/* Every view with its rows at every size, its cursor moved: nothing falls over. */
static void at_every_size(void **state ATTR_UNUSED)
{
	static const int widths[] = {1, 4, 19, 20, 21, 40, 47, 60, 80, 110, 200, 500};
	static const int heights[] = {1, 2, 4, 5, 6, 8, 12, 24, 60, 300};
	static const char *const names[] = {"jvms", "memory", "threads", "job"};
	const struct dataset *answer = dump();
	struct screen s;
	struct ui ui;

	start(&ui, &s, 80, 24);
	ui.request = on_request;
	for (size_t v = 0; v < ARRAY_LEN(names); v++) {
		ui_go(&ui, view_find(names[v]), "migration");
		snap.detail = answer;
		ui_refresh(&ui);
		for (size_t i = 0; i < ARRAY_LEN(widths) * ARRAY_LEN(heights); i++) {
			screen_resize(&s, widths[i % ARRAY_LEN(widths)],
				      heights[i / ARRAY_LEN(widths)]);
			golden_type(&ui, &s, i % 3 ? "j" : i % 2 ? "G" : "gw");
		}
		snap.detail = NULL;
	}
	stop(&ui, &s);
	dataset_unref(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jvms),
		cmocka_unit_test(jvms_keys),
		cmocka_unit_test(jvms_of_another_user),
		cmocka_unit_test(old_jvms_are_dim),
		cmocka_unit_test(no_jvms),
		cmocka_unit_test(memory_as_it_runs),
		cmocka_unit_test(memory_tried),
		cmocka_unit_test(memory_in_few_lines),
		cmocka_unit_test(advice_is_not_cut),
		cmocka_unit_test(memory_refuses_nonsense),
		cmocka_unit_test(memory_in_local_mode),
		cmocka_unit_test(memory_not_collected),
		cmocka_unit_test(threads),
		cmocka_unit_test(threads_printed),
		cmocka_unit_test(at_every_size),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
