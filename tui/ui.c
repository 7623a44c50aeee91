/* ui.c - state of the console and what keys, pastes, clicks and snapshots do to it.
 *
 * The tables of the view shown point into the rows of ui.snap, so a snapshot is let go only after
 * the current view was updated to the next one; a hidden view is updated before it is looked at
 * again and never reads its old rows. */
#include "ui.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The longest text there is, of a row or an entry, many times over. */
enum { CLIP_CAP = 64 << 20 };

static void set_host(struct ui *ui)
{
	char name[64] = "";

	if (gethostname(name, sizeof(name) - 1))
		snprintf(name, sizeof(name), "localhost");
	name[strcspn(name, ".")] = '\0';
	text_clean_to(ui->host, sizeof(ui->host), name, strlen(name));
}

static int first_view(struct ui *ui, struct err *err)
{
	const struct view *first = views[0];
	const char *names[UI_VIEWS];
	size_t n = 0;

	if (ui->cfg->is_wall)
		first = &view_wall;
	else if (ui->cfg->view)
		first = view_find(ui->cfg->view);
	for (const struct view *const *v = views; *v && n < UI_VIEWS; v++)
		names[n++] = (*v)->name;
	if (!first) {
		const char *near = config_nearest(ui->cfg->view, names, n);

		return err_set(err, ERR_USAGE, "no view \"%s\"%s%s", ui->cfg->view,
			       near ? ", nearest: " : "", near ? near : "");
	}
	ui_go(ui, first, NULL);
	ui->nhistory = 0;
	return 0;
}

static const char *theme_of(const struct config *cfg)
{
	return cfg->theme ? cfg->theme : cfg->is_wall ? "wall" : "default";
}

int ui_init(struct ui *ui, const struct config *cfg, const struct clock *clock, struct err *err)
{
	int rc;

	memset(ui, 0, sizeof(*ui));
	ui->cfg = ui->given = cfg;
	ui->clock = clock;
	ui->version = 1;
	ui->glyphs = cfg->is_ascii ? &glyphs_ascii : &glyphs_unicode;
	arena_init(&ui->frame);
	buf_init(&ui->clip, CLIP_CAP);
	set_host(ui);
	ui->theme = xcalloc(1, sizeof(*ui->theme));
	rc = theme_load(theme_of(cfg), 256, ui->theme, err);
	if (rc)
		goto out;
	ui->keymap = keymap_new(cfg->keys, cfg->nkeys, err);
	if (!ui->keymap) {
		rc = -ERR_CONFIG;
		goto out;
	}
	rc = first_view(ui, err);
	ui->is_dirty = true;
out:
	if (rc)
		ui_release(ui);
	return rc;
}

void ui_release(struct ui *ui)
{
	for (size_t i = 0; i < ui->nstates; i++)
		view_state_free(ui, ui->states[i]);
	ui->nstates = 0;
	ui->view = NULL;
	keymap_free(ui->keymap);
	free(ui->theme);
	ui->keymap = NULL;
	ui->theme = NULL;
	if (ui->newest && ui->newest != ui->snap)
		snapshot_unref(ui->newest);
	if (ui->snap)
		snapshot_unref(ui->snap);
	ui->snap = ui->newest = NULL;
	arena_release(&ui->frame);
	buf_release(&ui->clip);
}

static void update_view(struct ui *ui)
{
	struct view_state *v = ui->view;

	if (!v || v->seen == ui->version)
		return;
	v->seen = ui->version;
	arena_reset(&v->arena);
	ui->now = clock_wall(ui->clock);
	if (v->view->update)
		v->view->update(ui, v);
	else if (v->view->table)
		view_update_table(ui, v);
	ui->is_dirty = true;
}

void ui_refresh(struct ui *ui)
{
	ui->version++;
	update_view(ui);
	ui->is_dirty = true;
}

