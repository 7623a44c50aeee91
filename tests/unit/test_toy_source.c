/* test_toy_source.c - the recipe of include/source.h holds: a source that is a row, a table and ops
 * gets schedule, staleness, generic table, filter, sort and --json without a line more. */
#include "toy_source.h"

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>

#include "../../include/out.h"
#include "../../include/schemas.h"
#include "backend_world.h"

static struct fault_server *server;
static struct backend *backend;
static const struct config *cfg;

static int setup(void **state)
{
	static const char *const bodies[] = {"{\"status\":\"fine\",\"wheels\":4}",
					     "{\"status\":\"lame\",\"wheels\":3}", "<html>"};
	struct err err;

	(void)state;
	server = fault_start();
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		char answer[256];
		int port;

		snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(bodies[i]), bodies[i]);
		port = fault_port(server, FAULT_NONE, 0, answer, strlen(answer));
		fault_url(port, "/toy", toy_urls[ntoys++]);
	}
	cfg = world_config("interval: 200ms\n");
	backend = backend_start(cfg, &err);
	return backend && backend_settle(backend, 20000) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	backend_stop(backend);
	config_unref(cfg);
	fault_stop(server);
	return toy_started == 3 && toy_stopped == 3 ? 0 : -1;
}

static void it_is_in_the_lists(void **state)
{
	(void)state;
	assert_string_equal(source_names[SOURCE_TOY], "toy");
	assert_string_equal(source_titles[SOURCE_TOY], "toys");
	assert_ptr_equal(source_registry[SOURCE_TOY], &source_toy);
	assert_null(source_names[SOURCE_COUNT]);
	assert_ptr_equal(schemas_find("toy"), &schema_toy);
	assert_ptr_equal(schemas_find("toys"), &schema_toy);
}

static void its_rows_are_in_the_snapshot(void **state)
{
	const struct snapshot *s = backend_latest(backend);
	struct filter *filter = filter_new("wheels<4");
	struct arena a;
	struct rowset rows;

	(void)state;
	arena_init(&a);
	rows = snapshot_rows(s, schemas_find("toy"), &a);
	assert_int_equal(rows.n, 2);
	assert_false(filter_match(filter, rows.schema, rows.rows[0]));
	assert_true(filter_match(filter, rows.schema, rows.rows[1]));
	assert_true(field_compare(field_find(rows.schema, "wheels"), rows.rows[0], rows.rows[1]) >
		    0);
	filter_free(filter);
	arena_release(&a);
	snapshot_unref(s);
}

static void its_targets_have_states(void **state)
{
	const struct snapshot *s = backend_latest(backend);
	struct buf out;

	(void)state;
	assert_int_equal(s->nsections, 4); /* and this host */
	assert_int_equal(s->sections[0]->source, SOURCE_TOY);
	assert_int_equal(s->sections[0]->state, SECTION_OK);
	assert_int_equal(s->sections[2]->state, SECTION_FAILED);
	assert_non_null(s->sections[2]->problem);
	assert_string_equal(s->sections[2]->found_by, "test");
	buf_init(&out, 1 << 16);
	out_json(s, &(struct out_options){.view = "targets"}, &out);
	assert_non_null(strstr(out.data, "\"source\": \"toy\""));
	buf_clear(&out);
	out_json(s, &(struct out_options){.view = "toys"}, &out);
	assert_non_null(strstr(out.data, "\"wheels\": 3"));
	buf_release(&out);
	snapshot_unref(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_in_the_lists),
		cmocka_unit_test(its_rows_are_in_the_snapshot),
		cmocka_unit_test(its_targets_have_states),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
