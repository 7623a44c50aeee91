/* What a configuration file may say, and what is said about one that is wrong: every mistake, its
 * place, what would be right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../include/config.h"
#include "files.h"

#define JOB "jobs:\n  - name: a\n    health: http://h:1\n"

static const struct {
	const char *yaml, *want; /* all of the report */
} mistakes[] = {
	{"interval: 2 s\n",
	 "f:1:11: interval: \"2 s\" is wrong; it would be a duration like 250ms, 2s, 10m, 6h or "
	 "7d\n"},
	{"intervall: 2s\n", "f:1:1: unknown key \"intervall\"; did you mean \"interval\"?\n"},
	{"interval: 5\n",
	 "f:1:11: interval: \"5\" is wrong; it would be a duration like 250ms, 2s, "
	 "10m, 6h or 7d\n"},
	{"interval: 100ms\n",
	 "f:1:11: interval: \"100ms\" is out of limits; it would be 200ms to 1h\n"},
	{"interval: 2h\n", "f:1:11: interval: \"2h\" is out of limits; it would be 200ms to 1h\n"},
	{"interval: -2s\n",
	 "f:1:11: interval: \"-2s\" is wrong; it would be a duration like 250ms, "
	 "2s, 10m, 6h or 7d\n"},
	{"interval:\n",
	 "f:1:10: interval has no value; it would be a duration like 250ms, 2s, 10m, "
	 "6h or 7d\n"},
	{"discover: maybe\n", "f:1:11: discover: \"maybe\" is wrong; it would be true or false\n"},
	{"discover: [true]\n", "f:1:11: discover is a list; it would be true or false\n"},
	{"discover: true\ndiscover: true\n",
	 "f:2:1: discover stands here twice; the first is in line 1\n"},
	{"signatures: [{match: abc}]\n",
	 "f:1:22: match: \"abc\" is no text to find lines by; it would be 4 to 200 bytes\n"},
	{"signatures: [{match: \"ab\\ncd\"}]\n",
	 "f:1:22: match: \"ab\\ncd\" holds a line break or control character; it would be text of "
	 "one line\n"},
	{"signatures: [{kind: oom}]\n", "f:1:14: a signature has no match; write match: ...\n"},
	{"signatures: [{match: abcd, kind: oon}]\n",
	 "f:1:34: kind: unknown word \"oon\"; did you mean \"oom\"?\n"},
	{"jobs: {a: b}\n",
	 "f:1:7: jobs is a mapping; it would be a list, each line begun with -\n"},
	{"jobs:\n  - x\n", "f:2:5: a job is one value; it would be a mapping, name: value\n"},
	{"jobs:\n  - name: a\n",
	 "f:2:5: a job has nothing to go by; it needs one of health, ui, dlq, log, match\n"},
	{"jobs:\n  - health: http://h\n", "f:2:5: a job has no name; write name: ...\n"},
	{JOB "  - name: a\n    ui: http://h:2\n",
	 "f:4:5: job \"a\" is named twice; the first is in line 2\n"},
	{JOB "    helth: http://x\n", "f:4:5: unknown key \"helth\"; did you mean \"health\"?\n"},
	{JOB "    ui: ftp://x\n",
	 "f:4:9: ui: \"ftp://x\" is no http or https URL; it would be like "
	 "http://127.0.0.1:4040\n"},
	{JOB "    ui: \"http://x\\r\\nHost: y\"\n", "f:4:9: ui: \"http://x\\r\\nHost: y\" holds a "
						    "blank, control or non-ASCII character; write "
						    "it as %XX\n"},
	{JOB "    ui: \"http://x\\0y\"\n", "f:4:9: ui holds a NUL byte; leave that out\n"},
	{JOB "    ui: http://u:p@x/\n", "f:4:9: ui: \"http://u:p@x/\" carries a user or password; "
					"name them under auth: by file\n"},
	{JOB "    ui: http://x:99999\n",
	 "f:4:9: ui: \"http://x:99999\" has no proper port; it would "
	 "be 1 to 65535\n"},
	{JOB "    ui: http:///x\n", "f:4:9: ui: \"http:///x\" has no proper host; it would be like "
				    "http://127.0.0.1:4040\n"},
	{JOB "    ui: http://x/?a\n",
	 "f:4:9: ui: \"http://x/?a\" has a query (?...); write the base "
	 "that paths are added to\n"},
	{JOB "    expect: alway\n",
	 "f:4:13: expect: unknown word \"alway\"; did you mean \"always\"?\n"},
	{JOB "    task_memory: 512\n",
	 "f:4:18: task_memory: \"512\" is wrong; it would be a size like 512MiB or 4g\n"},
	{JOB "    safety_factor: 0x2\n",
	 "f:4:20: safety_factor: \"0x2\" is wrong; it would be a number like 1.5\n"},
	{JOB "    safety_factor: 0.5\n",
	 "f:4:20: safety_factor: \"0.5\" is out of limits; it would be 1 to 10\n"},
	{JOB "    actions: [kil]\n",
	 "f:4:15: unknown action \"kil\"; there are kill, replay, restart "
	 "and recover\n"},
	{JOB "    log: []\n", "f:4:10: log is empty; it would be [FILE, ...]\n"},
	{JOB "    log: {jurnal: x}\n",
	 "f:4:10: a log has none of journal, command; it needs exactly one\n"
	 "f:4:11: unknown key \"jurnal\"; did you mean \"journal\"?\n"},
	{JOB "    restart: {wait: 5s}\n", "f:4:14: a restart hook has none of systemd, command, "
					  "http; it needs exactly one\n"},
	{JOB "    restart: {systemd: a, detach: true}\n",
	 "f:4:27: detach has a meaning only with command; write that too\n"},
	{JOB "    restart: {command: /bin/x}\n",
	 "f:4:24: command is one value; it would be a list of texts like [\"a\", \"b\"]\n"},
	{JOB "    replay: {http: {url: \"http://h/{batchid}\"}}\n",
	 "f:4:26: unknown placeholder {batchid}; did you mean {batch_id}?\n"},
	{JOB "    replay: {http: {url: \"http://{job}/x\"}}\n",
	 "f:4:26: url: \"http://{job}/x\" has no proper host; it would be like "
	 "http://127.0.0.1:4040\n"},
	{JOB "    resume: {http: {url: http://h/, body: '{zzz_zzz}'}}\n",
	 "f:4:43: unknown placeholder {zzz_zzz}; name it under values or facts\n"},
	{JOB "    replay: {command: [a], rate: 30}\n",
	 "f:4:34: rate: \"30\" is wrong; it would be a rate like 30/min\n"},
	{JOB "    facts: {t: {log: 'no group'}}\n",
	 "f:4:22: log: \"no group\" needs exactly one group "
	 "in parentheses: the value it finds\n"},
	{JOB "    facts: {t: {log: '(x'}}\n",
	 "f:4:22: log: \"(x\" is no regular expression; it would "
	 "be like 'table (\\S+) failed'\n"},
	{JOB "    facts: {t: {log: '((x{99}){99}){99}'}}\n",
	 "f:4:22: log: \"((x{99}){99}){99}\" repeats too much; counted repetitions may make 1000 "
	 "copies at most\n"},
	{JOB "    facts: {batch_id: {log: '(x)'}}\n",
	 "f:4:13: {batch_id} means something else already; take another name\n"},
	{"clusters:\n  - {name: c}\n",
	 "f:2:5: a cluster has nothing to go by; it needs one of master, history\n"},
	{"auth:\n  - {match: \"http://x\", bearer_env: T}\n",
	 "f:2:13: match: \"http://x\" could match other hosts; end the host with a slash\n"},
	{"auth:\n  - {match: \"http://x/\", user: u, password: p}\n",
	 "f:2:26: user has a meaning only with password_file; write that too\n"
	 "f:2:35: password: a secret never stands here; write password_file: FILE\n"},
	{"keys: [a]\n",
	 "f:1:7: keys is a list; it would be a mapping like {overview: {o: open job}}\n"},
	{"a: b\n---\nc: d\n",
	 "f:1:1: unknown key \"a\"; a configuration takes interval, discover, "
	 "read_only, label, actions, theme, view, ascii, jobs, clusters, auth, "
	 "signatures, keys\nf:3:1: a second document; a configuration is one, leave --- out\n"},
	{"label: !python/object x\n", "f:1:8: unknown tag \"!python/object\"; leave the tag out\n"},
	{"interval: 2s\n  discover: true\n",
	 "f:2:11: no YAML: mapping values are not allowed in this "
	 "context; indent with blanks, write name: value\n"},
	{"label: *nobody\n",
	 "f:1:8: no YAML: found undefined alias; indent with blanks, write name: "
	 "value\n"},
	{"label: \xff\n", "f:1:8: byte 0xff is no UTF-8 text; save the file as UTF-8\n"},
	{"\xef\xbb\xbf# \xc3\xa9\nlabel: \x01\n",
	 "f:2:8: no YAML: control characters are not allowed; "
	 "indent with blanks, write name: value\n"},
};

