/* test_question_target.c - who is meant by a key: in each view the row that was seen, by identity;
 * a list that is reordered between any two events never changes it. */
#include "../../include/row/dlq.h"
#include "../../include/row/executor.h"
#include "../../include/row/jvm.h"
#include "../../include/row/spark.h"
#include "../../tui/ui.h"
#include "question_stage.h"

enum { JVMS = 6, ENTRIES = 4 };

/* JVMs that all look alike, in the order given: only the ids tell them apart. */
static void put_jvms(struct dataset *d, const int *order)
{
	struct jvm_row *j = ARENA_ARRAY(&d->arena, struct jvm_row, JVMS);

	for (int i = 0; i < JVMS; i++) {
		field_clear_row(&schema_jvm, &j[i]);
		j[i].pid = 18000 + order[i];
		j[i].id = text_format(&d->arena, "%d@77%d", 18000 + order[i], order[i]);
		j[i].role = order[i] == 5 ? JVM_EXECUTOR : JVM_DRIVER;
		j[i].executor_id = order[i] == 5 ? TEXT("3") : NULL;
		j[i].application_id = TEXT("app-1");
		j[i].verdict = JVM_IS_HUNG;
		j[i].job = order[i] ? TEXT("migration") : NULL;
	}
	dataset_add(d, &schema_jvm, j, JVMS);
}

static void put_entries(struct dataset *d)
{
	struct dlq_group_row *g = ARENA_ARRAY(&d->arena, struct dlq_group_row, 2);
	struct dlq_entry_row *e = ARENA_ARRAY(&d->arena, struct dlq_entry_row, ENTRIES);

	field_clear_row(&schema_dlq_group, g);
	g->job = TEXT("migration");
	g->group = 7;
	g->error_type = TEXT("Timeout");
	g->count = ENTRIES;
	g->last_at = 2;
	g[1] = *g;
	g[1].group = 8;
	g[1].error_type = TEXT("SchemaError");
	g[1].last_at = 1;
	for (int i = 0; i < ENTRIES; i++) {
		field_clear_row(&schema_dlq_entry, &e[i]);
		e[i].job = g->job;
		e[i].group = 7;
		e[i].is_bad = false;
		e[i].file = TEXT("failed_batches_20251121.json");
		e[i].line = i + 1;
		e[i].error_type = text_format(&d->arena, "Timeout%d", i);
		e[i].hash = i == 3 ? NULL : text_format(&d->arena, "%08daaaaaaaa", i);
	}
	dataset_add(d, &schema_dlq_group, g, 2);
	dataset_add(d, &schema_dlq_entry, e, ENTRIES);
}

static void put_executors(struct dataset *d)
{
	struct executor_row *e = ARENA_ARRAY(&d->arena, struct executor_row, 2);

	for (int i = 0; i < 2; i++) {
		field_clear_row(&schema_executor, &e[i]);
		e[i].job = TEXT("migration");
		e[i].application_id = i ? TEXT("app-2") : TEXT("app-1");
		e[i].executor_id = TEXT("3");
		e[i].host = TEXT("worker-9:4001");
	}
	dataset_add(d, &schema_executor, e, 2);
}

static struct snapshot worlds[2];
static int turn;

/* A newer snapshot with the JVMs in that order, and the jobs backwards when `backwards`. */
static void show(const int *order, bool backwards)
{
	struct snapshot *s = &worlds[turn++ % 2];

	dataset_unref(s->jvms);
	dataset_unref(s->dlq);
	dataset_unref(s->executors);
	dataset_unref(s->jobs);
	*s = snap;
	s->seq = snap.seq + 100 + (uint64_t)turn;
	s->refs = 1000;
	s->jobs = dataset_ref(snap.jobs);
	if (backwards) {
		struct dataset *d = dataset_new();
		const struct rowset *jobs = dataset_rows(snap.jobs, &schema_job);
		const void **rows = ARENA_ARRAY(&d->arena, const void *, jobs->n);

		for (size_t i = 0; i < jobs->n; i++)
			rows[i] = jobs->rows[jobs->n - 1 - i];
		dataset_add_pointers(d, &schema_job, rows, jobs->n);
		dataset_keep(d, snap.jobs);
		dataset_unref(s->jobs);
		s->jobs = d;
	}
	s->jvms = dataset_new();
	s->dlq = dataset_new();
	s->executors = dataset_new();
	put_jvms((struct dataset *)(uintptr_t)s->jvms, order);
	put_entries((struct dataset *)(uintptr_t)s->dlq);
	put_executors((struct dataset *)(uintptr_t)s->executors);
	ui_snapshot(&ui, s);
}

static const int in_order[JVMS] = {0, 1, 2, 3, 4, 5};

static int target_setup(void **state)
{
	question_setup(state);
	show(in_order, false);
	ui_draw(&ui, &screen);
	return 0;
}

