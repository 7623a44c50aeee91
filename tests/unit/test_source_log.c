/* The log source on a real loop with real files and pool threads; the scheduler around it is played
 * by the harness: places of a job, rows, pages both ways with filter and level. */
#include "log_source_stage.h"

/* --- a file --- */

static void a_file_becomes_rows(void **state)
{
	char *text = file_read("tests/fixture/log/35-oom-context-stderr.log", NULL);

	(void)state;
	write_file(path, text, "w");
	free(text);
	struct target *t = harness_new(&source_log, path);
	harness_later(t, 31 * 60 * 1000); /* none of its dates lies in the future */
	harness_poll(t);
	assert_false(t->is_failed);
	const struct log_file_row *f = file_row(t);
	assert_true(text_is(f->place, path));
	assert_true(text_is(f->whose, "job"));
	assert_int_equal(f->lines, 227);
	assert_int_equal(f->errors, 14);
	assert_int_equal(f->skipped_lines, 0);
	assert_null(f->problem);
	assert_int_equal(dataset_rows(t->rows, &schema_log_line)->n, 228 - 1);
	assert_int_equal(line_row(t->rows, 4)->kind, LOG_KIND_OOM);
	assert_int_equal(line_row(t->rows, 4)->level, LOG_LINE_MARK);
	assert_int_equal(line_row(t->rows, 4)->line, 5);
	assert_true(text_is(line_row(t->rows, 4)->text,
			    "Exception in thread \"Thread-3\" java.lang.OutOfMemoryError: Java "
			    "heap space")); /* the progress bar before it is cut off */
	harness_poll(t);
	assert_true(t->is_same);
	write_file(path, "26/11/20 21:00:00 ERROR X: Connection refused\n", "a");
	size_t before = marks(t);
	harness_poll(t);
	assert_int_equal(marks(t), before + 1);
	const struct rowset *set = dataset_rows(t->rows, &schema_log_mark);
	const struct log_mark_row *m = set->rows[set->n - 1];
	assert_int_equal(m->kind, LOG_KIND_REFUSED);
	assert_int_equal(m->line, 228);
	assert_int_equal(m->is_dated, TRI_TRUE);
	harness_later(t, 1000);
	write_file(path, "26/11/20 21:00:01 INFO X: 40 bytes in a second\n", "a");
	harness_poll(t);
	assert_true(file_row(t)->bytes_per_s > 40);
	harness_later(t, 1000);
	harness_poll(t); /* it grows no more, which is news */
	assert_true(file_row(t)->bytes_per_s == 0);
	harness_later(t, 1000);
	harness_poll(t);
	assert_true(t->is_same);
	harness_free(t);
}

/* A console that comes late, more than 200 marks behind what they all follow from: the beginning of
 * the file is read after its end, and the root stands before the rest - also after a rotation. */
static void the_root_is_found_behind_long_retries(void **state ATTR_UNUSED)
{
	char line[400], old[200];
	struct target *t;
	const struct rowset *set;
	time_t now = time(NULL);
	FILE *f = fopen(path, "w");

	fputs("spark\n", f);
	for (int i = 0; i < 5000; i++) { /* one MiB and more, two hours */
		static const char *const what[] = {
			"java.lang.OutOfMemoryError: Java heap space",
			"Answer from Java side is empty", "Connection refused",
			"an ordinary line that fills the file and says nothing of what goes on"};
		time_t at = now - 7200 + i * 7200 / 5000;
		struct tm tm;

		strftime(line, sizeof(line), "%Y-%m-%d %H:%M:%S", localtime_r(&at, &tm));
		fprintf(f, "%s ERROR X: %-300s\n", line,
			what[i ? (i % 10 < 2 ? 1 + i % 2 : 3) : 0]);
	}
	fclose(f);
	t = harness_new(&source_log, path);
	do
		harness_poll(t);
	while (is_absent(file_row(t)->lines));
	set = dataset_rows(t->rows, &schema_log_mark);
	assert_int_equal(set->n, 201);
	const struct log_mark_row *root = set->rows[0], *next = set->rows[1];
	assert_int_equal(root->kind, LOG_KIND_OOM);
	assert_in_range(next->at - root->story_to, 0, 60000);
	assert_true(is_absent(next->story_to));
	snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(rename(path, old), 0);
	write_file(path, "ERROR X: Connection refused\n", "w");
	harness_later(t, 1000);
	harness_poll(t);
	set = dataset_rows(t->rows, &schema_log_mark);
	root = set->rows[0];
	assert_int_equal(root->kind, LOG_KIND_OOM);
	assert_true(root->offset < 0);
	harness_free(t);
}

