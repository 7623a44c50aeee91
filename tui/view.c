/* view.c - the registry of views, their states, and what a view that is one table gets for free. */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"

enum { SAID_X = 12, SAID_LINES = 3, LEAST_TABLE = 5 };

const struct view *const views[] = {
#define X(symbol) &view_##symbol,
	VIEW_LIST(X)
#undef X
		NULL};

const struct view *view_find(const char *name)
{
	for (const struct view *const *v = views; *v; v++)
		if (!strcmp((*v)->name, name))
			return *v;
	return NULL;
}

struct view_state *view_state_new(const struct view *view)
{
	struct view_state *v = xcalloc(1, sizeof(*v));

	v->view = view;
	arena_init(&v->arena);
	if (view->own_size)
		v->own = xcalloc(1, view->own_size);
	if (view->table)
		view_add_table(v, view->table);
	return v;
}

void view_state_free(struct ui *ui, struct view_state *v)
{
	if (!v)
		return;
	if (v->view->release)
		v->view->release(ui, v);
	for (size_t i = 0; i < v->npanes; i++) {
		table_free(v->panes[i].table);
		free(v->panes[i].pager);
	}
	arena_release(&v->arena);
	free(v->own);
	free(v);
}

static struct pane *add_pane(struct view_state *v)
{
	if (v->npanes == VIEW_PANES)
		BUG("view %s: too many panes", v->view->name);
	return &v->panes[v->npanes++];
}

struct table *view_add_table(struct view_state *v, const struct table_spec *spec)
{
	return add_pane(v)->table = table_new(spec);
}

struct pager *view_add_pager(struct view_state *v)
{
	return add_pane(v)->pager = xcalloc(1, sizeof(struct pager));
}

struct pane *view_focused(struct view_state *v)
{
	return v->npanes ? &v->panes[v->focus < v->npanes ? v->focus : 0] : NULL;
}

struct rowset view_rows(struct ui *ui, struct view_state *v, const struct schema *s,
			const char *job)
{
	const struct field *f = field_find(s, s == &schema_job ? "name" : "job");
	struct rowset all, some;
	const void **rows;

	if (!ui->snap)
		return (struct rowset){s, 0, NULL};
	all = snapshot_rows(ui->snap, s, &v->arena);
	if (!job || !*job || !f || f->type != FIELD_TEXT || !all.n)
		return all;
	rows = ARENA_ARRAY(&v->arena, const void *, all.n);
	some = (struct rowset){s, 0, rows};
	for (size_t i = 0; i < all.n; i++) {
		const struct text *const *name = FIELD_OF(all.rows[i], f);

		if (*name && text_is(*name, job))
			rows[some.n++] = all.rows[i];
	}
	return some;
}

void view_update_table(struct ui *ui, struct view_state *v)
{
	const struct schema *s = table_spec(v->panes[0].table)->schema;
	struct rowset rows = view_rows(ui, v, s, v->view->is_per_job ? ui->job : "");

	table_set_rows(v->panes[0].table, &rows, ui->version);
}

void view_draw_table(struct ui *ui, struct view_state *v, struct area a, const char *title)
{
	struct table *t = v->panes[0].table;
	char name[320], facts[200];

	if (v->view->is_per_job && *ui->job) {
		snprintf(name, sizeof(name), "%s %s %s", title, ui->glyphs->crumb, ui->job);
		title = name;
	}
	table_facts(t, facts, sizeof(facts));
	draw_rule(a, 0, STYLE_TITLE, title, facts);
	table_draw(t, area_sub(a, 0, 1, a.w, a.h - 1), v->focus == 0);
	if (!table_count(t))
		draw_str_cut(a, 3, 3, a.w - 4, STYLE_DIM,
			     !ui->snap        ? "waiting for the first answers"
			     : table_total(t) ? "no row matches the filter; / changes it"
			     : v->view->empty ? v->view->empty
					      : "nothing to show");
}

struct area view_draw_list(struct ui *ui, struct view_state *v, struct area a, const char *title,
			   const struct view_old *old, int lines)
{
	const struct table *t = v->panes[0].table;
	int notice = old && old->n ? 1 : 0, wanted = table_height(t) + 1 + notice;
	struct pane_want want[] = {
		{.min = (int)min_i64(wanted, LEAST_TABLE), .want = wanted, .weight = 2},
		{.min = lines, .want = a.h, .gap = 1, .weight = 1},
	};
	struct rect r[2] = {{0, 0, a.w, a.h}, {0, 0, 0, 0}};

	if (table_count(t))
		layout_stack((struct rect){0, 0, a.w, a.h}, want, 2, r);
	view_draw_table(ui, v, area_sub(a, 0, 0, a.w, r[0].h - notice), title);
	if (r[0].h)
		view_draw_old(ui, a, r[0].h - 1, old);
	return area_sub(a, 0, r[1].y, a.w, r[1].h);
}

const struct view_old *view_old_of(struct ui *ui, struct view_state *v, enum source_id source,
				   const struct schema *s, const char *job)
{
	struct view_old *old = ARENA_NEW(&v->arena, struct view_old);
	size_t n = ui->snap ? ui->snap->nsections : 0;

	old->job = field_find(s, "job");
	old->sections = ARENA_ARRAY(&v->arena, const struct section *, n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct section *x = ui->snap->sections[i];

		if (x->source == source && (!x->job || !*job || !strcmp(x->job, job)) &&
		    (x->state == SECTION_LATE || x->state == SECTION_FAILED))
			old->sections[old->n++] = x;
	}
	return old;
}

bool view_is_old(const void *data, const void *row)
{
	const struct view_old *old = data;
	const struct text *job =
		old->n && old->job ? *(const struct text *const *)FIELD_OF(row, old->job) : NULL;

	for (size_t i = 0; i < old->n; i++)
		if (!old->sections[i]->job || (job && text_is(job, old->sections[i]->job)))
			return true;
	return false;
}

int view_draw_old(struct ui *ui, struct area a, int y, const struct view_old *old)
{
	const struct section *x = old && old->n ? old->sections[0] : NULL;
	char line[512], age[24] = "", more[48] = "";

	if (!x || y >= a.h)
		return 0;
	if (!is_absent(x->good_at))
		format_age(((double)ui->now - (double)x->good_at) / 1000, age, sizeof(age));
	if (old->n > 1)
		snprintf(more, sizeof(more), " and %zu more", old->n - 1);
	snprintf(line, sizeof(line), "%.100s%s: %s%s%s%.160s", x->job ? x->job : "this host", more,
		 *age ? "what is shown is " : "nothing could be read", age, *age ? " old: " : ": ",
		 x->problem ? x->problem : section_state_names[x->state]);
	draw_str_cut(a, 3, y, a.w - 4, STYLE_STALE, line);
	return 1;
}

int view_said(struct area a, int y, int after, const char *label, enum style st, const char *what)
{
	int most = (int)min_i64(SAID_LINES, a.h - y - after);

	if (most < 1)
		return y;
	draw_str(a, 1, y, STYLE_DIM, label);
	return y + draw_paragraph(area_sub(a, SAID_X, y, a.w - SAID_X - 1, most), most, st, what);
}

struct span view_span(struct view_state *v, enum style st, const char *fmt, ...)
{
	char line[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return (struct span){st, text_clean(&v->arena, line, strlen(line))};
}
