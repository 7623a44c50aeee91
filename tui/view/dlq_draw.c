/* dlq_draw.c - how the dead-letter queue looks: the columns of groups and entries, and the pane
 * below that tells one entry in a few lines. Pure; what it shows is chosen in dlq.c. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/error.h"
#include "dlq_parts.h"

enum { DETAIL_H = 8, LABEL_X = 3, VALUE_X = 13, SAID_LINES = 3 };

static const char *state_word(int state)
{
	return state == DLQ_GIVEN_UP ? "gave up" : state < 0 ? "-" : dlq_state_names[state];
}

static enum style state_style(int state)
{
	switch (state) {
	case DLQ_DONE:
		return STYLE_OK;
	case DLQ_PENDING:
	case DLQ_DOUBT:
		return STYLE_WARN;
	case DLQ_FAILED:
		return STYLE_CRIT;
	default:
		return STYLE_DIM;
	}
}

static enum style group_state_style(const void *row)
{
	return state_style(((const struct dlq_group_row *)row)->state);
}

static size_t group_state(const void *row, char *out, size_t size)
{
	snprintf(out, size, "%s", state_word(((const struct dlq_group_row *)row)->state));
	return strlen(out);
}

static size_t failure(const struct text *type, const struct text *message, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s", type ? text_str(type) : "no type", message ? "  " : "",
		 message ? text_str(message) : "");
	return strlen(out);
}

/* A single failure is a low mark, not a full column. */
static double group_top(const void *row ATTR_UNUSED)
{
	return 4;
}

static size_t group_failure(const void *row, char *out, size_t size)
{
	const struct dlq_group_row *g = row;

	return failure(g->error_type, g->message, out, size);
}

static const struct column group_columns[] = {
	{.name = "state",
	 .title = "STATE",
	 .width = 9,
	 .format = group_state,
	 .style = group_state_style},
	{.name = "error_type",
	 .title = "FAILURE",
	 .width = 24,
	 .max = 400,
	 .format = group_failure,
	 .align = ALIGN_LEFT,
	 .flags = COLUMN_SUBJECT},
	{.name = "count", .title = "COUNT", .width = 7},
	{.name = "first_at",
	 .title = "FIRST",
	 .width = 8,
	 .gap = 2,
	 .weight = 30,
	 .align = ALIGN_LEFT},
	{.name = "last_at",
	 .title = "LAST",
	 .width = 8,
	 .gap = 2,
	 .weight = 60,
	 .align = ALIGN_LEFT},
	{.name = "trend",
	 .title = "15 MIN",
	 .width = 16,
	 .gap = 2,
	 .weight = 20,
	 .flags = COLUMN_SPARK | COLUMN_ZERO_GAP,
	 .top = group_top},
	{0},
};
const struct table_spec dlq_group_spec = {
	.schema = &schema_dlq_group, .columns = group_columns, .order = "newest first"};

static const struct column all_group_columns[] = {
	{.name = "state",
	 .title = "STATE",
	 .width = 9,
	 .format = group_state,
	 .style = group_state_style},
	{.name = "job", .width = 14, .max = 24, .weight = 80, .flags = COLUMN_NAMES},
	{.name = "error_type",
	 .title = "FAILURE",
	 .width = 24,
	 .max = 400,
	 .format = group_failure,
	 .align = ALIGN_LEFT,
	 .flags = COLUMN_SUBJECT},
	{.name = "count", .title = "COUNT", .width = 7},
	{.name = "first_at",
	 .title = "FIRST",
	 .width = 8,
	 .gap = 2,
	 .weight = 30,
	 .align = ALIGN_LEFT},
	{.name = "last_at",
	 .title = "LAST",
	 .width = 8,
	 .gap = 2,
	 .weight = 60,
	 .align = ALIGN_LEFT},
	{.name = "trend",
	 .title = "15 MIN",
	 .width = 16,
	 .gap = 2,
	 .weight = 20,
	 .flags = COLUMN_SPARK | COLUMN_ZERO_GAP,
	 .top = group_top},
	{0},
};
const struct table_spec dlq_all_group_spec = {
	.schema = &schema_dlq_group, .columns = all_group_columns, .order = "newest first"};

static enum style entry_state_style(const void *row)
{
	const struct dlq_entry_row *e = row;

	return e->is_bad ? STYLE_BAD : state_style(e->state);
}

static size_t entry_state(const void *row, char *out, size_t size)
{
	const struct dlq_entry_row *e = row;

	snprintf(out, size, "%s", e->is_bad ? "bad line" : state_word(e->state));
	return strlen(out);
}

static size_t entry_failure(const void *row, char *out, size_t size)
{
	const struct dlq_entry_row *e = row;

	if (e->is_bad) {
		snprintf(out, size, "%s", e->message ? text_str(e->message) : "");
		return strlen(out);
	}
	return failure(e->error_type, e->message, out, size);
}