static const struct config *parse(const char *yaml, struct buf *report)
{
	const struct config *c = NULL;
	int rc;

	buf_init(report, 1 << 20);
	rc = config_parse("f", yaml, strlen(yaml), &c, report);
	assert_int_equal(rc, report->len > 0 ? -ERR_CONFIG : 0);
	assert_int_equal(c != NULL, rc == 0);
	return c;
}

static void each_mistake_is_said(void **state ATTR_UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(mistakes); i++) {
		struct buf report;
		const struct config *c = parse(mistakes[i].yaml, &report);

		assert_null(c);
		assert_string_equal(report.data, mistakes[i].want);
		buf_release(&report);
	}
}

static void all_mistakes_in_line_order(void **state ATTR_UNUSED)
{
	struct buf report;

	assert_null(
		parse("zzz: 1\njobs:\n  - {name: a, ui: x}\n  - {name: a, dlq: y}\ninterval: q\n",
		      &report));
	assert_string_equal(
		report.data,
		"f:1:1: unknown key \"zzz\"; a configuration takes interval, discover, "
		"read_only, label, actions, theme, view, ascii, jobs, clusters, auth, "
		"signatures, keys\n"
		"f:3:19: ui: \"x\" is no http or https URL; it would be like "
		"http://127.0.0.1:4040\n"
		"f:4:5: job \"a\" is named twice; the first is in line 3\n"
		"f:5:11: interval: \"q\" is wrong; it would be a duration like 250ms, 2s, "
		"10m, 6h or 7d\n");
	buf_release(&report);
}

