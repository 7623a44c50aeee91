/* net/exec.h - a command of the configuration: argv, never a shell.
 *
 * Its environment is PATH HOME LANG TZ and what is given; no descriptor of ours is inherited; own
 * process group, which is ended (TERM, then KILL) at the deadline. A detached one is the job
 * itself: own session, standard input /dev/null, output appended to a file, never a pipe. Blocks:
 * an act's thread. Read-only mode does not have it. */
#ifndef SPARKOPS_NET_EXEC_H
#define SPARKOPS_NET_EXEC_H

#include "../../include/arena.h"
#include "../../include/config.h"

enum { EXEC_OUTPUT_MAX = 64 << 10 };

struct exec {
	const char *const *argv; /* NULL-terminated */
	const char *cwd;         /* NULL: the folder of argv[0] */
	size_t nenv;
	const struct config_pair *env;
	const void *input; /* standard input; NULL: /dev/null */
	size_t len;
	int64_t timeout_ms;
	int cancel_fd;      /* -1 */
	const char *output; /* detached: this file; else NULL */
};
struct exec_result {
	int64_t pid;        /* of a detached one that runs */
	int64_t exit_code;  /* ABSENT: by a signal, or not ended */
	int64_t signal;     /* ABSENT */
	bool is_over;       /* the deadline passed or it was cancelled: ended by us */
	bool is_held;       /* it ended, but something it started still holds its output: that will
			       not be able to write any more */
	const char *output; /* the last 64 KiB, cleaned line by line; in a */
	int64_t took_ms;
};
/* < 0: it could not be started, and why (no such file, no right). */
MUST_CHECK int exec_run(const struct exec *e, struct arena *a, struct exec_result *out,
			struct err *err);

/* A detached one is our child for as long as we live. Has it ended, and how? Does not wait, and may
 * be asked again. */
bool exec_has_ended(int64_t pid, int64_t *exit_code, int64_t *signal);
/* Nobody asks for it any more: it is reaped when it ends, be it in a month. */
void exec_leave(int64_t pid);

/* Pure; for tests and for the dry run. The file that argv[0] means: itself with a slash, else the
 * first of that name in `path` that may be run; NULL: there is none. */
const char *exec_find(const char *program, const char *path, struct arena *a);

#endif
