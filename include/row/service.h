/* row/service.h - a Spark service beside the drivers that was found or configured: worker, history
 * server, Livy. Known by a parsed field of its answer, never by a status code. */
#ifndef SPARKOPS_ROW_SERVICE_H
#define SPARKOPS_ROW_SERVICE_H

#include "../field.h"

struct service_row {
	const struct text *kind; /* worker history livy */
	const struct text *where;
	const struct text *version; /* NULL: it does not say */
	const struct text *says;    /* one line: `2 executors, 4 of 8 cores`, `12 applications` */
	const struct text *cluster; /* worker: master URL */
};

extern const struct schema schema_service;

#endif
