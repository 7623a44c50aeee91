/* schemas.h - the list of row types, for what walks all of them: `:table`, --json, tests of
 * consistency. A source's own come from its ops, the derived ones from backend/schemas.c. */
#ifndef SPARKOPS_SCHEMAS_H
#define SPARKOPS_SCHEMAS_H

#include "field.h"

/* Every schema of the program: derived ones first, then those of each source in SOURCE_LIST.
 * NULL-terminated. */
const struct schema *const *schemas_all(void);
const struct schema *schemas_find(const char *name); /* by name, title or member; NULL */

#endif
