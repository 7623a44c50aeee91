/* schemas.h - the list of row types, for what walks all of them (`:table`, --json, consistency
 * tests). A source's own schemas come from its ops; these are the derived ones and the places of
 * later issues. */
#ifndef SPARKOPS_SCHEMAS_H
#define SPARKOPS_SCHEMAS_H

#include "field.h"

/* Every schema of the program: derived ones first, then those of each source in SOURCE_LIST.
 * NULL-terminated. */
const struct schema *const *schemas_all(void);
const struct schema *schemas_find(const char *name); /* by name, title or member; NULL */

#endif
