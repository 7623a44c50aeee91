/* log_stage.h - a folder with a log, somebody who writes it and rotates it, and a follower that is
 * watched: which lines it was fed. */
#ifndef SPARKOPS_TESTS_LOG_STAGE_H
#define SPARKOPS_TESTS_LOG_STAGE_H

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

enum { LINES_MAX = 200000, KEPT = 60 }; /* rotated files */

struct stage {
	char dir[64], path[200];
	struct log_file *f;
	FILE *out;
	int written, generation;
	/* what the follower was fed: lines `line N ...` by number */
	unsigned char seen[LINES_MAX];
	int64_t wrong; /* whole lines of another form */
};

static ATTR_UNUSED void on_line(struct stage *s, const char *p, size_t len)
{
	int n = -1;
	char line[64];

	snprintf(line, sizeof(line), "%.*s", (int)min_size(len, 40), p);
	if (sscanf(line, "line %d;", &n) == 1 && n >= 0 && n < LINES_MAX)
		s->seen[n]++;
	else
		s->wrong++;
}

static ATTR_UNUSED void on_feed(void *data, const char *p, size_t len)
{
	for (const char *end = p + len; p < end;) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		const char *to = newline ? newline : end;
		on_line(data, p, (size_t)(to - p));
		p = to + 1;
	}
}

static ATTR_UNUSED void follow(struct stage *s)
{
	s->f = log_file_new(s->path, signatures_new(NULL, 0));
	s->f->scan.watch = on_feed;
	s->f->scan.watch_data = s;
}

static ATTR_UNUSED int begin(void **state)
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

static ATTR_UNUSED int end(void **state)
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

static ATTR_UNUSED const char *beside(const struct stage *s, const char *ending)
{
	static char path[2][300];
	static int turn;

	turn = !turn;
	snprintf(path[turn], sizeof(path[turn]), "%s%s", s->path, ending);
	return path[turn];
}

static ATTR_UNUSED void put_line(struct stage *s)
{
	fprintf(s->out, "line %d; and some more text that a job says\n", s->written++);
	fflush(s->out);
}

static ATTR_UNUSED void put_lines(struct stage *s, int n)
{
	while (n--)
		put_line(s);
}

static ATTR_UNUSED void look(struct stage *s)
{
	while (log_file_look(s->f, clock_wall(&clock_real)))
		;
}

/* Every line from `from` on once, and nothing else. */
static ATTR_UNUSED void assert_complete(const struct stage *s, int from)
{
	for (int i = from; i < s->written; i++)
		if (s->seen[i] != 1)
			fail_msg("line %d of %d was seen %d times", i, s->written, s->seen[i]);
	assert_int_equal(s->wrong, 0);
}

static ATTR_UNUSED void reopen(struct stage *s, const char *mode)
{
	fclose(s->out);
	s->out = fopen(s->path, mode);
	assert_non_null(s->out);
}

/* `.1` becomes `.2` and so on; the log becomes `.1`. */
static ATTR_UNUSED void shift(struct stage *s, int most)
{
	char from[16], to[16];

	for (int i = most; i >= 1; i--) {
		snprintf(from, sizeof(from), ".%d", i);
		snprintf(to, sizeof(to), ".%d", i + 1);
		rename(beside(s, from), beside(s, to));
	}
}

static ATTR_UNUSED void rotate_by_name(struct stage *s)
{
	shift(s, KEPT);
	assert_int_equal(rename(s->path, beside(s, ".1")), 0);
	reopen(s, "a");
}

static ATTR_UNUSED void copy(const char *from, const char *to)
{
	char buf[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");

	assert_true(in && out);
	for (size_t n; (n = fread(buf, 1, sizeof(buf), in)) > 0;)
		fwrite(buf, 1, n, out);
	fclose(in);
	fclose(out);
}

static ATTR_UNUSED void rotate_by_copy(struct stage *s)
{
	shift(s, KEPT);
	copy(s->path, beside(s, ".1"));
	assert_int_equal(truncate(s->path, 0), 0);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

#endif
