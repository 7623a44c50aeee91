/* memory.c - the headroom formula, live: what the job runs with, each input free to be tried
 * otherwise, and what follows. Nothing is sent anywhere: `y` copies the settings that differ, with
 * before, after and the reason. */
#include <stdio.h>
#include <string.h>

#include "memory_parts.h"

static void open_view(struct ui *ui ATTR_UNUSED, struct view_state *v)
{
	if (!v->npanes)
		view_add_table(v, &memory_spec);
}

static const char *shown_job(struct ui *ui)
{
	const struct rowset *all;

	if (ui->job[0] || !ui->snap)
		return ui->job;
	all = dataset_rows(ui->snap->jobs, &schema_job);
	return all->n ? text_str(((const struct job_row *)all->rows[0])->name) : "";
}

/* What was not set in the job follows what it follows in Spark: the overhead the heap, the
 * parallelism the cores. */
static void apply_edits(struct memory_own *o)
{
	const struct memory_facts *f = &o->facts;

	o->tried = f->now;
	for (enum memory_input i = 0; i < INPUTS; i++)
		if (o->is_edited[i])
			memory_set(&o->tried, i, o->edit[i]);
	if (f->has_default_overhead && !o->is_edited[IN_OVERHEAD])
		o->tried.overhead_bytes = headroom_overhead(o->tried.memory_bytes);
	if (f->has_all_cores && !o->is_edited[IN_PARALLELISM] && o->tried.instances > 0 &&
	    o->tried.cores > 0)
		memory_set(&o->tried, IN_PARALLELISM,
			   (double)o->tried.instances * (double)o->tried.cores);
}

static void make_rows(struct ui *ui, struct view_state *v)
{
	struct memory_own *o = memory_own(v);
	const void **list = ARENA_ARRAY(&v->arena, const void *, INPUTS);
	struct rowset rows = {memory_spec.schema, INPUTS, list};

	for (enum memory_input i = 0; i < INPUTS; i++) {
		const char *setting = memory_setting(&o->facts, i);
		double now = memory_get(&o->facts.now, i), tried = memory_get(&o->tried, i);

		o->rows[i] = (struct memory_row){
			.name = view_span(v, STYLE_TEXT, "%s", memory_name(&o->facts, i)).text,
			.setting = setting ? view_span(v, STYLE_TEXT, "%s", setting).text : NULL,
			.origin = o->is_edited[i] ? TEXT("typed here") : o->facts.origin[i],
			.now = now,
			.tried = tried,
			.input = i,
			.kind = memory_kind(i),
			.is_changed = isnan(now) ? !isnan(tried) : isnan(tried) || now != tried,
		};
		list[i] = &o->rows[i];
	}
	table_set_rows(v->panes[0].table, &rows, ui->version);
}

static void update(struct ui *ui, struct view_state *v)
{
	struct memory_own *o = memory_own(v);
	const char *job = shown_job(ui);

	if (strcmp(o->job, job)) {
		memset(o->is_edited, 0, sizeof(o->is_edited));
		snprintf(o->job, sizeof(o->job), "%.255s", job);
	}
	memory_gather(ui, v, job, &o->facts);
	apply_edits(o);
	make_rows(ui, v);
}

/* --- editing --- */

static const struct {
	const char *word; /* after :set */
	double least, most;
} limits[INPUTS] = {
	[IN_PARALLELISM] = {"parallelism", 1, 1e7},
	[IN_EXECUTORS] = {"executors", 1, 1e5},
	[IN_CORES] = {"cores", 1, 1024},
	[IN_TASK] = {"task-memory", 1048576, 1e14},
	[IN_MEMORY] = {"memory", 1048576, 1e14},
	[IN_OVERHEAD] = {"overhead", 0, 1e14},
	[IN_FRACTION] = {"fraction", 0.01, 0.99},
	[IN_SAFETY] = {"safety", 1, 10},
	[IN_CONNECTIONS] = {"connections", 1, 1e6},
};

static int refuse(const struct memory_own *o, enum memory_input in, struct err *err)
{
	if (o->facts.is_local && in == IN_EXECUTORS)
		return err_set(err, ERR_REFUSED, "local mode is one JVM: there are no executors");
	if (o->facts.is_local && in == IN_OVERHEAD)
		return err_set(err, ERR_REFUSED, "local mode has no overhead of executors");
	return 0;
}

