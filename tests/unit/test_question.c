/* test_question.c - the one way to act, and that there is no other: what is typed, when Enter acts,
 * type-ahead, keys that repeat, time, size, evidence that ends. */
#include "../../tui/ui.h"
#include "question_stage.h"

static void test_six_keys(void **state)
{
	(void)state;
	hand('V');
	assert_int_equal(count(ACTION_PLAN), 1);
	assert_string_equal(last(ACTION_PLAN)->job, "migration");
	assert_int_equal(last(ACTION_PLAN)->r.action, ACTION_RECOVER);
	publish(NULL);
	after(QUESTION_DEAF_MS);
	hands("8423");
	assert_int_equal(count(ACTION_DO), 0);
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
	assert_string_equal(last(ACTION_DO)->typed, "8423");
	assert_int_equal(last(ACTION_DO)->r.plan, PLAN_NUMBER);
	assert_false(question_is_open(&ui));
}

static void test_cancel_has_the_focus(void **state)
{
	(void)state;
	ask('K', NULL);
	hand(KEY_ENTER);
	assert_false(question_is_open(&ui));
	assert_int_equal(count(ACTION_DO), 0);
	assert_int_equal(count(ACTION_FORGET), 1);
	ask('K', NULL);
	hand(KEY_ESC);
	assert_false(question_is_open(&ui));
	assert_int_equal(count(ACTION_FORGET), 2);
}

/* Short, long, wrong, right and then wrong again: nothing acts. */
static void test_typed_wrong(void **state)
{
	static const char *const wrong[] = {"842", "84233", "8424", "18423", "8 423"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ask('K', NULL);
		for (const char *c = wrong[i]; *c; c++)
			hand(*c == ' ' ? (uint32_t)KEY_TAB : (uint32_t)*c);
		if (strcmp(wrong[i], "8 423"))
			hand(KEY_TAB); /* on the action: it says what is missing */
		hand(KEY_ENTER);
		if (question_is_open(&ui))
			hand(KEY_ESC);
	}
	ask('K', NULL);
	hands("8423");
	hand(KEY_BACKSPACE);
	hand(KEY_TAB);
	hand(KEY_ENTER);
	assert_true(shows("type 8423 first: nothing was done"));
	hand('3');
	assert_int_equal(count(ACTION_DO),
			 1); /* "8 423" has the right letters: Tab types nothing */
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 2);
}

static void test_deaf(void **state)
{
	(void)state;
	hand('K');
	assert_true(ui.wish.flush);
	type("8423"); /* before there is anything to read */
	press(KEY_ENTER);
	publish(NULL);
	type("8423");
	press(KEY_ENTER);
	after(QUESTION_DEAF_MS - 1);
	type("8423");
	press(KEY_ENTER);
	assert_true(question_is_open(&ui));
	assert_string_equal(ui.question.typed, "");
	after(1);
	hand('8');
	assert_string_equal(ui.question.typed, "8");
	question_rearm(&ui); /* the terminal was somebody else's */
	press('4');
	assert_string_equal(ui.question.typed, "8");
}

static void nothing_typed(struct arena *a, struct plan_row *p)
{
	(void)a;
	p->to_type = NULL;
}

/* Enter held down: the first that comes alone acts, what repeats does not. */
static void test_repeats(void **state)
{
	(void)state;
	ask('B', nothing_typed);
	hand(KEY_TAB);
	hand(KEY_TAB); /* Cancel */
	hand(KEY_TAB); /* the action */
	press('x');
	after(30);
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
	ask('K', NULL);
	hands("842");
	hand(KEY_ENTER); /* Cancel: closed */
	ask('K', NULL);
	hands("8423");
	ui.question.last_key = KEY_ENTER;
	ui.question.key_at = fixed.fixed_mono_ms - 30;
	press(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
	after(QUESTION_REPEAT_MS);
	press(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 2);
}

static void test_time(void **state)
{
	(void)state;
	ask('K', NULL);
	hands("8423");
	after(QUESTION_IDLE_MS - 1);
	assert_true(question_is_open(&ui));
	after(1);
	assert_false(question_is_open(&ui));
	assert_true(shows("no answer for 60 s"));
	assert_int_equal(count(ACTION_FORGET), 1);
	hand('K'); /* and one whose plan never comes */
	after(QUESTION_IDLE_MS);
	assert_false(question_is_open(&ui));
	assert_int_equal(count(ACTION_DO), 0);
}

static void changed(struct arena *a, struct plan_row *p)
{
	(void)a;
	p->changes = 1;
	p->says = TEXT("answered 3 s ago");
}

static void other_parent(struct arena *a, struct plan_row *p)
{
	(void)a;
	p->to_type = TEXT("8401");
}

static void refused(struct arena *a, struct plan_row *p)
{
	p->refused = TEXT("it is another process now");
	p->paste = PLAN_TEXTS(a, "sparkops kill --pid 1@2", "second line");
}

/* What was typed belongs to what was shown. */
static void test_evidence_lives(void **state)
{
	(void)state;
	ask('K', NULL);
	hands("8423");
	publish(changed);
	press(KEY_ENTER); /* on its way already */
	assert_true(question_is_open(&ui));
	assert_string_equal(ui.question.typed, "");
	assert_true(shows("answered 3 s ago"));
	after(QUESTION_DEAF_MS);
	hand(KEY_ENTER);
	assert_false(question_is_open(&ui));
	assert_int_equal(count(ACTION_DO), 0);

	ask('K', NULL);
	hands("8423");
	publish(other_parent);
	assert_string_equal(ui.question.typed, "");
	after(QUESTION_DEAF_MS);
	hands("8423");
	hand(KEY_TAB);
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 0);
	hand(KEY_ESC);

	ask('K', NULL);
	hands("8423");
	publish(refused);
	after(QUESTION_DEAF_MS);
	hand(KEY_TAB);
	hands("8423");
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 0);
}

