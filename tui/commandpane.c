/* commandpane.c - what moves, sorts, filters, marks and copies in the pane that has the focus. */
#include "commandpane.h"

#include <stdio.h>
#include <string.h>

#include "ui.h"

enum { COPIED_W = 40 }; /* columns of it that are said */

static bool has_content(const struct pane *p)
{
	return p->table ? table_total(p->table) : p->pager->n;
}

/* To the pane below or above, where one shows something. The one that is left shows its first rows
 * again: they say the most. */
static void move_on(struct view_state *v, enum move m)
{
	bool is_down = m == MOVE_DOWN || m == MOVE_PAGE_DOWN;
	struct table *left = v->panes[v->focus].table;

	if (m == MOVE_FIRST || m == MOVE_LAST)
		return;
	for (size_t i = v->focus; is_down ? ++i < v->npanes : i-- > 0;)
		if (has_content(&v->panes[i])) {
			if (left)
				table_move(left, MOVE_FIRST);
			if (v->panes[i].table)
				table_move(v->panes[i].table, is_down ? MOVE_FIRST : MOVE_LAST);
			v->focus = i;
			return;
		}
}

static int move(struct ui *ui, enum move m)
{
	struct pane *p = view_focused(ui->view);
	const void *row = p && p->table ? table_cursor(p->table) : NULL;
	size_t top = p && p->pager ? p->pager->top : 0;
	bool is_at_end = false;

	if (p && p->table) {
		table_move(p->table, m);
		is_at_end = table_cursor(p->table) == row;
	} else if (p && p->pager) {
		pager_move(p->pager, m);
		is_at_end = p->pager->top == top;
	}
	if (is_at_end && ui->view->view->is_one_page)
		move_on(ui->view, m);
	return 0;
}

#define MOVE_COMMAND(name, how)                                                                    \
	int name(struct ui *ui, const char *args, struct err *err)                                 \
	{                                                                                          \
		(void)args;                                                                        \
		(void)err;                                                                         \
		return move(ui, how);                                                              \
	}
MOVE_COMMAND(pane_down, MOVE_DOWN)
MOVE_COMMAND(pane_up, MOVE_UP)
MOVE_COMMAND(pane_page_down, MOVE_PAGE_DOWN)
MOVE_COMMAND(pane_page_up, MOVE_PAGE_UP)
MOVE_COMMAND(pane_first, MOVE_FIRST)
MOVE_COMMAND(pane_last, MOVE_LAST)

/* To the next pane that shows something. */
static int turn(struct view_state *v, size_t by)
{
	size_t to = v->focus;

	for (size_t i = 0; i < v->npanes; i++) {
		if (has_content(&v->panes[to = (to + by) % v->npanes]))
			break;
	}
	v->focus = to;
	return 0;
}

int pane_next(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	return turn(ui->view, 1);
}

int pane_previous(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	return turn(ui->view, ui->view->npanes - 1);
}

int pane_open(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	if (ui->view->view->enter)
		return ui->view->view->enter(ui, ui->view, err);
	return err_set(err, ERR_MISSING, "nothing deeper here");
}

static struct table *focused_table(struct ui *ui, struct err *err)
{
	struct pane *p = view_focused(ui->view);

	if (p && p->table)
		return p->table;
	err_set(err, ERR_MISSING, "this is a text, not a table");
	return NULL;
}

int pane_mark(struct ui *ui, const char *args, struct err *err)
{
	struct table *t = focused_table(ui, err);

	if (!t) {
		if (err)
			*err->message = '\0';
		return pane_page_down(ui, args, err); /* as in less */
	}
	table_mark(t);
	return 0;
}

int pane_unmark(struct ui *ui, const char *args, struct err *err)
{
	struct table *t = focused_table(ui, err);

	(void)args;
	if (t)
		table_unmark_all(t);
	return t ? 0 : -ERR_MISSING;
}

int pane_sort(struct ui *ui, const char *args, struct err *err)
{
	struct table *t = focused_table(ui, err);

	return t ? table_sort(t, args, err) : -ERR_MISSING;
}

int pane_sort_next(struct ui *ui, const char *args, struct err *err)
{
	struct table *t = focused_table(ui, err);

	(void)args;
	if (t)
		table_sort_next(t);
	return t ? 0 : -ERR_MISSING;
}

