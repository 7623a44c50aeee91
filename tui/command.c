/* command.c - the table of commands, running one, completing one. What a command does to a view's
 * panes is in commandpane.c. */
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/config.h"
#include "../include/schemas.h"
#include "commandact.h"
#include "commandpane.h"
#include "ui.h"

static int do_quit(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui->wish.quit = true;
	return 0;
}

static int do_back(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui_back(ui);
	return 0;
}

static int do_back_or_quit(struct ui *ui, const char *args, struct err *err)
{
	if (!ui_back(ui))
		return do_quit(ui, args, err);
	return 0;
}

static int do_view(struct ui *ui, const char *args, struct err *err)
{
	char *end;
	long n = strtol(args, &end, 10);

	if (*args && !*end) {
		for (long i = 0; views[i]; i++)
			if (i + 1 == n) {
				ui_go(ui, views[i], NULL);
				return 0;
			}
		return err_set(err, ERR_MISSING, "there is no view %ld", n);
	}
	if (!view_find(args))
		return err_set(err, ERR_MISSING, "there is no view \"%s\"", args);
	ui_go(ui, view_find(args), NULL);
	return 0;
}

static int do_prompt(struct ui *ui, const char *args, struct err *err)
{
	(void)err;
	prompt_open(&ui->prompt, PROMPT_COMMAND, args);
	return 0;
}

static int do_filter_prompt(struct ui *ui, const char *args, struct err *err)
{
	struct pane *p = view_focused(ui->view);

	(void)args;
	if (!p)
		return err_set(err, ERR_MISSING, "nothing to filter here");
	if (p->pager) {
		prompt_open(&ui->prompt, PROMPT_SEARCH, "");
		return 0;
	}
	snprintf(ui->before, sizeof(ui->before), "%s", table_filter_text(p->table));
	prompt_open(&ui->prompt, PROMPT_FILTER, ui->before);
	return 0;
}

static int do_theme(struct ui *ui, const char *args, struct err *err)
{
	int rc;
	struct theme th;

	if (!*args) {
		ui_say(ui, "the theme is %s", ui->theme->name);
		return 0;
	}
	rc = theme_load(args, ui->theme->ncolours, &th, err);
	if (rc)
		return rc;
	*ui->theme = th;
	ui->wish.theme = true;
	return 0;
}

static int do_job(struct ui *ui, const char *args, struct err *err)
{
	const struct view *to = &view_job;

	if (*args && !ui_job_row(ui, args))
		return err_set(err, ERR_MISSING, "there is no job \"%s\"", args);
	ui_go(ui, to, *args ? args : NULL);
	return 0;
}

static int do_all(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui_set_job(ui, "");
	return 0;
}

/* The same view of the next job in the order of the overview. */
static int step_job(struct ui *ui, int step, struct err *err)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;
	size_t at = 0;

	if (!jobs || !jobs->n)
		return err_set(err, ERR_MISSING, "there are no jobs yet");
	if (!ui->view->view->is_per_job)
		return err_set(err, ERR_MISSING, "this view shows all jobs at once");
	for (size_t i = 0; i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];

		if (j->name && text_is(j->name, ui->job))
			at = (i + (step > 0 ? 1 : jobs->n - 1)) % jobs->n;
	}
	ui_set_job(ui, text_str(((const struct job_row *)jobs->rows[at])->name));
	return 0;
}

static int do_next_job(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	return step_job(ui, 1, err);
}

static int do_previous_job(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	return step_job(ui, -1, err);
}

static int do_poll(struct ui *ui, const char *args, struct err *err)
{
	struct request r = {.kind = REQUEST_POLL_NOW};
	int rc;

	if (strlen(args) >= sizeof(r.job))
		return err_set(err, ERR_LIMIT, "no job has so long a name");
	snprintf(r.job, sizeof(r.job), "%s", args);
	rc = ui_request(ui, &r, err);
	if (!rc)
		ui_say(ui, *args ? "polling %s" : "polling every target%s", args);
	return rc;
}

static int do_pause(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui_pause(ui, !ui->is_paused);
	return 0;
}

static int do_mouse(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui->is_mouse = !ui->is_mouse;
	ui->wish.mouse = true;
	ui_say(ui, "mouse %s", ui->is_mouse ? "on: m gives it back to the terminal" : "off");
	return 0;
}

static int do_help(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	if (ui->view->view != &view_help)
		ui->asked_from = ui->view->view;
	ui_go(ui, &view_help, NULL);
	return 0;
}

static int do_redraw(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui->wish.redraw_all = true;
	return 0;
}

static int do_suspend(struct ui *ui, const char *args, struct err *err)
{
	(void)args;
	(void)err;
	ui->wish.suspend = true;
	return 0;
}

static size_t complete_schema(struct ui *ui, const char *prefix, const char **out, size_t max)
{
	size_t n = 0;

	(void)ui;
	for (const struct schema *const *s = schemas_all(); *s && n < max; s++)
		if (!strncmp((*s)->name, prefix, strlen(prefix)))
			out[n++] = (*s)->name;
	return n;
}

