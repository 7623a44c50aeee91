/* A log that is rotated in the middle of a look: whatever the follower is about to read - a file or
 * the folder - somebody rotates just before that. No threads: each step of a look is tried. */
#include <dlfcn.h>

#include "log_stage.h"

/* What happens before which step of the look; steps count down. */
struct moment {
	int steps;
	void (*act)(struct stage *s);
};

enum { PIECE = 300 };

static struct stage *watched; /* NULL: nothing happens */
static struct moment moments[2];

static void step(void)
{
	struct stage *s = watched;

	watched = NULL; /* who acts reads files, too */
	for (size_t i = 0; s && i < ARRAY_LEN(moments); i++)
		if (moments[i].act && moments[i].steps-- == 0)
			moments[i].act(s);
	watched = s;
}

ssize_t pread(int fd, void *p, size_t len, off_t at)
{
	static ssize_t (*real)(int, void *, size_t, off_t);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "pread");
	step();
	if (!watched || len <= PIECE)
		return real(fd, p, len, at);
	/* The kernel reads page by page, too. */
	ssize_t first = real(fd, p, PIECE, at);
	if (first < PIECE)
		return first;
	step();
	ssize_t rest = real(fd, (char *)p + PIECE, len - PIECE, at + PIECE);
	return rest < 0 ? rest : first + rest;
}

DIR *fdopendir(int fd)
{
	static DIR *(*real)(int);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdopendir");
	step();
	return real(fd);
}

/* --- what happens --- */

static void copy_twice(struct stage *s)
{
	put_lines(s, 4);
	rotate_by_copy(s);
	put_lines(s, 9);
	rotate_by_copy(s);
	put_lines(s, 60); /* more than either copy */
}

static void leave(struct stage *s)
{
	(void)s;
}

static void rename_twice(struct stage *s)
{
	put_lines(s, 4);
	rotate_by_name(s);
	put_lines(s, 9);
	rotate_by_name(s);
	put_lines(s, 60); /* more than either copy */
}

/* The two halves of one rotation, and somebody who writes in between what only this file gets. */
static void begin_copy(struct stage *s)
{
	char half[4096];

	shift(s, KEPT);
	put_line(s);
	FILE *in = fopen(s->path, "r"), *out = fopen(beside(s, ".1"), "w");
	assert_true(in && out);
	size_t n = fread(half, 1, sizeof(half), in);
	fwrite(half, 1, n / 2, out);
	fclose(in);
	fclose(out);
}

static void end_copy(struct stage *s)
{
	copy(s->path, beside(s, ".1"));
	assert_int_equal(truncate(s->path, 0), 0);
	put_lines(s, 3);
}

static void anew(struct stage *s)
{
	struct dirent *e;
	DIR *d = opendir(s->dir);

	log_file_free(s->f);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	reopen(s, "a");
	memset(s->seen, 0, (size_t)s->written);
	s->written = 0;
	follow(s);
}

/* True: all of it happened. */
static bool try(struct stage *s, void (*rotate)(struct stage *s), int lines)
{
	anew(s);
	put_lines(s, 5);
	look(s);
	put_lines(s, 5);
	rotate(s);
	put_lines(s, 3);
	rotate(s);
	put_lines(s, lines);
	watched = s;
	look(s);
	watched = NULL;
	bool is_done = moments[0].steps < 0 && (!moments[1].act || moments[1].steps < 0);
	put_lines(s, 1);
	look(s);
	return is_done;
}

static void expect_complete(const struct stage *s, const char *what)
{
	for (int i = 0; i < s->written; i++)
		if (s->seen[i] != 1)
			fail_msg("%s before step %d (and %d): line %d of %d was seen %d times",
				 what, moments[0].steps, moments[1].steps, i, s->written,
				 s->seen[i]);
	assert_int_equal(s->wrong, 0);
	assert_int_equal(s->f->skipped_bytes, 0);
	assert_int_equal(s->f->gaps, 0);
}

/* Rotated twice or not at all before a look, and twice before each of its steps. */
static void rotated_before_each_step(void **state)
{
	static void (*const acts[])(struct stage * s) = {copy_twice, rename_twice, copy_twice};
	static void (*const before[])(struct stage * s) = {rotate_by_copy, rotate_by_name, leave};
	struct stage *s = *state;

	for (size_t way = 0; way < ARRAY_LEN(acts); way++) {
		for (int lines = 0; lines <= 40; lines += 20) {
			bool is_more = true;
			for (int i = 0; is_more; i++) {
				moments[0] = (struct moment){i, acts[way]};
				moments[1] = (struct moment){0};
				is_more = try(s, before[way], lines);
				moments[0].steps = i;
				expect_complete(s, way == 1 ? "renamed" : "copied");
			}
		}
	}
}

/* A copy that is begun before one step and ends before another. */
static void a_copy_in_the_making_at_each_step(void **state)
{
	struct stage *s = *state;
	bool is_more = true;

	for (int i = 0; is_more; i++) {
		bool is_later = true;
		for (int k = i; is_later; k++) {
			moments[0] = (struct moment){i, begin_copy};
			moments[1] = (struct moment){k, end_copy};
			is_later = try(s, rotate_by_copy, 2);
			is_more = is_later || k > i;
			if (!is_later && moments[0].steps < 0)
				break; /* half a copy was left behind */
			moments[0].steps = i;
			moments[1].steps = k;
			expect_complete(s, "half a copy");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(rotated_before_each_step),
		LOG_TEST(a_copy_in_the_making_at_each_step),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
