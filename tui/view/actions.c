/* actions.c - what is being done and what was done, newest first: by whom, to what, with what
 * outcome and proof. Enter shows one whole, or decides what it asks; `c` cancels one that runs. */
#include <stdio.h>
#include <string.h>

#include "../acting.h"
#include "../ui.h"

enum { PANE_LIST, PANE_ONE, LABEL_X = 12 };

struct actions_own {
	bool is_open;     /* one of them, whole */
	int64_t number;   /* of its intent; ABSENT: none was written */
	int64_t plan;     /* of this run, ABSENT */
	int64_t began_at; /* with the two above: which one */
	char title[320];
};

static const struct action_row *action(const void *row)
{
	return row;
}

static enum style state_style(int state)
{
	switch (state) {
	case ACTION_STATE_DONE:
		return STYLE_OK;
	case ACTION_STATE_RUNS:
		return STYLE_INFO;
	case ACTION_STATE_ASKS:
	case ACTION_STATE_IN_DOUBT:
	case ACTION_STATE_CUT:
		return STYLE_WARN;
	case ACTION_STATE_FAILED:
		return STYLE_CRIT;
	default:
		return STYLE_DIM;
	}
}

static enum style style_state(const void *row)
{
	return state_style(action(row)->state);
}

static const char *mark(const struct glyphs *g, const void *row, enum style *st)
{
	static const int like[] = {
		[ACTION_STATE_RUNS] = VERDICT_INITIALIZING,
		[ACTION_STATE_ASKS] = VERDICT_DEGRADED,
		[ACTION_STATE_DONE] = VERDICT_HEALTHY,
		[ACTION_STATE_REFUSED] = VERDICT_ENDED,
		[ACTION_STATE_FAILED] = VERDICT_CRASHED,
		[ACTION_STATE_IN_DOUBT] = VERDICT_UNKNOWN,
		[ACTION_STATE_CUT] = VERDICT_HUNG,
		[ACTION_STATE_CANCELLED] = VERDICT_ENDED,
	};
	int state = action(row)->state;

	*st = state_style(state);
	return state >= 0 && (size_t)state < ARRAY_LEN(like) ? g->verdict[like[state]] : NULL;
}

static size_t format_what(const void *row, char *out, size_t size)
{
	acting_name(row, out, size);
	return strlen(out);
}

/* While it runs what it does, then what came of it. */
static const struct text *comes_of(const struct action_row *a)
{
	if (a->state == ACTION_STATE_ASKS && a->asks)
		return a->asks;
	return a->outcome ? a->outcome : a->step;
}

static size_t format_outcome(const void *row, char *out, size_t size)
{
	const struct text *t = comes_of(row), *proof = action(row)->proof;

	return (size_t)snprintf(out, size, "%.300s%s%.150s", t ? text_str(t) : "",
				t && proof ? "; " : "", proof ? text_str(proof) : "");
}

static const struct column columns[] = {
	{.name = "state", .width = 9, .style = style_state, .flags = COLUMN_KEEPS},
	{.name = "began_at", .title = "WHEN", .width = 8, .gap = 2, .align = ALIGN_LEFT},
	{.name = "word",
	 .title = "WHAT",
	 .width = 18,
	 .max = 60,
	 .gap = 2,
	 .format = format_what,
	 .flags = COLUMN_SUBJECT},
	{.name = "job", .width = 12, .max = 24, .gap = 2, .weight = 30, .flags = COLUMN_NAMES},
	{.name = "who", .width = 8, .max = 16, .gap = 2, .weight = 40},
	{.name = "outcome",
	 .width = 20,
	 .max = SCREEN_MAX_W,
	 .gap = 2,
	 .weight = 50,
	 .align = ALIGN_LEFT,
	 .format = format_outcome},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_action,
	.columns = columns,
	.order = "newest first",
	.mark = mark,
};

/* --- one whole --- */

struct page {
	struct ui *ui;
	struct view_state *v;
	struct line *lines;
	size_t n, room;
};

