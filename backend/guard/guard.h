/* guard/guard.h - read-only mode as the kernel enforces it.
 *
 * The first walls are elsewhere: no action is in the table, only GET leaves, the ledger is opened
 * for reading. This one holds should all of them be wrong: from guard_install() on the process has
 * no right that changes anything (capabilities) and the kernel answers EPERM to every call that
 * could end or trace another process, run a program or touch a file (a seccomp filter). It is for
 * ever, so the mode cannot be changed while the program runs. */
#ifndef SPARKOPS_GUARD_H
#define SPARKOPS_GUARD_H

#include "../../include/config.h"

/* [main] Once, before any thread: those made later have it, too. First the programs whose output
 * is followed as logs are started (log/held.h), then doors are closed. Nothing is opened for
 * writing after it: the terminal and the log file must be open. -ERR_REFUSED: this kernel does not
 * do it, and what would. */
MUST_CHECK int guard_install(const struct config *cfg, struct err *err);
bool guard_is_on(void); /* [any] */
/* [any] Is it more than a read? -ERR_REFUSED: what it would need, and who can do it instead. */
struct request;
MUST_CHECK int guard_request(const struct request *r, struct err *err);

/* The parts. All files: also those that --once keeps in its state folder. */
MUST_CHECK int guard_rights(struct err *err);
MUST_CHECK int guard_calls(bool all_files, struct err *err);
/* Names of the calls that are refused whatever their arguments; NULL-terminated. For the test. */
extern const char *const guard_refused[], *const guard_refused_files[], *const guard_state_files[];

#endif
