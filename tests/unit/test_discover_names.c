/* test_discover_names.c - what a found job is called, what it is made of, and how that is said. */
#include "found_stage.h"

#include "../../backend/config_file.h"

#define EXPECT(s, want) assert_string_equal(stage_names(s), want)

/* --- names --- */

static void names(void **state ATTR_UNUSED)
{
	static const struct {
		const char *app, *says, *script, *user_class, *want;
	} table[] = {
		{"etl", "other", "/srv/x.py", NULL, "etl:4040"},
		{NULL, "by its UI", "/srv/x.py", NULL, "by its UI:4040"},
		{NULL, "", "/srv/jobs/nightly.py", NULL, "nightly:4040"},
		{NULL, "", "/srv/app.jar", "org.example.Main", "Main:4040"},
		{NULL, "", "/srv/app.jar", NULL, "app.jar:4040"},
		{NULL, "", NULL, NULL, "java-100:4040"},
		{"   ", "", NULL, NULL, "java-100:4040"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct jvm_row *jvm = stage_driver(s, 100, table[i].app);

		jvm->script = T(table[i].script);
		jvm->user_class = T(table[i].user_class);
		stage_port(jvm, 4040, 1);
		stage_says(s, jvm->id, 4040, PORT_IS_UI, table[i].says);
		stage_look(s);
		EXPECT(s, table[i].want);
		stage_free(s);
	}
}

static void a_long_name_is_cut(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	char name[400];

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	stage_driver(s, 100, name);
	stage_driver(s, 200, name);
	stage_look(s);
	assert_int_equal(s->finds.njobs, 2);
	assert_true(text_len(s->finds.jobs[1].name) < 140);
	assert_true(text_cmp(s->finds.jobs[0].name, s->finds.jobs[1].name) != 0);
	stage_free(s);
}

/* The older process has the plain name, whatever the order of the rows. */
static void two_of_one_name_stay_two(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *young = stage_driver(s, 300, "etl"), *old = stage_driver(s, 200, "etl");

	stage_port(young, 4041, 1);
	stage_says(s, young->id, 4041, PORT_IS_UI, "etl");
	stage_port(old, 4040, 1);
	stage_says(s, old->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	EXPECT(s, "etl:4040 etl-2:4041");
	stage_gone(s, old);
	stage_later(s, 2000);
	EXPECT(s, "etl:4040! etl-2:4041");
	stage_later(s, 25 * 3600000);
	EXPECT(s, "etl-2:4041");
	stage_free(s);
}

/* Whose UI answers first is chance: the younger waits for the older, two of one tick by number. */
static void names_do_not_hang_on_who_answers_first(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *young = stage_driver(s, 101, NULL), *old = stage_driver(s, 100, NULL),
		       *other = stage_driver(s, 102, "other");

	young->start_ticks = old->start_ticks = other->start_ticks;
	stage_port(young, 4041, 1);
	stage_port(old, 4040, 1);
	stage_look(s);
	stage_says(s, young->id, 4041, PORT_IS_UI, "etl");
	stage_look(s);
	EXPECT(s, "");
	stage_says(s, old->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	EXPECT(s, "etl:4040 etl-2:4041 other");
	stage_free(s);
	/* but not for ever */
	s = stage_new("");
	stage_driver(s, 100, NULL);
	stage_driver(s, 101, "etl");
	stage_look(s);
	EXPECT(s, "");
	stage_later(s, 10000);
	EXPECT(s, "java-100 etl");
	stage_free(s);
}

static void a_configured_name_is_not_taken(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("jobs: [{name: etl, health: \"http://far.example:5001\"}]");

	stage_driver(s, 100, "etl");
	stage_look(s);
	EXPECT(s, "etl-2");
	stage_free(s);
}

/* It has the name of a configured job that nobody has found yet, and no port that would tell. */
static void a_configured_name_without_a_port(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new(
		"jobs: [{name: mine, ui: \"http://127.0.0.1:4040\", match: {app_name: etl}}]");

	stage_driver(s, 100, "etl");
	stage_look(s);
	EXPECT(s, "");
	stage_free(s);
}

/* A name that only the UI knows is waited for, but not for ever. */
static void waiting_for_a_name(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, NULL);

	jvm->script = T("/srv/x.py");
	stage_look(s);
	EXPECT(s, "");
	stage_later(s, 4000);
	stage_port(jvm, 4040, 1);
	stage_look(s);
	EXPECT(s, "");
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "nightly");
	stage_look(s);
	EXPECT(s, "nightly:4040");
	stage_free(s);

	s = stage_new("");
	stage_driver(s, 100, NULL)->script = T("/srv/x.py");
	stage_look(s);
	stage_later(s, 10000);
	EXPECT(s, "x");
	stage_free(s);

	s = stage_new("");
	s->is_once = true;
	stage_driver(s, 100, NULL)->script = T("/srv/x.py");
	stage_look(s);
	EXPECT(s, "x");
	stage_free(s);
}

/* What the command line says is told with what the ports said, within a poll or two. */
static void a_name_that_is_known_waits_for_its_ports(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_port(jvm, 4040, 1);
	stage_look(s);
	EXPECT(s, "");
	stage_later(s, 3000);
	EXPECT(s, "etl");
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_look(s);
	EXPECT(s, "etl:4040");
	stage_free(s);
}

/* --- what it is made of --- */

static void a_pair(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 18423, "etl");
	static const struct text *const dlq[] = {TEXT("/srv/jobs/dlq")},
					*const logs[] = {TEXT("/srv/a.log"), TEXT("/srv/b.log")};
	const struct config_job *j;

	jvm->dlq_folders = (struct texts){1, dlq};
	jvm->log_files = (struct texts){2, logs};
	jvm->owner = OWNER_SYSTEMD;
	jvm->owner_name = TEXT("etl.service");
	jvm->parent_cwd = TEXT("/srv/py");
	stage_python(s, jvm, 18400);
	stage_port(jvm, 4040, 1);
	stage_python_port(jvm, 5001, 128);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	stage_says(s, jvm->parent_id, 5001, PORT_IS_HEALTH, "");
	stage_look(s);
	assert_int_equal(s->finds.njobs, 1);
	j = s->finds.jobs;
	assert_string_equal(j->ui, "http://127.0.0.1:4040");
	assert_string_equal(j->health, "http://127.0.0.1:5001");
	assert_string_equal(j->dlq, "/srv/jobs/dlq");
	assert_string_equal(j->log.files[1], "/srv/b.log");
	assert_null(j->log.files[2]);
	assert_string_equal(j->log.found_by,
			    "an open file or the output of java 18423 or its python 18400");
	assert_string_equal(j->found_by, "java 18423 listens on :4040, its python 18400 on :5001");
	assert_string_equal(j->found->jvm_id, "18423@184230");
	assert_string_equal(j->found->restart_unit, "etl.service");
	assert_string_equal(j->found->argv[0], "argv of 18400@184000");
	assert_string_equal(j->found->cwd, "/srv/py");
	assert_string_equal(j->found->user, "ana");
	assert_true(is_absent(j->found->gone_at));
	/* what its health endpoint says of the folder is better than what was seen */
	assert_true(found_dlq(s->found, "etl", "/data/dlq"));
	assert_false(found_dlq(s->found, "etl", "/data/dlq"));
	assert_false(found_dlq(s->found, "nobody", "/data/dlq"));
	stage_look(s);
	assert_string_equal(s->finds.jobs->dlq, "/data/dlq");
	stage_free(s);
}

