/* jvms.c - the Spark JVMs of this host, worst first: what each is, what it belongs to, how much it
 * uses and how it is. Below the table all that is known of the one under the cursor; Tab goes there
 * to read on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../jvm.h"

enum { PANE_LIST, PANE_DETAIL, DETAIL_MIN = 5, DETAIL_X = 2 };

struct jvms_own {
	const struct view_old *old;
	const struct jvm_row *told; /* whose lines the pager has */
	char id[64];                /* the same, to keep the place while it stays the same JVM */
};

static const struct jvm_row *jvm(const void *row)
{
	return row;
}

static const char *mark(const struct glyphs *g, const void *row, enum style *st)
{
	*st = jvm_style(jvm(row)->verdict);
	return jvm_mark(g, jvm(row)->verdict);
}

static enum style style_verdict(const void *row)
{
	return jvm_style(jvm(row)->verdict);
}

static size_t format_role(const void *row, char *out, size_t size)
{
	jvm_role(row, out, size);
	return strlen(out);
}

static size_t format_whose(const void *row, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s", jvm_whose(row));
}

static enum style style_whose(const void *row)
{
	return jvm(row)->job ? STYLE_TEXT : STYLE_DIM;
}

static size_t format_ports(const void *row, char *out, size_t size)
{
	const struct ints *ports = &jvm(row)->ports;
	size_t n = 0;

	*out = '\0';
	for (size_t i = 0; i < ports->n && n + 24 < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s:%lld", i ? " " : "",
				      (long long)ports->v[i]);
	if (!ports->n)
		n = (size_t)snprintf(out, size, "-");
	return n;
}

static enum style style_ports(const void *row)
{
	return jvm(row)->ports.n ? STYLE_TEXT : STYLE_DIM;
}

static enum style style_heap(const void *row)
{
	double pct = jvm(row)->heap_pct;

	return isnan(pct) ? STYLE_DIM : pct < 60 ? STYLE_TEXT : gauge_style(pct);
}

static enum style style_gc(const void *row)
{
	double pct = jvm(row)->gc_pct;

	return isnan(pct) ? STYLE_DIM : pct > 50 ? STYLE_CRIT : pct > 10 ? STYLE_WARN : STYLE_TEXT;
}

static size_t format_why(const void *row, char *out, size_t size)
{
	const struct texts *why = &jvm(row)->evidence;

	return (size_t)snprintf(out, size, "%s", why->n ? text_str(why->v[0]) : "");
}

static const struct column columns[] = {
	{.name = "verdict", .width = 9, .style = style_verdict, .flags = COLUMN_KEEPS},
	{.name = "role", .width = 11, .format = format_role},
	{.name = "job",
	 .width = 14,
	 .max = 32,
	 .format = format_whose,
	 .style = style_whose,
	 .flags = COLUMN_SUBJECT | COLUMN_NAMES},
	{.name = "pid", .width = 7},
	{.name = "user", .width = 7, .max = 12, .weight = 40, .gap = 2},
	{.name = "ports",
	 .width = 11,
	 .max = 24,
	 .weight = 60,
	 .gap = 2,
	 .align = ALIGN_LEFT,
	 .flags = COLUMN_WORDS,
	 .format = format_ports,
	 .style = style_ports},
	{.name = "heap_pct", .width = 4, .gauge = 8, .gauge_weight = 50, .style = style_heap},
	{.name = "gc_pct", .width = 4, .style = style_gc},
	{.name = "cpu_pct", .width = 5, .flags = COLUMN_ZERO_DIM},
	{.name = "rss_bytes", .width = 5, .weight = 30},
	{.name = "limit_bytes", .width = 5, .weight = 20},
	{.name = "evidence",
	 .title = "WHY",
	 .width = 24,
	 .max = SCREEN_MAX_W,
	 .gap = 2,
	 .weight = 10,
	 .align = ALIGN_LEFT,
	 .format = format_why},
	{0},
};

static const struct table_spec spec = {
	.schema = &schema_jvm,
	.columns = columns,
	.order = "worst first",
	.mark = mark,
};

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (v->npanes < 2)
		view_add_pager(v);
	v->focus = PANE_LIST;
}

static int by_name(const struct text *a, const struct text *b)
{
	return a && b ? text_cmp(a, b) : (a ? 0 : 1) - (b ? 0 : 1);
}

