/* What keys and snapshots do to the console, on the grid: the life of views that are hidden and
 * shown again. */
#include "golden.h"

static struct snapshot *heap_snapshot(uint64_t seq)
{
	struct snapshot *s = xcalloc(1, sizeof(*s));

	s->refs = 1;
	s->seq = seq;
	s->at = CLUSTER_NOW;
	struct dataset *d = dataset_new();
	cluster_jobs(d);
	s->jobs = d;
	arena_init(&s->arena);
	return s;
}

/* A hidden view's rows belong to a snapshot that may be gone when it is looked at again. */
static void a_hidden_view_never_reads_old_rows(void **state ATTR_UNUSED)
{
	static const char *const order[] = {"overview", "job", "errors",  "job",
					    "overview", "dlq", "job",     "executors",
					    "sources",  "job", "overview"};
	struct screen s;
	struct ui ui;

	golden_start(&ui, &s, 100, 30);
	for (uint64_t seq = 1; seq < 60; seq++) {
		ui_snapshot(&ui, heap_snapshot(seq));
		if (seq % 7 == 0)
			ui_back(&ui);
		else
			ui_go(&ui, view_find(order[seq % ARRAY_LEN(order)]), seq % 3 ? NULL : "");
		if (seq % 2)
			ui_draw(&ui, &s);
	}
	assert_int_equal(ui.snap->seq, 59);
	golden_stop(&ui, &s);
}

static void the_job_view_opens_for_the_job_under_the_cursor(void **state ATTR_UNUSED)
{
	struct screen s;
	struct ui ui;

	golden_start(&ui, &s, 100, 30);
	ui_snapshot(&ui, heap_snapshot(1));
	ui_draw(&ui, &s);
	table_move(view_focused(ui.view)->table, MOVE_DOWN);
	ui_go(&ui, view_find("job"), NULL);
	assert_string_equal(ui.job, "gold-daily");
	golden_stop(&ui, &s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hidden_view_never_reads_old_rows),
		cmocka_unit_test(the_job_view_opens_for_the_job_under_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
