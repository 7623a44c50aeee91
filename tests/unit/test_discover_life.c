/* test_discover_life.c - found jobs begin, end, come back and leave; and those that a person
 * configured claim theirs. */
#include "found_stage.h"

#define EXPECT(s, want) assert_string_equal(stage_names(s), want)

/* --- lives --- */

static void a_restart_is_the_same_job(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *first = stage_driver(s, 100, "etl"), *second;

	stage_port(first, 4040, 1);
	stage_says(s, first->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	assert_true(found_dlq(s->found, "etl", "/data/dlq"));
	stage_gone(s, first);
	stage_later(s, 60000);
	EXPECT(s, "etl:4040!");
	assert_int_equal(s->finds.jobs->found->gone_at, s->now);
	second = stage_driver(s, 101, "etl");
	stage_port(second, 4041, 1);
	stage_says(s, second->id, 4041, PORT_IS_UI, "etl");
	stage_later(s, 60000);
	EXPECT(s, "etl:4041+1");
	assert_string_equal(s->finds.jobs->dlq, "/data/dlq");
	assert_string_equal(s->finds.jobs->found->jvm_id, "101@1010");
	stage_gone(s, second);
	stage_later(s, 2000);
	stage_driver(s, 102, "etl");
	stage_later(s, 2000);
	EXPECT(s, "etl+2");
	stage_free(s);
}

/* What makes it another job. */
static void not_a_restart(void **state ATTR_UNUSED)
{
	enum { USER, TITLE, FOLDER, PROGRAM, ALIVE, CASES };

	for (int what = 0; what < CASES; what++) {
		struct stage *s = stage_new("");
		struct jvm_row *first = stage_driver(s, 100, "etl"), *second;

		first->script = T("/srv/etl.py");
		stage_look(s);
		if (what != ALIVE)
			stage_gone(s, first);
		second = stage_driver(s, 200, what == TITLE ? "other" : "etl");
		second->script = T(what == PROGRAM ? "/srv/b.py" : "/srv/etl.py");
		second->uid = what == USER ? 1001 : 1000;
		second->cwd = T(what == FOLDER ? "/home" : "/srv/jobs");
		stage_later(s, 20000);
		assert_int_equal(s->finds.njobs, 2);
		for (size_t i = 0; i < 2; i++)
			assert_int_equal(s->finds.jobs[i].found->restarts, 0);
		stage_free(s);
	}
}

/* Nothing is known of it: two such are never one. */
static void the_nameless_are_not_restarts(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *first = stage_driver(s, 100, NULL);

	stage_look(s);
	stage_later(s, 20000);
	stage_gone(s, first);
	stage_driver(s, 200, NULL);
	stage_look(s);
	stage_later(s, 20000);
	EXPECT(s, "java-100! java-200");
	stage_free(s);
}

/* A zombie has ended, but it is there: its exit code is read from it. */
static void a_zombie(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_port(jvm, 4040, 1);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	jvm->state = 'Z';
	jvm->listens.n = 0;
	stage_later(s, 2000);
	EXPECT(s, "etl:4040");
	stage_driver(s, 200, "etl");
	stage_later(s, 3000);
	EXPECT(s, "etl+1");
	stage_free(s);
}

static struct jvm_row *zombie_of(struct stage *s, int64_t pid, int64_t python)
{
	struct jvm_row *jvm = stage_driver(s, pid, NULL);

	stage_python(s, jvm, python);
	jvm->state = 'Z';
	jvm->exit_code = 52;
	jvm->script = TEXT("/srv/py/nightly.py");
	jvm->parent_cwd = TEXT("/srv/py");
	return jvm;
}

/* Its JVM was dead before anybody looked, its Python tries on: that is its job's, with all that the
 * Python shows. */
static void a_driver_that_died_before(void **state ATTR_UNUSED)
{
	static const struct text *const dlq[] = {TEXT("/srv/py/dlq")},
					*const logs[] = {TEXT("/srv/py/nightly.log")};
	struct stage *s = stage_new("");
	struct jvm_row *jvm = zombie_of(s, 100, 90);
	const struct config_job *job;

	jvm->dlq_folders = (struct texts){1, dlq};
	jvm->log_files = (struct texts){1, logs};
	stage_python_port(jvm, 5001, 128);
	stage_look(s);
	EXPECT(s, "nightly");
	stage_says(s, jvm->parent_id, 5001, PORT_IS_HEALTH, "");
	stage_later(s, 2000);
	EXPECT(s, "nightly");
	job = s->finds.jobs;
	assert_string_equal(job->health, "http://127.0.0.1:5001");
	assert_string_equal(job->dlq, "/srv/py/dlq");
	assert_string_equal(job->log.files[0], "/srv/py/nightly.log");
	assert_string_equal(job->found->jvm_id, "100@1000");
	assert_string_equal(job->found->argv[0], "argv of 90@900");
	assert_string_equal(job->found->cwd, "/srv/py");
	assert_string_equal(job->found_by,
			    "java 100, its python 90 listens on :5001; it has ended");
	/* another JVM of that Python is that job, whatever its name */
	jvm = stage_driver(s, 110, "etl");
	stage_python(s, jvm, 90);
	stage_later(s, 2000);
	EXPECT(s, "nightly+1");
	stage_free(s);
}

/* A driver that is known by its age, though it went as soon as it was seen, and nobody above. */
static void a_driver_that_dies_soon_after(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, NULL);

	jvm->started_at = STAGE_NOW - 3600000;
	jvm->script = TEXT("/srv/py/nightly.py");
	stage_port(jvm, 4040, 1);
	stage_look(s);
	jvm->state = 'Z';
	stage_later(s, 1000);
	EXPECT(s, "nightly");
	assert_string_equal(s->finds.jobs->found_by, "java 100 has ended");
	stage_free(s);
}

