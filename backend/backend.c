/* backend.c - the loop, its thread, and the order in which everything begins and ends.
 *
 * DESIGN. backend_start() finds the targets and makes the first snapshot in the caller's thread, so
 * that there is a picture before anything was asked; then the thread takes over and nothing but the
 * mailbox, the latest snapshot and the settled flag is shared. All signals are blocked in the
 * thread and in those that libraries make from it.
 *
 * The end: requests are refused, polls aborted and sources stopped, transfers cancelled and
 * libcurl's handles closed, then our own; uv_run returns by itself when the last close callback has
 * run, and uv_loop_close() proves that nothing was forgotten. */
#include "../include/backend.h"

#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "../include/log.h"
#include "../include/turns.h"
#include "action/acts.h"
#include "discover/discover.h"
#include "guard/guard.h"
#include "heap.h"
#include "loop.h"
#include "mailbox.h"
#include "scheduler.h"

enum {
	LOOK_MS = 2000,
	TIDY_LOOKS = 5,
	END_WITHIN_S = 5,
	MISTAKES_CAP = 64 * 1024,
	LOGGED_MAX = 100
};

struct reload {
	uv_work_t work;
	uv_timer_t timer;
	struct buf mistakes;
	const struct config *cfg, *fresh;
	char *said; /* the mistakes that were logged; NULL: none are in force */
	bool is_running, is_changed;
	bool was_empty; /* at the last look: somebody may be writing it */
};

struct backend {
	uv_loop_t loop;
	pthread_t thread;
	struct mailbox *mailbox;
	struct publish *publish;
	struct scheduler *scheduler;
	struct http *http;
	struct reload reload;
	struct discover *discover;
	struct acts *acts;
	const struct config *cfg; /* as a person wrote it; the others have what was found, too */
	pthread_mutex_t lock;     /* is_settled, has_ended */
	pthread_cond_t change;
	bool is_settled, has_ended;
	atomic_bool is_read_only;
	unsigned looks;
	bool is_stopping;
	bool is_waiting; /* all targets have settled, but ports are still being asked */
};

static atomic_bool is_left_behind;
static pthread_once_t curl_once = PTHREAD_ONCE_INIT;

static void curl_begin(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		BUG("libcurl cannot be started");
}

/* --- a configuration file that changes ------------------------------------------------------ */

/* On a pool thread: the file may lie on a mount that hangs. */
static void on_reload_work(uv_work_t *work)
{
	struct reload *r = CONTAINER_OF(work, struct reload, work);

	r->is_changed = config_has_changed(r->cfg);
	buf_clear(&r->mistakes);
	if (r->is_changed && config_reload(r->cfg, &r->fresh, &r->mistakes))
		r->fresh = NULL;
}

/* From now on this is in force: what is written, and what was found. */
static void use_config(void *data, const struct config *cfg)
{
	struct backend *b = data;

	http_reconfigure(b->http, cfg);
	publish_config(b->publish, cfg);
	scheduler_reconfigure(b->scheduler, cfg);
	acts_reconfigure(b->acts, cfg);
	config_unref(cfg);
}

static void apply_config(struct backend *b, const struct config *fresh)
{
	log_msg(LOG_INFO, "the configuration was read again");
	config_unref(b->cfg);
	b->cfg = fresh;
	atomic_store(&b->is_read_only, fresh->read_only);
	discover_rebase(b->discover, fresh);
}

static void on_section(void *data, const struct section *s)
{
	struct backend *b = data;

	discover_section(b->discover, s);
}

/* Every mistake, once: the file is looked at again every few seconds. */
static void log_mistakes(struct reload *r, const char *mistakes, size_t n)
{
	const char *line = mistakes;

	if (r->said && strcmp(r->said, mistakes) == 0)
		return;
	free(r->said);
	r->said = xstrdup(mistakes);
	log_msg(LOG_ERROR, "the configuration is broken (%zu mistake%s), the old one stays", n,
		n == 1 ? "" : "s");
	for (size_t i = 0; i < n && i < LOGGED_MAX; i++) {
		size_t len = strcspn(line, "\n");

		log_msg(LOG_ERROR, "%.*s", (int)len, line);
		line += len + (line[len] == '\n');
	}
	if (n > LOGGED_MAX)
		log_msg(LOG_ERROR, "and %zu mistakes more", n - LOGGED_MAX);
}

static void refuse_config(struct backend *b, const char *mistakes)
{
	char text[400], first[300], more[60] = "";
	size_t len = strcspn(mistakes, "\n"), n = 0;

	for (const char *p = mistakes; *p; p++)
		n += *p == '\n' || !p[1];
	log_mistakes(&b->reload, mistakes, n);
	text_clean_to(first, sizeof(first), mistakes, len);
	if (n > 1)
		snprintf(more, sizeof(more), " (and %zu more: see messages)", n - 1);
	snprintf(text, sizeof(text), "the configuration is broken, the old one stays: %.270s%s",
		 first, more);
	publish_banner(b->publish, text);
}

