/* source/jvm.c - a place kept: it has no targets yet. */
#include "source.h"

#include "../../include/row/jvm.h"

static void poll_jvm(struct target *t)
{
	source_failed(t, NULL, "not built yet");
}

static const struct schema *const schemas[] = {&schema_jvm, NULL};

const struct source_ops source_jvm = {
	.name = "jvm",
	.schemas = schemas,
	.is_local = true,
	.poll = poll_jvm,
};
