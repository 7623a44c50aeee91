/* rule/jvms_join.c - which job each JVM belongs to.
 *
 * What a job can be known by - process ids, ports, application ids - is one sorted list of handles,
 * so that hundreds of JVMs and a thousand jobs meet in a few thousand comparisons. Every JVM that
 * may be a driver collects its ties to jobs; the ties are taken from the strongest to the weakest,
 * each giving one job one driver. Executors then follow their driver. */
#include <stdlib.h>
#include <string.h>

#include "jvms.h"

enum handle_kind { BY_ID, BY_PORT, BY_APPLICATION, BY_LOG };

struct handle {
	enum handle_kind kind;
	int64_t port;
	const char *text; /* "" for a port */
	int owner;        /* index of a job */
	bool is_ui;
};

struct handles {
	struct handle *v;
	size_t n;
};

enum strength { TIE_NAME = 1, TIE_LOG, TIE_KNOWN, TIE_ANSWERS };

struct tie {
	int jvm, job;
	enum strength strength;
	bool is_dead;
	int64_t started_at, start_ticks;
};

struct joining {
	const struct jvm_row *const *jvms;
	size_t n;
	const struct join_job *jobs;
	size_t njobs;
	struct handles handles;
	int *matchers; /* jobs with `match` */
	size_t nmatchers;
	struct tie *ties;
	size_t nties, size;
};

static int by_handle(const void *a, const void *b)
{
	const struct handle *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->port != y->port)
		return x->port < y->port ? -1 : 1;
	return strcmp(x->text, y->text);
}

static void handle_add(struct handles *h, enum handle_kind kind, const char *text, int owner)
{
	if (text && text[0])
		h->v[h->n++] = (struct handle){kind, 0, text, owner, false};
}

static void handle_port(struct handles *h, int64_t port, int owner, bool is_ui)
{
	if (port > 0)
		h->v[h->n++] = (struct handle){BY_PORT, port, "", owner, is_ui};
}

