/* discover/found_list.c - what was found as it stands in a configuration, and in which words. */
#include "../rule/jvms.h"
#include "found_parts.h"

static const char *url_of(struct arena *a, int64_t port)
{
	return is_absent(port) ? NULL : arena_printf(a, "http://127.0.0.1:%lld", (long long)port);
}

/* `java 18423 listens on :4040, its python 18400 on :5001` */
static const char *how_found(const struct found_job *j, struct arena *a)
{
	struct buf b;
	const char *text;
	bool is_silent;

	buf_init(&b, 8192);
	buf_printf(&b, "java %lld", (long long)j->pid);
	if (j->unseen && j->user)
		buf_printf(&b, " of %.60s", j->user);
	if (!is_absent(j->ui_port))
		buf_printf(&b, " listens on :%lld", (long long)j->ui_port);
	if (!is_absent(j->health_port) && j->is_pythons_health)
		buf_printf(&b, "%s its python %lld %s :%lld", is_absent(j->ui_port) ? "," : ",",
			   (long long)j->python_pid, is_absent(j->ui_port) ? "listens on" : "on",
			   (long long)j->health_port);
	else if (!is_absent(j->health_port) && j->health_port != j->ui_port)
		buf_printf(&b, "%s:%lld", is_absent(j->ui_port) ? " listens on " : " and ",
			   (long long)j->health_port);
	is_silent = is_absent(j->ui_port) && is_absent(j->health_port);
	if (is_silent)
		buf_puts(&b, found_has_ended(j) ? " has ended" : " runs here");
	if (j->note)
		buf_printf(&b, "; %.300s", j->note);
	if (found_has_ended(j) && !is_silent)
		buf_puts(&b, "; it has ended");
	text = arena_strdup(a, b.data);
	buf_release(&b);
	return text;
}

static const char *how_logs_found(const struct found_job *j, struct arena *a)
{
	const char *of = "an open file or the output of java";

	if (!j->logs)
		return NULL;
	if (is_absent(j->python_pid))
		return arena_printf(a, "%s %lld", of, (long long)j->pid);
	return arena_printf(a, "%s %lld or its python %lld", of, (long long)j->pid,
			    (long long)j->python_pid);
}

static const struct config_found *origin_of(const struct found_job *j, struct arena *a)
{
	struct config_found *o = ARENA_NEW(a, struct config_found);

	*o = (struct config_found){
		.jvm_id = j->jvm_id,
		.restart_unit = j->unit,
		.container = j->container,
		.argv = j->argv,
		.environment = j->environment,
		.is_orphan = j->is_orphan,
		.is_ui_given = j->is_ui_given,
		.waiting_ui = j->waiting_ui,
		.cwd = j->folder,
		.user = j->user,
		.gone_at = j->gone_at,
		.restarts = j->restarts,
		.unseen = j->unseen,
	};
	return o;
}

/* Nothing is looked for, but what its own JVM writes. */
static struct config_job list_logs(const struct found_job *j, struct arena *a)
{
	return (struct config_job){
		.name = text_clean(a, j->claimant, strlen(j->claimant)),
		.log.files = j->logs,
		.found_by = how_found(j, a),
	};
}

static struct config_job list_job(const struct found_job *j, const char *name, struct arena *a)
{
	return (struct config_job){
		.name = text_clean(a, name, strlen(name)),
		.health = url_of(a, j->health_port),
		.ui = url_of(a, j->ui_port),
		.dlq = j->dlq,
		.log = {.files = j->logs,
			.found_by = how_logs_found(j, a),
			.workers = found_worker_logs(j, a)},
		.match_main_class = j->match_class,
		.match_app_name = j->is_title_final ? j->title : NULL,
		.found_by = how_found(j, a),
	};
}

/* Is that master, or that service, configured or listed? */
static bool is_cluster_known(const struct found *f, const struct config_finds *out, int64_t port)
{
	for (size_t i = 0; i < f->base->nclusters; i++)
		if (url_port_here(f->base->clusters[i].master, f->own_names) == port)
			return true;
	for (size_t i = 0; i < out->nclusters; i++)
		if (url_port_here(out->clusters[i].master, NULL) == port)
			return true;
	return false;
}

static const struct text *cluster_name(const struct found *f, const struct found_daemon *d,
				       struct arena *a)
{
	static const char scheme[] = "spark://";
	const char *name = d->name;

