/* discover/process.h - the few things about a process that discovery reads by itself, from /proc.
 * A process is named PID@START, so that another one with its number is not taken for it. */
#ifndef SPARKOPS_DISCOVER_PROCESS_H
#define SPARKOPS_DISCOVER_PROCESS_H

#include "../../include/arena.h"

bool process_lives(const char *id);
/* Its command line, cleaned and NULL-terminated; NULL: not readable, or too long. */
const char *const *process_argv(const char *id, struct arena *a);
/* The names of the SPARK_... and PYSPARK_... variables it began with, NULL-terminated; NULL: none,
 * or not readable. No values: they hold passwords. */
const char *const *process_environment(const char *id, struct arena *a);
/* Is 127.0.0.1 the same place for it as for us? True when that cannot be seen. */
bool process_shares_network(const char *id);
/* How many there are on this host. */
size_t process_count(void);
/* First port of the range that the kernel gives away. */
int64_t process_ephemeral_from(void);

#endif
