/* dlq.c - the dead-letter queue: groups of like failures first, the entries of one group second,
 * one entry third (pretty JSON, personal data masked). What the snapshot does not hold - older
 * entries, bad lines, the body of an entry - is asked for by a request and drawn when it has come;
 * the screen never reads a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/log.h"
#include "dlq_parts.h"
#include "errors_parts.h"

static void open_view(struct ui *ui, struct view_state *v)
{
	const struct table_spec *want = ui->job[0] ? &dlq_group_spec : &dlq_all_group_spec;

	if (!v->npanes) {
		view_add_table(v, want);
		view_add_table(v, &dlq_entry_spec);
		view_add_pager(v);
	}
	if (dlq_own(v)->is_unmasked) /* who left it has seen it */
		dlq_own(v)->level = DLQ_LEVEL_ENTRIES;
	dlq_own(v)->is_unmasked = false;
	if (strcmp(dlq_own(v)->job, ui->job))
		dlq_own(v)->level = DLQ_LEVEL_GROUPS;
	dlq_own(v)->kind[0] = '\0';
	/* The page may have gone for another view's answer. */
	dlq_own(v)->made_at = -1;
	v->seen = 0;
	v->focus = (size_t)dlq_own(v)->level;
}

static bool entry_is_old(const void *data, const void *row ATTR_UNUSED)
{
	return ((const struct view_old *)data)->n > 0; /* all are of one job */
}

static const struct dlq_folder_row *folder_of(struct ui *ui, struct view_state *v, const char *job)
{
	struct rowset all = view_rows(ui, v, &schema_dlq_folder, job);

	return all.n ? all.rows[0] : NULL;
}

static bool is_newer(const struct dlq_group_row *a, const struct dlq_group_row *b)
{
	return max_i64(a->last_at, 0) > max_i64(b->last_at, 0);
}

static int by_age(const void *a, const void *b)
{
	const struct dlq_group_row *x = *(const struct dlq_group_row *const *)a;
	const struct dlq_group_row *y = *(const struct dlq_group_row *const *)b;

	if (x->state != y->state)
		return (x->state == DLQ_DONE || x->state > DLQ_FAILED) -
		       (y->state == DLQ_DONE || y->state > DLQ_FAILED);
	return is_newer(y, x) - is_newer(x, y);
}

static void update_groups(struct ui *ui, struct view_state *v)
{
	const struct table_spec *want = ui->job[0] ? &dlq_group_spec : &dlq_all_group_spec;
	struct rowset rows = view_rows(ui, v, &schema_dlq_group, ui->job);
	struct rowset errors = view_rows(ui, v, &schema_error, ui->job);
	const void **list = ARENA_ARRAY(&v->arena, const void *, rows.n + 1);
	const char *kind = dlq_own(v)->kind;
	size_t n = 0;

	if (table_spec(v->panes[DLQ_LEVEL_GROUPS].table) != want) {
		table_free(v->panes[DLQ_LEVEL_GROUPS].table);
		v->panes[DLQ_LEVEL_GROUPS].table = table_new(want);
	}
	for (size_t i = 0; i < rows.n; i++) {
		const struct dlq_group_row *g = rows.rows[i];

		if (!*kind || errors_is_kind(&errors, g->error_type, kind))
			list[n++] = g;
	}
	qsort(list, n, sizeof(*list), by_age);
	rows.n = n;
	rows.rows = list;
	table_set_rows(v->panes[DLQ_LEVEL_GROUPS].table, &rows, ui->version);
}

static size_t pick(const struct dlq_own *o, const struct rowset *rows, const void **list)
{
	size_t n = 0;

	for (size_t i = 0; i < rows->n; i++) {
		const struct dlq_entry_row *e = rows->rows[i];

		if (text_is(e->job, o->job) && e->is_bad == o->is_bad &&
		    (e->is_bad || e->group == o->group))
			list[n++] = e;
	}
	return n;
}

/* The rows of the group opened: the page that was asked for once it has come, until then what the
 * snapshot holds. */