/* The first of those that are the same; *n: how many. */
static const struct handle *handles_find(const struct handles *h, enum handle_kind kind,
					 int64_t port, const char *text, size_t *n)
{
	struct handle key = {kind, port, text, 0, false};
	size_t low = 0, high = h->n, end;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (by_handle(&h->v[mid], &key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (end = low; end < h->n && by_handle(&h->v[end], &key) == 0;)
		end++;
	*n = end - low;
	return h->v + low;
}

static bool has_match(const struct config_job *c)
{
	return c->match_main_class || c->match_app_name;
}

static bool is_word(const struct text *t, const char *word)
{
	return t && text_is(t, word);
}

static bool matches(const struct config_job *c, const struct jvm_row *jvm)
{
	const char *main_class = c->match_main_class, *app = c->match_app_name;

	if (main_class && !is_word(jvm->main_class, main_class) &&
	    !is_word(jvm->user_class, main_class))
		return false;
	return !app || is_word(jvm->app_name, app);
}

static size_t count_logs(const struct joining *j)
{
	size_t n = 0;

	for (size_t i = 0; i < j->njobs; i++)
		for (const char *const *file = j->jobs[i].cfg->log.files; file && *file; file++)
			n++;
	return n;
}

static void know_jobs(struct joining *j)
{
	j->handles.v = xcalloc(j->njobs * 5 + count_logs(j) + 1, sizeof(*j->handles.v));
	j->matchers = xcalloc(j->njobs + 1, sizeof(*j->matchers));
	for (size_t i = 0; i < j->njobs; i++) {
		const struct join_job *one = &j->jobs[i];
		const struct config_job *c = one->cfg;
		int k = (int)i;

		handle_add(&j->handles, BY_ID, one->jvm_id, k);
		handle_add(&j->handles, BY_APPLICATION, one->application_id, k);
		if (c->found && c->found->jvm_id) {
			handle_add(&j->handles, BY_ID, c->found->jvm_id, k);
			continue;
		}
		handle_port(&j->handles, url_port_here(c->ui, one->own_names), k, true);
		handle_port(&j->handles, url_port_here(c->health, one->own_names), k, false);
		for (const char *const *file = c->log.files; file && *file; file++)
			handle_add(&j->handles, BY_LOG, *file, k);
		if (has_match(c))
			j->matchers[j->nmatchers++] = k;
	}
	qsort(j->handles.v, j->handles.n, sizeof(*j->handles.v), by_handle);
}

bool jvm_is_named(const struct config_job *c, const struct jvm_row *jvm)
{
	return has_match(c) && matches(c, jvm);
}

bool jvm_may_drive(const struct jvm_row *jvm)
{
	return jvm->role == JVM_DRIVER || jvm->role == JVM_GATEWAY || jvm->role == JVM_OTHER;
}

static void tie_add(struct joining *j, size_t i, int job, enum strength strength)
{
	const struct jvm_row *jvm = j->jvms[i];

	if (j->nties == j->size) {
		j->size = j->size ? j->size * 2 : 64;
		j->ties = xrealloc(j->ties, j->size * sizeof(*j->ties));
	}
	j->ties[j->nties++] = (struct tie){.jvm = (int)i,
					   .job = job,
					   .strength = strength,
					   .is_dead = jvm_is_dead(jvm),
					   .started_at = jvm->started_at,
					   .start_ticks = jvm->start_ticks};
}

static bool is_among(const struct jvm_ports *ports, int64_t port)
{
	for (size_t i = 0; i < ports->n; i++)
		if (ports->v[i].port == port)
			return true;
	return false;
}

/* A UI is the JVM's own, a health port may be its Python's. */
static bool holds(const struct jvm_row *jvm, int64_t port, bool is_ui)
{
	return is_among(&jvm->listens, port) || (!is_ui && (is_among(&jvm->parent_listens, port) ||
							    is_among(&jvm->child_listens, port)));
}

static bool anybody_holds(const struct joining *j, int64_t port, bool is_ui)
{
	for (size_t i = 0; i < j->n; i++)
		if (!jvm_is_dead(j->jvms[i]) && holds(j->jvms[i], port, is_ui))
			return true;
	return false;
}

/* Strangers may have the same application. A found job knows its driver by the process; the ports
 * of a configured one speak against a JVM that holds none of them, unless these cannot be compared:
 * not seen, or of a container. */
static bool is_stranger(const struct joining *j, const struct jvm_row *jvm,
			const struct join_job *job)
{
	const struct config_job *c = job->cfg;
	const int64_t ports[] = {url_port_here(c->ui, job->own_names),
				 url_port_here(c->health, job->own_names)};
	bool is_inside = jvm->ns_pid > 0 && jvm->ns_pid != jvm->pid, is_other = false;

	if (c->found && c->found->jvm_id)
		return true;
	for (size_t k = 0; k < 2; k++) {
		if (ports[k] > 0 && holds(jvm, ports[k], k == 0))
			return false;
		if (ports[k] > 0)
			is_other = is_other || (jvm->listens.n && !is_inside) ||
				   anybody_holds(j, ports[k], k == 0);
	}
	return is_other;
}

/* Others than those by which the two halves of a pair talk. */
static bool has_own_port(const struct jvm_ports *ports)
{
	for (size_t i = 0; i < ports->n; i++)
		if (!ports->v[i].is_linked)
			return true;
	return false;
}

/* When the job's driver of before ended, by what the rows still say of it; ABSENT. */
static int64_t ended_at(const struct joining *j, const struct join_job *job)
{
	int64_t at = job->ended_at;

	for (size_t i = 0; job->jvm_id[0] && i < j->n; i++) {
		const struct jvm_row *jvm = j->jvms[i];

		if (jvm_is_dead(jvm) && jvm->id && text_is(jvm->id, job->jvm_id))
			at = max_i64(at, jvm->state_since);
	}
	return at;
}

/* Two of the same name run on one host, and the one that lives must never stand in for the other:
 * who listens, and not where the job is known to, is a stranger. One that does not listen yet may
 * be the next one, if it began when the one before had ended. */
static bool is_namesake(const struct joining *j, const struct jvm_row *jvm,
			const struct join_job *job)
{
	int64_t ui = url_port_here(job->cfg->ui, job->own_names);
	int64_t health = url_port_here(job->cfg->health, job->own_names);
	bool is_inside = jvm->ns_pid > 0 && jvm->ns_pid != jvm->pid;

	if (ui <= 0 && health <= 0)
		return false;
	if ((ui > 0 && holds(jvm, ui, true)) || (health > 0 && holds(jvm, health, false)))
		return false;
	if (!is_inside && (has_own_port(&jvm->listens) || has_own_port(&jvm->parent_listens) ||
			   has_own_port(&jvm->child_listens)))
		return true;
	return !jvm_is_dead(jvm) && jvm->started_at < ended_at(j, job);
}

static void tie_by_name(struct joining *j, size_t i)
{
	for (size_t k = 0; k < j->nmatchers; k++) {
		const struct join_job *job = &j->jobs[j->matchers[k]];

		if (matches(job->cfg, j->jvms[i]) && !is_namesake(j, j->jvms[i], job))
			tie_add(j, i, j->matchers[k], TIE_NAME);
	}
}

static void tie_by_text(struct joining *j, size_t i, enum handle_kind kind, const struct text *t)
{
	size_t n;
	const struct handle *h = handles_find(&j->handles, kind, 0, t ? text_str(t) : "", &n);

	for (size_t k = 0; t && k < n; k++)
		if (kind == BY_ID || !is_stranger(j, j->jvms[i], &j->jobs[h[k].owner]))
			tie_add(j, i, h[k].owner, TIE_KNOWN);
}

/* Who writes a job's log is its driver unless somebody listens where the job is known to: all that
 * is left of a zombie that nobody saw alive. */
static void tie_by_log(struct joining *j, size_t i)
{
	const struct jvm_row *jvm = j->jvms[i];
	bool has_name = jvm->main_class || jvm->app_name;

	for (size_t f = 0; f < jvm->log_files.n; f++) {
		size_t n;
		const struct handle *h =
			handles_find(&j->handles, BY_LOG, 0, text_str(jvm->log_files.v[f]), &n);

		for (size_t k = 0; k < n; k++) {
			const struct config_job *c = j->jobs[h[k].owner].cfg;

			if (!has_match(c) || !has_name || matches(c, jvm))
				tie_add(j, i, h[k].owner, TIE_LOG);
		}
	}
}

static void tie_by_ports(struct joining *j, size_t i, const struct jvm_ports *ports, bool is_own)
{
	for (size_t p = 0; p < ports->n; p++) {
		size_t n;
		const struct handle *h =
			handles_find(&j->handles, BY_PORT, ports->v[p].port, "", &n);

		for (size_t k = 0; k < n; k++) {
			const struct join_job *job = &j->jobs[h[k].owner];
			bool is_certain = h[k].is_ui && is_own && job->ui_answers;

			if (h[k].is_ui && !is_own)
				continue;
			if (has_match(job->cfg) && !matches(job->cfg, j->jvms[i]))
				continue;
			tie_add(j, i, h[k].owner, is_certain ? TIE_ANSWERS : TIE_KNOWN);
		}
	}
}

static int by_worth(const void *a, const void *b)
{
	const struct tie *x = a, *y = b;

	if (x->is_dead != y->is_dead)
		return x->is_dead ? 1 : -1;
	if (x->strength != y->strength)
		return x->strength > y->strength ? -1 : 1;
	if (x->started_at != y->started_at)
		return x->started_at > y->started_at ? -1 : 1;
	if (x->start_ticks != y->start_ticks)
		return x->start_ticks > y->start_ticks ? -1 : 1;
	if (x->job != y->job)
		return x->job < y->job ? -1 : 1;
	return (x->jvm > y->jvm) - (x->jvm < y->jvm);
}

/* `spark-submit JOB.py`, also while its Python is not there yet, or not any more. */
static bool runs_script(const struct jvm_row *jvm)
{
	size_t len = text_len(jvm->script);

	return len > 3 && strcmp(text_str(jvm->script) + len - 3, ".py") == 0 &&
	       jvm->is_pyspark != TRI_TRUE &&
	       text_is(jvm->main_class, "org.apache.spark.deploy.SparkSubmit");
}

struct python_half python_of(const struct jvm_row *jvm)
{
	static const struct jvm_ports none = {0};

	if (!jvm->child_id && runs_script(jvm))
		return (struct python_half){ABSENT, NULL, &none, true};
	if (!jvm->child_id)
		return (struct python_half){jvm->parent_pid, jvm->parent_id, &jvm->parent_listens,
					    false};
	return (struct python_half){strtoll(text_str(jvm->child_id), NULL, 10), jvm->child_id,
				    &jvm->child_listens, true};
}

/* How many that live and are nobody's yet have but the job's name. */
static void count_namesakes(const struct joining *j, const int *job_of, size_t *namesakes)
{
	for (size_t i = 0; i < j->nties; i++) {
		const struct tie *t = &j->ties[i];

		if (t->strength == TIE_NAME && !t->is_dead && job_of[t->jvm] < 0)
			namesakes[t->job]++;
	}
}

/* From the strongest to the weakest; names come when all that is certain is settled. */
static void settle(struct joining *j, int *job_of)
{
	bool *has_driver = xcalloc(j->njobs + 1, sizeof(*has_driver)), is_counted = false;
	size_t *namesakes = xcalloc(j->njobs + 1, sizeof(*namesakes));

	if (j->nties)
		qsort(j->ties, j->nties, sizeof(*j->ties), by_worth);
	for (size_t i = 0; i < j->nties; i++) {
		const struct tie *t = &j->ties[i];

		if (t->strength == TIE_NAME && !is_counted) {
			count_namesakes(j, job_of, namesakes);
			is_counted = true;
		}
		if (job_of[t->jvm] >= 0 || has_driver[t->job] ||
		    (t->strength == TIE_NAME && namesakes[t->job] > 1))
			continue;
		job_of[t->jvm] = t->job;
		has_driver[t->job] = true;
	}
	free(namesakes);
	free(has_driver);
}

static void join_drivers(struct joining *j, int *job_of)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct jvm_row *jvm = j->jvms[i];

		job_of[i] = -1;
		if (!jvm_may_drive(jvm))
			continue;
		tie_by_text(j, i, BY_ID, jvm->id);
		tie_by_text(j, i, BY_APPLICATION, jvm->application_id);
		tie_by_log(j, i);
		tie_by_ports(j, i, &jvm->listens, true);
		tie_by_ports(j, i, &jvm->parent_listens, false);
		tie_by_ports(j, i, &jvm->child_listens, false);
		tie_by_name(j, i);
	}
	settle(j, job_of);
}

