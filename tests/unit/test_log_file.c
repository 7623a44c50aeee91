/* A log file followed through everything that happens to log files, on real files: every complete
 * line is seen exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>

#include <cmocka.h>

#include "../../backend/log/file.h"
#include "../../include/clock.h"

enum { LINES_MAX = 200000 };

struct stage {
	char dir[64], path[200];
	struct log_file *f;
	FILE *out;
	int written, generation;
	/* what the follower was fed: lines `line N ...` by number */
	unsigned char seen[LINES_MAX];
	int64_t wrong; /* whole lines of another form */
};

static void on_line(struct stage *s, const char *p, size_t len)
{
	int n = -1;
	char line[64];

	snprintf(line, sizeof(line), "%.*s", (int)min_size(len, 40), p);
	if (sscanf(line, "line %d;", &n) == 1 && n >= 0 && n < LINES_MAX)
		s->seen[n]++;
	else
		s->wrong++;
}

static void on_feed(void *data, const char *p, size_t len)
{
	for (const char *end = p + len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *to = newline ? newline : end;
		on_line(data, p, (size_t)(to - p));
		p = to + 1;
	}
}

static void follow(struct stage *s)
{
	s->f = log_file_new(s->path, signatures_new(NULL, 0));
	s->f->scan.watch = on_feed;
	s->f->scan.watch_data = s;
}

static int begin(void **state)
{
	struct stage *s = xcalloc(1, sizeof(*s));

	snprintf(s->dir, sizeof(s->dir), "/tmp/sparkops-log-XXXXXX");
	if (!mkdtemp(s->dir))
		return -1;
	snprintf(s->path, sizeof(s->path), "%s/job.log", s->dir);
	s->out = fopen(s->path, "a");
	*state = s;
	return s->out ? 0 : -1;
}

static int end(void **state)
{
	struct stage *s = *state;
	DIR *d = opendir(s->dir);
	struct dirent *e;
	char path[400];

	if (s->out)
		fclose(s->out);
	log_file_free(s->f);
	while (d && (e = readdir(d))) {
		snprintf(path, sizeof(path), "%s/%s", s->dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
	}
	closedir(d);
	rmdir(s->dir);
	free(s);
	return 0;
}

static const char *beside(const struct stage *s, const char *ending)
{
	static char path[2][300];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s%s", s->path, ending);
	return path[turn];
}

static void put_line(struct stage *s)
{
	fprintf(s->out, "line %d; and some more text that a job says\n", s->written++);
	fflush(s->out);
}

static void put_lines(struct stage *s, int n)
{
	while (n--)
		put_line(s);
}

static void look(struct stage *s)
{
	while (log_file_look(s->f, clock_wall(&clock_real)))
		;
}

/* Every line from `from` on once, and nothing else. */
static void assert_complete(const struct stage *s, int from)
{
	for (int i = from; i < s->written; i++)
		if (s->seen[i] != 1)
			fail_msg("line %d of %d was seen %d times", i, s->written, s->seen[i]);
	assert_int_equal(s->wrong, 0);
}

static void reopen(struct stage *s, const char *mode)
{
	fclose(s->out);
	s->out = fopen(s->path, mode);
	assert_non_null(s->out);
}

/* `.1` becomes `.2` and so on; the log becomes `.1`. */
static void shift(struct stage *s, int most)
{
	char from[16], to[16];

	for (int i = most; i >= 1; i--) {
		snprintf(from, sizeof(from), ".%d", i);
		snprintf(to, sizeof(to), ".%d", i + 1);
		rename(beside(s, from), beside(s, to));
	}
}

static void rotate_by_name(struct stage *s)
{
	shift(s, 12);
	assert_int_equal(rename(s->path, beside(s, ".1")), 0);
	reopen(s, "a");
}

static void copy(const char *from, const char *to)
{
	char buf[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");

	assert_true(in && out);
	for (size_t n; (n = fread(buf, 1, sizeof(buf), in)) > 0;)
		fwrite(buf, 1, n, out);
	fclose(in);
	fclose(out);
}

static void rotate_by_copy(struct stage *s)
{
	shift(s, 12);
	copy(s->path, beside(s, ".1"));
	assert_int_equal(truncate(s->path, 0), 0);
}

/* --- one thing at a time --- */

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

/* --- much at once --- */

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
		if (rotated++ >= 3)
			continue;
		w->rotate(w->s);
		rotations++;
	}
	__atomic_store_n(&w->is_done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void torture(struct stage *s, void (*rotate)(struct stage *s))
{
	struct writer w = {.s = s, .rotate = rotate};
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
}

static void renamed_while_it_is_read(void **state)
{
	torture(*state, rotate_by_name);
}

static void copied_while_it_is_read(void **state)
{
	torture(*state, rotate_by_copy);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_appended_is_read_once),
		TEST(half_a_line_waits_for_its_rest),
		TEST(a_renamed_file_is_read_to_its_end),
		TEST(several_rotations_between_two_looks),
		TEST(a_last_line_without_its_end_is_read_at_the_rotation),
		TEST(a_copied_and_truncated_file),
		TEST(a_truncated_file_begins_anew),
		TEST(a_hole_is_no_line),
		TEST(a_deleted_file_is_waited_for),
		TEST(a_file_that_comes_later_is_read_whole),
		TEST(a_link_that_is_pointed_elsewhere),
		TEST(other_files_beside_it_are_not_read),
		TEST(a_pipe_is_refused),
		TEST(a_long_line_is_cut_and_counted),
		TEST(a_large_file_is_read_from_its_end),
		TEST(what_grows_too_fast_is_skipped_with_a_count),
		TEST(renamed_while_it_is_read),
		TEST(copied_while_it_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
