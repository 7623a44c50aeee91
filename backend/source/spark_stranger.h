/* source/spark_stranger.h - ends the poll of a driver's UI whose answer is not a driver's. */
#ifndef SPARKOPS_SOURCE_SPARK_STRANGER_H
#define SPARKOPS_SOURCE_SPARK_STRANGER_H

#include "source.h"

/* application_id: of whom was asked; NULL while none is known. */
void spark_fail_stranger(struct target *t, const struct http_reply *r, const char *path,
			 const char *application_id);

#endif
