/* action/victim_owner.c - who starts a process again when it ends, by its control group, and that
 * one's own way to end it. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../jvm/cgroup.h"
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