static void add(struct page *p, const char *name, enum style st, const char *what)
{
	struct span *spans = ARENA_ARRAY(&p->v->arena, struct span, 2);

	if (p->n == p->room || !what)
		return;
	spans[0] = view_span(p->v, STYLE_DIM, "%-*s", LABEL_X, name);
	spans[1] = view_span(p->v, st, "%s", what);
	p->lines[p->n++] = (struct line){2, spans, st == STYLE_CRIT};
}

static void add_text(struct page *p, const char *name, enum style st, const struct text *t)
{
	add(p, name, st, t ? text_str(t) : NULL);
}

static void add_time(struct page *p, const char *name, int64_t at)
{
	char when[32];

	if (is_absent(at))
		return;
	ui_time(p->ui, at, when, sizeof(when));
	add(p, name, STYLE_TEXT, when);
}

static void tell(struct page *p, const struct action_row *a)
{
	char number[32];

	add(p, "state", state_style(a->state),
	    a->state >= 0 ? action_state_names[a->state] : "not known");
	add_text(p, "asks", STYLE_COUNT_WARN, a->asks);
	add_text(p, "target", STYLE_STRONG, a->target);
	add_text(p, "job", STYLE_TEXT, a->job);
	add_text(p, "who", STYLE_TEXT, a->who);
	add_text(p, "host", STYLE_TEXT, a->host);
	add_time(p, "began", a->began_at);
	add_time(p, "ended", a->ended_at);
	for (size_t i = 0; i < a->steps.n; i++)
		add_text(p, i ? "" : "steps", STYLE_TEXT, a->steps.v[i]);
	add_text(p, "now", STYLE_INFO, a->state == ACTION_STATE_RUNS ? a->step : NULL);
	add_text(p, "outcome", state_style(a->state), a->outcome);
	add_text(p, "proof", STYLE_TEXT, a->proof);
	snprintf(number, sizeof(number), "%lld", (long long)a->number);
	add(p, "in audit", STYLE_DIM,
	    is_absent(a->number) ? "not written: nothing was begun" : number);
}

static const struct action_row *opened(struct view_state *v, const struct rowset *rows)
{
	const struct actions_own *o = v->own;

	for (size_t i = 0; i < rows->n; i++) {
		const struct action_row *a = rows->rows[i];

		if (is_absent(o->number) ? a->plan == o->plan && a->began_at == o->began_at
					 : a->number == o->number)
			return a;
	}
	return NULL;
}

static void update(struct ui *ui, struct view_state *v)
{
	struct rowset rows = view_rows(ui, v, &schema_action, ui->job);
	struct page p = {.ui = ui, .v = v};
	struct actions_own *o = v->own;
	const struct action_row *a;

	table_set_rows(v->panes[PANE_LIST].table, &rows, ui->version);
	a = o->is_open ? opened(v, &rows) : NULL;
	p.room = 16 + (a ? a->steps.n : 0);
	p.lines = ARENA_ARRAY(&v->arena, struct line, p.room);
	if (a)
		tell(&p, a);
	else
		add(&p, "", STYLE_DIM,
		    "it is not among the newest any more; `sparkops audit list` "
		    "has all of them");
	pager_set(v->panes[PANE_ONE].pager, p.lines, p.n);
}

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (v->npanes < 2)
		view_add_pager(v)->is_wrapped = true;
	v->focus = ((struct actions_own *)v->own)->is_open ? PANE_ONE : PANE_LIST;
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	const struct actions_own *o = v->own;
	char title[400];

	if (!o->is_open) {
		view_draw_table(ui, v, a, "actions");
		return;
	}
	snprintf(title, sizeof(title), "actions %s %s", ui->glyphs->crumb, o->title);
	draw_rule(a, 0, STYLE_TITLE, title, NULL);
	pager_draw(v->panes[PANE_ONE].pager, area_sub(a, 0, 1, a.w, a.h - 1));
}

/* --- keys --- */