/* Its Python has another one by now: the dead one is that job's past. */
static void a_dead_one_beside_a_living(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm;

	zombie_of(s, 100, 90);
	zombie_of(s, 105, 90);
	zombie_of(s, 106, 91);
	jvm = stage_driver(s, 110, "etl");
	stage_python(s, jvm, 90);
	stage_look(s);
	EXPECT(s, "nightly etl");
	stage_later(s, 20000);
	EXPECT(s, "nightly etl");
	stage_free(s);
}

static void a_launcher_that_went_at_once_was_no_job(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, NULL);

	stage_look(s);
	stage_later(s, 2000);
	stage_gone(s, jvm);
	stage_later(s, 2000);
	EXPECT(s, "");
	stage_later(s, 100000);
	EXPECT(s, "");
	stage_free(s);
}

/* It spoke: somebody will ask what became of it. */
static void a_brief_job_that_spoke_stays(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_port(jvm, 4040, 1);
	stage_look(s);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	stage_gone(s, jvm);
	stage_later(s, 1000);
	EXPECT(s, "etl:4040!");
	stage_later(s, 23 * 3600000);
	EXPECT(s, "etl:4040!");
	stage_later(s, 3600000);
	EXPECT(s, "");
	stage_free(s);
}

/* Another driver took its port: what answers there says nothing of the one that ended. */
static void a_port_that_is_another_s_now(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *first = stage_driver(s, 100, "one"), *second;

	stage_port(first, 4040, 1);
	stage_says(s, first->id, 4040, PORT_IS_UI, "one");
	stage_look(s);
	stage_gone(s, first);
	second = stage_driver(s, 200, "two");
	stage_port(second, 4040, 1);
	stage_says(s, second->id, 4040, PORT_IS_UI, "two");
	stage_later(s, 2000);
	EXPECT(s, "one! two:4040");
	stage_free(s);
}

/* The JVM died and was fetched; its Python lives on, and with it its health endpoint. */
static void a_python_keeps_its_health(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_python(s, jvm, 90);
	stage_python_port(jvm, 5001, 128);
	stage_says(s, jvm->parent_id, 5001, PORT_IS_HEALTH, "");
	stage_look(s);
	s->living = "90@900";
	stage_gone(s, jvm);
	stage_later(s, 2000);
	assert_string_equal(s->finds.jobs->health, "http://127.0.0.1:5001");
	/* it starts another JVM: the same job */
	jvm = stage_driver(s, 110, "etl");
	stage_python(s, jvm, 90);
	stage_python_port(jvm, 5001, 128);
	stage_later(s, 2000);
	EXPECT(s, "etl+1");
	assert_string_equal(s->finds.jobs->health, "http://127.0.0.1:5001");
	stage_free(s);
}

/* `spark-submit JOB.py` under a supervisor in Python: the JVM is what is started again. The job's
 * Python comes a moment later than its JVM. */
static void a_python_below_its_jvm(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	const struct config_job *job;

	stage_python(s, jvm, 90);
	jvm->is_pyspark = TRI_FALSE;
	jvm->parent_cwd = TEXT("/srv/supervisor");
	stage_look(s);
	stage_child(s, jvm, 110, 5001);
	stage_says(s, jvm->child_id, 5001, PORT_IS_HEALTH, "");
	stage_later(s, 2000);
	EXPECT(s, "etl");
	job = s->finds.jobs;
	assert_string_equal(job->health, "http://127.0.0.1:5001");
	assert_string_equal(job->found_by, "java 100, its python 110 listens on :5001");
	assert_string_equal(job->found->argv[0], "argv of 100@1000");
	assert_string_equal(job->found->cwd, "/srv/jobs");
	/* its port is not another's as long as it lives */
	s->living = "110@1100";
	stage_gone(s, jvm);
	stage_later(s, 2000);
	assert_string_equal(s->finds.jobs->health, "http://127.0.0.1:5001");
	jvm = stage_driver(s, 200, "other");
	stage_child(s, jvm, 210, 5001);
	stage_later(s, 2000);
	assert_null(s->finds.jobs->health);
	stage_free(s);
}

