/* The log source on a real loop with real files, programs and pool threads; the scheduler around it
 * is played by the harness: places of a job, rows, pages both ways with filter and level, programs
 * that write, end and are missing, and that none is left behind. */
/* long: every kind of place shares the stage at its beginning. */
#include "source_harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/row/log.h"

static struct dataset *answer;

void source_detail(struct target *t, struct dataset *rows)
{
	dataset_unref(answer);
	answer = rows;
	uv_stop(&t->loop);
}

static char dir[64], path[128];

static int begin(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/sparkops-source-log-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/job.log", dir);
	return 0;
}

static int end(void **state)
{
	char name[400];
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while (d && (e = readdir(d))) {
		snprintf(name, sizeof(name), "%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(name);
	}
	closedir(d);
	rmdir(dir);
	dataset_unref(answer);
	answer = NULL;
	return 0;
}

static void write_file(const char *name, const char *text, const char *mode)
{
	FILE *f = fopen(name, mode);

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static const struct log_file_row *file_row(const struct target *t)
{
	const struct rowset *set = dataset_rows(t->rows, &schema_log_file);

	assert_int_equal(set->n, 1);
	return set->rows[0];
}

static size_t marks(const struct target *t)
{
	return dataset_rows(t->rows, &schema_log_mark)->n;
}

static const struct log_line_row *line_row(const struct dataset *d, size_t i)
{
	const struct rowset *set = dataset_rows(d, &schema_log_line);

	assert_true(i < set->n);
	return set->rows[i];
}

/* --- a file --- */

static void a_file_becomes_rows(void **state)
{
	char *text = harness_file("tests/fixture/log/35-oom-context-stderr.log", NULL);

	(void)state;
	write_file(path, text, "w");
	free(text);
	struct target *t = harness_new(&source_log, path);
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

/* What happened more than a day ago is counted, and is no news. */
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

static void ask(struct target *t, struct request r)
{
	r.kind = REQUEST_LOG_PAGE;
	dataset_unref(answer);
	answer = NULL;
	assert_null(t->ops->detail(t, &r));
	while (!answer && uv_run(&t->loop, UV_RUN_DEFAULT) != 0)
		;
	assert_non_null(answer);
}

static size_t page_lines(void)
{
	return dataset_rows(answer, &schema_log_line)->n;
}

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

/* --- programs --- */

static void write_program(const char *name, const char *script)
{
	char file[200];

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	write_file(file, script, "w");
	assert_int_equal(chmod(file, 0700), 0);
}

/* Polls until the rows say so. */
static void poll_until_lines(struct target *t, int64_t lines)
{
	for (int i = 0; i < 200; i++) {
		harness_poll(t);
		if (t->rows && file_row(t)->lines >= lines)
			return;
		harness_later(t, 1000);
	}
	fail_msg("%lld lines never came", (long long)lines);
}

static void stand_in_journalctl(void)
{
	char all[4096];

	write_program("journalctl",
		      "#!/bin/sh\n"
		      "echo \"$@\" > \"$0.args\"\necho $$ > \"$0.pid\"\n"
		      "echo '1795206600.123456 python[18401]: 26/11/20 20:30:00 ERROR X: "
		      "java.lang.OutOfMemoryError: Java heap space'\n"
		      "echo '1795206601.000000 systemd[1]: a.service: Failed with result "
		      "'\"'oom-kill'.\"\n"
		      "exec sleep 1000\n");
	snprintf(all, sizeof(all), "%s:%s", dir, getenv("PATH"));
	setenv("PATH", all, 1);
}

static pid_t pid_in(const char *name)
{
	char file[200];
	int pid = 0;

	snprintf(file, sizeof(file), "%s/%s", dir, name);
	FILE *f = fopen(file, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	return pid;
}

static void a_journal_is_followed(void **state)
{
	char *before = xstrdup(getenv("PATH")), args[200];

	(void)state;
	stand_in_journalctl();
	struct target *t = harness_new(&source_log, "journal a.service");
	poll_until_lines(t, 2);
	snprintf(args, sizeof(args), "%s/journalctl.args", dir);
	char *said = harness_file(args, NULL);
	assert_non_null(strstr(said, "--unit a.service"));
	free(said);
	assert_int_equal(marks(t), 2);
	const struct log_line_row *l = line_row(t->rows, 0);
	assert_int_equal(l->at, 1795206600123);
	assert_true(text_is(l->text, "26/11/20 20:30:00 ERROR X: java.lang.OutOfMemoryError: Java "
				     "heap space"));
	pid_t pid = pid_in("journalctl.pid");
	assert_int_equal(kill(pid, 0), 0);
	harness_free(t);
	assert_int_equal(kill(pid, 0), -1); /* ended with us, and reaped */
	setenv("PATH", before, 1);
	free(before);
}

static void a_missing_program_is_a_plain_problem(void **state)
{
	char *before = xstrdup(getenv("PATH"));

	(void)state;
	setenv("PATH", dir, 1);
	struct target *t = harness_new(&source_log, "journal a.service");
	harness_poll(t);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "journalctl is not installed"));
	harness_free(t);
	setenv("PATH", before, 1);
	free(before);
}

/* It is started again, and what it tells twice is marked once. */
static void a_command_that_ends_is_started_again(void **state)
{
	char program[200];
	const char *argv[] = {program, NULL};

	(void)state;
	write_program("logs", "#!/bin/sh\n"
			      "echo '26/11/20 20:30:00 ERROR X: Connection refused'\n"
			      "echo '26/11/20 20:30:01 INFO X: and on'\n"
			      "exit 3\n");
	snprintf(program, sizeof(program), "%s/logs", dir);
	struct target *t = harness_new(&source_log, "command logs");
	source_log.stop(t);
	t->job.log.command = argv;
	source_log.start(t);
	poll_until_lines(t, 6);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "ended with exit code 3; it is started again in"));
	assert_true(file_row(t)->rotations >= 2);
	assert_int_equal(marks(t), 1);
	assert_int_equal(file_row(t)->marks, 1);
	harness_free(t);
}