static void owners(void **state ATTR_UNUSED)
{
	static const struct {
		int owner;
		const char *name;
		bool is_user;
		const char *unit, *container;
	} table[] = {
		{OWNER_NONE, NULL, false, NULL, NULL},
		{OWNER_SYSTEMD, "a.service", false, "a.service", NULL},
		{OWNER_SYSTEMD, "a.service", true, "--user a.service", NULL},
		{OWNER_SYSTEMD, "session-3.scope", false, NULL, NULL},
		{OWNER_CONTAINER, "0123abcd", false, NULL, "0123abcd"},
		{OWNER_POD, "pod1", false, NULL, "pod1"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct jvm_row *jvm = stage_driver(s, 100, "etl");
		const struct config_found *f;

		jvm->owner = table[i].owner;
		jvm->owner_name = T(table[i].name);
		jvm->is_user_unit = table[i].is_user;
		stage_look(s);
		f = s->finds.jobs->found;
		if (table[i].unit)
			assert_string_equal(f->restart_unit, table[i].unit);
		else
			assert_null(f->restart_unit);
		if (table[i].container)
			assert_string_equal(f->container, table[i].container);
		else
			assert_null(f->container);
		stage_free(s);
	}
}

static void how_it_was_found(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 7, "etl");
	struct port_answer tls = {.owner = "7@70",
				  .port = 4040,
				  .is = PORT_IS_OTHER,
				  .says = "does not speak HTTP (TLS, or something else): x"};

	jvm->unseen = TEXT("its ports: sudo sparkops");
	stage_look(s);
	assert_string_equal(s->finds.jobs->found_by, "java 7 of ana runs here");
	assert_string_equal(s->finds.jobs->found->unseen, "its ports: sudo sparkops");
	jvm->unseen = NULL;
	stage_port(jvm, 4040, 1);
	port_book_set(&s->book, &tls);
	stage_look(s);
	assert_string_equal(
		s->finds.jobs->found_by,
		"java 7 runs here; :4040 does not speak HTTP (TLS, or something else): x");
	stage_port(jvm, 4041, 1)->queue = 2;
	stage_says(s, jvm->id, 4041, PORT_IS_HEALTH, "");
	stage_look(s);
	assert_string_equal(
		s->finds.jobs->found_by,
		"java 7 listens on :4041; :4040 does not speak HTTP (TLS, or something else): x");
	stage_free(s);

	s = stage_new("");
	jvm = stage_driver(s, 7, "etl");
	stage_port(jvm, 4040, 1)->queue = 2;
	stage_look(s);
	assert_string_equal(s->finds.jobs->found_by,
			    "java 7 runs here; :4040 was not asked, 2 wait there unaccepted");
	stage_free(s);
}

