/* place.h - what the stand-in cluster leaves on disk while it lives: its folder, a DLQ folder for
 * each job, and a configuration for sparkops that names every port and folder. */
#ifndef WORLD_PLACE_H
#define WORLD_PLACE_H

#include <stdbool.h>

struct world;

/* Makes world->dir (a new one in TMPDIR when it is NULL) and the jobs' folders. False: it could
 * not, and said why. */
bool place_make(struct world *world);

/* Writes the configuration to world->config (DIR/sparkops.yaml when that is NULL). */
bool place_configure(struct world *world);

/* Prints the line that says that the world is ready. */
void place_announce(const struct world *world);

/* Removes what was made, and nothing else. */
void place_remove(struct world *world);

#endif
