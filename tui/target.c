/* target.c - from the row under the cursor to the target of an action.
 *
 * A list may be reordered between the eye and the key, so the row is the one that was drawn under
 * the cursor (table_seen), not the one that is there now; when it has left the list meanwhile
 * nothing is meant. */
#include "target.h"

#include <stdio.h>
#include <string.h>

#include "../include/row/dlq.h"
#include "../include/row/error.h"
#include "../include/row/executor.h"
#include "../include/row/jvm.h"
#include "../include/row/spark.h"
#include "ui.h"
#include "view/dlq_parts.h"

struct seen {
	struct ui *ui;
	struct arena *arena;
	const struct table *table; /* NULL: a text has the focus */
	const void *row;           /* NULL: none */
	struct target *out;
	struct err *err;
};

static const char *str(const struct text *t)
{
	return t ? text_str(t) : NULL;
}

static int nothing(const struct seen *s, const char *why)
{
	return err_set(s->err, ERR_MISSING, "%s", why);
}

/* --- of which job --- */

static const char *job_of_row(const struct seen *s)
{
	const struct schema *schema = s->row ? table_spec(s->table)->schema : NULL;
	const struct field *f =
		schema ? field_find(schema, schema == &schema_job ? "name" : "job") : NULL;

	if (f && f->type == FIELD_TEXT && !field_is_absent(f, s->row))
		return text_str(*(const struct text *const *)FIELD_OF(s->row, f));
	return NULL;
}

static int need_job(const struct seen *s)
{
	struct action_request *r = &s->out->request;
	const struct schema *schema = s->row ? table_spec(s->table)->schema : NULL;

	r->job = job_of_row(s);
	if (!r->job && s->row && table_spec(s->table)->schema == &schema_jvm)
		return nothing(s, "this JVM belongs to no job that is watched; K ends it alone");
	if (!r->job && *s->ui->job)
		r->job = s->ui->job;
	if (!r->job)
		return nothing(s, s->table && table_total(s->table)
					  ? "the job that was under the cursor left the list; look "
					    "again"
					  : "there is no job here");
	s->out->job = schema == &schema_job ? s->row : ui_job_row(s->ui, r->job);
	if (!s->out->job)
		return err_set(s->err, ERR_MISSING, "there is no job \"%.60s\" (any more)", r->job);
	return 0;
}

/* --- which JVM --- */

static int jvm_of_row(const struct seen *s)
{
	const struct jvm_row *j = s->row;

	if (!j->id)
		return nothing(s,
			       "the start time of this JVM is not known; wait for the next look");
	s->out->request.jvm = text_str(j->id);
	s->out->request.job = str(j->job);
	return 0;
}

static bool same(const struct text *a, const struct text *b)
{
	return a && b && !text_cmp(a, b);
}

static int jvm_of_executor(const struct seen *s)
{
	const struct executor_row *e = s->row;
	const struct rowset *jvms =
		s->ui->snap ? dataset_rows(s->ui->snap->jvms, &schema_jvm) : NULL;
	bool is_driver = e->executor_id && text_is(e->executor_id, "driver");

	for (size_t i = 0; jvms && i < jvms->n; i++) {
		const struct jvm_row *j = jvms->rows[i];

		if (j->id && same(j->application_id, e->application_id) &&
		    (is_driver ? j->role == JVM_DRIVER : same(j->executor_id, e->executor_id))) {
			s->out->request.jvm = text_str(j->id);
			s->out->request.job = e->job ? text_str(e->job) : str(j->job);
			return 0;
		}
	}
	return err_set(s->err, ERR_MISSING,
		       "the JVM of this %s is not seen on this host%s%.80s: run sparkops there",
		       is_driver ? "driver" : "executor", e->host ? "; it is on " : "",
		       e->host ? text_str(e->host) : "");
}

