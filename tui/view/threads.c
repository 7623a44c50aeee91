/* threads.c - what the threads of one JVM do, asked for when somebody wants to know it: a dump by
 * the attach protocol, which only reads. A JVM that does not answer may still print its threads
 * into its own output when it gets SIGQUIT; that is another key, which first says where the lines
 * will go. A dump stays on the screen until another one is asked for, whatever else is fetched
 * meanwhile. */
#include <stdio.h>
#include <string.h>

#include "../../include/row/dlq.h"
#include "../jvm.h"

enum { LIMIT_S = 5, FRESH_MS = 60000, KIND_HEAD = 1, KIND_PROBLEM = 3 };

struct threads_own {
	char id[64], job[256]; /* of the JVM, and of the job it was opened for */
	int64_t asked_at, came_at;
	const struct dataset *before; /* the detail of the snapshot when it was asked: not ours */
	const struct dataset *dump;
	size_t nthreads;
	bool is_waiting, is_question, is_signal;
};

static struct threads_own *own(struct view_state *v)
{
	return v->own;
}

static int refuse(const struct jvm_row *j, struct err *err)
{
	if (!j)
		return err_set(err, ERR_MISSING, "no such JVM is seen on this host");
	if (j->verdict == JVM_IS_DEAD)
		return err_set(err, ERR_REFUSED, "java %lld is dead: it has no threads",
			       (long long)j->pid);
	return 0;
}

static int ask(struct ui *ui, struct threads_own *o, bool by_signal, struct err *err)
{
	struct request r = {.kind = REQUEST_THREADS, .flag = by_signal};
	int rc = refuse(jvm_by_id(ui, o->id), err);

	o->is_waiting = o->is_question = false;
	if (rc)
		return rc;
	snprintf(r.file, sizeof(r.file), "%s", o->id);
	rc = ui_request(ui, &r, err);
	if (rc)
		return rc;
	dataset_unref(o->before);
	o->before = ui->snap && ui->snap->detail ? dataset_ref(ui->snap->detail) : NULL;
	o->asked_at = clock_wall(ui->clock);
	o->is_waiting = true;
	o->is_signal = by_signal;
	return 0;
}

/* Another JVM: what was shown of the one before goes. */
static void take(struct ui *ui, struct view_state *v, const char *id)
{
	struct threads_own *o = own(v);
	struct err err = {0};

	snprintf(o->id, sizeof(o->id), "%.63s", id);
	snprintf(o->job, sizeof(o->job), "%s", ui->job);
	dataset_unref(o->dump);
	o->dump = NULL;
	o->is_waiting = o->is_question = false;
	v->panes[0].pager->top = 0;
	if (*o->id && ask(ui, o, false, &err) < 0) {
		ui_say(ui, "%s", err.message);
		ui->is_message_bad = true;
	}
}

static const char *driver_id(const struct ui *ui)
{
	const struct jvm_row *j = jvm_driver_of(ui, ui->job);

	return j && j->id ? text_str(j->id) : "";
}

/* Coming back from help or another view finds what was there; what is old is asked anew. */
static void open_view(struct ui *ui, struct view_state *v)
{
	struct threads_own *o = own(v);
	bool is_fresh = o->is_waiting || (o->dump && clock_wall(ui->clock) - o->came_at < FRESH_MS);

	if (!v->npanes)
		view_add_pager(v);
	if (*ui->jvm_id)
		take(ui, v, ui->jvm_id);
	else if (!*o->id || strcmp(o->job, ui->job) || !is_fresh)
		take(ui, v, driver_id(ui));
	*ui->jvm_id = '\0';
	v->seen = 0;
}

static bool is_frame(const struct text *line)
{
	return line && text_str(line)[0] == ' ' && text_str(line)[1] != ' ';
}

static void make_lines(struct view_state *v)
{
	static const enum style styles[] = {STYLE_TEXT, STYLE_STRONG, STYLE_DIM, STYLE_WARN};
	struct threads_own *o = own(v);
	const struct rowset *rows = o->dump ? dataset_rows(o->dump, &schema_detail) : NULL;
	size_t n = rows ? rows->n : 0;
	struct line *lines = ARENA_ARRAY(&v->arena, struct line, n + 1);
	struct span *spans = ARENA_ARRAY(&v->arena, struct span, 2 * n + 1);

	o->nthreads = 0;
	for (size_t i = 0; i < n; i++) {
		const struct detail_row *d = rows->rows[i];
		struct span *s = &spans[2 * i];

		/* A frame began with a tab, which is one blank in a cleaned text. */
		s[0] = (struct span){styles[d->kind & 3],
				     is_frame(d->line) ? TEXT("      ") : NULL};
		s[1] = (struct span){s[0].style, d->line};
		lines[i] = (struct line){2, s, d->kind == KIND_PROBLEM};
		o->nthreads += d->kind == KIND_HEAD && d->line && *text_str(d->line) == '"';
	}
	pager_set(v->panes[0].pager, lines, n);
}

