/* action/hook_call.c - a hook is called once, and what its answer means (sparkops(1), HOOKS).
 *
 * The question behind every meaning is: may it have happened? Only an answer that says so is done;
 * only what certainly never arrived, or what the other end itself turned down, is failed; all else
 * is in doubt. */
#include "hook.h"

#include <string.h>

#include "hook_parts.h"

enum { CONNECT_MS = 5000, PAIRS_MAX = 64, ARGUMENTS_MAX = 256 };
enum { WORDS_MAX = 160, LAST_LINES = 3, BODY_LOOK = 4096 };

/* --- its own words --- */

/* Those of them that tell why, behind what it means: `: "no such table"`. */
static const char *quoted(struct arena *a, const char *words)
{
	return *words ? arena_printf(a, ": \"%s\"", words) : "";
}

/* The first line of it that says something. */
static const char *first_line(const char *body, size_t len, struct arena *a)
{
	size_t n = 0;

	while (len && body && strchr(" \t\r\n", *body))
		body++, len--;
	while (n < min_size(len, BODY_LOOK) && body[n] != '\n' && body[n] != '\r')
		n++;
	while (n && strchr(" \t", body[n - 1]))
		n--;
	return n ? quoted(a, text_str(text_clean_max(a, body, n, WORDS_MAX))) : "";
}

/* The last lines, where a program says why it gave up. */
static const char *last_lines(const char *output, struct arena *a)
{
	const char *from, *end = output ? output + strlen(output) : NULL;
	struct buf out;

	while (end > output && strchr(" \t\r\n", end[-1]))
		end--;
	from = end;
	for (size_t n = 0; from > output && (from[-1] != '\n' || ++n < LAST_LINES);)
		from--;
	buf_init(&out, 4 * BODY_LOOK);
	if (end - from > BODY_LOOK)
		from = end - BODY_LOOK;
	for (; from < end; from++)
		if (*from == '\n')
			buf_puts(&out, " | ");
		else
			buf_putc(&out, *from);
	const char *words =
		out.len ? quoted(a, text_str(text_clean_max(a, out.data, out.len, WORDS_MAX))) : "";
	buf_release(&out);
	return words;
}

/* --- HTTP --- */

static enum hook_meaning meaning_of_code(long code)
{
	if (code == 200 || code == 201 || code == 204)
		return HOOK_DONE;
	if (code == 202)
		return HOOK_ACCEPTED;
	if (code == 409)
		return HOOK_ALREADY;
	if (code == 429 || code == 503)
		return HOOK_LATER;
	return code >= 400 && code < 500 ? HOOK_FAILED : HOOK_IN_DOUBT;
}

static const char *code_says(const struct call_answer *r, struct arena *a)
{
	const char *words = r->code >= 400 ? first_line(r->body, r->len, a) : "";

	switch (meaning_of_code(r->code)) {
	case HOOK_DONE:
		return arena_printf(a, "answered %ld", r->code);
	case HOOK_ACCEPTED:
		return arena_printf(a, "answered %ld: accepted, not done yet", r->code);
	case HOOK_ALREADY:
		return arena_printf(a, "answered %ld: done already", r->code);
	case HOOK_LATER:
		return arena_printf(a, "answered %ld: not now%s", r->code, words);
	case HOOK_FAILED:
		return arena_printf(a, "answered %ld: turned down%s", r->code, words);
	case HOOK_IN_DOUBT:
	default:
		return arena_printf(a, "answered %ld, which does not say whether it was done%s",
				    r->code, words);
	}
}

static void read_fate(const struct config_http *http, const struct call_answer *r, struct arena *a,
		      struct hook_answer *out)
{
	const char *problem = r->problem ? r->problem : "no answer";

