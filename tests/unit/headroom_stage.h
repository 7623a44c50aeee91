/* headroom_stage.h - an executor as Spark lists it, for tests of headroom. */
#ifndef SPARKOPS_TESTS_HEADROOM_STAGE_H
#define SPARKOPS_TESTS_HEADROOM_STAGE_H

#include "../../backend/rule/headroom.h"

static inline struct executor_row executor(const char *id, int64_t cores)
{
	struct executor_row e;

	field_clear_row(&schema_executor, &e);
	e.executor_id = (const struct text *)(const void *)id;
	e.active = TRI_TRUE;
	e.cores = cores;
	e.total_duration_ms = 1000;
	e.total_gc_ms = 50;
	return e;
}

#endif
