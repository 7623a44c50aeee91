/* The pipeline with toy actions: nothing is run that was not planned, typed right, allowed and
 * written down first; what runs says its steps, asks, is cancelled and ends with an outcome. */
#include "toy_acts.h"

static void planned_typed_written_done(void **unused ATTR_UNUSED)
{
	struct stage_wish w = {.says = ""};
	const struct snapshot *s;

	stage_start();
	w.plan = plan_for(ACTION_KILL, "quiet");
	s = stage_plan(&w);
	assert_string_equal(text_str(w.p->title), "Kill this JVM?");
	assert_string_equal(text_str(w.p->button), "kill");
	assert_string_equal(text_str(w.p->job), "quiet");
	assert_string_equal(text_str(w.p->to_type), "8423");
	snapshot_unref(s);
	answer(w.plan, "8423");
	w.state = ACTION_STATE_DONE;
	s = stage_action(&w);
	assert_string_equal(text_str(w.a->outcome), "it ended");
	assert_string_equal(text_str(w.a->proof), "gone after 2.1 s");
	assert_string_equal(text_str(w.a->target), "java 18423");
	assert_int_equal(w.a->number, 1);
	assert_int_equal(w.a->steps.n, 1);
	assert_non_null(strstr(text_str(w.a->steps.v[0]), " SIGTERM sent to 18423"));
	assert_true(w.a->ended_at >= w.a->began_at);
	snapshot_unref(s);
	wait_no_plan(w.plan);
	stage_stop();
	assert_int_equal(runs, 1);
	assert_int_equal(captures, 1);
	assert_int_equal(releases, 1);
	assert_string_equal(order, "fresh");
	assert_int_equal(audit_rows("intent"), 1);
	assert_int_equal(audit_rows("step"), 1);
	assert_int_equal(audit_rows("outcome"), 1);
	stage_verify();
}

static void what_is_typed_must_be_right(void **unused ATTR_UNUSED)
{
	struct action_request r;
	uint64_t plan;

	stage_start();
	plan = plan_for(ACTION_KILL, "quiet");
	r = answer_of(plan, "8423");
	see_plan(plan, "");
	r.typed = NULL;
	stage_refused(&r, "what was typed is not 8423");
	r.typed = "8424";
	stage_refused(&r, "is not 8423");
	r.typed = "8423 ";
	stage_refused(&r, "is not 8423");
	r.is_yes = true; /* only the one who opened the question says that nobody types */
	stage_refused(&r, "is not 8423");
	r.plan = plan + 1;
	stage_refused(&r, "no such question");
	answer(plan, "8423");
	expect_end(plan, ACTION_STATE_DONE, "it ended");
	r = answer_of(plan, "8423");
	stage_refused(&r, "no such question");
	stage_stop();
	assert_int_equal(runs, 1);
}

static void a_closed_question_does_nothing(void **unused ATTR_UNUSED)
{
	struct action_request r;
	uint64_t plan;

	stage_start();
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	r = answer_of(plan, NULL);
	r.step = ACTION_FORGET;
	stage_send(&r);
	wait_no_plan(plan);
	r = answer_of(plan, "8423");
	stage_refused(&r, "");
	stage_stop();
	assert_int_equal(runs, 0);
	assert_int_equal(releases, 1);
	assert_int_equal(audit_rows("intent"), 0);
}

/* The verdict no longer holds between the eye and the key. */
static void what_changed_is_not_done(void **unused ATTR_UNUSED)
{
	uint64_t plan;

	stage_start();
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	is_refusing = true;
	answer(plan, "8423");
	expect_end(plan, ACTION_STATE_REFUSED, "the toy refuses");
	stage_stop();
	assert_int_equal(runs, 0);
	assert_int_equal(audit_rows("intent"), 0);
}

