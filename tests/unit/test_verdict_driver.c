/* test_verdict_driver.c - what the process of a driver makes of its job: verdict, evidence, next
 * step. */
#include "verdict_stage.h"

static struct jvm_row jvm, earlier;
static struct jvm_port ports[2] = {{.port = 4040}, {.port = 40417}};
static struct jvm_port python_ports[1] = {{.port = 5001}};
static struct config_job cfg;
static struct config_found found;

/* A job that was found: its Python's health endpoint and its UI answer, its JVM is busy. */
static struct job_facts well(void)
{
	static const struct text *const evidence[] = {TEXT("sign one: 118 s"), TEXT("sign 2")};
	struct job_facts f = facts_well();

	jvm = (struct jvm_row){.pid = 18423,
			       .ppid = 18401,
			       .parent_pid = 18401,
			       .verdict = JVM_IS_BUSY,
			       .exit_code = ABSENT,
			       .started_at = NOW - 45 * MIN,
			       .heap_max_bytes = 512 << 20,
			       .evidence = {2, evidence},
			       .listens = {2, ports},
			       .parent_listens = {1, python_ports}};
	earlier = jvm;
	earlier.pid = 17001;
	found = (struct config_found){.gone_at = ABSENT};
	cfg = (struct config_job){.found = &found};
	f.cfg = &cfg;
	f.jvm = &jvm;
	f.driver_pid = 18423;
	f.python_pid = 18401;
	f.spark.active = 1;
	return f;
}

static void no_endpoints(struct job_facts *f)
{
	f->health = f->ui = (struct probe){.answer = ANSWER_NONE};
	f->says = NULL;
	f->has_app = false;
	f->batches = f->errors = f->last_batch_at = ABSENT;
	f->last_batch_age_s = ABSENT_REAL;
	f->errors_5m.n = f->errors_1h.n = ABSENT;
	f->ready = TRI_ABSENT;
}

static void only_a_jvm(struct job_facts *f)
{
	no_endpoints(f);
}

static void only_a_ui(struct job_facts *f)
{
	struct probe ui = f->ui;

	no_endpoints(f);
	f->ui = ui;
	f->has_app = true;
}

static void seen_once(struct job_facts *f)
{
	no_endpoints(f);
	jvm.verdict = JVM_IS_UNKNOWN;
}

static void ui_refused(struct job_facts *f)
{
	f->ui.answer = ANSWER_REFUSED;
}

static void just_started(struct job_facts *f)
{
	no_endpoints(f);
	f->ui = (struct probe){.answer = ANSWER_REFUSED, .where = "http://127.0.0.1:4040"};
	jvm.started_at = NOW - 12 * S;
}

static void just_started_without_a_port(struct job_facts *f)
{
	no_endpoints(f);
	jvm.started_at = NOW - 12 * S;
}

static void silent_but_alive(struct job_facts *f)
{
	no_endpoints(f);
	f->ui = (struct probe){.answer = ANSWER_SILENT,
			       .where = "http://127.0.0.1:4040",
			       .silent_probes = 5,
			       .silent_ms = 100 * S};
	f->has_app = true;
}

static void silent_for_a_moment(struct job_facts *f)
{
	silent_but_alive(f);
	f->ui.silent_ms = 20 * S;
}

static void stopped(struct job_facts *f)
{
	silent_but_alive(f);
	jvm.verdict = JVM_IS_STOPPED;
}

static void hung_while_python_answers(struct job_facts *f)
{
	f->ui.answer = ANSWER_SILENT;
	f->ui.silent_probes = 9;
	f->ui.silent_ms = 118 * S;
	jvm.verdict = JVM_IS_HUNG;
	jvm.owner = OWNER_SYSTEMD;
	jvm.owner_name = TEXT("migration-api.service");
}