/* The place is the same, the secret in it is not. */
static void a_command_with_another_secret_is_run(void **state)
{
	char program[200], file[200];
	const char *one[] = {program, "--token=one", NULL}, *two[] = {program, "--token=two", NULL};

	(void)state;
	write_program("logs", "#!/bin/sh\necho \"$1\" >>\"$0.args\"\necho x\nexec sleep 1000\n");
	snprintf(program, sizeof(program), "%s/logs", dir);
	snprintf(file, sizeof(file), "%s/logs.args", dir);
	struct target *t = harness_new(&source_log, "command logs --token=***");
	source_log.stop(t);
	t->job.log.command = one;
	source_log.start(t);
	poll_until_lines(t, 1);
	harness_poll(t);
	t->job.log.command = two;
	harness_poll(t);
	poll_until_lines(t, 1);
	char *said = harness_file(file, NULL);
	assert_string_equal(said, "--token=one\n--token=two\n");
	free(said);
	assert_true(text_is(file_row(t)->place, "command logs --token=***"));
	harness_free(t);
}

/* --- a worker's tail --- */

static void set_tail(struct path_server *s, const char *query, const char *log, size_t from,
		     size_t to)
{
	char target[200], body[4096];

	snprintf(target, sizeof(target), "/log/?appId=a&executorId=2&logType=stderr%s", query);
	snprintf(body, sizeof(body), "==== Bytes %zu-%zu of %zu of /w/a/2/stderr ====\n%.*s", from,
		 to, strlen(log), (int)(to - from), log + from);
	path_set_text(s, target, 200, "text/plain", body);
}

static void a_workers_tail_is_followed(void **state)
{
	struct path_server *s = path_start();
	char where[200];
	const char *log = "26/11/20 20:00:00 INFO X: one\n"
			  "26/11/20 20:00:01 ERROR X: java.lang.OutOfMemoryError: Java heap space\n"
			  "26/11/20 20:00:02 INFO X: three\n";

	(void)state;
	snprintf(where, sizeof(where), "worker %s/log/?appId=a&executorId=2&logType=stderr",
		 path_base(s));
	set_tail(s, "&byteLength=1048576", log, 0, 40); /* half a line */
	set_tail(s, "&offset=40&byteLength=1048576", log, 40, 101);
	set_tail(s, "&offset=101&byteLength=1048576", log, 101, strlen(log));
	struct target *t = harness_new(&source_log, where);
	harness_poll(t);
	assert_false(t->is_failed);
	assert_true(text_is(file_row(t)->whose, "executor 2"));
	assert_int_equal(file_row(t)->lines, 1);
	harness_poll(t);
	harness_poll(t);
	assert_int_equal(file_row(t)->lines, 3);
	assert_int_equal(marks(t), 1);
	assert_int_equal(path_not_get(s), 0);
	path_set_other(
		s, 200, "text/plain",
		"==== Bytes 0-0 of 0 of /w/a/2/stderr ====\nError: invalid log directory /w");
	harness_poll(t);
	assert_true(t->is_failed);
	assert_non_null(strstr(t->problem, "no such log"));
	path_set_other(s, 500, "text/html", "<html>");
	harness_poll(t);
	assert_non_null(strstr(t->problem, "does not give this log"));
	ask(t, (struct request){.from = 0, .count = 10});
	assert_int_equal(page_lines(), 3);
	harness_free(t);
	path_stop(s);
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_becomes_rows),
		TEST(a_look_that_was_given_up),
		TEST(old_marks_are_counted_only),
		TEST(a_missing_file_is_a_plain_problem),
		TEST(pages_both_ways),
		TEST(pages_by_level_and_filter),
		TEST(a_long_line_is_cut_in_a_page),
		TEST(a_journal_is_followed),
		TEST(a_missing_program_is_a_plain_problem),
		TEST(a_command_that_ends_is_started_again),
		TEST(a_command_with_another_secret_is_run),
		TEST(a_workers_tail_is_followed),
		TEST(every_place_is_a_target),
		TEST(whose_it_is_shows_in_its_path),
		TEST(other_signatures_begin_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