static void who_may_is_said_in_one_place(void **unused ATTR_UNUSED)
{
	struct action_request r;
	struct ledger *l = stage_ledger();

	assert_int_equal(ledger_hold(l, "held", ABSENT, "vacuum runs", NULL), 0);
	ledger_close(l);
	stage_start();
	see_plan(plan_for(ACTION_KILL, "held"), "held is held by");
	see_plan(plan_for(ACTION_KILL, "held"), "vacuum runs");
	see_plan(plan_for(ACTION_MARK, "held"), "");
	see_plan(plan_for(ACTION_KILL, "forbidden"), "not among the actions: of forbidden");
	see_plan(plan_for(ACTION_RESTART, "forbidden"), "");
	r = action_request_of(ACTION_PLAN, ACTION_KILL);
	r.job = "quiet";
	r.spark = "gone";
	see_plan((uint64_t)stage_send(&r), "not there any more");
	stage_stop();
	assert_int_equal(runs, 0);

	stage_start_with("actions: [replay]\nlabel: PROD\n");
	see_plan(plan_for(ACTION_KILL, "quiet"), "may be done to no job");
	struct stage_wish w = {.plan = plan_for(ACTION_REPLAY, "quiet"), .says = ""};
	const struct snapshot *s = stage_plan(&w);
	assert_string_equal(text_str(w.p->title), "Replay? (PROD)");
	snapshot_unref(s);
	w.plan = plan_for(ACTION_HOLD, "quiet");
	s = stage_plan(&w);
	assert_string_equal(text_str(w.p->title), "A plain toy? (PROD)");
	snapshot_unref(s);
	stage_stop();

	stage_start_with("read_only: true\n");
	r = action_request_of(ACTION_PLAN, ACTION_HOLD);
	r.job = "quiet";
	stage_refused(&r, "read-only");
	stage_stop();
}

/* A hold that comes between question and answer. */
static void a_hold_meanwhile_refuses(void **unused ATTR_UNUSED)
{
	struct ledger *l;
	uint64_t plan;

	stage_start();
	plan = plan_for(ACTION_KILL, "quiet");
	see_plan(plan, "");
	l = stage_ledger();
	assert_int_equal(ledger_hold(l, "quiet", ABSENT, "do not touch", NULL), 0);
	ledger_close(l);
	struct action_request r = answer_of(plan, "8423");
	struct err err;
	if (backend_act(stage_backend, &r, &err) == 0)
		expect_end(plan, ACTION_STATE_REFUSED, "do not touch");
	stage_stop();
	assert_int_equal(runs, 0);
}

static void what_is_asked_must_be_given(void **unused ATTR_UNUSED)
{
	const struct action_value given[] = {{"table", "AGENTSVES"}};
	struct action_request r;
	uint64_t plan;

	stage_start();
	plan = plan_for(ACTION_RESTART, "quiet");
	see_plan(plan, "");
	r = answer_of(plan, NULL);
	stage_refused(&r, "table to resume from");
	r.values = given;
	r.nvalues = 1;
	stage_send(&r);
	expect_end(plan, ACTION_STATE_DONE, "done");
	stage_stop();
	assert_string_equal(order, "AGENTSVES");
}

static void a_running_one_asks(void **unused ATTR_UNUSED)
{
	struct stage_wish w = {.state = ACTION_STATE_ASKS};
	const struct snapshot *s;
	struct action_request r;

	stage_start();
	w.plan = plan_for(ACTION_KILL_SPARK, "quiet");
	see_plan(w.plan, "");
	r = answer_of(w.plan, NULL);
	r.step = ACTION_ANSWER;
	stage_refused(&r, "asks nothing");
	answer(w.plan, NULL);
	s = stage_action(&w);
	assert_string_equal(text_str(w.a->asks), "SIGKILL for java 18423?");
	snapshot_unref(s);
	stage_send(&r);
	expect_end(w.plan, ACTION_STATE_DONE, "killed");

	/* cancelled */
	w.plan = plan_for(ACTION_KILL_SPARK, "quiet");
	see_plan(w.plan, "");
	answer(w.plan, NULL);
	snapshot_unref(stage_action(&w));
	r.plan = w.plan;
	r.step = ACTION_CANCEL;
	stage_send(&r);
	expect_end(w.plan, ACTION_STATE_FAILED, "left alone");

	/* nobody is there any more */
	w.plan = plan_for(ACTION_KILL_SPARK, "quiet");
	see_plan(w.plan, "");
	answer(w.plan, NULL);
	snapshot_unref(stage_action(&w));
	while (backend_acting(stage_backend, true) > 0)
		world_nap(5);
	expect_end(w.plan, ACTION_STATE_FAILED, "left alone");
	stage_stop();
}

