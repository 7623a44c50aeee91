/* source/master_rows.h - the pure half of the master source: a standalone master's
 * /json/ to rows. */
#ifndef SPARKOPS_SOURCE_MASTER_ROWS_H
#define SPARKOPS_SOURCE_MASTER_ROWS_H

#include "../../include/err.h"
#include "../../include/row/spark.h"
#include "../../include/snapshot.h"

/* One master row, its workers, active and completed applications and drivers. NULL with a sentence
 * when it is no master's answer. A STANDBY master knows nothing: its figures are absent, not 0.
 * *strays: items of its lists that were left out, since they are no row or have no id. */
struct dataset *master_read(const char *cluster, const char *body, size_t len, size_t *strays,
			    struct err *err);

#endif
