/* test_discover_logs.c - the logs of executors that a standalone worker gives: whose they are, at
 * which address, and for how long they are listed. */
#include "found_stage.h"

/* A driver whose RPC is at :41000, a worker whose UI answers at :8081, and one executor. */
struct cluster {
	struct stage *s;
	struct jvm_row *driver, *worker, *executor;
};

static struct jvm_row *executor_new(struct stage *s, int64_t pid, int64_t worker, const char *id)
{
	struct jvm_row *row = stage_driver(s, pid, NULL);

	row->role = JVM_EXECUTOR;
	row->ppid = worker;
	row->application_id = TEXT("app-20261121-0000");
	row->executor_id = T(id);
	row->driver_host = TEXT("localhost");
	row->driver_port = 41000;
	return row;
}

static struct cluster cluster_new(const char *yaml)
{
	struct cluster c = {.s = stage_new(yaml)};

	c.driver = stage_driver(c.s, 100, "etl");
	stage_port(c.driver, 41000, 4096);
	c.worker = stage_driver(c.s, 50, NULL);
	c.worker->role = JVM_WORKER;
	stage_port(c.worker, 8081, 1);
	stage_says(c.s, c.worker->id, 8081, PORT_IS_WORKER, "");
	c.executor = executor_new(c.s, 200, 50, "0");
	return c;
}

/* The ids of the executors whose logs are listed, all of them at that worker. */
static const char *listed(struct stage *s)
{
	const char *const *urls = s->finds.jobs->log.workers;
	char *ids = arena_strdup(&s->arena, "");

	for (; urls && *urls; urls++) {
		char id[16];

		if (sscanf(*urls,
			   "http://127.0.0.1:8081/log/?appId=app-20261121-0000&executorId="
			   "%15[^&]&logType=stderr",
			   id) != 1)
			fail_msg("%s", *urls);
		ids = arena_printf(&s->arena, "%s%s%s", ids, ids[0] ? " " : "", id);
	}
	return ids;
}

static void an_executor_of_this_host(void **state ATTR_UNUSED)
{
	struct cluster c = cluster_new("");

	stage_look(c.s);
	assert_int_equal(c.s->finds.njobs, 1);
	assert_string_equal(c.s->finds.jobs->log.workers[0],
			    "http://127.0.0.1:8081/log/?appId=app-20261121-0000&executorId=0"
			    "&logType=stderr");
	assert_null(c.s->finds.jobs->log.workers[1]);
	stage_free(c.s);
}

static void far_driver(struct cluster *c)
{
	c->executor->driver_host = TEXT("far");
}

static void another_port(struct cluster *c)
{
	c->executor->driver_port = 41001;
}

static void known_by_its_application(struct cluster *c)
{
	struct port_answer ui = {.port = 4040,
				 .is = PORT_IS_UI,
				 .owner = "100@1000",
				 .application_id = "app-20261121-0000"};

	far_driver(c);
	stage_port(c->driver, 4040, 1);
	port_book_set(&c->s->book, &ui);
}

static void of_another_parent(struct cluster *c)
{
	c->executor->ppid = 1;
}

static void whose_worker_says_nothing(struct cluster *c)
{
	stage_says(c->s, c->worker->id, 8081, PORT_IS_SILENT, "");
}

static void dead(struct cluster *c)
{
	c->executor->state = 'Z';
	c->executor->threads = 1;
}

static void of_a_dead_driver(struct cluster *c)
{
	c->driver->state = 'Z';
	c->driver->threads = 1;
}

static void without_an_id(struct cluster *c)
{
	c->executor->executor_id = NULL;
}

static void with_a_hostile_id(struct cluster *c)
{
	c->executor->executor_id = TEXT("0&logType=x\r\nHost: y");
}

static void with_an_empty_application(struct cluster *c)
{
	c->executor->application_id = TEXT("");
}

static void with_a_hostile_application(struct cluster *c)
{
	c->executor->application_id = TEXT("../../etc");
}