/* The JVM whose threads are shown, else the driver of the job: the backend finds that one. */
static int jvm_of_job(const struct seen *s)
{
	if (s->ui->view->view == &view_threads && *s->ui->jvm_id) {
		s->out->request.jvm = s->ui->jvm_id;
		if (*s->ui->job)
			s->out->request.job = s->ui->job;
		return 0;
	}
	return need_job(s);
}

/* --- in Spark --- */

/* The driver's UI of an application that a job here has. */
static int driver_of(const struct seen *s, const struct text *application)
{
	const struct rowset *jobs =
		s->ui->snap ? dataset_rows(s->ui->snap->jobs, &schema_job) : NULL;
	struct action_request *r = &s->out->request;
	const struct config_job *written;

	for (size_t i = 0; jobs && i < jobs->n && !r->job; i++) {
		const struct job_row *j = jobs->rows[i];

		if (j->name && same(j->application_id, application))
			r->job = text_str(j->name);
	}
	written = config_job(s->ui->cfg, r->job);
	r->where = written ? written->ui : NULL;
	return r->where ? 0 : nothing(s, "no job here has a driver's UI for this application");
}

static int spark_job(const struct seen *s)
{
	const struct spark_job_row *j = s->row;

	s->out->request.action = ACTION_KILL_SPARK;
	s->out->request.spark = arena_printf(s->arena, "job %lld", (long long)j->job_id);
	return driver_of(s, j->application_id);
}

static int spark_stage(const struct seen *s)
{
	const struct stage_row *j = s->row;

	s->out->request.action = ACTION_KILL_SPARK;
	s->out->request.spark = arena_printf(s->arena, "stage %lld", (long long)j->stage_id);
	return driver_of(s, j->application_id);
}

static int master_of(const struct seen *s, const struct text *cluster)
{
	const struct config *cfg = s->ui->cfg;

	for (size_t i = 0; i < cfg->nclusters; i++)
		if (same(cfg->clusters[i].name, cluster))
			s->out->request.where = cfg->clusters[i].master;
	return s->out->request.where ? 0 : nothing(s, "its master is not known");
}

static int spark_application(const struct seen *s)
{
	const struct cluster_app_row *j = s->row;

	s->out->request.action = ACTION_KILL_SPARK;
	if (!j->application_id)
		return nothing(s, "this application has no id yet");
	s->out->request.spark =
		arena_printf(s->arena, "application %s", text_str(j->application_id));
	return master_of(s, j->cluster);
}

static int spark_driver(const struct seen *s)
{
	const struct cluster_driver_row *j = s->row;

	s->out->request.action = ACTION_KILL_SPARK;
	if (!j->driver_id)
		return nothing(s, "this driver has no id");
	s->out->request.spark = arena_printf(s->arena, "driver %s", text_str(j->driver_id));
	return master_of(s, j->cluster);
}

/* Of a driver's UI: what runs it is named elsewhere. */
static int driver_application(const struct seen *s)
{
	return nothing(s, "K does nothing here: it ends a driver on its job or its JVM, and what "
			  "a master runs in :table cluster-app and :table cluster-driver");
}

/* --- dead letters --- */

static int one_entry(const struct seen *s, const struct dlq_entry_row *e)
{
	const char **hash = ARENA_ARRAY(s->arena, const char *, 1);

	if (e->is_bad)
		return nothing(s, "this line holds no JSON object: there is no entry to act on");
	if (!e->hash || !e->job)
		return nothing(s, "its hash is known when the index is done");
	*hash = text_str(e->hash);
	s->out->request.job = text_str(e->job);
	s->out->request.hashes = hash;
	s->out->request.nhashes = 1;
	return 0;
}

