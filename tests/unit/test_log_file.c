/* A log file followed through everything that happens to log files, on real files: every complete
 * line is seen exactly once. */
#include "log_stage.h"

static void what_is_appended_is_read_once(void **state)
{
	struct stage *s = *state;

	follow(s);
	for (int i = 0; i < 50; i++) {
		put_lines(s, i % 7);
		look(s);
	}
	assert_complete(s, 0);
	assert_int_equal(log_file_lines(s->f), s->written);
	assert_int_equal(s->f->rotations, 0);
}

static void half_a_line_waits_for_its_rest(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_line(s);
	fprintf(s->out, "line %d; java.lang.OutOfMemory", s->written);
	fflush(s->out);
	look(s);
	assert_int_equal(s->seen[1], 0);
	assert_int_equal(s->f->scan.n, 0);
	fprintf(s->out, "Error: Java heap space");
	fflush(s->out);
	look(s); /* not complete, but worth a mark */
	assert_int_equal(s->f->scan.n, 1);
	assert_int_equal(s->seen[1], 0);
	fprintf(s->out, " and so on\n");
	fflush(s->out);
	s->written++;
	put_line(s);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(s->f->scan.n, 1);
	assert_int_equal(s->f->scan.nmarks, 1);
}

static void a_renamed_file_is_read_to_its_end(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 3);
	look(s);
	put_lines(s, 2);
	rename(s->path, beside(s, ".1"));
	put_lines(s, 2); /* the writer does not know yet */
	look(s);
	put_lines(s, 2);
	FILE *made = fopen(s->path, "a"); /* made by the one who rotates: empty for now */
	look(s);
	put_lines(s, 2);
	fclose(s->out);
	s->out = made;
	put_lines(s, 2);
	look(s);
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(s->f->rotations, 1);
	assert_int_equal(log_file_lines(s->f), 3);
}

static void several_rotations_between_two_looks(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 3);
	look(s);
	for (int i = 0; i < 5; i++) {
		put_lines(s, 4);
		rotate_by_name(s);
	}
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(s->f->rotations, 5);
	put_lines(s, 1);
	rotate_by_name(s);
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
}

static void a_last_line_without_its_end_is_read_at_the_rotation(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 2);
	fprintf(s->out, "line %d; the JVM died here", s->written++);
	fflush(s->out);
	look(s);
	rotate_by_name(s);
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
}

static void a_copied_and_truncated_file(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 5);
	look(s);
	put_lines(s, 5); /* only the copy has these */
	rotate_by_copy(s);
	look(s);
	put_lines(s, 3);
	look(s);
	put_lines(s, 5);
	rotate_by_copy(s);
	put_lines(s, 40); /* longer again than what was read of it */
	look(s);
	assert_complete(s, 0);
	assert_true(s->f->rotations >= 2);
	for (int i = 0; i < 4; i++) {
		put_lines(s, 6);
		rotate_by_copy(s);
	}
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
}

static void a_truncated_file_begins_anew(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 5);
	look(s);
	assert_int_equal(truncate(s->path, 0), 0);
	look(s);
	put_lines(s, 5);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(log_file_lines(s->f), 5);
	/* Written anew to the same length and more. */
	reopen(s, "w");
	put_lines(s, 9);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(s->f->rotations, 2);
	assert_int_equal(s->f->gaps, 2);
}

/* The copy is packed or deleted before anybody looked: how much of it was new is not known. */
static void a_copy_that_is_gone_is_counted(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 5);
	look(s);
	put_lines(s, 5); /* 5 to 9: nobody will see these */
	rotate_by_copy(s);
	unlink(beside(s, ".1"));
	put_lines(s, 2);
	rotate_by_copy(s);
	put_lines(s, 2);
	look(s);
	assert_complete(s, 10);
	assert_int_equal(s->seen[5], 0);
	assert_int_equal(s->f->gaps, 1);
}

