/* jvm/dump.h - the answer to REQUEST_THREADS: the thread dump of a JVM as detail rows.
 *
 * dump_make() blocks for up to the limit: pool threads only. When the JVM does not answer, the rows
 * say why and show what the kernel knows of its threads. struct dump does it on a pool thread, one
 * at a time; of wishes that come meanwhile the newest is done. Loop thread only. */
#ifndef SPARKOPS_JVM_DUMP_H
#define SPARKOPS_JVM_DUMP_H

#include <uv.h>

#include "../../include/snapshot.h"
#include "attach.h"

enum { DUMP_LIMIT_MS = 5000, DUMP_BYTES_MAX = 4 << 20 };

/* ask->command NULL: `threaddump`. Takes no reference, returns one. */
struct dataset *dump_make(const struct attach_request *ask);
/* The same on any thread that may wait; err: why there is no dump, untouched when there is. */
struct dataset *dump_take(const struct attach_request *ask, struct err *err);

struct dump;
/* Takes the reference. */
typedef void dump_done_fn(void *data, struct dataset *rows);
struct dump *dump_new(uv_loop_t *loop, dump_done_fn *done, void *data);
/* The strings of ask must be literals or NULL. */
void dump_ask(struct dump *d, const struct attach_request *ask);
/* Nothing is called any more; what is under way frees itself when it ends. NULL is fine. */
void dump_free(struct dump *d);

/* A detail that is one sentence: `that JVM is gone`. */
struct dataset *dump_says(const char *sentence);

#endif
