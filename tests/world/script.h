/* script.h - the script of a stand-in cluster: one order a line, `#` begins a comment. A line that
 * begins with `at SPAN` happens so long after the start, any other before it.
 *
 *   [at SPAN] job NAME[.health|.ui|.dlq] ORDER        [at SPAN] master ORDER
 *
 *   KEY=VALUE ...                  what the job is (job_set.c; before the start only; makes it)
 *   jvm [pyspark] [gc=COLLECTOR]   a `java` of its own plays it, with a Python as its parent
 *   fault KIND [NUMBER] [since SPAN]   a fault of fault.c begins, SPAN ago
 *   well [KIND]                    one fault ends, or all
 *   fail TYPE [xN] [since SPAN] [until SPAN] [unfiled]
 *                                  N batches fail, spread over that time; unfiled: without a line
 *                                  in the DLQ
 *   bad [xN]                       N lines in the DLQ that are no JSON
 *   rotate                         the DLQ goes on in the next day's file
 *   truncate | copytruncate | delete   harm to today's DLQ file
 *   log LEVEL CLASS TEXT           a record in the log of the job's driver (jvm)
 *   restart                        the process begins again
 *
 * `master version=4.3` (or 3.5) and `master jvm` are the master's only properties. A fault of a
 * service without .health or .ui is one of both; poisoned is one of the DLQ too. */
#ifndef WORLD_SCRIPT_H
#define WORLD_SCRIPT_H

#include <stdbool.h>

struct script;
struct world;

/* Reads PATH and makes the jobs it names. NULL: it has mistakes, which are on standard error, each
 * with its line. */
struct script *script_load(struct world *world, const char *path);

/* Carries out what happens before the start, once the jobs' history and services exist. */
void script_begin(struct script *script);

/* Begins to carry out the rest in its time. */
void script_start(struct script *script);

/* Stops it. script_free is for after the loop has run out. */
void script_stop(struct script *script);
void script_free(struct script *script);

#endif