/* Keys were checked where the file was read; what cannot be used leaves those there were. */
static void follow_keys(struct ui *ui)
{
	struct err err = {0};
	struct keymap *fresh = keymap_new(ui->cfg->keys, ui->cfg->nkeys, &err);

	if (!fresh) {
		ui_say(ui, "%s", err.message);
		ui->is_message_bad = true;
		return;
	}
	keymap_free(ui->keymap);
	ui->keymap = fresh;
}

/* The configuration was read again: label and interval are looked at in each draw, what was made
 * from it once is made again. A theme chosen by hand stays until the file names another. */
static void follow_config(struct ui *ui)
{
	const struct config *was = ui->cfg;
	const struct config *now = ui->snap && ui->snap->cfg ? ui->snap->cfg : ui->given;
	struct err err = {0};
	struct theme th;

	if (now == was)
		return;
	ui->cfg = now;
	if (now->is_ascii != was->is_ascii)
		ui->glyphs = now->is_ascii || ui->is_ascii_only ? &glyphs_ascii : &glyphs_unicode;
	if (now->no_color != was->no_color)
		ui->wish.theme = true;
	follow_keys(ui);
	if (!strcmp(theme_of(now), theme_of(was)))
		return;
	if (theme_load(theme_of(now), ui->theme->ncolours, &th, &err) < 0) {
		ui_say(ui, "%s", err.message);
		ui->is_message_bad = true;
		return;
	}
	*ui->theme = th;
	ui->wish.theme = true;
}

static const char *worst_job(const struct ui *ui)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;
	const struct job_row *worst = jobs && jobs->n ? jobs->rows[0] : NULL;

	return worst && worst->name ? text_str(worst->name) : "";
}

/* The console began in a view of one job: that is the worst one, and stays it. Which one is worst
 * is known when one is in trouble, or else when every source was heard. */
static void choose_worst(struct ui *ui)
{
	const struct job_row *worst = ui_job_row(ui, worst_job(ui));

	if (*ui->job || !ui->view->view->is_one_job || !worst)
		return;
	for (size_t i = 0; worst->verdict >= VERDICT_UNKNOWN && i < ui->snap->nsections; i++)
		if (ui->snap->sections[i]->state == SECTION_WAITING)
			return;
	snprintf(ui->job, sizeof(ui->job), "%.255s", text_str(worst->name));
}

/* Once for each snapshot: the top line of each picture asks. */
static void count_verdicts(struct ui *ui)
{
	const struct rowset *jobs = dataset_rows(ui->snap->jobs, &schema_job);

	memset(ui->verdicts, 0, sizeof(ui->verdicts));
	for (size_t i = 0; i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];

		if (j->verdict >= 0 && j->verdict < VERDICT_COUNT)
			ui->verdicts[j->verdict]++;
	}
}

/* Shows the newest snapshot. */
static void take_newest(struct ui *ui)
{
	const struct snapshot *old = ui->snap;

	if (ui->newest == old)
		return;
	ui->snap = ui->newest;
	count_verdicts(ui);
	follow_config(ui);
	choose_worst(ui);
	ui_refresh(ui);
	if (old)
		snapshot_unref(old);
}

void ui_snapshot(struct ui *ui, const struct snapshot *snap)
{
	if (snap == ui->newest) {
		snapshot_unref(snap);
		return;
	}
	if (ui->newest && ui->newest != ui->snap)
		snapshot_unref(ui->newest);
	ui->newest = snap;
	if (!ui->is_paused)
		take_newest(ui);
	/* Actions are live also while the picture is frozen. */
	question_snapshot(ui);
	acting_snapshot(ui);
}

void ui_tick(struct ui *ui)
{
	question_tick(ui);
}

void ui_pause(struct ui *ui, bool on)
{
	ui->is_paused = on;
	ui->is_dirty = true;
	if (!on)
		take_newest(ui);
}

void ui_say(struct ui *ui, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	text_clean_to(ui->message, sizeof(ui->message), line, strlen(line));
	ui->is_message_bad = false;
	ui->is_dirty = true;
}