static int target_teardown(void **state)
{
	question_teardown(state);
	for (size_t i = 0; i < ARRAY_LEN(worlds); i++) {
		dataset_unref(worlds[i].jvms);
		dataset_unref(worlds[i].dlq);
		dataset_unref(worlds[i].executors);
		dataset_unref(worlds[i].jobs);
	}
	memset(worlds, 0, sizeof(worlds));
	return 0;
}

/* Begun and closed again; what was asked is the last wish. */
static const struct wish *want(uint32_t key)
{
	size_t before = count(ACTION_PLAN);

	hand(key);
	assert_int_equal(count(ACTION_PLAN), before + 1);
	hand(KEY_ESC);
	return last(ACTION_PLAN);
}

/* Without a draw: what a person saw is older. */
static void event(uint32_t key)
{
	fixed.fixed_mono_ms += 150;
	ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_KEY, .key = key});
}

static void nothing(uint32_t key, const char *why)
{
	size_t before = nwishes;

	hand(key);
	assert_int_equal(nwishes, before);
	assert_false(question_is_open(&ui));
	if (!shows(why))
		fail_msg("\"%s\" was not said, but \"%s\"", why, ui.message);
}

static void go(const char *view)
{
	char line[64];

	snprintf(line, sizeof(line), ":%s", view);
	type(line);
	hand(KEY_ENTER);
}

static void test_of_a_job(void **state)
{
	static const struct {
		uint32_t key;
		int action;
	} keys[] = {{'K', ACTION_KILL},
		    {'B', ACTION_RESTART},
		    {'V', ACTION_RECOVER},
		    {'H', ACTION_HOLD}};
	static const char *const words[] = {"kill", "restart", "recover", "hold",
					    "action kill-jvm"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct wish *w = want(keys[i].key);

		assert_int_equal(w->r.action, keys[i].action);
		assert_string_equal(w->job, "migration");
		assert_string_equal(w->jvm, "");
	}
	go("job silver-kraken");
	assert_string_equal(want('K')->job, "silver-kraken");
	assert_string_equal(want('K')->jvm, "");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		go(words[i]);
		assert_true(question_is_open(&ui));
		hand(KEY_ESC);
	}
	go("log");
	assert_string_equal(want('B')->job, "silver-kraken");
	go("messages");
	nothing('B', "there is no job here");
	go("overview");
	nothing('M', "M marks entries of a dead-letter queue");
	hand('R');
	assert_string_equal(view_name(), "dlq");
	assert_string_equal(ui.job, "migration");
	assert_false(question_is_open(&ui));
}

static void test_of_a_jvm(void **state)
{
	(void)state;
	go("jvms");
	hand('g');
	assert_string_equal(want('K')->jvm, "18001@771");
	hand('G');
	assert_string_equal(want('K')->jvm, "18005@775"); /* the executor */
	assert_string_equal(want('V')->job, "migration");
	hand('k');
	assert_string_equal(want('K')->jvm, "18000@770");
	assert_string_equal(last(ACTION_PLAN)->job, "");
	nothing('V', "this JVM belongs to no job");
	hand(KEY_TAB); /* its details are about it */
	assert_string_equal(want('K')->jvm, "18000@770");
	go("table jvm");
	assert_string_equal(want('K')->jvm, "18000@770");
}

static void test_of_an_executor(void **state)
{
	(void)state;
	go("executors");
	assert_string_equal(want('K')->jvm, "18005@775");
	hand('j');
	nothing('K', "is not seen on this host; it is on worker-9:4001: run sparkops there");
	hand('k');
	hand(KEY_ENTER);
	assert_string_equal(view_name(), "jvms");
	assert_string_equal(want('K')->jvm, "18005@775");
}

static void test_of_entries(void **state)
{
	(void)state;
	go("dlq");
	assert_int_equal(want('R')->r.group, 7);
	assert_string_equal(last(ACTION_PLAN)->job, "migration");
	assert_int_equal(want('M')->r.action, ACTION_MARK);
	hand(KEY_SPACE); /* the cursor goes on to the other one */
	assert_int_equal(want('R')->r.group, 7);
	type("/Schema");
	hand(KEY_ENTER);
	nothing('R', "the filter hides the marked group");
	go("filter");
	hand('G');
	hand(KEY_SPACE);
	nothing('R', "groups are taken one at a time");
	hand('U');
	hand('g');
	hand(KEY_ENTER);
	hand('g');
	assert_string_equal(want('R')->hashes, "00000000");
	assert_int_equal(last(ACTION_PLAN)->r.group, 0);
	hand(KEY_SPACE);
	hand(KEY_SPACE);
	assert_string_equal(want('R')->hashes, "00000000 00000001");
	hand(KEY_SPACE);
	hand(KEY_SPACE); /* the fourth has no hash yet */
	hand('R');
	assert_string_equal(last(ACTION_PLAN)->hashes, "00000000 00000001 00000002");
	assert_string_equal(ui.question.note,
			    "1 marked row is left out: hidden by the filter 0, without an entry 1");
	hand(KEY_ESC);
	type("/Timeout1");
	hand(KEY_ENTER);
	hand('R');
	assert_string_equal(last(ACTION_PLAN)->hashes, "00000001");
	publish(NULL);
	assert_true(shows("3 marked rows are left out: hidden by the filter 3"));
	hand(KEY_ESC);
}

