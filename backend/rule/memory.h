/* rule/memory.h - how much memory a driver or its executors were given and what would be enough, in
 * Spark's spelling. The one source for the next step of a job, of an incident, and for the question
 * before a restart. Pure. */
#ifndef SPARKOPS_RULE_MEMORY_H
#define SPARKOPS_RULE_MEMORY_H

#include "facts.h"

/* `512m`, `16g`; NULL: not collected. */
const char *spark_size(int64_t bytes, struct arena *a);
/* -Xmx, else the heap it has; ABSENT. */
int64_t driver_memory(const struct jvm_row *jvm);
/* The need in whole steps, as somebody would write it; NULL: not collected. */
const char *memory_enough(int64_t need_bytes, struct arena *a);
/* Was it ended for what it used beside its heap? Then more heap is no help. */
bool is_over_limit(const struct jvm_row *jvm);

/* `spark.driver.memory above 512m`. */
const char *driver_memory_words(const struct jvm_row *jvm, struct arena *a);
/* `3 executors lost to exit 52 (out of memory)`, or to what limit else; of the last hour. */
const char *lost_words(const struct executors_summary *sum, struct arena *a);
/* The same memory where heaps were full, more beside the heap where a container's limit was met. */
const char *lost_executors_want(const struct job_facts *f, struct arena *a);
/* `spark.executor.memory above 512m or lower spark.executor.cores`. */
const char *executor_memory_words(const struct job_facts *f, struct arena *a);

#endif
