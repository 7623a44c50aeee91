/* A look at more JVMs than it has time to read whole. */
#include "scan_world.h"

/* Halves are read as far as a budget goes; that the parent is another one is known of each. */
static void test_many_lose_their_python(void **state)
{
	struct world *w = *state;
	struct process one = java;

	add(w, &python);
	for (one.pid = 100; one.pid < 300; one.pid++)
		add(w, &one);
	assert_int_equal(look(w, 0, 200)->parent_gone, TRI_FALSE);
	one.ppid = 1;
	for (one.pid = 100; one.pid < 300; one.pid++)
		alter(w, &one);
	look(w, 2000, 200);
	for (size_t i = 0; i < 200; i++)
		assert_int_equal(jvm_at(w, i)->parent_gone, TRI_TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_many_lose_their_python, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
