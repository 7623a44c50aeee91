/* log.c - the log of a job, to read in any place of it: the driver's, an executor's, the job's own.
 * It follows the end until one goes elsewhere; e and E go from failure to failure however far apart
 * they lie, and a filter searches the whole log. What is not in the window is asked for; the screen
 * never reads a file. */
#include <stdio.h>
#include <string.h>

#include "../jvm.h"
#include "log_parts.h"

static void open_view(struct ui *ui, struct view_state *v)
{
	if (!*log_own(v)->place)
		log_choose(ui, v, 0);
	v->seen = 0;
}

static bool back(struct ui *ui, struct view_state *v)
{
	struct log_own *o = log_own(v);
	int64_t at = o->cursor_at;

	if (!*o->filter)
		return false;
	/* The line stays, among those around it; n and N still know what was looked for. */
	snprintf(o->search, sizeof(o->search), "%s", o->filter);
	*o->filter = '\0';
	log_forget(o);
	if (o->is_following)
		log_follow(ui, v);
	else
		log_go_to(ui, v, at);
	return true;
}

static void release(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	log_release(log_own(v));
}

/* Where no log is followed: what to write into the configuration, so that one is. */
static void copy(struct ui *ui, struct view_state *v, struct buf *out)
{
	const struct log_own *o = log_own(v);
	const struct log_line_row *r = log_cursor(o);
	const struct jvm_row *j = o->file || !*o->job ? NULL : jvm_driver_of(ui, o->job);

	if (r && r->text)
		buf_puts(out, text_str(r->text));
	else if (j && j->log_files.n)
		buf_printf(out, "log: %s", text_str(j->log_files.v[0]));
}

/* --- commands: those of every text, on this window --- */

static int move_by(struct ui *ui, int64_t rows)
{
	log_move_to(ui, ui->view, (int64_t)log_own(ui->view)->cursor + rows);
	return 0;
}

static int64_t a_page(struct ui *ui)
{
	return max_i64(log_own(ui->view)->page - 1, 1);
}

static int down(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	return move_by(ui, 1);
}

static int up(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	return move_by(ui, -1);
}

static int page_down(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	return move_by(ui, a_page(ui));
}

static int page_up(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	return move_by(ui, -a_page(ui));
}

static int first(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	log_go_to(ui, ui->view, 0);
	return 0;
}

static int last(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	log_follow(ui, ui->view);
	return 0;
}

static int error_next(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return log_find(ui, ui->view, NULL, 1, err);
}

static int error_previous(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return log_find(ui, ui->view, NULL, -1, err);
}

static int search(struct ui *ui, int direction, struct err *err)
{
	const struct log_own *o = log_own(ui->view);
	const char *text = *o->filter ? o->filter : o->search;

	if (!*text)
		return err_set(err, ERR_MISSING, "nothing was looked for yet: / does");
	return log_find(ui, ui->view, text, direction, err);
}

static int search_next(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return search(ui, 1, err);
}

static int search_previous(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return search(ui, -1, err);
}

static int wrap(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	log_own(ui->view)->is_wrapped = !log_own(ui->view)->is_wrapped;
	return 0;
}

static int filter_prompt(struct ui *ui, const char *args ATTR_UNUSED, struct err *err ATTR_UNUSED)
{
	char line[160];

	snprintf(line, sizeof(line), "filter %s", log_own(ui->view)->filter);
	prompt_open(&ui->prompt, PROMPT_COMMAND, line);
	return 0;
}

static int filter(struct ui *ui, const char *args, struct err *err)
{
	struct log_own *o = log_own(ui->view);
	int64_t at = o->cursor_at;

	if (strlen(args) >= sizeof(o->filter))
		return err_set(err, ERR_LIMIT, "a filter has at most %zu bytes",
			       sizeof(o->filter) - 1);
	if (!strcmp(o->filter, args))
		return 0;
	if (!*args) {
		back(ui, ui->view);
		ui_refresh(ui);
		return 0;
	}
	snprintf(o->filter, sizeof(o->filter), "%s", args);
	snprintf(o->search, sizeof(o->search), "%s", args);
	log_forget(o);
	if (o->is_following)
		log_follow(ui, ui->view);
	else
		log_go_to(ui, ui->view, at);
	ui_refresh(ui);
	return 0;
}

