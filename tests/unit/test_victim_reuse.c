/* The wrong victim: the process that was shown ends, and another one gets its number, between every
 * two steps from the look at it to the last signal. Inside a PID namespace numbers can be given by
 * hand (ns_last_pid), so each round forces it. Nobody but the one that was shown is signalled.
 *
 * The program runs itself under the name java, with a libjvm.so in its maps; victims and those that
 * take their numbers are forks of it with other arguments, or, every third round, the very same:
 * then nothing but the pidfd tells them apart. */
#include "act_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../../backend/action/victim.h"

#define SUBMIT "org.apache.spark.deploy.SparkSubmit"

enum { ROUNDS = 1000, NOT_PERMITTED = 77, STEPS_MAX = 64 };

/* --- a forked JVM, which answers as long as it lives --- */

struct jvm {
	pid_t pid;
	int ask, answer; /* its ends of two pipes */
};

static char *own_name; /* the last argument, in the memory that /proc shows */

static void be_jvm(int in, int out)
{
	char c;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(in, &c, 1) == 1)
		(void)!write(out, &c, 1);
	_exit(0);
}

/* obeys: SIGTERM ends it; otherwise it would stay pending, to be seen. */
static void jvm_start(struct jvm *j, const char *name, bool obeys)
{
	int in[2], out[2];
	sigset_t term;

	if (pipe(in) < 0 || pipe(out) < 0)
		_exit(20);
	j->pid = fork();
	if (j->pid == 0) {
		sigemptyset(&term);
		sigaddset(&term, SIGTERM);
		sigprocmask(obeys ? SIG_UNBLOCK : SIG_BLOCK, &term, NULL);
		memcpy(own_name, name, strlen(name));
		close(in[1]);
		close(out[0]);
		(void)!write(out[1], "+", 1);
		be_jvm(in[0], out[1]);
	}
	close(in[0]);
	close(out[1]);
	j->ask = in[1];
	j->answer = out[0];
	char c;
	if (read(j->answer, &c, 1) != 1)
		_exit(21);
}

static void jvm_end(struct jvm *j)
{
	if (j->pid <= 0)
		return;
	kill(j->pid, SIGKILL);
	waitpid(j->pid, NULL, 0);
	close(j->ask);
	close(j->answer);
	j->pid = 0;
}

/* Alive, answering, and no signal waits for it. */
static bool is_untouched(const struct jvm *j)
{
	char path[64], line[256], c = 0;
	unsigned long long pending = 0, more = 0;
	FILE *f;

	if (write(j->ask, "?", 1) != 1 || read(j->answer, &c, 1) != 1)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/status", j->pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f)) {
		sscanf(line, "SigPnd: %llx", &more);
		pending |= more;
		sscanf(line, "ShdPnd: %llx", &more);
		pending |= more;
	}
	fclose(f);
	return !pending;
}

/* --- the swap --- */

static struct jvm shown, other;
static const char *other_name;
static int64_t round_number, step, swap_at, nsteps; /* step of this round; of a round without */
static const char *step_names[STEPS_MAX];
static bool want_kill;

static void give_number(pid_t pid)
{
	FILE *f = fopen("/proc/sys/kernel/ns_last_pid", "we");

	if (!f || fprintf(f, "%d", pid - 1) < 0 || fclose(f) != 0)
		_exit(NOT_PERMITTED);
}

static void swap(void)
{
	pid_t pid = shown.pid;

	jvm_end(&shown);
	give_number(pid);
	jvm_start(&other, other_name, false);
	if (other.pid != pid)
		_exit(22);
}

static void at_step(const char *name)
{
	if (step < STEPS_MAX)
		step_names[step] = name;
	if (step++ == swap_at && shown.pid > 0)
		swap();
}

/* --- one round --- */

static struct act stage;

static void act_on(const char *id)
{
	struct err err = {0};
	struct victim v;

	at_step("before");
	if (victim_capture(&stage, id, &v, &err) == 0 && victim_dump(&stage, &v) == 0 &&
	    victim_end(&stage, &v, want_kill ? 0 : ABSENT) == ACTION_STATE_DONE)
		(void)!victim_prove(&stage, &v);
	at_step("after");
	victim_release(&v);
}

/* false: a process that was not shown was touched. */
static bool play(int64_t at)
{
	char id[64], says[160];
	bool is_well;

	step = 0;
	swap_at = at;
	other_name = round_number % 3 ? "other" : "shown";
	want_kill = round_number % 2;
	stage.steps[0] = stage.outcome[0] = '\0';
	stage.answer = ANSWER_NO;
	jvm_start(&shown, "shown", !want_kill);
	/* Whoever has the number, the start and the command line of a row is who it shows. A row
	 * of a look within the tick that its process began in could be of two. */
	if (at == 0 && round_number % 3 == 0)
		poll(NULL, 0, 25);
	stage.is_frozen = false;
	(void)act_look(&stage);
	stage.is_frozen = true; /* what is seen is what was there before */
	snprintf(id, sizeof(id), "%d@", shown.pid);
	const struct rowset *set = dataset_rows(stage.now.jvms, &schema_jvm);
	for (size_t i = 0; i < set->n; i++) {
		const struct jvm_row *row = set->rows[i];
		if (strncmp(text_str(row->id), id, strlen(id)) == 0)
			snprintf(id, sizeof(id), "%s", text_str(row->id));
	}
	act_on(id);
	is_well = other.pid <= 0 || is_untouched(&other);
	if (!is_well) {
		snprintf(says, sizeof(says), "round %" PRId64 ", swapped at step %" PRId64 " (%s)",
			 round_number, at, at < STEPS_MAX && step_names[at] ? step_names[at] : "");
		fprintf(stderr, "wrong victim: %s\n%s%s\n", says, stage.steps, stage.outcome);
	}
	jvm_end(&shown);
	jvm_end(&other);
	return is_well;
}

