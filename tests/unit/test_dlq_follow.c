/* An adversarial writer against the reader: files that grow in random slices, are rotated, renamed,
 * copied and cut, cut in the middle, packed, deleted and made anew with the same inode, with looks
 * in between at any moment. At the end what the reader holds must be what lies in the folder. Every
 * schedule follows from its seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>
#include <zlib.h>

#include "../../backend/dlq/page.h"

enum { SCHEDULES = 250, OPS = 90, FILE_MAX = 8 << 20 };

static uint64_t random_state;
static size_t pick(size_t n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(random_state >> 33) % n;
}

struct world {
	uint64_t seed;
	char dir[64];
	int day;
	int64_t next_id;
	char pending[1 << 20]; /* bytes the writer has not got out yet */
	size_t npending;
	struct folder *folder;
};

static char *path_of(const struct world *w, const char *name)
{
	static char paths[4][512];
	static size_t turn;
	char *p = paths[turn++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", w->dir, name);
	return p;
}

static const char *name_of(const struct world *w, int back, const char *suffix)
{
	static char names[4][80];
	static size_t turn;
	char *p = names[turn++ % 4];

	snprintf(p, sizeof(names[0]), "failed_batches_%d.json%s", w->day - back, suffix);
	return p;
}

static void write_bytes(const char *path, const char *p, size_t len, int flags)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), (ssize_t)len);
	close(fd);
}

/* The next line of the job. */
static void write_line(struct world *w)
{
	char *p = w->pending + w->npending;
	long long id = (long long)w->next_id++;
	size_t pad = pick(60) ? pick(900) : pick(40) * 10000;

	if (w->npending + pad + 400 > sizeof(w->pending))
		return;
	size_t room = sizeof(w->pending) - w->npending;
	if (pick(12) == 0)
		w->npending += (size_t)snprintf(p, room, "Traceback %lld\n", id);
	else if (pick(12) == 0)
		w->npending += (size_t)snprintf(p, room, " \r\n");
	else
		w->npending += (size_t)snprintf(
			p, room,
			"{\"batch_id\": %lld, \"timestamp\": \"2026-11-20T10:00:00.000001\", "
			"\"error\": {\"type\": \"T%lld\", \"message\": \"m %lld\"}, \"x\": "
			"\"%0*d\"}%s",
			id, id % 5, id, (int)pad, 7, pick(5) ? "\n" : "\r\n");
}

static void append(struct world *w, const char *name)
{
	for (size_t k = pick(6); k > 0; k--)
		write_line(w);
	size_t n = w->npending ? 1 + pick(w->npending) : 0;
	if (pick(2))
		n = w->npending;
	write_bytes(path_of(w, name), w->pending, n, O_APPEND);
	memmove(w->pending, w->pending + n, w->npending - n);
	w->npending -= n;
}

static size_t read_all(const char *path, char *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, out, FILE_MAX);

	if (fd >= 0)
		close(fd);
	assert_true(n >= 0 && n < FILE_MAX);
	return (size_t)n;
}

static char scratch[FILE_MAX], plain[FILE_MAX];

/* Packs a file in two members, the second cut short now and then. */
static void pack(struct world *w, const char *from, const char *to)
{
	size_t n = read_all(path_of(w, from), scratch), half = n ? pick(n) : 0;
	gzFile out = gzopen(path_of(w, to), "wb");

	gzwrite(out, scratch, (unsigned)half);
	gzclose(out);
	out = gzopen(path_of(w, to), "ab");
	gzwrite(out, scratch + half, (unsigned)(n - half));
	gzclose(out);
}

static void look(struct world *w)
{
	struct err err;

	assert_int_equal(folder_scan(w->folder, &err), 0);
	for (size_t k = pick(4); k > 0 && folder_step(w->folder, (int64_t)(1 + pick(300000)));)
		k--;
}

static void cut(const char *path, bool to_zero)
{
	struct stat st;

	if (stat(path, &st) || !st.st_size)
		return;
	assert_int_equal(truncate(path, to_zero ? 0 : (off_t)pick((size_t)st.st_size)), 0);
}