static struct view_state *state_of(struct ui *ui, const struct view *view)
{
	for (size_t i = 0; i < ui->nstates; i++)
		if (ui->states[i]->view == view)
			return ui->states[i];
	if (ui->nstates == UI_VIEWS)
		BUG("more views than states");
	return ui->states[ui->nstates++] = view_state_new(view);
}

static void show(struct ui *ui, const struct view *view, const char *job)
{
	ui->view = state_of(ui, view);
	/* The overview is the top. What shows all jobs narrows nothing that comes after it; help is
	 * about the view it was asked in. */
	if (view == views[0])
		ui->nhistory = 0;
	if (!view->is_per_job && view != &view_help)
		job = "";
	if (job)
		snprintf(ui->job, sizeof(ui->job), "%.255s", job);
	ui->version++;
	/* What it showed last time points into a snapshot that may be gone: first
	 * to the new one. */
	if (ui->view->seen)
		update_view(ui);
	if (view->open)
		view->open(ui, ui->view);
	update_view(ui);
	ui->is_dirty = true;
}

void ui_go(struct ui *ui, const struct view *view, const char *job)
{
	struct ui_place here;
	char under[256];

	if (ui->view && !job && view->is_one_job) {
		snprintf(under, sizeof(under), "%.255s", ui_job_here(ui));
		if (!*under)
			snprintf(under, sizeof(under), "%.255s", worst_job(ui));
		job = under;
	}
	if (ui->view) {
		if (ui->view->view == view && (!job || !strcmp(job, ui->job)))
			return;
		here.view = ui->view->view;
		snprintf(here.job, sizeof(here.job), "%s", ui->job);
		if (ui->nhistory == UI_HISTORY) {
			ui->nhistory--;
			memmove(ui->history, ui->history + 1, sizeof(here) * ui->nhistory);
		}
		ui->history[ui->nhistory++] = here;
	}
	show(ui, view, job);
}

bool ui_back(struct ui *ui)
{
	struct ui_place to;

	if (ui->view->view->back && ui->view->view->back(ui, ui->view)) {
		ui_refresh(ui);
		return true;
	}
	if (!ui->nhistory)
		return false;
	to = ui->history[--ui->nhistory];
	show(ui, to.view, to.job);
	return true;
}

void ui_set_job(struct ui *ui, const char *job)
{
	if (!strcmp(ui->job, job))
		return;
	snprintf(ui->job, sizeof(ui->job), "%.255s", job);
	ui_refresh(ui);
}

const char *ui_job_here(struct ui *ui)
{
	struct pane *p = view_focused(ui->view);
	const struct schema *s;
	const struct field *f;
	const void *row;

	if (!p || !p->table || !(row = table_cursor(p->table)))
		return ui->job;
	s = table_spec(p->table)->schema;
	f = field_find(s, s == &schema_job ? "name" : "job");
	if (!f || f->type != FIELD_TEXT || field_is_absent(f, row))
		return ui->job;
	return text_str(*(const struct text *const *)FIELD_OF(row, f));
}

const struct job_row *ui_job_row(const struct ui *ui, const char *name)
{
	const struct rowset *jobs = ui->snap ? dataset_rows(ui->snap->jobs, &schema_job) : NULL;

	for (size_t i = 0; jobs && i < jobs->n; i++) {
		const struct job_row *j = jobs->rows[i];

		if (j->name && text_is(j->name, name))
			return j;
	}
	return NULL;
}

int ui_request(struct ui *ui, const struct request *r, struct err *err)
{
	if (!ui->request)
		return err_set(err, ERR_MISSING, "nothing is polled yet");
	return ui->request(ui->request_data, r, err);
}

int64_t ui_act(struct ui *ui, const struct action_request *r, struct err *err)
{
	if (!ui->act)
		return err_set(err, ERR_MISSING, "nothing is watched yet, so nothing can be done");
	return ui->act(ui->request_data, r, err);
}

void ui_time(const struct ui *ui, int64_t at, char *out, size_t size)
{
	format_time(at, ui->now, is_absent(at) ? 0 : clock_local_offset_ms(at), out, size);
}
