/* jvm/counters.c - where the counters of a JVM lie: /tmp/hsperfdata_USER/PID, PID and USER as the
 * JVM itself sees them. In a container both may be others than here, and so is /tmp. */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "scan_parts.h"

static bool try_path(struct jvm *j, const char *tmp, const char *folder)
{
	char *path = j->who.hsperf;
	int n = snprintf(path, sizeof(j->who.hsperf), "%s/%s/%" PRId64, tmp, folder, j->who.ns_pid);

	if (n > 0 && n < (int)sizeof(j->who.hsperf) && access(path, F_OK) == 0)
		return true;
	*path = '\0';
	return false;
}

/* Its list of users is its own: the folder that has the number is the one. */
static void try_all(struct jvm *j, const char *tmp)
{
	DIR *dir = opendir(tmp);

	for (const struct dirent *d; dir && (d = readdir(dir));) {
		if (strncmp(d->d_name, "hsperfdata_", 11) == 0 && try_path(j, tmp, d->d_name))
			break;
	}
	if (dir)
		closedir(dir);
}

void counters_find(struct scan *s, struct jvm *j)
{
	char tmp[80] = "/tmp", folder[96];

	if (j->who.hsperf[0] || !j->who.is_ours || j->is_dead)
		return;
	if (j->who.has_own_files)
		snprintf(tmp, sizeof(tmp), "%.30s/%" PRId64 "/root/tmp", s->dir, j->who.pid);
	snprintf(folder, sizeof(folder), "hsperfdata_%s", scan_user(s, j->who.uid));
	if (!try_path(j, tmp, folder) && j->who.has_own_files)
		try_all(j, tmp);
}
