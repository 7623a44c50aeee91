/* test_publish_news.c - what wakes the front end, and what waits for its clock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <unistd.h>

#include "../../backend/publish.h"
#include "../../include/row/target.h"
#include "backend_world.h"

struct desk {
	uv_loop_t loop;
	struct clock clock;
	const struct config *cfg;
	struct publish *publish;
};

static int setup(void **state)
{
	struct desk *d = xcalloc(1, sizeof(*d));
	const struct section *one = section_new();
	struct err err;

	d->clock = clock_fixed(1700000000700, 5000); /* 0.3 s before a full second */
	d->cfg = world_config("interval: 1s\n");
	d->publish = publish_new(d->cfg, &d->clock, &err);
	assert_non_null(d->publish);
	publish_sections(d->publish, &one, 1);
	uv_loop_init(&d->loop);
	publish_start(d->publish, &d->loop);
	*state = d;
	return 0;
}

static int teardown(void **state)
{
	struct desk *d = *state;
	int rc;

	publish_stop(d->publish);
	uv_run(&d->loop, UV_RUN_DEFAULT);
	rc = uv_loop_close(&d->loop);
	publish_free(d->publish);
	config_unref(d->cfg);
	free(d);
	return rc;
}

/* Runs until what is due is out; the sequence numbers of that picture. */
static struct snapshot run(struct desk *d)
{
	const struct snapshot *s;
	struct snapshot numbers;

	while (publish_is_behind(d->publish))
		uv_run(&d->loop, UV_RUN_ONCE);
	s = publish_latest(d->publish);
	numbers = (struct snapshot){.seq = s->seq, .news_seq = s->news_seq};
	snapshot_unref(s);
	return numbers;
}

static bool rang(struct desk *d)
{
	struct pollfd wake = {.fd = publish_wake_fd(d->publish), .events = POLLIN};
	uint64_t n;

	return poll(&wake, 1, 0) == 1 && read(wake.fd, &n, sizeof(n)) == sizeof(n);
}

static void only_news_rings(void **state)
{
	struct desk *d = *state;
	struct snapshot first, fresher, both;

	publish_now(d->publish);
	first = run(d);
	assert_true(rang(d));
	assert_int_equal(first.news_seq, first.seq);
	publish_section(d->publish, 0, section_new(), true);
	fresher = run(d);
	assert_int_equal(fresher.seq, first.seq + 1);
	assert_int_equal(fresher.news_seq, first.seq);
	assert_false(rang(d));
	publish_section(d->publish, 0, section_new(), true); /* and then news before that is out */
	publish_section(d->publish, 0, section_new(), false);
	both = run(d);
	assert_int_equal(both.seq, fresher.seq + 1);
	assert_int_equal(both.news_seq, both.seq);
	assert_true(rang(d));
}

/* Shortly before the wall clock's second, whenever the section came. */
static void what_is_fresher_comes_before_the_second(void **state)
{
	struct desk *d = *state;
	uint64_t began;

	publish_now(d->publish);
	uv_update_time(&d->loop);
	began = uv_now(&d->loop);
	publish_section(d->publish, 0, section_new(), true);
	run(d);
	assert_true(uv_now(&d->loop) - began >= 260); /* how much later is the machine's affair */
	d->clock.fixed_wall_ms += 250;                /* 0.05 s before it */
	began = uv_now(&d->loop);
	publish_section(d->publish, 0, section_new(), true);
	publish_section(d->publish, 0, section_new(), true);
	assert_int_equal(run(d).seq, 3);
	assert_true(uv_now(&d->loop) - began >= 5); /* not before the last one's pause is over */
}

/* A target in back-off says nothing, and nothing else may either: it grows old all the same. */
static void what_is_not_well_grows_old(void **state)
{
	struct desk *d = *state;
	struct section *failed = section_new();
	const struct snapshot *s;
	const struct target_row *row;
	struct snapshot first;

	failed->state = SECTION_FAILED;
	failed->where = "http://127.0.0.1:1";
	failed->tried_at = failed->good_at = d->clock.fixed_wall_ms;
	failed->next_at = d->clock.fixed_wall_ms + 50000;
	publish_section(d->publish, 0, failed, false);
	first = run(d);
	assert_true(rang(d));
	d->clock.fixed_wall_ms += 30000;
	assert_false(publish_is_behind(d->publish)); /* whoever waits for news has it */
	uv_run(&d->loop, UV_RUN_ONCE);
	s = publish_latest(d->publish);
	assert_int_equal(s->seq, first.seq + 1);
	assert_int_equal(s->news_seq, first.news_seq);
	assert_false(rang(d));
	row = dataset_one(s->targets, &schema_target);
	assert_true(row->age_s == 30.0 && row->next_s == 20.0);
	snapshot_unref(s);
	/* one that is well does not: its next answer is near */
	publish_section(d->publish, 0, section_new(), false);
	first = run(d);
	assert_int_equal(uv_run(&d->loop, UV_RUN_NOWAIT), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(only_news_rings),
		TEST(what_is_fresher_comes_before_the_second),
		TEST(what_is_not_well_grows_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
