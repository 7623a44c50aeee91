/* memory_draw.c - how the memory view looks: the inputs as a table, what follows from them in the
 * same columns, and the settings to copy, or what the ends of its executors ask for. */
#include <stdio.h>
#include <string.h>

#include "../headroom.h"
#include "memory_parts.h"

enum { NAME_X = 3, NAME_W = 20, NOW_W = 9, HOW_X = NAME_X + NAME_W + 2 * (NOW_W + 1) + 2 };
enum { MAX_TOLD = 12, MAX_SAID = 8, SAID_LINES = 2 };

/* --- the table of inputs --- */

static const struct memory_row *input(const void *row)
{
	return row;
}

static size_t format_now(const void *row, char *out, size_t size)
{
	memory_format(input(row)->kind, input(row)->now, out, size);
	return strlen(out);
}

static size_t format_tried(const void *row, char *out, size_t size)
{
	memory_format(input(row)->kind, input(row)->tried, out, size);
	return strlen(out);
}

static enum style style_now(const void *row)
{
	return input(row)->is_changed || isnan(input(row)->now) ? STYLE_DIM : STYLE_TEXT;
}

static enum style style_tried(const void *row)
{
	return input(row)->is_changed ? STYLE_NEXT : STYLE_DIM;
}

static enum style style_dim(const void *row ATTR_UNUSED)
{
	return STYLE_DIM;
}

static size_t format_origin(const void *row, char *out, size_t size)
{
	const struct memory_row *r = row;

	return (size_t)snprintf(out, size, "%s",
				r->origin ? text_str(r->origin) : "not known: Enter, type it");
}

static size_t format_setting(const void *row, char *out, size_t size)
{
	const struct text *setting = input(row)->setting;

	return (size_t)snprintf(out, size, "%s", setting ? text_str(setting) : "");
}

#define F(member_, type_, flags_, title_, help_)                                                   \
	{                                                                                          \
		.name = #member_, .title = (title_), .help = (help_), .type = FIELD_##type_,       \
		.flags = (flags_), .offset = offsetof(struct memory_row, member_)                  \
	}
static const struct field fields[] = {
	F(name, TEXT, FIELD_KEY, "INPUT", "what goes into the formula"),
	F(now, REAL, 0, "RUNS WITH", "what the job runs with"),
	F(tried, REAL, 0, "TRIED", "what is tried instead"),
	F(origin, TEXT, 0, "FROM", "where the value comes from"),
	F(setting, TEXT, 0, "SETTING", "Spark's name for it"),
};
#undef F
static const struct schema schema_input = {.name = "input",
					   .title = "inputs",
					   .size = sizeof(struct memory_row),
					   .fields = fields,
					   .nfields = ARRAY_LEN(fields)};

static const struct column columns[] = {
	{.name = "name", .width = NAME_W, .flags = COLUMN_SUBJECT},
	{.name = "now", .width = NOW_W, .format = format_now, .style = style_now},
	{.name = "tried", .width = NOW_W, .format = format_tried, .style = style_tried},
	{.name = "setting",
	 .width = 34,
	 .gap = 2,
	 .weight = 30,
	 .align = ALIGN_LEFT,
	 .format = format_setting,
	 .style = style_dim},
	{.name = "origin",
	 .width = 24,
	 .max = 40,
	 .gap = 2,
	 .weight = 20,
	 .align = ALIGN_LEFT,
	 .format = format_origin,
	 .style = style_dim},
	{0},
};
const struct table_spec memory_spec = {.schema = &schema_input, .columns = columns};

/* --- what follows --- */

struct told {
	const char *name;
	char now[24], tried[24], how[160];
	enum style style; /* of the value in force */
	bool is_short;    /* may be left out where there is no room */
};

static void size_text(int64_t n, char out[static 24])
{
	format_number(is_absent(n) ? ABSENT_REAL : (double)n, UNIT_BYTES, out, 24);
}

static void count_text(int64_t n, char out[static 24])
{
	format_number(is_absent(n) ? ABSENT_REAL : (double)n, UNIT_COUNT, out, 24);
}

/* Lost executors disprove the formula until there is more heap or less work for it - more than what
 * they ran with, so that has to be known. */
static bool is_disproved(const struct memory_facts *f, const struct headroom_plan *p)
{
	bool has_more = !is_absent(f->now.memory_bytes) && p->memory_bytes > f->now.memory_bytes;

	return f->signs.lost_to_heap > 0 && !has_more && !(p->cores < f->now.cores);
}

