/* ui.h - the console without its terminal: what is shown, and what a key does to it.
 *
 * Main thread only. tui.c feeds it keys, snapshots and time, and takes pictures (ui_draw); tests do
 * the same without a terminal. */
#ifndef SPARKOPS_UI_H
#define SPARKOPS_UI_H

#include "../include/backend.h"
#include "../include/clock.h"
#include "../include/row/job.h"
#include "acting.h"
#include "clip.h"
#include "prompt.h"
#include "question.h"
#include "theme.h"
#include "view.h"

enum { UI_HISTORY = 32, UI_VIEWS = 32 };

struct ui_place { /* where Esc goes back to */
	const struct view *view;
	char job[256];
};

/* What the loop must do after keys were handled. */
struct ui_wish {
	bool quit;
	bool suspend;
	bool redraw_all; /* the picture on the terminal is not to be trusted (Ctrl-L) */
	bool theme;      /* the theme changed */
	bool mouse;      /* ui.is_mouse changed */
	bool copy;       /* ui.clip is to go to the clipboard */
	bool flush;      /* what was typed ahead is to be thrown away */
};

typedef int ui_request_fn(void *data, const struct request *r, struct err *err);
typedef int64_t ui_act_fn(void *data, const struct action_request *r, struct err *err);

struct ui {
	const struct config *cfg;       /* in force: of the snapshot shown, else the one given */
	const struct config *given;     /* to ui_init */
	bool is_ascii_only;             /* the terminal knows no other characters */
	const struct snapshot *snap;    /* shown now, one reference; NULL before the first */
	const struct snapshot *newest;  /* the same unless frozen by `z` */
	size_t verdicts[VERDICT_COUNT]; /* jobs of snap by verdict */
	uint64_t version;               /* grows when what views see changes: snapshot, job, ... */
	const struct clock *clock;
	int64_t now; /* wall ms of this frame */
	char host[64];
	const struct glyphs *glyphs;
	struct keymap *keymap;
	struct theme *theme;
	struct arena frame; /* forgotten after each draw */

	struct view_state *view; /* shown */
	struct view_state *states[UI_VIEWS];
	size_t nstates;
	char job[256]; /* the job that per-job views show; "": all */
	struct ui_place history[UI_HISTORY];
	size_t nhistory;
	const struct view *asked_from;     /* help is about this view */
	const struct schema *table_schema; /* of the view `table` */
	char jvm_id[64]; /* the JVM whose threads are opened next; "": the driver of the job */

	struct question question;
	struct acting acting;
	bool is_burst;    /* the key that is handled came with others: it does not act */
	bool drops_burst; /* nor do those that come with it: they were meant for a question */

	struct prompt prompt;
	char before[256];  /* the filter before the prompt opened, for Esc */
	char message[400]; /* one line in place of the bottom bar until the next key */
	bool is_message_bad;
	bool is_paused, is_mouse, is_dirty;
	bool has_dropped_paste; /* said once per paste */
	struct ui_wish wish;
	struct buf clip; /* what was copied */
	enum clip_way clip_way;
	ui_request_fn *request;
	ui_act_fn *act;
	void *request_data; /* of both */
};

/* cfg and clock must outlive it. 0 or an error: a key binding or theme of the configuration that is
 * none, an unknown view. */
MUST_CHECK int ui_init(struct ui *ui, const struct config *cfg, const struct clock *clock,
		       struct err *err);
void ui_release(struct ui *ui);
/* Takes over one reference. While paused it is kept for later. */
void ui_snapshot(struct ui *ui, const struct snapshot *snap);
void ui_event(struct ui *ui, const struct key_event *ev);
void ui_pause(struct ui *ui, bool on);
void ui_tick(struct ui *ui); /* at least once a second: what ends by time alone */
/* Draws everything; s has its size. */
void ui_draw(struct ui *ui, struct screen *s);
/* Too small for a view: the worst jobs, a line each; in a corner only the mark. */
void ui_draw_worst(const struct ui *ui, struct area a);

/* 0 when the key that is handled came alone, as from a hand; else why nothing is done. */
MUST_CHECK int ui_by_hand(struct ui *ui, struct err *err);
/* For commands and views. The current view is always up to date with ui.snap. */
void ui_refresh(struct ui *ui); /* something views see was changed: update the current one */
void ui_say(struct ui *ui, const char *fmt, ...) ATTR_PRINTF(2, 3);
/* job NULL: keep the one chosen. The overview, and whatever shows all jobs at once, lets it go; the
 * overview is also the top, from where nothing leads back. */
void ui_go(struct ui *ui, const struct view *view, const char *job);
bool ui_back(struct ui *ui);                     /* false: at the top */
void ui_set_job(struct ui *ui, const char *job); /* "" : all */
/* The job under the cursor, or the current one; "" when there is none. */
const char *ui_job_here(struct ui *ui);
/* Row of that job in the shown snapshot, or NULL. */
const struct job_row *ui_job_row(const struct ui *ui, const char *name);
MUST_CHECK int ui_request(struct ui *ui, const struct request *r, struct err *err);
/* As backend_act(). */
MUST_CHECK int64_t ui_act(struct ui *ui, const struct action_request *r, struct err *err);
/* `14:01:23` in local time, `nov 12` when another day; out is "-" when absent. */
void ui_time(const struct ui *ui, int64_t at, char *out, size_t size);

#endif
