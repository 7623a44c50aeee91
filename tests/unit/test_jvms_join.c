/* test_jvms_join.c - which job each JVM belongs to: by what a job is known, and who wins. */
#include "join_stage.h"

static void ports_of_urls(void **state)
{
	static const struct {
		const char *url;
		int64_t port;
	} table[] = {
		{"http://127.0.0.1:4040", 4040},
		{"http://localhost:4040/x", 4040},
		{"http://127.9.9.9:1", 1},
		{"http://[::1]:4041", 4041},
		{"http://OPS-BOX-1:4042", 4042},
		{"http://10.0.0.7:4043/", 4043},
		{"http://u:p@localhost:4044", 4044},
		{"http://localhost", 80},
		{"https://localhost/", 443},
		{"http://ops-box-2:4040", 0},
		{"http://ops-box-11:4040", 0},
		{"http://127:4040", 0},
		{"http://[::2]:4040", 0},
		{"localhost:4040", 0},
		{"", 0},
		{NULL, 0},
		{"http://[::1", 80},
		{"http://other/@localhost:1", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(url_port_here(table[i].url, own), table[i].port);
	assert_int_equal(url_port_here("http://ops-box-1:4040", NULL), 0);
	assert_int_equal(url_port_here("http://127.0.0.1:4040", NULL), 4040);
}

static void by_the_ports_of_ui_and_health(void **state)
{
	struct stand s = {0};

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040);
	parent_port(&s, jvm(&s, "11@1", JVM_DRIVER, 4041), 5001);
	jvm(&s, "12@1", JVM_DRIVER, 4042);
	jvm(&s, "13@1", JVM_MASTER, 8080);
	add_job(&s, "http://127.0.0.1:4040", NULL);
	add_job(&s, NULL, "http://ops-box-1:5001");
	add_job(&s, "http://ops-box-2:4042", NULL);
	add_job(&s, "http://127.0.0.1:8080", NULL);
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], 1);
	assert_int_equal(s.job_of[2], -1); /* another host's port */
	assert_int_equal(s.job_of[3], -1); /* a master is nobody's driver */
}

/* `spark-submit JOB.py`: the Python is the JVM's child. */
static void by_the_health_port_of_its_child(void **state)
{
	static struct jvm_port child[1] = {{.port = 5001}};
	struct stand s = {0};

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040)->child_listens = (struct jvm_ports){1, child};
	add_job(&s, NULL, "http://127.0.0.1:5001");
	add_job(&s, "http://127.0.0.1:5001", NULL); /* a UI is the JVM's own */
	join(&s);
	assert_int_equal(s.job_of[0], 0);
}

static void a_found_job_by_its_id_alone(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 0);    /* closed its UI */
	jvm(&s, "11@1", JVM_DRIVER, 4040); /* has taken the port since */
	j = add_job(&s, "http://127.0.0.1:4040", NULL);
	s.found[0].jvm_id = "10@1";
	cfg_of(&s, j)->found = &s.found[0];
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
}

static void by_match(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040)->app_name = TEXT("other");
	jvm(&s, "11@1", JVM_DRIVER, 4041)->app_name = TEXT("health");
	s.jvms[1].user_class = TEXT("org.example.Main");
	jvm(&s, "12@1", JVM_DRIVER, 4042)->app_name = TEXT("health");
	j = add_job(&s, NULL, NULL);
	cfg_of(&s, j)->match_app_name = "health";
	cfg_of(&s, j)->match_main_class = "org.example.Main";
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], 0);
	assert_int_equal(s.job_of[2], -1);
	/* the port of its ui is held by one that does not match: it has no driver */
	s.cfgs[0].ui = "http://127.0.0.1:4040";
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], -1);
}

static void a_matched_port_is_stronger_than_a_younger_match(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040)->app_name = TEXT("health");
	jvm(&s, "11@1", JVM_DRIVER, 4041)->app_name = TEXT("health");
	j = add_job(&s, "http://127.0.0.1:4040", NULL);
	cfg_of(&s, j)->match_app_name = "health";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
}