/* Nothing is wrong any more. */
static void forget_mistakes(struct backend *b, bool is_same)
{
	if (b->reload.said && is_same)
		log_msg(LOG_INFO, "the configuration is again as it was read");
	free(b->reload.said);
	b->reload.said = NULL;
	publish_banner(b->publish, NULL);
}

/* A file between its truncation and its new text names no job: that counts when it still does at
 * the next look. */
static bool is_half_written(struct backend *b, struct reload *r)
{
	bool is_empty = r->fresh && !r->fresh->njobs && b->cfg->njobs;
	bool is_news = is_empty && !r->was_empty;

	r->was_empty = is_empty;
	if (is_news)
		log_msg(LOG_INFO, "the configuration names no job any more: it may be half "
				  "written, so it counts only if the next look finds the same");
	return is_news;
}

static void on_reload_done(uv_work_t *work, int status)
{
	struct reload *r = CONTAINER_OF(work, struct reload, work);
	struct backend *b = CONTAINER_OF(r, struct backend, reload);

	(void)status;
	r->is_running = false;
	config_unref(r->cfg);
	r->cfg = NULL;
	if (b->is_stopping || is_half_written(b, r)) {
		config_unref(r->fresh);
	} else if (r->fresh) {
		forget_mistakes(b, false);
		apply_config(b, r->fresh);
	} else if (r->is_changed) {
		refuse_config(b, r->mistakes.data ? r->mistakes.data : "it cannot be read");
	} else {
		forget_mistakes(b, true);
	}
	r->fresh = NULL;
}

static void reload_look(struct backend *b)
{
	struct reload *r = &b->reload;

	if (r->is_running || !b->cfg->args)
		return;
	r->is_running = true;
	r->cfg = config_ref(b->cfg);
	if (uv_queue_work(&b->loop, &r->work, on_reload_work, on_reload_done))
		BUG("no work can be queued");
}

static void on_look(uv_timer_t *timer)
{
	struct backend *b = timer->data;

	if (++b->looks % TIDY_LOOKS == 0)
		heap_tidy();
	reload_look(b);
}

/* --- requests ------------------------------------------------------------------------------- */

static void on_revealed(void *data, const struct request *r)
{
	struct backend *b = data;

	scheduler_detail(b->scheduler, r);
}

static void on_request(void *data, const struct request *r)
{
	struct backend *b = data;

	if (r->kind == REQUEST_DLQ_ENTRY && r->flag) {
		acts_reveal(b->acts, r, on_revealed, b);
		return;
	}

	switch (r->kind) {
	case REQUEST_POLL_NOW:
		scheduler_poll_now(b->scheduler, r->job);
		return;
	case REQUEST_DLQ_PAGE:
	case REQUEST_DLQ_ENTRY:
	case REQUEST_LOG_PAGE:
	case REQUEST_THREADS:
		scheduler_detail(b->scheduler, r);
		return;
	case REQUEST_RELOAD:
		reload_look(b);
		return;
	case REQUEST_DISMISS:
		discover_dismiss(b->discover, r->job);
		return;
	}
}

static void on_stop(void *data)
{
	struct backend *b = data;

	b->is_stopping = true;
	mailbox_close(b->mailbox);
	acts_stop(b->acts);
	discover_stop(b->discover);
	scheduler_stop(b->scheduler);
	http_stop(b->http);
	publish_stop(b->publish);
	uv_close((uv_handle_t *)&b->reload.timer, NULL);
}

/* --- the thread ----------------------------------------------------------------------------- */

static void raise_flag(struct backend *b, bool *flag)
{
	pthread_mutex_lock(&b->lock);
	*flag = true;
	pthread_cond_broadcast(&b->change);
	pthread_mutex_unlock(&b->lock);
}

static void on_settled(void *data)
{
	struct backend *b = data;

	b->is_waiting = discover_is_busy(b->discover);
	if (b->is_waiting)
		return;
	heap_tidy(); /* the first answers are the longest: what they took and gave back */
	publish_now(b->publish); /* what settled is seen by whom waits for it */
	raise_flag(b, &b->is_settled);
}

/* What was found has its targets by now; have they settled? */
static void on_discovered(void *data)
{
	struct backend *b = data;

	if (b->is_waiting && !scheduler_is_unsettled(b->scheduler))
		on_settled(b);
}

static void on_woke(void *data, const char *job)
{
	struct backend *b = data;

	scheduler_poll_now(b->scheduler, job);
}