/* All of a folder begin alike: the day is what tells them apart. */
static size_t entry_file(const void *row, char *out, size_t size)
{
	static const char prefix[] = "failed_batches_";
	const struct dlq_entry_row *e = row;
	const char *name = e->file ? text_str(e->file) : "-";
	size_t skip = strncmp(name, prefix, sizeof(prefix) - 1) ? 0 : sizeof(prefix) - 1;

	snprintf(out, size, "%s", name + skip);
	return strlen(out);
}

static const struct column entry_columns[] = {
	{.name = "state",
	 .title = "STATE",
	 .width = 9,
	 .format = entry_state,
	 .style = entry_state_style},
	{.name = "at", .title = "AT", .width = 8, .align = ALIGN_LEFT},
	{.name = "batch_id", .title = "BATCH", .width = 8},
	{.name = "error_type",
	 .title = "FAILURE",
	 .width = 20,
	 .max = 400,
	 .gap = 2,
	 .align = ALIGN_LEFT,
	 .format = entry_failure,
	 .flags = COLUMN_SUBJECT},
	{.name = "file", .width = 16, .max = 32, .weight = 20, .gap = 2, .format = entry_file},
	{.name = "line", .title = "LINE", .width = 7, .weight = 30},
	{0},
};
const struct table_spec dlq_entry_spec = {
	.schema = &schema_dlq_entry, .columns = entry_columns, .order = "newest first"};

static const char *cause_of(struct ui *ui, struct view_state *v, const struct dlq_entry_row *e)
{
	struct rowset all = view_rows(ui, v, &schema_error, e->job ? text_str(e->job) : "");

	for (size_t i = 0; e->error_type && i < all.n; i++) {
		const struct error_row *r = all.rows[i];

		if (r->cause && !text_cmp(r->type, e->error_type))
			return text_str(r->cause);
	}
	return NULL;
}

/* One entry in a few lines, from top to bottom. */
struct telling {
	struct area a;
	int y, most; /* lines that a value may take */
};

static void said(struct telling *t, const char *name, enum style st, const char *value)
{
	struct area below = area_sub(t->a, VALUE_X, t->y, t->a.w - VALUE_X - 1, t->a.h - t->y);
	int lines;

	if (!value)
		return;
	draw_str(t->a, LABEL_X, t->y, STYLE_DIM, name);
	lines = draw_paragraph(below, t->most, st, value);
	t->y += lines ? lines : 1;
}

static const char *str(const struct text *t)
{
	return t ? text_str(t) : NULL;
}

static void entry_title(const struct dlq_entry_row *e, char title[static 96])
{
	if (e->is_bad)
		snprintf(title, 96, "bad line");
	else if (e->batch_id.text)
		snprintf(title, 96, "batch %s", text_str(e->batch_id.text));
	else if (is_absent(e->batch_id.number))
		snprintf(title, 96, "entry without a batch id");
	else
		snprintf(title, 96, "batch %lld", (long long)e->batch_id.number);
}

static void draw_sample(struct telling *t, const struct dlq_entry_row *e)
{
	struct area a = t->a;
	char more[48];
	int x;

	if (!e->sample)
		return;
	*more = '\0';
	if (e->samples > 1)
		snprintf(more, sizeof(more), "   + %lld more, p shows it",
			 (long long)e->samples - 1);
	draw_str(a, LABEL_X, t->y, STYLE_DIM, "sample");
	x = draw_cut(a, VALUE_X, t->y, a.w - VALUE_X - 1 - text_width(more), STYLE_FAINT,
		     e->sample);
	draw_str(a, x, t->y++, STYLE_FAINT, more);
}

static void said_to_do(struct telling *t, const struct text *what)
{
	static const char by[] = "   (said by the job)"; /* where there is room for it */
	char line[600];

	if (!what)
		return;
	snprintf(line, sizeof(line), "%.500s%s", text_str(what), by);
	if (text_width(line) > t->a.w - VALUE_X - 1)
		snprintf(line, sizeof(line), "%.500s", text_str(what));
	said(t, "do", STYLE_NEXT, line);
}

/* Each value in at most so many lines; returns the height, also where the area has none. */
static int draw_entry(struct ui *ui, struct view_state *v, const struct dlq_entry_row *e,
		      struct area a, int most)
{
	struct telling t = {a, 1, most};
	char title[96], facts[256], attempts[300];