/* Given up at its deadline, a look ends all the same; what it found is shown by the next one, and
 * no rows are lost, neither to the screen nor in memory. */
static void a_look_that_was_given_up(void **state ATTR_UNUSED)
{
	struct target *t;

	write_file(path, "one\n", "w");
	t = harness_new(&source_log, path);
	for (int i = 0; i < 3; i++) {
		t->ends = 0;
		source_log.poll(t);
		source_log.abort(t);
		uv_run(&t->loop, UV_RUN_DEFAULT);
		assert_int_equal(t->ends, 0);
		if (i < 2)
			write_file(path, "more\n", "a");
	}
	harness_poll(t);
	assert_false(t->is_same);
	assert_int_equal(file_row(t)->lines, 3);
	harness_free(t);
}

/* What happened more than a day ago is counted, and is no news. */
static void old_marks_are_counted_only(void **state)
{
	(void)state;
	write_file(path,
		   "26/11/18 21:00:00 ERROR X: Connection refused\n"
		   "26/11/20 20:00:00 ERROR X: Cannot call methods on a stopped SparkContext.\n",
		   "w");
	struct target *t = harness_new(&source_log, path);
	harness_poll(t);
	assert_int_equal(marks(t), 1);
	assert_int_equal(file_row(t)->marks, 2);
	harness_free(t);
}

static void a_missing_file_is_a_plain_problem(void **state)
{
	(void)state;
	struct target *t = harness_new(&source_log, path);
	harness_poll(t);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, path));
	assert_non_null(strstr(t->problem, "followed once there is"));
	assert_true(is_absent(file_row(t)->bytes));
	assert_non_null(file_row(t)->problem);
	write_file(path, "one\n", "w");
	harness_poll(t);
	assert_false(t->is_failed);
	assert_int_equal(file_row(t)->lines, 1);
	harness_free(t);
}

/* --- pages --- */

static struct target *with_lines(int n)
{
	FILE *f = fopen(path, "w");

	for (int i = 0; i < n; i++)
		fprintf(f, "26/11/20 20:%02d:%02d %s X: number %d%s\n", i / 60 % 60, i % 60,
			i % 100 == 7 ? "ERROR" : "INFO", i,
			i % 1000 == 500 ? " Connection refused" : "");
	fclose(f);
	struct target *t = harness_new(&source_log, path);
	for (int i = 0; i < 4; i++) /* its beginning is counted by and by */
		harness_poll(t);
	return t;
}

static void pages_both_ways(void **state)
{
	enum { LINES = 50000 };
	struct target *t = with_lines(LINES);
	int seen = 0;

	(void)state;
	assert_int_equal(file_row(t)->lines, LINES);
	for (int64_t from = 0;;) { /* forwards to the end */
		ask(t, (struct request){.from = from, .count = 3000});
		if (!page_lines())
			break;
		for (size_t i = 0; i < page_lines(); i++)
			assert_int_equal(line_row(answer, i)->line, ++seen);
		const struct log_line_row *last = line_row(answer, page_lines() - 1);
		from = last->offset + 1; /* any byte behind its beginning */
		if (seen == LINES)
			break;
	}
	assert_int_equal(seen, LINES);
	int64_t from = ABSENT; /* and back from there */
	while (seen) {
		ask(t, (struct request){.from = from, .count = 3000, .flag = true});
		assert_true(page_lines() > 0);
		for (size_t i = page_lines(); i-- > 0;)
			assert_int_equal(line_row(answer, i)->line, seen--);
		from = line_row(answer, 0)->offset;
	}
	assert_int_equal(from, 0);
	ask(t, (struct request){.from = 0, .count = 10, .flag = true});
	assert_int_equal(page_lines(), 0);
	harness_free(t);
}

static void pages_by_level_and_filter(void **state)
{
	struct target *t = with_lines(20000);

	(void)state;
	ask(t, (struct request){.from = 0, .count = 1000, .group = 1});
	assert_int_equal(page_lines(), 200 + 20);
	assert_int_equal(line_row(answer, 0)->line, 8);
	ask(t, (struct request){.from = 0, .count = 1000, .filter = "NUMBER 1999"});
	assert_int_equal(page_lines(), 11);
	ask(t, (struct request){.from = ABSENT, .count = 5, .flag = true, .filter = "!info"});
	assert_int_equal(page_lines(), 5);
	assert_int_equal(line_row(answer, 4)->line, 19908);
	ask(t, (struct request){.from = ABSENT, .count = 50, .filter = "not there"});
	assert_int_equal(page_lines(), 0);
	harness_free(t);
}