/* Leaving: what finishes goes on, the others stop after what is in flight, questions close. */
static void leaving_waits_for_what_finishes(void **unused ATTR_UNUSED)
{
	struct stage_wish w = {.state = ACTION_STATE_RUNS};
	struct action_request r;
	uint64_t question, replay, kill_plan;

	is_slow = true;
	stage_start();
	question = plan_for(ACTION_KILL, "quiet");
	replay = plan_for(ACTION_REPLAY, "quiet");
	w.plan = kill_plan = plan_for(ACTION_KILL, "quiet");
	see_plan(question, "");
	see_plan(replay, "");
	see_plan(w.plan, "");
	answer(w.plan, "8423");
	answer(replay, "8423");
	snapshot_unref(stage_action(&w));
	w.plan = replay;
	snapshot_unref(stage_action(&w));
	w.plan = kill_plan;
	assert_int_equal(backend_acting(stage_backend, false), 2);
	backend_acting(stage_backend, true);
	expect_end(replay, ACTION_STATE_CANCELLED, "stopped");
	wait_no_plan(question);
	assert_int_equal(backend_acting(stage_backend, true), 1);
	r = action_request_of(ACTION_PLAN, ACTION_KILL);
	stage_refused(&r, "the program is ending");
	r.step = ACTION_CANCEL;
	r.plan = w.plan;
	stage_send(&r);
	expect_end(w.plan, ACTION_STATE_CANCELLED, "stopped");
	assert_int_equal(backend_acting(stage_backend, true), 0);
	stage_stop();
	assert_int_equal(audit_rows("outcome"), 2);
}

/* Answered and left in the same moment: what was accepted is done. */
static void an_accepted_one_survives_leaving(void **unused ATTR_UNUSED)
{
	enum { TIMES = 15 };

	for (int i = 0; i < TIMES; i++) {
		struct stage_wish w = {.state = ACTION_STATE_DONE};
		stage_start();
		w.plan = plan_for(ACTION_KILL, "quiet");
		see_plan(w.plan, "");
		answer(w.plan, "8423");
		while (backend_acting(stage_backend, true) > 0)
			world_nap(1);
		stage_stop();
	}
	assert_int_equal(runs, TIMES);
	assert_int_equal(audit_rows("outcome"), TIMES);
}

static void eight_at_most(void **unused ATTR_UNUSED)
{
	struct action_request r = action_request_of(ACTION_PLAN, ACTION_KILL);

	stage_start();
	for (int i = 0; i < 8; i++)
		plan_for(ACTION_KILL, "quiet");
	stage_refused(&r, "8 actions and questions");
	stage_stop();
	assert_int_equal(releases, 8);
}

/* A question is quiet: it is published when it says something else, and not because it was. */
static void a_question_is_quiet(void **unused ATTR_UNUSED)
{
	struct stage_wish w = {.says = ""};
	const struct snapshot *s;
	uint64_t seq;

	stage_start();
	w.plan = plan_for(ACTION_KILL, "quiet");
	s = stage_plan(&w);
	snapshot_unref(s);
	world_nap(300);
	s = backend_latest(stage_backend);
	seq = s->seq;
	snapshot_unref(s);
	world_nap(1500);
	s = backend_latest(stage_backend);
	assert_true(s->seq - seq <= 3);
	snapshot_unref(s);
	assert_true(plans >= 2); /* but it was made anew meanwhile */
	assert_true(plans < 40);
	stage_stop();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, toys_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(planned_typed_written_done),
		T(what_is_typed_must_be_right),
		T(a_closed_question_does_nothing),
		T(what_changed_is_not_done),
		T(who_may_is_said_in_one_place),
		T(a_hold_meanwhile_refuses),
		T(what_is_asked_must_be_given),
		T(a_running_one_asks),
		T(leaving_waits_for_what_finishes),
		T(an_accepted_one_survives_leaving),
		T(eight_at_most),
		T(a_question_is_quiet),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