	entry_title(e, title);
	snprintf(facts, sizeof(facts), "%s line %lld %s sha256 %.8s%s",
		 e->file ? text_str(e->file) : "-", (long long)max_i64(e->line, 0), ui->glyphs->dot,
		 e->hash ? text_str(e->hash) : "not yet", ui->glyphs->ellipsis);
	draw_rule(a, 0, STYLE_TITLE, title, facts);
	said(&t, "error", STYLE_CRIT, str(e->error_type));
	said(&t, "message", STYLE_TEXT, str(e->message));
	said(&t, "means", STYLE_TEXT, cause_of(ui, v, e));
	said_to_do(&t, e->recommendation);
	said(&t, "context", STYLE_TEXT, str(e->context));
	draw_sample(&t, e);
	if (!is_absent(e->attempts) && e->attempts > 0) {
		snprintf(attempts, sizeof(attempts), "%lld %s %s", (long long)e->attempts,
			 ui->glyphs->dot, e->proof ? text_str(e->proof) : "no proof");
		said(&t, "attempts", STYLE_TEXT, attempts);
	}
	return t.y;
}

static void folder_facts(struct ui *ui, struct view_state *v, char *out, size_t size)
{
	struct rowset all = view_rows(ui, v, &schema_dlq_folder, ui->job);
	int64_t entries = 0, pending = 0, today = 0, bad = 0, future = 0;
	char n1[32], n2[32], n3[32];
	double indexed = 100;
	size_t used;

	for (size_t i = 0; i < all.n; i++) {
		const struct dlq_folder_row *f = all.rows[i];

		entries += max_i64(f->entries, 0);
		pending += max_i64(f->pending, 0);
		today += max_i64(f->today, 0);
		bad += max_i64(f->bad_lines, 0);
		future += max_i64(f->future, 0);
		if (!isnan(f->indexed_pct) && f->indexed_pct < indexed)
			indexed = f->indexed_pct;
	}
	format_number((double)pending, UNIT_COUNT, n1, sizeof(n1));
	format_number((double)entries, UNIT_COUNT, n2, sizeof(n2));
	format_number((double)today, UNIT_COUNT, n3, sizeof(n3));
	snprintf(out, size, "%s pending of %s %s today %s", n1, n2, ui->glyphs->dot, n3);
	used = strlen(out);
	if (bad)
		snprintf(out + used, size - used, " %s %lld bad line%s", ui->glyphs->dot,
			 (long long)bad, bad > 1 ? "s" : "");
	used = strlen(out);
	if (future)
		snprintf(out + used, size - used, " %s %lld dated in the future", ui->glyphs->dot,
			 (long long)future);
	used = strlen(out);
	if (indexed < 100)
		snprintf(out + used, size - used, " %s indexed %.0f%%", ui->glyphs->dot, indexed);
}

static const struct dlq_entry_row *newest_of(struct ui *ui, struct view_state *v,
					     const struct dlq_group_row *g)
{
	struct rowset all = view_rows(ui, v, &schema_dlq_entry, text_str(g->job));

	for (size_t i = 0; i < all.n; i++) {
		const struct dlq_entry_row *e = all.rows[i];

		if (!e->is_bad && e->group == g->group)
			return e;
	}
	return NULL;
}

/* What is searched when there is more than the page shown. */
static void page_note(const struct dlq_own *o, const struct table *t, char *out, size_t size)
{
	int64_t last = min_i64(o->from + DLQ_PAGE, o->all);
	const char *keys = !o->from        ? "] for older"
			   : last < o->all ? "] older, [ newer"
					   : "[ for newer";
	char all[32];

	*out = '\0';
	if (o->level != DLQ_LEVEL_ENTRIES || is_absent(o->all) || (o->all <= DLQ_PAGE && !o->from))
		return;
	format_number((double)o->all, UNIT_COUNT, all, sizeof(all));
	if (*table_filter_text(t))
		snprintf(out, size, "only %lld to %lld of %s are searched; %s",
			 (long long)o->from + 1, (long long)last, all, keys);
	else
		snprintf(out, size, "%lld to %lld of %s; %s", (long long)o->from + 1,
			 (long long)last, all, keys);
}

static void add_crumb(struct ui *ui, char title[static 400], const char *of)
{
	size_t n = strlen(title);

	if (*of)
		snprintf(title + n, 400 - n, " %s %s", ui->glyphs->crumb, of);
}

static void list_title(struct ui *ui, struct view_state *v, char title[static 400],
		       char facts[static 400], int width)
{
	struct dlq_own *o = dlq_own(v);
	struct table *t = v->panes[o->level].table;
	char queue[200], found[200];

	if (o->level == DLQ_LEVEL_ENTRIES) {
		snprintf(title, 400, "dlq %s %s %s %s", ui->glyphs->crumb, o->job,
			 ui->glyphs->crumb, o->is_bad ? "bad lines" : "entries");
		table_facts(t, facts, 400);
		return;
	}
	snprintf(title, 400, "dlq");
	add_crumb(ui, title, ui->job);
	add_crumb(ui, title, o->kind);
	folder_facts(ui, v, facts, 400);
	if (!*table_filter_text(t))
		return;
	table_facts(t, found, sizeof(found));
	/* Facts too long for the line are left out whole: the filter is what must be seen. */
	if (text_width(found) + text_width(facts) + text_width(title) < width - 16) {
		snprintf(queue, sizeof(queue), "%.199s", facts);
		snprintf(facts, 400, "%.190s %s %.199s", found, ui->glyphs->dot, queue);
	} else {
		snprintf(facts, 400, "%.199s", found);
	}
}