/* All threads stand still meanwhile. */
static void writes_a_heap_dump(struct job_facts *f)
{
	static const struct text *const says[] = {
		TEXT("writes a heap dump /tmp/java_pid18423.hprof: 2.0G so far, 85M a second")};

	f->ui.answer = ANSWER_SILENT;
	f->ui.silent_probes = 9;
	f->ui.silent_ms = 118 * S;
	jvm.evidence.n = 1;
	jvm.evidence.v = says;
	jvm.dump_file = TEXT("/tmp/java_pid18423.hprof");
	jvm.dump_bytes = 2 * (int64_t)(1 << 30);
	jvm.dump_bytes_per_s = 85 << 20;
}

static void only_a_ui_and_a_heap_dump(struct job_facts *f)
{
	silent_but_alive(f);
	writes_a_heap_dump(f);
}

static void thrashing(struct job_facts *f)
{
	(void)f;
	jvm.verdict = JVM_IS_THRASHING;
}

static void stranded(struct job_facts *f)
{
	f->expect_always = true;
	jvm.verdict = JVM_IS_STRANDED;
}

/* `spark-submit JOB.py`, started by another Python */
static void stranded_above_its_python(struct job_facts *f)
{
	static const struct jvm_port child[1] = {{.port = 5002}};

	stranded(f);
	jvm.child_id = TEXT("18500@77");
	jvm.child_listens = (struct jvm_ports){1, child};
}

static void orphan(struct job_facts *f)
{
	no_endpoints(f);
	jvm.verdict = JVM_IS_ORPHAN;
	jvm.parent_pid = ABSENT;
}

static void dead(struct job_facts *f, int64_t code)
{
	ui_refused(f);
	jvm.verdict = JVM_IS_DEAD;
	jvm.exit_code = code;
	jvm.listens.n = 0;
	f->driver_ended_at = NOW - 20 * S;
}

static void dead_52_and_python_retries(struct job_facts *f)
{
	dead(f, 52);
	f->end_sign = "it left with exit code 52: out of memory";
	f->is_out_of_memory = true;
	f->errors_5m.n = f->errors_5m.at_least = f->errors = 12;
	f->says = "unhealthy";
}

/* by hand: nothing says that memory was short */
static void killed_by_hand(struct job_facts *f)
{
	dead(f, 137);
	no_endpoints(f);
	jvm.parent_pid = ABSENT;
	f->end_sign = "it left with exit code 137: killed (SIGKILL), often for lack of memory";
}

static void killed_by_hand_below_its_python(struct job_facts *f)
{
	killed_by_hand(f);
	jvm.parent_pid = 18401;
}

static void killed_by_the_kernel(struct job_facts *f)
{
	killed_by_hand(f);
	f->is_out_of_memory = true;
}

static void dead_0_while_it_worked(struct job_facts *f)
{
	dead(f, 0);
	no_endpoints(f);
	jvm.parent_pid = ABSENT;
	f->end_sign = "it ended while a streaming query was active";
}

static void dead_0(struct job_facts *f)
{
	dead(f, 0);
}

static void dead_0_but_always(struct job_facts *f)
{
	dead(f, 0);
	f->expect_always = true;
}

static void dead_above_its_python(struct job_facts *f)
{
	dead_0_but_always(f);
	jvm.main_class = TEXT("org.apache.spark.deploy.SparkSubmit");
	jvm.script = TEXT("/srv/jobs/etl.py");
}

static void gone(struct job_facts *f)
{
	no_endpoints(f);
	f->ui = (struct probe){.answer = ANSWER_REFUSED, .where = "http://127.0.0.1:4040"};
	f->jvm = NULL;
	f->is_driver_gone = true;
	f->driver_ended_at = NOW - 20 * S;
	f->has_app = true;
}

static void gone_with_a_sign(struct job_facts *f)
{
	gone(f);
	f->end_sign = "its log said before: OutOfMemoryError: Java heap space";
	f->is_out_of_memory = true;
	f->driver_command = "python job.py";
	found.cwd = "/srv/jobs";
}

