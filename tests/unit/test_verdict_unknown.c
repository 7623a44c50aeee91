/* test_verdict_unknown.c - a driver's JVM lives and nothing of it answers: what is not known is
 * said, and healthy it is only by what could be seen. */
#include "verdict_stage.h"

static struct jvm_row jvm;
static struct jvm_port ports[2];
static struct config_job cfg;
static struct config_found found;

/* A job that was found, without an endpoint; its JVM is idle, its ports and counters are seen. */
static struct job_facts idle(void)
{
	static const struct text *const evidence[] = {TEXT("uses 0.0 % CPU")};
	struct job_facts f = facts_blank();

	ports[0] = (struct jvm_port){.port = 4040};
	ports[1] = (struct jvm_port){.port = 40417};
	jvm = (struct jvm_row){.pid = 18423,
			       .ppid = 18401,
			       .parent_pid = 18401,
			       .parent_gone = TRI_FALSE,
			       .verdict = JVM_IS_IDLE,
			       .exit_code = ABSENT,
			       .started_at = NOW - 45 * MIN,
			       .evidence = {1, evidence},
			       .listens = {2, ports}};
	found = (struct config_found){.gone_at = ABSENT};
	cfg = (struct config_job){.found = &found};
	f.cfg = &cfg;
	f.jvm = &jvm;
	f.driver_pid = 18423;
	f.python_pid = 18401;
	return f;
}

static void nothing(struct job_facts *f)
{
	(void)f;
}

static void busy(struct job_facts *f)
{
	(void)f;
	jvm.verdict = JVM_IS_BUSY;
}

static void idle_since_a_moment(struct job_facts *f)
{
	(void)f;
	jvm.cpu_in_window_s = 6;
}

static void busy_without_counters(struct job_facts *f)
{
	busy(f);
	jvm.hsperf_problem = TEXT("switched off");
}

static void unaccepted(struct job_facts *f)
{
	busy(f);
	ports[0].queue = 2;
}

static void says_healthy(struct job_facts *f)
{
	f->health = (struct probe){
		.answer = ANSWER_GOOD, .where = "http://127.0.0.1:5001", .good_at = NOW};
	f->says = "healthy";
	f->batches = 7;
	f->errors = f->errors_5m.n = f->errors_1h.n = 0;
	f->last_batch_at = NOW - 17 * S;
	f->last_batch_age_s = 17;
}

/* Its Python says what it saw last; its driver takes no connection. */
static void unaccepted_and_says_healthy(struct job_facts *f)
{
	says_healthy(f);
	ports[0].queue = 1;
}

static void unaccepted_while_busy(struct job_facts *f)
{
	unaccepted(f);
	says_healthy(f);
}

static void unaccepted_at_its_start(struct job_facts *f)
{
	unaccepted_and_says_healthy(f);
	jvm.started_at = NOW - 12 * S;
}

static void just_started(struct job_facts *f)
{
	(void)f;
	jvm.started_at = NOW - 12 * S;
}

static void orphan_that_is_young(struct job_facts *f)
{
	just_started(f);
	jvm.parent_gone = TRI_TRUE;
	jvm.ppid = 1;
}

static void silent_orphan(struct job_facts *f)
{
	orphan_that_is_young(f);
	f->ui = (struct probe){.answer = ANSWER_SILENT,
			       .where = "http://127.0.0.1:4040",
			       .silent_probes = 1,
			       .good_at = ABSENT};
}

static void of_another_user(struct job_facts *f)
{
	busy(f);
	jvm.listens.n = 0;
	jvm.unseen = TEXT("its ports, files, heap and exit code belong to spark: sudo -u spark "
			  "sparkops would see them");
}

static void orphan_at_first_sight(struct job_facts *f)
{
	busy(f);
	jvm.parent_gone = TRI_TRUE;
	jvm.ppid = 1;
}

static void started_by_another_user(struct job_facts *f)
{
	of_another_user(f);
	just_started(f);
}

static void ui_found(struct job_facts *f)
{
	busy(f);
	f->ui = (struct probe){
		.answer = ANSWER_WAITING, .where = "http://127.0.0.1:4040", .good_at = ABSENT};
}

static void ui_found_young(struct job_facts *f)
{
	ui_found(f);
	jvm.started_at = NOW - 299 * S;
}

static void ui_found_5_min_ago(struct job_facts *f)
{
	ui_found(f);
	jvm.started_at = NOW - 300 * S;
}

static void ui_found_wrong(struct job_facts *f)
{
	ui_found(f);
	f->ui.answer = ANSWER_WRONG;
	f->ui.problem = "answers 503";
}

static void ui_configured(struct job_facts *f)
{
	ui_found(f);
	cfg.found = NULL;
}

/* The first screen: its Python has answered, its driver not yet. */
static void ui_not_asked_yet(struct job_facts *f)
{
	ui_configured(f);
	says_healthy(f);
	jvm.verdict = JVM_IS_UNKNOWN;
}