static int basis_of(const struct memory_facts *f, const struct headroom_plan *p)
{
	return is_disproved(f, p) ? BASIS_DISPROVED : BASIS_ESTIMATE;
}

static void tell_tasks(const struct memory_own *o, const struct headroom_sum *a,
		       const struct headroom_sum *b, struct told *t)
{
	t->name = "tasks at once";
	count_text(a->tasks, t->now);
	count_text(b->tasks, t->tried);
	if (!is_absent(b->partitions) && o->tried.cores > 0)
		snprintf(t->how, sizeof(t->how), "min(%lld core%s, ceil(%lld / %lld) = %lld)",
			 (long long)o->tried.cores, o->tried.cores == 1 ? "" : "s",
			 (long long)o->tried.parallelism, (long long)o->tried.instances,
			 (long long)b->partitions);
	else
		snprintf(t->how, sizeof(t->how), "not collected: %s",
			 o->tried.cores > 0 ? "how many executors there are" : "their cores");
}

static void tell_needed(const struct memory_own *o, const struct headroom_sum *a,
			const struct headroom_sum *b, struct told *t)
{
	char task[24];

	t->name = "needed heap";
	size_text(a->needed_bytes, t->now);
	size_text(b->needed_bytes, t->tried);
	size_text(o->tried.task_memory_bytes, task);
	if (!is_absent(b->needed_bytes))
		snprintf(t->how, sizeof(t->how), "%lld x %s x %.2g", (long long)b->tasks, task,
			 o->tried.safety_factor);
	else if (is_absent(o->tried.task_memory_bytes))
		snprintf(t->how, sizeof(t->how),
			 "not collected: type the memory of a task, often 200m to 300m");
	else if (is_absent(b->tasks))
		snprintf(t->how, sizeof(t->how), "not collected: it takes the tasks at once");
}

static void tell_room(const struct memory_own *o, const struct headroom_sum *a,
		      const struct headroom_sum *b, struct told *t)
{
	char have[24], need[24];

	t->name = "headroom";
	headroom_format(a->ratio, basis_of(&o->facts, &o->facts.now), t->now, sizeof(t->now));
	headroom_format(b->ratio, basis_of(&o->facts, &o->tried), t->tried, sizeof(t->tried));
	t->style = headroom_style(b->ratio, basis_of(&o->facts, &o->tried));
	size_text(o->tried.memory_bytes, have);
	size_text(b->needed_bytes, need);
	if (is_disproved(&o->facts, &o->tried))
		snprintf(t->how, sizeof(t->how), "disproved: %lld lost, heap full",
			 (long long)o->facts.signs.lost_to_heap);
	else if (!isnan(b->ratio))
		snprintf(t->how, sizeof(t->how), "%s / %s", have, need);
	else if (is_absent(o->tried.memory_bytes))
		snprintf(t->how, sizeof(t->how), "not collected: %s",
			 memory_setting(&o->facts, IN_MEMORY));
}

static void tell_figures(const struct memory_own *o, struct told *t)
{
	const struct executor_row *e = o->facts.least;
	char need[24];

	t->name = e->headroom_basis == BASIS_MEASURED ? "measured" : "bound by its peaks";
	headroom_format(e->headroom_ratio, e->headroom_basis, t->now, sizeof(t->now));
	size_text(e->needed_bytes, need);
	snprintf(t->how, sizeof(t->how), "%s%.20s needs %s%s", o->facts.is_local ? "" : "executor ",
		 e->executor_id ? text_str(e->executor_id) : "-",
		 e->headroom_basis == BASIS_MEASURED ? "" : "at least ", need);
	t->style = headroom_style(e->headroom_ratio, e->headroom_basis);
}

static void tell_unified(const struct memory_own *o, const struct headroom_sum *a,
			 const struct headroom_sum *b, struct told *t)
{
	char have[24], each[24];

	t->name = "unified memory";
	size_text(a->unified_bytes, t->now);
	size_text(b->unified_bytes, t->tried);
	t->is_short = true;
	if (is_absent(b->unified_bytes))
		return;
	size_text(o->tried.memory_bytes, have);
	size_text(b->tasks > 0 ? b->unified_bytes / b->tasks : ABSENT, each);
	snprintf(t->how, sizeof(t->how), "(%s - 300M) x %.2g%s%s%s", have, o->tried.memory_fraction,
		 b->tasks > 0 ? ", " : "", b->tasks > 0 ? each : "", b->tasks > 0 ? " a task" : "");
}

