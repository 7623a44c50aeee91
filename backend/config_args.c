/* config_args.c - what argv adds to a configuration: a job for each --health, --ui and --dlq, and
 * the state folder. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_file.h"
#include "config_value.h"

static bool has_job(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->njobs; i++)
		if (text_is(c->jobs[i].name, name))
			return true;
	return false;
}

static bool is_given(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* The same thing named twice is one job. */
static bool has_same_args_job(const struct config *c, const struct config_job *j)
{
	for (size_t i = 0; i < c->njobs; i++) {
		const struct config_job *k = &c->jobs[i];
		if (strcmp(k->found_by == NULL ? "" : k->found_by, "argv") == 0 &&
		    (is_given(k->health, j->health) || is_given(k->ui, j->ui) ||
		     is_given(k->dlq, j->dlq)))
			return true;
	}
	return false;
}

static const struct text *free_name(struct config *c, const char *name, const char *more,
				    const char *kind)
{
	const char *try = name;

	if (has_job(c, try))
		try = arena_printf(&c->arena, "%s%s", name, more);
	if (has_job(c, try))
		try = arena_printf(&c->arena, "%s%s (%s)", name, more, kind);
	return text_clean(&c->arena, try, strlen(try));
}

void config_job_defaults(struct config_job *j)
{
	j->stale_after_ms = j->quiet_after_ms = j->trigger_interval_ms = ABSENT;
	j->ready.within_ms = j->task_memory_bytes = ABSENT;
	j->safety_factor = 1.5;
	j->actions = ACT_KILL | ACT_REPLAY | ACT_RESTART | ACT_RECOVER;
	j->replay.max_age_ms = 7 * (int64_t)86400000;
}

static void add_job(struct config *c, struct config_job *j)
{
	struct config_job *jobs;

	if (has_same_args_job(c, j))
		return;
	jobs = ARENA_ARRAY(&c->arena, struct config_job, c->njobs + 1);
	config_job_defaults(j);
	j->found_by = "argv";
	j->expect_always = true;
	if (c->njobs > 0)
		memcpy(jobs, c->jobs, c->njobs * sizeof(*jobs));
	jobs[c->njobs++] = *j;
	c->jobs = jobs;
}

/* The URL without its trailing slashes, or NULL after a mistake. */
static const char *base_url(struct config *c, const char *option, const char *url,
			    struct buf *mistakes)
{
	const char *problem = value_url_problem(url, strlen(url), URL_BASE);
	size_t len = strlen(url);
	char clean[256];

	if (problem != NULL) {
		text_clean_to(clean, sizeof(clean), url, len);
		buf_printf(mistakes, "%s: \"%s\" %s\n", option, clean, problem);
		return NULL;
	}
	while (len > 0 && url[len - 1] == '/')
		len--;
	return arena_strndup(&c->arena, url, len);
}

static void add_url(struct config *c, const char *option, const char *url, struct buf *mistakes)
{
	const char *base = base_url(c, option, url, mistakes), *kind = option + 2;
	struct config_job j = {0};

	if (base == NULL)
		return;
	if (strcmp(kind, "health") == 0)
		j.health = base;
	else
		j.ui = base;
	j.name = free_name(c, value_url_place(&c->arena, base), value_url_path(base), kind);
	add_job(c, &j);
}

static void add_folder(struct config *c, const char *path, struct buf *mistakes)
{
	struct config_job j = {0};
	size_t len = strlen(path);
	char *cwd;

	if (len == 0 || len > PATH_MAX) {
		buf_puts(mistakes, "--dlq: names no folder; it would be like /srv/jobs/dlq\n");
		return;
	}
	while (len > 1 && path[len - 1] == '/')
		len--;
	cwd = path[0] == '/' ? NULL : getcwd(NULL, 0);
	j.dlq = cwd == NULL ? arena_strndup(&c->arena, path, len)
			    : arena_printf(&c->arena, "%s/%.*s", cwd, (int)len, path);
	free(cwd);
	j.name = free_name(c, j.dlq, "", "dlq");
	add_job(c, &j);
}

int config_add_args(struct config *c, const struct config_args *args, struct buf *mistakes)
{
	size_t before = mistakes->len;

	for (size_t i = 0; i < args->nhealth; i++)
		add_url(c, "--health", args->health[i], mistakes);
	for (size_t i = 0; i < args->nui; i++)
		add_url(c, "--ui", args->ui[i], mistakes);
	for (size_t i = 0; i < args->ndlq; i++)
		add_folder(c, args->dlq[i], mistakes);
	return mistakes->len > before ? -ERR_USAGE : 0;
}

const char *config_state_dir(struct arena *a, const char *named)
{
	const char *base = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	if (named != NULL)
		return arena_strdup(a, named);
	if (access("/var/lib/sparkops", W_OK | X_OK) == 0)
		return "/var/lib/sparkops";
	if (base != NULL && base[0] == '/')
		return arena_printf(a, "%s/sparkops", base);
	if (home != NULL && home[0] == '/')
		return arena_printf(a, "%s/.local/state/sparkops", home);
	return NULL;
}