static int change(struct ui *ui, enum memory_input in, double v, struct err *err)
{
	struct memory_own *o = memory_own(ui->view);
	double now = memory_get(&o->facts.now, in);
	char least[32], most[32];
	int rc = refuse(o, in, err);

	if (rc)
		return rc;
	if (!(v >= limits[in].least && v <= limits[in].most)) {
		memory_format(memory_kind(in), limits[in].least, least, sizeof(least));
		memory_format(memory_kind(in), limits[in].most, most, sizeof(most));
		return err_set(err, ERR_LIMIT, "%s goes from %s to %s", memory_name(&o->facts, in),
			       least, most);
	}
	o->edit[in] = v;
	o->is_edited[in] = isnan(now) || v != now;
	ui_refresh(ui);
	return 0;
}

static const struct memory_row *under_cursor(struct ui *ui)
{
	return table_cursor(ui->view->panes[0].table);
}

static bool parse(enum memory_input in, const char *s, double *out)
{
	int64_t bytes;

	if (memory_kind(in) == MEMORY_BYTES) {
		if (!config_size(s, strlen(s), &bytes))
			return false;
		*out = (double)bytes;
		return true;
	}
	*out = format_parse(s, strlen(s), memory_kind(in) == MEMORY_COUNT ? UNIT_COUNT : UNIT_NONE);
	if (memory_kind(in) == MEMORY_COUNT)
		*out = floor(*out);
	return !isnan(*out);
}

static int do_set(struct ui *ui, const char *args, struct err *err)
{
	size_t len = strcspn(args, " ");
	const char *value = args + len + strspn(args + len, " ");
	double v;

	for (enum memory_input i = 0; i < INPUTS; i++) {
		const char *setting = memory_setting(&memory_own(ui->view)->facts, i);

		if ((strlen(limits[i].word) != len || strncmp(limits[i].word, args, len)) &&
		    (!setting || strlen(setting) != len || strncmp(setting, args, len)))
			continue;
		if (!parse(i, value, &v))
			return err_set(err, ERR_USAGE, "\"%.40s\" is no %s", value,
				       memory_kind(i) == MEMORY_BYTES
					       ? "size: with its unit, as 1536m, 12g"
					       : "number");
		return change(ui, i, v, err);
	}
	return err_set(err, ERR_USAGE,
		       "there is no input \"%.*s\": parallelism, executors, cores, "
		       "task-memory, memory, overhead, fraction, safety, connections are",
		       (int)min_size(len, 40), args);
}

static size_t complete_set(struct ui *ui, const char *prefix, const char **out, size_t max)
{
	size_t n = 0;

	(void)ui;
	for (enum memory_input i = 0; i < INPUTS && n < max; i++)
		if (!strncmp(limits[i].word, prefix, strlen(prefix)))
			out[n++] = limits[i].word;
	return n;
}

static double step_of(enum memory_input in, double v, const struct headroom_plan *p)
{
	const double mib = 1048576;

	switch (in) {
	case IN_PARALLELISM:
		return p->cores > 0 ? (double)p->cores : 1;
	case IN_TASK:
		return 50 * mib;
	case IN_MEMORY:
		return v < 2048 * mib ? 256 * mib : v < 8192 * mib ? 512 * mib : 1024 * mib;
	case IN_OVERHEAD:
		return 128 * mib;
	case IN_FRACTION:
		return 0.05;
	case IN_SAFETY:
		return 0.1;
	case IN_CONNECTIONS:
		return 8;
	default:
		return 1;
	}
}

static int step(struct ui *ui, int direction, struct err *err)
{
	const struct memory_own *o = memory_own(ui->view);
	const struct memory_row *r = under_cursor(ui);
	double by, v;

	if (!r)
		return err_set(err, ERR_MISSING, "no input is under the cursor");
	if (isnan(r->tried))
		return err_set(err, ERR_MISSING, "it is not known: Enter, and type it");
	by = step_of(r->input, direction < 0 ? r->tried - 1 : r->tried, &o->tried);
	/* To the next whole step; below the first one stay what the limits allow. */
	v = direction > 0 ? floor(r->tried / by + 1.0001) * by : ceil(r->tried / by - 1.0001) * by;
	if (v < limits[r->input].least && r->tried > limits[r->input].least)
		v = limits[r->input].least;
	return change(ui, r->input, v, err);
}

static int do_more(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return step(ui, 1, err);
}

static int do_less(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	return step(ui, -1, err);
}

/* What the signs ask for another value of; NaN: of none. */
static double wanted(const struct memory_own *o, enum memory_input in)
{
	struct headroom_plan want = headroom_advice(&o->facts.now, &o->facts.signs);
	double v = memory_get(&want, in);

	return v == memory_get(&o->facts.now, in) ? ABSENT_REAL : v;
}

