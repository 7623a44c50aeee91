/* Every string of every endpoint and file is poisoned; every screen is walked. Nothing but the
 * console's own sequences may reach the terminal, then and after it has left, and what it prints
 * for programs stays valid. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "../../include/schemas.h"
#include "../../include/text.h"
#include "../support/console.h"

enum { PATIENCE = 100000 };

static const char *program(void)
{
	const char *p = getenv("SPARKOPS_ASAN");

	return p ? p : "build/sparkops-asan";
}

/* --- what may be on the wire
 * ---------------------------------------------------------------------------------------- */

/* Finals of the CSI sequences that terminfo entries of the console use; reports (n, c, t, x) are
 * not among them. */
static bool is_own_csi(const unsigned char *params, size_t n, unsigned char final)
{
	/* the window title is saved and restored with the screen (smcup, rmcup of xterm), never set
	 */
	if (final == 't')
		return n == 6 && (!memcmp(params, "22;0;0", n) || !memcmp(params, "23;0;0", n));
	for (size_t i = 0; i < n; i++) {
		if (!strchr("0123456789;:?>=", params[i]))
			return false;
	}
	return strchr("@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu", final) != NULL;
}

/* Length of the escape sequence at s if it is one of the console's own, else 0. */
static size_t own_sequence(const unsigned char *s, size_t len)
{
	size_t i = 2;

	if (len < 2)
		return 0;
	if (s[1] == '[') {
		while (i < len && s[i] >= 0x20 && s[i] <= 0x3f)
			i++;
		return i < len && is_own_csi(s + 2, i - 2, s[i]) ? i + 1 : 0;
	}
	if (s[1] == '(' || s[1] == ')')
		return len > 2 && strchr("B0", s[2]) ? 3 : 0;
	if (strchr("=>78MHc", s[1]))
		return 2;
	if (len > 6 && !memcmp(s, "\x1b]52;c;", 7)) { /* copy: base64 and ST, nothing else */
		for (i = 7;
		     i < len && (strchr("+/=", s[i]) || (s[i] >= '0' && s[i] <= '9') ||
				 (s[i] >= 'A' && s[i] <= 'Z') || (s[i] >= 'a' && s[i] <= 'z'));)
			i++;
		return i + 1 < len && s[i] == 0x1b && s[i + 1] == '\\' ? i + 2 : 0;
	}
	return 0;
}

static bool may_be_drawn(uint32_t cp)
{
	return cp >= 0xa0 && cp != 0xad && cp != 0x61c && cp != 0xfeff &&
	       !(cp >= 0x200b && cp <= 0x200f) && !(cp >= 0x2028 && cp <= 0x202e) &&
	       !(cp >= 0x2060 && cp <= 0x206f) && !(cp >= 0xe000 && cp <= 0xf8ff) &&
	       !(cp >= 0xe0000 && cp <= 0xe01ef) && !(cp >= 0xfe00 && cp <= 0xfe0f);
}

/* Bytes of the next thing at i if the console may have written it, else 0. */
static size_t own_bytes(const struct buf *raw, size_t i)
{
	const unsigned char *s = (const unsigned char *)raw->data;
	uint32_t cp;
	int columns;
	size_t n;

	if (s[i] == 0x1b)
		return own_sequence(s + i, raw->len - i);
	if (s[i] < 0x20)
		return s[i] && strchr("\r\n\b\t\x0e\x0f", s[i]) ? 1 : 0;
	if (s[i] < 0x80)
		return s[i] != 0x7f;
	n = text_next(raw->data + i, &cp, &columns);
	if (cp == 0xfffd) /* also what text_next() says of bytes that are none */
		return memcmp(s + i, "\xef\xbf\xbd", 3) ? 0 : 3;
	return may_be_drawn(cp) ? n : 0;
}

static void only_own_bytes(const struct buf *raw, const char *when)
{
	for (size_t i = 0, n; i < raw->len; i += n) {
		n = own_bytes(raw, i);
		if (!n)
			fail_msg("%s: byte 0x%02x at %zu is not the console's own: ...%.60s...",
				 when, (unsigned)(unsigned char)raw->data[i], i,
				 raw->data + (i > 30 ? i - 30 : 0));
	}
}

/* --- the walk
 * -------------------------------------------------------------------------------------------------------
 */

static struct played world;
static pid_t java; /* whose command line is poisoned; 0: none */

#define POISON                                                                                     \
	"poison\x1b]0;owned\a\x1b[31m\xc2\x9b\x31m\xe2\x80\xaex\xff\xfe\xe2\x80\x8b<\r\bz\x1b]52;" \
	"c;eA==\a"