/* Marked rows; what the filter hides is left out, and said. */
static int marked_entries(const struct seen *s, size_t hidden)
{
	size_t n = 0, without = 0;
	const char **hashes = ARENA_ARRAY(s->arena, const char *, table_count(s->table) + 1);

	for (size_t i = 0; i < table_count(s->table); i++) {
		const struct dlq_entry_row *e = table_row(s->table, i);

		if (!table_is_marked(s->table, e))
			continue;
		if (!e->hash || e->is_bad || !e->job) {
			without++;
			continue;
		}
		s->out->request.job = text_str(e->job);
		hashes[n++] = text_str(e->hash);
	}
	s->out->request.hashes = hashes;
	s->out->request.nhashes = n;
	if (hidden || without)
		snprintf(s->out->note, sizeof(s->out->note),
			 "%zu marked %s left out: hidden by the filter %zu, without an entry %zu",
			 hidden + without, hidden + without == 1 ? "row is" : "rows are", hidden,
			 without);
	if (!n)
		return err_set(s->err, ERR_MISSING,
			       "all %zu marked rows are hidden by the filter; U removes the marks",
			       hidden + without);
	return 0;
}

static int dlq_entry(const struct seen *s)
{
	size_t hidden, marked = table_marked(s->table, &hidden);

	return marked ? marked_entries(s, hidden) : one_entry(s, s->row);
}

static const void *first_marked(const struct table *t)
{
	for (size_t i = 0; i < table_count(t); i++)
		if (table_is_marked(t, table_row(t, i)))
			return table_row(t, i);
	return NULL;
}

static int dlq_group(const struct seen *s)
{
	size_t hidden, marked = table_marked(s->table, &hidden);
	const struct dlq_group_row *g = marked ? first_marked(s->table) : s->row;

	if (marked > 1)
		return nothing(s,
			       "groups are taken one at a time: U removes the marks; Enter opens "
			       "a group to mark entries");
	if (!g)
		return nothing(s, "the filter hides the marked group; U removes the mark");
	if (!g->job)
		return nothing(s, "this group belongs to no job");
	s->out->request.job = text_str(g->job);
	s->out->request.group = g->group;
	return 0;
}

/* R where no entries are shown opens the queue, where R asks. */
static int queue(const struct seen *s)
{
	int rc = need_job(s);

	if (!rc)
		s->out->goes_to = s->out->request.job;
	return rc;
}

static int mark_where(const struct seen *s)
{
	return nothing(s,
		       "M marks entries of a dead-letter queue: done, given up or pending; R goes "
		       "there");
}

/* --- the rules --- */

static const struct target_rule {
	enum action_id action;
	const struct schema *schema; /* of the row; NULL: any, or no row */
	int (*find)(const struct seen *s);
} rules[] = {
	{ACTION_KILL, &schema_jvm, jvm_of_row},
	{ACTION_KILL, &schema_executor, jvm_of_executor},
	{ACTION_KILL, &schema_spark_job, spark_job},
	{ACTION_KILL, &schema_stage, spark_stage},
	{ACTION_KILL, &schema_cluster_app, spark_application},
	{ACTION_KILL, &schema_cluster_driver, spark_driver},
	{ACTION_KILL, &schema_app, driver_application},
	{ACTION_KILL, NULL, jvm_of_job},
	{ACTION_KILL_SPARK, &schema_spark_job, spark_job},
	{ACTION_KILL_SPARK, &schema_stage, spark_stage},
	{ACTION_KILL_SPARK, &schema_cluster_app, spark_application},
	{ACTION_KILL_SPARK, &schema_cluster_driver, spark_driver},
	{ACTION_REPLAY, &schema_dlq_entry, dlq_entry},
	{ACTION_REPLAY, &schema_dlq_group, dlq_group},
	{ACTION_REPLAY, NULL, queue},
	{ACTION_MARK, &schema_dlq_entry, dlq_entry},
	{ACTION_MARK, &schema_dlq_group, dlq_group},
	{ACTION_MARK, NULL, mark_where},
	{ACTION_RESTART, NULL, need_job},
	{ACTION_RECOVER, NULL, need_job},
	{ACTION_HOLD, NULL, need_job},
};

