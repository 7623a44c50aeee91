/* test_kill_spark_who.c - what is meant where the request names an id only: which master lists it,
 * which job it belongs to, and what --yes may do to it. */
#include "kill_spark_stage.h"

static struct cluster lab = {.ui = "http://127.0.0.1:1",
			     .master = "http://127.0.0.1:2",
			     .application = "app-1",
			     .job = 7};
static struct dataset *jobs;
static struct job_row *job;

static void list_driver(struct section *s, const struct text *state, const struct text *worker)
{
	struct dataset *d = dataset_new();
	struct cluster_driver_row *row = ARENA_NEW(&d->arena, struct cluster_driver_row);

	field_clear_row(&schema_cluster_driver, row);
	row->driver_id = TEXT("driver-20261122-0007");
	row->main_class = TEXT("org.example.Main");
	row->state = state;
	row->worker = worker;
	row->is_active =
		text_is(state, "RUNNING") || text_is(state, "SUBMITTED") ? TRI_TRUE : TRI_FALSE;
	dataset_add(d, &schema_cluster_driver, row, 1);
	dataset_unref(s->data);
	s->data = d;
}

static void open_with(const char *what)
{
	stage_kill(&lab, "3.5", what, NULL);
	stage.request.job = NULL;
	jobs = dataset_new();
	job = ARENA_NEW(&jobs->arena, struct job_row);
	field_clear_row(&schema_job, job);
	job->name = TEXT("migration");
	job->application_id = TEXT("app-1");
	dataset_add(jobs, &schema_job, job, 1);
	stage.now.jobs = jobs;
}

static void end(void)
{
	dataset_unref(jobs);
	stage_end();
}

static void the_master_that_lists_it(void **state)
{
	(void)state;
	open_with("driver driver-20261122-0007");
	expect(refused(), "no master that is known here lists driver driver-20261122-0007");
	list_driver(sections[1], TEXT("RUNNING"), TEXT("worker-3"));
	assert_null(refused());
	assert_string_equal(text_str(plan.target.v[0]),
			    "driver driver-20261122-0007   “org.example.Main”   ");
	assert_string_equal(text_str(plan.target.v[1]), lab.master);
	expect(text_str(plan.steps.v[1]), "POST http://127.0.0.1:2/driver/kill/ id=driver-2026");
	assert_string_equal(text_str(plan.loses.v[0]),
			    "its JVM on worker-3, its application, all its executors");
	assert_string_equal(text_str(plan.to_type), "0007");
	list_driver(sections[1], TEXT("SUBMITTED"), NULL);
	assert_null(refused());
	expect(text_str(plan.loses.v[0]), "waits for a worker");
	list_driver(sections[1], TEXT("KILLED"), NULL);
	assert_string_equal(refused(), "nothing to do: driver driver-20261122-0007 is KILLED");
	stage.request.is_yes = true; /* it looks for itself, and is done then */
	assert_null(refused());
	stage.request.is_dry_run = true;
	expect(refused(), "nothing to do: driver ");
	end();
}

/* The question is open, and the master answers for the first time. */
static void what_is_listed_a_moment_later(void **state)
{
	(void)state;
	open_with("driver driver-20261122-0007");
	expect(refused(), "no master that is known here lists");
	list_driver(sections[1], TEXT("RUNNING"), NULL);
	memset(&plan, 0, sizeof(plan));
	action_kill_spark.plan(&stage, &plan, &arena);
	assert_null(plan.refused);
	end();
}

static void two_masters_that_list_it(void **state)
{
	static const char text[] = "discover: false\nclusters:\n"
				   "  - {name: prod, master: \"http://127.0.0.1:2\"}\n"
				   "  - {name: test, master: \"http://127.0.0.1:1\"}\n";
	struct buf mistakes;

	(void)state;
	open_with("driver driver-20261122-0007");
	config_unref(stage.cfg);
	buf_init(&mistakes, 4096);
	assert_true(config_parse("test", text, strlen(text), &stage.cfg, &mistakes) >= 0);
	buf_release(&mistakes);
	sections[0]->source = SOURCE_MASTER;
	for (int i = 0; i < 2; i++)
		list_driver(sections[i], TEXT("RUNNING"), NULL);
	expect(refused(), "two masters list driver driver-20261122-0007: http://127.0.0.1:2 and "
			  "http://127.0.0.1:1; K in :table cluster-driver");
	end();
}

/* Its holds and its `actions:` count, though nobody named it. */
static void the_job_that_it_belongs_to(void **state)
{
	struct dataset *jvms = dataset_new();
	struct jvm_row *jvm = ARENA_NEW(&jvms->arena, struct jvm_row);

	(void)state;
	open_with("application app-1");
	stage.request.where = lab.master;
	assert_null(refused());
	assert_string_equal(stage.is_of, "migration");
	assert_string_equal(text_str(plan.to_type), "migr");
	end();
	open_with("stage 3");
	stage.request.where = lab.ui;
	assert_null(refused());
	assert_string_equal(stage.is_of, "migration");
	end();
	open_with("application app-2");
	stage.request.where = lab.master;
	assert_null(refused());
	assert_null(stage.is_of);
	end();
	open_with("driver driver-20261122-0007");
	list_driver(sections[1], TEXT("RUNNING"), NULL);
	field_clear_row(&schema_jvm, jvm);
	jvm->role = JVM_DRIVER;
	jvm->job = TEXT("another");
	jvm->cwd = TEXT("/opt/spark/work/driver-20261122-0007");
	dataset_add(jvms, &schema_jvm, jvm, 1);
	dataset_unref(stage.rows);
	stage.rows = stage.now.jvms = jvms;
	assert_null(refused());
	assert_string_equal(stage.is_of, "another");
	assert_string_equal(text_str(plan.to_type), "anot");
	end();
}

static void what_yes_may_do(void **state)
{
	(void)state;
	open_with("application app-1");
	stage.request.where = lab.master;
	stage.request.is_yes = true;
	expect(refused(), "it is of no job that is known here: its verdict is unknown. With --yes "
			  "only what is hung, crashed");
	stage.request.only_if = "unknown";
	assert_null(refused());
	stage.request.only_if = NULL;
	stage.job = *job;
	stage.job.verdict = VERDICT_HEALTHY;
	stage.job.last_batch_age_s = 4;
	expect(refused(), "its job is healthy, last batch 4 s ago. With --yes only");
	stage.job.verdict = VERDICT_HUNG;
	assert_null(refused());
	end();
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
		cmocka_unit_test(the_master_that_lists_it),
		cmocka_unit_test(what_is_listed_a_moment_later),
		cmocka_unit_test(two_masters_that_list_it),
		cmocka_unit_test(the_job_that_it_belongs_to),
		cmocka_unit_test(what_yes_may_do),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