	out->retry_after_ms = r->retry_after_ms;
	switch (r->fate) {
	case CALL_ANSWERED:
		out->meaning = meaning_of_code(r->code);
		out->code = r->code;
		out->says = code_says(r, a);
		return;
	case CALL_NOT_SENT:
		out->meaning = HOOK_FAILED;
		out->says = arena_printf(a, "not sent: %s", problem);
		return;
	case CALL_SENT:
		if (http->answers_later) {
			out->meaning = HOOK_ACCEPTED;
			out->says = arena_printf(a, "sent whole; its answer comes later");
			return;
		}
		out->meaning = HOOK_IN_DOUBT;
		out->says = arena_printf(a, "sent whole, and silent after %lld s",
					 (long long)(http->timeout_ms / 1000));
		return;
	case CALL_CUT:
	default:
		out->meaning = HOOK_IN_DOUBT;
		out->says = arena_printf(a, "cut off (%s): it may have been received", problem);
	}
}

/* A header is one line of ASCII: the rest becomes %XX. */
static const char *header_value(const char *v, struct arena *a)
{
	struct buf out;
	const char *kept;

	buf_init(&out, 64 << 10);
	for (; *v; v++) {
		unsigned char c = (unsigned char)*v;
		char hex[4] = {'%', "0123456789ABCDEF"[c >> 4], "0123456789ABCDEF"[c & 15], 0};
		bool is_plain = c >= 0x20 && c < 0x7f;
		if (!buf_add(&out, is_plain ? v : hex, is_plain ? 1 : 3))
			break;
	}
	kept = arena_strndup(a, out.data ? out.data : "", out.len);
	buf_release(&out);
	return kept;
}

/* URL, headers and body as they are sent; for calling and for pasting. */
int hook_http(const struct hook_send *h, struct arena *a, struct call *out, struct err *err)
{
	struct config_pair *headers = ARENA_ARRAY(a, struct config_pair, h->headers.n + 1);
	const char *url, *body;
	int rc = hook_fill(h->http->url, HOOK_URL, &h->values, a, &url, err);

	if (rc)
		return rc;
	*out = (struct call){.method = h->http->method ? h->http->method : "POST",
			     .url = url,
			     .body = h->body,
			     .len = h->len,
			     .connect_ms = min_i64(CONNECT_MS, h->http->timeout_ms),
			     .total_ms = h->http->timeout_ms,
			     .headers = headers,
			     .cancel_fd = -1};
	if (h->http->body) {
		rc = hook_fill(h->http->body, HOOK_JSON, &h->values, a, &body, err);
		if (rc)
			return rc;
		out->body = body;
		out->len = strlen(body);
	}
	for (size_t i = 0; i < h->headers.n; i++)
		headers[out->nheaders++] = (struct config_pair){
			h->headers.v[i].name, header_value(h->headers.v[i].value, a)};
	if (out->body)
		headers[out->nheaders++] = (struct config_pair){"Content-Type", "application/json"};
	return 0;
}

static int call_over_http(const struct hook_send *h, const struct config *cfg, int cancel_fd,
			  struct arena *a, struct hook_answer *out, struct err *err)
{
	struct call call;
	struct call_answer answer;
	int rc = hook_http(h, a, &call, err);

	if (rc)
		return rc;
	call.cancel_fd = cancel_fd;
	rc = call_http(&call, cfg, a, &answer, err);
	if (rc)
		return rc;
	read_fate(h->http, &answer, a, out);
	return 0;
}

/* --- commands --- */

static enum hook_meaning meaning_of_exit(int64_t code)
{
	switch (code) {
	case 0:
		return HOOK_DONE;
	case 75:
		return HOOK_LATER;
	case 100:
		return HOOK_ALREADY;
	case 101:
		return HOOK_ACCEPTED;
	default:
		return HOOK_FAILED;
	}
}

