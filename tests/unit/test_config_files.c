/* The configuration from several places: the system's file sets limits, the user's file adds, argv
 * is last. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../include/log.h"
#include "../../backend/config_file.h"
#include "files.h"

static char folder[64], system_file[96], user_file[96];
static struct config_args args;

static int setup(void **unused ATTR_UNUSED)
{
	snprintf(folder, sizeof(folder), "/tmp/sparkops-config-XXXXXX");
	assert_non_null(mkdtemp(folder));
	snprintf(system_file, sizeof(system_file), "%s/system.yaml", folder);
	snprintf(user_file, sizeof(user_file), "%s/user.yaml", folder);
	args = (struct config_args){
		.config = user_file, .interval_ms = ABSENT, .timeout_ms = ABSENT, .limit = ABSENT};
	setenv("HOME", folder, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("XDG_STATE_HOME");
	unsetenv("NO_COLOR");
	return 0;
}

static int teardown(void **unused ATTR_UNUSED)
{
	folder_remove(folder);
	return 0;
}

static int load(const struct config **c, struct buf *mistakes)
{
	buf_init(mistakes, 1 << 20);
	return config_load_files(system_file, &args, c, mistakes);
}

static const struct config *load_right(void)
{
	const struct config *c;
	struct buf mistakes;

	if (load(&c, &mistakes) != 0)
		fail_msg("%s", mistakes.data);
	buf_release(&mistakes);
	return c;
}

static const struct config_job *find(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->njobs; i++)
		if (text_is(c->jobs[i].name, name))
			return &c->jobs[i];
	fail_msg("no job %s", name);
	return NULL;
}

static void limits_cannot_be_widened(void **unused ATTR_UNUSED)
{
	const struct config *c;

	file_write_text(
		system_file,
		"read_only: true\nlabel: PROD\nactions: [kill, restart, recover]\ninterval: 10s\n"
		"jobs:\n  - {name: a, health: \"http://h:1\", actions: [restart]}\n");
	file_write_text(user_file,
			"read_only: false\nlabel: TEST\nactions: [kill, replay, restart, recover]\n"
			"interval: 5s\njobs:\n"
			"  - {name: a, health: \"http://h:9\", actions: [kill, restart, replay]}\n"
			"  - {name: alias, health: \"http://h:1/\", actions: [kill, restart]}\n"
			"  - {name: other, ui: \"http://h:4\"}\n");
	c = load_right();
	assert_true(c->read_only);
	assert_true(text_is(c->label, "PROD"));
	assert_int_equal(c->interval_ms, 5000);
	assert_int_equal(c->actions, ACT_KILL | ACT_RESTART | ACT_RECOVER);
	assert_int_equal(c->njobs, 3); /* the user's a took the place of the system's */
	assert_string_equal(find(c, "a")->health, "http://h:9");
	assert_int_equal(find(c, "a")->actions, ACT_RESTART);
	assert_int_equal(find(c, "alias")->actions, ACT_RESTART);
	assert_int_equal(find(c, "other")->actions, ACT_KILL | ACT_RESTART | ACT_RECOVER);
	assert_string_equal(c->file, user_file);
	config_unref(c);
}

static void limits_hold_for_argv_too(void **unused ATTR_UNUSED)
{
	const char *const health[] = {"http://h:1/"};
	const struct config *c;

	file_write_text(system_file, "jobs:\n  - {name: a, health: \"http://h:1\", actions: []}\n");
	file_write_text(user_file, "");
	args.health = health;
	args.nhealth = 1;
	c = load_right();
	assert_int_equal(c->njobs, 2);
	assert_int_equal(find(c, "h:1")->actions, 0);
	config_unref(c);
}

static void a_user_can_narrow(void **unused ATTR_UNUSED)
{
	const struct config *c;

	file_write_text(system_file, "read_only: false\n");
	file_write_text(user_file, "read_only: true\nlabel: mine\nactions: [replay]\n"
				   "jobs: [{name: a, ui: \"http://h\"}]\n");
	c = load_right();
	assert_true(c->read_only);
	assert_true(text_is(c->label, "mine"));
	assert_int_equal(c->jobs[0].actions, ACT_REPLAY);
	config_unref(c);
}

