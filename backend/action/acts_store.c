/* action/acts_store.c - what the ledger says, read whenever it changed: the rows of the `actions`
 * view, and the holds and states that rules and sources show.
 *
 * On a pool thread, one look at a time: the file is opened to read, read and closed, and only when
 * it or its log has changed since. A ledger that cannot be read is a line in the log; acting is
 * refused with the same reason, watching goes on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../../include/clock.h"
#include "../../include/log.h"
#include "../store/ledger_view.h"
#include "act_parts.h"
#include "returns.h"

enum { LOOK_MS = 2000, GRAIN_MS = 100 };

struct stamp {
	int64_t inode, size, changed_ns;
};

struct acts_store {
	struct acts *acts;
	uv_timer_t timer;
	uv_work_t work;
	bool is_running, is_stopped, wants_again;
	/* of the work */
	char *state_dir;
	struct stamp before[2];
	bool is_changed;   /* it was read */
	bool is_unsettled; /* may have changed without a trace, whatever the stamps say */
	const struct dataset *fresh_rows;
	const struct ledger_view *fresh_view;
	struct err err;
	/* of the loop */
	const struct dataset *rows;
	char said[sizeof(((struct err *)0)->message)];
	struct arena arena;
	struct returns *returns; /* NULL: not watched (read-only, --once, a verb) */
};

/* --- on a pool thread --- */

static struct stamp stamp_of(const char *dir, const char *file)
{
	char path[4200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (stat(path, &st) != 0)
		return (struct stamp){0};
	return (struct stamp){(int64_t)st.st_ino, (int64_t)st.st_size,
			      (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec};
}

static bool has_changed(struct acts_store *t)
{
	static const char *const files[] = {"ledger.db", "ledger.db-wal"};
	int64_t now_ns = clock_wall(&clock_real) * 1000000;
	bool is = t->is_unsettled;

	t->is_unsettled = false;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct stamp s = stamp_of(t->state_dir, files[i]);
		is |= memcmp(&s, &t->before[i], sizeof(s)) != 0;
		t->before[i] = s;
		/* a write of the same tick would leave the same time */
		t->is_unsettled |= now_ns - s.changed_ns < (int64_t)GRAIN_MS * 1000000;
	}
	return is;
}

/* Whoever runs may end without a trace. */
static bool has_running(const struct dataset *rows)
{
	const struct rowset *set = dataset_rows(rows, &schema_action);

	for (size_t i = 0; i < set->n; i++)
		if (((const struct action_row *)set->rows[i])->state == ACTION_STATE_RUNS)
			return true;
	return false;
}

static void read_ledger(struct acts_store *t)
{
	struct ledger *l = ledger_open(t->state_dir, true, &t->err);

	if (l == NULL)
		return;
	t->fresh_rows = history_rows(l, &t->err);
	if (t->fresh_rows != NULL)
		t->fresh_view = ledger_view_make(l, &t->err);
	t->is_unsettled |= has_running(t->fresh_rows);
	ledger_close(l);
}

static void on_work(uv_work_t *work)
{
	struct acts_store *t = CONTAINER_OF(work, struct acts_store, work);

	t->err = (struct err){0};
	t->is_changed = has_changed(t);
	if (t->is_changed)
		read_ledger(t);
	t->is_unsettled |= t->err.code != ERR_NONE && t->err.code != ERR_MISSING;
}

/* --- on the loop --- */

static void say_problem(struct acts_store *t)
{
	if (t->err.code == ERR_MISSING || strcmp(t->said, t->err.message) == 0)
		return;
	snprintf(t->said, sizeof(t->said), "%s", t->err.message);
	if (t->said[0] != '\0')
		log_msg(LOG_ERROR, "the ledger cannot be read, nothing is done until it can: %s",
			t->said);
}

static void take(struct acts_store *t)
{
	struct publish *p = t->acts->publish;
	const struct action_row *cut;

	say_problem(t);
	if (!t->is_changed || t->fresh_view == NULL) {
		dataset_unref(t->fresh_rows);
		t->fresh_rows = NULL;
		return;
	}
	dataset_unref(t->rows);
	t->rows = t->fresh_rows;
	publish_ledger(p, t->fresh_view);
	t->fresh_rows = NULL;
	t->fresh_view = NULL;
	arena_reset(&t->arena);
	cut = history_cut(t->rows, clock_wall(&clock_real));
	publish_notice(p, cut == NULL ? NULL : text_str(history_notice(cut, &t->arena)),
		       cut == NULL || cut->job == NULL ? NULL : text_str(cut->job));
	acts_publish_rows(t->acts);
}

static void look(struct acts_store *t);

static void on_done(uv_work_t *work, int status)
{
	struct acts_store *t = CONTAINER_OF(work, struct acts_store, work);

	(void)status;
	t->is_running = false;
	if (t->is_stopped) {
		dataset_unref(t->fresh_rows);
		ledger_view_unref(t->fresh_view);
		t->fresh_rows = NULL;
		t->fresh_view = NULL;
		return;
	}
	take(t);
	if (t->wants_again)
		look(t);
}

static void look(struct acts_store *t)
{
	t->wants_again = t->is_running;
	if (t->is_running || t->state_dir == NULL)
		return;
	t->is_running = true;
	if (uv_queue_work(t->timer.loop, &t->work, on_work, on_done) != 0)
		BUG("no work can be queued");
}

static void on_look(uv_timer_t *timer)
{
	struct acts_store *t = CONTAINER_OF(timer, struct acts_store, timer);

	look(t);
	if (t->returns != NULL)
		returns_look(t->returns, t->acts->publish, t->acts->cfg);
}

static void on_returns(void *data)
{
	struct acts_store *t = data;

	if (!t->is_stopped)
		look(t);
}

struct acts_store *acts_store_new(struct acts *s)
{
	struct acts_store *t = xcalloc(1, sizeof(*t));

	t->acts = s;
	arena_init(&t->arena);
	t->state_dir = s->cfg->state_dir == NULL ? NULL : xstrdup(s->cfg->state_dir);
	return t;
}

/* --once prints what it knows after one look at everything: this is the ledger's. */
void acts_store_once(struct acts_store *t)
{
	if (t->state_dir == NULL)
		return;
	on_work(&t->work);
	take(t);
}

void acts_store_start(struct acts_store *t, uv_loop_t *loop)
{
	const struct config *cfg = t->acts->cfg;

	if (t->state_dir != NULL && !t->acts->is_read_only && !cfg->is_once && !cfg->is_verb)
		t->returns = returns_new(loop, t->state_dir, on_returns, t);
	uv_timer_init(loop, &t->timer);
	uv_timer_start(&t->timer, on_look, 0, LOOK_MS);
}

void acts_store_look(struct acts_store *t)
{
	look(t);
}

void acts_store_stop(struct acts_store *t)
{
	t->is_stopped = true;
	uv_close((uv_handle_t *)&t->timer, NULL);
}

void acts_store_free(struct acts_store *t)
{
	returns_free(t->returns);
	dataset_unref(t->rows);
	arena_release(&t->arena);
	free(t->state_dir);
	free(t);
}

const struct dataset *acts_store_rows(const struct acts_store *t)
{
	return t->rows;
}
