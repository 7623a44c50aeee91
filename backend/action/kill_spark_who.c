/* action/kill_spark_who.c - what is meant: one thing at one place of the configuration's, whatever
 * the request says, the application it is of, and the job whose holds and permissions count.
 *
 * An application is its job's by Spark's id of it. Of a driver the master tells no application: it
 * is known by its JVM on this host, which the worker starts in a folder of that name. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../../include/row/jvm.h"
#include "kill_spark.h"

static const char *const words[] = {
	[SPARK_JOB] = "job ",
	[SPARK_STAGE] = "stage ",
	[SPARK_APPLICATION] = "application ",
	[SPARK_DRIVER] = "driver ",
};

bool spark_is_of_ui(const struct spark_thing *t)
{
	return t->kind == SPARK_JOB || t->kind == SPARK_STAGE;
}

static bool parse(const char *s, struct spark_thing *t)
{
	static const char digits[] = "0123456789",
			  letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-_";

	for (size_t i = 0; s && i < ARRAY_LEN(words); i++) {
		const char *id = s + strlen(words[i]);

		if (strncmp(s, words[i], strlen(words[i])) != 0)
			continue;
		t->kind = (enum spark_kind)i;
		if (!*id || strlen(id) >= sizeof(t->id) ||
		    id[strspn(id, spark_is_of_ui(t) ? digits : letters)])
			return false;
		snprintf(t->id, sizeof(t->id), "%s", id);
		snprintf(t->says, sizeof(t->says), "%s%.120s", words[i], id);
		return true;
	}
	return false;
}

/* --- where it is --- */

static size_t without_slash(const char *url)
{
	size_t n = url ? strlen(url) : 0;

	while (n && url[n - 1] == '/')
		n--;
	return n;
}

static bool is_place(const char *url, const char *where)
{
	size_t n = without_slash(url);

	return n && where && strncmp(url, where, n) == 0 && !where[n + strspn(where + n, "/")];
}

static const struct section *section_at(const struct snapshot *s, enum source_id source,
					const char *where)
{
	for (size_t i = 0; i < s->nsections; i++)
		if (s->sections[i]->source == source && is_place(s->sections[i]->where, where))
			return s->sections[i];
	return NULL;
}

const struct section *spark_section(const struct snapshot *s, const struct spark_thing *t)
{
	return section_at(s, spark_is_of_ui(t) ? SOURCE_SPARK : SOURCE_MASTER, t->where);
}

static void find_in_ui(const struct dataset *d, const struct spark_thing *t, struct spark_found *f)
{
	const struct rowset *jobs = dataset_rows(d, &schema_spark_job),
			    *stages = dataset_rows(d, &schema_stage);
	char id[32];

	for (size_t i = 0; t->kind == SPARK_JOB && i < jobs->n; i++) {
		const struct spark_job_row *row = jobs->rows[i];

		snprintf(id, sizeof(id), "%" PRId64, row->job_id);
		if (strcmp(id, t->id) == 0)
			f->job = row;
	}
	for (size_t i = 0; t->kind == SPARK_STAGE && i < stages->n; i++) {
		const struct stage_row *row = stages->rows[i];

		snprintf(id, sizeof(id), "%" PRId64, row->stage_id);
		if (strcmp(id, t->id) == 0 && (!f->stage || row->attempt_id > f->stage->attempt_id))
			f->stage = row;
	}
}

static void find_in_master(const struct dataset *d, const struct spark_thing *t,
			   struct spark_found *f)
{
	const struct rowset *apps = dataset_rows(d, &schema_cluster_app),
			    *drivers = dataset_rows(d, &schema_cluster_driver);

	for (size_t i = 0; t->kind == SPARK_APPLICATION && i < apps->n; i++) {
		const struct cluster_app_row *row = apps->rows[i];

		if (text_is(row->application_id, t->id))
			f->app = row;
	}
	for (size_t i = 0; t->kind == SPARK_DRIVER && i < drivers->n; i++) {
		const struct cluster_driver_row *row = drivers->rows[i];

		if (text_is(row->driver_id, t->id))
			f->driver = row;
	}
}

struct spark_found spark_row(const struct section *s, const struct spark_thing *t)
{
	struct spark_found f = {0};

	if (s && spark_is_of_ui(t))
		find_in_ui(s->data, t, &f);
	else if (s)
		find_in_master(s->data, t, &f);
	return f;
}

