/* test_source_dlq_files.c - files of a queue that cannot be shown whole: each is named, with what
 * would be right, and the others are read on. */
#include "source_dlq_stage.h"

static void path_of(char out[200], const char *name)
{
	snprintf(out, 200, "%s/%s", dir, name);
}

static void write_raw(const char *name, const void *bytes, size_t n)
{
	char path[200];
	FILE *out;

	path_of(path, name);
	out = fopen(path, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(out);
}

/* n lines, packed; returns the bytes of the file. */
static size_t pack(const char *name, int n, char bytes[static 4096])
{
	char path[200];
	gzFile out;
	size_t size;
	FILE *in;

	path_of(path, name);
	out = gzopen(path, "wb");
	for (int i = 0; i < n; i++)
		gzprintf(out, "{\"batch_id\": %d, \"x\": \"%x\"}\n", i, (unsigned)i * 2654435761u);
	gzclose(out);
	in = fopen(path, "rb");
	size = fread(bytes, 1, 4096, in);
	fclose(in);
	return size;
}

static void remove_file(const char *name)
{
	char path[200];

	path_of(path, name);
	unlink(path);
}

/* Each file that is damaged is named, with its place and what would be right; the others are read
 * on, and as fresh as ever. */
static void damaged_files_are_named(void **state)
{
	struct target *t = *state;
	char bytes[4096];
	size_t size;

	put("{\"batch_id\": 1}\n", 1);
	write_raw("failed_batches_20261117.json.gz", "no gzip at all", 14);
	poll_once(t);
	assert_int_equal(t->partly, 1);
	assert_string_equal(t->problem,
			    "failed_batches_20261117.json.gz is damaged after line 0: what follows "
			    "is not shown; put a whole copy there or move it away");
	size = pack("failed_batches_20261118.json.gz", 40, bytes);
	bytes[size - 5] ^= 1; /* the length: all lines are whole, and yet something is wrong */
	write_raw("failed_batches_20261118.json.gz", bytes, size);
	poll_once(t);
	assert_non_null(strstr(t->problem,
			       "failed_batches_20261118.json.gz is damaged after line 40, "
			       "failed_batches_20261117.json.gz is damaged after line 0:"));
	assert_int_equal(folder(t)->entries, 41);
	write_raw("failed_batches_20261116.json.gz", "nor this", 8);
	poll_once(t);
	assert_non_null(strstr(t->problem, " and 1 more: what follows"));
	remove_file("failed_batches_20261116.json.gz");
	remove_file("failed_batches_20261117.json.gz");
	remove_file("failed_batches_20261118.json.gz");
	poll_once(t);
	assert_int_equal(t->done, 1);
	assert_int_equal(t->partly, 3);
	assert_int_equal(t->failed, 0);
}

/* What ends in the middle may still be packed; a minute later nobody does. */
static void a_cut_file_is_told_when_it_rests(void **state)
{
	const struct timespec then[2] = {{1700000000, 0}, {1700000000, 0}};
	struct target *t = *state;
	char bytes[4096], path[200];
	size_t size = pack("failed_batches_20261118.json.gz", 40, bytes);

	write_raw("failed_batches_20261118.json.gz", bytes, size / 2);
	poll_once(t);
	assert_int_equal(t->partly, 0);
	path_of(path, "failed_batches_20261118.json.gz");
	assert_int_equal(utimensat(AT_FDCWD, path, then, 0), 0);
	poll_once(t);
	assert_non_null(strstr(t->problem, "20261118.json.gz ends in the middle after line "));
	unlink(path);
}

/* A link is no entry of the queue: it could lead to what only we may read. */
static void a_link_is_refused(void **state)
{
	struct target *t = *state;
	char path[200], secret[80], other[80];

	snprintf(secret, sizeof(secret), "%s-secret", dir);
	snprintf(other, sizeof(other), "%s-link", dir);
	FILE *out = fopen(secret, "w");
	fputs("{\"batch_id\": 7, \"error_message\": \"secret\"}\n", out);
	fclose(out);
	path_of(path, "failed_batches_20261119.json");
	assert_int_equal(symlink(secret, path), 0);
	put("{\"batch_id\": 1}\n", 1);
	poll_once(t);
	assert_int_equal(t->partly, 1);
	assert_int_equal(t->progress, 1);
	assert_string_equal(t->problem, "failed_batches_20261119.json is a symbolic link, which is "
					"not followed: put the file itself there, or name the "
					"folder it lies in");
	assert_int_equal(folder(t)->entries, 1);
	assert_int_equal(folder(t)->bad_lines, 0);
	/* nothing is new, and what is shown is fresh */
	poll_once(t);
	assert_int_equal(t->partly, 2);
	assert_int_equal(t->progress, 1);
	/* the link becomes the file */
	unlink(path);
	assert_int_equal(rename(secret, path), 0);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 2);
	assert_int_equal(t->partly, 2);
	unlink(path);
	/* the folder itself may be a link: that is the configuration's word */
	source_dlq.stop(t);
	uv_run(t->loop, UV_RUN_DEFAULT);
	assert_int_equal(symlink(dir, other), 0);
	t->spec.where = other;
	source_dlq.start(t);
	poll_once(t);
	assert_int_equal(folder(t)->entries, 1);
	t->spec.where = dir;
	unlink(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(damaged_files_are_named),
		TEST(a_cut_file_is_told_when_it_rests),
		TEST(a_link_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
