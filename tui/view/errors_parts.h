/* errors_parts.h - what the views that list errors share. */
#ifndef SPARKOPS_VIEW_ERRORS_PARTS_H
#define SPARKOPS_VIEW_ERRORS_PARTS_H

#include "../../include/arena.h"
#include "../../include/row/error.h"
#include "../../include/snapshot.h"

/* Rows of schema_error as one row per kind, newest first, in the arena. */
struct rowset errors_by_kind(const struct rowset *all, struct arena *a);
/* Is an error of that type one of the kind, as those rows have it? */
bool errors_is_kind(const struct rowset *all, const struct text *type, const char *kind);

#endif
