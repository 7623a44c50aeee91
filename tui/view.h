/* view.h - the list of views, and what a view is.
 *
 * To add a view:
 *   1. tui/view/x.c with `const struct view view_x` (its only exported symbol): a table_spec and
 *      bindings; a draw function only if it is more than one table
 *   2. one line in VIEW_LIST below, in the order of PRODUCT's table (the digits 1-9 follow it).
 * Tab, digit, `:x`, help page, keys in the bottom line, filter, sort and marks come without more
 * code. A test goes through the list and finds what is missing.
 *
 * A view never fetches: it sees the snapshot in the ui (ui.h) and may send requests. Life of a
 * state: open (when switched to, first or again), update (before a draw, when there is a new
 * snapshot, another job or a changed request), draw (pure; only into the area). */
#ifndef SPARKOPS_VIEW_H
#define SPARKOPS_VIEW_H

#include "command.h"
#include "keys.h"
#include "pager.h"
#include "table.h"

#define VIEW_LIST(X)                                                                               \
	X(overview)                                                                                \
	X(job)                                                                                     \
	X(executors)                                                                               \
	X(memory)                                                                                  \
	X(errors)                                                                                  \
	X(dlq)                                                                                     \
	X(jvms)                                                                                    \
	X(log)                                                                                     \
	X(actions)                                                                                 \
	X(wall)                                                                                    \
	X(sources)                                                                                 \
	X(messages)                                                                                \
	X(help)                                                                                    \
	X(threads)

struct ui;

/* What has the focus inside a view; Tab goes round. */
struct pane {
	struct table *table; /* one of the two, made in open() and freed with the state */
	struct pager *pager;
};
enum { VIEW_PANES = 5 };

struct view_state {
	const struct view *view;
	struct pane panes[VIEW_PANES];
	size_t npanes, focus;
	void *own;          /* view.own_size zeroed bytes */
	struct arena arena; /* what the view makes in update(): reset before each */
	uint64_t seen;      /* ui.version of the last update; 0: none */
};

struct view {
	const char *name, *title, *help;
	const char *empty; /* what stands where no row is; NULL: that there is nothing */
	/* A view that is one table needs only this: pane 0 shows all rows of its schema, or only
	 * those of the current job when `is_per_job` and the schema has a field `job`. */
	const struct table_spec *table;
	const struct binding *bindings; /* own keys, ended by a NULL key; may be NULL */
	const struct command *commands; /* own commands, may be NULL */
	/* Command lines whose keys stand in the bottom line, in order, NULL-terminated; the words
	 * are the bindings' `foot`. NULL: the usual ones. */
	const char *const *footer;
	bool is_per_job;  /* shows one job when one is chosen: `<` `>` go to the next */
	bool is_one_job;  /* opened for the job under the cursor */
	bool is_one_page; /* moving on at the end of a pane goes on in the next */
	size_t own_size;
	/* All optional. */
	/* The same where it changes with what is shown. */
	const char *const *(*foot)(struct ui *ui, struct view_state *v);
	/* Whether a command of the bottom line would do something now; what every view has in
	 * common is known without it. */
	bool (*may)(struct ui *ui, struct view_state *v, const char *command);
	void (*open)(struct ui *ui, struct view_state *v);
	void (*update)(struct ui *ui, struct view_state *v);
	void (*draw)(struct ui *ui, struct view_state *v, struct area a);
	bool (*back)(struct ui *ui, struct view_state *v); /* Esc: true when it went back inside */
	int (*enter)(struct ui *ui, struct view_state *v, struct err *err); /* Enter */
	void (*copy)(struct ui *ui, struct view_state *v,
		     struct buf *out); /* y; NULL: the row's key, all of a text */
	void (*release)(struct ui *ui, struct view_state *v);
};

#define X(symbol) extern const struct view view_##symbol;
VIEW_LIST(X)
#undef X

extern const struct view view_generic; /* `:table SCHEMA`; has no digit */

extern const struct view *const views[];        /* NULL-terminated, in digit order */
const struct view *view_find(const char *name); /* exact name; NULL */

struct view_state *view_state_new(const struct view *view);
void view_state_free(struct ui *ui, struct view_state *v);
/* Helpers for open(). The pane belongs to the state. */
struct table *view_add_table(struct view_state *v, const struct table_spec *spec);
struct pager *view_add_pager(struct view_state *v);
struct pane *view_focused(struct view_state *v);
/* The usual update and draw of a one-table view, for views that add to them. */
void view_update_table(struct ui *ui, struct view_state *v);
void view_draw_table(struct ui *ui, struct view_state *v, struct area a, const char *title);
/* All rows of a schema, only those of `job` when it is not "" and the schema has a field job (or,
 * for schema job, its name); in the view's arena. */
struct rowset view_rows(struct ui *ui, struct view_state *v, const struct schema *s,
			const char *job);
/* Sections of one source that are late or failed, of `job` or, "", of all jobs, and those that
 * belong to no job (this host): what they said last is still shown, dim and with its age. Lives in
 * the view's arena: made again in each update. */
struct view_old {
	const struct field *job; /* of the rows that are asked about */
	size_t n;
	const struct section **sections;
};
const struct view_old *view_old_of(struct ui *ui, struct view_state *v, enum source_id source,
				   const struct schema *s, const char *job);
table_old_fn view_is_old; /* data is a struct view_old */
/* Says so in line y; returns the lines taken, 0 or 1. */
int view_draw_old(struct ui *ui, struct area a, int y, const struct view_old *old);
/* The table and, below it, what is left for the row under the cursor when that is at least so many
 * lines; else, or without a row, an empty area. old: NULL, or said in a line. */
struct area view_draw_list(struct ui *ui, struct view_state *v, struct area a, const char *title,
			   const struct view_old *old, int lines);
/* A label and what it says from line y of the area on, in up to three lines where `after` more have
 * room below; the line below it. */
int view_said(struct area a, int y, int after, const char *label, enum style st, const char *what);
/* A one-line span for pagers: text formatted and cleaned into the view's arena. */
struct span view_span(struct view_state *v, enum style st, const char *fmt, ...) ATTR_PRINTF(3, 4);

#endif
