/* source/jvm.c - the Spark JVMs of this host: one target, looked at on a pool thread.
 *
 * DESIGN: the scan (jvm/scan.h) with all its windows belongs to the look under way and to nobody
 * else; the loop thread hands over the time and takes a dataset back. One look at a time: one that
 * hangs (a file system that does not answer) is said to, with the process whose files hang, and is
 * left behind until it comes back. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/row/jvm.h"
#include "../jvm/dump.h"
#include "../jvm/scan.h"
#include "source.h"

enum {
	ONCE_AGAIN_MS = 500,
	LOOK_EVERY_MS = 2000, /* at least: a look at every process costs more than an answer */
};

struct watcher {
	uv_work_t work;
	struct target *target; /* NULL: stopped, the look under way frees the watcher */
	struct scan *scan;
	bool is_busy, in_poll;
	bool had_rows; /* at the last look, or there was none */
	struct scan_time at, began;
	/* what the look answers */
	struct dataset *rows;
	struct err err;
};

struct jvm_target {
	struct watcher *w;
	struct dump *dump;
	const struct dataset *seen; /* the last rows: which process an id is */
};

static void free_watcher(struct watcher *w)
{
	scan_free(w->scan);
	dataset_unref(w->rows);
	free(w);
}

static void on_work(uv_work_t *work) /* on a pool thread */
{
	struct watcher *w = work->data;

	w->rows = scan_look(w->scan, &w->at, &w->err);
}

static void give_rows(struct watcher *w, struct dataset *rows)
{
	struct jvm_target *state = target_state(w->target);
	bool has_rows = dataset_rows(rows, &schema_jvm)->n > 0;

	source_note(w->target, scan_note(w->scan) ? scan_note(w->scan) : "");
	/* a share of CPU needs two looks, and with it busy and idle */
	if ((target_config(w->target)->is_once || target_config(w->target)->is_verb) &&
	    target_polls(w->target) == 0)
		source_again(w->target, ONCE_AGAIN_MS);
	if (!w->had_rows && !has_rows) {
		dataset_unref(rows);
		source_same(w->target, ABSENT);
		return;
	}
	w->had_rows = has_rows;
	dataset_unref(state->seen);
	state->seen = dataset_ref(rows);
	source_done(w->target, rows, ABSENT);
}

static void on_worked(uv_work_t *work, int status)
{
	struct watcher *w = work->data;
	struct dataset *rows = w->rows;

	w->is_busy = false;
	w->rows = NULL;
	if (!w->target || !w->in_poll) { /* nobody waits for it any more */
		dataset_unref(rows);
		if (!w->target)
			free_watcher(w);
		return;
	}
	w->in_poll = false;
	if (rows)
		give_rows(w, rows);
	else
		source_failed(w->target, NULL, "%s",
			      status < 0 ? uv_strerror(status) : w->err.message);
}

static void poll_jvms(struct target *t)
{
	struct watcher *w = ((struct jvm_target *)target_state(t))->w;
	struct scan_time now = {clock_wall(target_clock(t)), clock_mono(target_clock(t))};

	if (w->is_busy) {
		int64_t pid = scan_busy_with(w->scan);

		if (pid)
			source_failed(t, NULL,
				      "the look that began %" PRId64 " s ago hangs at the files of "
				      "process %" PRId64 ": its file system does not answer",
				      (now.mono - w->began.mono) / 1000, pid);
		else
			source_failed(t, NULL,
				      "the look at /proc that began %" PRId64 " s ago is not done",
				      (now.mono - w->began.mono) / 1000);
		return;
	}
	w->at = w->began = now;
	w->is_busy = w->in_poll = true;
	w->work.data = w;
	if (uv_queue_work(target_loop(t), &w->work, on_work, on_worked))
		BUG("work could not be queued");
}

static void on_dump(void *target, struct dataset *rows)
{
	source_detail(target, rows);
}

static struct dataset *detail(struct target *t, const struct request *r)
{
	struct jvm_target *state = target_state(t);
	const struct rowset *jvms = dataset_rows(state->seen, &schema_jvm);

	for (size_t i = 0; i < jvms->n; i++) {
		const struct jvm_row *j = jvms->rows[i];
		struct attach_request ask = {.pid = j->pid,
					     .start_ticks = j->start_ticks,
					     .ns_pid = is_absent(j->ns_pid) ? j->pid : j->ns_pid,
					     .uid = j->uid,
					     .limit_ms = DUMP_LIMIT_MS,
					     .by_sigquit = r->flag};
		if (!text_is(j->id, r->file))
			continue;
		dump_ask(state->dump, &ask);
		return NULL;
	}
	return dump_says("this JVM is not there any more");
}

static void start(struct target *t)
{
	struct jvm_target *state = target_state(t);
	struct watcher *w = xcalloc(1, sizeof(*w));

	w->target = t;
	w->had_rows = true;
	w->scan = scan_new("/proc");
	state->w = w;
	state->dump = dump_new(target_loop(t), on_dump, t);
}

static void give_up(struct target *t)
{
	((struct jvm_target *)target_state(t))->w->in_poll = false;
}

static void stop(struct target *t)
{
	struct jvm_target *state = target_state(t);
	struct watcher *w = state->w;

	dump_free(state->dump);
	dataset_unref(state->seen);
	state->w = NULL;
	w->target = NULL;
	if (!w->is_busy || uv_cancel((uv_req_t *)&w->work) == 0)
		w->in_poll = false;
	if (!w->is_busy)
		free_watcher(w);
}

static void targets(const struct config *cfg, target_add_fn *add, void *data)
{
	const struct target_spec here = {.where = "this host", .found_by = "/proc"};

	(void)cfg;
	add(data, &here);
}

static const struct schema *const schemas[] = {&schema_jvm, NULL};

const struct source_ops source_jvm = {
	.name = "jvm",
	.schemas = schemas,
	.state_size = sizeof(struct jvm_target),
	.interval_min_ms = LOOK_EVERY_MS,
	.is_local = true,
	.looks_on = true,
	.targets = targets,
	.start = start,
	.poll = poll_jvms,
	.abort = give_up,
	.stop = stop,
	.details = 1u << REQUEST_THREADS,
	.detail = detail,
};
