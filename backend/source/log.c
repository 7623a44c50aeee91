/* source/log.c - a place kept: it has no targets yet. */
#include "source.h"

#include "../../include/row/log.h"

static void poll_log(struct target *t)
{
	source_failed(t, NULL, "not built yet");
}

static const struct schema *const schemas[] = {&schema_log_file, &schema_log_mark, &schema_log_line,
					       NULL};

const struct source_ops source_log = {
	.name = "log",
	.schemas = schemas,
	.is_local = true,
	.poll = poll_log,
};
