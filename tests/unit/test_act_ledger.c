/* The pipeline and its ledger: one that cannot be used refuses every action; what earlier runs and
 * other processes wrote is shown, and a sequence that was cut off goes on. */
#include "toy_acts.h"

static void a_damaged_ledger_refuses(void **unused ATTR_UNUSED)
{
	uint64_t plan;

	stage_spoil();
	stage_start();
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "is damaged");
	struct action_request r = answer_of(plan, "8423");
	stage_refused(&r, "is damaged");
	stage_stop();
	assert_int_equal(runs, 0);
}

/* A question makes no ledger, and says early that there can be none. */
static void a_question_writes_nothing(void **unused ATTR_UNUSED)
{
	struct stage_wish w = {.says = ""};
	char file[200];
	uint64_t plan;

	stage_start();
	w.plan = plan_for(ACTION_KILL, "quiet");
	snapshot_unref(stage_plan(&w));
	assert_int_equal(access(stage_state(), F_OK), -1);
	answer(w.plan, "8423");
	expect_end(w.plan, ACTION_STATE_DONE, "it ended");
	snprintf(file, sizeof(file), "%s/ledger.db", stage_state());
	assert_int_equal(access(file, F_OK), 0);
	chmod(file, 0666);
	see_plan(plan_for(ACTION_KILL, "quiet"), "chmod 600");
	chmod(file, 0600);
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	chmod(stage_state(), 0777);
	answer(plan, "8423");
	expect_end(plan, ACTION_STATE_REFUSED, "chmod 700");
	see_plan(plan_for(ACTION_KILL, "quiet"), "chmod 700");
	chmod(stage_state(), 0700);
	stage_stop();
	assert_int_equal(runs, 1);
}

static void a_full_disk_refuses(void **unused ATTR_UNUSED)
{
	uint64_t plan;
	int fd;

	if (!stage_tmpfs("size=300k"))
		skip();
	stage_start();
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	fd = stage_fill();
	answer(plan, "8423");
	expect_end(plan, ACTION_STATE_REFUSED, "nothing was done");
	expect_end(plan, ACTION_STATE_REFUSED, "full");
	assert_int_equal(runs, 0);
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	answer(plan, "8423");
	expect_end(plan, ACTION_STATE_DONE, "it ended");
	stage_stop();
	stage_verify();
}

/* --- sequences that were cut off --- */

/* What a run of sparkops that was killed after two steps left behind. */
static void leave_a_cut(void)
{
	pid_t child = fork();

	if (child == 0) {
		struct ledger *l = stage_ledger();
		struct audit_entry e = {.at = ABSENT,
					.kind = "intent",
					.action = "kill",
					.job = "quiet",
					.target = "java 18423",
					.detail = "the first detail"};
		int64_t intent = 0;
		if (audit_put(l, &e, &intent, NULL) != 0)
			_exit(1);
		e.kind = "step";
		e.intent = intent;
		e.state = "dump";
		e.says = "thread dump saved";
		if (audit_put(l, &e, NULL, NULL) != 0)
			_exit(1);
		e.state = "term";
		if (audit_put(l, &e, NULL, NULL) != 0)
			_exit(1);
		raise(SIGKILL);
	}
	stage_wait_killed(child);
}

static bool has_banner(const struct snapshot *s, void *text)
{
	return s->banner != NULL && strstr(s->banner, text) != NULL;
}

static bool has_no_banner(const struct snapshot *s, void *unused ATTR_UNUSED)
{
	return s->banner == NULL;
}