static void test_refused_copies(void **state)
{
	(void)state;
	ask('K', refused);
	assert_true(shows("it is another process now"));
	hand('y');
	assert_true(ui.wish.copy);
	assert_string_equal(ui.clip.data, "sparkops kill --pid 1@2\nsecond line");
	hand(KEY_ENTER);
	assert_false(question_is_open(&ui));
	assert_int_equal(count(ACTION_DO), 0);
}

/* The plan is gone: no answer is possible. */
static void test_plan_goes(void **state)
{
	(void)state;
	ask('K', NULL);
	hands("8423");
	ui_snapshot(&ui, plan_snapshot(&snap, NULL, NULL));
	ui_draw(&ui, &screen);
	assert_false(question_is_open(&ui));
	assert_true(shows("the question is over"));
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 0);
}

static void asks(struct arena *a, struct plan_row *p)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 2);

	v[0] = (struct plan_ask){TEXT("resume_from"), TEXT("table to resume from"), NULL, NULL};
	v[1] = (struct plan_ask){TEXT("only_s3"), NULL, TEXT("false"), TEXT("found in the log")};
	p->asks = v;
	p->nasks = 2;
}

static void test_values(void **state)
{
	(void)state;
	ask('V', asks);
	hands("8423");
	hand(KEY_ENTER);
	assert_true(shows("table to resume from must be given first"));
	assert_int_equal(count(ACTION_DO), 0);
	paste("AGENTS VES");
	hand(KEY_BACKSPACE);
	hand('Z');
	hand(KEY_TAB);
	assert_true(shows("found in the log"));
	hand(KEY_TAB); /* Cancel */
	hand(KEY_TAB); /* the action: 8423 is still there */
	hand(KEY_ENTER);
	assert_string_equal(last(ACTION_DO)->values, "resume_from=AGENTS VEZ only_s3=false");
}

static void marks(struct arena *a, struct plan_row *p)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 2);

	v[0] = (struct plan_ask){TEXT("as"), TEXT("done, given-up or pending"), TEXT("done"), NULL};
	v[1] = (struct plan_ask){TEXT("reason"), TEXT("reason"), NULL, NULL};
	p->asks = v;
	p->nasks = 2;
	p->to_type = NULL;
}

static void holds(struct arena *a, struct plan_row *p)
{
	marks(a, p);
	((struct plan_ask *)(uintptr_t)p->asks)[0] =
		(struct plan_ask){TEXT("for"), TEXT("for how long"), TEXT("for ever"), NULL};
}

static void test_hold(void **state)
{
	(void)state;
	ask('H', holds);
	assert_int_equal(last(ACTION_PLAN)->r.action, ACTION_HOLD);
	assert_false(last(ACTION_PLAN)->r.is_off);
	hand(KEY_TAB); /* the action */
	hand(KEY_TAB);
	hand(KEY_CTRL | 'u');
	hands("4h");
	hand(KEY_ENTER);
	hands("vacuum");
	hand(KEY_ENTER); /* to the action */
	assert_int_equal(count(ACTION_DO), 0);
	hand(KEY_ENTER);
	assert_true(is_absent(last(ACTION_DO)->r.for_ms)); /* who knows how to read it reads it */
	assert_string_equal(last(ACTION_DO)->values, "for=4h reason=vacuum");
	type(":action mark"); /* not of a job */
	hand(KEY_ENTER);
	assert_true(shows("M marks entries of a dead-letter queue"));
}