static void a_long_line_is_cut_in_a_page(void **state)
{
	enum { LONG = 600000 };
	char *text = xmalloc(LONG + 2);

	(void)state;
	memset(text, 'x', LONG);
	memcpy(text + LONG, "\n", 2);
	write_file(path, "one\n", "w");
	write_file(path, text, "a");
	write_file(path, "three \x01\xff\n", "a");
	free(text);
	struct target *t = harness_new(&source_log, path);
	harness_poll(t);
	for (int way = 0; way < 2; way++) {
		ask(t, (struct request){.from = way ? ABSENT : 0, .count = 10, .flag = way});
		assert_int_equal(page_lines(), 3);
		assert_true(text_is(line_row(answer, 0)->text, "one"));
		const char *cut = text_str(line_row(answer, 1)->text);
		assert_non_null(strstr(cut, " more bytes)"));
		assert_true(strlen(cut) < TEXT_MAX + 100);
		assert_non_null(strstr(text_str(line_row(answer, 2)->text), "three \\x01"));
	}
	harness_free(t);
}

/* --- places --- */

static void count_place(void *data, const struct target_spec *spec)
{
	struct buf *out = data;

	buf_printf(out, "%s %s\n", text_str(spec->job->name), spec->where);
}

static void every_place_is_a_target(void **state)
{
	static const char *const files[] = {"/a.log", "/b.log", NULL};
	static const char *const argv[] = {"docker", "logs", "-f", "x", NULL};
	static const char *const secret[] = {"fetch-log",          "--token", "s3cret",
					     "http://u:pw@db/log", "a\nb",    NULL};
	const struct config_job jobs[] = {
		{.name = TEXT("one"), .log = {.files = files}},
		{.name = TEXT("two"), .log = {.journal = "two.service"}},
		{.name = TEXT("three"), .log = {.command = argv}},
		{.name = TEXT("four")},
		{.name = TEXT("five"), .log = {.command = secret}},
	};
	const struct config cfg = {.njobs = ARRAY_LEN(jobs), .jobs = jobs};
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	source_log.targets(&cfg, count_place, &out);
	const char *five = strstr(out.data, "five command ");
	assert_non_null(five);
	assert_non_null(strstr(five, "fetch-log --token *** http://u:***@db/log "));
	assert_non_null(strchr(five, '\n'));
	assert_string_equal(strchr(five, '\n'), "\n"); /* shown in one line */
	out.data[five - out.data] = '\0';
	assert_string_equal(out.data, "one /a.log\none /b.log\ntwo journal two.service\n"
				      "three command docker logs -f x\n");
	buf_release(&out);
}

static void whose_it_is_shows_in_its_path(void **state)
{
	struct target *t = harness_new(&source_log, "/nowhere/app-20261120203237-0000/3/stderr");

	(void)state;
	harness_poll(t);
	assert_true(text_is(file_row(t)->whose, "executor 3"));
	harness_free(t);
}

/* A configuration that was read again: what it marks now is looked for in what is there. */
static void other_signatures_begin_anew(void **state)
{
	const struct config_signature own = {"Table is locked", "dependency", NULL, NULL};

	(void)state;
	write_file(path, "26/11/20 20:00:00 INFO X: Table is locked\n", "w");
	struct target *t = harness_new(&source_log, path);
	harness_poll(t);
	assert_int_equal(marks(t), 0);
	t->cfg.signatures = &own;
	t->cfg.nsignatures = 1;
	harness_poll(t);
	assert_int_equal(marks(t), 1);
	harness_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_becomes_rows),
		TEST(the_root_is_found_behind_long_retries),
		TEST(a_look_that_was_given_up),
		TEST(old_marks_are_counted_only),
		TEST(a_missing_file_is_a_plain_problem),
		TEST(pages_both_ways),
		TEST(pages_by_level_and_filter),
		TEST(a_long_line_is_cut_in_a_page),
		TEST(every_place_is_a_target),
		TEST(whose_it_is_shows_in_its_path),
		TEST(other_signatures_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