static void update(struct ui *ui, struct view_state *v)
{
	struct threads_own *o = own(v);
	const struct dataset *detail = ui->snap ? ui->snap->detail : NULL;

	if (!v->npanes)
		return;
	if (!*ui->jvm_id && (strcmp(o->job, ui->job) || (!*o->id && *driver_id(ui))))
		take(ui, v, driver_id(ui));
	if (o->is_waiting && detail && detail != o->before &&
	    dataset_rows(detail, &schema_detail)->n) {
		dataset_unref(o->dump);
		o->dump = dataset_ref(detail);
		o->came_at = ui->snap->at;
		o->is_waiting = false;
		v->panes[0].pager->top = 0;
	}
	make_lines(v);
}

static void release(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	dataset_unref(own(v)->before);
	dataset_unref(own(v)->dump);
}

/* --- drawing --- */

/* Where its standard output goes, as far as that is known. */
static int draw_where(const struct jvm_row *j, struct area a, int y)
{
	if (j->log_files.n) {
		draw_str_cut(
			a, 3, y++, a.w - 4, STYLE_TEXT,
			"The lines go to its standard output, which may be one of these files:");
		for (size_t i = 0; i < j->log_files.n && y < a.h - 3; i++)
			draw_cut(a, 5, y++, a.w - 6, STYLE_STRONG, j->log_files.v[i]);
		return y;
	}
	if (j->owner == OWNER_SYSTEMD && j->owner_name)
		draw_strf(a, 3, y++, STYLE_TEXT,
			  "The lines go to its standard output, the journal: journalctl -u %.100s",
			  text_str(j->owner_name));
	else if (j->owner == OWNER_CONTAINER || j->owner == OWNER_POD)
		draw_str_cut(a, 3, y++, a.w - 4, STYLE_TEXT,
			     "The lines go to its standard output, the log of its container.");
	else
		draw_str_cut(a, 3, y++, a.w - 4, STYLE_TEXT,
			     "The lines go to its standard output, which is no file: a terminal or "
			     "a pipe. They may be lost.");
	return y;
}

static void draw_question(const struct jvm_row *j, struct area a)
{
	int y = 2;

	draw_rule(a, 0, STYLE_TITLE, "print the threads into the JVM's own output?", NULL);
	draw_strf(a, 3, y++, STYLE_TEXT, "java %lld of %.40s  %.200s", (long long)j->pid,
		  j->user ? text_str(j->user) : "-", jvm_whose(j));
	y = draw_where(j, a, y + 1) + 1;
	draw_str_cut(a, 3, y++, a.w - 4, STYLE_TEXT,
		     "SIGQUIT makes a JVM print all its threads and go on with its work.");
	draw_str_cut(a, 3, y, a.w - 4, STYLE_NEXT, "Enter sends it, Esc does not");
}

static void draw_waiting(const struct ui *ui, const struct threads_own *o, struct area a)
{
	int64_t s = max_i64((ui->now - o->asked_at) / 1000, 0);

	draw_strf(a, 3, 2, STYLE_TEXT,
		  o->is_signal ? "SIGQUIT was sent; waiting for word of it, %lld s"
			       : "asking it for its threads: %lld s of %d s",
		  (long long)min_i64(s, 999), LIMIT_S);
	if (ui->is_paused)
		draw_str_cut(a, 3, 3, a.w - 4, STYLE_WARN,
			     "the picture is frozen: z shows what came");
	else if (s > LIMIT_S)
		draw_str_cut(a, 3, 3, a.w - 4, STYLE_DIM, "no answer yet; r asks again");
}

static void draw(struct ui *ui, struct view_state *v, struct area a)
{
	struct threads_own *o = own(v);
	const struct jvm_row *j = jvm_by_id(ui, o->id);
	char title[320], facts[160] = "", came[32];

	if (o->is_question && j) {
		draw_question(j, a);
		return;
	}
	if (j)
		snprintf(title, sizeof(title), "threads %s java %lld  %.200s", ui->glyphs->crumb,
			 (long long)j->pid, j->belongs ? text_str(j->belongs) : jvm_whose(j));
	else
		snprintf(title, sizeof(title), "threads %s %.200s", ui->glyphs->crumb,
			 *o->id     ? o->id
			 : *ui->job ? ui->job
				    : "no JVM");
	if (o->dump) {
		ui_time(ui, o->came_at, came, sizeof(came));
		snprintf(facts, sizeof(facts), "%zu thread%s at %s%s", o->nthreads,
			 o->nthreads == 1 ? "" : "s", came, j ? "" : ", the JVM is gone since");
		if (!o->nthreads)
			snprintf(facts, sizeof(facts), "at %s", came);
	}
	draw_rule(a, 0, STYLE_TITLE, title, *facts ? facts : NULL);
	if (o->is_waiting)
		draw_waiting(ui, o, a);
	else if (o->dump)
		pager_draw(v->panes[0].pager, area_sub(a, 1, 1, a.w - 2, a.h - 1));
	else
		draw_str_cut(a, 3, 2, a.w - 4, STYLE_DIM,
			     *o->id ? "nothing was asked: its answer would stand here"
				    : "no driver of this job is seen on this host; t in jvms asks "
				      "another JVM");
}