static void ui_not_asked_yet_of_a_young_one(struct job_facts *f)
{
	ui_not_asked_yet(f);
	f->says = "initializing";
	f->uptime_s = 120;
	f->batches = 0;
	f->last_batch_at = ABSENT;
	f->last_batch_age_s = ABSENT_REAL;
}

/* clang-format off */
static const struct {
	const char *name;
	void (*change)(struct job_facts *f);
	enum verdict verdict;
	const char *says[2], *not, *next;
} table[] = {
	{"idle", nothing, VERDICT_UNKNOWN, {"no UI and no health endpoint of it is known", "java 18423: uses 0.0 % CPU"},
	 NULL, "health: or ui:"},
	{"busy", busy, VERDICT_HEALTHY, {"java 18423"}, "is known", NULL},
	{"between two batches", idle_since_a_moment, VERDICT_HEALTHY, {"java 18423"}, NULL, NULL},
	{"no counters", busy_without_counters, VERDICT_UNKNOWN, {"is known"}, NULL, "health: or ui:"},
	{"unaccepted", unaccepted, VERDICT_UNKNOWN, {":4040 was not asked: 2 connections wait there unaccepted"}, NULL,
	 "thread dump of java 18423"},
	{"unaccepted, well", unaccepted_and_says_healthy, VERDICT_UNKNOWN,
	 {":4040 was not asked: 1 connection waits there unaccepted", "health endpoint http://127.0.0.1:5001 says healthy"},
	 NULL, "thread dump of java 18423"},
	{"unaccepted, busy", unaccepted_while_busy, VERDICT_HEALTHY, {"last batch 17s ago"}, NULL, NULL},
	{"unaccepted, young", unaccepted_at_its_start, VERDICT_HEALTHY, {"last batch 17s ago"}, NULL, NULL},
	{"well", says_healthy, VERDICT_HEALTHY, {"last batch 17s ago"}, NULL, NULL},
	{"young orphan", orphan_that_is_young, VERDICT_UNKNOWN, {"its Python parent is gone"}, NULL, "health:"},
	{"silent orphan", silent_orphan, VERDICT_UNKNOWN, {"no answer to 1 probe", "its Python parent is gone"}, NULL,
	 "log in"},
	{"another user", of_another_user, VERDICT_UNKNOWN, {"belong to spark: sudo -u spark sparkops would"}, NULL,
	 "look with more rights: sudo -u spark sparkops"},
	{"orphan", orphan_at_first_sight, VERDICT_UNKNOWN, {"its Python parent is gone, process 1"}, NULL, "health:"},
	{"young", just_started, VERDICT_INITIALIZING, {"started 12s ago, nothing of it answers"}, NULL, NULL},
	{"young, other", started_by_another_user, VERDICT_INITIALIZING, {"started 12s ago"}, NULL, NULL},
	{"ui, young", ui_found_young, VERDICT_INITIALIZING, {"its UI http://127.0.0.1:4040 has given no data yet"},
	 "nothing of it answers", NULL},
	{"ui, 5 min", ui_found_5_min_ago, VERDICT_UNKNOWN, {"http://127.0.0.1:4040 was found and has given no data"}, NULL,
	 "wait for its first data; if none comes, take a thread dump of java 18423"},
	{"ui, wrong", ui_found_wrong, VERDICT_UNKNOWN, {"answers 503"}, NULL, "thread dump"},
	{"ui, first screen", ui_not_asked_yet, VERDICT_UNKNOWN,
	 {"waiting for the first answer of its driver's UI http://127", "its health endpoint http://127.0.0.1:5001 says healthy"},
	 "last batch", NULL},
	{"ui, first screen, young", ui_not_asked_yet_of_a_young_one, VERDICT_INITIALIZING, {"no batch yet"}, NULL, NULL},
	{"ui, configured", ui_configured, VERDICT_UNKNOWN, {"waiting for the first answer of http://127"}, NULL, NULL},
};
/* clang-format on */

static void the_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct job_facts f = idle();
		struct judgement j;
		struct arena a;

		arena_init(&a);
		table[i].change(&f);
		verdict_judge(&f, &a, &j);
		if (j.verdict != table[i].verdict)
			fail_msg("%s: %s, because: %s", table[i].name, verdict_names[j.verdict],
				 text_str(j.evidence.v[0]));
		for (size_t k = 0; k < 2 && table[i].says[k]; k++)
			if (!is_said(&j.evidence, table[i].says[k]))
				fail_msg("%s: nobody says \"%s\" but \"%s\"", table[i].name,
					 table[i].says[k], text_str(j.evidence.v[0]));
		if (table[i].not &&is_said(&j.evidence, table[i].not ))
			fail_msg("%s: somebody says \"%s\"", table[i].name, table[i].not );
		if (!table[i].next != !j.next ||
		    (j.next && !strstr(text_str(j.next), table[i].next)))
			fail_msg("%s: next: %s", table[i].name, j.next ? text_str(j.next) : "-");
		assert_int_equal(j.exit_class, table[i].verdict == VERDICT_UNKNOWN ? 3 : 0);
		arena_release(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