static void read_result(const struct config_command *command, const struct exec_result *r,
			struct arena *a, struct hook_answer *out)
{
	out->output = r->output;
	if (command->is_detached) {
		out->meaning = HOOK_ACCEPTED;
		out->pid = r->pid;
		out->says = arena_printf(a, "runs as process %lld", (long long)r->pid);
	} else if (r->is_over) {
		out->meaning = HOOK_IN_DOUBT;
		out->says = arena_printf(a, "was ended after %lld s: it may have done its work",
					 (long long)((r->took_ms + 500) / 1000));
	} else if (!is_absent(r->signal)) {
		out->meaning = HOOK_IN_DOUBT;
		out->says = arena_printf(a, "was killed by signal %lld: it may have done its work",
					 (long long)r->signal);
	} else if (is_absent(r->exit_code)) {
		out->meaning = HOOK_IN_DOUBT;
		out->says = "how it ended is not known";
	} else {
		static const char *const words[] = {
			[HOOK_DONE] = "done",         [HOOK_ALREADY] = "done already",
			[HOOK_ACCEPTED] = "accepted", [HOOK_LATER] = "not now",
			[HOOK_FAILED] = "failed",     [HOOK_IN_DOUBT] = "in doubt"};
		out->code = r->exit_code;
		out->meaning = meaning_of_exit(r->exit_code);
		bool is_told = out->meaning == HOOK_FAILED || out->meaning == HOOK_LATER;
		out->says = arena_printf(
			a, "exit %lld: %s%s%s", (long long)r->exit_code, words[out->meaning],
			is_told ? last_lines(r->output, a) : "",
			r->is_held ? "; what it started still holds its output, a pipe that closes "
				     "now: redirect that to a file, or use `detach: true`"
				   : "");
	}
}

static int fill_environment(const struct hook_send *h, struct arena *a, struct exec *out,
			    struct err *err)
{
	size_t n = min_size(h->command->nenv + h->environment.n, PAIRS_MAX);
	struct config_pair *env = ARENA_ARRAY(a, struct config_pair, n + 1);

	for (size_t i = 0; i < h->command->nenv && out->nenv < n; i++) {
		const struct config_pair *p = &h->command->env[i];
		const char *value;
		int rc = hook_fill(p->value, HOOK_ARGUMENT, &h->values, a, &value, err);
		if (rc)
			return rc;
		env[out->nenv++] = (struct config_pair){p->name, value};
	}
	for (size_t i = 0; i < h->environment.n && out->nenv < n; i++)
		env[out->nenv++] = h->environment.v[i];
	out->env = env;
	return 0;
}

/* Arguments and environment as they are given; for calling and for pasting. */
int hook_command(const struct hook_send *h, struct arena *a, struct exec *out, struct err *err)
{
	size_t n = 0;

	while (h->command->argv[n])
		n++;
	if (n > ARGUMENTS_MAX)
		return err_set(err, ERR_REFUSED, "not run: more than %d arguments", ARGUMENTS_MAX);
	const char **argv = ARENA_ARRAY(a, const char *, n + 1);
	*out = (struct exec){.argv = argv,
			     .cwd = h->command->cwd,
			     .input = h->body,
			     .len = h->len,
			     .timeout_ms = h->command->timeout_ms,
			     .cancel_fd = -1,
			     .output = h->command->is_detached ? h->log : NULL};
	for (size_t i = 0; i < n; i++) {
		int rc =
			hook_fill(h->command->argv[i], HOOK_ARGUMENT, &h->values, a, &argv[i], err);
		if (rc)
			return rc;
	}
	return fill_environment(h, a, out, err);
}

static int call_command(const struct hook_send *h, int cancel_fd, struct arena *a,
			struct hook_answer *out, struct err *err)
{
	struct exec exec;
	struct exec_result result;
	int rc = hook_command(h, a, &exec, err);

	if (rc)
		return rc;
	exec.cancel_fd = cancel_fd;
	rc = exec_run(&exec, a, &result, err);
	if (rc)
		return rc;
	read_result(h->command, &result, a, out);
	return 0;
}

int hook_call(const struct hook_send *h, const struct config *cfg, int cancel_fd, struct arena *a,
	      struct hook_answer *out, struct err *err)
{
	*out = (struct hook_answer){.meaning = HOOK_IN_DOUBT,
				    .code = ABSENT,
				    .retry_after_ms = ABSENT,
				    .pid = ABSENT,
				    .says = ""};
	return h->http ? call_over_http(h, cfg, cancel_fd, a, out, err)
		       : call_command(h, cancel_fd, a, out, err);
}
