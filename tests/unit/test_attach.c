/* Asking a JVM through its attach socket: what is sent to whom, and what becomes
 * of every answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../backend/jvm/dump.h"
#include "../../backend/jvm/hold.h"
#include "java_stand_in.h"

static int ask(const struct stand_in *s, struct err *err)
{
	struct buf out;
	int rc;

	*err = (struct err){0};
	buf_init(&out, DUMP_BYTES_MAX);
	rc = attach_ask(&s->ask, &out, err);
	if (rc == 0 && out.len)
		assert_memory_equal(out.data, stand_in_dump, out.len);
	buf_release(&out);
	return rc;
}

static void expect_refused(const char *mode, const char *option, const char *says)
{
	struct stand_in s = {0};
	struct err err;

	stand_in_start(&s, mode, option);
	assert_true(ask(&s, &err) < 0);
	if (!strstr(err.message, says))
		fail_msg("%s: \"%s\" does not say \"%s\"", mode, err.message, says);
	stand_in_end(&s);
}

/* --- tests --- */

static void asks_and_is_answered(void **state)
{
	static const char *const modes[] = {"open", "answer"}; /* socket there, made on request */
	struct stand_in s = {0};
	struct err err;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		stand_in_start(&s, modes[i], NULL);
		if (ask(&s, &err) < 0)
			fail_msg("%s: %s", modes[i], err.message);
		assert_int_equal(ask(&s, &err), 0); /* the socket stays */
		stand_in_end(&s);
	}
}

static void says_why_not(void **state)
{
	(void)state;
	expect_refused("silent", NULL, "took the question and has not answered for 0.2 s");
	expect_refused("deaf", NULL, "did not open its attach socket for 0.2 s");
	expect_refused("refuse", NULL, "refused `threaddump`: Operation \\x1b[1mnot recognized");
	expect_refused("garbage", NULL, "without an answer");
	expect_refused("close", NULL, "without an answer");
	expect_refused("dies", NULL, "ended while it was asked");
	expect_refused("answer", "-XX:+DisableAttachMechanism", "answers no questions; SIGQUIT");
	expect_refused("answer", "-Xrs", "SIGQUIT would end it");
	expect_refused("rs", NULL, "no handler for SIGQUIT");
}

static void an_option_may_come_by_the_environment(void **state)
{
	(void)state;
	setenv("JAVA_TOOL_OPTIONS", "-Dx=y  -Xrs -Dz", 1);
	expect_refused("answer", NULL, "runs with -Xrs");
	setenv("JAVA_TOOL_OPTIONS", "-XX:+DisableAttachMechanism -XX:-DisableAttachMechanism", 1);
	struct stand_in s = {0};
	struct err err;
	stand_in_start(&s, "answer", NULL);
	assert_int_equal(ask(&s, &err), 0);
	stand_in_end(&s);
	unsetenv("JAVA_TOOL_OPTIONS");
}

/* At once, and without a trace: no signal is kept for when it goes on. */
static void a_stopped_one_is_not_attached_to(void **state)
{
	struct stand_in s = {0};
	struct err err;
	struct timespec a, b;
	int status;
	char c;

	(void)state;
	stand_in_start(&s, "stopped", NULL);
	assert_int_equal(waitpid(s.pid, &status, WUNTRACED), s.pid);
	assert_true(WIFSTOPPED(status));
	s.ask.limit_ms = 60000;
	clock_gettime(CLOCK_MONOTONIC, &a);
	assert_true(ask(&s, &err) < 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_true(b.tv_sec - a.tv_sec < 30);
	assert_non_null(strstr(err.message, "is stopped (state T)"));
	s.ask.by_sigquit = true;
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "kill -CONT"));
	kill(s.pid, SIGCONT);
	struct pollfd fd = {.fd = s.out, .events = POLLIN};
	assert_int_equal(poll(&fd, 1, 20), 0);
	s.ask.limit_ms = STAND_IN_LIMIT_MS;
	assert_int_equal(ask(&s, &err), 0); /* it prints the dump it was asked for by a person */
	assert_int_equal(read(s.out, &c, 1), 1);
	assert_int_equal(c, 'D');
	stand_in_end(&s);
}

static void nothing_is_sent_to_another_process(void **state)
{
	struct stand_in s = {0};
	struct err err;

	(void)state;
	stand_in_start(&s, "rs", NULL); /* would die of a SIGQUIT */
	s.ask.by_sigquit = true;
	s.ask.start_ticks++;
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "another process has its number"));
	s.ask.start_ticks--;
	s.ask.uid++;
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "runs as user"));
	s.ask.uid--;
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "no handler for SIGQUIT"));
	assert_int_equal(waitpid(s.pid, NULL, WNOHANG), 0);
	s.ask.by_sigquit = false;
	kill(s.pid, SIGKILL);
	siginfo_t info;
	assert_int_equal(waitid(P_PID, (id_t)s.pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "is dead: only its exit code"));
	stand_in_end(&s);
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "is gone"));
}

static void a_program_called_java_is_no_jvm(void **state)
{
	struct stand_in s = {0};
	struct err err;

	(void)state;
	s.has_no_library = true;
	stand_in_start(&s, "answer", NULL);
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "cannot be proved to be a JVM"));
	stand_in_end(&s);
	s.ask.pid = getpid();
	s.ask.start_ticks = start_ticks(getpid());
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "cannot be proved to be a JVM"));
}

/* Not "cannot be proved": whose it is, and the command that would do. */
static void anothers_is_said_to_be_anothers(void **state)
{
	struct hold h;
	struct stat st;
	struct err err;
	int rc;

	(void)state;
	assert_int_equal(stat("/proc/1", &st), 0);
	if (st.st_uid)
		skip();
	if (!geteuid())
		assert_int_equal(seteuid(65534), 0);
	rc = hold_open(&h, 1, start_ticks(1), 0, &err);
	if (!getuid())
		assert_int_equal(seteuid(0), 0);
	assert_true(rc < 0);
	assert_non_null(strstr(err.message, "java 1 belongs to root"));
	assert_non_null(strstr(err.message, "sudo -u root sparkops"));
}

/* Another process of the same user listens where the JVM would; then a file that nobody serves. */
static void the_other_end_must_be_the_jvm(void **state)
{
	struct stand_in s = {0};
	struct err err;
	char path[64];
	int fd;

	(void)state;
	stand_in_start(&s, "answer", NULL);
	snprintf(path, sizeof(path), "/tmp/.java_pid%d", (int)s.pid);
	fd = stand_in_serve(path);
	assert_true(ask(&s, &err) < 0);
	assert_non_null(strstr(err.message, "served by another process"));
	close(fd);
	assert_int_equal(ask(&s, &err), 0); /* refused there: the JVM makes its own */
	stand_in_end(&s);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(asks_and_is_answered),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(an_option_may_come_by_the_environment),
		cmocka_unit_test(a_stopped_one_is_not_attached_to),
		cmocka_unit_test(nothing_is_sent_to_another_process),
		cmocka_unit_test(a_program_called_java_is_no_jvm),
		cmocka_unit_test(anothers_is_said_to_be_anothers),
		cmocka_unit_test(the_other_end_must_be_the_jvm),
	};

	stand_in_main(argc, argv);
	return cmocka_run_group_tests(tests, make_java, drop_java);
}