static void update_entries(struct ui *ui, struct view_state *v)
{
	const struct dlq_own *o = dlq_own(v);
	const struct rowset *page =
		ui->snap ? dataset_rows(ui->snap->detail, &schema_dlq_entry) : NULL;
	struct rowset rows =
		view_rows(ui, v, o->is_bad ? &schema_dlq_bad : &schema_dlq_entry, o->job);
	struct rowset shown = {&schema_dlq_entry, 0, NULL};
	const void **list = ARENA_ARRAY(&v->arena, const void *, rows.n + (page ? page->n : 0) + 1);

	if (page)
		shown.n = pick(o, page, list);
	if (!shown.n && !o->from)
		shown.n = pick(o, &rows, list);
	shown.rows = list;
	table_set_rows(v->panes[DLQ_LEVEL_ENTRIES].table, &shown, ui->version);
}

static void update_text(struct ui *ui, struct view_state *v)
{
	static const enum style styles[] = {STYLE_TEXT, STYLE_DIM, STYLE_FAINT, STYLE_WARN};
	const struct rowset *rows =
		ui->snap ? dataset_rows(ui->snap->detail, &schema_detail) : NULL;
	size_t n = rows ? rows->n : 0;
	struct line *lines = ARENA_ARRAY(&v->arena, struct line, n + 1);
	struct span *spans = ARENA_ARRAY(&v->arena, struct span, n + 1);

	for (size_t i = 0; i < n; i++) {
		const struct detail_row *d = rows->rows[i];

		spans[i] = (struct span){styles[d->kind & 3], d->line};
		lines[i] = (struct line){1, &spans[i], d->kind == 3};
	}
	if (!n) {
		spans[0] = view_span(v, STYLE_DIM, "reading line %lld of %s",
				     (long long)dlq_own(v)->line, dlq_own(v)->file);
		lines[0] = (struct line){1, &spans[0], false};
	}
	pager_set(v->panes[DLQ_LEVEL_ENTRY].pager, lines, n ? n : 1);
}

static int ask(struct ui *ui, struct view_state *v, enum request_kind kind, struct err *err)
{
	struct dlq_own *o = dlq_own(v);
	struct request r = {.kind = kind, .from = o->from, .count = DLQ_PAGE};

	snprintf(r.job, sizeof(r.job), "%s", o->job);
	if (kind == REQUEST_DLQ_PAGE) {
		r.group = o->is_bad ? 0 : o->group;
		r.flag = o->is_bad;
	} else {
		snprintf(r.file, sizeof(r.file), "%s", o->file);
		r.line = o->line;
		r.flag = o->is_unmasked;
	}
	return ui_request(ui, &r, err);
}

/* How many there are of what was opened, whether its rows have come or not. */
static int64_t count_all(struct ui *ui, struct view_state *v)
{
	const struct dlq_own *o = dlq_own(v);
	const struct dlq_folder_row *f = folder_of(ui, v, o->job);
	struct rowset groups = view_rows(ui, v, &schema_dlq_group, o->job);

	if (o->is_bad)
		return f ? f->bad_lines : ABSENT;
	for (size_t i = 0; i < groups.n; i++) {
		const struct dlq_group_row *g = groups.rows[i];

		if (g->group == o->group)
			return g->count;
	}
	return ABSENT;
}

static void update(struct ui *ui, struct view_state *v)
{
	struct dlq_own *o = dlq_own(v);
	const struct dlq_folder_row *f;
	struct err err;

	/* What is not shown keeps no rows and lines of a snapshot that goes. */
	if (o->level != DLQ_LEVEL_ENTRY)
		pager_set(v->panes[DLQ_LEVEL_ENTRY].pager, NULL, 0);
	if (o->level != DLQ_LEVEL_ENTRIES)
		table_set_rows(v->panes[DLQ_LEVEL_ENTRIES].table,
			       &(struct rowset){&schema_dlq_entry, 0, NULL}, ui->version);
	update_groups(ui, v);
	o->all = count_all(ui, v);
	o->old = view_old_of(ui, v, SOURCE_DLQ, &schema_dlq_group,
			     o->level == DLQ_LEVEL_GROUPS ? ui->job : o->job);
	table_set_old(v->panes[DLQ_LEVEL_GROUPS].table, view_is_old, o->old);
	if (o->level == DLQ_LEVEL_ENTRIES)
		table_set_old(v->panes[DLQ_LEVEL_ENTRIES].table, entry_is_old, o->old);
	if (o->level == DLQ_LEVEL_ENTRIES) {
		f = folder_of(ui, v, o->job);
		if (f && f->counted_at != o->made_at) { /* appended to, replayed, marked since */
			o->made_at = f->counted_at;
			if (ask(ui, v, REQUEST_DLQ_PAGE, &err) < 0)
				ui_say(ui, "%s", err.message);
		}
		update_entries(ui, v);
	} else if (o->level == DLQ_LEVEL_ENTRY) {
		update_text(ui, v);
	}
}