/* Every key of the interface's example, and what is read from it. */
static void everything_is_accepted(void **state ATTR_UNUSED)
{
	struct buf report;
	char *text = file_read("tests/fixture/config/full.yaml", NULL);
	const struct config *c = parse(text, &report);
	const struct config_job *j;

	free(text);
	assert_non_null(c);
	assert_int_equal(c->interval_ms, 2000);
	assert_true(c->discover);
	assert_false(c->read_only);
	assert_true(text_is(c->label, "PROD"));
	assert_int_equal(c->njobs, 1);
	j = &c->jobs[0];
	assert_true(text_is(j->name, "health-analytics"));
	assert_string_equal(j->health, "http://127.0.0.1:5001");
	assert_string_equal(j->ui, "http://127.0.0.1:4040");
	assert_string_equal(j->dlq, "/srv/jobs/health/dlq");
	assert_string_equal(j->found_by, "config");
	assert_true(j->expect_always);
	assert_int_equal(j->stale_after_ms, 300000);
	assert_int_equal(j->quiet_after_ms, 900000);
	assert_int_equal(j->trigger_interval_ms, 60000);
	assert_int_equal(j->ready.within_ms, 120000);
	assert_int_equal(j->task_memory_bytes, 512 << 20);
	assert_true(j->safety_factor == 1.5);
	assert_int_equal(j->actions, ACT_KILL | ACT_REPLAY | ACT_RESTART | ACT_RECOVER);
	assert_string_equal(j->replay.unit[0], "{context.last_ts}");
	assert_int_equal(j->replay.max_age_ms, 7 * 86400000LL);
	assert_string_equal(c->clusters[0].master, "http://spark-master:8080");
	assert_string_equal(c->clusters[0].history, "http://spark-history:18080");
	assert_string_equal(c->auths[0].match, "https://spark.example/");
	assert_string_equal(c->auths[0].bearer_file, "/etc/sparkops/token");
	config_unref(c);
	buf_release(&report);
}

static void where_logs_are_is_kept(void **state ATTR_UNUSED)
{
	struct buf report;
	const struct config *c = parse("signatures:\n"
				       "  - {match: Table is locked, kind: dependency, means: m}\n"
				       "  - match: \"Row 7\"\n"
				       "jobs:\n"
				       "  - {name: a, log: [/var/x.log, /var/y.log]}\n"
				       "  - {name: b, log: {journal: b.service}, match: "
				       "{app_name: beta, main_class: org.B}}\n"
				       "  - {name: c, log: {command: [docker, logs, -f, c]}}\n"
				       "  - {name: d, log: /var/d.log}\n"
				       "  - {name: e, ui: \"http://h:1\"}\n",
				       &report);
	const struct config_job *j;

	assert_non_null(c);
	j = c->jobs;
	assert_string_equal(j[0].log.files[0], "/var/x.log");
	assert_string_equal(j[0].log.files[1], "/var/y.log");
	assert_null(j[0].log.files[2]);
	assert_string_equal(j[1].log.journal, "b.service");
	assert_null(j[1].log.files);
	assert_string_equal(j[1].match_app_name, "beta");
	assert_string_equal(j[1].match_main_class, "org.B");
	assert_string_equal(j[2].log.command[0], "docker");
	assert_string_equal(j[2].log.command[3], "c");
	assert_null(j[2].log.command[4]);
	assert_string_equal(j[3].log.files[0], "/var/d.log");
	assert_null(j[3].log.files[1]);
	assert_true(!j[4].log.files && !j[4].log.journal && !j[4].log.command);
	assert_int_equal(c->nsignatures, 2);
	assert_string_equal(c->signatures[0].match, "Table is locked");
	assert_string_equal(c->signatures[0].kind, "dependency");
	assert_string_equal(c->signatures[0].means, "m");
	assert_null(c->signatures[0].next);
	assert_string_equal(c->signatures[1].match, "Row 7");
	assert_null(c->signatures[1].kind);
	config_unref(c);
	buf_release(&report);
}

