/* action/victim_ports.h - the ports of a victim, before and after, and its owner. Private to
 * victim*.c. */
#ifndef SPARKOPS_ACTION_VICTIM_PORTS_H
#define SPARKOPS_ACTION_VICTIM_PORTS_H

#include "victim.h"
#include "victim_look.h"

/* Adds what it listens on now. */
void victim_see_ports(struct victim *v);
/* Fills owner, is_managed and instead. */
void victim_find_owner(struct victim *v);
/* ":4040 :40417", or "". */
const char *victim_ports_text(const struct victim *v, struct arena *a);
/* NULL: all are free. Else in a sentence what is not: whose socket, or who listens there now. */
const char *victim_ports_held(const struct victim *v, struct arena *a);

#endif
