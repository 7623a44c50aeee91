/* Much at once: long lines, large files, files that grow faster than they are read, and a writer
 * that rotates while the file is read. */
#include "log_stage.h"

static void a_long_line_is_cut_and_counted(void **state)
{
	struct stage *s = *state;
	enum { LONG = 3 << 20 };
	char *text = xmalloc(LONG);

	follow(s);
	put_line(s);
	look(s);
	memset(text, 'x', LONG);
	fprintf(s->out, "line %d;", s->written++);
	fwrite(text, 1, LONG, s->out);
	fputc('\n', s->out);
	put_line(s);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(log_file_lines(s->f), 3);
	assert_true(s->f->skipped_bytes > LONG / 2 && s->f->skipped_bytes < LONG);
	free(text);
}

/* Of a large file the end comes first, the rest is counted later. */
static void a_large_file_is_read_from_its_end(void **state)
{
	struct stage *s = *state;

	for (int i = 0; i < 60000; i++)
		fprintf(s->out, "line %d; %s\n", s->written++,
			i == 100 ? "java.lang.OutOfMemoryError: Java heap space"
				 : "and some more text of a job");
	fflush(s->out);
	follow(s);
	log_file_look(s->f, clock_wall(&clock_real));
	assert_int_equal(s->seen[s->written - 1], 1);
	assert_int_equal(s->seen[0], 0);
	look(s);
	look(s);
	assert_int_equal(log_file_lines(s->f), 60000);
	assert_int_equal(s->f->before.n, 1);
	assert_int_equal(log_scan_mark_at(&s->f->before, 0)->line, 100);
	put_line(s);
	look(s);
	assert_int_equal(log_file_lines(s->f), 60001);
}

static void what_grows_too_fast_is_skipped_with_a_count(void **state)
{
	struct stage *s = *state;
	char line[1001];
	int lines = (FILE_LOOK + (20 << 20)) / 1000;

	put_line(s);
	follow(s);
	look(s);
	memset(line, 'x', 999);
	line[999] = '\n';
	for (int i = 0; i < lines; i++)
		fwrite(line, 1, 1000, s->out);
	fflush(s->out);
	s->f->scan.watch = NULL;
	look(s);
	assert_int_equal(log_file_lines(s->f), lines + 1);
	assert_true(s->f->skipped_bytes > 60 << 20);
	assert_true(s->f->skipped_bytes / 1000 - s->f->skipped_lines <= 1);
	s->f->scan.watch = on_feed;
	put_line(s);
	look(s);
	assert_int_equal(s->seen[1], 1);
}

/* --- torture --- */

struct writer {
	struct stage *s;
	void (*rotate)(struct stage *s);
	int most;  /* rotations between two looks */
	int looks; /* atomic */
	int is_done;
};

/* Writes and rotates as fast as it can, but not so often between two looks that files leave. */
static void *write_and_rotate(void *data)
{
	struct writer *w = data;
	uint32_t random = 7;
	int at_look = 0, rotated = 0, rotations = 0;

	while (w->s->written < LINES_MAX - 100 && rotations < 150) {
		random = random * 1664525 + 1013904223;
		put_lines(w->s, (int)(random >> 24) % 40 + 1);
		int looks = __atomic_load_n(&w->looks, __ATOMIC_ACQUIRE);
		if (looks != at_look)
			rotated = 0;
		at_look = looks;
		if (rotated++ >= w->most)
			continue;
		w->rotate(w->s);
		rotations++;
	}
	__atomic_store_n(&w->is_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void torture(struct stage *s, void (*rotate)(struct stage *s), int most)
{
	struct writer w = {.s = s, .rotate = rotate, .most = most};
	pthread_t thread;

	put_lines(s, 1);
	follow(s);
	look(s);
	assert_int_equal(pthread_create(&thread, NULL, write_and_rotate, &w), 0);
	while (!__atomic_load_n(&w.is_done, __ATOMIC_ACQUIRE)) {
		log_file_look(s->f, 0);
		__atomic_add_fetch(&w.looks, 1, __ATOMIC_RELEASE);
	}
	pthread_join(thread, NULL);
	put_lines(s, 1);
	look(s);
	assert_complete(s, 0);
	assert_int_equal(s->f->gaps, 0);
}

static void renamed_while_it_is_read(void **state)
{
	torture(*state, rotate_by_name, 3);
}

static void copied_while_it_is_read(void **state)
{
	torture(*state, rotate_by_copy, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(a_long_line_is_cut_and_counted),
		LOG_TEST(a_large_file_is_read_from_its_end),
		LOG_TEST(what_grows_too_fast_is_skipped_with_a_count),
		LOG_TEST(renamed_while_it_is_read),
		LOG_TEST(copied_while_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
