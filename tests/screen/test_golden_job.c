/* Golden screens of one job on this host: its JVM, how it was found, what its logs said. */
#include "../../include/row/dlq.h"
#include "host_stage.h"

/* Its JVM, how it was found, what its log said; a found job that ended is dismissed by x. */
static void job_and_its_jvm(void **state ATTR_UNUSED)
{
	static const struct config_found found = {.jvm_id = "18423@8418423", .gone_at = ABSENT};
	static const struct config_job jobs[] = {
		{.name = TEXT("migration"),
		 .found = &found,
		 .found_by = "java 18423 listens on :4040, its python 18401 on :8000"},
		{.name = TEXT("gold-daily"), .found_by = "config"},
	};
	struct section *log = log_section(LOG_PLACE, 100);
	const struct section *list[] = {log};
	struct job_row *j;
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	ui.request = on_request;
	nasked = 0;
	cfg.jobs = jobs;
	cfg.njobs = 2;
	snap.sections = list;
	snap.nsections = 1;
	ui_refresh(&ui);
	ui_go(&ui, &view_job, "migration");
	ui_draw(&ui, &s);
	golden_check(&s, "job-jvm-110x30");
	golden_type(&ui, &s, "1x");
	assert_true(golden_shows(&s, "migration leaves the list"));
	assert_int_equal(asked.kind, REQUEST_DISMISS);
	assert_string_equal(asked.job, "migration");
	golden_type(&ui, &s, "jx");
	assert_true(golden_shows(&s, "gold-daily is configured"));
	j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "migration");
	j->verdict = VERDICT_HUNG;
	golden_type(&ui, &s, "kx");
	assert_true(golden_shows(&s, "migration is hung: only a job that ended is dismissed"));
	assert_int_equal(nasked, 1);
	stop(&ui, &s);
	section_unref(log);
}

/* Of several with the job's name the one whose pid the job has, however fine it is; an earlier one
 * only when there is no other, and called so. */
static void job_and_its_own_jvm_of_several(void **state ATTR_UNUSED)
{
	struct jvm_row *hung = NULL, *stranger = NULL;
	struct job_row *j;
	struct screen s;
	struct ui ui;

	start(&ui, &s, 110, 30);
	for (size_t i = 0; i < dataset_rows(snap.jvms, &schema_jvm)->n; i++) {
		struct jvm_row *row =
			(struct jvm_row *)(uintptr_t)dataset_rows(snap.jvms, &schema_jvm)->rows[i];

		hung = row->pid == 18423 ? row : hung;
		stranger = row->pid == 41222 ? row : stranger;
	}
	stranger->job = hung->job;
	stranger->verdict = JVM_IS_BUSY;
	stranger->started_at = hung->started_at - 1000;
	j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "migration");
	j->pid = 41222;
	ui_go(&ui, &view_job, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "busy  java 41222"));
	j->pid = ABSENT;
	stranger->belongs = TEXT("earlier driver of migration");
	stranger->started_at = hung->started_at + 1000;
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "hung  java 18423"));
	hung->job = NULL;
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "its earlier driver, java 41222"));
	stop(&ui, &s);
}

/* At 80 columns the next step is whole, and Tab leads to each pane that has something. */
static void every_pane_is_reached(void **state ATTR_UNUSED)
{
	struct section *log = log_section(LOG_PLACE, 100);
	const struct section *list[] = {log};
	struct job_row *j;
	struct screen s;
	struct ui ui;

	start(&ui, &s, 80, 24);
	snap.sections = list;
	snap.nsections = 1;
	ui_refresh(&ui);
	j = (struct job_row *)(uintptr_t)ui_job_row(&ui, "migration");
	j->next = TEXT("kill 20553, see that :33187 is free, then systemctl start "
		       "health-analytics.service; the checkpoint at /srv/ck is kept");
	ui_go(&ui, &view_job, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "/srv/ck is kept"));
	assert_true(golden_shows(&s, "Tab pane"));
	golden_press(&ui, &s, KEY_TAB);
	assert_true(golden_shows(&s, "events ──"));
	assert_true(golden_shows(&s, "OutOfMemoryError: Java heap space"));
	stop(&ui, &s);
	section_unref(log);
}

/* What a failing job logs in turns is a line of each, so that the rest stays in sight. */
static void retries_in_turns_are_a_line_each(void **state ATTR_UNUSED)
{
	enum { TURNS = 30 };
	struct section *log = log_section(LOG_PLACE, 100);
	const struct section *list[] = {log};
	struct dataset *d = dataset_new();
	struct log_mark_row *m = ARENA_ARRAY(&d->arena, struct log_mark_row, 2 * TURNS + 1);
	struct screen s;
	struct ui ui;

	for (size_t i = 0; i <= 2 * TURNS; i++) {
		bool is_late = i == 2 * TURNS;

		field_clear_row(&schema_log_mark, &m[i]);
		m[i].job = TEXT("migration");
		m[i].name = i % 2 ? TEXT("connection refused") : TEXT("Py4J: no JVM");
		m[i].whose = TEXT("job");
		m[i].at = m[i].last_at =
			CLUSTER_NOW - (is_late ? 0 : 1800000) + (int64_t)(i / 2) * 5000;
		m[i].count = 1 + (int64_t)(i % 2);
	}
	dataset_add(d, &schema_log_mark, m, 2 * TURNS + 1);
	dataset_unref(log->data);
	log->data = d;
	start(&ui, &s, 110, 40);
	snap.sections = list;
	snap.nsections = 1;
	ui_refresh(&ui);
	ui_go(&ui, &view_job, "migration");
	ui_draw(&ui, &s);
	assert_true(golden_shows(&s, "13:33:27  Py4J: no JVM, 30 times, last 13:35:52  job log"));
	assert_true(golden_shows(&s, "13:33:27  connection refused, 60 times, last 13:35:52"));
	assert_true(golden_shows(&s, "14:05:57  Py4J: no JVM  job log"));
	stop(&ui, &s);
	section_unref(log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(job_and_its_jvm),
		cmocka_unit_test(job_and_its_own_jvm_of_several),
		cmocka_unit_test(every_pane_is_reached),
		cmocka_unit_test(retries_in_turns_are_a_line_each),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