static void go(struct ui *ui, struct view_state *v, enum dlq_level level)
{
	dlq_own(v)->level = level;
	v->focus = (size_t)level;
	v->seen = 0;
	ui->is_dirty = true;
}

static int open_group(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct dlq_group_row *g = table_cursor(v->panes[DLQ_LEVEL_GROUPS].table);
	struct dlq_own *o = dlq_own(v);

	if (!g)
		return err_set(err, ERR_MISSING, "no failures here to open");
	snprintf(o->job, sizeof(o->job), "%s", text_str(g->job));
	o->group = g->group;
	o->is_bad = false;
	o->from = 0;
	o->made_at = -1;
	go(ui, v, DLQ_LEVEL_ENTRIES);
	ui_refresh(ui);
	return 0;
}

static int open_entry(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct dlq_entry_row *e = table_cursor(v->panes[DLQ_LEVEL_ENTRIES].table);
	struct dlq_own *o = dlq_own(v);

	if (!e || !e->file || is_absent(e->line))
		return err_set(err, ERR_MISSING,
			       e ? "its line number is known when the index is done"
				 : "no entry here");
	snprintf(o->file, sizeof(o->file), "%s", text_str(e->file));
	o->line = e->line;
	snprintf(o->hash, sizeof(o->hash), "%s", e->hash ? text_str(e->hash) : "");
	o->is_unmasked = false;
	if (e->is_bad)
		snprintf(o->title, sizeof(o->title), "bad line %lld", (long long)e->line);
	else if (e->batch_id.text)
		snprintf(o->title, sizeof(o->title), "batch %s", text_str(e->batch_id.text));
	else if (is_absent(e->batch_id.number))
		snprintf(o->title, sizeof(o->title), "line %lld", (long long)e->line);
	else
		snprintf(o->title, sizeof(o->title), "batch %lld", (long long)e->batch_id.number);
	go(ui, v, DLQ_LEVEL_ENTRY);
	ui_refresh(ui);
	return ask(ui, v, REQUEST_DLQ_ENTRY, err);
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	switch (dlq_own(v)->level) {
	case DLQ_LEVEL_GROUPS:
		return open_group(ui, v, err);
	case DLQ_LEVEL_ENTRIES:
		return open_entry(ui, v, err);
	case DLQ_LEVEL_ENTRY:
		break;
	}
	return 0;
}

static bool back(struct ui *ui, struct view_state *v)
{
	dlq_own(v)->is_unmasked = false;
	if (dlq_own(v)->level == DLQ_LEVEL_GROUPS)
		return false;
	dlq_own(v)->made_at = -1;
	go(ui, v, dlq_own(v)->level == DLQ_LEVEL_ENTRY ? DLQ_LEVEL_ENTRIES : DLQ_LEVEL_GROUPS);
	return true;
}

static int bad_lines(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	struct view_state *v = ui->view;
	struct dlq_own *o = dlq_own(v);
	const char *job = ui_job_here(ui);
	const struct dlq_group_row *g = table_cursor(v->panes[DLQ_LEVEL_GROUPS].table);

	if (g && !ui->job[0])
		job = text_str(g->job);
	if (!job[0])
		return err_set(err, ERR_MISSING, "no dead-letter queue is shown");
	snprintf(o->job, sizeof(o->job), "%s", job);
	o->is_bad = true;
	o->from = 0;
	o->made_at = -1;
	go(ui, v, DLQ_LEVEL_ENTRIES);
	ui_refresh(ui);
	return 0;
}

static int only(struct ui *ui, const char *args, struct err *err ATTR_UNUSED)
{
	struct view_state *v = ui->view;
	struct dlq_own *o = dlq_own(v);

	snprintf(o->kind, sizeof(o->kind), "%s", args);
	go(ui, v, DLQ_LEVEL_GROUPS);
	ui_refresh(ui);
	return 0;
}

