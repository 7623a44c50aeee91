/* Ending a process: who is taken, who is refused and why, what is sent, and what proves the end.
 * With real processes: stand-in JVMs, and others that only look like one. */
#include "act_stage.h"
#include "jvm_zoo.h"

#include <sys/ptrace.h>
#include <sched.h>

#include "../../backend/action/victim.h"

static struct act stage;

static int open_stage(void **state)
{
	(void)state;
	stage_open(&stage);
	return 0;
}

static int close_stage(void **state)
{
	(void)state;
	stage_at = NULL;
	stage_speed = 10;
	stage_close(&stage);
	return 0;
}

static void expect(const char *text, const char *has)
{
	if (!strstr(text, has))
		fail_msg("\"%s\" does not say \"%s\"", text, has);
}

static void take(struct victim *v, const char *id)
{
	struct err err = {0};

	(void)act_look(&stage);
	if (victim_capture(&stage, id, v, &err) < 0)
		fail_msg("%s: %s", id, err.message);
}

static void refuses(const char *id, const char *says)
{
	struct err err = {0};
	struct victim v;

	(void)act_look(&stage);
	assert_true(victim_capture(&stage, id, &v, &err) < 0);
	victim_release(&v);
	expect(err.message, says);
}

/* --- who is refused --- */

static void names_that_are_none(void **state)
{
	(void)state;
	refuses("", "names no process");
	refuses("4711", "PID@START is wanted");
	refuses("-3@1", "names no process");
	refuses("99999999999@1", "names no process");
	refuses("12@34x", "names no process");
	refuses("1@0", "never signals it");
}

static void ourselves_and_who_we_run_below(void **state)
{
	char id[48];

	(void)state;
	zoo_id(getpid(), id);
	refuses(id, "sparkops itself runs below process");
	zoo_id(getppid(), id);
	refuses(id, getppid() == 1 ? "never signals it" : "sparkops itself runs below process");
}

static void another_main_class(void **state)
{
	static const char *const argv[] = {
		"java",        "-Xmx256m",          "-cp", "/opt/kafka/libs/*:/opt/" SUBMIT ".jar",
		"kafka.Kafka", "server.properties", NULL};
	struct animal kafka;

	(void)state;
	zoo_start(&kafka, &(struct birth){.argv = argv});
	refuses(kafka.id, "none of Spark's");
	assert_true(zoo_lives(kafka.pid));
	zoo_end(&kafka);
}

static void what_is_no_jvm(void **state)
{
	static const char *const argv[] = {"java", "-f", "/dev/null", SUBMIT, NULL};
	struct animal seeming;

	(void)state;
	zoo_start(&seeming,
		  &(struct birth){.program = "/usr/bin/tail", .argv = argv, .is_silent = true});
	refuses(seeming.id, "is no JVM");
	zoo_end(&seeming);
}

static void another_began_under_its_number(void **state)
{
	struct animal a;
	char id[64];

	(void)state;
	zoo_driver(&a);
	snprintf(id, sizeof(id), "%d@%" PRId64, a.pid, zoo_stat(a.pid).start_ticks - 1);
	refuses(id, "another one has its number");
	zoo_end(&a);
	refuses(a.id, "has ended");
}

static void one_that_is_not_seen(void **state)
{
	struct animal a;
	struct victim v;
	struct err err;

	(void)state;
	stage.is_frozen = true;
	zoo_driver(&a);
	assert_true(victim_capture(&stage, a.id, &v, &err) < 0);
	expect(err.message, "not among the JVMs that sparkops sees");
	victim_release(&v);
	zoo_end(&a);
}

/* The number was given to another JVM within the same tick of the clock: its command line tells. */
static void change_command(struct jvm_row *row)
{
	row->command = TEXT("java org.apache.spark.deploy.SparkSubmit other.jar");
}

static void another_command_line_than_the_rows(void **state)
{
	struct animal a;

	(void)state;
	zoo_driver(&a);
	stage.dress = change_command;
	refuses(a.id, "another one has its number");
	zoo_end(&a);
}

static void of_another_user(void **state)
{
	static const char *const tail[] = {"tail", "-f", "/dev/null", NULL};
	struct animal a;

	(void)state;
	if (geteuid() != 0) {
		print_message("not root: no JVM of another user\n");
		return;
	}
	zoo_start(&a, &(struct birth){.real = 65534, .effective = 65534, .saved = 65534});
	refuses(a.id, "belongs to nobody");
	refuses(a.id, "`sudo -u nobody sparkops kill --pid");
	zoo_end(&a);
	zoo_start(&a, &(struct birth){.program = "/usr/bin/tail",
				      .argv = tail,
				      .real = 65534,
				      .is_silent = true});
	refuses(a.id, "has changed its user");
	zoo_end(&a);
}

