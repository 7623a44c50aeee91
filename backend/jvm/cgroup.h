/* jvm/cgroup.h - the control group of a process: who owns it, what memory it may use, how often the
 * kernel killed in it. cgroups(7), versions 1 and 2, also side by side.
 *
 * The limit is the smallest of the group and those above it. What runs a group is read from its
 * name: systemd.unit(5), Docker, containerd, CRI-O and Podman, kubepods, YARN's containers. */
#ifndef SPARKOPS_JVM_CGROUP_H
#define SPARKOPS_JVM_CGROUP_H

#include "../../include/row/jvm.h"
#include "proc.h"

enum { CGROUP_PATH = 1024, CGROUP_NAME = 256 };

/* Where the hierarchies are mounted; "" where there is none. */
struct cgroup_mounts {
	char v2[CGROUP_PATH], v2_root[CGROUP_PATH]; /* root: the group that is mounted there */
	char v1[CGROUP_PATH], v1_root[CGROUP_PATH]; /* of the memory controller */
};
void cgroup_mounts_parse(const char *bytes, size_t len, struct cgroup_mounts *out);
void cgroup_mounts_read(const struct proc *p, struct cgroup_mounts *out);

/* What /proc/PID/cgroup says. */
struct cgroup_place {
	char v2[CGROUP_PATH], v1[CGROUP_PATH]; /* paths; "" where it is in none */
	int owner;                             /* enum jvm_owner */
	char name[CGROUP_NAME];                /* "" for OWNER_NONE */
	bool is_user_unit;
};
void cgroup_place_parse(const char *bytes, size_t len, struct cgroup_place *out);

struct cgroup_memory {
	int64_t limit, used, oom_kills; /* ABSENT: no limit, not readable */
};
void cgroup_memory_read(const struct cgroup_mounts *m, const struct cgroup_place *place,
			struct cgroup_memory *out);

#endif