static void what_is_not_said_is_absent(void **state ATTR_UNUSED)
{
	struct buf report;
	const struct config *c =
		parse("jobs:\n  - {name: a, ui: \"http://h:1///\", trigger_interval: 10m, "
		      "expect: sometimes, actions: []}\n",
		      &report);

	assert_non_null(c);
	assert_string_equal(c->jobs[0].ui, "http://h:1");
	assert_null(c->jobs[0].health);
	assert_int_equal(c->jobs[0].stale_after_ms, 1800000); /* 3 x trigger_interval */
	assert_true(is_absent(c->jobs[0].quiet_after_ms));
	assert_true(is_absent(c->jobs[0].task_memory_bytes));
	assert_false(c->jobs[0].expect_always);
	assert_int_equal(c->jobs[0].actions, 0);
	assert_null(c->label);
	assert_int_equal(c->dlq_limit, 1000);
	config_unref(c);
	buf_release(&report);
	c = parse("# nothing\n", &report);
	assert_non_null(c);
	assert_int_equal(c->interval_ms, 2000);
	assert_int_equal(c->njobs, 0);
	config_unref(c);
	buf_release(&report);
}

static void keys_are_kept_as_text(void **state ATTR_UNUSED)
{
	struct buf report;
	const struct config *c =
		parse("keys: {jvms: {K: 'action kill-jvm'}, global: {x: quit}}\n", &report);

	assert_int_equal(c->nkeys, 2);
	assert_string_equal(c->keys[0].scope, "jvms");
	assert_string_equal(c->keys[0].key, "K");
	assert_string_equal(c->keys[0].command, "action kill-jvm");
	assert_string_equal(c->keys[1].scope, "global");
	config_unref(c);
	buf_release(&report);
}

/* What --print-config writes is accepted, says the same again, and so does each comment in it. */
static void what_is_printed_is_accepted(void **state ATTR_UNUSED)
{
	const char *const files[] = {"tests/fixture/config/full.yaml",
				     "tests/fixture/config/empty.yaml"};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct buf report, first, second;
		char *text = file_read(files[i], NULL);
		const struct config *c = parse(text, &report);

		free(text);
		assert_non_null(c);
		buf_init(&first, 1 << 20);
		buf_init(&second, 1 << 20);
		config_print(c, &first);
		config_unref(c);
		c = parse(first.data, &report);
		assert_non_null(c);
		config_print(c, &second);
		assert_string_equal(first.data, second.data);
		config_unref(c);
		buf_release(&first);
		buf_release(&second);
	}
}

static void comments_hold_what_is_right(void **state ATTR_UNUSED)
{
	struct buf report, printed, bare;
	const struct config *c = parse("", &report);
	char *save = NULL;

	buf_init(&printed, 1 << 20);
	buf_init(&bare, 1 << 20);
	config_print(c, &printed);
	config_unref(c);
	for (char *l = strtok_r(printed.data, "\n", &save); l != NULL;
	     l = strtok_r(NULL, "\n", &save))
		if (strncmp(l, "# ", 2) == 0 && strncmp(l, "# A ", 4) != 0 && l[2] != '`' &&
		    strncmp(l, "# a job", 7) != 0)
			buf_printf(&bare, "%s\n", l + 2);
	c = parse(bare.data, &report);
	if (c == NULL)
		fail_msg("%s\n%s", bare.data, report.data);
	assert_int_equal(c->njobs, 1);
	assert_int_equal(c->nclusters, 1);
	assert_int_equal(c->nauths, 1);
	assert_int_equal(c->nkeys, 1);
	config_unref(c);
	buf_release(&printed);
	buf_release(&bare);
}