static int place(struct ui *ui, const char *args, struct err *err)
{
	struct log_own *o = log_own(ui->view);

	if (o->nplaces < 2)
		return err_set(err, ERR_MISSING, "only one log of this job is known");
	log_choose(ui, ui->view, strcmp(args, "previous") ? 1 : -1);
	ui_refresh(ui);
	return 0;
}

static int next_pane(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return place(ui, "next", err);
}

static int previous_pane(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return place(ui, "previous", err);
}

static const struct command log_commands[] = {
	{.name = "filter",
	 .args = "[WORDS]",
	 .help = "only lines that hold this, in the whole log; ! inverts",
	 .run = filter},
	{.name = "place",
	 .args = "next|previous",
	 .help = "another log of this job: driver, executor, job",
	 .run = place},
	{.name = "down", .args = "", .help = "", .run = down, .is_hidden = true},
	{.name = "up", .args = "", .help = "", .run = up, .is_hidden = true},
	{.name = "page-down", .args = "", .help = "", .run = page_down, .is_hidden = true},
	{.name = "page-up", .args = "", .help = "", .run = page_up, .is_hidden = true},
	{.name = "first", .args = "", .help = "", .run = first, .is_hidden = true},
	{.name = "last", .args = "", .help = "", .run = last, .is_hidden = true},
	{.name = "error-next", .args = "", .help = "", .run = error_next, .is_hidden = true},
	{.name = "error-previous",
	 .args = "",
	 .help = "",
	 .run = error_previous,
	 .is_hidden = true},
	{.name = "search-next", .args = "", .help = "", .run = search_next, .is_hidden = true},
	{.name = "search-previous",
	 .args = "",
	 .help = "",
	 .run = search_previous,
	 .is_hidden = true},
	{.name = "wrap", .args = "", .help = "", .run = wrap, .is_hidden = true},
	{.name = "filter-prompt", .args = "", .help = "", .run = filter_prompt, .is_hidden = true},
	{.name = "next-pane", .args = "", .help = "", .run = next_pane, .is_hidden = true},
	{.name = "previous-pane", .args = "", .help = "", .run = previous_pane, .is_hidden = true},
	{.name = "mark", .args = "", .help = "", .run = page_down, .is_hidden = true},
	{0},
};

static const struct binding log_bindings[] = {
	{"/", "filter-prompt", "only lines that hold this, in the whole log (! inverts)", "filter"},
	{"e", "error-next", "next error or mark, however far", "error"},
	{"E", "error-previous", "previous error or mark, however far", NULL},
	{"G", "last", "to the end, and follow it", "end"},
	{"]", "place next", "another log of this job", NULL},
	{"[", "place previous", "another log of this job", NULL},
	{"Tab", "next-pane", "another log of this job", "log"},
	{NULL, NULL, NULL, NULL},
};

static const char *const footer[] = {"error-next", "filter-prompt", "wrap", "next-pane", "last",
				     "copy",       "back",          "help", NULL};

static bool may(struct ui *ui, struct view_state *v, const char *command)
{
	const struct log_own *o = log_own(v);

	if (!strcmp(command, "next-pane"))
		return o->nplaces > 1;
	if (!strcmp(command, "copy"))
		return log_cursor(o) || (!o->file && *o->job && jvm_driver_of(ui, o->job));
	return o->file;
}

const struct view view_log = {
	.name = "log",
	.title = "log",
	.help = "the logs of a job, in any place of them: known failures marked, with what they "
		"mean and what to do",
	.bindings = log_bindings,
	.commands = log_commands,
	.footer = footer,
	.may = may,
	.is_per_job = true,
	.is_one_job = true,
	.own_size = sizeof(struct log_own),
	.open = open_view,
	.update = log_refresh,
	.draw = log_draw,
	.back = back,
	.copy = copy,
	.release = release,
};
