/* action/kill_spark.c - Spark is asked to end a job, a stage, an application or a driver.
 *
 * Jobs and stages belong to the driver's UI, applications and drivers to the standalone master. The
 * place must be one of the configuration's, whatever the request says. A place that does not answer
 * is not asked: a driver's UI takes one waiting connection, and that one would be ours. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../include/row/executor.h"
#include "../../include/row/spark.h"
#include "kill_spark.h"
#include "victim_plan.h"

struct kill_spark {
	struct spark_thing thing;
	struct err refused; /* code 0: it may be asked */
};

static const struct {
	const char *word, *title, *button;
} kinds[] = {
	[SPARK_JOB] = {"job ", "Kill this Spark job?", "kill job"},
	[SPARK_STAGE] = {"stage ", "Kill this stage?", "kill stage"},
	[SPARK_APPLICATION] = {"application ", "Kill this application?", "kill application"},
	[SPARK_DRIVER] = {"driver ", "Kill this driver?", "kill driver"},
};

static bool of_ui(const struct spark_thing *t)
{
	return t->kind == SPARK_JOB || t->kind == SPARK_STAGE;
}

/* --- who --- */

static bool parse(const char *s, struct spark_thing *t)
{
	const char *id;

	for (size_t i = 0; s && i < ARRAY_LEN(kinds); i++) {
		if (strncmp(s, kinds[i].word, strlen(kinds[i].word)) != 0)
			continue;
		t->kind = (enum spark_kind)i;
		id = s + strlen(kinds[i].word);
		if (!*id || strlen(id) >= sizeof(t->id) ||
		    id[strspn(id, of_ui(t) ? "0123456789"
					   : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					     "0123456789-_")])
			return false;
		snprintf(t->id, sizeof(t->id), "%s", id);
		return true;
	}
	return false;
}

static bool is_place(const char *url, const char *where)
{
	size_t n = url ? strlen(url) : 0;

	while (n && url[n - 1] == '/')
		n--;
	return n && strncmp(url, where, n) == 0 && !where[n + strspn(where + n, "/")];
}

/* The place as the configuration has it; NULL: it has none like it. */
static const char *known_place(struct act *a, const struct spark_thing *t)
{
	const struct config *cfg = act_config(a);
	const char *where = act_request(a)->where;
	const struct config_job *job = act_job(a);

	if (!where)
		return of_ui(t) && job ? job->ui : NULL;
	for (size_t i = 0; of_ui(t) && cfg && i < cfg->njobs; i++)
		if (is_place(cfg->jobs[i].ui, where))
			return cfg->jobs[i].ui;
	for (size_t i = 0; !of_ui(t) && cfg && i < cfg->nclusters; i++)
		if (is_place(cfg->clusters[i].master, where))
			return cfg->clusters[i].master;
	return NULL;
}

static const struct section *section_of(const struct snapshot *s, const struct spark_thing *t)
{
	for (size_t i = 0; i < s->nsections; i++)
		if (s->sections[i]->source == (of_ui(t) ? SOURCE_SPARK : SOURCE_MASTER) &&
		    s->sections[i]->where && is_place(s->sections[i]->where, t->where))
			return s->sections[i];
	return NULL;
}

static int find_place(struct act *a, struct spark_thing *t, struct err *err)
{
	const char *where = known_place(a, t);
	size_t n = where ? strlen(where) : 0;

	while (n && where[n - 1] == '/')
		n--;
	if (!n || n >= sizeof(t->where))
		return err_set(err, ERR_REFUSED, "%s is not known here: write `%s` for it",
			       of_ui(t) ? "the driver's UI" : "the master",
			       of_ui(t) ? "ui: URL" : "clusters: - {name: ..., master: URL}");
	memcpy(t->where, where, n);
	return 0;
}

