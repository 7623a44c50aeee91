/* How a process is ended: what is sent to it, who decides, and what proves the end. With stand-in
 * JVMs that obey, do not, are stopped, traced, or come back. */
#include "victim_stage.h"

#include <sys/mman.h>
#include <sys/ptrace.h>

#include "../../backend/jvm/hold.h"

/* --- how it ends --- */

static void by_sigterm_with_a_dump_and_a_proof(void **state)
{
	char path[600] = "", line[256] = "", ports[64];
	struct animal a;
	struct victim v;
	struct stat st;

	(void)state;
	zoo_driver(&a);
	take(&v, a.id);
	assert_int_equal(victim_dump(&stage, &v), 0);
	expect(stage.steps, "dump: thread dump saved in dumps/");
	sscanf(strstr(stage.steps, "dumps/"), "%200s", line);
	snprintf(path, sizeof(path), "%s/%s", stage.state_dir, line);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	FILE *in = fopen(path, "re");
	size_t n = fread(line, 1, sizeof(line) - 1, in);
	line[n] = '\0';
	fclose(in);
	expect(line, "Full thread dump");
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	expect(stage.steps, "term: SIGTERM to java");
	assert_int_equal(victim_prove(&stage, &v), ACTION_STATE_DONE);
	snprintf(ports, sizeof(ports), ":%" PRId64, a.ui);
	expect(stage.proof, ports);
	expect(stage.proof, "a zombie (exit code 143) until test_victim");
	expect(stage.proof, "free, nothing came back");
	waitpid(a.pid, NULL, WNOHANG);
	assert_int_equal(victim_prove(&stage, &v), ACTION_STATE_DONE);
	expect(stage.proof, "process gone, ");
	victim_release(&v);
}

static void stubborn(struct animal *a, struct victim *v)
{
	stage_speed = 100;
	zoo_driver(a);
	zoo_tell(a->pid, "hang");
	take(v, a->id);
}

static void only_sigkill_ends_it_and_a_person_decides(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	stubborn(&a, &v);
	stage.answer = ANSWER_NO;
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_FAILED);
	expect(stage.outcome, "lives 30 s after SIGTERM; SIGKILL was not allowed");
	assert_null(strstr(stage.steps, "SIGKILL"));
	assert_true(zoo_lives(a.pid));
	stage.answer = ANSWER_YES;
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	expect(stage.asked, "Send SIGKILL?");
	expect(stage.steps, "kill: SIGKILL to java");
	assert_false(zoo_lives(a.pid));
	victim_release(&v);
	zoo_end(&a);
}

static void sigkill_as_the_plan_said(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	stubborn(&a, &v);
	assert_int_equal(victim_end(&stage, &v, 1000), ACTION_STATE_DONE);
	assert_string_equal(stage.asked, "");
	expect(stage.steps, "kill: SIGKILL to java");
	assert_int_equal(victim_prove(&stage, &v), ACTION_STATE_DONE);
	expect(stage.proof, "exit code 137");
	victim_release(&v);
	zoo_end(&a);
}

/* It ends while the person thinks. */
static void the_question_ends_with_the_process(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	stubborn(&a, &v);
	stage.answer = ANSWER_NEVER;
	pid_t helper = fork();
	if (helper == 0) {
		poll(NULL, 0, 600);
		kill(a.pid, SIGKILL);
		_exit(0);
	}
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	expect(stage.asked, "Send SIGKILL?");
	waitpid(helper, NULL, 0);
	victim_release(&v);
	zoo_end(&a);
}

static void a_stopped_one_gets_sigcont_behind_it(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	zoo_driver(&a);
	kill(a.pid, SIGSTOP);
	zoo_await(a.pid, 'T');
	take(&v, a.id);
	assert_int_equal(victim_dump(&stage, &v), 0);
	expect(stage.steps, "no thread dump: java");
	expect(stage.steps, "is stopped");
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	expect(stage.steps, "and SIGCONT: it is stopped");
	assert_null(strstr(stage.steps, "SIGKILL"));
	victim_release(&v);
	zoo_end(&a);
}

static void one_that_a_debugger_holds(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	zoo_driver(&a);
	if (ptrace(PTRACE_SEIZE, a.pid, NULL, NULL) < 0) {
		print_message("not permitted: no ptrace\n");
		zoo_end(&a);
		return;
	}
	ptrace(PTRACE_INTERRUPT, a.pid, NULL, NULL);
	zoo_await(a.pid, 't');
	take(&v, a.id);
	stage_speed = 100;
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_FAILED);
	expect(stage.outcome, "holds it as a debugger");
	assert_true(zoo_lives(a.pid));
	assert_int_equal(victim_end(&stage, &v, 0), ACTION_STATE_DONE); /* SIGKILL needs nobody */
	victim_release(&v);
	zoo_end(&a);
}

/* --- one that waits in the kernel --- */

static char deep_folder[64], deep_java[96], deep_library[96];

static void on_term(int number)
{
	(void)number;
}

/* This very program under the name java: it waits for a vfork(2) child, which is state D. Like a
 * JVM it handles SIGTERM, which therefore waits, too. */
