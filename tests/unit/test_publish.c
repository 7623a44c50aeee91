/* test_publish.c - how long a snapshot lives: as long as somebody looks at it, and then it is freed
 * by the backend's thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../../backend/publish.h"

enum { ALWAYS = 2 }; /* references that the test and the slot hold */

struct world {
	const struct config *cfg;
	struct publish *publish;
	struct section *section; /* each snapshot holds one reference */
};

static struct world world_make(void)
{
	struct world w = {.section = section_new()};
	const struct section *sections[] = {w.section};
	struct buf mistakes;
	struct err err;

	buf_init(&mistakes, 4096);
	assert_int_equal(config_parse("test", "interval: 1s\n", 13, &w.cfg, &mistakes), 0);
	buf_release(&mistakes);
	w.section->where = "http://127.0.0.1:1";
	w.publish = publish_new(w.cfg, &clock_real, &err);
	assert_non_null(w.publish);
	section_ref(w.section);
	publish_sections(w.publish, sections, 1);
	return w;
}

static void world_end(struct world *w)
{
	publish_free(w->publish);
	assert_int_equal(w->section->refs, 1);
	section_unref(w->section);
	config_unref(w->cfg);
}

static int snapshots(const struct world *w)
{
	return w->section->refs - ALWAYS;
}

static void what_nobody_sees_is_freed_at_once(void **state ATTR_UNUSED)
{
	struct world w = world_make();

	for (int i = 0; i < 20; i++)
		publish_now(w.publish);
	assert_int_equal(snapshots(&w), 1);
	world_end(&w);
}

static void what_is_seen_is_freed_here(void **state ATTR_UNUSED)
{
	struct world w = world_make();
	const struct snapshot *seen;

	publish_now(w.publish);
	seen = publish_latest(w.publish);
	publish_now(w.publish);
	publish_now(w.publish);
	assert_int_equal(snapshots(&w), 2);
	assert_false(snapshot_is_alone(seen));
	snapshot_unref(seen); /* frees nothing: the reader has no time for that */
	assert_int_equal(snapshots(&w), 2);
	publish_now(w.publish);
	assert_int_equal(snapshots(&w), 1);
	world_end(&w);
}

/* Somebody who keeps more than there are places for frees the oldest himself. */
static void many_that_are_seen(void **state ATTR_UNUSED)
{
	const struct snapshot *seen[10];
	struct world w = world_make();

	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		publish_now(w.publish);
		seen[i] = publish_latest(w.publish);
	}
	assert_int_equal(snapshots(&w), ARRAY_LEN(seen));
	assert_true(snapshot_is_alone(seen[0]));
	for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
		assert_int_equal(seen[i]->seq, i + 1);
		snapshot_unref(seen[i]);
	}
	publish_now(w.publish);
	assert_int_equal(snapshots(&w), 1);
	world_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_nobody_sees_is_freed_at_once),
		cmocka_unit_test(what_is_seen_is_freed_here),
		cmocka_unit_test(many_that_are_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