/* Why a list is empty: it is being read, or there is none. */
static const char *why_empty(struct ui *ui, struct view_state *v)
{
	const struct dlq_own *o = dlq_own(v);
	struct rowset folders = view_rows(ui, v, &schema_dlq_folder,
					  o->level == DLQ_LEVEL_GROUPS ? ui->job : o->job);
	bool is_read = folders.n > 0;

	if (table_total(v->panes[o->level].table))
		return "no row matches the filter; / changes it";
	for (size_t i = 0; i < folders.n; i++)
		if (((const struct dlq_folder_row *)folders.rows[i])->indexed_pct < 100)
			is_read = false;
	if (o->level == DLQ_LEVEL_ENTRIES && o->all > 0)
		return o->from >= o->all ? "these were the oldest; [ for newer"
		       : o->is_bad       ? "reading the bad lines of this queue"
					 : "reading the entries of this group";
	if (folders.n && !is_read)
		return "the queue is being read";
	if (*o->kind && o->level == DLQ_LEVEL_GROUPS)
		return "no failed batch is of this type: only health answers count it; :only shows "
		       "the others";
	if (o->level == DLQ_LEVEL_ENTRIES && o->is_bad && is_read)
		return "no bad lines: every line of this queue holds a JSON object";
	if (!ui->snap)
		return "waiting for the first answers";
	return is_read ? "no failed batches: the queue is empty"
		       : "no dead-letter queue is known here";
}

static void draw_list(struct ui *ui, struct view_state *v, struct area a)
{
	struct dlq_own *o = dlq_own(v);
	struct table *t = v->panes[o->level].table;
	const void *row = table_cursor(t);
	const struct dlq_entry_row *e = row;
	char title[400], facts[400], note[128];
	struct pane_want want[] = {{.min = 3, .want = table_height(t) + 1, .weight = 2},
				   {.min = DETAIL_H, .want = DETAIL_H, .gap = 1, .weight = 1}};
	struct rect r[2];
	int y = 1, whole = 0;

	if (o->level == DLQ_LEVEL_GROUPS)
		e = row ? newest_of(ui, v, row) : NULL;
	if (e)
		whole = draw_entry(ui, v, e, area_sub(a, 0, 0, a.w, 0), SAID_LINES);
	want[1].want = (int)max_i64(whole, DETAIL_H);
	list_title(ui, v, title, facts, a.w);
	page_note(o, t, note, sizeof(note));
	want[0].want += (*note ? 1 : 0) + (o->old && o->old->n ? 1 : 0);
	layout_stack((struct rect){0, 0, a.w, a.h}, want, e ? 2 : 1, r);
	draw_rule(a, 0, STYLE_TITLE, title, facts);
	y += view_draw_old(ui, a, y, o->old);
	if (*note)
		draw_str_cut(a, 3, y++, a.w - 4, *table_filter_text(t) ? STYLE_WARN : STYLE_DIM,
			     note);
	if (table_count(t))
		table_draw(t, area_sub(a, 0, y, a.w, r[0].h - y), true);
	else
		draw_str_cut(a, 3, y + 1, a.w - 4, STYLE_DIM, why_empty(ui, v));
	if (e && r[1].h)
		draw_entry(ui, v, e, area_sub(a, r[1].x, r[1].y, r[1].w, r[1].h),
			   r[1].h < whole ? 1 : SAID_LINES);
}

void dlq_draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct dlq_own *o = dlq_own(v);
	char title[700], facts[300];

	if (o->level != DLQ_LEVEL_ENTRY) {
		draw_list(ui, v, a);
		return;
	}
	snprintf(title, sizeof(title), "dlq %s %s %s %s", ui->glyphs->crumb, o->job,
		 ui->glyphs->crumb, o->title);
	snprintf(facts, sizeof(facts), "%s line %lld%s", o->file, (long long)o->line,
		 o->is_unmasked ? ", personal data shown" : ", masked");
	draw_rule(a, 0, STYLE_TITLE, title, facts);
	pager_draw(v->panes[DLQ_LEVEL_ENTRY].pager, area_sub(a, 1, 1, a.w - 2, a.h - 1));
}