static void dismissing(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("jobs: [{name: mine, ui: \"http://127.0.0.1:4050\"}]");
	struct jvm_row *one = stage_driver(s, 100, "one"), *two = stage_driver(s, 200, "two");
	struct err err;

	stage_look(s);
	assert_true(found_dismiss(s->found, "one", &err) < 0);
	assert_string_equal(err.message, "one: its driver 100 lives: it stays listed");
	assert_true(found_dismiss(s->found, "none", &err) < 0);
	assert_true(found_dismiss(s->found, "mine", &err) < 0);
	assert_non_null(strstr(err.message, "configured"));
	stage_gone(s, one);
	two->state = 'Z';
	stage_later(s, 20000);
	EXPECT(s, "one! two");
	assert_int_equal(found_dismiss(s->found, "one", &err), 0);
	assert_int_equal(found_dismiss(s->found, "two", &err), 0);
	stage_later(s, 2000);
	EXPECT(s, "");
	stage_gone(s, two);
	stage_later(s, 2000);
	EXPECT(s, "");
	stage_free(s);
}

/* --- beside a configuration --- */

/* It makes no second job, and has what the configured one leaves out. */
static void a_configured_job_claims_its_driver(void **state ATTR_UNUSED)
{
	static const struct text *const logs[] = {TEXT("/srv/etl.log")};
	struct stage *s = stage_new("jobs: [{name: mine, ui: \"http://127.0.0.1:4040\"}]");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	jvm->log_files = (struct texts){1, logs};
	stage_python(s, jvm, 90);
	stage_python_port(jvm, 5001, 128);
	stage_port(jvm, 4040, 1);
	stage_says(s, jvm->parent_id, 5001, PORT_IS_HEALTH, "");
	stage_look(s);
	EXPECT(s, "");
	assert_int_equal(s->finds.ncompletes, 1);
	assert_string_equal(text_str(s->finds.completes->name), "mine");
	assert_string_equal(s->finds.completes->health, "http://127.0.0.1:5001");
	assert_string_equal(s->finds.completes->log.files[0], "/srv/etl.log");
	/* also when it has gone */
	stage_gone(s, jvm);
	stage_later(s, 2000);
	EXPECT(s, "");
	assert_int_equal(s->finds.ncompletes, 1);
	/* and a new one takes its place, not a second entry */
	jvm = stage_driver(s, 110, "etl");
	stage_port(jvm, 4040, 1);
	stage_later(s, 2000);
	assert_int_equal(s->finds.ncompletes, 1);
	stage_free(s);
}

/* The person wrote it down, or took it out, while we look. */
static void the_configuration_changes(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");
	struct stage *with = stage_new("jobs: [{name: etl, match: {app_name: etl}}]");
	const struct config *empty = s->base;

	stage_port(jvm, 4040, 1);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	EXPECT(s, "etl:4040");
	s->base = with->base;
	stage_look(s);
	EXPECT(s, "");
	assert_string_equal(s->finds.completes->ui, "http://127.0.0.1:4040");
	s->base = empty;
	stage_look(s);
	EXPECT(s, "etl:4040");
	s->base = with->base;
	stage_look(s);
	stage_gone(s, jvm);
	s->base = empty;
	stage_later(s, 2000);
	EXPECT(s, "");
	stage_free(with);
	stage_free(s);
}

static void daemons(void **state ATTR_UNUSED)
{
	static const struct {
		enum jvm_role role;
		enum port_is is;
		int64_t port;
	} table[] = {{JVM_MASTER, PORT_IS_MASTER, 8080},
		     {JVM_WORKER, PORT_IS_WORKER, 8081},
		     {JVM_HISTORY, PORT_IS_HISTORY, 18080},
		     {JVM_LIVY, PORT_IS_LIVY, 8998}};
	struct stage *s = stage_new("clusters: [{name: \"h:7077\", master: \"http://far:8080\"}]");

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct jvm_row *jvm = stage_driver(s, 100 + (int64_t)i, NULL);

		jvm->role = table[i].role;
		stage_port(jvm, table[i].port, 1);
		stage_says(s, jvm->id, table[i].port, table[i].is, "spark://h:7077");
	}
	stage_look(s);
	EXPECT(s, "");
	assert_int_equal(s->finds.nclusters, 1);
	assert_string_equal(text_str(s->finds.clusters->name), "h:7077 (:8080)");
	assert_string_equal(s->finds.clusters->master, "http://127.0.0.1:8080");
	assert_string_equal(s->finds.clusters->found_by, "java 100 listens on :8080");
	assert_int_equal(s->finds.nservices, 3);
	assert_string_equal(s->finds.services[0].kind, "worker");
	assert_string_equal(s->finds.services[1].kind, "history");
	assert_string_equal(s->finds.services[2].kind, "livy");
	stage_gone(s, s->list[3]);
	stage_gone(s, s->list[0]);
	stage_later(s, 2000);
	assert_int_equal(s->finds.nclusters, 0);
	assert_int_equal(s->finds.nservices, 2);
	stage_free(s);
}