static void gone_but_always(struct job_facts *f)
{
	gone(f);
	f->expect_always = true;
	found.restart_unit = "alpha.service";
}

static void gone_with_errors_before(struct job_facts *f)
{
	gone(f);
	f->errors_5m.n = f->errors_5m.at_least = 2;
	f->last_batch_age_s = 4000;
	f->last_batch_at = NOW - 4000 * (int64_t)S;
}

static void earlier_lives(struct job_facts *f)
{
	f->earlier = &earlier;
}

/* clang-format off */
static const struct {
	const char *name;
	void (*change)(struct job_facts *f);
	enum verdict verdict;
	const char *says[3], *not, *next;
} table[] = {
	{"jvm", only_a_jvm, VERDICT_HEALTHY, {"java 18423: sign one"}, "UI", NULL},
	{"ui", only_a_ui, VERDICT_HEALTHY, {"UI shows nothing wrong"}, NULL, NULL},
	{"once", seen_once, VERDICT_UNKNOWN, {"java 18423: sign one"}, NULL, NULL},
	{"refused", ui_refused, VERDICT_DEGRADED, {"but its driver does not answer", "nothing listens"}, "is gone",
	 "check that"},
	{"young", just_started, VERDICT_INITIALIZING, {"java 18423 was started 12s ago"}, NULL, NULL},
	{"very young", just_started_without_a_port, VERDICT_INITIALIZING, {"was started 12s ago"}, "UI", NULL},
	{"alive", silent_but_alive, VERDICT_UNKNOWN, {"no answer to 5 probes", "java 18423: sign one"}, NULL, "log in"},
	{"busy", silent_for_a_moment, VERDICT_HEALTHY, {"no answer to 5 probes", "java 18423: sign one"}, NULL, NULL},
	{"stopped", stopped, VERDICT_HUNG, {"JVM 18423 is stopped", "java 18423: sign 2"}, NULL, "kill -CONT 18423"},
	{"hung", hung_while_python_answers, VERDICT_HUNG, {"JVM 18423 is hung"}, "driver is gone",
	 "take a thread dump of java 18423, `systemctl stop migration-api.service`, see :4040 :40417 :5001 free (ss "
	 "-ltn), wait 5 s, `systemctl start migration-api.service`"},
	{"dump", writes_a_heap_dump, VERDICT_DEGRADED,
	 {"its driver's JVM 18423 writes a heap dump and answers nothing meanwhile",
	  "java 18423: writes a heap dump /tmp/java_pid18423.hprof: 2.0G so far, 85M a second", "no answer to 9 probes"},
	 "but its driver does not answer",
	 "wait until java 18423 has written its heap dump /tmp/java_pid18423.hprof (2.0G so far, 85M a second)"},
	{"dump, ui", only_a_ui_and_a_heap_dump, VERDICT_DEGRADED, {"writes a heap dump"}, NULL, "wait until java 18423"},
	{"thrashing", thrashing, VERDICT_DEGRADED, {"only collects garbage", "sign one"}, NULL,
	 "raise spark.driver.memory above 512m"},
	{"orphan", orphan, VERDICT_CRASHED, {"JVM 18423 is orphan", "sign one"}, NULL, "kill 18423 (kill -9 if it stays), see :4040 :40417"},
	{"dead 52", dead_52_and_python_retries, VERDICT_CRASHED,
	 {"JVM 18423 is dead", "exit code 52: out of memory",
	  "python 18401 retries on the dead session: 12 errors in the last 5 minutes"}, NULL,
	 "end python 18401 (kill 18401): java 18423 is dead already and goes with it, see :5001 free (ss "
	 "-ltn), wait 10 s, start it again with spark.driver.memory above 512m"},
	{"killed", killed_by_hand, VERDICT_CRASHED, {"exit code 137"}, NULL,
	 "it was killed (SIGKILL): see who did it (the kernel's log: dmesg), start it again"},
	{"killed below", killed_by_hand_below_its_python, VERDICT_CRASHED, {"exit code 137"}, NULL,
	 "see who did it (the kernel's log: dmesg), end python 18401"},
	{"killed by kernel", killed_by_the_kernel, VERDICT_CRASHED, {"exit code 137"}, NULL, "a higher limit of its memory"},
	{"dead 0 at work", dead_0_while_it_worked, VERDICT_CRASHED, {"is dead", "a streaming query was active"}, NULL,
	 "start it again"},
	{"dead 0", dead_0, VERDICT_ENDED, {"ended, and nothing says that it failed"}, "gone", NULL},
	{"dead 0 always", dead_0_but_always, VERDICT_CRASHED, {"is dead", "expected to run always"}, NULL, "python 18401"},
	{"stranded", stranded, VERDICT_CRASHED, {"JVM 18423 is stranded"}, NULL,
	 "end python 18401 (kill 18401): java 18423 goes with it, see :4040 :40417 :5001 free (ss -ltn), wait 5 s, start"},
	{"stranded above", stranded_above_its_python, VERDICT_CRASHED, {"JVM 18423 is stranded"}, NULL,
	 "end python 18500 (kill 18500): java 18423 goes with it, see :4040 :40417 :5002 free"},
	{"dead above", dead_above_its_python, VERDICT_CRASHED, {"run always"}, "python 18401 retries",
	 "start it again"},
	{"gone", gone, VERDICT_ENDED, {"its driver java 18423 ended, and nothing says"}, NULL, NULL},
	{"gone badly", gone_with_a_sign, VERDICT_CRASHED,
	 {"java 18423 is not there any more", "its log said before: OutOfMemoryError"}, NULL,
	 "wait 10 s, start it again with more spark.driver.memory (in /srv/jobs: python job.py)"},
	{"gone, always", gone_but_always, VERDICT_CRASHED, {"not there any more", "run always"}, NULL,
	 "systemctl restart alpha.service"},
	{"gone, quiet", gone_with_errors_before, VERDICT_ENDED, {"ended"}, "no batch", NULL},
	{"earlier", earlier_lives, VERDICT_HEALTHY,
	 {"java 17001, its earlier driver, still lives and keeps :4040 :40417"}, NULL, NULL},
};
/* clang-format on */