static bool has_advice(const struct memory_own *o)
{
	for (enum memory_input i = 0; i < INPUTS; i++)
		if (!isnan(wanted(o, i)))
			return true;
	return false;
}

static int do_advise(struct ui *ui, const char *args ATTR_UNUSED, struct err *err)
{
	struct memory_own *o = memory_own(ui->view);

	if (!has_advice(o))
		return err_set(err, ERR_MISSING,
			       o->facts.signs.lost_to_silence
				       ? "nothing asks for other memory: look at garbage "
					 "collection first"
				       : "nothing asks for other memory");
	for (enum memory_input i = 0; i < INPUTS; i++)
		if (!isnan(wanted(o, i))) {
			o->edit[i] = wanted(o, i);
			o->is_edited[i] = true;
		}
	ui_refresh(ui);
	return 0;
}

static bool back(struct ui *ui, struct view_state *v)
{
	struct memory_own *o = memory_own(v);

	if (!memory_is_changed(o))
		return false;
	memset(o->is_edited, 0, sizeof(o->is_edited));
	ui_say(ui, "as the job runs now");
	return true;
}

static int enter(struct ui *ui, struct view_state *v, struct err *err)
{
	const struct memory_row *r = under_cursor(ui);
	char line[64];
	int rc;

	if (!r)
		return err_set(err, ERR_MISSING, "no input is under the cursor");
	rc = refuse(memory_own(v), r->input, err);
	if (rc)
		return rc;
	snprintf(line, sizeof(line), "set %s ", limits[r->input].word);
	prompt_open(&ui->prompt, PROMPT_COMMAND, line);
	return 0;
}

/* As spark-defaults.conf takes them: a comment has a line of its own there. */
static void copy(struct ui *ui ATTR_UNUSED, struct view_state *v, struct buf *out)
{
	struct memory_change c;

	for (enum memory_input i = 0; i < INPUTS; i++)
		if (memory_change(memory_own(v), i, &c))
			buf_printf(out, "%s# %s -> %s: %s\n%s %s", out->len ? "\n" : "", c.was,
				   c.is, c.why, c.setting, c.is);
}

static const struct command memory_commands[] = {
	{.name = "set",
	 .args = "INPUT VALUE",
	 .help = "try another value: parallelism, executors, cores, task-memory, memory ...",
	 .run = do_set,
	 .complete = complete_set},
	{.name = "more", .args = "", .help = "a step more of this input", .run = do_more},
	{.name = "less", .args = "", .help = "a step less of this input", .run = do_less},
	{.name = "advise",
	 .args = "",
	 .help = "put in what the ends of its executors ask for",
	 .run = do_advise},
	{0},
};

static const struct binding memory_bindings[] = {
	{"Enter", "open", "type another value for this input", "change"},
	{"+", "more", "a step more of this input", "more"},
	{"-", "less", "a step less of this input", "less"},
	{"p", "advise", "put in what the ends of its executors ask for", "advice"},
	{"y", "copy", "copy the changed settings, with the reason of each", "copy"},
	{"Esc", "back", "as the job runs now; then back", "back"},
	{NULL, NULL, NULL, NULL},
};

static const char *const footer[] = {"open",     "more", "less", "advise", "copy",
				     "next-job", "back", "help", NULL};

static bool may(struct ui *ui, struct view_state *v, const char *command)
{
	const struct memory_own *o = memory_own(v);
	const struct memory_row *r = under_cursor(ui);
	bool is_step = !strcmp(command, "more") || !strcmp(command, "less");

	if (!strcmp(command, "advise"))
		return has_advice(o);
	if (!strcmp(command, "copy"))
		return memory_is_changed(o);
	if (is_step || !strcmp(command, "open"))
		return r && !refuse(o, r->input, NULL) && !(is_step && isnan(r->tried));
	return true;
}

const struct view view_memory = {
	.name = "memory",
	.title = "memory",
	.help = "the memory formula with live inputs: try other ones, see need, total and "
		"connections move, copy the settings",
	.bindings = memory_bindings,
	.commands = memory_commands,
	.footer = footer,
	.may = may,
	.is_per_job = true,
	.is_one_job = true,
	.own_size = sizeof(struct memory_own),
	.open = open_view,
	.update = update,
	.draw = memory_draw,
	.back = back,
	.enter = enter,
	.copy = copy,
};