	if (strncmp(name, scheme, sizeof(scheme) - 1) == 0)
		name += sizeof(scheme) - 1;
	if (is_blank(name))
		name = arena_printf(a, "master:%lld", (long long)d->port);
	for (size_t i = 0; i < f->base->nclusters; i++)
		if (text_is(f->base->clusters[i].name, name))
			name = arena_printf(a, "%s (:%lld)", name, (long long)d->port);
	return text_clean(a, name, strlen(name));
}

static const char *service_kind(enum port_is is)
{
	return is == PORT_IS_WORKER ? "worker" : is == PORT_IS_HISTORY ? "history" : "livy";
}

static void list_daemons(const struct found *f, struct arena *a, struct config_finds *out)
{
	struct config_cluster *clusters = ARENA_ARRAY(a, struct config_cluster, f->ndaemons + 1);
	struct config_service *services = ARENA_ARRAY(a, struct config_service, f->ndaemons + 1);

	out->clusters = clusters;
	out->services = services;
	for (size_t i = 0; i < f->ndaemons; i++) {
		const struct found_daemon *d = &f->daemons[i];
		const char *by = arena_printf(a, "java %lld listens on :%lld%s%s",
					      (long long)d->pid, (long long)d->port,
					      d->says ? "; it " : "", d->says ? d->says : "");

		if (d->is != PORT_IS_MASTER)
			services[out->nservices++] = (struct config_service){
				service_kind(d->is), url_of(a, d->port), by};
		else if (!is_cluster_known(f, out, d->port))
			clusters[out->nclusters++] = (struct config_cluster){
				cluster_name(f, d, a), url_of(a, d->port), NULL, by};
	}
}

void found_finds(const struct found *f, struct arena *a, struct config_finds *out)
{
	struct config_job *jobs, *more;
	size_t n = 0;

	*out = (struct config_finds){0};
	for (const struct found_job *j = f->jobs; j; j = j->next)
		n++;
	jobs = ARENA_ARRAY(a, struct config_job, n + 1);
	more = ARENA_ARRAY(a, struct config_job, n + 1);
	for (const struct found_job *j = f->jobs; j; j = j->next) {
		if (j->claimant && !f->base->discover) {
			more[out->ncompletes++] = list_logs(j, a);
		} else if (j->claimant) {
			more[out->ncompletes++] = list_job(j, j->claimant, a);
		} else if (j->name && !j->is_dismissed && f->base->discover) {
			jobs[out->njobs] = list_job(j, j->name, a);
			jobs[out->njobs++].found = origin_of(j, a);
		}
	}
	out->jobs = jobs;
	out->completes = more;
	if (f->base && f->base->discover)
		list_daemons(f, a, out);
}

static void print(struct buf *out, const char *s)
{
	buf_putc(out, s ? '+' : '-');
	buf_puts(out, s ? s : "");
	buf_putc(out, '\n');
}

static void print_list(struct buf *out, const char *const *list)
{
	for (; list && *list; list++)
		print(out, *list);
	buf_putc(out, '\n');
}

static void print_job(struct buf *out, const struct config_job *j)
{
	print(out, text_str(j->name));
	print(out, j->health);
	print(out, j->ui);
	print(out, j->dlq);
	print(out, j->found_by);
	print(out, j->log.found_by);
	print_list(out, j->log.files);
	print_list(out, j->log.workers);
	if (!j->found)
		return;
	print(out, j->found->jvm_id);
	print(out, j->found->unseen);
	buf_printf(out, "%lld %lld %lld\n", (long long)j->found->gone_at,
		   (long long)j->found->restarts, (long long)j->found->waiting_ui);
}

void found_print(const struct config_finds *finds, struct buf *out)
{
	if (finds->looked)
		print(out, finds->looked);
	for (size_t i = 0; i < finds->njobs; i++)
		print_job(out, &finds->jobs[i]);
	if (finds->ncompletes)
		buf_puts(out, "\n\n");
	for (size_t i = 0; i < finds->ncompletes; i++)
		print_job(out, &finds->completes[i]);
	for (size_t i = 0; i < finds->nclusters; i++) {
		print(out, text_str(finds->clusters[i].name));
		print(out, finds->clusters[i].master);
		print(out, finds->clusters[i].found_by);
	}
	for (size_t i = 0; i < finds->nservices; i++) {
		print(out, finds->services[i].kind);
		print(out, finds->services[i].url);
		print(out, finds->services[i].found_by);
	}
}
