/* action/start_do.c - the restart and resume hooks are called, once each.
 *
 * What is sent is a step on disk before it is sent, and so is what came of it: a sequence that was
 * cut in between knows that it may have been received. Silence is no failure here: whether the job
 * comes back is seen by the job itself, so it goes on to look, with the doubt kept. */
#include "start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../include/clock.h"
#include "../failpoint.h"
#include "../log/file.h"
#include "../rule/verdict.h"

enum { SYSTEMCTL_MS = 300000, TAIL_LINES = 6, TAIL_BYTES = 8 << 10 };

/* --- what is sent --- */

/* STATE/output/JOB.log; NULL: it cannot be. */
static const char *output_file(struct act *a, struct arena *arena)
{
	const char *dir = act_state_dir(a);
	char *folder, *name;

	if (!dir)
		return NULL;
	folder = arena_printf(arena, "%s/output", dir);
	if (mkdir(folder, 0700) && errno != EEXIST)
		return NULL;
	name = arena_strdup(arena, act_job_name(a));
	for (char *p = name; *p; p++) {
		bool is_plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
				(*p >= '0' && *p <= '9') || *p == '-' || *p == '_' ||
				(*p == '.' && p > name);
		if (!is_plain)
			*p = '_';
	}
	return arena_printf(arena, "%s/%.200s.log", folder, name);
}

static const char *output_of(struct act *a, const struct config_hook *hook, struct arena *arena)
{
	if (!hook->command.argv || !hook->command.is_detached)
		return NULL;
	return hook->command.output ? hook->command.output : output_file(a, arena);
}

struct config_command start_systemctl(const char *unit, const char *verb, struct arena *a)
{
	static const char *const kept[] = {"XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"};
	struct config_pair *env = ARENA_ARRAY(a, struct config_pair, ARRAY_LEN(kept));
	const char **argv = ARENA_ARRAY(a, const char *, 8);
	struct config_command c = {.argv = argv, .env = env, .timeout_ms = SYSTEMCTL_MS};
	size_t n = 0;

	argv[n++] = "systemctl";
	if (strncmp(unit, "--user ", 7) == 0) {
		argv[n++] = "--user";
		unit += 7;
	}
	argv[n++] = verb;
	argv[n++] = unit;
	for (size_t i = 0; i < ARRAY_LEN(kept); i++) /* where the user's own manager listens */
		if (getenv(kept[i]))
			env[c.nenv++] = (struct config_pair){kept[i], getenv(kept[i])};
	return c;
}

struct hook_send start_send(struct act *a, const struct config_hook *hook,
			    const struct hook_values *values, struct arena *arena)
{
	struct hook_send send = {.values = *values};
	struct config_pair *pairs = ARENA_ARRAY(arena, struct config_pair, 2);
	struct config_command *command;

	pairs[0] = (struct config_pair){"X-Sparkops-Job", act_job_name(a)};
	pairs[1] = (struct config_pair){"SPARKOPS_JOB", act_job_name(a)};
	if (hook->http.url) {
		send.http = &hook->http;
		send.headers = (struct hook_values){1, pairs};
		return send;
	}
	send.command = &hook->command;
	if (hook->systemd) {
		command = ARENA_NEW(arena, struct config_command);
		*command = start_systemctl(hook->systemd, "restart", arena);
		send.command = command;
	}
	send.environment = (struct hook_values){1, pairs + 1};
	send.log = output_of(a, hook, arena);
	return send;
}

/* --- what came of it --- */

/* The end of a text, as one line. */
static const char *last_lines(const char *text, struct arena *a)
{
	size_t len = strlen(text), from = len;
	char *out;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	from = len;
	for (int lines = 0; from && lines < TAIL_LINES; from--)
		lines += text[from - 1] == '\n';
	if (from && text[from] == '\n')
		from++;
	out = arena_strndup(a, text + from, len - from);
	for (char *p = out; *p; p++)
		if (*p == '\n')
			*p = '|';
	return out;
}

