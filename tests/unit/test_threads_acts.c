/* test_threads_acts.c - acts under ThreadSanitizer: questions opened, answered, forgotten and
 * cancelled from several threads while snapshots come and go, and the program leaves in the middle
 * of it. */
#include "toy_acts.h"

#include <pthread.h>

enum { ASKERS = 3, ROUNDS = 12, LIVES = 12 };

struct crowd {
	atomic_bool is_over;
	atomic_uint opened, done;
};

/* What a hasty front end would do. */
static void act_once(struct crowd *c, unsigned seed)
{
	static const enum action_id which[] = {ACTION_KILL, ACTION_REPLAY, ACTION_KILL_SPARK,
					       ACTION_MARK};
	struct action_request r = action_request_of(ACTION_PLAN, which[seed % 4]);
	struct err err;
	int64_t plan;

	r.job = "quiet";
	r.reason = "a reason";
	plan = backend_act(stage_backend, &r, &err);
	if (plan < 0)
		return;
	c->opened++;
	r.plan = (uint64_t)plan;
	r.typed = "8423";
	for (int i = 0; i < 200 && !c->is_over; i++) {
		r.step = ACTION_DO;
		if (seed % 5 == 0)
			r.step = ACTION_FORGET;
		if (backend_act(stage_backend, &r, &err) == 0)
			break;
		world_nap(2);
	}
	r.step = seed % 2 ? ACTION_ANSWER : ACTION_CANCEL;
	for (int i = 0; i < 50 && !c->is_over; i++) {
		if (backend_act(stage_backend, &r, &err) == 0)
			break;
		world_nap(2);
	}
	c->done++;
}

static void *ask_often(void *data)
{
	struct crowd *c = data;

	for (unsigned i = 0; i < ROUNDS && !c->is_over; i++)
		act_once(c, i);
	return NULL;
}

/* Touches everything a front end may touch. */
static size_t walk(const struct snapshot *s)
{
	const struct rowset *open = dataset_rows(s->plan, &schema_plan);
	const struct rowset *rows = dataset_rows(s->actions, &schema_action);
	struct buf out;
	size_t n;

	buf_init(&out, 1 << 22);
	for (size_t i = 0; i < open->n; i++)
		field_json_row(&schema_plan, open->rows[i], &out);
	for (size_t i = 0; i < rows->n; i++)
		field_json_row(&schema_action, rows->rows[i], &out);
	n = out.len + (s->banner != NULL ? strlen(s->banner) : 0);
	buf_release(&out);
	return n;
}

static void live_once(struct crowd *c, int ms)
{
	const struct snapshot *kept = NULL;
	pthread_t askers[ASKERS];
	int64_t until = world_now_ms() + ms;
	size_t sum = 0;

	c->is_over = false;
	stage_start();
	for (size_t i = 0; i < ASKERS; i++)
		assert_int_equal(pthread_create(&askers[i], NULL, ask_often, c), 0);
	do {
		const struct snapshot *s = backend_latest(stage_backend);
		sum += walk(s);
		if (kept != NULL)
			sum += walk(kept);
		snapshot_unref(kept);
		kept = s;
		world_nap(1);
	} while (world_now_ms() < until);
	backend_acting(stage_backend, true);
	c->is_over = true;
	for (size_t i = 0; i < ASKERS; i++)
		pthread_join(askers[i], NULL);
	stage_stop();
	sum += walk(kept);
	snapshot_unref(kept);
	assert_true(sum > 0 || ms < 1000);
}

static void many_at_once(void **unused ATTR_UNUSED)
{
	struct crowd c = {0};

	live_once(&c, 4000);
	assert_true(c.opened > 0);
	assert_true(c.done > 0);
	stage_verify();
}

/* Left again and again in the middle of it. */
static void leaves_at_any_time(void **unused ATTR_UNUSED)
{
	struct crowd c = {0};

	for (int i = 0; i < LIVES; i++)
		live_once(&c, 10 + 17 * i);
	stage_verify();
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, toys_begin, stage_end)
	const struct CMUnitTest tests[] = {
		T(many_at_once),
		T(leaves_at_any_time),
	};

	audit_mirror_to(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