static void the_youngest_that_lives(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	/* its Python began a second JVM; the first is a zombie that was remembered */
	parent_port(&s, jvm(&s, "10@1", JVM_OTHER, 0), 5001);
	s.jvms[0].state = 'Z';
	s.jvms[0].threads = 1;
	parent_port(&s, jvm(&s, "11@1", JVM_DRIVER, 4041), 5001);
	j = add_job(&s, NULL, "http://127.0.0.1:5001");
	j->jvm_id = "10@1";
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], 0);
	s.jvms[1].state = 'Z';
	s.jvms[1].threads = 1;
	join(&s);
	assert_int_equal(s.job_of[1], 0);
	s.n = 1;
	join(&s);
	assert_int_equal(s.job_of[0], 0); /* a zombie is better than nobody */
}

static void who_answers_is_the_driver(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040);
	parent_port(&s, jvm(&s, "11@1", JVM_DRIVER, 4041), 5001);
	j = add_job(&s, "http://127.0.0.1:4040", "http://127.0.0.1:5001");
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], 0);
	j->ui_answers = true;
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
}

static void one_driver_one_job(void **state)
{
	struct stand s = {0};

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040);
	add_job(&s, "http://127.0.0.1:4040", NULL);
	add_job(&s, "http://localhost:4040", NULL);
	join(&s);
	assert_int_equal(s.job_of[0], 0);
}

static void by_application(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 0)->application_id = TEXT("app-1");
	j = add_job(&s, "http://10.9.9.9:4040", NULL);
	j->application_id = "app-1";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
}

/* Two of the same kind on one host have the same application. */
static void a_stranger_with_the_same_application(void **state)
{
	static const struct {
		const char *ui, *health;
		int64_t first, second; /* ports; 0: of its own */
		int is_found;
		int job_of[2];
	} table[] = {
		/* its own, by the port; the younger one holds none of the job's */
		{"http://127.0.0.1:4040", NULL, 4040, 4041, 0, {0, -1}},
		{"http://127.0.0.1:4040", "http://127.0.0.1:5001", 4040, 4041, 0, {0, -1}},
		{NULL, "http://127.0.0.1:5001", 5001, 4041, 0, {0, -1}},
		/* its own is gone, and somebody else holds nothing of it */
		{"http://127.0.0.1:4040", NULL, 4042, 4041, 0, {-1, -1}},
		/* nothing speaks against it */
		{"http://ops-box-2:4040", NULL, 4040, 4041, 0, {-1, 0}},
		{NULL, NULL, 4040, 4041, 0, {-1, 0}},
		/* a found job has its process */
		{"http://127.0.0.1:4040", NULL, 4040, 4041, 1, {0, -1}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct stand s = {0};
		struct join_job *j = add_job(&s, table[i].ui, table[i].health);

		jvm(&s, "10@1", JVM_DRIVER, table[i].first)->application_id = TEXT("app-1");
		jvm(&s, "11@1", JVM_DRIVER, table[i].second)->application_id = TEXT("app-1");
		j->application_id = "app-1";
		s.found[0].jvm_id = "10@1";
		if (table[i].is_found)
			cfg_of(&s, j)->found = &s.found[0];
		join(&s);
		assert_int_equal(s.job_of[0], table[i].job_of[0]);
		assert_int_equal(s.job_of[1], table[i].job_of[1]);
	}
}

/* Its ports cannot be compared: not seen, or those of a container. */
static void an_application_whose_ports_are_not_seen(void **state)
{
	struct stand s = {0};

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040)->application_id = TEXT("app-1");
	s.jvms[0].pid = 10;
	s.jvms[0].ns_pid = 1;
	add_job(&s, "http://127.0.0.1:14040", NULL)->application_id = "app-1";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	s.jvms[0].ns_pid = 10;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	s.jvms[0].listens.n = 0;
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	jvm(&s, "11@1", JVM_MASTER, 14040); /* that port is another's */
	join(&s);
	assert_int_equal(s.job_of[0], -1);
}