static void tell_total(const struct memory_own *o, const struct headroom_sum *a,
		       const struct headroom_sum *b, struct told *t)
{
	char heap[24], beside[24];

	t->name = "memory in all";
	size_text(a->total_bytes, t->now);
	size_text(b->total_bytes, t->tried);
	size_text(o->tried.memory_bytes, heap);
	size_text(o->tried.overhead_bytes, beside);
	if (!is_absent(b->total_bytes) && !o->facts.is_local)
		snprintf(t->how, sizeof(t->how), "%lld x (%s + %s)", (long long)o->tried.instances,
			 heap, beside);
}

static void tell_connections(const struct memory_own *o, const struct headroom_sum *a,
			     const struct headroom_sum *b, struct told *t)
{
	const struct headroom_plan *p = &o->tried;
	size_t n;

	t->name = "connections";
	count_text(a->connections, t->now);
	count_text(b->connections, t->tried);
	if (is_absent(b->connections))
		return;
	n = (size_t)snprintf(t->how, sizeof(t->how), "min(%lld, %lld x %lld)",
			     (long long)p->parallelism, (long long)p->instances,
			     (long long)p->cores);
	if (p->connections > 0 && b->connections > p->connections) {
		t->style = STYLE_CRIT;
		snprintf(t->how + n, sizeof(t->how) - n, ", %lld more than the database allows",
			 (long long)(b->connections - p->connections));
	} else if (b->waves > 1) {
		snprintf(t->how + n, sizeof(t->how) - n, ", in %lld rounds", (long long)b->waves);
	}
}

static void tell_started(const struct memory_own *o, struct told *t)
{
	const struct memory_facts *f = &o->facts;
	int64_t a = headroom_started(&f->now, f->workers, f->nworkers);
	int64_t b = headroom_started(&o->tried, f->workers, f->nworkers);

	t->name = "would start";
	count_text(a, t->now);
	count_text(b, t->tried);
	if (is_absent(b) || o->tried.instances <= 0)
		return;
	if (b < o->tried.instances)
		t->style = STYLE_CRIT;
	snprintf(t->how, sizeof(t->how), "of %lld, by the room on %zu worker%s",
		 (long long)o->tried.instances, f->nworkers, f->nworkers == 1 ? "" : "s");
}

static size_t tell_all(const struct memory_own *o, struct told *t)
{
	struct headroom_sum a = headroom_sum(&o->facts.now), b = headroom_sum(&o->tried);
	size_t n = 0;

	for (size_t i = 0; i < MAX_TOLD; i++)
		t[i] = (struct told){.style = STYLE_TEXT};
	tell_tasks(o, &a, &b, &t[n++]);
	tell_needed(o, &a, &b, &t[n++]);
	tell_room(o, &a, &b, &t[n++]);
	if (o->facts.least)
		tell_figures(o, &t[n++]);
	tell_unified(o, &a, &b, &t[n++]);
	tell_total(o, &a, &b, &t[n++]);
	if (o->facts.nworkers)
		tell_started(o, &t[n++]);
	tell_connections(o, &a, &b, &t[n++]);
	return n;
}

/* One word for it, with the mark of the job's verdict that it would lead to. */
static void verdict(struct ui *ui, const struct memory_own *o, char *out, size_t size,
		    enum style *st)
{
	struct headroom_sum sum = headroom_sum(&o->tried);
	bool is_wrong = is_disproved(&o->facts, &o->tried);
	int like = is_wrong || sum.ratio < 1 ? VERDICT_CRASHED
		   : sum.ratio < 1.25        ? VERDICT_DEGRADED
		   : isnan(sum.ratio)        ? VERDICT_UNKNOWN
					     : VERDICT_HEALTHY;

	*st = verdict_style(like);
	snprintf(out, size, "%s %s", verdict_mark(ui->glyphs, like),
		 like == VERDICT_CRASHED    ? "not enough memory"
		 : like == VERDICT_DEGRADED ? "little room"
		 : like == VERDICT_UNKNOWN  ? "not collected"
					    : "enough memory");
}

static void draw_told(struct ui *ui, const struct memory_own *o, const struct told *t, size_t n,
		      struct area a)
{
	char word[64];
	enum style st;
	int y = 1, x;