static int page(struct ui *ui, const char *args, struct err *err)
{
	struct view_state *v = ui->view;
	struct dlq_own *o = dlq_own(v);
	int64_t from = o->from + (strcmp(args, "newer") ? DLQ_PAGE : -DLQ_PAGE);

	if (o->level != DLQ_LEVEL_ENTRIES)
		return err_set(err, ERR_MISSING, "open a group of failures first (Enter)");
	if (from < 0)
		return err_set(err, ERR_MISSING, "these are the newest");
	if (strcmp(args, "newer") && table_total(v->panes[DLQ_LEVEL_ENTRIES].table) < DLQ_PAGE)
		return err_set(err, ERR_MISSING, "these are the oldest");
	o->from = from;
	return ask(ui, v, REQUEST_DLQ_PAGE, err);
}

static int unmask(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	struct dlq_own *o = dlq_own(ui->view);

	if (o->level != DLQ_LEVEL_ENTRY)
		return err_set(err, ERR_MISSING, "open an entry first (Enter)");
	if (ui->cfg->read_only || ui->cfg->is_wall)
		return err_set(err, ERR_REFUSED, "personal data stays masked in read-only mode");
	if (ui_by_hand(ui, err) < 0)
		return -ERR_REFUSED;
	o->is_unmasked = !o->is_unmasked;
	if (o->is_unmasked)
		log_msg(LOG_INFO, "personal data shown: %s %s line %lld", o->job, o->file,
			(long long)o->line);
	return ask(ui, ui->view, REQUEST_DLQ_ENTRY, err);
}

/* One level is shown at a time: Tab must not lead to another's rows, unseen. */
static int one_pane(struct ui *ui ATTR_UNUSED, const char *args ATTR_UNUSED, struct err *err)
{
	return err_set(err, ERR_MISSING, "Enter goes deeper here, Esc back");
}

static const struct command dlq_commands[] = {
	{.name = "next-pane", .args = "", .help = "", .run = one_pane, .is_hidden = true},
	{.name = "previous-pane", .args = "", .help = "", .run = one_pane, .is_hidden = true},
	{.name = "bad-lines",
	 .args = "",
	 .help = "lines of the queue that hold no JSON object",
	 .run = bad_lines},
	{.name = "only",
	 .args = "[TYPE]",
	 .help = "failures of one type of error; without it all",
	 .run = only},
	{.name = "page",
	 .args = "older|newer",
	 .help = "the next or previous thousand entries",
	 .run = page},
	{.name = "unmask",
	 .args = "",
	 .help = "show or mask personal data of the entry open",
	 .run = unmask},
	{0},
};

static const struct binding dlq_bindings[] = {
	{"b", "bad-lines", "bad lines of this queue", NULL},
	{"p", "unmask", "personal data of this entry (noted in the log)", "personal"},
	{"]", "page older", "older entries", "older"},
	{"[", "page newer", "newer entries", NULL},
	{0},
};

static const char *const footer[] = {"open",          "mark", "action replay", "action mark",
				     "filter-prompt", "wrap", "copy",          "back",
				     "help",          NULL};
static const char *const entries_footer[] = {
	"open",       "mark", "action replay", "action mark", "filter-prompt",
	"page older", "copy", "back",          "help",        NULL};
static const char *const entry_footer[] = {
	"action replay", "action mark", "filter-prompt", "search-next", "wrap",
	"unmask",        "copy",        "back",          "help",        NULL};

static const char *const *foot(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	static const char *const *const of_level[] = {[DLQ_LEVEL_GROUPS] = footer,
						      [DLQ_LEVEL_ENTRIES] = entries_footer,
						      [DLQ_LEVEL_ENTRY] = entry_footer};

	return of_level[dlq_own(v)->level];
}

static bool may(struct ui *ui, struct view_state *v, const char *command)
{
	if (!strcmp(command, "page older"))
		return table_total(v->panes[DLQ_LEVEL_ENTRIES].table) >= DLQ_PAGE;
	return strcmp(command, "unmask") || (!ui->cfg->read_only && !ui->cfg->is_wall);
}

const struct view view_dlq = {
	.name = "dlq",
	.title = "dlq",
	.help = "the dead-letter queue: groups of like failures, their entries, one entry with "
		"personal data masked",
	.bindings = dlq_bindings,
	.commands = dlq_commands,
	.footer = footer,
	.foot = foot,
	.may = may,
	.is_per_job = true,
	.own_size = sizeof(struct dlq_own),
	.open = open_view,
	.update = update,
	.draw = dlq_draw,
	.back = back,
	.enter = enter,
};
