/* Templates are filled in so that what an entry holds stays one piece of the place it stands in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../backend/action/hook.h"

static struct arena arena;
static struct err err;

static const struct config_pair pairs[] = {
	{"job", "health analytics"},
	{"batch_id", "42"},
	{"context.last_ts", "2025-11-21T09:40:00"},
	{"context.path", "a/b?c=d&e#f%00"},
	{"context.up", ".."},
	{"context.here", "."},
	{"context.empty", ""},
	{"context.option", "--delete-all"},
	{"context.minus", "-1"},
	{"context.quote", "a\"b\\c\nd\x01\xc3\xa9"},
	{"context.escape", "\", \"admin\": true, \"x\": \""},
	{"context.true", "true"},
	{"context.nan", "NaN"},
	{"context.number", "-12.5e3"},
	{"context.list", "[1,2]"},
	{"context.bytes", "\xff\xfe"},
	{"context.two", "{batch_id}"},
};
static const struct hook_values values = {ARRAY_LEN(pairs), pairs};

struct fill {
	enum hook_place place;
	const char *text, *out; /* out NULL: refused */
};

static const struct fill fills[] = {
	{HOOK_ARGUMENT, "", ""},
	{HOOK_ARGUMENT, "--batch={batch_id}", "--batch=42"},
	{HOOK_ARGUMENT, "{job}", "health analytics"},
	{HOOK_ARGUMENT, "{context.quote}", "a\"b\\c\nd\x01\xc3\xa9"},
	{HOOK_ARGUMENT, "{context.empty}", ""},
	{HOOK_ARGUMENT, "{context.minus}", "-1"},
	{HOOK_ARGUMENT, "{context.option}", NULL},
	{HOOK_ARGUMENT, "x{context.option}", "x--delete-all"},
	{HOOK_ARGUMENT, "{context.bytes}", "\xff\xfe"},
	{HOOK_ARGUMENT, "{nothing}", NULL},
	{HOOK_ARGUMENT, "{context.nothing}", NULL},
	/* every other brace is literal, and what was put in is not looked at again */
	{HOOK_ARGUMENT, "{} {A} { batch_id } {batch-id} {{batch_id}}",
	 "{} {A} { batch_id } {batch-id} {42}"},
	{HOOK_ARGUMENT, "{context.two}", "{batch_id}"},
	{HOOK_URL, "http://h:1/replay/{batch_id}", "http://h:1/replay/42"},
	{HOOK_URL, "http://h:1/r/{job}?at={context.last_ts}",
	 "http://h:1/r/health%20analytics?at=2025-11-21T09%3A40%3A00"},
	{HOOK_URL, "http://h:1/r/{context.path}/x", "http://h:1/r/a%2Fb%3Fc%3Dd%26e%23f%2500/x"},
	{HOOK_URL, "http://h:1/r/{context.quote}", "http://h:1/r/a%22b%5Cc%0Ad%01%C3%A9"},
	{HOOK_URL, "http://h:1/r/{context.up}", NULL},
	{HOOK_URL, "http://h:1/r/{context.here}/x", NULL},
	{HOOK_URL, "http://h:1/r/{context.here}{context.here}/x", NULL},
	{HOOK_URL, "http://h:1/r/v{context.up}", "http://h:1/r/v.."},
	{HOOK_URL, "http://h:1/r/{context.empty}", NULL},
	{HOOK_URL, "http://h:1/r?x={context.empty}&y={context.up}", "http://h:1/r?x=&y=.."},
	{HOOK_JSON, "{\"b\": {batch_id}, \"t\": \"{context.last_ts}\"}",
	 "{\"b\": 42, \"t\": \"2025-11-21T09:40:00\"}"},
	{HOOK_JSON, "{\"x\": \"{context.quote}\"}",
	 "{\"x\": \"a\\\"b\\\\c\\u000ad\\u0001\xc3\xa9\"}"},
	{HOOK_JSON, "{\"x\": \"{context.escape}\"}",
	 "{\"x\": \"\\\", \\\"admin\\\": true, \\\"x\\\": \\\"\"}"},
	{HOOK_JSON, "{\"only\": {context.true}}", "{\"only\": true}"},
	{HOOK_JSON, "{\"only\": {context.number}}", "{\"only\": -12.5e3}"},
	{HOOK_JSON, "{\"only\": {context.nan}}", NULL},
	{HOOK_JSON, "{\"only\": {context.list}}", NULL},
	{HOOK_JSON, "{\"only\": {context.empty}}", NULL},
	{HOOK_JSON, "{\"only\": {job}}", NULL},
	{HOOK_JSON, "{\"only\": {context.escape}}", NULL},
	{HOOK_JSON, "{\"x\": \"{context.bytes}\"}", NULL},
	{HOOK_JSON, "{\"q\\\"\": \"{context.nan}\"}", "{\"q\\\"\": \"NaN\"}"},
	{HOOK_JSON, "{\"x\": \"\\{context.escape}\"}", NULL},
	{HOOK_JSON, "{\"x\": \"\\\\{context.escape}\"}",
	 "{\"x\": \"\\\\\\\", \\\"admin\\\": true, \\\"x\\\": \\\"\"}"},
};