/* The entry that is read: its row may have left the list of newest ones. */
static int open_entry(const struct seen *s)
{
	const struct dlq_own *o = dlq_own(s->ui->view);
	const char **hash = ARENA_ARRAY(s->arena, const char *, 1);

	if (o->is_bad || !*o->hash)
		return nothing(s, o->is_bad ? "this line holds no JSON object: there is no entry "
					      "to act on"
					    : "its hash is known when the index is done");
	*hash = o->hash;
	s->out->request.job = o->job;
	s->out->request.hashes = hash;
	s->out->request.nhashes = 1;
	return 0;
}

static bool is_open_entry(const struct ui *ui, enum action_id action)
{
	return ui->view->view == &view_dlq && dlq_own(ui->view)->level == DLQ_LEVEL_ENTRY &&
	       (action == ACTION_REPLAY || action == ACTION_MARK);
}

/* What is read in a text (the details of a JVM) is the row it was opened from: the table before
 * it. */
static const struct table *table_in(const struct view_state *v)
{
	if (v->view == &view_job) /* it is about the job, whichever of its lists has the focus */
		return NULL;
	for (size_t i = v->npanes ? min_size(v->focus, v->npanes - 1) + 1 : 0; i-- > 0;)
		if (v->panes[i].table)
			return v->panes[i].table;
	return NULL;
}

int target_here(struct ui *ui, enum action_id action, struct arena *a, struct target *t,
		struct err *err)
{
	struct seen s = {.ui = ui, .arena = a, .out = t, .err = err};
	const struct schema *schema;

	memset(t, 0, sizeof(*t));
	t->request = action_request_of(ACTION_PLAN, action);
	s.table = table_in(ui->view);
	s.row = s.table ? table_seen(s.table) : NULL;
	schema = s.table ? table_spec(s.table)->schema : NULL;
	if (is_open_entry(ui, action))
		return open_entry(&s);
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		const struct target_rule *r = &rules[i];

		if (r->action != action || (r->schema && r->schema != schema))
			continue;
		if (r->schema && !s.row)
			return nothing(&s, table_total(s.table) ? "what was under the cursor left "
								  "the list; look again"
								: "there is nothing here");
		return r->find(&s);
	}
	return nothing(&s, "there is nothing here that Spark itself could end");
}

/* --- may it be --- */

static unsigned permission(enum action_id action)
{
	static const unsigned needs[] = {
#define X(id, symbol, word, key, permission, title) permission,
		ACTION_LIST(X)
#undef X
	};

	return needs[action];
}

static bool is_allowed(const struct ui *ui, const struct target *t, struct err *err)
{
	enum action_id action = t->request.action;
	const char *job = t->request.job;
	const struct config_job *c = config_job(ui->cfg, job);
	const struct job_row *row = t->job || !job ? t->job : ui_job_row(ui, job);
	unsigned need = permission(action);

	if (need && (ui->cfg->actions & need) != need) {
		err_set(err, ERR_REFUSED, "`actions:` of the configuration leaves out %s",
			action_words[action]);
		return false;
	}
	if (need && c && (c->actions & need) != need) {
		err_set(err, ERR_REFUSED, "`actions:` of %.80s leaves out %s", job,
			action_words[action]);
		return false;
	}
	if (need && row && row->hold) {
		err_set(err, ERR_REFUSED, "%.80s is held %.160s; H takes the hold off", job,
			text_str(row->hold));
		return false;
	}
	if (action == ACTION_RESTART && c && !c->restart.systemd && !c->restart.http.url &&
	    !c->restart.command.argv) {
		err_set(err, ERR_REFUSED, "%.80s has no `restart:`; B shows what to write", job);
		return false;
	}
	return true;
}

bool target_may(struct ui *ui, enum action_id action, struct err *err)
{
	struct target t;

	if (ui->cfg->read_only || ui->cfg->is_wall) {
		err_set(err, ERR_REFUSED, "read-only: nothing is done from here");
		return false;
	}
	if (target_here(ui, action, &ui->frame, &t, err) < 0)
		return false;
	return t.goes_to || is_allowed(ui, &t, err);
}