/* The job of the driver that listens on that port of this host, or whose application it is; -1. */
static int job_of_executor(const struct joining *j, const struct handles *drivers,
			   const struct jvm_row *jvm)
{
	const char *const *names = j->njobs ? j->jobs[0].own_names : NULL;
	const char *host = jvm->driver_host ? text_str(jvm->driver_host) : "";
	const char *id = jvm->application_id ? text_str(jvm->application_id) : "";
	const struct handle *h;
	size_t n = 0;

	if (jvm->driver_port > 0 && host_is_own(host, strlen(host), names)) {
		h = handles_find(drivers, BY_PORT, jvm->driver_port, "", &n);
		if (n)
			return h->owner;
		if (anybody_holds(j, jvm->driver_port, true))
			return -1; /* a stranger's, even with the same application */
	}
	h = handles_find(drivers, BY_APPLICATION, 0, id, &n);
	if (!n)
		h = handles_find(&j->handles, BY_APPLICATION, 0, id, &n);
	return n ? h->owner : -1;
}

static void join_executors(const struct joining *j, int *job_of)
{
	struct handles drivers = {NULL, 0};
	size_t most = 1;

	for (size_t i = 0; i < j->n; i++)
		most += job_of[i] >= 0 ? j->jvms[i]->listens.n + 1 : 0;
	drivers.v = xcalloc(most, sizeof(*drivers.v));
	for (size_t i = 0; i < j->n; i++) {
		const struct jvm_row *jvm = j->jvms[i];

		if (job_of[i] < 0)
			continue;
		for (size_t p = 0; p < jvm->listens.n; p++)
			handle_port(&drivers, jvm->listens.v[p].port, job_of[i], false);
		if (jvm->application_id)
			handle_add(&drivers, BY_APPLICATION, text_str(jvm->application_id),
				   job_of[i]);
	}
	qsort(drivers.v, drivers.n, sizeof(*drivers.v), by_handle);
	for (size_t i = 0; i < j->n; i++)
		if (j->jvms[i]->role == JVM_EXECUTOR)
			job_of[i] = job_of_executor(j, &drivers, j->jvms[i]);
	free(drivers.v);
}

void jvms_join(const struct jvm_row *const *jvms, size_t n, const struct join_job *jobs,
	       size_t njobs, int *job_of)
{
	struct joining j = {.jvms = jvms, .n = n, .jobs = jobs, .njobs = njobs};

	know_jobs(&j);
	join_drivers(&j, job_of);
	join_executors(&j, job_of);
	free(j.handles.v);
	free(j.matchers);
	free(j.ties);
}