static void mistakes_of_both_files_are_said(void **unused ATTR_UNUSED)
{
	const struct config *c;
	struct buf mistakes;
	char want[400];

	file_write_text(system_file, "interval: x\n");
	file_write_text(user_file, "discover: 7\n");
	assert_int_equal(load(&c, &mistakes), -ERR_CONFIG);
	assert_null(c);
	snprintf(want, sizeof(want),
		 "%s:1:11: interval: \"x\" is wrong; it would be a duration like 250ms, 2s, 10m, "
		 "6h or "
		 "7d\n%s:1:11: discover: \"7\" is wrong; it would be true or false\n",
		 system_file, user_file);
	assert_string_equal(mistakes.data, want);
	buf_release(&mistakes);
}

static bool is_key(const char *name)
{
	return strlen(name) == 1 || strcmp(name, "Enter") == 0;
}

static bool has_command(const char *scope, const char *name)
{
	return strcmp(name, "open") == 0 || strcmp(name, "action") == 0 ||
	       (strcmp(name, "page") == 0 && strcmp(scope, "overview") != 0);
}

static const char *const *arguments(const char *command, const char *given)
{
	static const char *const words[] = {"kill", "replay", NULL};

	return strcmp(command, "action") == 0 && strcmp(given, "kill") != 0 ? words : NULL;
}

/* What the console would refuse is said with its place, all at once, by --check, at the start and
 * when the file is read again. */
static void names_of_the_console_are_checked(void **unused ATTR_UNUSED)
{
	static const char *const themes[] = {"default", "light", NULL};
	static const char *const views[] = {"overview", "dlq", NULL};
	static const char *const later[] = {"jvms", NULL};
	static const char *const commands[] = {"open", "page", "quit", NULL};
	static const struct config_names names = {themes, views,       later,    commands,
						  is_key, has_command, arguments};
	static const char *const said[] = {
		"1:8: theme: unknown theme \"darkk\"; there are default, light\n",
		"2:7: view: unknown view \"overvew\"; did you mean \"overview\"?\n",
		"4:14: \"oo\" is no key; it would be a character, Enter, Space, Tab, Esc, PgUp, "
		"F1 to F12, C-a or M-a\n",
		"4:18: unknown command \"blah\"; it would be like open, view dlq or filter WORD\n",
		"4:27: unknown command \"opne\"; did you mean \"open\"?\n",
		"4:36: command \"page\" does nothing in \"overview\"; bind it in the view it is "
		"of\n",
		"4:51: unknown action \"nope\"; there are kill, replay\n",
		"4:69: unknown action \"repaly\"; did you mean \"replay\"?\n",
		"4:90: unknown action \"\"; there are kill, replay\n",
		"5:3: keys: unknown view \"nowhere\"; there are global, overview, dlq\n",
		"6:3: keys: unknown view \"overviwe\"; did you mean \"overview\"?\n"};
	const struct config *c, *fresh;
	struct buf mistakes;
	char want[2000] = "";

	args.names = &names;
	file_write_text(user_file, "view: dlq\ntheme: light\nkeys: {jvms: {K: 'action kill'}, "
				   "dlq: {o: page older, x: ''}, global: {Enter: page older}}\n");
	c = load_right();
	file_write_text(user_file,
			"theme: darkk\nview: overvew\nkeys:\n"
			"  overview: {oo: blah, o: opne, p: page older, a: 'action nope', b: "
			"'action  repaly', c: 'action'}\n"
			"  nowhere: {o: open job}\n  overviwe: {o: open}\n");
	for (size_t i = 0; i < ARRAY_LEN(said); i++)
		snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s:%s", user_file,
			 said[i]);
	buf_init(&mistakes, 1 << 20);
	assert_int_equal(config_reload(c, &fresh, &mistakes), -ERR_CONFIG);
	assert_string_equal(mistakes.data, want);
	buf_release(&mistakes);
	config_unref(c);
	file_write_text(user_file, "view: jvms\n");
	assert_int_equal(load(&c, &mistakes), -ERR_CONFIG);
	snprintf(want, sizeof(want),
		 "%s:1:7: view: \"jvms\" is not built yet; there are overview, dlq\n", user_file);
	assert_string_equal(mistakes.data, want);
	buf_release(&mistakes);
}

