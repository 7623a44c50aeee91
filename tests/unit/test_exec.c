/* test_exec.c - commands that end, fail, hang, talk without end and leave children behind: with
 * real processes. */
#include "exec_stage.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <uv.h>

/* A shell as the command, for what only a shell can say in one line. */
static void run(struct world *w, const char *script)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct exec e = of(argv);

	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
}

static void an_exit_code_and_what_was_said(void **state)
{
	struct world *w = *state;

	run(w, "echo one; echo two >&2; exit 75");
	assert_int_equal(w->r.exit_code, 75);
	assert_true(is_absent(w->r.signal));
	assert_true(is_absent(w->r.pid));
	assert_false(w->r.is_over);
	assert_false(w->r.is_held);
	assert_string_equal(w->r.output, "one\ntwo");
	run(w, "exit 0");
	assert_int_equal(w->r.exit_code, 0);
	assert_string_equal(w->r.output, "");
}

static void a_signal_is_no_exit_code(void **state)
{
	struct world *w = *state;

	run(w, "kill -SEGV $$");
	assert_true(is_absent(w->r.exit_code));
	assert_int_equal(w->r.signal, SIGSEGV);
	assert_false(w->r.is_over);
}

static void it_gets_the_exact_bytes(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"cksum", NULL};
	struct exec e = of(argv);
	size_t len = 3 << 20;
	char *bytes = xmalloc(len);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)(i * 31 % 251);
	e.input = bytes;
	e.len = len;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_non_null(strstr(w->r.output, " 3145728"));
	/* one that does not read is not waited for */
	run(w, "exec 0<&-; exit 3");
	assert_int_equal(w->r.exit_code, 3);
	e.argv = (const char *const[]){"true", NULL};
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_int_equal(w->r.exit_code, 0);
	free(bytes);
}

static void its_environment_is_what_is_documented(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"env", NULL};
	const struct config_pair env[] = {
		{"SPARKOPS_JOB", "x"}, {"TZ", "UTC"}, {"SPARKOPS_JOB", "a b"}};
	struct exec e = of(argv);

	setenv("SPARKOPS_TEST_SECRET", "canary", 1);
	setenv("PATH", "/usr/bin:/bin", 1);
	setenv("HOME", "/root", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("TZ", "Europe/Vienna", 1);
	e.env = env;
	e.nenv = ARRAY_LEN(env);
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	unsetenv("SPARKOPS_TEST_SECRET");
	unsetenv("TZ");
	assert_string_equal(w->r.output, "PATH=/usr/bin:/bin\nHOME=/root\nLANG=C.UTF-8\nTZ=UTC\n"
					 "SPARKOPS_JOB=a b");
}

static void nothing_of_ours_is_inherited(void **state)
{
	struct world *w = *state;
	int fds[64];
	sigset_t block, before;

	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = open("/dev/null", O_RDONLY); /* not even close-on-exec */
	sigfillset(&block);
	pthread_sigmask(SIG_BLOCK, &block, &before);
	signal(SIGPIPE, SIG_IGN);
	run(w, "ls /proc/self/fd | tr '\\n' ' '; grep -E 'Sig(Blk|Ign)' /proc/self/status | "
	       "grep -oE '.{7}$' | tr '\\n' ' '");
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	/* 3 is the folder that ls itself reads */
	assert_string_equal(w->r.output, "0 1 2 3 0000000 0000000 ");
}

static void it_runs_in_its_own_folder(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {w->file, NULL};
	const char *const relative[] = {"./out", NULL};
	struct exec e = of(argv);
	FILE *f = fopen(w->file, "w");

	fputs("#!/bin/sh\npwd\n", f);
	fclose(f);
	chmod(w->file, 0700);
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_string_equal(w->r.output, w->folder);
	e.cwd = "/usr";
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_string_equal(w->r.output, "/usr");
	e.argv = relative;
	e.cwd = w->folder;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_string_equal(w->r.output, w->folder);
	e.cwd = NULL;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_USAGE);
}

static void what_cannot_be_run_says_why(void **state)
{
	struct world *w = *state;
	const char *const missing[] = {"/no/such/command", NULL};
	const char *const unknown[] = {"no-such-command-here", NULL};
	const char *const folder[] = {w->folder, NULL};
	struct exec e = of(missing);

	e.cwd = "/";
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_IO);
	assert_string_equal(w->err.message,
			    "/no/such/command cannot be run: No such file or directory");
	e.argv = unknown;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_MISSING);
	assert_string_equal(w->err.message,
			    "no-such-command-here is not installed, or not on the PATH");
	e.argv = folder;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_IO);
	assert_non_null(strstr(w->err.message, "Permission denied"));
	e.argv = (const char *const[]){"/bin/true", NULL};
	e.cwd = "/no/such/folder";
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_MISSING);
	assert_string_equal(w->err.message, "its folder /no/such/folder is not there");
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody was left behind */
}

static void the_last_words_are_kept(void **state)
{
	struct world *w = *state;
	size_t len;

	run(w, "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; printf 'e\\033nd'");
	len = strlen(w->r.output);
	assert_true(len <= EXEC_OUTPUT_MAX + 8 && len > EXEC_OUTPUT_MAX - 32);
	assert_memory_equal(w->r.output, "line ", 5); /* a whole one */
	assert_string_equal(w->r.output + len - 18, "line 19999\ne\\x1bnd");
}

