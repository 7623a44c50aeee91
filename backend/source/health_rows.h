/* source/health_rows.h - the pure half of the health source: bodies to rows. Units are wall ms. */
#ifndef SPARKOPS_SOURCE_HEALTH_ROWS_H
#define SPARKOPS_SOURCE_HEALTH_ROWS_H

#include "../../include/err.h"
#include "../../include/row/health.h"
#include "../../include/snapshot.h"
#include "../json.h"

/* In order of precedence: a value that two endpoints give is taken from the first. */
enum health_part { PART_DETAILED, PART_BASIC, PART_DLQ, PART_READY, PART_LIVE, PART_COUNT };

/* One endpoint's last answer. */
struct health_answer {
	struct dataset *data; /* NULL: none; times in row are as if naive ones were UTC */
	const struct health_row *row;
	struct json_flags flags; /* what was odd, which times came without a zone */
	int64_t stamp;           /* naive `timestamp` of the document as if UTC, ABSENT */
	int64_t asked_at;        /* when it answered */
};

/* Decodes one body. -ERR_FORMAT with a sentence when it is no JSON object. */
MUST_CHECK int health_read(const char *body, size_t len, int64_t now, struct health_answer *out,
			   struct err *err);
void health_drop(struct health_answer *a);
/* Is it the contract's /health or /health/detailed? */
bool health_is_contract(const struct health_answer *a);
/* The job's clock against UTC by what the answers show, in whole quarters of an hour, + is east;
 * ABSENT when they do not show it or came with zones. */
int64_t health_zone(const struct health_answer parts[static PART_COUNT]);
/* One row of all answers, naive times turned into UTC by `zone_ms`, or by host_zone_ms when that is
 * ABSENT. One reference. */
struct dataset *health_merge(const struct health_answer parts[static PART_COUNT], int64_t zone_ms,
			     int64_t host_zone_ms, enum tri has_detailed);

#endif