/* --- keys --- */

static int again(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return ask(ui, own(ui->view), false, err);
}

static int refuse_to_print(const struct ui *ui, const struct jvm_row *j, struct err *err)
{
	int rc = refuse(j, err);

	if (rc)
		return rc;
	if (ui->cfg->read_only || ui->cfg->is_wall)
		return err_set(err, ERR_REFUSED, "read-only: no signal is sent");
	if (j->command && strstr(text_str(j->command), " -Xrs"))
		return err_set(err, ERR_REFUSED, "java %lld runs with -Xrs: SIGQUIT would end it",
			       (long long)j->pid);
	return 0;
}

static int print(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	struct threads_own *o = own(ui->view);
	int rc = refuse_to_print(ui, jvm_by_id(ui, o->id), err);

	o->is_question = !rc;
	return rc;
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	if (!own(v)->is_question)
		return err_set(err, ERR_MISSING, "nothing deeper here");
	if (ui_by_hand(ui, err) < 0)
		return -ERR_REFUSED;
	return ask(ui, own(v), true, err);
}

static bool back(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	bool was = own(v)->is_question;

	own(v)->is_question = false;
	return was;
}

static int go_to_thread(struct ui *ui, const char *args, struct err *err)
{
	struct pager *p = ui->view->panes[0].pager;
	size_t step = strcmp(args, "previous") ? 1 : (size_t)-1;

	for (size_t i = p->top + step; i < p->n; i += step)
		if (p->lines[i].n && p->lines[i].spans[0].style == STYLE_STRONG) {
			p->top = i;
			return 0;
		}
	return err_set(err, ERR_MISSING, "no further thread %s", step == 1 ? "below" : "above");
}

/* The whole dump, as it is pasted into a ticket. */
static void copy(struct ui *ui ATTR_UNUSED, struct view_state *v, struct buf *out)
{
	const struct pager *p = v->panes[0].pager;

	for (size_t i = 0; i < p->n; i++)
		if (p->lines[i].n == 2 && p->lines[i].spans[1].text)
			buf_printf(out, "%s\n", text_str(p->lines[i].spans[1].text));
}

static const struct command threads_commands[] = {
	{.name = "again", .args = "", .help = "ask for a new dump", .run = again},
	{.name = "print",
	 .args = "",
	 .help = "SIGQUIT: the JVM prints its threads into its own output; asks first",
	 .run = print},
	{.name = "thread",
	 .args = "next|previous",
	 .help = "to the next thread",
	 .run = go_to_thread},
	{0},
};

static const struct binding threads_bindings[] = {
	{"Enter", "open", "after T: sends SIGQUIT", "send"},
	{"/", "filter-prompt", "search in the dump", "search"},
	{"]", "thread next", "next thread", "thread"},
	{"[", "thread previous", "previous thread", NULL},
	{"r", "again", "ask for a new dump", "again"},
	{"T", "print", "SIGQUIT: it prints its threads into its own output; asks first", "print"},
	{NULL, NULL, NULL, NULL},
};

static const char *const footer[] = {"filter-prompt", "thread next", "wrap", "copy", "again",
				     "print",         "back",        "help", NULL};
static const char *const question_footer[] = {"open", "back", "help", NULL};

static const char *const *foot(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	return own(v)->is_question ? question_footer : footer;
}

static bool may(struct ui *ui, struct view_state *v, const char *command)
{
	const struct jvm_row *j = jvm_by_id(ui, own(v)->id);

	if (!strcmp(command, "print"))
		return !refuse_to_print(ui, j, NULL);
	if (!strcmp(command, "again"))
		return !refuse(j, NULL);
	return own(v)->dump || !strcmp(command, "open");
}

const struct view view_threads = {
	.name = "threads",
	.title = "threads",
	.help = "what the threads of a JVM do, by a dump that only reads; t in jvms and job",
	.bindings = threads_bindings,
	.commands = threads_commands,
	.footer = footer,
	.foot = foot,
	.may = may,
	.is_per_job = true,
	.is_one_job = true,
	.own_size = sizeof(struct threads_own),
	.open = open_view,
	.update = update,
	.draw = draw,
	.back = back,
	.enter = enter,
	.copy = copy,
	.release = release,
};