static void whose_it_is(void **state ATTR_UNUSED)
{
	static const struct {
		const char *name;
		void (*change)(struct cluster *c);
		const char *want;
	} table[] = {
		{"far driver", far_driver, ""},
		{"another port", another_port, ""},
		{"application", known_by_its_application, "0"},
		{"another parent", of_another_parent, ""},
		{"silent worker", whose_worker_says_nothing, ""},
		{"dead", dead, ""},
		{"dead driver", of_a_dead_driver, ""},
		{"no id", without_an_id, ""},
		{"hostile id", with_a_hostile_id, ""},
		{"empty application", with_an_empty_application, ""},
		{"hostile application", with_a_hostile_application, ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct cluster c = cluster_new("");

		table[i].change(&c);
		stage_look(c.s);
		stage_later(c.s, 20000);
		if (strcmp(listed(c.s), table[i].want) != 0)
			fail_msg("%s: %s", table[i].name, listed(c.s));
		stage_free(c.s);
	}
}

/* The end of a log says why: it is listed on, but not for ever. */
static void those_that_ended(void **state ATTR_UNUSED)
{
	struct cluster c = cluster_new("");
	struct jvm_row *last = c.executor;

	stage_look(c.s);
	for (int i = 1; i <= 10; i++) {
		static char ids[11][12];

		stage_gone(c.s, last);
		snprintf(ids[i], sizeof(ids[i]), "%d", i);
		last = executor_new(c.s, 200 + i, 50, ids[i]);
		stage_later(c.s, 2000);
		if (i == 3)
			assert_string_equal(listed(c.s), "0 1 2 3");
	}
	assert_string_equal(listed(c.s), "2 3 4 5 6 7 8 9 10");
	stage_gone(c.s, c.driver);
	stage_later(c.s, 2000);
	assert_string_equal(listed(c.s), "2 3 4 5 6 7 8 9 10");
	stage_free(c.s);
}

static void at_most_so_many(void **state ATTR_UNUSED)
{
	enum { N = 100 };
	struct cluster c = cluster_new("");
	const struct jvm_row *all[N + 3];
	static struct jvm_row rows[N];
	static char ids[N][16], executors[N][12];
	struct found_look look = {.at = c.s->now,
				  .mono_ms = c.s->now,
				  .jvms = all,
				  .n = N + 3,
				  .book = &c.s->book,
				  .base = c.s->base};
	size_t n = 0;

	memcpy(all, c.s->list, 3 * sizeof(all[0]));
	for (int i = 0; i < N; i++) {
		rows[i] = *c.executor;
		snprintf(ids[i], sizeof(ids[i]), "%d@1", 300 + i);
		snprintf(executors[i], sizeof(executors[i]), "%d", i + 1);
		rows[i].id = T(ids[i]);
		rows[i].pid = 300 + i;
		rows[i].executor_id = T(executors[i]);
		all[i + 3] = &rows[i];
	}
	found_look(c.s->found, &look);
	found_finds(c.s->found, &c.s->arena, &c.s->finds);
	while (c.s->finds.jobs->log.workers[n])
		n++;
	assert_int_equal(n, 64);
	stage_free(c.s);
}

/* Also of a configured job, and news of them are news. */
static void of_a_configured_job(void **state ATTR_UNUSED)
{
	struct cluster c = cluster_new("jobs: [{name: mine, match: {app_name: etl}}]");
	struct buf with, without;

	buf_init(&with, 1 << 16);
	buf_init(&without, 1 << 16);
	stage_look(c.s);
	assert_int_equal(c.s->finds.ncompletes, 1);
	assert_non_null(strstr(c.s->finds.completes->log.workers[0], "executorId=0&"));
	found_print(&c.s->finds, &with);
	((struct config_job *)(uintptr_t)c.s->finds.completes)->log.workers = NULL;
	found_print(&c.s->finds, &without);
	assert_string_not_equal(with.data, without.data);
	buf_release(&with);
	buf_release(&without);
	stage_free(c.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_executor_of_this_host), cmocka_unit_test(whose_it_is),
		cmocka_unit_test(those_that_ended),         cmocka_unit_test(at_most_so_many),
		cmocka_unit_test(of_a_configured_job),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