static void executors_of_a_stranger(void **state)
{
	struct stand s = {0};

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040)->application_id = TEXT("app-1");
	jvm(&s, "11@1", JVM_DRIVER, 4041)->application_id = TEXT("app-1"); /* and 41001 */
	jvm(&s, "12@1", JVM_EXECUTOR, 0)->driver_port = 41001;
	s.jvms[2].driver_host = TEXT("ops-box-1");
	s.jvms[2].application_id = TEXT("app-1");
	add_job(&s, "http://127.0.0.1:4040", NULL)->application_id = "app-1";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	assert_int_equal(s.job_of[2], -1);
}

static void executors_follow_their_driver(void **state)
{
	struct stand s = {0};
	struct join_job *j;

	(void)state;
	jvm(&s, "10@1", JVM_DRIVER, 4040); /* and 41000 */
	jvm(&s, "11@1", JVM_EXECUTOR, 0)->driver_port = 41000;
	s.jvms[1].driver_host = TEXT("ops-box-1");
	jvm(&s, "12@1", JVM_EXECUTOR, 0)->driver_port = 41000;
	s.jvms[2].driver_host = TEXT("ops-box-2"); /* another host's driver with that port */
	jvm(&s, "13@1", JVM_EXECUTOR, 0)->application_id = TEXT("app-2");
	s.jvms[3].driver_host = TEXT("ops-box-2");
	s.jvms[3].driver_port = 41000;
	jvm(&s, "14@1", JVM_EXECUTOR, 0); /* nothing is known of it */
	add_job(&s, "http://127.0.0.1:4040", NULL);
	j = add_job(&s, "http://ops-box-2:4040", NULL);
	j->application_id = "app-2";
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], 0);
	assert_int_equal(s.job_of[2], -1);
	assert_int_equal(s.job_of[3], 1);
	assert_int_equal(s.job_of[4], -1);
}

static void nothing_at_all(void **state)
{
	struct stand s = {0};

	(void)state;
	join(&s);
	jvm(&s, "10@1", JVM_DRIVER, 4040);
	s.jvms[0].id = NULL;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	s.n = 0;
	add_job(&s, NULL, NULL);
	join(&s);
}

/* A zombie that nobody saw alive has no ports and no name; its Python still writes
 * the job's log. */
static void by_the_log_that_its_python_writes(void **state ATTR_UNUSED)
{
	static const char *const files[] = {"/srv/a.log", "/srv/job.log", NULL};
	static const struct text *const open[] = {TEXT("/srv/job.log")};
	struct stand s = {0};
	struct join_job *job = add_job(&s, "http://127.0.0.1:4040", NULL);
	struct jvm_row *dead = jvm(&s, "1@1", JVM_DRIVER, 0),
		       *other = jvm(&s, "2@2", JVM_DRIVER, 0);

	cfg_of(&s, job)->log.files = files;
	dead->state = 'Z';
	dead->threads = 1;
	dead->log_files = (struct texts){1, open};
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
	/* who listens where the job is known to is it rather */
	s.ports[1][0].port = 4040;
	join(&s);
	assert_int_equal(s.job_of[0], -1);
	assert_int_equal(s.job_of[1], 0);
	/* another that is not what `match` wants is not it */
	s.ports[1][0].port = 0;
	cfg_of(&s, job)->match_app_name = "migration";
	other->log_files = dead->log_files;
	other->app_name = TEXT("else");
	join(&s);
	assert_int_equal(s.job_of[0], 0);
	assert_int_equal(s.job_of[1], -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ports_of_urls),
		cmocka_unit_test(by_the_ports_of_ui_and_health),
		cmocka_unit_test(by_the_health_port_of_its_child),
		cmocka_unit_test(a_found_job_by_its_id_alone),
		cmocka_unit_test(by_match),
		cmocka_unit_test(by_the_log_that_its_python_writes),
		cmocka_unit_test(a_matched_port_is_stronger_than_a_younger_match),
		cmocka_unit_test(the_youngest_that_lives),
		cmocka_unit_test(who_answers_is_the_driver),
		cmocka_unit_test(one_driver_one_job),
		cmocka_unit_test(by_application),
		cmocka_unit_test(a_stranger_with_the_same_application),
		cmocka_unit_test(an_application_whose_ports_are_not_seen),
		cmocka_unit_test(executors_of_a_stranger),
		cmocka_unit_test(executors_follow_their_driver),
		cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
