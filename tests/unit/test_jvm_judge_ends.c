/* test_jvm_judge_ends.c - a JVM that is dead, stopped, stranded or an orphan: its verdict and the
 * signs by which it is told. */
#include "jvm_judge_stage.h"

static void zombie(struct jvm_facts *f)
{
	(void)f;
	jvm.state = 'Z';
	jvm.threads = 1;
	jvm.exit_code = 52;
	jvm.listens.n = 0;
}

static void zombie_unread(struct jvm_facts *f)
{
	zombie(f);
	jvm.exit_code = ABSENT;
	jvm.parent_pid = ABSENT;
}

static void zombie_of_process_1(struct jvm_facts *f)
{
	zombie(f);
	jvm.exit_code = 0;
	jvm.parent_gone = TRI_TRUE;
	jvm.parent_pid = ABSENT;
	jvm.ppid = 1;
}

static void debugger(struct jvm_facts *f)
{
	sigstop(f);
	jvm.state = 't';
}

static void stranded(struct jvm_facts *f)
{
	no_work(f);
	f->ui_answers = false;
	f->ui_refused = true;
	f->ui_good_at = NOW - 6 * S;
	f->closed_ms = 2 * S;
	jvm.listens = (struct jvm_ports){1, ports + 1};
}

/* Its main thread has ended; the others run their exit, and its code is not known yet. */
static void zombie_with_threads(struct jvm_facts *f)
{
	stranded(f);
	zombie(f);
	jvm.threads = 23;
	jvm.exit_code = ABSENT;
}

static void closed_this_moment(struct jvm_facts *f)
{
	stranded(f);
	f->closed_ms = 0;
}

static void stranded_of_another_user(struct jvm_facts *f)
{
	stranded(f);
	jvm.listens.n = 0;
}

static void stranded_by_its_log(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->closed_ms = ABSENT;
	f->context_stopped = true;
}

static void never_had_a_ui(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->closed_ms = ABSENT;
}

static void stranded_before_it_gave_data(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->ui_was_found = true;
}

/* Found by review: of a driver that was stranded before anybody looked nothing was said. */
static void stranded_before_anybody_looked(struct jvm_facts *f)
{
	stranded(f);
	f->ui_was_seen = false;
	f->ui_good_at = ABSENT;
	f->ui_is_written = true;
	jvm.ui_port = ABSENT;
}

/* What else explains that: each is enough. */
static void but_seen_once(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	f->closed_ms = 0;
}

static void but_young(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	jvm.started_at = NOW - 50 * S;
}

static void but_not_refused(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	f->ui_refused = false;
}

static void but_guessed(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	f->ui_is_written = false;
}

static void but_elsewhere(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	f->ui_port = 0;
}

static void but_without_a_ui(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	jvm.ui_port = 0;
}

static void but_told_another_port(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	jvm.ui_port = 4050;
}

static void but_slid(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	ports[0].port = 4041;
	jvm.listens = (struct jvm_ports){2, ports};
}

/* No UI by its properties file: its context has its other ports. */
static void but_with_rpc(struct jvm_facts *f)
{
	but_slid(f);
	ports[0].backlog = 4096;
}

static void but_backlogs_unknown(struct jvm_facts *f)
{
	but_slid(f);
	ports[0].backlog = ports[1].backlog = ABSENT;
}

static void but_ports_unknown(struct jvm_facts *f)
{
	stranded_before_anybody_looked(f);
	jvm.listens.n = 0;
}

static void found_and_out_of_sight(struct jvm_facts *f)
{
	stranded_before_it_gave_data(f);
	jvm.listens.n = 0;
	f->closed_ms = ABSENT;
}

static void orphan(struct jvm_facts *f)
{
	no_work(f);
	jvm.parent_gone = TRI_TRUE;
	jvm.parent_pid = ABSENT;
	jvm.ppid = 1;
	f->orphan_ms = 2 * S;
}

static void orphan_on_its_way_out(struct jvm_facts *f)
{
	orphan(f);
	f->closed_ms = 2 * S;
	jvm.listens = (struct jvm_ports){1, ports + 1};
}

static void orphan_that_is_stopped(struct jvm_facts *f)
{
	orphan(f);
	sigstop(f);
}

/* Nothing ends while it stands still: that is not waited for. */
static void orphan_that_is_stopped_without_a_ui(struct jvm_facts *f)
{
	orphan_that_is_stopped(f);
	f->ui_port = 0;
}

static const struct judge_case table[] = {
	{zombie, JVM_IS_DEAD, {"exit code 52: out of memory", "parent python 18401"}, NULL},
	{zombie_with_threads,
	 JVM_IS_BUSY,
	 {"main thread has ended, 22 others end: it is on its way out"},
	 "is dead"},
	{zombie_unread, JVM_IS_DEAD, {"exit code cannot be read", "its parent 18401"}, "python"},
	{zombie_of_process_1,
	 JVM_IS_DEAD,
	 {"exit code 0: ended well", "Python parent is gone, too: process 1"},
	 NULL},
	{sigstop, JVM_IS_STOPPED, {"stopped by a signal for 2s (state T)", "71 threads"}, NULL},
	{debugger, JVM_IS_STOPPED, {"stopped by a debugger for 2s (state t)"}, NULL},
	{stranded,
	 JVM_IS_STRANDED,
	 {"nothing listens at its UI :4040 any more, it answered 6s ago",
	  "still listens on :40417"},
	 NULL},
	{closed_this_moment, JVM_IS_IDLE, {"CPU"}, NULL},
	{stranded_of_another_user,
	 JVM_IS_STRANDED,
	 {":4040 any more", "lives with 71 threads"},
	 NULL},
	{stranded_by_its_log, JVM_IS_STRANDED, {"SparkContext is stopped", ":40417"}, "any more"},
	{stranded_before_it_gave_data,
	 JVM_IS_STRANDED,
	 {"nothing listens at its UI :4040 any more, it was open 6s ago",
	  "still listens on :40417"},
	 "answered"},
	{stranded_before_anybody_looked,
	 JVM_IS_STRANDED,
	 {"nothing listens at its UI :4040, and", "still listens on :40417"},
	 "ago"},
	{but_seen_once, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_young, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_not_refused, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_guessed, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_elsewhere, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_without_a_ui, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_told_another_port, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_slid, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_with_rpc, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_backlogs_unknown, JVM_IS_IDLE, {"CPU"}, NULL},
	{but_ports_unknown, JVM_IS_IDLE, {"CPU"}, NULL},
	{found_and_out_of_sight, JVM_IS_IDLE, {"CPU"}, "any more"},
	{never_had_a_ui, JVM_IS_IDLE, {"CPU"}, NULL},
	{orphan,
	 JVM_IS_ORPHAN,
	 {"Python parent is gone for 2s: process 1", "still listens on :4040 :40417", "holds 1"},
	 NULL},
	{orphan_on_its_way_out, JVM_IS_BUSY, {"its Python ended, and so does it"}, NULL},
	{orphan_that_is_stopped, JVM_IS_ORPHAN, {"parent is gone", "stopped by a signal"}, NULL},
	{orphan_that_is_stopped_without_a_ui,
	 JVM_IS_ORPHAN,
	 {"parent is gone", "stopped by"},
	 NULL},
};

static void each_sign(void **state)
{
	(void)state;
	check_cases(table, ARRAY_LEN(table));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_sign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