	if (a.h < 2)
		return;
	verdict(ui, o, word, sizeof(word), &st);
	draw_rule(a, 0, st == STYLE_OK ? STYLE_TITLE : st, word,
		  memory_is_changed(o) ? "as tried" : "as it runs");
	for (size_t i = 0; i < n && y < a.h; i++) {
		bool is_moved = strcmp(t[i].now, t[i].tried) && *t[i].tried;

		if (t[i].is_short && (int)(n - i) > a.h - y)
			continue;
		draw_str_cut(a, NAME_X, y, NAME_W, STYLE_DIM, t[i].name);
		x = NAME_X + NAME_W + 1;
		draw_right(a, x, y, NOW_W, is_moved ? STYLE_DIM : t[i].style, t[i].now);
		if (*t[i].tried)
			draw_right(a, x + NOW_W + 1, y, NOW_W,
				   !is_moved                  ? STYLE_DIM
				   : t[i].style == STYLE_TEXT ? STYLE_NEXT
							      : t[i].style,
				   t[i].tried);
		draw_str_cut(a, HOW_X, y, a.w - HOW_X - 1, STYLE_DIM, t[i].how);
		y++;
	}
}

/* --- settings and advice --- */

static size_t settings(const struct memory_own *o, struct arena *arena, const struct text **out,
		       size_t max)
{
	struct memory_change c;
	size_t n = 0;

	for (enum memory_input i = 0; i < INPUTS && n < max; i++)
		if (memory_change(o, i, &c))
			out[n++] = text_format(arena, "%s %s -> %s  %s", c.setting, c.was, c.is,
					       c.why);
	return n;
}

/* Settings, then advice; what is long goes on in a second line where the others have room, too.
 * Returns the lines taken, also when the area has none. */
static int draw_said(struct area a, const struct text *const *said, size_t nset, size_t n)
{
	int y = 0;

	for (size_t i = 0; i < n && (y < a.h || !a.h); i++) {
		int room = a.h ? a.h - y - (int)(n - i - 1) : SAID_LINES;

		y += draw_paragraph(area_sub(a, NAME_X, y, a.w - NAME_X - 1, a.h - y),
				    (int)max_i64(min_i64(room, SAID_LINES), 1),
				    i < nset ? STYLE_NEXT : STYLE_TEXT, text_str(said[i]));
	}
	return y;
}

void memory_draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct memory_own *o = memory_own(v);
	struct table *t = v->panes[0].table;
	const struct text *said[MAX_SAID];
	struct told told[MAX_TOLD];
	size_t n = tell_all(o, told), nset = settings(o, &ui->frame, said, MAX_SAID);
	size_t nsaid = nset + memory_advice(o, &ui->frame, said + nset, MAX_SAID - nset);
	int gap = a.h > 26 ? 1 : 0;
	struct pane_want want[] = {
		{.min = 4, .want = INPUTS + 2, .weight = 1},
		{.min = (int)n, .want = (int)n + 1, .gap = gap, .weight = 3},
		{.min = 2,
		 .want = draw_said(area_sub(a, 0, 0, a.w, 0), said, nset, nsaid) + 1,
		 .gap = gap,
		 .weight = 2},
	};
	struct rect r[3];
	char title[320], facts[200];

	snprintf(title, sizeof(title), "memory %s %.255s", ui->glyphs->crumb,
		 *o->job ? o->job : "no job yet");
	snprintf(facts, sizeof(facts), "%.80s%s%.80s",
		 o->facts.application ? text_str(o->facts.application)
				      : "its driver has told no settings",
		 o->facts.master ? "  " : "", o->facts.master ? text_str(o->facts.master) : "");
	layout_stack((struct rect){0, 0, a.w, a.h}, want, ARRAY_LEN(want), r);
	if (r[0].h > 2 && r[0].h - 2 < INPUTS)
		snprintf(facts, sizeof(facts), "%d of %d inputs, j and k move", r[0].h - 2, INPUTS);
	draw_rule(a, 0, STYLE_TITLE, title, facts);
	if (r[0].h > 1)
		table_draw(t, area_sub(a, 0, 1, a.w, r[0].h - 1), true);
	if (r[1].h)
		draw_told(ui, o, told, n, area_sub(a, 0, r[1].y, a.w, r[1].h));
	if (r[2].h < 2)
		return;
	draw_rule(a, r[2].y, STYLE_TITLE, nset ? "settings to copy" : "advice",
		  nset ? "y copies them" : NULL);
	draw_said(area_sub(a, 0, r[2].y + 1, a.w, r[2].h - 1), said, nset, nsaid);
}
