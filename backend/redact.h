/* redact.h - command lines without the secrets that people put into them.
 *
 * Everybody on a host may read /proc/PID/cmdline, but a screen on the wall, a copied text and a
 * printed configuration travel further. Keys as Spark's spark.redaction.regex knows them
 * (core/src/main/scala/org/apache/spark/internal/config/package.scala, SECRET_REDACTION_PATTERN)
 * and those that lie outside it in practice: passwords in URLs and JDBC addresses, cloud keys,
 * signed tokens. Pure; any thread. */
#ifndef SPARKOPS_REDACT_H
#define SPARKOPS_REDACT_H

#include "../include/buf.h"

/* Appends the arguments (a NUL behind each, the last one may lack it) with blanks between them and
 * `***` in the place of secrets. */
void redact_line(const char *args, size_t len, struct buf *out);
/* One argument; hides_all: the option before it said that it is a secret. True: the next one is. */
bool redact_arg(const char *arg, size_t len, bool hides_all, struct buf *out);

#endif
