/* backend.h - the only door between the threads.
 *
 * [main] main thread only. [any] any thread, never blocks on input or output.
 * Data flows out in snapshots, wishes flow in as requests; what became of a wish is seen in a later
 * snapshot. */
#ifndef SPARKOPS_BACKEND_H
#define SPARKOPS_BACKEND_H

#include "action.h"
#include "config.h"
#include "snapshot.h"

struct backend;

enum request_kind {
	REQUEST_POLL_NOW,  /* every target, or those of `job` */
	REQUEST_DLQ_PAGE,  /* entries [from, from + count) of `job`, newest first, only those of
			      `group` unless 0,  bad lines only when `flag` is set: arrive as
			      dlq_entry rows in snapshot.detail */
	REQUEST_DLQ_ENTRY, /* the line at `file`, `line` of `job`: pretty JSON, masked unless
			      `flag`, as detail rows */
	REQUEST_RELOAD,    /* read the configuration file again if it changed */
	REQUEST_LOG_PAGE,  /* up to `count` lines of the log of `job` at `file` (its place; "": the
			      first): those from byte `from` on, or before it when `flag` is set
			      (`from` ABSENT: from the end); only error and marked lines when
			      `group` is 1; only those that hold `filter` unless "" (a leading !
			      inverts): arrive as log_line rows in the order of the file */
	REQUEST_THREADS,   /* a thread dump of the JVM whose id (PID@START) is in `file`, by attach,
			      as detail rows; `flag`: by SIGQUIT, which prints into its own output */
	REQUEST_DISMISS,   /* a discovered job that ended leaves the list */
};

struct request {
	enum request_kind kind;
	char job[256];
	char file[1024];
	int64_t line, from, count;
	uint64_t group;
	bool flag;
	char filter[128];
};

/* [main] Read-only mode, by the kernel: from here on this process cannot signal others, run
 * programs or change files, for ever. Before backend_start(), after the terminal and the log file
 * are open; followers of logs are started in it. < 0: it cannot be had here, and why. */
MUST_CHECK int backend_guard(const struct config *cfg, struct err *err);
/* [main] NULL: err says why. */
struct backend *backend_start(const struct config *cfg, struct err *err);
/* [main] Joins the thread. */
void backend_stop(struct backend *b);
/* [main] It could not: a file system does not answer. The thread still runs, so what the process
 * shares with it must stay: leave by _exit(). */
bool backend_is_left_behind(void);
/* [main] Readable when there is news; read 8 bytes. Snapshots that are only fresher (see news_seq)
 * come in silence, at most one a second and shortly before the full one. */
int backend_wake_fd(const struct backend *b);
/* [any] One reference: snapshot_unref() it; never NULL. */
const struct snapshot *backend_latest(struct backend *b);
/* [any] Copies r. */
MUST_CHECK int backend_request(struct backend *b, const struct request *r, struct err *err);
/* [any] A wish to act (action.h); copies r. PLAN: the number of the plan, > 0. Otherwise 0. < 0: it
 * is refused at once, and why: read-only, too many at a time, no such plan. */
MUST_CHECK int64_t backend_act(struct backend *b, const struct action_request *r, struct err *err);
/* [any] Actions that go on to their end before the program may leave; open questions close and what
 * does not finish is cancelled from the first call with is_leaving on. */
size_t backend_acting(struct backend *b, bool is_leaving);
/* [main] Waits until every target has answered or failed once, or the time is over; true: all did.
 * For --once. */
bool backend_settle(struct backend *b, int timeout_ms);

#endif