static void each_value_stays_one_piece(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(fills); i++) {
		const struct fill *f = &fills[i];
		const char *out;
		int rc = hook_fill(f->text, f->place, &values, &arena, &out, &err);
		if (!f->out && rc != -ERR_REFUSED)
			fail_msg("%s: filled: %s", f->text, out);
		if (f->out && rc)
			fail_msg("%s: %s", f->text, err.message);
		if (f->out && strcmp(out, f->out) != 0)
			fail_msg("%s: %s, not %s", f->text, out, f->out);
	}
}

static void what_lacks_is_named(void **state)
{
	const char *out;

	(void)state;
	assert_int_equal(hook_fill("{context.since}", HOOK_ARGUMENT, &values, &arena, &out, &err),
			 -ERR_REFUSED);
	assert_non_null(strstr(err.message, "{context.since}"));
	assert_non_null(strstr(err.message, "not sent"));
	assert_null(out);
}

static void a_value_without_end_is_refused(void **state)
{
	size_t n = (1 << 20) + 1;
	char *long_value = xmalloc(n + 1);
	struct config_pair pair = {"job", long_value};
	struct hook_values one = {1, &pair};
	const char *out;

	(void)state;
	memset(long_value, '"', n);
	long_value[n] = '\0';
	for (int place = HOOK_ARGUMENT; place <= HOOK_JSON; place++)
		assert_int_equal(hook_fill(place == HOOK_JSON ? "\"{job}\"" : "{job}",
					   (enum hook_place)place, &one, &arena, &out, &err),
				 -ERR_REFUSED);
	long_value[n / 3] = '\0';
	assert_int_equal(hook_fill("\"{job}\"", HOOK_JSON, &one, &arena, &out, &err), 0);
	free(long_value);
}

/* --- lines to paste --- */

/* What a shell makes of a line: dash, where sh is that, knows nothing but POSIX. */
static void run_shell(const char *shell, const char *line, char *out, size_t size, size_t *len)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	pid_t pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execl(shell, shell, "-c", line, (char *)NULL);
		_exit(127);
	}
	close(fds[1]);
	*len = 0;
	ssize_t n;
	while ((n = read(fds[0], out + *len, size - 1 - *len)) > 0)
		*len += (size_t)n;
	out[*len] = '\0';
	close(fds[0]);
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void a_shell_reads_the_same_words(void **state)
{
	static const char *const words[] = {"plain",
					    "",
					    "two words",
					    "it's",
					    "$HOME `id` $(id) \\ \"",
					    "-n",
					    "a\nb\tc",
					    "-\n100 %d%%",
					    "\x1b[31m",
					    "\xc3\xa9t\xc3\xa9",
					    "\xff\xfe'\\",
					    "\xe2\x80\xae right to left",
					    "*?[a]{b,c}~!#;&|<>"};
	static const char *const shells[] = {"/bin/sh", "/bin/bash"};
	char line[8192], out[4096], *p;
	struct buf b;
	size_t len;

	(void)state;
	buf_init(&b, sizeof(line));
	buf_puts(&b, "printf '%s\\0'");
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		buf_putc(&b, ' ');
		hook_quote(words[i], &b);
	}
	for (size_t k = 0; k < ARRAY_LEN(shells); k++) {
		run_shell(shells[k], b.data, out, sizeof(out), &len);
		p = out;
		for (size_t i = 0; i < ARRAY_LEN(words); i++) {
			assert_string_equal(p, words[i]);
			p += strlen(p) + 1;
		}
	}
	/* and nothing in it acts on a terminal */
	assert_string_equal(text_str(text_clean(&arena, b.data, b.len)), b.data);
	buf_clear(&b);
	buf_puts(&b, "printf '%s\\0' "); /* its end is kept, though not by every sh */
	hook_quote("it's\n\n", &b);
	run_shell("/bin/bash", b.data, out, sizeof(out), &len);
	assert_string_equal(out, "it's\n\n");
	buf_release(&b);
}

