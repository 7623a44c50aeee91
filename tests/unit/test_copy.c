/* test_copy.c - what `y` puts on the clipboard in each view: what stands there, as it stands there.
 */
#include "../../tui/ui.h"
#include "ui_stage.h"

#include "../../include/log.h"
#include "../../include/row/action.h"
#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/executor.h"

static void assert_copied(const char *want)
{
	buf_clear(&ui.clip);
	ui.wish.copy = false;
	press('y');
	if (!ui.wish.copy)
		fail_msg("%s: nothing was copied: %s", view_name(), ui.message);
	assert_string_equal(ui.clip.data, want);
}

static struct dataset *one(const struct schema *s, void *row)
{
	struct dataset *d = dataset_new();

	dataset_add(d, s, row, 1);
	return d;
}

static void look(const char *view)
{
	ui_go(&ui, view_find(view), "");
	ui_refresh(&ui);
	ui_draw(&ui, &screen);
}

/* All lines of the entry that is open, masked where they are shown masked. */
static void an_entry_as_it_is_shown(void **state ATTR_UNUSED)
{
	struct dlq_group_row group;
	struct dlq_entry_row entry;
	struct detail_row lines[] = {
		{0, TEXT("{"), 0}, {1, TEXT("  \"userId\": \"•••123\""), 2}, {2, TEXT("}"), 0}};
	struct dataset *dlq = dataset_new(), *detail = dataset_new();

	field_clear_row(&schema_dlq_group, &group);
	group.job = TEXT("migration");
	group.group = 7;
	group.count = 1;
	group.error_type = TEXT("SchemaError");
	field_clear_row(&schema_dlq_entry, &entry);
	entry.job = group.job;
	entry.group = 7;
	entry.is_bad = false;
	entry.file = TEXT("failed_batches_20251121.json");
	entry.line = 3;
	entry.hash = TEXT("91c0f2ab");
	dataset_add(dlq, &schema_dlq_group, &group, 1);
	dataset_add(dlq, &schema_dlq_entry, &entry, 1);
	dataset_add(detail, &schema_detail, lines, 3);
	snap.dlq = dlq;
	look("dlq");
	assert_copied("migration SchemaError 7");
	press(KEY_ENTER);
	assert_copied("migration failed_batches_20251121.json 3 91c0f2ab");
	press(KEY_ENTER);
	snap.detail = detail;
	ui_refresh(&ui);
	press('k');
	assert_true(shows("y copy"));
	assert_copied("{\n  \"userId\": \"•••123\"\n}");
	assert_true(shows("sent to the terminal's clipboard, 3 lines: {"));
	snap.dlq = snap.detail = NULL;
	ui_refresh(&ui);
	dataset_unref(dlq);
	dataset_unref(detail);
}

static void texts_are_copied_whole(void **state ATTR_UNUSED)
{
	log_msg(LOG_WARN, "the box slept for 4 s");
	look("messages");
	press('y');
	assert_non_null(strstr(ui.clip.data, "the box slept for 4 s"));
	assert_true(shows("sent to the terminal's clipboard: "));
	look("help");
	press('y');
	assert_non_null(strstr(ui.clip.data, "copy to the clipboard"));
}

/* One line for a ticket, all that is known of it where it is open. */
static void an_action_with_what_came_of_it(void **state ATTR_UNUSED)
{
	struct action_row row;
	struct dataset *d;

	field_clear_row(&schema_action, &row);
	row.number = 12;
	row.word = TEXT("kill");
	row.target = TEXT("java 18423");
	row.job = TEXT("migration");
	row.state = ACTION_STATE_DONE;
	row.outcome = TEXT("ended by SIGTERM");
	row.proof = TEXT("gone, its ports free");
	d = one(&schema_action, &row);
	snap.actions = d;
	look("actions");
	press('y');
	assert_non_null(strstr(ui.clip.data, "18423"));
	assert_non_null(strstr(ui.clip.data, ": done; ended by SIGTERM; gone, its ports free"));
	assert_null(strchr(ui.clip.data, '\n'));
	press(KEY_ENTER);
	press('y');
	assert_non_null(strstr(ui.clip.data, "\noutcome     ended by SIGTERM\n"));
	snap.actions = NULL;
	ui_refresh(&ui);
	dataset_unref(d);
}

static void a_row_by_its_name(void **state ATTR_UNUSED)
{
	struct executor_row executor;
	struct error_row error;
	struct dataset *d;

	look("overview");
	assert_copied("migration");
	field_clear_row(&schema_executor, &executor);
	executor.job = TEXT("migration");
	executor.application_id = TEXT("app-1");
	executor.executor_id = TEXT("3");
	snap.executors = d = one(&schema_executor, &executor);
	look("executors");
	assert_copied("migration app-1 3");
	snap.executors = NULL;
	dataset_unref(d);
	field_clear_row(&schema_error, &error);
	error.job = TEXT("migration");
	error.type = TEXT("SchemaError");
	snap.errors = d = one(&schema_error, &error);
	look("errors");
	assert_copied("migration SchemaError");
	snap.errors = NULL;
	ui_refresh(&ui);
	dataset_unref(d);
}

/* What is said of it ends at a character, not inside one. */
static void what_is_said_is_whole_characters(void **state ATTR_UNUSED)
{
	char line[200] = "";

	for (size_t i = 0; i < 60; i++)
		memcpy(line + 3 * i, "•", 4);
	log_msg(LOG_INFO, "%s", line);
	look("messages");
	press('y');
	assert_null(strstr(ui.message, "\\x"));
}

/* A console of the kernel: nothing is sent, and what would take it is said. */
static void no_clipboard_is_said(void **state ATTR_UNUSED)
{
	ui.clip_way = CLIP_NONE;
	look("overview");
	press('y');
	assert_false(ui.wish.copy);
	assert_true(ui.is_message_bad);
	assert_true(shows("this terminal has no clipboard; tmux with set-clipboard on"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_entry_as_it_is_shown, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_are_copied_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(an_action_with_what_came_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_row_by_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(no_clipboard_is_said, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_said_is_whole_characters, setup, teardown),
	};

	setenv("TZ", "UTC", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
