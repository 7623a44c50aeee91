/* Thread dumps as rows: of a JVM that answers, that answers too much, and that does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../backend/jvm/dump.h"
#include "../../include/row/dlq.h"
#include "java_stand_in.h"

static const struct detail_row *row(const struct dataset *d, size_t i)
{
	const struct rowset *set = dataset_rows(d, &schema_detail);

	assert_true(i < set->n);
	return set->rows[i];
}

static void a_dump_is_rows(void **state)
{
	struct stand_in s = {0};
	struct dataset *d;

	(void)state;
	stand_in_start(&s, "open", NULL);
	d = dump_make(&s.ask);
	assert_string_equal(text_str(row(d, 3)->line) + 0,
			    "\"main\" #1 prio=5 os_prio=0 cpu=1.00ms tid=0x1 nid=0x2 waiting on "
			    "condition");
	assert_int_equal(row(d, 3)->kind, 1);
	assert_int_equal(row(d, 4)->kind, 0);
	assert_null(strchr(text_str(row(d, 5)->line), 27));
	assert_string_equal(text_str(row(d, 7)->line), "Found one Java-level deadlock:");
	for (size_t i = 7; i < 12; i++)
		assert_int_equal(row(d, i)->kind, 3);
	assert_int_equal(row(d, 15)->kind, 1); /* the stacks below are no list of problems */
	assert_int_equal(row(d, 18)->kind, 3);
	dataset_unref(d);
	stand_in_end(&s);
}

static void a_long_dump_is_cut_and_says_so(void **state)
{
	struct stand_in s = {0};
	struct dataset *d;
	size_t n;

	(void)state;
	stand_in_start(&s, "big", NULL);
	d = dump_make(&s.ask);
	n = dataset_rows(d, &schema_detail)->n;
	assert_in_range(n, (DUMP_BYTES_MAX) / 80, DUMP_BYTES_MAX / 80 + 3);
	assert_non_null(strstr(text_str(row(d, n - 1)->line), "cut here: more than 4 MB"));
	assert_int_equal(row(d, n - 1)->kind, 3);
	dataset_unref(d);
	stand_in_end(&s);
}

static void without_an_answer_the_kernel_is_asked(void **state)
{
	struct stand_in s = {0};
	struct dataset *d;
	char own[32];

	(void)state;
	stand_in_start(&s, "silent", NULL);
	d = dump_make(&s.ask);
	assert_int_equal(row(d, 0)->kind, 3);
	assert_non_null(strstr(text_str(row(d, 0)->line), "has not answered"));
	assert_non_null(strstr(text_str(row(d, 1)->line), "as the kernel has them"));
	snprintf(own, sizeof(own), "%8d  java  ", (int)s.pid);
	assert_non_null(strstr(text_str(row(d, 2)->line), own));
	if (!strstr(text_str(row(d, 2)->line), " S waiting"))
		fail_msg("%s", text_str(row(d, 2)->line));
	dataset_unref(d);
	stand_in_end(&s);
}

static void sigquit_says_where_it_prints(void **state)
{
	struct stand_in s = {0};
	struct dataset *d;
	char c;

	(void)state;
	stand_in_start(&s, "answer", NULL);
	s.ask.by_sigquit = true;
	d = dump_make(&s.ask);
	assert_non_null(strstr(text_str(row(d, 1)->line), "standard output: pipe:["));
	assert_int_equal(read(s.out, &c, 1), 1);
	assert_int_equal(c, 'D');
	dataset_unref(d);
	stand_in_end(&s);
}

/* --- on the pool --- */

static int answers;

static void on_done(void *data, struct dataset *rows)
{
	(void)data;
	answers++;
	assert_true(dataset_rows(rows, &schema_detail)->n > 3);
	dataset_unref(rows);
}

static void the_newest_wish_is_done_and_none_after_the_end(void **state)
{
	struct stand_in s = {0};
	struct dump *d;
	uv_loop_t loop;

	(void)state;
	stand_in_start(&s, "open", NULL);
	uv_loop_init(&loop);
	d = dump_new(&loop, on_done, NULL);
	for (int i = 0; i < 5; i++)
		dump_ask(d, &s.ask);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(answers, 2); /* the one under way and the newest */
	dump_ask(d, &s.ask);
	dump_free(d);
	uv_run(&loop, UV_RUN_DEFAULT);
	assert_int_equal(answers, 2);
	assert_int_equal(uv_loop_close(&loop), 0);
	dump_free(NULL);
	stand_in_end(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_dump_is_rows),
		cmocka_unit_test(a_long_dump_is_cut_and_says_so),
		cmocka_unit_test(without_an_answer_the_kernel_is_asked),
		cmocka_unit_test(sigquit_says_where_it_prints),
		cmocka_unit_test(the_newest_wish_is_done_and_none_after_the_end),
	};

	stand_in_main(argc, argv);
	return cmocka_run_group_tests(tests, make_java, drop_java);
}
