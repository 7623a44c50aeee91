/* source/service.c - a place kept: it has no targets yet. */
#include "source.h"

#include "../../include/row/service.h"

static void poll_service(struct target *t)
{
	source_failed(t, NULL, "not built yet");
}

static const struct schema *const schemas[] = {&schema_service, NULL};

const struct source_ops source_service = {
	.name = "service",
	.schemas = schemas,
	.poll = poll_service,
};