static void a_cut_is_shown_and_goes_on(void **unused ATTR_UNUSED)
{
	static char text[] =
		"kill of quiet stopped after term; on quiet's row K continues after 2 steps";
	const struct snapshot *s;
	const struct rowset *set;
	const struct action_row *r;
	uint64_t plan;

	leave_a_cut();
	stage_start();
	s = world_wait(stage_backend, has_banner, text);
	assert_non_null(s);
	assert_string_equal(s->banner_job, "quiet");
	set = dataset_rows(s->actions, &schema_action);
	assert_int_equal(set->n, 1);
	r = set->rows[0];
	assert_int_equal(r->state, ACTION_STATE_CUT);
	assert_int_equal(r->steps.n, 2);
	snapshot_unref(s);

	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	answer(plan, "8423");
	expect_end(plan, ACTION_STATE_DONE, "it ended");
	assert_string_equal(order, "the first detail");
	s = world_wait(stage_backend, has_no_banner, NULL);
	assert_non_null(s);
	snapshot_unref(s);
	stage_stop();
	stage_verify();

	/* and in the next run both are history */
	stage_start();
	struct stage_wish w = {.plan = (uint64_t)ABSENT, .state = ACTION_STATE_CUT};
	s = stage_action(&w);
	set = dataset_rows(s->actions, &schema_action);
	assert_int_equal(set->n, 2);
	r = set->rows[0];
	assert_int_equal(r->state, ACTION_STATE_DONE);
	assert_string_equal(text_str(w.a->outcome), "followed by number 4");
	assert_null(s->banner);
	snapshot_unref(s);
	stage_stop();
}

/* Somebody else on the same ledger is at it: shown as running, and ended when he has. */
static bool sees_running(const struct snapshot *s, void *state)
{
	const struct rowset *set = dataset_rows(s->actions, &schema_action);

	return set->n == 1 && ((const struct action_row *)set->rows[0])->state == *(int *)state;
}

static void others_are_seen(void **unused ATTR_UNUSED)
{
	int down[2], up[2], state = ACTION_STATE_RUNS;
	const struct snapshot *s;
	pid_t child;
	char c;

	assert_int_equal(pipe(down) | pipe(up), 0);
	child = fork();
	if (child == 0) {
		struct ledger *l = stage_ledger();
		struct audit_entry e = {.at = ABSENT, .kind = "intent", .action = "restart"};
		if (audit_put(l, &e, NULL, NULL) != 0 || write(up[1], "x", 1) != 1 ||
		    read(down[0], &c, 1) != 1)
			_exit(1);
		raise(SIGKILL);
	}
	assert_int_equal(read(up[0], &c, 1), 1);
	stage_start();
	s = world_wait(stage_backend, sees_running, &state);
	assert_non_null(s);
	snapshot_unref(s);
	assert_int_equal(write(down[1], "x", 1), 1);
	stage_wait_killed(child);
	state = ACTION_STATE_CUT;
	s = world_wait(stage_backend, sees_running, &state);
	assert_non_null(s);
	snapshot_unref(s);
	stage_stop();
	close(down[0]), close(down[1]), close(up[0]), close(up[1]);
}

static bool sees_hold(const struct snapshot *s, void *data)
{
	const struct rowset *set = dataset_rows(s->jobs, &schema_job);

	for (size_t i = 0; i < set->n; i++) {
		const struct job_row *j = set->rows[i];
		if (text_is(j->name, "quiet"))
			return (j->hold != NULL) == *(bool *)data;
	}
	return false;
}

static void a_hold_is_in_the_jobs_row(void **unused ATTR_UNUSED)
{
	struct ledger *l = stage_ledger();
	const struct snapshot *s;
	bool is_held = true;

	stage_start();
	assert_int_equal(ledger_hold(l, "quiet", ABSENT, "vacuum", NULL), 0);
	s = world_wait(stage_backend, sees_hold, &is_held);
	assert_non_null(s);
	snapshot_unref(s);
	assert_int_equal(ledger_release(l, "quiet", NULL), 0);
	is_held = false;
	s = world_wait(stage_backend, sees_hold, &is_held);
	assert_non_null(s);
	snapshot_unref(s);
	stage_stop();
	ledger_close(l);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, toys_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(a_damaged_ledger_refuses), T(a_question_writes_nothing),
		T(a_full_disk_refuses),      T(a_cut_is_shown_and_goes_on),
		T(others_are_seen),          T(a_hold_is_in_the_jobs_row),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