static void a_command_is_pasted_whole(void **state)
{
	static const char *const argv[] = {"/usr/bin/tee", "{context.quote}", NULL};
	static const struct config_pair env[] = {{"MODE", "fast {batch_id}"},
						 {"DB_PASSWORD", "hunter2"}};
	static const struct config_pair ours[] = {{"SPARKOPS_KEY", "00ff"}};
	struct config_command command = {
		.argv = argv, .cwd = "/srv/jobs", .nenv = 2, .env = env, .timeout_ms = 1000};
	struct hook_send h = {.command = &command, .values = values, .environment = {1, ours}};
	struct hook_body body = {"/dlq/failed_batches_20251121.json.gz", 12, true};
	const char *line;

	(void)state;
	assert_int_equal(hook_paste(&h, &body, &arena, &line, &err), 0);
	assert_string_equal(
		line,
		"zcat -- /dlq/failed_batches_20251121.json.gz | sed -n '12{s/\\r$//;p;q}' | "
		"head -c -1 | env -C /srv/jobs 'MODE=fast 42' 'DB_PASSWORD=***' SPARKOPS_KEY=00ff "
		"/usr/bin/tee \"$(printf 'a\"b\\\\c\\012d\\001\\303\\251')\"");
}

static void a_request_is_pasted_whole(void **state)
{
	static const struct config_pair headers[] = {{"Idempotency-Key", "00ff"},
						     {"X-Sparkops-Batch-Id", "4\r\nX-Evil: 1"}};
	struct config_http http = {
		.method = "POST", .url = "http://h:1/r/{batch_id}", .timeout_ms = 30000};
	struct hook_send h = {
		.http = &http, .values = values, .headers = {2, headers}, .body = "x", .len = 1};
	struct hook_body body = {"/dlq/a b.json", 1, false}, whole = {"/dlq/e", ABSENT, false};
	const char *line;

	(void)state;
	assert_int_equal(hook_paste(&h, &body, &arena, &line, &err), 0);
	assert_string_equal(line,
			    "cat -- '/dlq/a b.json' | sed -n '1{s/\\r$//;p;q}' | head -c -1 | "
			    "curl -sS -X POST -m 30 -H 'Idempotency-Key: 00ff' -H "
			    "'X-Sparkops-Batch-Id: 4%0D%0AX-Evil: 1' -H 'Content-Type: "
			    "application/json' --data-binary @- http://h:1/r/42");
	assert_int_equal(hook_paste(&h, &whole, &arena, &line, &err), 0);
	assert_non_null(strstr(line, "http://h:1/r/42 < /dlq/e"));
	http.body = "{\"b\": {batch_id}}";
	assert_int_equal(hook_paste(&h, &body, &arena, &line, &err), 0);
	assert_non_null(strstr(line, "--data-raw '{\"b\": 42}' http://h:1/r/42"));
	assert_null(strstr(line, "dlq"));
	http.url = "http://h:1/{context.nothing}";
	assert_int_equal(hook_paste(&h, &body, &arena, &line, &err), -ERR_REFUSED);
}

/* The line that is pasted gives the command the entry's exact bytes. */
static void a_pasted_line_sends_the_exact_bytes(void **state)
{
	char dir[] = "/tmp/test_hook.XXXXXX", path[64], out[4096];
	static const char *const argv[] = {"/usr/bin/od", "-An", "-c", NULL};
	struct config_command command = {.argv = argv, .timeout_ms = 1000};
	struct hook_send h = {.command = &command};
	struct hook_body body = {path, 2, false};
	const char *line;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	FILE *f = fopen(path, "we");
	assert_non_null(f);
	fputs("one\ntwo \\t\r\nthree\n", f);
	fclose(f);
	assert_int_equal(hook_paste(&h, &body, &arena, &line, &err), 0);
	run_shell("/bin/sh", line, out, sizeof(out), &len);
	assert_string_equal(out, "   t   w   o       \\   t\n");
	unlink(path);
	rmdir(dir);
}

static int begin(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value_stays_one_piece),
		cmocka_unit_test(what_lacks_is_named),
		cmocka_unit_test(a_value_without_end_is_refused),
		cmocka_unit_test(a_shell_reads_the_same_words),
		cmocka_unit_test(a_command_is_pasted_whole),
		cmocka_unit_test(a_request_is_pasted_whole),
		cmocka_unit_test(a_pasted_line_sends_the_exact_bytes),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