static void at_the_deadline_the_whole_group_ends(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"/bin/sh", "-c", "sleep 600 & echo $!; exec sleep 600", NULL};
	struct exec e = of(argv);

	e.timeout_ms = 300;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_true(w->r.is_over);
	assert_int_equal(w->r.signal, SIGTERM);
	assert_true(w->r.took_ms < 4000); /* TERM was enough */
	/* the other one too; init, or a subreaper, may need a moment to reap it */
	for (int i = 0; i < 1000 && kill((pid_t)strtol(w->r.output, NULL, 10), 0) == 0; i++)
		nap();
	assert_int_equal(kill((pid_t)strtol(w->r.output, NULL, 10), 0), -1);
}

static void one_that_ignores_term_is_killed(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"/bin/sh", "-c",
				    "trap '' TERM; echo deaf; while :; do sleep 1; done", NULL};
	struct exec e = of(argv);

	e.timeout_ms = 200;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_true(w->r.is_over);
	assert_int_equal(w->r.signal, SIGKILL);
	assert_string_equal(w->r.output, "deaf");
}

static void a_stopped_one_ends_too(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"/bin/sh", "-c", "kill -STOP $$", NULL};
	struct exec e = of(argv);

	e.timeout_ms = 200;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_true(w->r.is_over);
	assert_int_equal(w->r.signal, SIGTERM);
}

/* A start script that leaves a daemon behind: it is over when the script is, the daemon lives. */
static void what_stays_in_the_background_is_not_waited_for(void **state)
{
	struct world *w = *state;
	pid_t left;

	run(w, "sleep 600 & echo $!");
	assert_int_equal(w->r.exit_code, 0);
	assert_false(w->r.is_over);
	assert_true(w->r.is_held);
	assert_true(w->r.took_ms < 15000);
	left = (pid_t)strtol(w->r.output, NULL, 10);
	assert_int_equal(kill(left, 0), 0);
	kill(left, SIGKILL);
	run(w, "sleep 600 >/dev/null 2>&1 & echo $!");
	assert_false(w->r.is_held);
	left = (pid_t)strtol(w->r.output, NULL, 10);
	assert_int_equal(kill(left, SIGKILL), 0);
}

static void a_cancelled_one_ends(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"sleep", "600", NULL};
	struct exec e = of(argv);

	e.cancel_fd = eventfd(1, EFD_CLOEXEC);
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_true(w->r.is_over);
	assert_int_equal(w->r.signal, SIGTERM);
	close(e.cancel_fd);
}

/* --- beside a loop that has children of its own --- */

static void on_exit_of(uv_process_t *process, int64_t code, int signal)
{
	size_t *n = process->data;

	*n += code == 42 && signal == 0;
	uv_close((uv_handle_t *)process, NULL);
}

static void *run_many(void *data)
{
	struct arena a;
	size_t *n = data;

	arena_init(&a);
	for (int i = 0; i < 20; i++) {
		const char *const argv[] = {"/bin/sh", "-c", "exit 7", NULL};
		struct exec e = of(argv);
		struct exec_result r;
		struct err err;

		*n += exec_run(&e, &a, &r, &err) == 0 && r.exit_code == 7;
	}
	arena_release(&a);
	return NULL;
}

static void each_reaps_its_own(void **state)
{
	char sh[] = "/bin/sh", c[] = "-c", script[] = "exit 42";
	char *argv[] = {sh, c, script, NULL};
	uv_process_options_t options = {.file = sh, .args = argv, .exit_cb = on_exit_of};
	uv_process_t processes[20];
	size_t theirs = 0, ours = 0;
	pthread_t thread;
	uv_loop_t loop;

	(void)state;
	uv_loop_init(&loop);
	assert_int_equal(pthread_create(&thread, NULL, run_many, &ours), 0);
	for (size_t i = 0; i < ARRAY_LEN(processes); i++) {
		processes[i].data = &theirs;
		assert_int_equal(uv_spawn(&loop, &processes[i], &options), 0);
		uv_run(&loop, UV_RUN_NOWAIT);
	}
	uv_run(&loop, UV_RUN_DEFAULT);
	pthread_join(thread, NULL);
	assert_int_equal(uv_loop_close(&loop), 0);
	assert_int_equal(theirs, ARRAY_LEN(processes));
	assert_int_equal(ours, 20);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(an_exit_code_and_what_was_said),
		T(a_signal_is_no_exit_code),
		T(it_gets_the_exact_bytes),
		T(its_environment_is_what_is_documented),
		T(nothing_of_ours_is_inherited),
		T(it_runs_in_its_own_folder),
		T(what_cannot_be_run_says_why),
		T(the_last_words_are_kept),
		T(at_the_deadline_the_whole_group_ends),
		T(one_that_ignores_term_is_killed),
		T(a_stopped_one_ends_too),
		T(what_stays_in_the_background_is_not_waited_for),
		T(a_cancelled_one_ends),
		T(each_reaps_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