/* It is there, so it is shown, with what is wrong with it. */
static void daemons_that_do_not_answer(void **state ATTR_UNUSED)
{
	static const struct {
		enum jvm_role role;
		int64_t port, backlog;
	} table[] = {{JVM_MASTER, 8080, 1},
		     {JVM_WORKER, 8081, 50},
		     {JVM_HISTORY, 18080, 128},
		     {JVM_LIVY, 8998, 50}};
	struct stage *s = stage_new("");
	struct port_answer other = {.port = 18080, .is = PORT_IS_OTHER, .owner = "102@1020"};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct jvm_row *jvm = stage_driver(s, 100 + (int64_t)i, NULL);

		jvm->role = table[i].role;
		stage_port(jvm, 7000, 4096);
		stage_port(jvm, table[i].port, table[i].backlog);
	}
	stage_look(s);
	assert_int_equal(s->finds.nclusters + s->finds.nservices, 0); /* they will be asked */
	stage_says(s, s->rows[0].id, 8080, PORT_IS_SILENT, "");
	s->rows[1].state = 'T';
	snprintf(other.says, sizeof(other.says), "answers 200 and text/html");
	port_book_set(&s->book, &other);
	stage_says(s, s->rows[3].id, 8998, PORT_IS_OTHER, "");
	for (int again = 0; again < 2; again++) {
		stage_later(s, 6000);
		assert_int_equal(s->finds.nclusters, 1);
		assert_string_equal(text_str(s->finds.clusters->name), "master:8080");
		assert_string_equal(s->finds.clusters->master, "http://127.0.0.1:8080");
		assert_int_equal(s->finds.nservices, 3);
		assert_string_equal(s->finds.services[0].url, "http://127.0.0.1:8081");
		assert_string_equal(s->finds.services[1].kind, "history");
		assert_string_equal(s->finds.services[1].found_by,
				    "java 102 listens on :18080; it answers 200 and text/html");
		assert_string_equal(s->finds.services[2].kind, "livy");
		stage_says(s, s->rows[0].id, 8080, PORT_IS_ASKED, ""); /* once more */
	}
	stage_says(s, s->rows[0].id, 8080, PORT_IS_MASTER, "spark://h:7077");
	stage_later(s, 2000);
	assert_string_equal(text_str(s->finds.clusters->name), "h:7077");
	stage_free(s);
}

static void a_configured_master_is_not_found_again(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("clusters: [{name: lab, master: \"http://localhost:8080\"}]");
	struct jvm_row *jvm = stage_driver(s, 100, NULL);

	jvm->role = JVM_MASTER;
	stage_port(jvm, 8080, 1);
	stage_says(s, jvm->id, 8080, PORT_IS_MASTER, "spark://h:7077");
	stage_look(s);
	assert_int_equal(s->finds.nclusters, 0);
	stage_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_restart_is_the_same_job),
		cmocka_unit_test(not_a_restart),
		cmocka_unit_test(the_nameless_are_not_restarts),
		cmocka_unit_test(a_zombie),
		cmocka_unit_test(a_driver_that_died_before),
		cmocka_unit_test(a_driver_that_dies_soon_after),
		cmocka_unit_test(a_dead_one_beside_a_living),
		cmocka_unit_test(a_launcher_that_went_at_once_was_no_job),
		cmocka_unit_test(a_brief_job_that_spoke_stays),
		cmocka_unit_test(a_port_that_is_another_s_now),
		cmocka_unit_test(a_python_keeps_its_health),
		cmocka_unit_test(a_python_below_its_jvm),
		cmocka_unit_test(dismissing),
		cmocka_unit_test(a_configured_job_claims_its_driver),
		cmocka_unit_test(the_configuration_changes),
		cmocka_unit_test(daemons),
		cmocka_unit_test(daemons_that_do_not_answer),
		cmocka_unit_test(a_configured_master_is_not_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