static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct job_facts f = well();
		struct judgement j;
		struct arena a;

		arena_init(&a);
		table[i].change(&f);
		verdict_judge(&f, &a, &j);
		for (size_t k = 0; k < j.evidence.n && j.verdict != table[i].verdict; k++)
			print_message("%s\n", text_str(j.evidence.v[k]));
		if (j.verdict != table[i].verdict)
			fail_msg("%s: %s", table[i].name, verdict_names[j.verdict]);
		for (size_t k = 0; k < 3 && table[i].says[k]; k++)
			if (!is_said(&j.evidence, table[i].says[k]))
				fail_msg("%s: nobody says \"%s\" but \"%s\"", table[i].name,
					 table[i].says[k], text_str(j.evidence.v[0]));
		if (table[i].not &&is_said(&j.evidence, table[i].not ))
			fail_msg("%s: somebody says \"%s\"", table[i].name, table[i].not );
		if (table[i].next && (!j.next || !strstr(text_str(j.next), table[i].next)))
			fail_msg("%s: next: %s", table[i].name, j.next ? text_str(j.next) : "-");
		if (!table[i].next && table[i].verdict >= VERDICT_ENDED)
			assert_null(j.next);
		arena_release(&a);
	}
}

/* A job that only a JVM shows is not old news. */
static void a_jvm_is_news(void **state)
{
	struct job_facts f = well();
	struct judgement j;
	struct arena a;

	(void)state;
	arena_init(&a);
	only_a_jvm(&f);
	verdict_judge(&f, &a, &j);
	assert_false(j.is_old);
	arena_release(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
		cmocka_unit_test(a_jvm_is_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
