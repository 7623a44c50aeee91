/* test_question_spark.c - K on what Spark itself runs: a job, a stage, an application of a master;
 * and where there is nothing that Spark could end, what K does instead. */
#include "../../include/row/job.h"
#include "../../include/row/spark.h"
#include "../../tui/target.h"
#include "question_stage.h"

static struct config_job jobs[2];
static struct config_cluster cluster;
static struct snapshot world;
static const struct section *sections[1];
static struct section *section;

static void put_ui(struct dataset *d)
{
	struct app_row *app = ARENA_NEW(&d->arena, struct app_row);
	struct spark_job_row *job = ARENA_ARRAY(&d->arena, struct spark_job_row, 2);
	struct stage_row *stage = ARENA_NEW(&d->arena, struct stage_row);

	field_clear_row(&schema_app, app);
	field_clear_row(&schema_stage, stage);
	app->application_id = stage->application_id = TEXT("app-1");
	stage->stage_id = 31;
	for (int i = 0; i < 2; i++) {
		field_clear_row(&schema_spark_job, &job[i]);
		job[i].application_id = i ? TEXT("app-of-nobody") : TEXT("app-1");
		job[i].job_id = 12 + i;
	}
	dataset_add(d, &schema_app, app, 1);
	dataset_add(d, &schema_spark_job, job, 2);
	dataset_add(d, &schema_stage, stage, 1);
}

static void put_master(struct dataset *d)
{
	struct cluster_app_row *app = ARENA_ARRAY(&d->arena, struct cluster_app_row, 2);
	struct cluster_driver_row *driver = ARENA_NEW(&d->arena, struct cluster_driver_row);

	for (int i = 0; i < 2; i++) {
		field_clear_row(&schema_cluster_app, &app[i]);
		app[i].cluster = i ? TEXT("unheard of") : TEXT("prod");
		app[i].application_id = i ? TEXT("app-9") : TEXT("app-1");
	}
	dataset_add(d, &schema_cluster_app, app, 2);
	field_clear_row(&schema_cluster_driver, driver);
	driver->cluster = TEXT("prod");
	driver->driver_id = TEXT("driver-3");
	dataset_add(d, &schema_cluster_driver, driver, 1);
}

static int spark_setup(void **state)
{
	struct dataset *d = dataset_new(), *j = dataset_new();
	struct job_row *row = ARENA_NEW(&j->arena, struct job_row);

	question_setup(state);
	jobs[0] = (struct config_job){.name = TEXT("migration"), .ui = "http://driver:4040"};
	jobs[1] = (struct config_job){.name = TEXT("another"), .ui = "http://driver:4041"};
	jobs[0].actions = jobs[1].actions = cfg.actions;
	cluster = (struct config_cluster){.name = TEXT("prod"), .master = "http://master:8080"};
	cfg.jobs = jobs;
	cfg.njobs = 2;
	cfg.clusters = &cluster;
	cfg.nclusters = 1;
	put_ui(d);
	put_master(d);
	field_clear_row(&schema_job, row);
	row->name = TEXT("migration");
	row->application_id = TEXT("app-1");
	dataset_add(j, &schema_job, row, 1);
	section = section_new();
	section->source = SOURCE_SPARK;
	section->state = SECTION_OK;
	section->data = d;
	sections[0] = section;
	world = snap;
	world.seq += 100;
	world.refs = 1000;
	world.jobs = j;
	world.sections = sections;
	world.nsections = 1;
	ui_snapshot(&ui, &world);
	ui_draw(&ui, &screen);
	return 0;
}

static int spark_teardown(void **state)
{
	question_teardown(state);
	dataset_unref(world.jobs);
	section_unref(section);
	return 0;
}

static void go(const char *table)
{
	type(":table ");
	type(table);
	hand(KEY_ENTER);
	hand('g');
}

/* K asked for that, of that place, and no JVM is meant. */
static void kills(const char *spark, const char *where, const char *job)
{
	const struct wish *w;

	hand('K');
	w = last(ACTION_PLAN);
	assert_int_equal(w->r.action, ACTION_KILL_SPARK);
	assert_string_equal(w->spark, spark);
	assert_string_equal(w->where, where);
	assert_string_equal(w->job, job);
	assert_string_equal(w->jvm, "");
	assert_true(question_is_open(&ui));
	hand(KEY_ESC);
}

static void nothing(const char *why)
{
	size_t before = nwishes;

	hand('K');
	assert_int_equal(nwishes, before);
	assert_false(question_is_open(&ui));
	if (!strstr(ui.message, why))
		fail_msg("\"%s\" was not said, but \"%s\"", why, ui.message);
}

static void test_a_job(void **state)
{
	(void)state;
	go("spark-job");
	kills("job 12", "http://driver:4040", "migration");
	hand('j');
	nothing("no job here has a driver's UI for this application");
	cfg.actions = ACT_REPLAY;
	hand('k');
	ui_draw(&ui, &screen);
	assert_false(target_may(&ui, ACTION_KILL, &(struct err){0}));
}

static void test_a_stage(void **state)
{
	(void)state;
	go("stage");
	kills("stage 31", "http://driver:4040", "migration");
}

static void test_an_application(void **state)
{
	(void)state;
	go("cluster-app");
	kills("application app-1", "http://master:8080", "");
	hand('j');
	nothing("its master is not known");
}

static void test_a_driver(void **state)
{
	(void)state;
	go("cluster-driver");
	kills("driver driver-3", "http://master:8080", "");
}

static void test_what_spark_does_not_end(void **state)
{
	(void)state;
	go("app");
	nothing("K does nothing here: it ends a driver on its job or its JVM, and what a master "
		"runs in :table cluster-app and :table cluster-driver");
	type(":action kill-spark");
	hand(KEY_ENTER);
	assert_true(shows("there is nothing here that Spark itself could end"));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, spark_setup, spark_teardown)
	const struct CMUnitTest tests[] = {
		T(test_a_job),
		T(test_a_stage),
		T(test_an_application),
		T(test_a_driver),
		T(test_what_spark_does_not_end),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
