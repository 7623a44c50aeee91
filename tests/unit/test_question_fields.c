/* test_question_fields.c - the values that a question asks for, while what it is about goes on. */
#include "../../tui/question.h"

#include "question_stage.h"

static void again(struct arena *a, struct plan_row *p)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 2);

	v[0] = (struct plan_ask){TEXT("again"), TEXT("type same"), TEXT(""), NULL};
	p->asks = v;
	p->nasks = 1;
}

static void table(struct arena *a, struct plan_row *p, const struct text *found)
{
	struct plan_ask *v = ARENA_ARRAY(a, struct plan_ask, 2);

	v[0] = (struct plan_ask){TEXT("from"), TEXT("table to resume from"), found, NULL};
	v[1] = (struct plan_ask){TEXT("only_s3"), NULL, TEXT("false"), NULL};
	p->asks = v;
	p->nasks = 2;
}

static void table_unknown(struct arena *a, struct plan_row *p)
{
	table(a, p, NULL);
}

static void table_found(struct arena *a, struct plan_row *p)
{
	table(a, p, TEXT("AGENTSVES"));
}

/* A look later it turns out that a word is needed: the question gets its field. */
static void test_asked_later(void **state)
{
	(void)state;
	ask('V', NULL);
	hands("8423");
	publish(again);
	assert_true(shows("type same"));
	assert_true(shows("what it asks for has changed"));
	press(KEY_ENTER); /* on its way already: neither acts nor closes it */
	assert_true(question_is_open(&ui));
	after(QUESTION_DEAF_MS);
	hand(KEY_BACKTAB);
	hands("same");
	hand(KEY_TAB);
	hands("8423");
	assert_int_equal(count(ACTION_DO), 0);
	hand(KEY_ENTER);
	assert_string_equal(last(ACTION_DO)->values, "again=same");
}

static void test_asked_no_more(void **state)
{
	(void)state;
	ask('V', again);
	hand(KEY_BACKTAB);
	hands("sa");
	publish(NULL);
	after(QUESTION_DEAF_MS);
	hands("8423");
	hand(KEY_ENTER);
	assert_string_equal(last(ACTION_DO)->values, "");
}

/* What is found later is in the field, and nobody confirms by what he typed before. */
static void test_found_later(void **state)
{
	(void)state;
	ask('V', table_unknown);
	hands("8423");
	publish(table_found);
	assert_true(shows("AGENTSVES"));
	assert_string_equal(ui.question.typed, "");
	after(QUESTION_DEAF_MS);
	hands("8423");
	hand(KEY_ENTER);
	assert_string_equal(last(ACTION_DO)->values, "from=AGENTSVES only_s3=false");
}

/* What a person gave is not replaced by what is found. */
static void test_given_stays(void **state)
{
	(void)state;
	ask('V', table_unknown);
	hand(KEY_TAB);
	hand(KEY_TAB);
	hands("AGENTS");
	publish(table_found);
	hand(KEY_TAB);
	hand(KEY_TAB);
	hands("8423");
	hand(KEY_ENTER);
	assert_string_equal(last(ACTION_DO)->values, "from=AGENTS only_s3=false");
}

#define T(f) cmocka_unit_test_setup_teardown(f, question_setup, question_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_asked_later),
		T(test_asked_no_more),
		T(test_found_later),
		T(test_given_stays),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
