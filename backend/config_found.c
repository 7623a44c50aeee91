/* config_found.c - a configuration with what was found behind what was written.
 *
 * What was written is borrowed, its configuration is kept alive by a reference; what was found is
 * copied, so that whoever found it may forget it. Limits hold as for any job: nothing may be done
 * to a found one that `actions` of the configuration does not allow. */
#include <stdlib.h>
#include <string.h>

#include "config_file.h"

static const char *copy(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

static const char *const *copy_list(struct arena *a, const char *const *list)
{
	const char **out;
	size_t n = 0;

	if (!list)
		return NULL;
	while (list[n])
		n++;
	out = ARENA_ARRAY(a, const char *, n + 1);
	for (size_t i = 0; i < n; i++)
		out[i] = arena_strdup(a, list[i]);
	return out;
}

static const struct config_found *copy_found(struct arena *a, const struct config_found *f)
{
	struct config_found *out;

	if (!f)
		return NULL;
	out = ARENA_NEW(a, struct config_found);
	*out = *f;
	out->jvm_id = copy(a, f->jvm_id);
	out->restart_unit = copy(a, f->restart_unit);
	out->container = copy(a, f->container);
	out->argv = copy_list(a, f->argv);
	out->environment = copy_list(a, f->environment);
	out->cwd = copy(a, f->cwd);
	out->user = copy(a, f->user);
	out->unseen = copy(a, f->unseen);
	return out;
}

static struct config_job copy_job(struct arena *a, const struct config_job *j)
{
	struct config_job out = {
		.name = text_copy(a, j->name),
		.health = copy(a, j->health),
		.ui = copy(a, j->ui),
		.dlq = copy(a, j->dlq),
		.found_by = copy(a, j->found_by),
		.log = {.files = copy_list(a, j->log.files),
			.found_by = copy(a, j->log.found_by),
			.workers = copy_list(a, j->log.workers)},
		.match_main_class = copy(a, j->match_main_class),
		.match_app_name = copy(a, j->match_app_name),
		.found = copy_found(a, j->found),
	};

	config_job_defaults(&out);
	config_job_finish(&out);
	return out;
}

static bool has_log(const struct config_log *l)
{
	return l->files || l->journal || l->command;
}

/* Gives the configured job what it leaves out. */
static void complete(struct arena *a, struct config_job *j, const struct config_job *with)
{
	struct config_job had = *j;

	j->health = j->health ? j->health : copy(a, with->health);
	j->ui = j->ui ? j->ui : copy(a, with->ui);
	j->dlq = j->dlq ? j->dlq : copy(a, with->dlq);
	if (!has_log(&j->log)) {
		j->log.files = copy_list(a, with->log.files);
		j->log.found_by = copy(a, with->log.found_by);
	}
	if (!j->log.workers) /* nobody writes these down */
		j->log.workers = copy_list(a, with->log.workers);
	if (j->health != had.health || j->ui != had.ui || j->dlq != had.dlq ||
	    j->log.files != had.log.files || j->log.workers != had.log.workers)
		j->found_by = arena_printf(a, "%s; %s", had.found_by, with->found_by);
}

static struct config_job *find_job(struct config_job *jobs, size_t n, const struct text *name)
{
	for (size_t i = 0; i < n; i++)
		if (text_cmp(jobs[i].name, name) == 0)
			return &jobs[i];
	return NULL;
}

static void add_jobs(struct config *c, const struct config_finds *f)
{
	struct config_job *jobs =
		ARENA_ARRAY(&c->arena, struct config_job, c->njobs + f->njobs + 1);
	size_t nbase = c->njobs;

	if (nbase)
		memcpy(jobs, c->jobs, nbase * sizeof(*jobs));
	for (size_t i = 0; i < f->ncompletes; i++) {
		struct config_job *j = find_job(jobs, nbase, f->completes[i].name);

		if (j)
			complete(&c->arena, j, &f->completes[i]);
	}
	for (size_t i = 0; i < f->njobs; i++) {
		if (find_job(jobs, nbase, f->jobs[i].name))
			continue;
		jobs[c->njobs] = copy_job(&c->arena, &f->jobs[i]);
		jobs[c->njobs++].actions &= c->actions;
	}
	c->jobs = jobs;
	config_order(c);
}

static void add_clusters(struct config *c, const struct config_finds *f)
{
	struct config_cluster *all =
		ARENA_ARRAY(&c->arena, struct config_cluster, c->nclusters + f->nclusters + 1);

	if (c->nclusters)
		memcpy(all, c->clusters, c->nclusters * sizeof(*all));
	for (size_t i = 0; i < f->nclusters; i++) {
		const struct config_cluster *one = &f->clusters[i];

		all[c->nclusters++] = (struct config_cluster){
			text_copy(&c->arena, one->name), copy(&c->arena, one->master),
			copy(&c->arena, one->history), copy(&c->arena, one->found_by)};
	}
	c->clusters = all;
}

static void add_services(struct config *c, const struct config_finds *f)
{
	struct config_service *all =
		ARENA_ARRAY(&c->arena, struct config_service, c->nservices + f->nservices + 1);

	if (c->nservices)
		memcpy(all, c->services, c->nservices * sizeof(*all));
	for (size_t i = 0; i < f->nservices; i++) {
		const struct config_service *one = &f->services[i];

		all[c->nservices++] = (struct config_service){copy(&c->arena, one->kind),
							      copy(&c->arena, one->url),
							      copy(&c->arena, one->found_by)};
	}
	c->services = all;
}

const struct config *config_with_found(const struct config *base, const struct config_finds *f)
{
	struct config *c = xcalloc(1, sizeof(*c));

	*c = *base;
	c->base = config_ref(base);
	c->refs = 1;
	arena_init(&c->arena);
	add_jobs(c, f);
	add_clusters(c, f);
	add_services(c, f);
	c->looked = copy(&c->arena, f->looked);
	return c;
}