static void rotate(struct world *w, bool by_copy)
{
	char *now = path_of(w, name_of(w, 0, "")), *old = path_of(w, name_of(w, 0, ".1"));

	if (access(now, F_OK))
		return;
	if (!by_copy) {
		rename(old, path_of(w, name_of(w, 0, ".2")));
		assert_int_equal(rename(now, old), 0);
		return;
	}
	size_t n = read_all(now, scratch);
	write_bytes(old, scratch, n, O_TRUNC);
	if (pick(2))
		look(w);
	cut(now, true);
}

static void one_op(struct world *w)
{
	static const char *const suffixes[] = {"", ".1", ".2", ".gz", ".1.gz"};
	int back = (int)pick(2);

	switch (pick(24)) {
	case 0:
		w->day += w->day < 20261128;
		break;
	case 1:
	case 2:
		rotate(w, pick(2));
		break;
	case 3:
		cut(path_of(w, name_of(w, back, suffixes[pick(2)])), pick(3) == 0);
		break;
	case 4:
		unlink(path_of(w, name_of(w, back, suffixes[pick(5)])));
		break;
	case 5:
		if (access(path_of(w, name_of(w, back, "")), F_OK))
			break;
		pack(w, name_of(w, back, ""), name_of(w, back, ".gz"));
		if (pick(2))
			look(w);
		if (pick(3))
			unlink(path_of(w, name_of(w, back, "")));
		break;
	case 6: /* the same inode again, most likely */
		unlink(path_of(w, name_of(w, 0, "")));
		append(w, name_of(w, 0, ""));
		break;
	case 7:
		cut(path_of(w, name_of(w, back, pick(2) ? ".gz" : ".1.gz")), false);
		break;
	case 8: /* somebody still holds the renamed file open */
		append(w, name_of(w, 0, ".1"));
		break;
	case 9:
	case 10:
		look(w);
		break;
	default:
		append(w, name_of(w, 0, ""));
	}
}

/* --- the truth --- */

struct truth {
	char *line;
	size_t len;
	int day;
	int64_t order, count; /* in the newest file that has it */
	bool is_bad, is_seen;
};

static struct truth *truths;
static size_t ntruths;

static size_t unpack(const char *path, char *out)
{
	gzFile in =
		gzopen(path, "rb"); /* reads a plain file as it is; a cut member up to its cut */
	int n, all = 0;

	assert_non_null(in);
	while ((n = gzread(in, out + all, 4096)) > 0)
		all += n;
	gzclose(in);
	return (size_t)all;
}

static void add_truth(const char *p, size_t len, int day, int64_t order)
{
	size_t first = 0;

	while (first < len && strchr(" \t\r", p[first]) && p[first])
		first++;
	if (first == len)
		return;
	for (size_t i = 0; i < ntruths; i++) {
		struct truth *t = &truths[i];
		if (t->day != day || t->len != len || memcmp(t->line, p, len) != 0)
			continue;
		if (t->order == order)
			t->count++;
		else if (t->order < order)
			t->count = 1;
		t->order = max_i64(t->order, order);
		return;
	}
	truths = xrealloc(truths, (ntruths + 1) * sizeof(*truths));
	struct truth *t = &truths[ntruths++];
	*t = (struct truth){xstrndup("", 0), len, day, order, 1, false, false};
	t->line = xrealloc(t->line, len + 1);
	memcpy(t->line, p, len);
	json_t *tree = json_loadb(p, len, JSON_ALLOW_NUL, NULL);
	t->is_bad = !json_is_object(tree);
	json_decref(tree);
}

static void read_truth(const struct world *w)
{
	for (size_t i = 0; i < w->folder->nfiles; i++) {
		const struct dlq_file *f = w->folder->files[i];
		size_t n = f->is_gz ? unpack(path_of(w, f->name), plain)
				    : read_all(path_of(w, f->name), plain);
		char *end, *p = plain;
		for (; (end = memchr(p, '\n', n - (size_t)(p - plain))); p = end + 1) {
			size_t len = (size_t)(end - p);
			add_truth(p, len - (len && p[len - 1] == '\r'), (int)f->day, f->rank);
		}
	}
}