int pane_sort_invert(struct ui *ui, const char *args, struct err *err)
{
	struct table *t = focused_table(ui, err);

	(void)args;
	if (t)
		table_sort_invert(t);
	return t ? 0 : -ERR_MISSING;
}

int pane_filter(struct ui *ui, const char *args, struct err *err)
{
	struct table *t = focused_table(ui, err);

	if (!t)
		return -ERR_MISSING;
	table_filter(t, args);
	if (*table_filter_problem(t))
		return err_set(err, ERR_MISSING, "%s", table_filter_problem(t));
	return 0;
}

size_t pane_complete_field(struct ui *ui, const char *prefix, const char **out, size_t max)
{
	struct table *t = focused_table(ui, NULL);
	const struct schema *s = t ? table_spec(t)->schema : NULL;
	size_t n = 0;

	for (size_t i = 0; s && i < s->nfields && n < max; i++)
		if (!strncmp(s->fields[i].name, prefix, strlen(prefix)))
			out[n++] = s->fields[i].name;
	return n;
}

/* The key of the row: its KEY fields with a blank between. */
static void copy_key(const struct table *t, struct buf *out)
{
	const struct schema *s = table_spec(t)->schema;
	const void *row = table_cursor(t);

	for (size_t i = 0; row && i < s->nfields; i++) {
		if (!(s->fields[i].flags & FIELD_KEY) || field_is_absent(&s->fields[i], row))
			continue;
		if (out->len)
			buf_putc(out, ' ');
		field_format_long(&s->fields[i], row, out);
	}
}

/* Where it went, how many lines there are of it, and how it begins. */
static void say_copied(struct ui *ui)
{
	const char *copied = ui->clip.data;
	char first[256], lines[32] = "";
	size_t n = 1;

	for (const char *s = strchr(copied, '\n'); s && s[1]; s = strchr(s + 1, '\n'))
		n++;
	if (n > 1)
		snprintf(lines, sizeof(lines), ", %zu lines", n);
	snprintf(first, sizeof(first), "%.*s", (int)min_size(strcspn(copied, "\n"), 255), copied);
	ui_say(ui, "%s%s: %.*s", clip_says(ui->clip_way), lines, (int)text_fit(first, COPIED_W),
	       first);
}

int pane_copy(struct ui *ui, const char *args, struct err *err)
{
	struct pane *p = view_focused(ui->view);

	(void)args;
	if (ui->clip_way == CLIP_NONE)
		return err_set(err, ERR_MISSING, "%s", clip_says(CLIP_NONE));
	buf_clear(&ui->clip);
	if (ui->view->view->copy)
		ui->view->view->copy(ui, ui->view, &ui->clip);
	else if (p && p->table)
		copy_key(p->table, &ui->clip);
	else if (p && p->pager)
		pager_copy(p->pager, &ui->clip);
	if (!ui->clip.len)
		return err_set(err, ERR_MISSING, "nothing to copy here");
	ui->wish.copy = true;
	say_copied(ui);
	return 0;
}

static int step_text(struct ui *ui, bool (*step)(struct pager *p, int direction), int direction,
		     struct err *err)
{
	struct pane *p = view_focused(ui->view);

	if (!p || !p->pager)
		return err_set(err, ERR_MISSING, "this is a table: / filters it");
	if (!step(p->pager, direction))
		return err_set(err, ERR_MISSING, "no further match %s",
			       direction > 0 ? "below" : "above");
	return 0;
}

int pane_search_next(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	return step_text(ui, pager_search, 1, err);
}

int pane_search_previous(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	return step_text(ui, pager_search, -1, err);
}

int pane_error_next(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	return step_text(ui, pager_error, 1, err);
}

int pane_error_previous(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	return step_text(ui, pager_error, -1, err);
}

int pane_wrap(struct ui *ui, const char *args, struct err *err)
{
	struct pane *p = view_focused(ui->view);

	(void)args;
	if (!p || !p->pager)
		return err_set(err, ERR_MISSING, "only texts wrap");
	p->pager->is_wrapped = !p->pager->is_wrapped;
	return 0;
}
