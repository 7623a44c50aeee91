/* jvm/python.h - the Python half of a PySpark pair. Any thread. */
#ifndef SPARKOPS_JVM_PYTHON_H
#define SPARKOPS_JVM_PYTHON_H

#include "proc.h"

/* Does that process run a Python? By its program; of another user's by its name. */
MUST_CHECK bool python_is(const struct proc *p, int64_t pid);
/* Has it to do with Spark? By its arguments, its environment, the text of its script. */
MUST_CHECK bool python_runs_spark(const struct proc *p, int64_t pid);

#endif
