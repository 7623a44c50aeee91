/* test_spark_threads.c - the thread list of a driver: recorded ones of both versions, made-up ones,
 * and when it is asked for. */
#include "source_harness.h"

#include "../../backend/source/spark_threads.h"

#define FIXTURE "tests/fixture/spark/"

enum { NOW = 1000000000, S = 1000 };

static struct dataset *read_list(const char *bytes, size_t len, struct err *err)
{
	struct spark_body body = {.part = SPARK_THREADS,
				  .bytes = bytes,
				  .len = len,
				  .application_id = "app-1",
				  .now = NOW};
	struct json_flags odd;

	return spark_read(&body, &odd, err);
}

static struct dataset *read_file(const char *name)
{
	char path[256];
	size_t len;
	char *body;
	struct dataset *d;
	struct err err = {0};

	snprintf(path, sizeof(path), FIXTURE "%s/threads.json", name);
	body = file_read(path, &len);
	d = read_list(body, len, &err);
	free(body);
	if (!d)
		fail_msg("%s: %s", name, err.message);
	return d;
}

static const struct thread_sign_row *sign(const struct dataset *d)
{
	return dataset_one(d, &schema_thread_sign);
}

/* Spark 3.5: two gateway threads, two locks. */
static void a_recorded_deadlock(void **state ATTR_UNUSED)
{
	struct dataset *d = read_file("3.5/hang-deadlock");

	assert_string_equal(text_str(sign(d)->deadlock),
			    "Thread-20 waits for Thread-21 waits for Thread-20");
	assert_string_equal(text_str(sign(d)->py4j),
			    "Thread-20 in java.util.concurrent.locks.ReentrantLock.lock");
	assert_int_equal(sign(d)->py4j_since, NOW);
	assert_int_equal(sign(d)->threads, 9);
	assert_true(text_is(sign(d)->application_id, "app-1"));
	dataset_unref(d);
}

/* Spark 4.3: frames end in line breaks; Python waits for its query to end, as it always does. */
static void a_recorded_stream(void **state ATTR_UNUSED)
{
	struct dataset *d = read_file("4.3/driver-streaming");

	assert_int_equal(sign(d)->threads, 11);
	assert_null(sign(d)->deadlock);
	assert_null(sign(d)->py4j);
	assert_true(is_absent(sign(d)->py4j_since));
	dataset_unref(d);
}

static const struct {
	const char *json, *deadlock, *py4j;
} table[] = {
	{"[]", NULL, NULL},
	/* blocked by one that is not in the list, by itself, by one that runs */
	{"[{\"threadId\":1,\"blockedByThreadId\":9}]", NULL, NULL},
	{"[{\"threadId\":1,\"threadName\":\"a\",\"blockedByThreadId\":1}]", NULL, NULL},
	{"[{\"threadId\":1,\"blockedByThreadId\":2},{\"threadId\":2}]", NULL, NULL},
	/* one that waits for a cycle is not in it */
	{"[{\"threadId\":1,\"threadName\":\"x\",\"blockedByThreadId\":3},"
	 "{\"threadId\":4,\"threadName\":\"c\",\"blockedByThreadId\":2},"
	 "{\"threadId\":2,\"threadName\":\"a\",\"blockedByThreadId\":3},"
	 "{\"threadId\":3,\"threadName\":\"b\",\"blockedByThreadId\":4}]",
	 "a waits for b waits for c waits for a", NULL},
	{"[{\"threadId\":2,\"blockedByThreadId\":3},{\"threadId\":3,\"blockedByThreadId\":2}]",
	 "a thread without a name waits for a thread without a name waits for a thread without a "
	 "name",
	 NULL},
	/* a call that waits, in the frame that Python called */
	{"[{\"threadId\":2,\"threadName\":\"T\",\"stackTrace\":{\"elems\":["
	 "\"java.base@17/java.lang.Object.wait(Native Method)\","
	 "\"app//org.example.Job.run(Job.java:12)\","
	 "\"java.base@17/jdk.internal.reflect.X.invoke0(Native)\","
	 "\"app//py4j.reflection.MethodInvoker.invoke(M.java:1)\"]}}]",
	 NULL, "T in org.example.Job.run"},
	/* the thread that waits for commands waits for nothing */
	{"[{\"threadId\":2,\"threadName\":\"T\",\"stackTrace\":{\"elems\":["
	 "\"java.base@17/java.net.Socket.read(Socket.java:1)\","
	 "\"app//py4j.ClientServerConnection.waitForCommands(C.java:1)\"]}}]",
	 NULL, NULL},
	{"[{\"threadId\":2,\"stackTrace\":{\"elems\":["
	 "\"app//py4j.reflection.MethodInvoker.invoke(M.java:1)\"]}}]",
	 NULL, NULL},
};

static bool is_it(const struct text *t, const char *s)
{
	return s ? t && text_is(t, s) : !t;
}