static int capture(struct act *a, struct err *err)
{
	struct kill_spark *k = act_state(a);
	struct spark_thing *t = &k->thing;
	const struct section *section;
	const struct app_row *app;

	(void)err;
	if (!parse(act_request(a)->spark, t)) {
		err_set(&k->refused, ERR_REFUSED,
			"what is to be killed in Spark is not plain: job N, stage N, application "
			"ID or driver ID");
		return 0;
	}
	snprintf(t->says, sizeof(t->says), "%s%.120s", kinds[t->kind].word, t->id);
	act_target(a, "%s", t->says);
	if (find_place(a, t, &k->refused) < 0 || !of_ui(t))
		return 0;
	section = section_of(act_look(a), t);
	app = section ? dataset_one(section->data, &schema_app) : NULL;
	if (!app || !app->application_id)
		err_set(&k->refused, ERR_REFUSED,
			"%.300s has not said yet which application it is of", t->where);
	else
		snprintf(t->application, sizeof(t->application), "%s",
			 text_str(app->application_id));
	t->has_no_token = app && app->spark_version && *text_str(app->spark_version) < '4';
	return 0;
}

/* --- the question --- */

struct found {
	const struct spark_job_row *job;
	const struct stage_row *stage;
	const struct cluster_app_row *app;
};

static struct found find(const struct section *s, const struct spark_thing *t)
{
	const struct dataset *d = s ? s->data : NULL;
	const struct rowset *jobs = dataset_rows(d, &schema_spark_job),
			    *stages = dataset_rows(d, &schema_stage),
			    *apps = dataset_rows(d, &schema_cluster_app);
	struct found f = {0};
	char id[32];

	for (size_t i = 0; t->kind == SPARK_JOB && i < jobs->n; i++) {
		const struct spark_job_row *row = jobs->rows[i];
		snprintf(id, sizeof(id), "%" PRId64, row->job_id);
		if (strcmp(id, t->id) == 0)
			f.job = row;
	}
	for (size_t i = 0; t->kind == SPARK_STAGE && i < stages->n; i++) {
		const struct stage_row *row = stages->rows[i];
		snprintf(id, sizeof(id), "%" PRId64, row->stage_id);
		if (strcmp(id, t->id) == 0 && (!f.stage || row->attempt_id > f.stage->attempt_id))
			f.stage = row;
	}
	for (size_t i = 0; t->kind == SPARK_APPLICATION && i < apps->n; i++)
		if (text_is(((const struct cluster_app_row *)apps->rows[i])->application_id, t->id))
			f.app = apps->rows[i];
	return f;
}

static const struct text *line(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

static struct texts one(struct arena *a, const struct text *t)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, 1);

	v[0] = t;
	return (struct texts){t ? 1 : 0, v};
}

static const char *progress(struct arena *a, int64_t done, int64_t all)
{
	return all > 0 && done >= 0
		       ? arena_printf(a, " at %" PRId64 " %%", min_i64(100, done * 100 / all))
		       : "";
}

static const struct text *target_line(const struct spark_thing *t, const struct found *f,
				      struct arena *a)
{
	const struct text *name = f->job     ? f->job->name
				  : f->stage ? f->stage->name
				  : f->app   ? f->app->name
					     : NULL;

	return text_format(a, "%s%s   %s%s%s   %s", kinds[t->kind].word, t->id, name ? "“" : "",
			   name ? text_str(name) : "", name ? "”" : "", t->application);
}

static void say_losses(const struct spark_thing *t, const struct found *f, struct plan_row *p,
		       struct arena *a)
{
	if (f->job)
		p->loses = one(a, text_format(a, "job %s%s", t->id,
					      progress(a, f->job->num_completed_tasks,
						       f->job->num_tasks)));
	else if (f->stage)
		p->loses = one(a, text_format(a, "stage %s%s, and the job it is of", t->id,
					      progress(a, f->stage->num_complete_tasks,
						       f->stage->num_tasks)));
	else if (!of_ui(t))
		p->loses = one(a, f->app && f->app->cores > 0
					  ? text_format(a, "all its executors, %" PRId64 " cores",
							f->app->cores)
					  : TEXT("all its executors"));
	p->stays = one(a, of_ui(t) ? TEXT("the application, if its code catches the exception that "
					  "it gets now; else it ends")
			  : t->kind == SPARK_APPLICATION
				  ? TEXT("the driver's JVM and its Python, with a stopped context "
					 "(client mode)")
				  : NULL);
	if (f->job && f->job->query)
		p->warning = text_format(a,
					 "a job of the streaming query %s: the query fails "
					 "with it",
					 text_str(f->job->query));
}