static size_t files_in(const struct world *w)
{
	DIR *d = opendir(w->dir);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* Takes one line of the reader out of the truth. */
static void on_found(const struct world *w, const struct dlq_file *f, const struct entry *e)
{
	size_t n = f->is_gz ? unpack(path_of(w, f->name), plain)
			    : read_all(path_of(w, f->name), plain);
	size_t at = (size_t)entry_offset(e);
	const char *p = plain + at;

	assert_true(at < n && (!at || p[-1] == '\n'));
	size_t len = (size_t)((const char *)memchr(p, '\n', n - at) - p), line = 1;
	len -= len && p[len - 1] == '\r';
	for (size_t i = 0; i < at; i++)
		line += plain[i] == '\n';
	assert_int_equal(e->line, line);
	for (size_t i = 0; i < ntruths; i++) {
		struct truth *t = &truths[i];
		if (t->day == f->day && t->order == f->rank && t->len == len &&
		    !memcmp(t->line, p, len)) {
			assert_int_equal(t->is_bad, (e->flags & ENTRY_BAD) != 0);
			t->count--;
			return;
		}
	}
	fail_msg("SEED=%llu: %s line %zu should not be counted", (unsigned long long)w->seed,
		 f->name, line);
}

static void compare(const struct world *w)
{
	const struct folder *f = w->folder;
	int64_t entries = 0, bad = 0;

	assert_int_equal(f->nfiles, files_in(w));
	read_truth(w);
	for (size_t i = 0; i < ntruths; i++) {
		entries += truths[i].is_bad ? 0 : truths[i].count;
		bad += truths[i].is_bad ? truths[i].count : 0;
	}
	if (f->index.nentries != entries || f->index.nbad != bad)
		fail_msg("SEED=%llu: %lld entries and %lld bad lines, should be %lld and %lld",
			 (unsigned long long)w->seed, (long long)f->index.nentries,
			 (long long)f->index.nbad, (long long)entries, (long long)bad);
	for (size_t i = 0; i < f->nfiles; i++)
		for (size_t k = 0; k < f->files[i]->entries.n; k++)
			if (!(f->files[i]->entries.v[k].flags & ENTRY_DUPLICATE))
				on_found(w, f->files[i], &f->files[i]->entries.v[k]);
	for (size_t i = 0; i < ntruths; i++) {
		assert_int_equal(truths[i].count, 0);
		free(truths[i].line);
	}
	free(truths);
	truths = NULL;
	ntruths = 0;
}

static void remove_all(struct world *w)
{
	DIR *d = opendir(w->dir);
	const struct dirent *e;

	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			unlink(path_of(w, e->d_name));
	closedir(d);
	rmdir(w->dir);
}

static void run_schedule(uint64_t seed)
{
	static struct world w;
	struct err err;

	random_state = seed * 7919;
	memset(&w, 0, sizeof(w));
	w.seed = seed;
	w.day = 20261120;
	snprintf(w.dir, sizeof(w.dir), "/tmp/sparkops-follow-XXXXXX");
	assert_non_null(mkdtemp(w.dir));
	w.folder = folder_new(w.dir);
	for (int i = 0; i < OPS; i++)
		one_op(&w);
	assert_int_equal(folder_scan(w.folder, &err), 0);
	while (folder_step(w.folder, 1 << 20))
		continue;
	compare(&w);
	folder_free(w.folder);
	remove_all(&w);
}

static void test_schedules(void **state)
{
	const char *one = getenv("SEED");

	(void)state;
	if (one) {
		run_schedule(strtoull(one, NULL, 10));
		return;
	}
	for (uint64_t seed = 1; seed <= SCHEDULES; seed++)
		run_schedule(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_schedules)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
