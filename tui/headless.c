/* headless.c - the front ends without a terminal. They wait for the backend, write what it knows
 * and leave; every wait ends with a signal or when nobody reads standard output any more. */
#include "headless.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../include/backend.h"
#include "../include/clock.h"
#include "../include/log.h"
#include "../include/out.h"
#include "../include/row/target.h"
#include "ending.h"
#include "names.h"
#include "view.h"

enum { SLICE_MS = 100, PIPE_PIECE = 4096, MISSING_MAX = 8, WARNINGS_MAX = 64, GRACE_MS = 500 };

/* Waits for the events on standard output. False: ended, or nobody reads. */
static bool wait_stdout(short events, int64_t ms)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = events};
	int n = ending_poll(&p, 1, ms);

	if (ending_signal() != 0 || (n < 0 && errno != EINTR))
		return false;
	return n <= 0 || (p.revents & (POLLERR | POLLHUP | POLLNVAL)) == 0;
}

/* Small pieces after POLLOUT never block on a pipe, so that a slow reader cannot keep us. */
static bool write_out(void *data, const char *bytes, size_t len)
{
	int *failure = data;

	while (len > 0) {
		ssize_t n;
		if (!wait_stdout(POLLOUT, -1))
			return false;
		n = write(STDOUT_FILENO, bytes, min_size(len, PIPE_PIECE));
		if (n < 0 && errno != EINTR && errno != EAGAIN) {
			*failure = errno;
			return false;
		}
		bytes += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

static bool put(const struct buf *b, int *failure)
{
	return b->len == 0 || write_out(failure, b->data, b->len);
}

static bool put_json(const struct snapshot *s, const struct out_options *out, int *failure)
{
	return out_json_write(s, out, write_out, failure) && write_out(failure, "\n", 1);
}

/* --- what was asked for --- */

static void list_jobs(const struct config *cfg, struct buf *out)
{
	buf_puts(out, cfg->njobs == 0 ? "there is no job" : "there are ");
	for (size_t i = 0; i < cfg->njobs && i < 50; i++)
		buf_printf(out, "%s%s", i == 0 ? "" : ", ", text_str(cfg->jobs[i].name));
	if (cfg->njobs > 50)
		buf_printf(out, " and %zu more", cfg->njobs - 50);
}

bool headless_has_job(const struct config *cfg, const char *name)
{
	for (size_t i = 0; i < cfg->njobs; i++)
		if (text_is(cfg->jobs[i].name, name))
			return true;
	return false;
}

/* 0 or EXIT_USAGE, which was said. */
static int check_view(const struct options *o)
{
	char shown[200];
	struct buf list;
	int rc = EXIT_USAGE;

	if (o->what == NULL || out_view(o->what) != NULL)
		return 0;
	buf_init(&list, 64 << 10);
	out_view_names(&list);
	text_clean_to(shown, sizeof(shown), o->what, strlen(o->what));
	if (names_is_later(o->what))
		fprintf(stderr, "sparkops: %s: not built yet\n", o->what);
	else if (view_find(o->what) != NULL)
		fprintf(stderr, "sparkops: %s is a view of the console only; there are %s\n",
			o->what, list.data);
	else
		fprintf(stderr, "sparkops: unknown view \"%s\"; there are %s\n", shown, list.data);
	buf_release(&list);
	return rc;
}

int headless_check_job(const struct config *cfg, const char *job)
{
	char shown[200];
	struct buf list;

	if (job == NULL || headless_has_job(cfg, job))
		return 0;
	buf_init(&list, 64 << 10);
	text_clean_to(shown, sizeof(shown), job, strlen(job));
	list_jobs(cfg, &list);
	fprintf(stderr, "sparkops: unknown job \"%s\"; %s\n", shown, list.data);
	buf_release(&list);
	return EXIT_USAGE;
}

/* What can be known before anything was looked for. */
static int check_asked(const struct config *cfg, const struct options *o)
{
	int rc = check_view(o);

	return rc == 0 && !cfg->discover ? headless_check_job(cfg, o->job) : rc;
}

static void say_where_we_looked(const struct config *cfg, struct buf *out)
{
	struct arena a;
	const char *user;

	arena_init(&a);
	user = cfg->file != NULL ? cfg->file : config_default_file(&a);
	if (user != NULL)
		user = text_str(text_clean_max(&a, user, strlen(user), 1000));
	buf_printf(out,
		   "looked in " CONFIG_SYSTEM_FILE
		   "%s%s and on the command line: no job is named\n",
		   user == NULL ? "" : ", ", user == NULL ? "" : user);
	if (cfg->looked != NULL)
		buf_printf(out, "looked at %s\n", cfg->looked);
	else if (!cfg->discover)
		buf_puts(out, "not looked for on this host: discovery is off\n");
	/* A file that is there is the user's work: never name it behind a >. */
	if (cfg->file != NULL)
		buf_printf(out, "add one to %s under jobs:; sparkops --print-config shows how\n",
			   user);
	else
		buf_printf(out, "write one: sparkops --print-config > %s\n",
			   user == NULL ? "config.yaml" : user);
	buf_puts(out, "or name one: sparkops --once --health http://HOST:PORT\n");
	arena_release(&a);
}

static bool is_nothing(const struct config *cfg)
{
	return cfg->njobs == 0 && cfg->nclusters == 0 && cfg->nservices == 0;
}

static struct out_options out_options_of(const struct options *o, char *host, size_t size)
{
	if (gethostname(host, size) != 0)
		host[0] = '\0';
	host[size - 1] = '\0';
	return (struct out_options){.view = o->what,
				    .job = o->job,
				    .host = host,
				    .is_whole = isatty(STDOUT_FILENO) == 0};
}

struct backend *headless_begin(const struct config *cfg)
{
	struct err err = {0};
	struct backend *b = NULL;

	if (!cfg->read_only || backend_guard(cfg, &err) == 0)
		b = backend_start(cfg, &err);
	if (b == NULL)
		fprintf(stderr, "sparkops: %s\n", err.message);
	return b;
}

/* A reader that has gone does not end it: the exit code is wanted. */
bool headless_settle(struct backend *b, int64_t ms)
{
	/* Polls end at their time by themselves; on a busy host a moment later. */
	int64_t end = clock_mono(&clock_real) + ms + GRACE_MS;
	bool is_settled = false;

	while (ending_signal() == 0 && ms > 0 && !is_settled) {
		is_settled = backend_settle(b, (int)min_i64(ms, SLICE_MS));
		ms = end - clock_mono(&clock_real);
		(void)!ending_poll(NULL, 0, 0);
	}
	return is_settled;
}

/* What is not in the output because there was no time for it: an empty list is no answer. */
static void say_missing(const struct snapshot *s, const struct options *o)
{
	const struct rowset *all = dataset_rows(s->targets, &schema_target);
	char where[120], wait[32];
	size_t n = 0;

	format_age((double)s->cfg->timeout_ms / 1000, wait, sizeof(wait));
	for (size_t i = 0; i < all->n; i++) {
		const struct target_row *t = all->rows[i];
		if (t->state != SECTION_WAITING ||
		    (o->job != NULL && t->job != NULL && !text_is(t->job, o->job)))
			continue;
		if (n++ >= MISSING_MAX)
			continue;
		text_clean_to(where, sizeof(where), text_str(t->where), text_len(t->where));
		fprintf(stderr,
			"sparkops: not in time: %s of %s within %s; --timeout waits longer\n",
			text_str(t->source), where, wait);
	}
	if (n > MISSING_MAX)
		fprintf(stderr, "sparkops: not in time: %zu more\n", n - MISSING_MAX);
}

/* Where no console is, nobody opens the messages view. */
static void say_warnings(void)
{
	const struct log_line *lines;
	struct arena a;
	size_t n;

	arena_init(&a);
	n = log_tail(&a, WARNINGS_MAX, &lines);
	for (size_t i = 0; i < n; i++)
		if (lines[i].level >= LOG_WARN &&
		    (i == 0 || strcmp(lines[i].message, lines[i - 1].message) != 0))
			fprintf(stderr, "sparkops: %s\n", lines[i].message);
	arena_release(&a);
}

static int write_failed(int failure)
{
	if (failure == 0 || failure == EPIPE)
		return -1;
	fprintf(stderr, "sparkops: cannot write to standard output: %s\n", strerror(failure));
	return EXIT_UNKNOWN;
}

/* Prints what was asked for; the exit code. */
static int print_once(const struct snapshot *s, const struct options *o)
{
	struct buf text, hint;
	char host[256];
	struct out_options out = out_options_of(o, host, sizeof(host));
	int failure = 0;

	buf_init(&text, 1 << 30);
	buf_init(&hint, 64 << 10);
	if (is_nothing(s->cfg))
		say_where_we_looked(s->cfg, &hint);
	if (o->json) {
		put_json(s, &out, &failure);
		fputs(hint.len > 0 ? hint.data : "", stderr);
	} else {
		out_text(s, &out, &text);
		buf_puts(&text, hint.len > 0 ? hint.data : "");
		put(&text, &failure);
	}
	buf_release(&text);
	buf_release(&hint);
	return write_failed(failure) >= 0 ? EXIT_UNKNOWN : out_exit_code_job(s, o->job);
}

int headless_once(const struct config *cfg, const struct options *o)
{
	const struct snapshot *s;
	struct backend *b;
	bool is_settled;
	int code = check_asked(cfg, o);

	if (code != 0)
		return code;
	ending_catch();
	b = headless_begin(cfg);
	if (b == NULL)
		return EXIT_UNKNOWN;
	is_settled = headless_settle(b, cfg->timeout_ms);
	s = backend_latest(b);
	code = headless_check_job(s->cfg, o->job);
	if (code == 0)
		code = print_once(s, o);
	if (!is_settled)
		say_missing(s, o);
	snapshot_unref(s);
	backend_stop(b);
	say_warnings();
	return ending_signal() != 0 ? 128 + ending_signal() : code;
}

int headless_print_config(const struct config *cfg)
{
	const struct snapshot *s;
	struct backend *b;
	struct buf text;
	int failure = 0;

	ending_catch();
	b = headless_begin(cfg);
	if (b == NULL)
		return EXIT_UNKNOWN;
	(void)!headless_settle(b, cfg->timeout_ms);
	s = backend_latest(b);
	buf_init(&text, 1 << 30);
	config_print(s->cfg, &text);
	put(&text, &failure);
	buf_release(&text);
	snapshot_unref(s);
	backend_stop(b);
	if (ending_signal() != 0)
		return 128 + ending_signal();
	return write_failed(failure) >= 0 ? EXIT_UNKNOWN : 0;
}

int headless_every(const struct config *cfg, const struct options *o)
{
	struct out_options out;
	struct backend *b;
	char host[256];
	int64_t next;
	int code = check_asked(cfg, o), failure = 0;

	if (code != 0)
		return code;
	ending_catch();
	b = headless_begin(cfg);
	if (b == NULL)
		return EXIT_UNKNOWN;
	out = out_options_of(o, host, sizeof(host));
	(void)!headless_settle(b, cfg->timeout_ms);
	next = clock_mono(&clock_real);
	while (ending_signal() == 0) {
		const struct snapshot *s = backend_latest(b);
		bool is_written = put_json(s, &out, &failure);
		int64_t now = clock_mono(&clock_real);
		snapshot_unref(s);
		if (!is_written)
			break;
		/* A reader that was slow gets the next line in its turn, not all it missed. */
		next = max_i64(next + o->every_ms, now);
		while (now < next && wait_stdout(0, next - now))
			now = clock_mono(&clock_real);
		if (now < next)
			break;
	}
	backend_stop(b);
	return write_failed(failure) >= 0 ? EXIT_UNKNOWN : EXIT_HEALTHY;
}