static void an_empty_log_that_is_copied_before_the_next_look(void **state)
{
	struct stage *s = *state;

	follow(s);
	look(s);
	for (int i = 0; i < 3; i++) {
		put_lines(s, 4);
		rotate_by_copy(s);
	}
	look(s);
	assert_complete(s, 0);
	put_lines(s, 4);
	rotate_by_copy(s);
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(s->f->gaps, 0);
}

/* A job that says the same after each of its starts, without a date. */
static void copies_that_begin_alike(void **state)
{
	struct stage *s = *state;
	char same[FILE_TAIL + 2];

	memset(same, '-', sizeof(same));
	same[FILE_TAIL] = '\n';
	same[FILE_TAIL + 1] = '\0';
	follow(s);
	s->f->scan.watch = NULL;
	fputs(same, s->out);
	fflush(s->out);
	look(s);
	s->f->scan.watch = on_feed;
	for (int i = 0; i < 3; i++) {
		put_lines(s, 4);
		rotate_by_copy(s);
		if (i < 2)
			fputs(same, s->out);
		fflush(s->out);
	}
	put_lines(s, 1);
	look(s);
	assert_int_equal(s->wrong, 2); /* the same, of those that came since */
	s->wrong = 0;
	assert_complete(s, 0);
}

/* A writer that does not append goes on at its old place: the beginning is a hole. */
static void a_hole_is_no_line(void **state)
{
	struct stage *s = *state;

	reopen(s, "w");
	follow(s);
	put_lines(s, 3000);
	look(s);
	assert_int_equal(truncate(s->path, 0), 0);
	put_lines(s, 2);
	look(s);
	assert_int_equal(s->seen[3001], 1);
	assert_true(s->f->scan.lines <= 2);
}

static void a_deleted_file_is_waited_for(void **state)
{
	struct stage *s = *state;

	follow(s);
	put_lines(s, 3);
	look(s);
	unlink(s->path);
	put_lines(s, 2);
	look(s);
	assert_non_null(strstr(s->f->problem, "no such file"));
	reopen(s, "a");
	put_lines(s, 2);
	look(s);
	assert_string_equal(s->f->problem, "");
	assert_complete(s, 0);
}

static void a_file_that_comes_later_is_read_whole(void **state)
{
	struct stage *s = *state;

	fclose(s->out);
	unlink(s->path);
	follow(s);
	look(s);
	assert_non_null(strstr(s->f->problem, "no such file"));
	s->out = fopen(s->path, "a");
	put_lines(s, 50000);
	look(s);
	assert_complete(s, 0);
}

static void a_link_that_is_pointed_elsewhere(void **state)
{
	struct stage *s = *state;
	const char *real = beside(s, "-a");

	rename(s->path, real);
	assert_int_equal(symlink(real, s->path), 0);
	follow(s);
	put_lines(s, 3);
	look(s);
	put_lines(s, 3);
	fclose(s->out);
	s->out = fopen(beside(s, "-b"), "a");
	put_lines(s, 3);
	unlink(s->path);
	assert_int_equal(symlink(beside(s, "-b"), s->path), 0);
	look(s);
	assert_complete(s, 0);
}

static void other_files_beside_it_are_not_read(void **state)
{
	struct stage *s = *state;
	FILE *other = fopen(beside(s, ".err"), "a"), *packed;

	follow(s);
	put_lines(s, 2);
	look(s);
	fprintf(other, "something else\n");
	fclose(other);
	packed = fopen(beside(s, ".2.gz"), "a");
	fprintf(packed, "packed\n");
	fclose(packed);
	rotate_by_name(s);
	put_lines(s, 2);
	look(s);
	assert_complete(s, 0);
}

static void a_pipe_is_refused(void **state)
{
	struct stage *s = *state;

	unlink(s->path);
	assert_int_equal(mkfifo(s->path, 0600), 0);
	follow(s);
	look(s);
	assert_string_equal(s->f->problem, "is no regular file");
}

