/* kill_spark_stage.h - action_kill_spark on the stage: what the sources would have said of one
 * cluster, and the plan. In one file of a program. */
#ifndef SPARKOPS_TESTS_KILL_SPARK_STAGE_H
#define SPARKOPS_TESTS_KILL_SPARK_STAGE_H

#include "cluster_child.h"

#include "../../backend/action/kill_spark.h"

static struct act stage;

static inline void configure(struct cluster *c)
{
	struct buf mistakes;

	snprintf(
		c->config, sizeof(c->config),
		"discover: false\njobs:\n  - {name: migration, ui: \"%s/\"}\nclusters:\n  - {name: "
		"prod, master: \"%s\"}\n",
		c->ui, c->master);
	buf_init(&mistakes, 4096);
	if (config_parse("test", c->config, strlen(c->config), &stage.cfg, &mistakes) < 0)
		fail_msg("%s", mistakes.data);
	buf_release(&mistakes);
}

static struct section *sections[2];

/* What the sources would have said. */
static inline void see(const struct cluster *c, const char *version)
{
	for (int i = 0; i < 2; i++) {
		struct section *s = sections[i] = section_new();
		struct dataset *d = dataset_new();

		s->source = i ? SOURCE_MASTER : SOURCE_SPARK;
		s->where = arena_strdup(&s->arena, i ? c->master : c->ui);
		s->state = SECTION_OK;
		if (i == 0) {
			struct app_row *app = ARENA_NEW(&d->arena, struct app_row);
			struct spark_job_row *job = ARENA_NEW(&d->arena, struct spark_job_row);
			field_clear_row(&schema_app, app);
			field_clear_row(&schema_spark_job, job);
			app->application_id = text_format(&d->arena, "%s", c->application);
			app->spark_version = text_format(&d->arena, "%s", version);
			job->job_id = c->job;
			job->application_id = app->application_id;
			job->status = TEXT("RUNNING");
			job->num_tasks = 8;
			job->num_completed_tasks = 5;
			dataset_add(d, &schema_app, app, 1);
			dataset_add(d, &schema_spark_job, job, 1);
		}
		s->data = d;
	}
	stage.now.sections = (const struct section *const *)sections;
	stage.now.nsections = 2;
}

static inline void stage_kill(struct cluster *c, const char *version, const char *what,
			      const char *where)
{
	stage_open(&stage);
	stage.is_frozen = true;
	configure(c);
	see(c, version);
	stage.request.action = ACTION_KILL_SPARK;
	stage.request.job = "migration";
	stage.request.spark = what;
	stage.request.where = where;
	stage.state = xcalloc(1, action_kill_spark.state_size);
}

static inline void stage_end(void)
{
	for (int i = 0; i < 2; i++)
		section_unref(sections[i]);
	config_unref(stage.cfg);
	free(stage.state);
	stage_close(&stage);
}

static struct arena arena;
static struct plan_row plan;

static inline const char *refused(void)
{
	struct err err;

	arena_reset(&arena);
	memset(&plan, 0, sizeof(plan));
	assert_int_equal(action_kill_spark.capture(&stage, &err), 0);
	action_kill_spark.plan(&stage, &plan, &arena);
	return plan.refused ? text_str(plan.refused) : NULL;
}

static inline enum action_state act_now(void)
{
	const char *why = refused();

	if (why)
		fail_msg("refused: %s", why);
	return action_kill_spark.run(&stage);
}

static inline void expect(const char *text, const char *has)
{
	if (!text || !strstr(text, has))
		fail_msg("\"%s\" does not say \"%s\"", text ? text : "nothing", has);
}

#endif