static void *run(void *data)
{
	struct backend *b = data;
	struct discover_calls calls = {use_config, on_discovered, on_woke, b};

	if (!b->cfg->is_once && !b->cfg->is_verb) /* who waits for one answer has no screen */
		turns_long();                     /* the pool inherits it */
	pthread_once(&curl_once, curl_begin);
	b->http = http_new(&b->loop, b->cfg);
	uv_update_time(&b->loop);
	publish_start(b->publish, &b->loop);
	acts_start(b->acts, &b->loop);
	b->discover = discover_new(&b->loop, b->http, &clock_real, b->cfg, &calls);
	scheduler_watch(b->scheduler, on_section, b);
	scheduler_start(b->scheduler, &b->loop, b->http, on_settled, b);
	if (b->cfg->args && !b->cfg->is_once)
		uv_timer_start(&b->reload.timer, on_look, LOOK_MS, LOOK_MS);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	if (uv_loop_close(&b->loop))
		BUG("a handle was left open");
	raise_flag(b, &b->has_ended);
	return NULL;
}

static int thread_start(struct backend *b, struct err *err)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	/* A fault in this thread must reach the handler that puts the terminal back: the kernel
	 * kills a process whose fault is blocked without asking anybody. */
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		sigdelset(&all, faults[i]);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = pthread_create(&b->thread, NULL, run, b);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc ? err_set(err, ERR_LIMIT, "no thread: %s", strerror(rc)) : 0;
}

static void release(struct backend *b)
{
	acts_free(b->acts);
	mailbox_free(b->mailbox);
	scheduler_free(b->scheduler);
	discover_free(b->discover);
	publish_free(b->publish);
	buf_release(&b->reload.mistakes);
	free(b->reload.said);
	config_unref(b->cfg);
	pthread_cond_destroy(&b->change);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

static void on_news(void *data)
{
	struct backend *b = data;

	acts_snapshot(b->acts);
}

struct backend *backend_start(const struct config *cfg, struct err *err)
{
	struct backend *b = xcalloc(1, sizeof(*b));
	pthread_condattr_t attr;

	heap_begin();
	unsetenv("SSLKEYLOGFILE"); /* libcurl would write the keys of every connection there */
	b->publish = publish_new(cfg, &clock_real, err);
	if (!b->publish || loop_begin(&b->loop)) {
		if (b->publish)
			err_set(err, ERR_LIMIT, "no descriptor for the event loop");
		if (b->publish)
			publish_free(b->publish);
		free(b);
		return NULL;
	}
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->change, &attr);
	pthread_condattr_destroy(&attr);
	buf_init(&b->reload.mistakes, MISTAKES_CAP);
	b->cfg = config_ref(cfg);
	atomic_init(&b->is_read_only, cfg->read_only);
	b->mailbox = mailbox_new(&b->loop, on_request, on_stop, b);
	b->acts = acts_new(cfg, b->publish, b->mailbox);
	publish_watch(b->publish, on_news, b);
	b->scheduler = scheduler_new(cfg, &clock_real, b->publish);
	uv_timer_init(&b->loop, &b->reload.timer);
	b->reload.timer.data = b;
	publish_now(b->publish);
	if (thread_start(b, err) == 0)
		return b;
	mailbox_close(b->mailbox);
	uv_close((uv_handle_t *)&b->reload.timer, NULL);
	uv_run(&b->loop, UV_RUN_DEFAULT);
	uv_loop_close(&b->loop);
	release(b);
	return NULL;
}

static bool wait_for(struct backend *b, const bool *flag, int64_t ms)
{
	struct timespec until;
	bool is_set;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&b->lock);
	while (!*flag && pthread_cond_timedwait(&b->change, &b->lock, &until) != ETIMEDOUT)
		continue;
	is_set = *flag;
	pthread_mutex_unlock(&b->lock);
	return is_set;
}

void backend_stop(struct backend *b)
{
	if (!b)
		return;
	mailbox_ask_stop(b->mailbox);
	if (!wait_for(b, &b->has_ended, (int64_t)END_WITHIN_S * 1000)) {
		/* A pool thread hangs in a dead mount: the process ends without it. */
		log_msg(LOG_WARN, "a file system does not answer: leaving without it");
		pthread_detach(b->thread);
		atomic_store(&is_left_behind, true);
		return;
	}
	pthread_join(b->thread, NULL);
	release(b);
}

bool backend_is_left_behind(void)
{
	return atomic_load(&is_left_behind);
}

int backend_wake_fd(const struct backend *b)
{
	return publish_wake_fd(b->publish);
}

const struct snapshot *backend_latest(struct backend *b)
{
	return publish_latest(b->publish);
}

int backend_request(struct backend *b, const struct request *r, struct err *err)
{
	if (atomic_load(&b->is_read_only) && guard_request(r, err) != 0)
		return -ERR_REFUSED;
	return mailbox_put(b->mailbox, r, err);
}

int64_t backend_act(struct backend *b, const struct action_request *r, struct err *err)
{
	return acts_request(b->acts, r, err);
}

size_t backend_acting(struct backend *b, bool is_leaving)
{
	if (is_leaving)
		acts_leave(b->acts);
	return acts_running(b->acts);
}

bool backend_settle(struct backend *b, int timeout_ms)
{
	return wait_for(b, &b->is_settled, timeout_ms);
}
