/* dlq/brief.h - an entry's context and first sample in one line each, personal data masked: for the
 * pane below the list. */
#ifndef SPARKOPS_DLQ_BRIEF_H
#define SPARKOPS_DLQ_BRIEF_H

#include "token.h"

/* `last_ts 2025-11-21T09:40:00   records_queried 0`; the batch id is left out, it stands elsewhere.
 * NULL: none. */
const struct text *brief_context(struct arena *a, struct span context);
/* The first sample record of a line of which the first len bytes are given; NULL: none. samples:
 * how many there are, ABSENT when the line goes on behind them. */
const struct text *brief_sample(struct arena *a, const char *line, size_t len, int64_t *samples);

#endif