/* A job whose log is hostile: lines of every kind, marks among them, one that is very long. */
static int add_log(void)
{
	static char text[1 << 16], config[1 << 16];
	char path[200], *clusters;
	FILE *f = fopen(world.config, "r");
	size_t n;

	if (!f)
		return -1;
	n = fread(config, 1, sizeof(config) - 1, f);
	fclose(f);
	config[n] = '\0';
	clusters = strstr(config, "clusters:");
	snprintf(path, sizeof(path), "%s/poison.log", world.dir);
	f = fopen(world.config, "w");
	if (!f || !clusters)
		return -1;
	fprintf(f, "%.*s  - name: poison-log\n    log: %s\n%s", (int)(clusters - config), config,
		path, clusters);
	fclose(f);
	f = fopen(path, "w");
	if (!f)
		return -1;
	memset(text, 'x', sizeof(text) - 1);
	for (int i = 0; i < 2000; i++)
		fprintf(f, "25/11/21 13:00:00 %s %s line %d\n", i % 7 ? "INFO" : "ERROR", POISON,
			i);
	fprintf(f, "%s%s\n", POISON, text);
	fwrite("a\0b\x1b[2J\n", 1, 8, f);
	for (int i = 0; i < 20; i++)
		fprintf(f, "java.lang.OutOfMemoryError: Java heap space %s\n", POISON);
	fclose(f);
	return 0;
}

static void add_java(void)
{
	const char *built = getenv("WORLD");
	char path[256];

	snprintf(path, sizeof(path), "%s-jvm/java", built ? built : "build/world");
	java = fork();
	if (java)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execl(path, "java", "-Xmx64m", "org.apache.spark.deploy.SparkSubmit", "--conf",
	      "spark.app.name=" POISON, "--name", POISON, "/srv/" POISON ".jar", (char *)NULL);
	_exit(127);
}

static int start_world(void **state ATTR_UNUSED)
{
	static const char *const args[] = {
		"--poison", "--jobs", "3", "--script", "tests/fixture/world/poison.world", NULL};

	if (!played_start(&world, args))
		return -1;
	add_java();
	return add_log();
}

static int end_world(void **state ATTR_UNUSED)
{
	if (java > 0) {
		kill(java, SIGKILL);
		waitpid(java, NULL, 0);
	}
	played_end(&world);
	return 0;
}

/* Keys, how the heading of what they lead to begins, and what of the poison stands there; NULL: not
 * looked at. A walk that comes by no hostile string proves nothing. */
static const struct step {
	const char *keys, *heading, *says;
} steps[] = {
	{"1", "jobs ", NULL},
	{":job job-0000\r", "job › job-0000 ", "pz-"},
	{"\t", "job › ", NULL},
	{"\t", "job › ", NULL},
	{"kkkkkkkkkkkk", "job › ", "errors a minute"},
	{"jjjjjjjjjjjjjjjj", "job › ", "events"},
	{"t", "threads › job-0000 ", NULL},
	{"\033", "job › ", NULL},
	{"y", "job › ", "sent to "},
	{"3", "executors › job-0000 ", "pz-"},
	{"j", "executors › ", NULL},
	{"s", "executors › ", NULL},
	{"I", "executors › ", NULL},
	{"4", "memory › job-0000 ", "pz-"},
	{"j\r", "memory › ", ":set executors"},
	{"\033", "memory › ", NULL},
	{"pjj+y", "memory › ", "sent to "},
	{"5", "errors › job-0000 ", "pz-"},
	{"jy", "errors › ", "sent to "},
	{"\r", "dlq › job-0000 › ", "pz-"}, /* of one type */
	{":only\r", "dlq › job-0000 ", "pz-"},
	{" U", "dlq › job-0000 ", NULL},
	{"y", "dlq › job-0000 ", "sent to "},
	{"\r", "dlq › job-0000 › entries ", "pz-"},
	{"j y", "dlq › job-0000 › entries ", "sent to "},
	{"\r", "dlq › job-0000 › ", "masked "},
	{"w", "dlq › job-0000 › ", "pz-"},
	{"Gg", "dlq › job-0000 › ", NULL},
	{"p", "dlq › job-0000 › ", "personal data shown "},
	{"y", "dlq › job-0000 › ", "sent to "},
	{"\033\033", "dlq › job-0000 ", "pending of "},
	{"b", "dlq › job-0000 › bad lines ", "bad line "},
	{"\r", "dlq › job-0000 › bad line ", "masked "},
	{"wy", "dlq › job-0000 › bad line ", "sent to "},
	{":all\r", "dlq ", NULL},
	{":errors\r", "errors ", "pz-"},
	{":jvms\r", "jvms ", NULL},
	{"/poison\r", "jvms ", "poison\\x1b]0;"},
	{"jy", "jvms ", "sent to "},
	{"\twG", "jvms ", "poison\\x1b]0;"},
	{"\tt", "threads › ", NULL},
	{"wGT", "threads › ", NULL},
	{"\033", NULL, NULL},
	{":log poison-log\r", "log › poison-log ", "Java heap space poison\\x1b]0;"},
	{"EE", "log › ", NULL},
	{"wy", "log › ", "sent to "},
	{"ge", "log › ", NULL},
	{"/line 7\r", "log › ", "line 7"},
	{"k\033", "log › ", NULL},
	{"NG", "log › ", NULL},
	{":actions\r", "actions ", NULL},
	{":sources\r", "sources ", NULL},
	{"Gg", "sources ", NULL},
	{"y", "sources ", "sent to "},
	{":messages\r", "messages ", NULL},
	{"w", "messages ", NULL},
	{"?", "help › messages ", NULL},
	{"\033", "messages ", NULL},
	{":wall\r", NULL, "sparkops"},
	{":overview\r", "jobs ", NULL},
	{"/poison\r", "jobs ", "/poison"},
	{"\033", "jobs ", NULL},
	{"/a\rnN\033", "jobs ", NULL},
	{":theme light\r", "jobs ", NULL},
	{":theme mono\r", "jobs ", NULL},
	{":nonsense\r", "jobs ", "no view and no command"},
	{"zz", "jobs ", NULL},
	{"r", "jobs ", "polling every target"},
};

