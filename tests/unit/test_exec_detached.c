/* test_exec_detached.c - a command that is the job: it has a session and a file of its own, it is
 * known how it ended, and it outlives who started it. */
#include "exec_stage.h"

#include <sys/prctl.h>

static void wait_for_the_end(int64_t pid, int64_t *code, int64_t *by)
{
	for (int i = 0; i < 2000 && !exec_has_ended(pid, code, by); i++)
		nap();
}

static void read_file(const struct world *w, char out[static 4096])
{
	FILE *f = fopen(w->file, "r");

	assert_non_null(f);
	out[fread(out, 1, 4095, f)] = '\0';
	fclose(f);
}

static void a_detached_one_appends_to_its_file(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {
		"/bin/sh", "-c",
		"echo out; echo err >&2; ps -o pid=,pgid=,sid= -p $$ | tr -s ' '; "
		"readlink /proc/self/fd/0; exit 9",
		NULL};
	struct exec e = of(argv);
	int64_t code, by;
	char said[4096], want[4096];
	struct stat st;

	e.output = w->file;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
		assert_true(w->r.pid > 1);
		wait_for_the_end(w->r.pid, &code, &by);
		assert_true(exec_has_ended(w->r.pid, &code, &by)); /* may be asked again */
		assert_int_equal(code, 9);
		assert_true(is_absent(by));
		exec_leave(w->r.pid);
	}
	stat(w->file, &st);
	assert_int_equal(st.st_mode & 0777, 0600);
	read_file(w, said);
	assert_int_equal(strncmp(said, "out\nerr\n", 8), 0);
	assert_non_null(strstr(said + 1, "out\nerr\n")); /* both times */
	assert_non_null(strstr(said, "\n/dev/null\n"));
	/* a session and a group of its own */
	snprintf(want, sizeof(want), "%lld %lld %lld\n", (long long)w->r.pid, (long long)w->r.pid,
		 (long long)w->r.pid);
	assert_non_null(strstr(said, want));
}

static void a_running_one_has_not_ended(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"sleep", "600", NULL};
	struct exec e = of(argv);
	int64_t code, by;

	e.output = w->file;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), 0);
	assert_false(exec_has_ended(w->r.pid, &code, &by));
	exec_leave(w->r.pid); /* and it is reaped when it ends, without anybody asking */
	kill((pid_t)w->r.pid, SIGTERM);
	for (int i = 0; i < 2000 && kill((pid_t)w->r.pid, 0) == 0; i++)
		nap();
	assert_int_equal(kill((pid_t)w->r.pid, 0), -1);
}

static void a_pipe_is_no_file_for_output(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"true", NULL};
	struct exec e = of(argv);
	int reader;

	assert_int_equal(mkfifo(w->file, 0600), 0);
	e.output = w->file;
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_IO);
	reader = open(w->file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	assert_int_equal(exec_run(&e, &w->arena, &w->r, &w->err), -ERR_REFUSED);
	close(reader);
	e.output = w->folder;
	assert_true(exec_run(&e, &w->arena, &w->r, &w->err) < 0);
}

/* The one who started it is killed, and so is its terminal's session. */
static void it_outlives_who_started_it(void **state)
{
	struct world *w = *state;
	const char *const argv[] = {"/bin/sh", "-c", "while :; do echo alive; sleep 0.05; done",
				    NULL};
	struct exec e = of(argv);
	char said[4096];
	int told[2];
	int64_t pid = 0;
	pid_t starter;
	size_t before;

	assert_int_equal(pipe(told), 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	starter = fork();
	if (starter == 0) {
		setsid();
		e.output = w->file;
		if (exec_run(&e, &w->arena, &w->r, &w->err) ||
		    write(told[1], &w->r.pid, sizeof(w->r.pid)) < 0)
			_exit(1);
		pause();
		_exit(1);
	}
	assert_int_equal(read(told[0], &pid, sizeof(pid)), sizeof(pid));
	kill(-starter, SIGHUP);
	kill(starter, SIGKILL);
	assert_int_equal(waitpid(starter, NULL, 0), starter);
	read_file(w, said);
	before = strlen(said);
	for (int i = 0; i < 1000 && strlen(said) <= before; i++) {
		nap();
		read_file(w, said);
	}
	assert_true(strlen(said) > before);
	assert_int_equal(kill((pid_t)pid, SIGKILL), 0);
	assert_int_equal(waitpid((pid_t)pid, NULL, 0), pid);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	close(told[0]);
	close(told[1]);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_detached_one_appends_to_its_file),
		T(a_running_one_has_not_ended),
		T(a_pipe_is_no_file_for_output),
		T(it_outlives_who_started_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
