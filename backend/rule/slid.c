/* rule/slid.c - a driver that found the port of its UI taken, and took one of the next.
 *
 * Spark tries 16 ports. Such a driver is nobody's by its ports, and its name alone does not make it
 * a job's: another of the same name may run here, and what acts on a job must never take that one
 * for it. So the job says that it is there, and what to write where it is the one. */
#include "state.h"

enum { SPARK_PORTS_TRIED = 16 };

static bool has_its_name(const struct config_job *c, const struct jvm_row *jvm)
{
	if (c->match_main_class || c->match_app_name)
		return jvm_is_named(c, jvm);
	return jvm->app_name && text_cmp(jvm->app_name, c->name) == 0;
}

/* The port it took instead; 0: none. */
static int64_t port_taken(const struct jvm_row *jvm, int64_t wanted)
{
	int64_t port = wanted + SPARK_PORTS_TRIED + 1;

	for (size_t i = 0; i < jvm->listens.n; i++) {
		const struct jvm_port *p = &jvm->listens.v[i];

		if (p->port > wanted && !p->is_linked)
			port = min_i64(port, p->port);
	}
	return port > wanted + SPARK_PORTS_TRIED ? 0 : port;
}

/* A job that somebody wrote down knows it already. */
static bool is_known(const struct rules *r, size_t i)
{
	int job = r->host.job_of[i];

	return job >= 0 && !r->jobs[job].cfg->found;
}

void slid_look(struct rules *r, struct job_state *j, const char *const *own_names)
{
	const struct rowset *set = dataset_rows(r->host.out, &schema_jvm);
	int64_t wanted = j->cfg->found ? ABSENT : url_port_here(j->cfg->ui, own_names);

	j->slid = (struct slid){NULL, 0, wanted};
	for (size_t i = 0; wanted > 0 && i < set->n; i++) {
		const struct jvm_row *jvm = set->rows[i];
		int64_t port = port_taken(jvm, wanted);

		if (port && jvm_may_drive(jvm) && !jvm_is_dead(jvm) && !is_known(r, i) &&
		    has_its_name(j->cfg, jvm))
			j->slid = (struct slid){jvm, port, wanted};
	}
}