static void jobs_of_argv_get_names(void **unused ATTR_UNUSED)
{
	const char *const health[] = {"http://h:5001/", "https://[::1]/x", "http://h:5001",
				      "http://h:4040"};
	const char *const ui[] = {"http://h:4040", "http://h:4040/proxy"};
	const char *const dlq[] = {"/srv/dlq//", "relative"};
	static const char *const names[] = {"h:5001",      "[::1]:443",    "h:4040",
					    "h:4040 (ui)", "h:4040/proxy", "/srv/dlq"};
	const struct config *c;
	char cwd[400];

	file_write_text(user_file, "");
	args.health = health;
	args.nhealth = ARRAY_LEN(health);
	args.ui = ui;
	args.nui = ARRAY_LEN(ui);
	args.dlq = dlq;
	args.ndlq = ARRAY_LEN(dlq);
	c = load_right();
	assert_int_equal(c->njobs, ARRAY_LEN(names) + 1);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		assert_string_equal(text_str(c->jobs[i].name), names[i]);
	assert_non_null(getcwd(cwd, sizeof(cwd) - 20));
	strncat(cwd, "/relative", sizeof(cwd) - strlen(cwd) - 1);
	assert_string_equal(c->jobs[6].dlq, cwd);
	assert_string_equal(c->jobs[0].found_by, "argv");
	assert_string_equal(c->jobs[0].health, "http://h:5001");
	assert_true(c->jobs[0].expect_always);
	assert_int_equal(c->jobs[0].stale_after_ms, 300000);
	assert_true(is_absent(c->jobs[0].task_memory_bytes));
	config_unref(c);
}

static void argv_is_last(void **unused ATTR_UNUSED)
{
	const struct config *c;
	char state[128];

	file_write_text(user_file, "interval: 5s\ntheme: light\nview: dlq\n");
	args.interval_ms = 1000;
	args.theme = "mono";
	args.wall = args.no_discover = args.ascii = true;
	args.limit = 0;
	args.state_dir = "/elsewhere";
	c = load_right();
	assert_int_equal(c->interval_ms, 1000);
	assert_string_equal(c->theme, "mono");
	assert_string_equal(c->view, "dlq");
	assert_true(c->is_wall);
	assert_true(c->read_only);
	assert_false(c->discover);
	assert_true(c->is_ascii);
	assert_false(c->no_color);
	assert_int_equal(c->dlq_limit, 0);
	assert_string_equal(c->state_dir, "/elsewhere");
	config_unref(c);
	setenv("NO_COLOR", "1", 1);
	snprintf(state, sizeof(state), "%s/s", folder);
	setenv("XDG_STATE_HOME", state, 1);
	args.state_dir = NULL;
	c = load_right();
	assert_true(c->no_color);
	strncat(state, "/sparkops", sizeof(state) - strlen(state) - 1);
	if (access("/var/lib/sparkops", W_OK | X_OK) != 0)
		assert_string_equal(c->state_dir, state);
	config_unref(c);
}

static void relative_paths_begin_at_the_file(void **unused ATTR_UNUSED)
{
	const struct config *c;
	char want[128];

	file_write_text(user_file, "jobs:\n  - {name: a, dlq: dlq/}\n  - {name: b, dlq: ~/x}\n");
	c = load_right();
	snprintf(want, sizeof(want), "%s/dlq", folder);
	assert_string_equal(c->jobs[0].dlq, want);
	snprintf(want, sizeof(want), "%s/x", folder);
	assert_string_equal(c->jobs[1].dlq, want);
	config_unref(c);
}

