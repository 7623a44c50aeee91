/* jvm/proc.h - reading /proc, or a folder that looks like it.
 *
 * Every read is bounded, and every failure is a plain outcome: a process may end between any two
 * calls. Numbers are as proc(5) gives them. Any thread, one at a time. */
#ifndef SPARKOPS_JVM_PROC_H
#define SPARKOPS_JVM_PROC_H

#include <sys/types.h>

#include "../../include/base.h"
#include "../../include/err.h"

struct proc {
	int fd;          /* of the folder */
	const char *dir; /* borrowed */
	int64_t self_uid;
	int64_t tick_hz;   /* clock ticks a second */
	int64_t page_size; /* bytes */
	int64_t boot_at;   /* wall ms of the boot, as far as clocks agree */
};

MUST_CHECK int proc_open(struct proc *p, const char *dir, struct err *err);
void proc_close(struct proc *p);

/* The first size - 1 bytes of /proc/PID/NAME, NUL behind them: their number, or -errno. */
MUST_CHECK ssize_t proc_read(const struct proc *p, int64_t pid, const char *name, char *out,
			     size_t size);
/* The same for all of it up to max bytes, from the heap (the caller frees); NULL:
 * -errno in *len. */
char *proc_read_all(const struct proc *p, int64_t pid, const char *name, size_t max, ssize_t *len);
/* Where the link /proc/PID/NAME points to: the length, or -errno. */
MUST_CHECK ssize_t proc_link(const struct proc *p, int64_t pid, const char *name, char *out,
			     size_t size);
/* The number in a link such as `net:[4026531840]` or `socket:[24802]`; 0: it has none. */
uint64_t proc_link_inode(const char *link);
/* Opens a file or folder of the process; -errno. The caller closes it. */
MUST_CHECK int proc_open_at(const struct proc *p, int64_t pid, const char *name, int flags);

/* All processes there are, ascending; *list grows (xrealloc) and is the caller's. */
struct proc_list {
	int32_t *v;
	size_t n, size;
};
MUST_CHECK int proc_pids(const struct proc *p, struct proc_list *list, struct err *err);

/* /proc/PID/stat. */
struct proc_stat {
	int64_t pid;
	char comm[64];
	int state; /* R S D Z T t X I */
	int64_t ppid;
	uint64_t flags;
	int64_t cpu_ticks;   /* user and system */
	int64_t threads;     /* of a leader that has ended: those that have not */
	int64_t start_ticks; /* since boot */
	int64_t rss_pages;
	int64_t wait_status; /* of a zombie, 0 without the right to see it; ABSENT: no such field */
};
MUST_CHECK bool proc_stat_parse(const char *bytes, size_t len, struct proc_stat *out);
MUST_CHECK bool proc_stat(const struct proc *p, int64_t pid, struct proc_stat *out);
/* 52, 3 or 128 + signal. */
int64_t proc_exit_code(int64_t wait_status);

/* /proc/PID/status: whose it is, and its number in its own PID namespace. */
struct proc_status {
	int64_t uid;    /* effective */
	int64_t ns_pid; /* the last of NSpid; ABSENT: an old kernel does not say */
};
/* of NUL-terminated text */
MUST_CHECK bool proc_status_parse(const char *bytes, struct proc_status *out);

#endif