/* The one master that lists it, where the request names none. */
static const char *listing(struct act *a, const struct spark_thing *t, struct err *err)
{
	const struct snapshot *s = act_look(a);
	const struct config *cfg = act_config(a);
	const char *found = NULL;

	for (size_t i = 0; i < cfg->nclusters; i++) {
		const char *master = cfg->clusters[i].master;
		struct spark_found f = spark_row(section_at(s, SOURCE_MASTER, master), t);

		if (!f.app && !f.driver)
			continue;
		if (found) {
			err_set(err, ERR_REFUSED,
				"two masters list %s: %.200s and %.200s; K in :table %s ends one "
				"of them",
				t->says, found, master, f.app ? "cluster-app" : "cluster-driver");
			return NULL;
		}
		found = master;
	}
	if (!found)
		err_set(err, ERR_REFUSED,
			"no master that is known here lists %s: `clusters: - {name: ..., master: "
			"URL}` names one",
			t->says);
	return found;
}

/* The place as the configuration has it; NULL: it has none like it. */
static const char *known_place(struct act *a, const struct spark_thing *t, struct err *err)
{
	const struct config *cfg = act_config(a);
	const char *where = act_request(a)->where;
	const struct config_job *job = act_job(a);

	if (!where && !spark_is_of_ui(t))
		return listing(a, t, err);
	for (size_t i = 0; where && !spark_is_of_ui(t) && i < cfg->nclusters; i++)
		if (is_place(cfg->clusters[i].master, where))
			return cfg->clusters[i].master;
	for (size_t i = 0; where && spark_is_of_ui(t) && i < cfg->njobs; i++)
		if (is_place(cfg->jobs[i].ui, where))
			return cfg->jobs[i].ui;
	if (!where && job && job->ui)
		return job->ui;
	err_set(err, ERR_REFUSED, "%s is not known here: write `%s` for it",
		spark_is_of_ui(t) ? "the driver's UI" : "the master",
		spark_is_of_ui(t) ? "ui: URL" : "clusters: - {name: ..., master: URL}");
	return NULL;
}

/* --- whose it is --- */

static const struct text *job_of_application(const struct snapshot *s, const char *id)
{
	const struct rowset *jobs = dataset_rows(s->jobs, &schema_job);

	for (size_t i = 0; i < jobs->n; i++) {
		const struct job_row *row = jobs->rows[i];

		if (text_is(row->application_id, id))
			return row->name;
	}
	return NULL;
}

static const struct text *job_of_driver(const struct snapshot *s, const char *id)
{
	const struct rowset *jvms = dataset_rows(s->jvms, &schema_jvm);

	for (size_t i = 0; i < jvms->n; i++) {
		const struct jvm_row *row = jvms->rows[i];
		const char *folder = row->cwd ? strrchr(text_str(row->cwd), '/') : NULL;

		if (row->role == JVM_DRIVER && folder && strcmp(folder + 1, id) == 0)
			return row->job;
	}
	return NULL;
}

void spark_find_job(struct act *a, const struct spark_thing *t)
{
	const struct snapshot *s = act_look(a);
	const struct text *job =
		t->kind == SPARK_DRIVER
			? job_of_driver(s, t->id)
			: job_of_application(s, spark_is_of_ui(t) ? t->application : t->id);

	if (job)
		act_is_of(a, text_str(job));
}

static int find_application(struct act *a, struct spark_thing *t, struct err *err)
{
	const struct section *s = spark_section(act_look(a), t);
	const struct app_row *app = s ? dataset_one(s->data, &schema_app) : NULL;

	if (!app || !app->application_id)
		return err_set(err, ERR_REFUSED,
			       "%.300s has not said yet which application it is of", t->where);
	snprintf(t->application, sizeof(t->application), "%s", text_str(app->application_id));
	t->has_no_token = app->spark_version && *text_str(app->spark_version) < '4';
	return 0;
}

int spark_find(struct act *a, struct spark_thing *t, struct err *err)
{
	const char *where;
	size_t n;

	memset(t, 0, sizeof(*t));
	if (!parse(act_request(a)->spark, t))
		return err_set(err, ERR_REFUSED,
			       "what is to be killed in Spark is not plain: job N, stage N, "
			       "application ID or driver ID");
	where = known_place(a, t, err);
	n = without_slash(where);
	if (!where)
		return -ERR_REFUSED;
	if (!n || n >= sizeof(t->where))
		return err_set(err, ERR_REFUSED, "%.60s... is no address for it", where);
	memcpy(t->where, where, n);
	return spark_is_of_ui(t) ? find_application(a, t, err) : 0;
}
