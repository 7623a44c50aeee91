/* action/replay_parts.h - what the files of a replay share; private to replay*.c. */
#ifndef SPARKOPS_ACTION_REPLAY_PARTS_H
#define SPARKOPS_ACTION_REPLAY_PARTS_H

#include "../dlq/page.h"
#include "replay_queue.h"

struct folder *queue_folder(struct queue *q);
/* Its unit as the ledger and the rows call it; NULL: the line itself. */
const struct text *queue_unit(const struct queue *q, const struct queue_entry *e,
			      const struct line_fields *f, struct arena *a);

#endif