static void files_that_cannot_be_read(void **unused ATTR_UNUSED)
{
	const struct config *c;
	struct buf mistakes;
	char want[200], path[128];

	assert_int_equal(load(&c, &mistakes), -ERR_CONFIG);
	snprintf(want, sizeof(want),
		 "%s: cannot be read: No such file or directory; name a file you may "
		 "read\n",
		 user_file);
	assert_string_equal(mistakes.data, want);
	buf_release(&mistakes);
	/* Without --config a missing file is fine, a folder in its place is not. */
	args.config = NULL;
	c = load_right();
	assert_null(c->file);
	config_unref(c);
	snprintf(path, sizeof(path), "%s/.config", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/.config/sparkops", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/.config/sparkops/config.yaml", folder);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(load(&c, &mistakes), -ERR_CONFIG);
	buf_release(&mistakes);
	/* Neither is something that never ends. */
	args.config = "/dev/zero";
	assert_int_equal(load(&c, &mistakes), -ERR_CONFIG);
	assert_string_equal(mistakes.data,
			    "/dev/zero:1:1: larger than 4 MiB; is this the right file?\n");
	buf_release(&mistakes);
}

static void a_change_is_seen(void **unused ATTR_UNUSED)
{
	const struct config *c, *fresh;
	struct buf mistakes;

	file_write_text(user_file, "interval: 5s\n");
	buf_init(&mistakes, 1 << 20);
	assert_int_equal(config_load(&args, &c, &mistakes), 0);
	assert_false(config_has_changed(c));
	file_write_text(user_file, "interval: 50s\n");
	assert_true(config_has_changed(c));
	assert_int_equal(config_reload(c, &fresh, &mistakes), 0);
	assert_int_equal(c->interval_ms, 5000);
	assert_int_equal(fresh->interval_ms, 50000);
	assert_false(config_has_changed(fresh));
	file_write_text(user_file, "interval: fifty\n");
	assert_true(config_has_changed(fresh));
	config_unref(c);
	assert_int_equal(config_reload(fresh, &c, &mistakes), -ERR_CONFIG);
	config_unref(fresh);
	buf_release(&mistakes);
}

static void read_only_stays(void **unused ATTR_UNUSED)
{
	const struct config *c, *fresh;
	const struct log_line *lines;
	struct buf mistakes;
	struct arena a;

	file_write_text(user_file, "read_only: true\n");
	buf_init(&mistakes, 1 << 20);
	assert_int_equal(config_load(&args, &c, &mistakes), 0);
	file_write_text(user_file, "read_only: false\n");
	assert_int_equal(config_reload(c, &fresh, &mistakes), 0);
	assert_true(fresh->read_only);
	arena_init(&a);
	assert_int_equal(log_tail(&a, 1, &lines), 1);
	assert_non_null(strstr(lines[0].message, "until it is started again"));
	arena_release(&a);
	config_unref(c);
	config_unref(fresh);
	buf_release(&mistakes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(limits_cannot_be_widened, setup, teardown),
		cmocka_unit_test_setup_teardown(limits_hold_for_argv_too, setup, teardown),
		cmocka_unit_test_setup_teardown(a_user_can_narrow, setup, teardown),
		cmocka_unit_test_setup_teardown(mistakes_of_both_files_are_said, setup, teardown),
		cmocka_unit_test_setup_teardown(names_of_the_console_are_checked, setup, teardown),
		cmocka_unit_test_setup_teardown(jobs_of_argv_get_names, setup, teardown),
		cmocka_unit_test_setup_teardown(argv_is_last, setup, teardown),
		cmocka_unit_test_setup_teardown(relative_paths_begin_at_the_file, setup, teardown),
		cmocka_unit_test_setup_teardown(files_that_cannot_be_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_change_is_seen, setup, teardown),
		cmocka_unit_test_setup_teardown(read_only_stays, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
