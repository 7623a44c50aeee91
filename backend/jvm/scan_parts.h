/* jvm/scan_parts.h - what the files of a scan share. Private to jvm/. */
#ifndef SPARKOPS_JVM_SCAN_PARTS_H
#define SPARKOPS_JVM_SCAN_PARTS_H

#include "known.h"

/* A process that is no Spark JVM as far as we know. */
struct other {
	int32_t pid, ppid;
	bool is_kernel;     /* never execs */
	int64_t young_till; /* mono ms: until then it may exec java any moment */
};

/* The sockets of another network namespace, by one process in it. */
struct net_space {
	uint64_t net;
	int64_t look; /* number of the look they are of */
	struct sockets listening;
};

struct scan {
	struct proc proc;
	const char *dir;
	bool is_real; /* /proc itself: the kernel's socket lists are of it */
	struct scan_time at;
	bool had_gap;  /* nobody looked for long: what began before may have ended between */
	int64_t looks; /* this one's number, from 1 */
	struct proc_list pids;
	struct other *others; /* ascending */
	size_t nothers;
	size_t turn;       /* which share of the others is looked at again next */
	struct jvm **jvms; /* ascending by pid */
	size_t njvms;
	size_t near_turn;                 /* which JVM's files are read next */
	struct sockets listening, before; /* of our own namespace, now and at the last look */
	struct sockets connected;         /* of this look, when connected_look says so */
	int64_t connected_look;
	struct net_space *spaces;
	size_t nspaces;
	struct attached attached;
	uint64_t net, mnt; /* our own namespaces */
	struct cgroup_mounts mounts;
	char note[200];
	int64_t busy; /* atomic */
	struct scan_users *users;
};

const struct sockets *scan_listening(struct scan *s, const struct jvm *j);
/* The name of a user, or its number; lives as long as the scan. */
const char *scan_user(struct scan *s, int64_t uid);
/* CPU of this thread, ns. */
int64_t scan_cpu_ns(void);

#endif