/* Worst first; then drivers before their executors, job by job. */
static int worst_first(const void *a, const void *b)
{
	const struct jvm_row *x = *(const struct jvm_row *const *)a;
	const struct jvm_row *y = *(const struct jvm_row *const *)b;

	if (jvm_rank(x->verdict) != jvm_rank(y->verdict))
		return jvm_rank(x->verdict) - jvm_rank(y->verdict);
	if (x->role != y->role)
		return x->role - y->role;
	if (by_name(x->job, y->job))
		return by_name(x->job, y->job);
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void update(struct ui *ui, struct view_state *v)
{
	struct pager *p = v->panes[PANE_DETAIL].pager;
	struct jvms_own *o = v->own;
	size_t top = p->top;
	struct rowset rows = view_rows(ui, v, &schema_jvm, ui->job);
	const void **list = ARENA_ARRAY(&v->arena, const void *, rows.n + 1);

	if (rows.n)
		memcpy(list, rows.rows, rows.n * sizeof(*list));
	qsort(list, rows.n, sizeof(*list), worst_first);
	rows.rows = list;
	table_set_rows(v->panes[PANE_LIST].table, &rows, ui->version);
	o->old = view_old_of(ui, v, SOURCE_JVM, &schema_jvm, ui->job);
	table_set_old(v->panes[PANE_LIST].table, view_is_old, o->old);
	o->told = NULL;
	pager_set(p, NULL, 0); /* until its lines are made from these rows */
	p->top = top;
}

/* The lines of the JVM under the cursor; while it is the same one they stay where they were. */
static void follow_cursor(struct ui *ui, struct view_state *v, const struct jvm_row *j)
{
	struct pager *p = v->panes[PANE_DETAIL].pager;
	struct jvms_own *o = v->own;
	const struct line *lines;
	size_t top = p->top, n;

	if (o->told == j)
		return;
	o->told = j;
	n = jvm_lines(ui, v, j, &lines);
	pager_set(p, lines, n);
	if (!j->id || !text_is(j->id, o->id))
		top = 0;
	p->top = top < n ? top : 0;
	snprintf(o->id, sizeof(o->id), "%.63s", j->id ? text_str(j->id) : "");
}

static void draw_detail(struct view_state *v, const struct jvm_row *j, struct area a)
{
	struct pager *p = v->panes[PANE_DETAIL].pager;
	bool is_focused = v->focus == PANE_DETAIL;
	char title[400], facts[160] = "";
	size_t more;

	snprintf(title, sizeof(title), "java %lld of %.60s  %.250s", (long long)j->pid,
		 j->user ? text_str(j->user) : "an unknown user",
		 j->belongs ? text_str(j->belongs) : "belongs to no job that is watched");
	pager_draw(p, area_sub(a, DETAIL_X, 1, a.w - DETAIL_X, a.h - 1));
	more = p->n - min_size(p->end, p->n);
	if (more)
		snprintf(facts, sizeof(facts), "%zu more line%s%s", more, more == 1 ? "" : "s",
			 !is_focused     ? ", Tab"
			 : p->is_wrapped ? ""
					 : ", w wraps");
	draw_rule(a, 0, is_focused ? STYLE_TITLE : STYLE_STRONG, title, *facts ? facts : NULL);
}

/* Nothing found is said with where it was looked. */
static void draw_nothing(struct ui *ui, struct view_state *v, struct area a)
{
	static const char *const none[] = {
		"no Spark JVM runs on this host, as far as /proc shows",
		"",
		"a driver, executor, master, worker, history server or Livy appears here within",
		"two polls of its start; JVMs of other hosts are not seen from here",
	};

	if (!ui->snap || table_total(v->panes[PANE_LIST].table))
		return; /* the table says why */
	area_fill(area_sub(a, 0, 3, a.w, 1), STYLE_DEFAULT);
	if (*ui->job) {
		draw_strf(area_sub(a, 0, 0, a.w - 1, a.h), 3, 3, STYLE_TEXT,
			  "no JVM of %.100s is seen on this host", ui->job);
		draw_str_cut(a, 3, 5, a.w - 4, STYLE_DIM,
			     ":all shows those of other jobs and of none");
		return;
	}
	for (int i = 0; i < (int)ARRAY_LEN(none); i++)
		draw_str_cut(a, 3, 3 + i, a.w - 4, i ? STYLE_DIM : STYLE_TEXT, none[i]);
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	const struct jvms_own *o = v->own;
	struct table *t = v->panes[PANE_LIST].table;
	const struct jvm_row *j = table_cursor(t);
	int notice = o->old && o->old->n ? 1 : 0, told = DETAIL_MIN;
	struct pane_want want[2] = {
		{.min = 3 + notice, .want = table_height(t) + 1 + notice, .weight = 2}, {0}};
	struct rect r[2];

	if (j) {
		follow_cursor(ui, v, j);
		told = (int)v->panes[PANE_DETAIL].pager->n + 1;
	}
	want[1] = (struct pane_want){.min = (int)min_i64(told, max_i64(DETAIL_MIN, a.h / 2)),
				     .want = told,
				     .gap = 1,
				     .weight = 1};
	layout_stack((struct rect){0, 0, a.w, a.h}, want, j ? 2 : 1, r);
	view_draw_table(ui, v, area_sub(a, r[0].x, r[0].y, r[0].w, r[0].h - notice), "jvms");
	if (!j)
		draw_nothing(ui, v, a);
	if (r[0].h)
		view_draw_old(ui, a, r[0].y + r[0].h - 1, o->old);
	if (j && r[1].h > 1)
		draw_detail(v, j, area_sub(a, r[1].x, r[1].y, r[1].w, r[1].h));
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct jvm_row *j = table_cursor(v->panes[PANE_LIST].table);

	if (!j)
		return err_set(err, ERR_MISSING, "there is no JVM here");
	if (!j->job)
		return err_set(err, ERR_MISSING, "java %lld belongs to no job; Tab reads on",
			       (long long)j->pid);
	ui_go(ui, &view_job, text_str(j->job));
	return 0;
}

/* What one would paste into a shell or a ticket: id, command, why. */
static void copy(struct ui *ui ATTR_UNUSED, struct view_state *v, struct buf *out)
{
	const struct jvm_row *j = table_cursor(v->panes[PANE_LIST].table);

	if (!j)
		return;
	buf_printf(out, "%s %s %s", j->id ? text_str(j->id) : "-", jvm_word(j->verdict),
		   jvm_whose(j));
	for (size_t i = 0; i < j->evidence.n; i++)
		buf_printf(out, "\n%s", text_str(j->evidence.v[i]));
	if (j->unseen)
		buf_printf(out, "\n%s", text_str(j->unseen));
	if (j->command)
		buf_printf(out, "\n%s", text_str(j->command));
}

static int do_threads(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	const struct jvm_row *j = table_cursor(ui->view->panes[PANE_LIST].table);

	if (!j || !j->id)
		return err_set(err, ERR_MISSING, "there is no JVM here");
	snprintf(ui->jvm_id, sizeof(ui->jvm_id), "%.63s", text_str(j->id));
	ui_go(ui, &view_threads, j->job ? text_str(j->job) : "");
	return 0;
}

static const struct command jvms_commands[] = {
	{.name = "threads",
	 .args = "",
	 .help = "what the threads of this JVM do",
	 .run = do_threads},
	{0},
};

static const char *const footer[] = {
	"open",          "next-pane", "action kill", "action recover", "threads",
	"filter-prompt", "copy",      "back",        "help",           NULL};

static bool may(struct ui *ui ATTR_UNUSED, struct view_state *v, const char *command)
{
	const struct jvm_row *j = table_cursor(v->panes[PANE_LIST].table);

	if (!strcmp(command, "open"))
		return j && j->job;
	if (!strcmp(command, "threads"))
		return j && j->id && j->verdict != JVM_IS_DEAD;
	return strcmp(command, "copy") || j;
}

static const struct binding jvms_bindings[] = {
	{"Tab", "next-pane", "between the list and what is known of one", "details"},
	{"t", "threads", "what the threads of this JVM do", "threads"},
	{"l", "log", "the logs of its job", "log"},
	{NULL, NULL, NULL, NULL},
};

const struct view view_jvms = {
	.name = "jvms",
	.title = "jvms",
	.help = "Spark JVMs of this host: role, job, ports, heap, garbage collection, CPU, verdict "
		"with its evidence",
	.table = &spec,
	.bindings = jvms_bindings,
	.commands = jvms_commands,
	.footer = footer,
	.may = may,
	.is_per_job = true,
	.own_size = sizeof(struct jvms_own),
	.open = open_view,
	.update = update,
	.draw = draw,
	.enter = enter,
	.copy = copy,
};