/* The same in the characters of --ascii. */
static void in_ascii(char *text)
{
	char *crumb;

	while ((crumb = strstr(text, "›")) != NULL) {
		*crumb = '>';
		memmove(crumb + 1, crumb + 3, strlen(crumb + 3) + 1);
	}
}

static void lost(struct console *c, const struct step *step, const char *wanted)
{
	struct buf screen;

	buf_init(&screen, 1 << 20);
	console_text(c, &screen);
	fail_msg("\"%s\" leads to no \"%s\" but to\n%s", step->keys, wanted, screen.data);
}

static void go(struct console *c, const struct step *step, bool is_ascii)
{
	char heading[160];

	console_keys(c, step->keys);
	console_settle(c, 60, 400);
	if (!c->pid)
		fail_msg("it ended after \"%s\"", step->keys);
	snprintf(heading, sizeof(heading), "%s %s", is_ascii ? "--" : "──",
		 step->heading ? step->heading : "");
	if (is_ascii)
		in_ascii(heading);
	if (step->heading && !console_shows(c, heading, PATIENCE))
		lost(c, step, heading);
	if (step->says && !console_shows(c, step->says, PATIENCE))
		lost(c, step, step->says);
}

static void walk(struct console *c, bool is_ascii)
{
	char keys[80], heading[80];

	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		go(c, &steps[i], is_ascii);
	for (const struct schema *const *s = schemas_all(); *s; s++) {
		snprintf(keys, sizeof(keys), ":table %s\r", (*s)->name);
		snprintf(heading, sizeof(heading), "%s ", (*s)->title);
		go(c, &(struct step){keys, heading, NULL}, is_ascii);
	}
}

static void no_string_acts_on_the_terminal(void **state)
{
	const char *theme = *state;
	const char *argv[] = {program(), "--config",    world.config, "--no-discover", "--interval",
			      "300ms",   "--state-dir", world.dir,    theme,           NULL};
	struct console c;

	console_start(&c, 30, 110, argv, NULL);
	if (!console_shows(&c, "job-000", PATIENCE))
		fail_msg("no screen: %.2000s", c.raw.data ? c.raw.data : "");
	walk(&c, theme != NULL);
	only_own_bytes(&c.raw, "on the screen");
	console_keys(&c, "\003");
	assert_true(console_ends(&c, PATIENCE));
	if (!WIFEXITED(c.status) || WEXITSTATUS(c.status))
		fail_msg("wait status %d, its last words: %s", c.status,
			 c.raw.data + (c.raw.len > 6000 ? c.raw.len - 6000 : 0));
	only_own_bytes(&c.raw, "after it left");
	assert_int_equal(c.titles, 0);
	assert_int_equal(c.bells, 0);
	assert_int_equal(c.replies, 0);
	console_end(&c);
}

static void run(const char *command, struct buf *out)
{
	char line[600];
	int ends[2], status;
	pid_t pid;
	ssize_t n;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	while ((n = read(ends[0], line, sizeof(line))) > 0)
		buf_putn(out, line, (size_t)n);
	close(ends[0]);
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 3);
}

static void printed_for_programs_it_is_valid(void **state ATTR_UNUSED)
{
	char command[600];
	json_error_t error;
	struct buf out;
	json_t *json;

	buf_init(&out, 64 << 20);
	snprintf(command, sizeof(command),
		 "%s --once --json --no-discover --timeout 20s --state-dir %s --config %s",
		 program(), world.dir, world.config);
	run(command, &out);
	json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, &error);
	if (!json)
		fail_msg("--json is not valid: %s at byte %d", error.text, error.position);
	assert_true(json_array_size(json_object_get(json, "jobs")) >= 4);
	assert_true(json_array_size(json_object_get(json, "dlq")) > 0);
	json_decref(json);
	only_own_bytes(&out, "--json");
	assert_null(memchr(out.data, 0x1b, out.len));
	buf_clear(&out);
	snprintf(command, sizeof(command),
		 "%s --once --text --no-discover --timeout 20s --state-dir %s --config %s",
		 program(), world.dir, world.config);
	run(command, &out);
	assert_true(out.len > 50);
	only_own_bytes(&out, "--text");
	assert_null(memchr(out.data, 0x1b, out.len));
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(no_string_acts_on_the_terminal, NULL),
		cmocka_unit_test_prestate(no_string_acts_on_the_terminal,
					  (void *)(uintptr_t) "--ascii"),
		cmocka_unit_test(printed_for_programs_it_is_valid),
	};

	return cmocka_run_group_tests(tests, start_world, end_world);
}