static int do_table(struct ui *ui, const char *args, struct err *err)
{
	const struct schema *s = schemas_find(args);
	const char *names[96], *near;

	if (!*args || !s) {
		near = config_nearest(args, names,
				      complete_schema(ui, "", names, ARRAY_LEN(names)));
		return err_set(err, ERR_MISSING, "there is no row type \"%s\"%s%s", args,
			       near ? ", nearest: " : "", near ? near : "");
	}
	ui->table_schema = s;
	if (ui->view->view == &view_generic)
		view_generic.open(ui, ui->view);
	ui_go(ui, &view_generic, NULL);
	ui_refresh(ui);
	return 0;
}

static size_t complete_theme(struct ui *ui, const char *prefix, const char **out, size_t max)
{
	size_t n = 0;

	(void)ui;
	for (size_t i = 0; theme_name(i) && n < max; i++)
		if (!strncmp(theme_name(i), prefix, strlen(prefix)))
			out[n++] = theme_name(i);
	return n;
}

static size_t complete_view(struct ui *ui, const char *prefix, const char **out, size_t max)
{
	size_t n = 0;

	(void)ui;
	for (const struct view *const *v = views; *v && n < max; v++)
		if (!strncmp((*v)->name, prefix, strlen(prefix)))
			out[n++] = (*v)->name;
	return n;
}

static size_t complete_job(struct ui *ui, const char *prefix, const char **out, size_t max)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;
	size_t n = 0;

	for (size_t i = 0; jobs && i < jobs->n && n < max; i++) {
		const struct job_row *j = jobs->rows[i];

		if (j->name && !strncmp(text_str(j->name), prefix, strlen(prefix)))
			out[n++] = text_str(j->name);
	}
	return n;
}

const struct command commands[] = {
	{"quit", "", "leave", do_quit, NULL, false},
	{"theme", "NAME", "other looks", do_theme, complete_theme, false},
	{"sort", "[FIELD]", "sort by a field; without one as the rows come", pane_sort,
	 pane_complete_field, false},
	{"filter", "[WORDS]", "show only rows with these words; name:word, name>5, ! inverts",
	 pane_filter, NULL, false},
	{"poll", "[JOB]", "ask every target now, or those of a job", do_poll, complete_job, false},
	{"job", "NAME", "one job", do_job, complete_job, false},
	{"all", "", "all jobs again, in a view that shows one", do_all, NULL, false},
	{"table", "TYPE", "all rows of a type as a plain table", do_table, complete_schema, false},
	{"view", "NAME", "go to a view", do_view, complete_view, false},
	{"pause", "", "freeze the picture, not the polling", do_pause, NULL, false},
	{"mouse", "", "mouse on or off", do_mouse, NULL, false},
	{"copy", "", "copy what is under the cursor", pane_copy, NULL, false},
	{"action", "WORD", "the question of an action on what is under the cursor", act_action,
	 act_complete, false},
	{"kill", "", "end this JVM, or what Spark runs: asks first", act_kill, NULL, false},
	{"replay", "", "send entries of the dead-letter queue again: asks first", act_replay, NULL,
	 false},
	{"restart", "", "start this job again: asks first", act_restart, NULL, false},
	{"recover", "", "kill, prove the ports free, restart, resume: asks first", act_recover,
	 NULL, false},
	{"hold", "", "refuse actions on this job for a while, or again allow them", act_hold, NULL,
	 false},
	{"down", "", "", pane_down, NULL, true},
	{"up", "", "", pane_up, NULL, true},
	{"page-down", "", "", pane_page_down, NULL, true},
	{"page-up", "", "", pane_page_up, NULL, true},
	{"first", "", "", pane_first, NULL, true},
	{"last", "", "", pane_last, NULL, true},
	{"next-pane", "", "", pane_next, NULL, true},
	{"previous-pane", "", "", pane_previous, NULL, true},
	{"open", "", "", pane_open, NULL, true},
	{"mark", "", "", pane_mark, NULL, true},
	{"unmark", "", "", pane_unmark, NULL, true},
	{"sort-next", "", "", pane_sort_next, NULL, true},
	{"sort-invert", "", "", pane_sort_invert, NULL, true},
	{"search-next", "", "", pane_search_next, NULL, true},
	{"search-previous", "", "", pane_search_previous, NULL, true},
	{"error-next", "", "", pane_error_next, NULL, true},
	{"error-previous", "", "", pane_error_previous, NULL, true},
	{"wrap", "", "", pane_wrap, NULL, true},
	{"back", "", "", do_back, NULL, true},
	{"back-or-quit", "", "", do_back_or_quit, NULL, true},
	{"prompt", "", "", do_prompt, NULL, true},
	{"filter-prompt", "", "", do_filter_prompt, NULL, true},
	{"next-job", "", "", do_next_job, NULL, true},
	{"previous-job", "", "", do_previous_job, NULL, true},
	{"help", "", "keys and commands", do_help, NULL, false},
	{"redraw", "", "draw everything again", do_redraw, NULL, false},
	{"suspend", "", "", do_suspend, NULL, true},
	{NULL, NULL, NULL, NULL, NULL, false},
};