static int be_deep(const char *library)
{
	int fd = open(library, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		return 1;
	signal(SIGTERM, on_term);
	if (vfork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return 0;
}

static void make_deep(void)
{
	static char piece[1 << 16];
	int in = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	snprintf(deep_folder, sizeof(deep_folder), "/tmp/test_deep.XXXXXX");
	assert_non_null(mkdtemp(deep_folder));
	snprintf(deep_java, sizeof(deep_java), "%s/java", deep_folder);
	snprintf(deep_library, sizeof(deep_library), "%s/libjvm.so", deep_folder);
	out = open(deep_java, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	while ((n = read(in, piece, sizeof(piece))) > 0)
		assert_int_equal(write(out, piece, (size_t)n), n);
	close(in);
	close(out);
	out = open(deep_library, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_int_equal(ftruncate(out, 4096), 0);
	close(out);
}

static void one_that_waits_in_the_kernel(void **state)
{
	char option[128];
	const char *argv[] = {"java", option, SUBMIT, "--name", "deep", "x.jar", NULL};
	struct animal a;
	struct victim v;

	(void)state;
	make_deep();
	snprintf(option, sizeof(option), "-Ddeep=%s", deep_library);
	zoo_start(&a, &(struct birth){
			      .program = deep_java, .argv = argv, .is_silent = true, .state = 'D'});
	/* a program that is being read in is in D for a moment, too */
	while (!hold_is_jvm(a.pid) || zoo_stat(a.pid).state != 'D')
		poll(NULL, 0, 5);
	stage_speed = 100;
	take(&v, a.id);
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_FAILED);
	expect(stage.asked, "waits in the kernel (state D");
	expect(stage.outcome, "a disk or mount that does not answer");
	assert_true(zoo_lives(a.pid));
	victim_release(&v);
	zoo_end(&a);
	stage_empty(deep_folder);
}

static void nothing_is_sent_that_is_not_written(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	zoo_driver(&a);
	take(&v, a.id);
	stage.is_unwritable = true;
	assert_true(victim_dump(&stage, &v) < 0);
	assert_int_equal(victim_end(&stage, &v, 0), ACTION_STATE_FAILED);
	expect(stage.outcome, "could not be written to the audit");
	assert_true(zoo_lives(a.pid));
	victim_release(&v);
	zoo_end(&a);
}

static void cancelled_in_between(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	stubborn(&a, &v);
	stage.is_cancelled = true;
	assert_int_equal(victim_end(&stage, &v, 0), ACTION_STATE_IN_DOUBT);
	stage.is_cancelled = false;
	victim_release(&v);
	zoo_end(&a);
	stubborn(&a, &v);
	stage.is_cancelled = true;
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_CANCELLED);
	expect(stage.outcome, "it may still end by it");
	victim_release(&v);
	zoo_end(&a);
}

/* --- what does not prove it --- */

static void somebody_else_holds_its_sockets(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	zoo_driver(&a);
	zoo_tell(a.pid, "twin 30"); /* has its sockets, and lives on */
	poll(NULL, 0, 50);          /* another tick: it was there before the signal */
	take(&v, a.id);
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	assert_int_equal(victim_prove(&stage, &v), ACTION_STATE_FAILED);
	expect(stage.outcome, "it ended, but :");
	expect(stage.outcome, "is still held by");
	int64_t twin = strtoll(strrchr(stage.outcome, ' '), NULL, 10);
	assert_true(twin > 1 && zoo_stat(twin).pid == twin);
	kill((pid_t)twin, SIGKILL);
	victim_release(&v);
	zoo_end(&a);
}

static struct animal successor;

static void start_again(struct act *a, const char *name)
{
	(void)a;
	(void)name;
	poll(NULL, 0, 50); /* another tick */
	zoo_driver(&successor);
}

static void somebody_started_it_again(void **state)
{
	struct animal a;
	struct victim v;
	char as[64];

	(void)state;
	zoo_driver(&a);
	take(&v, a.id);
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	start_again(NULL, NULL);
	assert_int_equal(victim_prove(&stage, &v), ACTION_STATE_FAILED);
	snprintf(as, sizeof(as), "it came back as %d, by whom is not known", successor.pid);
	expect(stage.outcome, "it came back as");
	expect(stage.outcome, as);
	victim_release(&v);
	zoo_end(&a);
	zoo_end(&successor);
}

/* Another instance of the same program, elsewhere, is nobody who came back. */
static void one_like_it_in_another_folder(void **state)
{
	struct animal a;
	struct victim v;

	(void)state;
	zoo_driver(&a);
	take(&v, a.id);
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	zoo_start(&successor, &(struct birth){.folder = "/"});
	if (victim_prove(&stage, &v) != ACTION_STATE_DONE)
		fail_msg("%s", stage.outcome);
	victim_release(&v);
	zoo_end(&a);
	zoo_end(&successor);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(by_sigterm_with_a_dump_and_a_proof),
		TEST(only_sigkill_ends_it_and_a_person_decides),
		TEST(sigkill_as_the_plan_said),
		TEST(the_question_ends_with_the_process),
		TEST(a_stopped_one_gets_sigcont_behind_it),
		TEST(one_that_a_debugger_holds),
		TEST(one_that_waits_in_the_kernel),
		TEST(nothing_is_sent_that_is_not_written),
		TEST(cancelled_in_between),
		TEST(somebody_else_holds_its_sockets),
		TEST(somebody_started_it_again),
		TEST(one_like_it_in_another_folder),
	};

	if (argc > 1 && strncmp(argv[1], "-Ddeep=", 7) == 0)
		return be_deep(argv[1] + 7);
	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}
