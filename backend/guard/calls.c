/* guard/calls.c - the filter of system calls.
 *
 * A list of what is refused, not of what is allowed: libraries differ in what they call from
 * release to release, and a console that dies of a new libcurl at 3 a.m. helps nobody. What is
 * refused is what this program needs for an action, and what nobody needs who only looks. A filter
 * sees numbers, no paths: so files are not opened for writing at all, wherever they are.
 *
 * Answers: EPERM. Two calls are answered with "there is no such call", so that libraries fall back
 * to the older one, whose arguments the filter can see. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "guard.h"

const char *const guard_refused[] = {
	/* processes of others: an end, their memory, their limits */
	"tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal", "pidfd_open",
	"pidfd_getfd", "process_mrelease", "process_madvise", "ptrace", "process_vm_readv",
	"process_vm_writev", "kcmp", "migrate_pages", "move_pages", "ioprio_set",
	/* programs */
	"execve", "execveat", "fork", "vfork", "uselib",
	/* what would go around this filter */
	"io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "bpf",
	"perf_event_open", "seccomp", "personality", "open_by_handle_at", "name_to_handle_at",
	/* the host */
	"mount", "umount2", "move_mount", "open_tree", "fsopen", "fsmount", "fspick", "fsconfig",
	"mount_setattr", "pivot_root", "chroot", "setns", "unshare", "swapon", "swapoff", "reboot",
	"kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "acct",
	"syslog", "quotactl", "quotactl_fd", "sethostname", "setdomainname", "settimeofday",
	"clock_settime", "clock_adjtime", "adjtimex", "add_key", "request_key", "keyctl", "vhangup",
	"nfsservctl",
	/* System V and POSIX queues belong to others, too */
	"shmctl", "semctl", "msgctl", "semop", "semtimedop", "msgsnd", "mq_open", "mq_unlink",
	NULL};

const char *const guard_refused_files[] = {
	"creat",    "rename",    "renameat",  "renameat2",   "rmdir",           "link",
	"linkat",   "symlink",   "symlinkat", "mknod",       "mknodat",         "truncate",
	"chmod",    "fchmodat",  "fchmodat2", "chown",       "lchown",          "fchownat",
	"setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr",    "fremovexattr",
	"utime",    "utimes",    "utimensat", "futimesat",   "copy_file_range", "fanotify_init",
	NULL};

/* SQLite needs these for a file of its own. */
const char *const guard_state_files[] = {"unlink",    "unlinkat", "mkdir",  "mkdirat", "ftruncate",
					 "fallocate", "fchmod",   "fchown", NULL};

/* Refused when an argument is, or under a mask is, what stands here. */
enum { IS_NOT = SCMP_CMP_NE, MASKED = SCMP_CMP_MASKED_EQ };
#define INT 0xffffffffU /* what a kernel looks at, whatever stands above */

struct rule {
	const char *name;
	unsigned argument;
	int how;
	uint64_t mask, value; /* IS_NOT: mask is the value */
};

/* Who is meant stands in an argument: 0 is the caller. */
static const struct rule others[] = {
	{"prlimit64", 0, IS_NOT, 0, 0},
	{"setpriority", 0, IS_NOT, 0, 0}, /* a group's or a user's */
	{"setpriority", 1, IS_NOT, 0, 0},
	{"sched_setattr", 0, IS_NOT, 0, 0},
	{"sched_setparam", 0, IS_NOT, 0, 0},
	{"sched_setscheduler", 0, IS_NOT, 0, 0},
	{"sched_setaffinity", 0, IS_NOT, 0, 0},
	{"setpgid", 0, IS_NOT, 0, 0},
	/* a signal when something is ready, to whomever */
	{"fcntl", 1, MASKED, INT, F_SETOWN},
	{"fcntl", 1, MASKED, INT, F_SETOWN_EX},
	{"fcntl", 1, MASKED, INT, F_SETSIG},
	{"ioctl", 1, MASKED, INT, FIOSETOWN},
	{"ioctl", 1, MASKED, INT, SIOCSPGRP},
	/* typing into a terminal, its process groups, the tricks of a console */
	{"ioctl", 1, MASKED, INT, TIOCSTI},
	{"ioctl", 1, MASKED, INT, TIOCSPGRP},
	{"ioctl", 1, MASKED, INT, TIOCSCTTY},
	{"ioctl", 1, MASKED, INT, TIOCCONS},
	{"ioctl", 1, MASKED, INT, TIOCLINUX},
};