static void durations_and_sizes(void **state ATTR_UNUSED)
{
	static const struct {
		const char *s;
		int64_t ms, bytes; /* -1: none */
	} values[] = {
		{"250ms", 250, -1},
		{"2s", 2000, -1},
		{"0.2s", 200, -1},
		{"10m", 600000, 10 << 20},
		{"6h", 21600000, -1},
		{"7d", 604800000, -1},
		{"512MiB", -1, 512 << 20},
		{"4g", -1, 4LL << 30},
		{"1.5GB", -1, 3LL << 29},
		{"100b", -1, 100},
		{"2t", -1, 2LL << 40},
		{"", -1, -1},
		{"5", -1, -1},
		{"s", -1, -1},
		{"1e9s", -1, -1},
		{"-1s", -1, -1},
		{"0x1s", -1, -1},
		{"1.s", -1, -1},
		{"2ss", -1, -1},
		{"999999999999999999999d", -1, -1},
		{"2 s", -1, -1},
		{" 2s", -1, -1},
		{"4 g", -1, -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(values); i++) {
		int64_t v = -1;

		assert_int_equal(config_duration(values[i].s, strlen(values[i].s), &v),
				 values[i].ms >= 0);
		if (values[i].ms >= 0)
			assert_int_equal(v, values[i].ms);
		assert_int_equal(config_size(values[i].s, strlen(values[i].s), &v),
				 values[i].bytes >= 0);
		if (values[i].bytes >= 0)
			assert_int_equal(v, values[i].bytes);
	}
}

/* A name that has little in common with what was written helps nobody. */
static void a_nearest_name_is_near(void **state ATTR_UNUSED)
{
	static const char *const names[] = {"job", "mono", "overview", "once", "light", "interval"};
	static const struct {
		const char *typed, *near;
	} cases[] = {
		{"foo", NULL},
		{"on", NULL},
		{"jo", NULL},
		{"j", NULL},
		{"onc", "once"},
		{"jbo", "job"},
		{"ligth", "light"},
		{"overvew", "overview"},
		{"overviwe", "overview"},
		{"nightly", NULL},
		{"intervl", "interval"},
		{"OVERVIEW", "overview"},
		{"intvervall", "interval"},
		{"", NULL},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *near = config_nearest(cases[i].typed, names, ARRAY_LEN(names));

		if (cases[i].near == NULL)
			assert_null(near);
		else
			assert_string_equal(near ? near : cases[i].typed, cases[i].near);
	}
}

static void hostile_text_ends_in_a_line(void **state ATTR_UNUSED)
{
	struct buf yaml, report;

	buf_init(&yaml, 8 << 20);
	for (int i = 0; i < 1000000; i++)
		buf_putc(&yaml, '[');
	assert_null(parse(yaml.data, &report));
	assert_string_equal(report.data, "f:1:65: nested deeper than 64; nothing here is\n");
	buf_release(&report);
	buf_clear(&yaml);
	buf_puts(&yaml, "jobs:\n  - {name: a, ui: \"http://h\", restart: {command: &c [");
	for (int i = 0; i < 2000; i++)
		buf_puts(&yaml, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx, ");
	buf_puts(&yaml, "y]}}\n");
	for (int i = 0; i < 2000; i++)
		buf_printf(&yaml, "  - {name: a%d, ui: \"http://h\", restart: {command: *c}}\n", i);
	assert_null(parse(yaml.data, &report));
	assert_non_null(strstr(report.data, "aliases make this too much"));
	buf_release(&report);
	assert_null(parse("jobs: &j\n  - &k {name: x, ui: \"http://x\", restart: *k, match: *j}\n",
			  &report));
	buf_release(&report);
	buf_clear(&yaml);
	while (yaml.len < 5 << 20)
		buf_puts(&yaml, "# a comment line of a file that is no configuration\n");
	assert_null(parse(yaml.data, &report));
	assert_string_equal(report.data, "f:1:1: larger than 4 MiB; is this the right file?\n");
	buf_release(&report);
	buf_release(&yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_said),
		cmocka_unit_test(all_mistakes_in_line_order),
		cmocka_unit_test(everything_is_accepted),
		cmocka_unit_test(where_logs_are_is_kept),
		cmocka_unit_test(what_is_not_said_is_absent),
		cmocka_unit_test(keys_are_kept_as_text),
		cmocka_unit_test(what_is_printed_is_accepted),
		cmocka_unit_test(comments_hold_what_is_right),
		cmocka_unit_test(durations_and_sizes),
		cmocka_unit_test(a_nearest_name_is_near),
		cmocka_unit_test(hostile_text_ends_in_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
