/* Who may be ended: of all that is called java and of all that runs Spark, only what is our own
 * user's, of our own namespace, and still what was shown. With real processes: stand-in JVMs, and
 * others that only look like one. */
#include "victim_stage.h"

#include <errno.h>
#include <sched.h>

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

/* --- who starts it again --- */

/* A control group of that name, in the first hierarchy that lets us; false: none does. */
static bool make_group(const char *name, char path[static 160])
{
	static const char *const roots[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/systemd",
					    "/sys/fs/cgroup/pids"};

	for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
		snprintf(path, 160, "%s/%s", roots[i], name);
		if (mkdir(path, 0755) < 0)
			continue;
		strncat(path, "/cgroup.procs", 14);
		bool is_one = access(path, W_OK) == 0;
		path[strlen(path) - 13] = '\0';
		if (is_one)
			return true;
		rmdir(path);
	}
	return false;
}

static bool put_into(const char *group, pid_t pid)
{
	char path[200];
	FILE *f;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	f = fopen(path, "we");
	return f && fprintf(f, "%d", pid) > 0 && fclose(f) == 0;
}

static void its_manager_is_named(void **state)
{
	char name[64], group[160], instead[128];
	struct animal a;
	struct victim v;

	(void)state;
	snprintf(name, sizeof(name), "sparkops-test-%d.service", getpid());
	zoo_driver(&a);
	if (!make_group(name, group)) {
		print_message("not permitted: no control group can be made\n");
	} else if (!put_into(group, a.pid)) {
		print_message("not permitted: no process can be moved\n");
	} else {
		take(&v, a.id);
		assert_true(v.is_managed);
		expect(v.owner, "systemd unit sparkops-test-");
		snprintf(instead, sizeof(instead), "`systemctl restart %s`", name);
		assert_string_equal(v.instead, instead);
		victim_release(&v);
	}
	zoo_end(&a);
	for (int i = 0; rmdir(group) < 0 && errno == EBUSY && i < 200; i++)
		poll(NULL, 0, 10);
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

/* One Python with two JVMs: it is not ended while the other lives. */
static void a_python_with_another_jvm(void **state)
{
	static const char code[] =
		"import os, subprocess, sys  # pyspark\n"
		"def start(fd):\n"
		"    subprocess.Popen(['java', '-cp', 'x', '" SUBMIT
		"', '--conf', 'spark.ui.port=0',"
		" 'pyspark-shell'], executable=sys.argv[1], pass_fds=fd, env={**os.environ,"
		" **({} if fd else {'WORLD_READY': ''})}, stdin=subprocess.PIPE)\n"
		"start(())\n"
		"start((int(os.environ['WORLD_READY']),))\n"
		"sys.stdin.read()\n";
	char java[96], python[48];
	const char *argv[] = {"python3", "-c", code, java, NULL};
	struct animal a;

	(void)state;
	snprintf(java, sizeof(java), "%s/java", zoo_folder);
	zoo_start(&a, &(struct birth){.program = "/usr/bin/python3", .argv = argv});
	zoo_id(a.pid, python);
	(void)act_look(&stage);
	zoo_tell(a.java, "die 52");
	zoo_await(a.java, 'Z');
	stage.is_frozen = false;
	refuses(python, "another JVM (");
	assert_true(zoo_lives(a.pid));
	const struct rowset *set = dataset_rows(stage.now.jvms, &schema_jvm);
	for (size_t i = 0; i < set->n; i++) {
		const struct jvm_row *row = set->rows[i];
		if (row->ppid == a.pid && row->pid != a.java)
			kill((pid_t)row->pid, SIGKILL);
	}
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

static pid_t namesakes[2];

static void name_two(struct jvm_row *row)
{
	row->app_name =
		row->pid == namesakes[0] || row->pid == namesakes[1] ? TEXT("of two") : NULL;
}

/* Two that have but the name of a job are neither's, and both are named. */
static void two_that_have_but_the_name(void **state)
{
	static const char yaml[] = "discover: false\njobs:\n"
				   "  - {name: either, match: {app_name: of two}}\n";
	struct animal a, b;
	struct buf mistakes;
	struct err err = {0};
	char pid[24];

	(void)state;
	buf_init(&mistakes, 4096);
	assert_int_equal(config_parse("test", yaml, strlen(yaml), &stage.cfg, &mistakes), 0);
	buf_release(&mistakes);
	stage.request.job = "either";
	stage.dress = name_two;
	zoo_driver(&a);
	namesakes[0] = a.pid;
	assert_int_equal(victim_is_clear(&stage, &err), 0);
	zoo_driver(&b);
	namesakes[1] = b.pid;
	assert_int_equal(victim_is_clear(&stage, &err), -ERR_REFUSED);
	expect(err.message, "2 JVMs have what `match` of either names");
	snprintf(pid, sizeof(pid), "java %d", a.pid);
	expect(err.message, pid);
	snprintf(pid, sizeof(pid), "java %d", b.pid);
	expect(err.message, pid);
	expect(err.message, "`ui:` or `health:`");
	zoo_end(&b);
	zoo_end(&a);
	config_unref(stage.cfg);
	stage.cfg = NULL;
	stage.dress = NULL;
}

int main(void)
{
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
		TEST(its_manager_is_named),
		TEST(a_python_with_another_jvm),
		TEST(the_python_of_a_dead_jvm),
		TEST(the_python_waits_for_its_jvm),
		TEST(two_that_have_but_the_name),
	};

	return cmocka_run_group_tests(tests, zoo_open, zoo_close);
}
