/* dump.h - a thread dump, as SIGQUIT and the attach protocol give it. */
#ifndef WORLD_JVM_DUMP_H
#define WORLD_JVM_DUMP_H

#include <stdio.h>

#include "life.h"

/* With the synchronizers each thread owns if WITH_LOCKS. */
void dump_threads(const struct life *life, FILE *out, bool with_locks);

#endif
