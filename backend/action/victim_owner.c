/* action/victim_owner.c - whose a process is: who starts it again when it ends, by its control
 * group, and that one's own way to end it; and whether a job can tell its own from others of the
 * same name. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../../include/url.h"
#include "../jvm/cgroup.h"
#include "../own_names.h"
#include "../rule/jvms.h"
#include "victim_ports.h"

static void read_place(int64_t pid, struct cgroup_place *out)
{
	char bytes[8192];
	ssize_t n = proc_read(sight_proc(), pid, "cgroup", bytes, sizeof(bytes));

	cgroup_place_parse(bytes, n > 0 ? (size_t)n : 0, out);
}

/* What runs us as well would end us with it: it is the shell we were started from, no manager. */
void victim_find_owner(struct victim *v)
{
	struct cgroup_place its, ours;
	const char *user;

	read_place(v->pid, &its);
	read_place((int64_t)getpid(), &ours);
	if (its.owner == OWNER_NONE || (its.owner == ours.owner && !strcmp(its.name, ours.name)))
		return;
	v->is_managed = true;
	user = its.is_user_unit ? " --user" : "";
	switch ((enum jvm_owner)its.owner) {
	case OWNER_SYSTEMD:
		snprintf(v->owner, sizeof(v->owner), "systemd unit %.100s", its.name);
		snprintf(v->instead, sizeof(v->instead), "`systemctl%s restart %.120s`", user,
			 its.name);
		break;
	case OWNER_CONTAINER:
		snprintf(v->owner, sizeof(v->owner), "container %.100s", its.name);
		snprintf(v->instead, sizeof(v->instead), "`docker restart %.120s`", its.name);
		break;
	case OWNER_POD:
		snprintf(v->owner, sizeof(v->owner), "Kubernetes (pod %.100s)", its.name);
		snprintf(v->instead, sizeof(v->instead), "`kubectl delete pod`");
		break;
	case OWNER_YARN:
		snprintf(v->owner, sizeof(v->owner), "YARN (%.100s)", its.name);
		snprintf(v->instead, sizeof(v->instead), "`yarn application -kill %.100s`",
			 *v->application_id ? v->application_id : "ID");
		break;
	case OWNER_NONE:
		break;
	}
}

/* By a port of this host a job knows its own. */
static bool has_port_here(const struct config_job *job)
{
	struct arena a;
	bool has;

	arena_init(&a);
	has = url_port_here(job->ui, own_names(&a)) > 0 ||
	      url_port_here(job->health, own_names(&a)) > 0;
	arena_release(&a);
	return has;
}

bool victim_has_looked(const struct snapshot *snap)
{
	for (size_t i = 0; i < snap->nsections; i++)
		if (snap->sections[i]->source == SOURCE_JVM)
			return snap->sections[i]->state != SECTION_WAITING;
	return true;
}

static bool is_configured(const struct config *cfg, const struct text *name)
{
	for (size_t i = 0; name && i < cfg->njobs; i++)
		if (!cfg->jobs[i].found && text_cmp(cfg->jobs[i].name, name) == 0)
			return true;
	return false;
}

int victim_is_clear(struct act *a, struct err *err)
{
	const struct config_job *job = act_job(a);
	const struct rowset *rows = dataset_rows(act_look(a)->jvms, &schema_jvm);
	char list[120] = "";
	size_t len = 0, n = 0;

	if (!job || has_port_here(job))
		return 0;
	for (size_t i = 0; i < rows->n; i++) {
		const struct jvm_row *row = rows->rows[i];

		if (!jvm_may_drive(row) || jvm_is_dead(row) || !jvm_is_named(job, row) ||
		    is_configured(act_config(a), row->job))
			continue;
		if (n++ < 4)
			len += (size_t)snprintf(list + len, sizeof(list) - len, "%sjava %" PRId64,
						len ? ", " : "", row->pid);
	}
	if (n < 2)
		return 0;
	return err_set(
		err, ERR_REFUSED,
		"%zu JVMs have what `match` of %.60s names (%s%s): nobody knows which is its "
		"driver; `ui:` or `health:` of the job would tell them apart",
		n, text_str(job->name), list, n > 4 ? ", ..." : "");
}