/* Nothing is asked of a place that is silent. */
static const struct text *refuse(const struct section *s, const struct spark_thing *t,
				 const struct found *f, struct arena *arena)
{
	const struct text *status = f->job ? f->job->status : f->stage ? f->stage->status : NULL;

	if (!s || s->state == SECTION_WAITING)
		return text_format(arena, "%s has not answered yet", t->where);
	if (s->state != SECTION_OK || s->silent_probes > 0)
		return text_format(arena,
				   "%s does not answer%s%s: Spark cannot be asked; K on its JVM "
				   "ends it",
				   t->where, s->silent_ms > 0 ? " for " : "",
				   s->silent_ms > 0 ? victim_span(arena, s->silent_ms) : "");
	if (status && !text_is(status, "RUNNING") && !text_is(status, "ACTIVE"))
		return text_format(arena, "%s is %s: there is nothing to kill", t->says,
				   text_str(status));
	if (f->app && f->app->is_active == TRI_FALSE)
		return text_format(arena, "%s is %s: there is nothing to kill", t->says,
				   f->app->state ? text_str(f->app->state) : "over");
	return NULL;
}

/* The first four characters of the job's name, without one of the thing's own. */
static const struct text *to_type(struct act *a, const struct spark_thing *t, const struct found *f,
				  struct arena *arena)
{
	const char *name = act_request(a)->job, *at;
	uint32_t cp;
	int columns;

	if (!name)
		name = f->app && f->app->name ? text_str(f->app->name) : t->id;
	at = name;
	for (int i = 0; i < 4 && *at; i++)
		at += text_next(at, &cp, &columns);
	return text_clean(arena, name, (size_t)(at - name));
}

static void plan(struct act *a, struct plan_row *p, struct arena *arena)
{
	struct kill_spark *k = act_state(a);
	struct spark_thing *t = &k->thing;
	const struct section *section;
	const struct text **steps;
	struct found f;

	if (k->refused.code) {
		p->refused = line(arena, k->refused.message);
		return;
	}
	section = section_of(act_look(a), t); /* one look: the next one lets its rows go */
	f = find(section, t);
	p->title = line(arena, kinds[t->kind].title);
	p->button = line(arena, kinds[t->kind].button);
	const struct text **target = ARENA_ARRAY(arena, const struct text *, 2);
	target[0] = target_line(t, &f, arena);
	target[1] = line(arena, t->where);
	p->target = (struct texts){2, target};
	say_losses(t, &f, p, arena);
	steps = ARENA_ARRAY(arena, const struct text *, 3);
	steps[0] = of_ui(t) ? text_format(arena, "%s is still of %s", t->where, t->application)
			    : text_format(arena, "%s still runs it", t->where);
	steps[1] = text_format(arena, "%s, sent once", spark_line(t, arena));
	steps[2] = TEXT("looked at until it is gone (15 s)");
	p->steps = (struct texts){3, steps};
	p->to_type = to_type(a, t, &f, arena);
	p->refused = refuse(section, t, &f, arena);
}

/* --- done --- */

static enum action_state run(struct act *a)
{
	struct kill_spark *k = act_state(a);
	struct err err = {0};
	enum action_state state;

	if (spark_check(a, &k->thing, &err) < 0) {
		act_outcome(a, "%s; nothing was asked", err.message);
		return ACTION_STATE_REFUSED;
	}
	state = spark_kill(a, &k->thing);
	act_poll_now(a);
	return state;
}

const struct action_ops action_kill_spark = {
	.state_size = sizeof(struct kill_spark),
	.finishes = true,
	.capture = capture,
	.plan = plan,
	.run = run,
};
