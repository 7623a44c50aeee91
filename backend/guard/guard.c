/* guard/guard.c - the order in which the doors close, and the rights.
 *
 * Of the capabilities only two stay, where the program was begun with them (as root): those that
 * let it look at processes and files of others, so that `sudo sparkops --read-only` sees the host
 * as before. What they could do beside looking, the filter refuses: writing to memory (ptrace,
 * process_vm_writev, /proc/PID/mem opened for writing).
 *
 * Landlock is not used: a process in its domain may not look into /proc of any process outside it
 * (fd, exe, environ, maps), and that is what this program lives on. */
#include "guard.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "../../include/backend.h"
#include "../../include/log.h"
#include "../log/held.h"

static atomic_bool is_on;

bool guard_is_on(void)
{
	return atomic_load(&is_on);
}

static int failed(const char *what, struct err *err)
{
	return err_set(err, ERR_REFUSED,
		       "read-only mode cannot be enforced here: %s: %s; it does not start without "
		       "that (a kernel with seccomp filters would do)",
		       what, strerror(errno));
}

int guard_rights(struct err *err)
{
	static const uint32_t stays = 1u << CAP_DAC_READ_SEARCH | 1u << CAP_SYS_PTRACE;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return failed("no new privileges", err);
	/* The bounding set matters only to programs that are run, and none is: what cannot be
	 * taken out of it (nobody but root may) does no harm. */
	for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		(void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) && errno != EINVAL)
		return failed("ambient capabilities", err);
	if (syscall(SYS_capget, &header, data))
		return failed("capabilities", err);
	for (size_t i = 0; i < ARRAY_LEN(data); i++) {
		data[i].permitted &= i == 0 ? stays : 0;
		data[i].effective = data[i].permitted;
		data[i].inheritable = 0;
	}
	return syscall(SYS_capset, &header, data) ? failed("capabilities", err) : 0;
}

int guard_install(const struct config *cfg, struct err *err)
{
	/* What --once read is kept for its next run, also in read-only mode: its figures are
	 * differences. The console keeps nothing. */
	bool keeps_history = cfg->is_once && !cfg->is_look && cfg->state_dir && cfg->njobs;
	int rc;

	if (guard_is_on())
		return 0;
	held_start(cfg);
	rc = guard_rights(err);
	if (!rc)
		rc = guard_calls(!keeps_history, err);
	if (rc)
		return rc;
	atomic_store(&is_on, true);
	log_msg(LOG_INFO,
		"read-only: the kernel refuses this process signals to others, other "
		"programs%s (EPERM)",
		keeps_history ? " and changes to files but the history of --once"
			      : ", and every change to a file");
	return 0;
}

int backend_guard(const struct config *cfg, struct err *err)
{
	return guard_install(cfg, err);
}

int guard_request(const struct request *r, struct err *err)
{
	if (r->kind == REQUEST_THREADS)
		return err_set(err, ERR_REFUSED,
			       "read-only: a thread dump needs a signal to the JVM, or its attach "
			       "socket; jstack %.*s run by its user does the same",
			       (int)strcspn(r->file, "@"), r->file);
	if (r->kind == REQUEST_DLQ_ENTRY && r->flag)
		return err_set(err, ERR_REFUSED, "read-only: personal data stays masked");
	return 0;
}