/* Process 1 of a namespace: the console. How many wrong victims there were goes
 * through the pipe. */
static void be_console(int out)
{
	int64_t wrong = 0, ended = 0, swapped = 0;

	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("proc", "/proc", "proc", 0, NULL) < 0)
		_exit(NOT_PERMITTED);
	stage_open(&stage);
	stage_speed = 5000;
	stage_at = at_step;
	for (int i = 0; i < 2; i++, round_number++) { /* without a swap: both ways do end it */
		ended += play(INT64_MAX) && strstr(stage.steps, i ? "SIGKILL" : "SIGTERM");
		nsteps = max_i64(nsteps, step);
	}
	for (; round_number < ROUNDS; round_number++) {
		wrong += !play(round_number % nsteps);
		swapped += step > swap_at;
	}
	stage_close(&stage);
	dprintf(out, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64, nsteps, ended, swapped, wrong);
	_exit(0);
}

/* --- the stage --- */

static void map_ids(uid_t uid)
{
	FILE *f = fopen("/proc/self/setgroups", "we");

	if (f && (fputs("deny", f) < 0 || fclose(f) != 0))
		_exit(NOT_PERMITTED);
	f = fopen("/proc/self/uid_map", "we");
	if (!f || fprintf(f, "0 %d 1", (int)uid) < 0 || fclose(f) != 0)
		_exit(NOT_PERMITTED);
}

static void enter(int out)
{
	uid_t uid = getuid();
	int status;
	pid_t console;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (geteuid() != 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			_exit(NOT_PERMITTED);
		map_ids(uid);
	}
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0)
		_exit(NOT_PERMITTED);
	console = fork();
	if (console == 0)
		be_console(out);
	if (waitpid(console, &status, 0) != console)
		_exit(23);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void nobody_else_is_ever_signalled(void **state)
{
	long long steps = 0, ended = 0, swapped = 0, wrong = -1;
	char said[128] = "";
	int out[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(out), 0);
	child = fork();
	if (child == 0)
		enter(out[1]);
	close(out[1]);
	(void)!read(out[0], said, sizeof(said) - 1);
	close(out[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_PERMITTED) {
		print_message("not permitted here: no PID namespace whose numbers can be given\n");
		return;
	}
	if (sscanf(said, "%lld %lld %lld %lld", &steps, &ended, &swapped, &wrong) != 4)
		fail_msg("the console ended with status %x", (unsigned)status);
	print_message("%d rounds, a swap at each of %lld steps: %lld swapped, %lld wrong victims\n",
		      ROUNDS, steps, swapped, wrong);
	assert_int_equal(ended, 2);
	assert_true(steps >= 10);
	assert_true(swapped > ROUNDS / 2);
	assert_int_equal(wrong, 0);
}

/* --- under the name java --- */

static char folder[64], java[96], library[96];

static void copy_file(const char *from, const char *to)
{
	static char piece[1 << 16];
	int in = open(from, O_RDONLY | O_CLOEXEC),
	    out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n;

	while (in >= 0 && out >= 0 && (n = read(in, piece, sizeof(piece))) > 0)
		if (write(out, piece, (size_t)n) != n)
			_exit(24);
	close(in);
	close(out);
}

static int become_java(void)
{
	char option[112];
	const char *argv[] = {java, option, "-Dx", SUBMIT, "--name", "shell", NULL};
	int status = 0, fd;
	pid_t child;

	snprintf(folder, sizeof(folder), "/tmp/test_reuse.XXXXXX");
	if (!mkdtemp(folder))
		return 1;
	snprintf(java, sizeof(java), "%s/java", folder);
	snprintf(library, sizeof(library), "%s/libjvm.so", folder);
	snprintf(option, sizeof(option), "-Dlibrary=%s", library);
	copy_file("/proc/self/exe", java);
	fd = open(library, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, 4096) < 0 || close(fd) < 0)
		return 1;
	child = fork();
	if (child == 0) {
		execv(java, (char *const *)(uintptr_t)argv);
		_exit(25);
	}
	waitpid(child, &status, 0);
	unlink(java);
	unlink(library);
	rmdir(folder);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_else_is_ever_signalled),
	};
	int fd;

	if (argc < 6)
		return become_java();
	own_name = argv[5];
	fd = open(strchr(argv[1], '=') + 1, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return 1;
	close(fd);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