static void test_of_the_open_entry(void **state)
{
	(void)state;
	go("dlq");
	hand(KEY_ENTER);
	hand('g');
	hand(KEY_SPACE); /* the mark is of the list, not of what is read */
	hand(KEY_ENTER);
	assert_string_equal(want('R')->hashes, "00000001");
	assert_string_equal(last(ACTION_PLAN)->job, "migration");
}

static void test_all_hidden(void **state)
{
	(void)state;
	go("dlq");
	hand(KEY_ENTER);
	hand('g');
	hand(KEY_SPACE);
	type("/Timeout2");
	hand(KEY_ENTER);
	nothing('R', "all 1 marked rows are hidden by the filter");
}

/* The row that was seen left the list before the key came. */
static void test_gone(void **state)
{
	static const int others[JVMS] = {11, 12, 13, 14, 15, 16};

	(void)state;
	go("jvms");
	hand('g');
	show(others, false);
	event('K');
	assert_string_equal(ui.message, "what was under the cursor left the list; look again");
	ui_draw(&ui, &screen); /* now others were seen */
	assert_string_equal(want('K')->jvm, "18011@7711");
	ui_snapshot(&ui, plan_snapshot(&snap, NULL, NULL));
	nothing('K', "there is nothing here");
}

/* --- the property --- */

static void shuffle(int *order, uint32_t *x)
{
	for (int i = JVMS - 1; i > 0; i--) {
		int k, was = order[i];

		*x = *x * 1664525 + 1013904223;
		k = (int)((*x >> 8) % (uint32_t)(i + 1));
		order[i] = order[k];
		order[k] = was;
	}
}

/* Without a draw in between, so that what a person saw is older than the list. */
static void reorder(uint32_t *x)
{
	int order[JVMS];

	memcpy(order, in_order, sizeof(order));
	shuffle(order, x);
	show(order, *x & 0x10000);
}

/* The JVM, or job, that stands on the line with the cursor's ground in the picture drawn last. */
static void seen(char *out, size_t size)
{
	char row[2048];

	*out = '\0';
	for (int y = 1; y < screen.h - 1; y++)
		if (screen_at(&screen, 4, y)->ground == GROUND_CURSOR) {
			screen_row(&screen, y, row, sizeof(row));
			snprintf(out, size, "%s", row);
		}
	assert_true(*out);
}

static void test_reordered_between_any_two_events(void **state)
{
	uint32_t x = 4711;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char line[2048], pid[16];
		bool is_job = round % 3 == 0;
		uint32_t moves = (x >> 12) % 5;

		go(is_job ? "overview" : "jvms");
		if (round % 7) /* otherwise the cursor was never moved here */
			for (uint32_t i = 0; i < moves; i++) {
				press('j');
				reorder(&x);
				ui_draw(&ui, &screen);
			}
		ui_draw(&ui, &screen);
		seen(line, sizeof(line));
		reorder(&x);
		event('K');
		reorder(&x);
		assert_true(question_is_open(&ui));
		if (is_job) {
			assert_non_null(strstr(line, last(ACTION_PLAN)->job));
		} else {
			snprintf(pid, sizeof(pid), "%.5s", last(ACTION_PLAN)->jvm);
			assert_non_null(strstr(line, pid));
		}
		publish(NULL);
		after(QUESTION_DEAF_MS);
		for (const char *c = "8423"; *c; c++)
			hand((uint32_t)*c);
		hand(KEY_ENTER);
		assert_int_equal(last(ACTION_DO)->r.plan, PLAN_NUMBER);
		assert_false(question_is_open(&ui));
		nwishes = 0;
		reorder(&x);
		ui_draw(&ui, &screen);
	}
}

/* What may not be is dim at the bottom, and the key says why. */
static void test_dim(void **state)
{
	const struct cell *k;

	(void)state;
	go("overview");
	ui_draw(&ui, &screen);
	k = screen_at(&screen, 13, screen.h - 1); /* V recover */
	assert_int_equal(k->ch, 'V');
	assert_int_equal(k->style, STYLE_BAR_STRONG);
	cfg.actions = ACT_KILL;
	ui_draw(&ui, &screen);
	k = screen_at(&screen, 13, screen.h - 1);
	assert_int_equal(k->style, STYLE_FAINT);
	k = screen_at(&screen, 24, screen.h - 1);
	assert_int_equal(k->ch, 'K');
	assert_int_equal(k->style, STYLE_BAR_STRONG);
	go("dlq");
	hand(KEY_ENTER);
	ui_draw(&ui, &screen);
	assert_true(shows("R replay"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, target_setup, target_teardown)
	const struct CMUnitTest tests[] = {
		T(test_of_a_job),
		T(test_of_a_jvm),
		T(test_of_an_executor),
		T(test_of_entries),
		T(test_of_the_open_entry),
		T(test_all_hidden),
		T(test_gone),
		T(test_reordered_between_any_two_events),
		T(test_dim),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
