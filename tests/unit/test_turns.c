/* test_turns.c - what a thread asks of the kernel's scheduler, and what those that it starts get.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/base.h"
#include "../../include/turns.h"

struct turn {
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

struct seen {
	void (*ask)(void);
	struct turn before, after, child;
	int cores_before, cores_after, cores_child;
};

static struct turn look(void)
{
	struct turn t = {0};

	assert_int_equal(syscall(SYS_sched_getattr, 0, &t, sizeof(t), 0U), 0);
	return t;
}

static int cores(void)
{
	cpu_set_t set;

	assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
	return CPU_COUNT(&set);
}

static void *born(void *data)
{
	struct seen *s = data;

	s->child = look();
	s->cores_child = cores();
	return NULL;
}

static void *asks(void *data)
{
	struct seen *s = data;
	pthread_t child;

	s->before = look();
	s->cores_before = cores();
	s->ask();
	s->after = look();
	s->cores_after = cores();
	assert_int_equal(pthread_create(&child, NULL, born, s), 0);
	pthread_join(child, NULL);
	return NULL;
}

static struct seen see(void (*ask)(void))
{
	struct seen s = {.ask = ask};
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, asks, &s), 0);
	pthread_join(thread, NULL);
	return s;
}

/* Before Linux 6.12 a fair task has no turn of its own, and says 0. */
static bool has_turns(const struct seen *s)
{
	return s->before.runtime_ns != 0;
}

static void who_answers_keys_goes_first_and_hands_nothing_on(void **state ATTR_UNUSED)
{
	struct seen s = see(turns_short);

	assert_int_equal(s.after.policy, SCHED_OTHER);
	assert_int_equal(s.after.nice, s.before.nice);
	assert_int_equal(s.child.nice, s.before.nice);
	assert_int_equal(s.cores_after, s.cores_before);
	if (!has_turns(&s))
		return;
	assert_true(s.after.runtime_ns < s.before.runtime_ns);
	assert_int_equal(s.child.runtime_ns, s.before.runtime_ns);
}

static void who_works_for_long_gives_way_and_so_do_its_threads(void **state ATTR_UNUSED)
{
	struct seen s = see(turns_long);

	assert_int_equal(s.after.policy, SCHED_BATCH);
	assert_int_equal(s.child.policy, SCHED_BATCH);
	assert_true(s.after.nice > 0 && s.after.nice >= s.before.nice);
	assert_int_equal(s.child.nice, s.after.nice);
	if (!has_turns(&s))
		return;
	assert_true(s.after.runtime_ns > s.before.runtime_ns);
	assert_int_equal(s.child.runtime_ns, s.after.runtime_ns);
}

static void one_core_is_left_to_others(void **state ATTR_UNUSED)
{
	struct seen s = see(turns_long);

	assert_int_equal(s.cores_after, max_i64(1, s.cores_before - 1));
	assert_int_equal(s.cores_child, s.cores_after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_answers_keys_goes_first_and_hands_nothing_on),
		cmocka_unit_test(who_works_for_long_gives_way_and_so_do_its_threads),
		cmocka_unit_test(one_core_is_left_to_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