static const struct action_row *here(struct ui *ui)
{
	struct view_state *v = ui->view;
	const struct actions_own *o = v->own;
	struct rowset rows;

	if (!o->is_open)
		return table_seen(v->panes[PANE_LIST].table);
	rows = view_rows(ui, v, &schema_action, "");
	return opened(v, &rows);
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	struct actions_own *o = v->own;
	const struct action_row *a = here(ui);

	if (!a)
		return err_set(err, ERR_MISSING, "there is no action here");
	if (a->state == ACTION_STATE_ASKS && !is_absent(a->plan))
		return acting_decide(ui, a, err);
	if (o->is_open)
		return 0;
	o->is_open = true;
	o->number = a->number;
	o->plan = a->plan;
	o->began_at = a->began_at;
	acting_name(a, o->title, sizeof(o->title));
	v->panes[PANE_ONE].pager->top = 0;
	v->focus = PANE_ONE;
	ui_refresh(ui);
	return 0;
}

static bool back(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	struct actions_own *o = v->own;
	bool was = o->is_open;

	o->is_open = false;
	v->focus = PANE_LIST;
	return was;
}

/* One whole where it is open, else what it was and what came of it. */
static void copy(struct ui *ui, struct view_state *v, struct buf *out)
{
	const struct actions_own *o = v->own;
	const struct action_row *a = here(ui);
	char name[320], outcome[460];

	if (o->is_open)
		pager_copy(v->panes[PANE_ONE].pager, out);
	if (o->is_open || !a)
		return;
	acting_name(a, name, sizeof(name));
	buf_printf(out, "%s: %s", name, a->state < 0 ? "-" : action_state_names[a->state]);
	if (format_outcome(a, outcome, sizeof(outcome)))
		buf_printf(out, "; %s", outcome);
}

static int cancel(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	const struct action_row *a = here(ui);

	if (!a)
		return err_set(err, ERR_MISSING, "there is no action here");
	if (ui_by_hand(ui, err) < 0)
		return -ERR_REFUSED;
	return acting_cancel(ui, a, err);
}

static const struct command actions_commands[] = {
	{.name = "cancel",
	 .args = "",
	 .help = "stop this one after what is in flight",
	 .run = cancel},
	{0},
};

static const struct binding actions_bindings[] = {
	{"Enter", "open", "one whole: its steps, outcome and proof; or decide what it asks",
	 "open"},
	{"c", "cancel", "stop one that runs after what is in flight", "cancel"},
	{0},
};

static const char *const footer[] = {"open",          "cancel", "action recover",
				     "filter-prompt", "prompt", "view 1-9",
				     "back",          "help",   NULL};

static const char *const one_footer[] = {
	"open", "cancel", "action recover", "filter-prompt", "wrap", "copy", "back", "help", NULL};

static const char *const *foot(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	return ((struct actions_own *)v->own)->is_open ? one_footer : footer;
}

static bool may(struct ui *ui, struct view_state *v, const char *command)
{
	const struct actions_own *o = v->own;
	const struct action_row *a = here(ui);
	bool is_ours = a && !is_absent(a->plan);

	if (!strcmp(command, "cancel"))
		return is_ours && (a->state == ACTION_STATE_RUNS || a->state == ACTION_STATE_ASKS);
	if (!strcmp(command, "open"))
		return o->is_open ? is_ours && a->state == ACTION_STATE_ASKS : a != NULL;
	return true;
}

const struct view view_actions = {
	.name = "actions",
	.title = "actions",
	.help = "what was done, by whom, with what outcome and proof; and what is being done",
	.empty = "nothing was done yet; what is done stands here with its outcome and proof",
	.table = &spec,
	.bindings = actions_bindings,
	.commands = actions_commands,
	.footer = footer,
	.foot = foot,
	.may = may,
	.is_per_job = true,
	.own_size = sizeof(struct actions_own),
	.open = open_view,
	.update = update,
	.draw = draw,
	.back = back,
	.enter = enter,
	.copy = copy,
};