/* A stopped driver that was found too late: its UI is known by the length of its queue. */
static void a_silent_ui_is_one_all_the_same(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_port(jvm, 4040, 1);
	stage_says(s, jvm->id, 4040, PORT_IS_SILENT, "");
	stage_look(s);
	EXPECT(s, "etl:4040");
	stage_free(s);
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_port(jvm, 9000, 1);
	stage_says(s, jvm->id, 9000, PORT_IS_SILENT, "");
	stage_look(s);
	EXPECT(s, "etl");
	stage_free(s);
}

/* What would match any other job, too, is none. */
static void known_again_by(void **state ATTR_UNUSED)
{
	static const struct {
		const char *app, *user_class, *main_class, *match_class, *match_app;
	} table[] = {
		{NULL, NULL, "org.example.Main", "org.example.Main", NULL},
		{NULL, NULL, "org.apache.spark.deploy.SparkSubmit", NULL, NULL},
		{NULL, "lake.Stream", "org.apache.spark.deploy.SparkSubmit", "lake.Stream", NULL},
		{"etl", NULL, "org.example.Main", NULL, "etl"},
		{"etl", "lake.Stream", "org.example.Main", "lake.Stream", "etl"},
		{NULL, NULL, NULL, NULL, NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct jvm_row *jvm = stage_driver(s, 100, table[i].app);
		const struct config_job *job;

		jvm->user_class = T(table[i].user_class);
		jvm->main_class = T(table[i].main_class);
		stage_look(s);
		stage_later(s, 20000);
		job = s->finds.jobs;
		if (table[i].match_class)
			assert_string_equal(job->match_main_class, table[i].match_class);
		else
			assert_null(job->match_main_class);
		if (table[i].match_app)
			assert_string_equal(job->match_app_name, table[i].match_app);
		else
			assert_null(job->match_app_name);
		stage_free(s);
	}
}

/* --- how it is written down --- */

/* What is printed for it of that key. */
static const char *printed(struct stage *s, const char *key)
{
	struct buf out;
	const char *text;

	buf_init(&out, 1 << 16);
	buf_puts(&out, "");
	stage_look(s);
	assert_int_equal(s->finds.njobs, 1);
	config_print_found(s->finds.jobs, key, &out);
	text = arena_strdup(&s->arena, out.data);
	buf_release(&out);
	return text;
}

static void a_restart_is_written_down(void **state ATTR_UNUSED)
{
	static const struct {
		const char *cwd, *want;
	} table[] = {
		{"/srv/py", ", cwd: \"/srv/py\", detach: true}  # as it runs now"},
		{"/srv/gone (deleted)",
		 "\"], detach: true}  # as it runs now; its folder is not there "
		 "any more: it needs another cwd"},
		{NULL,
		 "\"], detach: true}  # as it runs now; the folder it runs in was not seen: it "
		 "may need a cwd"},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct stage *s = stage_new("");
		struct jvm_row *jvm = stage_driver(s, 100, "etl");
		const char *text;

		stage_python(s, jvm, 90);
		jvm->cwd = NULL;
		jvm->parent_cwd = T(table[i].cwd);
		text = printed(s, "restart");
		if (!strstr(text, "# restart: {command: [\"argv of 90@900\"") ||
		    !strstr(text, table[i].want) ||
		    !strstr(text, "; its environment is not part of that: PYSPARK_SUBMIT_ARGS, "
				  "SPARK_HOME\n"))
			fail_msg("%s", text);
		stage_free(s);
	}
}

/* A gateway without its Python is no job that could be started again. */
static void the_restart_of_an_orphan(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	jvm->is_pyspark = jvm->parent_gone = TRI_TRUE;
	assert_string_equal(printed(s, "restart"),
			    "    # its Python has gone, and with it the command that began it: its "
			    "restart is not known\n");
	stage_free(s);
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_python(s, jvm, 90);
	stage_look(s);
	jvm->parent_id = NULL;
	jvm->parent_pid = ABSENT;
	jvm->parent_gone = TRI_TRUE;
	assert_non_null(strstr(printed(s, "restart"), "argv of 90@900")); /* seen in time */
	stage_free(s);
}

static void a_ui_is_written_down(void **state ATTR_UNUSED)
{
	struct stage *s = stage_new("");
	struct jvm_row *jvm = stage_driver(s, 100, "etl");

	stage_port(jvm, 4040, 1);
	stage_says(s, jvm->id, 4040, PORT_IS_UI, "etl");
	assert_string_equal(printed(s, "ui"), "");
	stage_free(s);
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_port(jvm, 40404, 1);
	stage_says(s, jvm->id, 40404, PORT_IS_UI, "etl");
	assert_string_equal(
		printed(s, "ui"),
		"    ui: \"http://127.0.0.1:40404\"  # the system gave it that port: it is "
		"another one at each start\n");
	stage_free(s);
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_port(jvm, 4040, 1)->queue = 2;
	assert_string_equal(printed(s, "ui"),
			    "    ui: \"http://127.0.0.1:4040\"  # by its port: it was not asked, "
			    "others wait there unanswered\n");
	stage_free(s);
	s = stage_new("");
	jvm = stage_driver(s, 100, "etl");
	stage_port(jvm, 8000, 50)->queue = 2;
	assert_string_equal(printed(s, "ui"), "");
	stage_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(two_of_one_name_stay_two),
		cmocka_unit_test(names_do_not_hang_on_who_answers_first),
		cmocka_unit_test(a_configured_name_is_not_taken),
		cmocka_unit_test(a_configured_name_without_a_port),
		cmocka_unit_test(waiting_for_a_name),
		cmocka_unit_test(a_name_that_is_known_waits_for_its_ports),
		cmocka_unit_test(a_pair),
		cmocka_unit_test(owners),
		cmocka_unit_test(how_it_was_found),
		cmocka_unit_test(a_silent_ui_is_one_all_the_same),
		cmocka_unit_test(a_restart_is_written_down),
		cmocka_unit_test(the_restart_of_an_orphan),
		cmocka_unit_test(a_ui_is_written_down),
		cmocka_unit_test(known_again_by),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
