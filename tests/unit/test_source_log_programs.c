/* The log source with what is no file here: a journal, a command, a worker's tail. Programs write,
 * end and are missing; none is left behind. */
#include "log_source_stage.h"

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
	char *said = file_read(args, NULL);
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
	char *said = file_read(file, NULL);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_journal_is_followed),
		TEST(a_missing_program_is_a_plain_problem),
		TEST(a_command_that_ends_is_started_again),
		TEST(a_command_with_another_secret_is_run),
		TEST(a_workers_tail_is_followed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