static void test_mouse(void **state)
{
	(void)state;
	ask('K', NULL);
	hands("8423");
	for (int y = 0; y < screen.h; y++)
		for (int x = 0; x < screen.w; x++)
			for (int b = 0; b < 3; b++)
				ui_event(&ui, &(struct key_event){.kind = KEY_EVENT_MOUSE,
								  .x = x,
								  .y = y,
								  .button = b});
	assert_true(question_is_open(&ui));
	assert_int_equal(count(ACTION_DO), 0);
}

static void test_read_only(void **state)
{
	(void)state;
	cfg.read_only = true;
	ui_draw(&ui, &screen);
	for (const char *k = "KRBVMH"; *k; k++) {
		hand((uint32_t)*k);
		assert_false(question_is_open(&ui));
		assert_true(shows("read-only: nothing is done from here"));
	}
	assert_int_equal(nwishes, 0);
}

static void test_refused_at_once(void **state)
{
	(void)state;
	refuse_with = -1;
	hand('K');
	assert_false(question_is_open(&ui));
	assert_true(shows("refused by the test"));
	refuse_with = 0;
	ask('K', NULL);
	hands("8423");
	refuse_with = -1;
	hand(KEY_ENTER);
	assert_true(question_is_open(&ui)); /* it says why, and may be answered again */
	assert_true(shows("refused by the test"));
	refuse_with = 0;
	hand(KEY_ENTER);
	assert_false(question_is_open(&ui));
}

/* --- what runs --- */

static void begin_kill(void)
{
	ask('K', NULL);
	hands("8423");
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_DO), 1);
}

static void test_decision(void **state)
{
	(void)state;
	begin_kill();
	publish_action(ACTION_STATE_RUNS);
	assert_false(question_is_open(&ui));
	publish_action(ACTION_STATE_ASKS);
	assert_true(question_is_open(&ui));
	assert_true(shows("Send SIGKILL?"));
	press(KEY_ENTER); /* deaf */
	after(QUESTION_DEAF_MS);
	hand(KEY_TAB);
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_ANSWER), 0); /* not typed */
	hands("8423");
	hand(KEY_ENTER);
	assert_int_equal(count(ACTION_ANSWER), 1);
	assert_int_equal(last(ACTION_ANSWER)->r.plan, PLAN_NUMBER);
	publish_action(ACTION_STATE_DONE);
	assert_true(shows("kill of java 18423: done: ended by SIGTERM"));
}

/* Esc leaves it waiting; the actions view leads back, and cancels. */
static void test_decision_later(void **state)
{
	(void)state;
	begin_kill();
	publish_action(ACTION_STATE_ASKS);
	after(QUESTION_DEAF_MS);
	hand(KEY_ESC);
	publish_action(ACTION_STATE_ASKS);
	assert_false(question_is_open(&ui));
	assert_int_equal(count(ACTION_FORGET), 0);
	type(":actions");
	hand(KEY_ENTER);
	hand(KEY_ENTER);
	assert_true(question_is_open(&ui));
	after(QUESTION_DEAF_MS);
	publish_action(ACTION_STATE_RUNS); /* it ended by itself meanwhile */
	assert_false(question_is_open(&ui));
	hand('c');
	assert_int_equal(count(ACTION_CANCEL), 1);
	assert_int_equal(last(ACTION_CANCEL)->r.plan, PLAN_NUMBER);
	assert_int_equal(count(ACTION_ANSWER), 0);
}

/* It does not break into what somebody types. */
static void test_decision_waits_for_the_prompt(void **state)
{
	(void)state;
	begin_kill();
	type("/842");
	publish_action(ACTION_STATE_ASKS);
	assert_false(question_is_open(&ui));
	press(KEY_ESC);
	publish_action(ACTION_STATE_ASKS);
	assert_true(question_is_open(&ui));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, question_setup, question_teardown)
	const struct CMUnitTest tests[] = {
		T(test_six_keys),
		T(test_cancel_has_the_focus),
		T(test_typed_wrong),
		T(test_deaf),
		T(test_repeats),
		T(test_time),
		T(test_evidence_lives),
		T(test_refused_copies),
		T(test_plan_goes),
		T(test_values),
		T(test_hold),
		T(test_mouse),
		T(test_read_only),
		T(test_refused_at_once),
		T(test_decision),
		T(test_decision_later),
		T(test_decision_waits_for_the_prompt),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
