/* The threads of a process by /proc: whose names are a collector's, and CPU counted where it was
 * used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../backend/jvm/threads.h"

/* As /proc has them, cut at 15 bytes, of JDK 17 and 25 under every collector. */
static void knows_the_collectors_threads(void **state)
{
	static const char *const gc[] = {
		"GC Thread#0",    "G1 Conc#0",       "G1 Main Marker",  "G1 Refine#0",
		"G1 Service",     "VM Thread",       "ZWorker#0",       "ZDriver",
		"ZDirector",      "ZStat",           "ZWorkerYoung#",   "ZDriverMajor",
		"RuntimeWorker#", "Shenandoah GC T", "Shenandoah Cont",
	};
	static const char *const others[] = {
		"java",
		"VM Periodic Tas",
		"C2 CompilerThre",
		"Signal Dispatch",
		"Thread-5",
		"SparkUI-36",
		"GC",
		"",
		"Executor task l",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(gc); i++)
		if (!thread_is_gc(gc[i]))
			fail_msg("%s is of the collector", gc[i]);
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (thread_is_gc(others[i]))
			fail_msg("%s is not of the collector", others[i]);
}

static atomic_bool is_over;
static char looks_like[] = "GC ) Thread#0", is_one[] = "GC Thread#0";

static void *burn(void *name)
{
	pthread_setname_np(pthread_self(), name);
	while (!atomic_load(&is_over))
		;
	return NULL;
}

static void counts_cpu_where_it_was_used(void **state)
{
	struct thread_times t = {0};
	pthread_t id;

	(void)state;
	atomic_store(&is_over, false);
	assert_int_equal(pthread_create(&id, NULL, burn, looks_like), 0);
	while (t.ticks < 3)
		assert_true(threads_read(getpid(), 100, &t));
	assert_true(t.n >= 2 && t.running >= 1);
	assert_int_equal(t.gc_ticks, 0); /* a name that only looks like it, with a bracket in it */
	atomic_store(&is_over, true);
	pthread_join(id, NULL);

	atomic_store(&is_over, false);
	assert_int_equal(pthread_create(&id, NULL, burn, is_one), 0);
	while (t.gc_ticks < 3)
		assert_true(threads_read(getpid(), 100, &t));
	assert_true(t.gc_ticks <= t.ticks);
	assert_true(threads_read(getpid(), 1, &t));
	assert_int_equal(t.n, 1);
	atomic_store(&is_over, true);
	pthread_join(id, NULL);
}

static void a_process_that_is_gone_is_no_error(void **state)
{
	struct thread_times t;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(threads_read(pid, 100, &t));
	assert_int_equal(t.n, 0);
	assert_false(threads_read(-1, 100, &t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_the_collectors_threads),
		cmocka_unit_test(counts_cpu_where_it_was_used),
		cmocka_unit_test(a_process_that_is_gone_is_no_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