static void of_another_pid_namespace(void **state)
{
	struct animal a;
	int ready[2];

	(void)state;
	assert_int_equal(pipe(ready), 0);
	a.pid = fork();
	if (a.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (unshare(CLONE_NEWPID) < 0)
			_exit(9);
		if (fork() == 0)
			zoo_child(&(struct birth){0}, ready[1]);
		close(ready[1]);
		wait(NULL);
		_exit(0);
	}
	close(ready[1]);
	FILE *in = fdopen(ready[0], "re");
	char line[128];
	if (!fgets(line, sizeof(line), in)) {
		print_message("not permitted: no PID namespace\n");
		fclose(in);
		waitpid(a.pid, NULL, 0);
		return;
	}
	fclose(in);
	snprintf(line, sizeof(line), "/proc/%d/task/%d/children", a.pid, a.pid);
	in = fopen(line, "re");
	assert_int_equal(fscanf(in, "%" SCNd64, &a.java), 1);
	fclose(in);
	zoo_id(a.java, a.id);
	refuses(a.id, "another PID namespace");
	refuses(a.id, "(number 1 there)");
	zoo_end(&a);
}

static void a_child_that_only_forked(void **state)
{
	struct animal a;
	char path[64], id[48];
	long long twin = 0;
	FILE *in;

	(void)state;
	zoo_driver(&a);
	zoo_tell(a.pid, "twin 30");
	for (int i = 0; i < 400 && !twin; i++) { /* of one of its threads */
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", a.pid, a.pid + i);
		in = fopen(path, "re");
		if (in && fscanf(in, "%lld", &twin) != 1)
			twin = 0;
		if (in)
			fclose(in);
	}
	assert_true(twin > 0);
	zoo_id(twin, id);
	refuses(id, "forked for a moment");
	kill((pid_t)twin, SIGKILL);
	zoo_end(&a);
}

/* --- still the same --- */

static void one_that_became_another_program(void **state)
{
	struct animal a;
	struct victim v;
	struct err err = {0};

	(void)state;
	zoo_driver(&a);
	take(&v, a.id);
	assert_int_equal(victim_verify(&v, &err), 0);
	zoo_tell(a.pid, "become /bin/cat");
	for (int i = 0; victim_verify(&v, &err) == 0 && i < 1000; i++)
		poll(NULL, 0, 5);
	expect(err.message, "another program or command line");
	assert_int_equal(victim_end(&stage, &v, 0), ACTION_STATE_REFUSED);
	assert_true(zoo_lives(a.pid));
	victim_release(&v);
	zoo_end(&a);
}

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

/* --- the Python of a dead one --- */

static void the_python_of_a_dead_jvm(void **state)
{
	struct animal a;
	struct victim v;
	struct err err;
	char python[48];

	(void)state;
	zoo_pair(&a);
	zoo_id(a.pid, python);
	(void)act_look(&stage);
	refuses(python, "lives: that one is ended first");
	zoo_tell(a.java, "die 52");
	zoo_await(a.java, 'Z');
	refuses(a.id, "is dead already: a zombie");
	take(&v, python);
	assert_int_equal(v.kind, VICTIM_PARENT);
	assert_int_equal(victim_verify(&v, &err), 0);
	assert_int_equal(victim_end(&stage, &v, ABSENT), ACTION_STATE_DONE);
	expect(stage.steps, "SIGTERM to python");
	assert_int_equal(victim_prove(&stage, &v), ACTION_STATE_DONE);
	victim_release(&v);
	zoo_end(&a);
}

/* Held before its JVM ends, signalled only after. */
static void the_python_waits_for_its_jvm(void **state)
{
	struct victim jvm, python;
	struct animal a;
	struct err err;

	(void)state;
	zoo_pair(&a);
	take(&jvm, a.id);
	assert_int_equal(victim_capture_parent(&stage, &jvm, &python, &err), 0);
	assert_true(victim_verify(&python, &err) < 0);
	expect(err.message, "that one is ended first");
	assert_int_equal(victim_end(&stage, &python, 0), ACTION_STATE_REFUSED);
	assert_true(zoo_lives(a.pid));
	assert_int_equal(victim_end(&stage, &jvm, ABSENT), ACTION_STATE_DONE);
	assert_int_equal(victim_end(&stage, &python, 0), ACTION_STATE_DONE);
	assert_int_equal(victim_prove(&stage, &python), ACTION_STATE_DONE);
	victim_release(&jvm);
	victim_release(&python);
	zoo_end(&a);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
	const struct CMUnitTest tests[] = {
		TEST(names_that_are_none),
		TEST(ourselves_and_who_we_run_below),
		TEST(another_main_class),
		TEST(what_is_no_jvm),
		TEST(another_began_under_its_number),
		TEST(one_that_is_not_seen),
		TEST(another_command_line_than_the_rows),
		TEST(of_another_user),
		TEST(of_another_pid_namespace),
		TEST(a_child_that_only_forked),
		TEST(one_that_became_another_program),
		TEST(by_sigterm_with_a_dump_and_a_proof),
		TEST(only_sigkill_ends_it_and_a_person_decides),
		TEST(sigkill_as_the_plan_said),
		TEST(the_question_ends_with_the_process),
		TEST(a_stopped_one_gets_sigcont_behind_it),
		TEST(one_that_a_debugger_holds),
		TEST(nothing_is_sent_that_is_not_written),
		TEST(cancelled_in_between),
		TEST(somebody_else_holds_its_sockets),
		TEST(somebody_started_it_again),
		TEST(the_python_of_a_dead_jvm),
		TEST(the_python_waits_for_its_jvm),
	};

	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}