const char *start_last_words(struct act *a, struct arena *arena)
{
	const struct config_job *job = act_job(a);
	const char *path = job ? output_of(a, &job->restart, arena) : NULL;
	const struct text *const *lines;
	char *bytes;
	struct stat st;
	const char *why, *out = "";
	ssize_t n;
	int fd;

	if (!path && job && job->log.files)
		path = job->log.files[0];
	fd = path ? file_open(path, &st, &why) : -1;
	if (fd < 0)
		return "";
	bytes = arena_alloc(arena, TAIL_BYTES + 1);
	n = pread(fd, bytes, TAIL_BYTES, st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0);
	close(fd);
	if (n <= 0)
		return "";
	size_t nlines = text_lines(arena, bytes, (size_t)n, &lines);
	for (size_t i = nlines > TAIL_LINES ? nlines - TAIL_LINES : 0; i < nlines; i++)
		if (text_len(lines[i]))
			out = arena_printf(arena, "%s%s%s", out, *out ? " | " : "",
					   text_str(lines[i]));
	return *out ? arena_printf(arena, "; %s ends: %.600s", path, out) : "";
}

static enum action_state not_written(struct act *a)
{
	act_outcome(a, "stopped: the next step could not be written to the audit, so it was not "
		       "done");
	return ACTION_STATE_FAILED;
}

/* A hook on its way, and its marks. */
struct errand {
	const char *word, *before, *after, *at_send, *at_answer; /* the last two: failpoints */
	const struct config_hook *hook;
};

static enum action_state failed(struct act *a, const struct errand *e, const struct hook_answer *r,
				struct arena *arena)
{
	const char *said = r->output && *r->output ? last_lines(r->output, arena) : "";

	act_outcome(a, "%s failed: %s: %s%s%.600s", e->word, hook_words(e->hook, arena), r->says,
		    *said ? "; it said: " : "", said);
	return ACTION_STATE_FAILED;
}

static void keep_doubt(struct start *s, const struct errand *e, const struct hook_answer *r,
		       struct arena *arena)
{
	bool was_ended = e->hook->command.argv && is_absent(r->code);

	snprintf(s->doubt, sizeof(s->doubt), "%.60s %.100s%s", hook_words(e->hook, arena), r->says,
		 was_ended ? " (a command that is the job itself wants `detach: true`)" : "");
}

/* Calls it. DONE also where it is not known whether it was received: then in s->doubt. */
static enum action_state call(struct act *a, struct start *s, const struct errand *e,
			      struct arena *arena)
{
	struct hook_values values = start_values(a, s, arena);
	struct hook_send send = start_send(a, e->hook, &values, arena);
	const char *words = hook_words(e->hook, arena);
	struct hook_answer r;
	struct err err;

	if (send.command && send.command->is_detached && !send.log) {
		act_outcome(a, "%s failed: there is no folder for its output: give `output:`",
			    e->word);
		return ACTION_STATE_FAILED;
	}
	act_says(a, "%s: %s", e->word, words);
	failpoint(e->at_send);
	if (hook_call(&send, act_config(a), -1, arena, &r, &err)) {
		act_outcome(a, "%s failed: %s", e->word, err.message);
		return ACTION_STATE_FAILED;
	}
	failpoint(e->at_answer);
	if (r.meaning == HOOK_FAILED || r.meaning == HOOK_LATER)
		return failed(a, e, &r, arena);
	if (r.meaning == HOOK_IN_DOUBT)
		keep_doubt(s, e, &r, arena);
	if (!is_absent(r.pid))
		s->child = r.pid;
	return act_step(a, e->after, "%s: %s", words, r.says) ? not_written(a) : ACTION_STATE_DONE;
}

static enum action_state run_errand(struct act *a, struct start *s, const struct errand *e)
{
	enum action_state state;
	struct arena arena;

	arena_init(&arena);
	s->doubt[0] = '\0';
	if (act_step(a, e->before, "%s: %s", e->word, hook_words(e->hook, &arena)))
		state = not_written(a);
	else
		state = call(a, s, e, &arena);
	arena_release(&arena);
	act_poll_now(a);
	return state;
}

enum action_state start_do(struct act *a, struct start *s)
{
	const struct errand e = {"restart",        "start",        "started",
				 "restart.before", "restart.sent", &act_job(a)->restart};

	if (start_is_back(a, s)) /* by whoever was faster, in another ledger too */
		return ACTION_STATE_DONE;
	s->told_at = clock_wall(&clock_real);
	return run_errand(a, s, &e);
}

enum action_state start_resume(struct act *a, struct start *s)
{
	const struct errand e = {"resume",        "resume",      "resumed",
				 "resume.before", "resume.sent", &act_job(a)->resume};

	return hook_is_set(e.hook) ? run_errand(a, s, &e) : ACTION_STATE_DONE;
}