static const struct rule writes[] = {
	{"open", 1, MASKED, O_ACCMODE, O_WRONLY},  {"open", 1, MASKED, O_ACCMODE, O_RDWR},
	{"open", 1, MASKED, O_ACCMODE, O_ACCMODE}, {"open", 1, MASKED, O_CREAT, O_CREAT},
	{"open", 1, MASKED, O_TRUNC, O_TRUNC},     {"openat", 2, MASKED, O_ACCMODE, O_WRONLY},
	{"openat", 2, MASKED, O_ACCMODE, O_RDWR},  {"openat", 2, MASKED, O_ACCMODE, O_ACCMODE},
	{"openat", 2, MASKED, O_CREAT, O_CREAT},   {"openat", 2, MASKED, O_TRUNC, O_TRUNC},
};

/* A call that this architecture or library does not know is none that could be made. */
static int refuse(scmp_filter_ctx ctx, const char *name, int error, const struct scmp_arg_cmp *when)
{
	int number = seccomp_syscall_resolve_name(name), rc;

	if (number == __NR_SCMP_ERROR || number < 0)
		return 0;
	rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((uint32_t)error), number, when ? 1 : 0,
				    when);
	return rc == -EEXIST ? 0 : rc;
}

static int refuse_names(scmp_filter_ctx ctx, const char *const *names)
{
	int rc = 0;

	for (; *names && !rc; names++)
		rc = refuse(ctx, *names, EPERM, NULL);
	return rc;
}

static int refuse_rules(scmp_filter_ctx ctx, const struct rule *rules, size_t n)
{
	int rc = 0;

	for (const struct rule *r = rules; r < rules + n && !rc; r++) {
		struct scmp_arg_cmp when = {r->argument, (enum scmp_compare)r->how, r->mask,
					    r->value};

		rc = refuse(ctx, r->name, EPERM, &when);
	}
	return rc;
}

/* This process may end itself, and a thread of it is no process. */
static int refuse_but_self(scmp_filter_ctx ctx)
{
	const struct rule self[] = {
		{"kill", 0, IS_NOT, (uint64_t)getpid(), 0},
		{"tgkill", 0, IS_NOT, (uint64_t)getpid(), 0},
		{"clone", 0, MASKED, CLONE_THREAD, 0},
	};
	int rc = refuse_rules(ctx, self, ARRAY_LEN(self));

	if (!rc)
		rc = refuse(ctx, "clone3", ENOSYS, NULL);
	return rc ? rc : refuse(ctx, "openat2", ENOSYS, NULL);
}

static int build(scmp_filter_ctx ctx, bool all_files)
{
	int rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));

	/* All threads there are; and found in few steps, since every call passes here. */
	rc = rc ? rc : seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	rc = rc ? rc : seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	rc = rc ? rc : refuse_names(ctx, guard_refused);
	rc = rc ? rc : refuse_names(ctx, guard_refused_files);
	rc = rc ? rc : refuse_rules(ctx, others, ARRAY_LEN(others));
	rc = rc ? rc : refuse_but_self(ctx);
	if (all_files) {
		rc = rc ? rc : refuse_names(ctx, guard_state_files);
		rc = rc ? rc : refuse_rules(ctx, writes, ARRAY_LEN(writes));
	}
	return rc;
}

int guard_calls(bool all_files, struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ALLOW);
	int rc = ctx ? build(ctx, all_files) : -ENOMEM;

	if (!rc)
		rc = seccomp_load(ctx);
	if (ctx)
		seccomp_release(ctx);
	if (!rc)
		return 0;
	return err_set(err, ERR_REFUSED,
		       "read-only mode cannot be enforced here: the kernel takes no filter of "
		       "system calls (%s); it does not start without that",
		       strerror(-rc));
}