/* A job says nothing that is dated for hours, and then something that is not. */
static void a_line_is_no_older_than_the_last_look(void **state)
{
	struct stage *s = *state;
	int64_t now = clock_wall(&clock_real);

	follow(s);
	s->f->scan.watch = NULL;
	fprintf(s->out, "20/11/21 10:00:00 WARN NativeCodeLoader: Unable to load\n");
	fflush(s->out);
	assert_false(log_file_look(s->f, now));
	fprintf(s->out, ": java.lang.IllegalStateException: Cannot call methods on a stopped "
			"SparkContext.\n");
	fflush(s->out);
	assert_false(log_file_look(s->f, now + 2000));
	assert_int_equal(s->f->scan.n, 1);
	assert_true(log_scan_mark_at(&s->f->scan, 0)->at == now);
	assert_false(log_scan_mark_at(&s->f->scan, 0)->is_dated);
}

static void put_oom(struct stage *s, int64_t at)
{
	time_t t = (time_t)(at / 1000);
	char stamp[32];
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &tm);
	fprintf(s->out, "%s ERROR Executor: java.lang.OutOfMemoryError: Java heap space\n", stamp);
	fflush(s->out);
}

/* A clock a little ahead is believed; a date beyond that is none: its mark is not the newest until
 * that day, and what is logged meanwhile does not drown in it. */
static void a_date_in_the_future_dates_nothing(void **state)
{
	const int64_t now = clock_utc_ms(2026, 11, 20, 0), minute = 60000;
	struct stage *s = *state;
	const struct log_scan *scan;

	follow(s);
	s->f->scan.watch = NULL;
	put_oom(s, now - minute);
	assert_false(log_file_look(s->f, now));
	scan = &s->f->scan;
	put_oom(s, now + 3 * minute);
	assert_false(log_file_look(s->f, now));
	assert_int_equal(scan->n, 1);
	assert_true(log_scan_mark_at(scan, 0)->last_at == now + 3 * minute);
	put_oom(s, now + 600 * minute);
	assert_false(log_file_look(s->f, now + 20 * minute));
	assert_int_equal(scan->n, 1);
	assert_int_equal(log_scan_mark_at(scan, 0)->count, 3);
	assert_true(log_scan_mark_at(scan, 0)->last_at == now + 3 * minute);
	assert_true(scan->last_at == now + 3 * minute);
	put_oom(s, now + 21 * minute);
	assert_false(log_file_look(s->f, now + 22 * minute));
	assert_int_equal(scan->n, 2);
	assert_true(log_scan_mark_at(scan, 1)->at == now + 21 * minute);
	/* its day has come */
	put_oom(s, now + 601 * minute);
	assert_false(log_file_look(s->f, now + 600 * minute));
	assert_true(log_scan_mark_at(scan, 2)->at == now + 601 * minute);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(what_is_appended_is_read_once),
		LOG_TEST(half_a_line_waits_for_its_rest),
		LOG_TEST(a_renamed_file_is_read_to_its_end),
		LOG_TEST(several_rotations_between_two_looks),
		LOG_TEST(a_last_line_without_its_end_is_read_at_the_rotation),
		LOG_TEST(a_copied_and_truncated_file),
		LOG_TEST(a_truncated_file_begins_anew),
		LOG_TEST(a_copy_that_is_gone_is_counted),
		LOG_TEST(an_empty_log_that_is_copied_before_the_next_look),
		LOG_TEST(copies_that_begin_alike),
		LOG_TEST(a_hole_is_no_line),
		LOG_TEST(a_deleted_file_is_waited_for),
		LOG_TEST(a_file_that_comes_later_is_read_whole),
		LOG_TEST(a_link_that_is_pointed_elsewhere),
		LOG_TEST(other_files_beside_it_are_not_read),
		LOG_TEST(a_pipe_is_refused),
		LOG_TEST(a_line_is_no_older_than_the_last_look),
		LOG_TEST(a_date_in_the_future_dates_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
