/* row/service.c - the field table of a worker, history server or Livy server. */
#include "../../include/row/service.h"
#include "row.h"

#define F(...) ROW_FIELD(struct service_row, __VA_ARGS__)

static const struct field fields[] = {
	F(kind, TEXT, NONE, FIELD_KEY, NULL, "KIND", "worker, history or livy"),
	F(where, TEXT, NONE, FIELD_KEY, NULL, "WHERE", "its address"),
	F(version, TEXT, NONE, 0, NULL, "VERSION", "as it says"),
	F(says, TEXT, NONE, 0, NULL, "SAYS", "what it has to do, in a line"),
	F(cluster, TEXT, NONE, 0, NULL, "MASTER", "a worker's master"),
};

const struct schema schema_service = {
	.name = "service",
	.title = "services",
	.size = sizeof(struct service_row),
	.fields = fields,
	.nfields = ARRAY_LEN(fields),
};