static void made_up_lists(void **state ATTR_UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct err err = {0};
		struct dataset *d = read_list(table[i].json, strlen(table[i].json), &err);

		assert_non_null(d);
		if (!is_it(sign(d)->deadlock, table[i].deadlock))
			fail_msg("%zu: %s", i,
				 sign(d)->deadlock ? text_str(sign(d)->deadlock) : "-");
		if (!is_it(sign(d)->py4j, table[i].py4j))
			fail_msg("%zu: %s", i, sign(d)->py4j ? text_str(sign(d)->py4j) : "-");
		dataset_unref(d);
	}
}

static void no_list(void **state ATTR_UNUSED)
{
	static const char *const bad[] = {"", "{", "[1", "no", "[{\"threadId\":}]"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct err err = {0};

		assert_null(read_list(bad[i], strlen(bad[i]), &err));
		assert_true(err.message[0]);
	}
}

static void since_it_waits_there(void **state ATTR_UNUSED)
{
	struct dataset *first = read_file("3.5/hang-deadlock"),
		       *second = read_file("3.5/hang-deadlock"),
		       *other = read_file("4.3/driver-streaming");
	struct thread_sign_row *row = (struct thread_sign_row *)(uintptr_t)sign(first);

	row->py4j_since = NOW - 90 * S;
	spark_threads_since(second, first);
	assert_int_equal(sign(second)->py4j_since, NOW - 90 * S);
	spark_threads_since(other, first);
	assert_true(is_absent(sign(other)->py4j_since));
	dataset_unref(first);
	dataset_unref(second);
	dataset_unref(other);
}

static struct dataset *running(int64_t id, int64_t tasks_done)
{
	struct dataset *d = dataset_new();
	struct spark_job_row *job = ARENA_NEW(&d->arena, struct spark_job_row);
	struct executor_row *e = ARENA_NEW(&d->arena, struct executor_row);

	field_clear_row(&schema_spark_job, job);
	job->job_id = id;
	job->submitted_at = NOW - 100 * S;
	field_clear_row(&schema_executor, e);
	e->completed_tasks = tasks_done;
	dataset_add(d, &schema_spark_job, job, 1);
	dataset_add(d, &schema_executor, e, 1);
	return d;
}

static void asked_while_nothing_moves(void **state ATTR_UNUSED)
{
	struct dataset *one = running(7, 3), *two = running(7, 4);
	struct dataset *parts[SPARK_PARTS] = {[SPARK_RUNNING] = one, [SPARK_EXECUTORS] = one};
	struct dataset *deadlock = read_file("3.5/hang-deadlock");
	struct spark_pace p = {0};

	/* the first look: its newest job is 100 s old */
	spark_pace_look(&p, parts, NOW);
	assert_true(p.is_still);
	assert_true(spark_threads_due(&p, NULL, ABSENT));
	assert_false(spark_threads_due(&p, NULL, 29 * S));
	assert_true(spark_threads_due(&p, NULL, 31 * S));
	assert_true(spark_threads_due(&p, deadlock, 31 * S));
	/* a task ended: it moves, and 30 s later it does not any more */
	parts[SPARK_EXECUTORS] = two;
	spark_pace_look(&p, parts, NOW + 2 * S);
	assert_false(p.is_still);
	assert_false(spark_threads_due(&p, NULL, ABSENT));
	/* but a deadlock stands until a list shows none */
	assert_true(spark_threads_due(&p, deadlock, 31 * S));
	assert_false(spark_threads_due(&p, deadlock, 29 * S));
	spark_pace_look(&p, parts, NOW + 31 * S);
	assert_false(p.is_still);
	spark_pace_look(&p, parts, NOW + 32 * S);
	assert_true(p.is_still);
	dataset_unref(one);
	dataset_unref(two);
	dataset_unref(deadlock);
}

/* The list of all jobs comes once a minute: what it dates did not happen when it came. */
static void a_late_list_is_no_move(void **state ATTR_UNUSED)
{
	struct dataset *none = dataset_new(), *ended = running(7, 3);
	struct dataset *parts[SPARK_PARTS] = {[SPARK_RUNNING] = none};
	struct spark_job_row *job =
		(struct spark_job_row *)(uintptr_t)dataset_one(ended, &schema_spark_job);
	struct spark_pace p = {0};

	job->completed_at = NOW - 35 * S;
	dataset_add(none, &schema_spark_job, NULL, 0);
	spark_pace_look(&p, parts, NOW - 40 * S);
	parts[SPARK_JOBS] = ended;
	spark_pace_look(&p, parts, NOW);
	assert_int_equal(p.moved_at, NOW - 35 * S);
	assert_true(p.is_still);
	dataset_unref(none);
	dataset_unref(ended);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recorded_deadlock),
		cmocka_unit_test(a_recorded_stream),
		cmocka_unit_test(made_up_lists),
		cmocka_unit_test(no_list),
		cmocka_unit_test(since_it_waits_there),
		cmocka_unit_test(asked_while_nothing_moves),
		cmocka_unit_test(a_late_list_is_no_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
