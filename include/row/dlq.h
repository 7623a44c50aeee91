/* row/dlq.h - the dead-letter queue: one entry (a line that holds one JSON object), a group of like
 * failures, and a folder as a whole. Format: failed_batches_YYYYMMDD.json, JSON lines, as
 * tests/fixture/dlq/ shows. */
#ifndef SPARKOPS_ROW_DLQ_H
#define SPARKOPS_ROW_DLQ_H

#include "../field.h"

enum dlq_state { DLQ_PENDING, DLQ_DOUBT, DLQ_DONE, DLQ_FAILED, DLQ_GIVEN_UP, DLQ_OLD };
extern const char *const dlq_state_names[]; /* pending doubt done failed given-up old NULL */

/* `dlq` of --json. In a snapshot: the newest of each job; older ones come by REQUEST_DLQ_PAGE. */
struct dlq_entry_row {
	const struct text *job;
	const struct text *file; /* name inside the folder */
	int64_t line;            /* 1 is the first */
	const struct text *hash; /* SHA-256 of the line without its end, 64 hex digits */
	struct ident batch_id;
	int64_t at; /* wall ms; without a zone: in the job's; ABSENT: unreadable */
	const struct text *error_type;
	const struct text *message;
	const struct text *unit; /* NULL: the line itself */
	int state;               /* enum dlq_state */
	int64_t attempts;
	const struct text *proof;
	/* for the screen only */
	const struct text *recommendation;
	const struct text *context; /* its members in one line: `last_ts 2025-11-21   records 0` */
	const struct text *sample;  /* the first sample record, masked, in one line */
	int64_t samples;            /* sample records in the entry, ABSENT */
	uint64_t group;             /* of struct dlq_group_row */
	int64_t offset;             /* of the line in its (unpacked) file */
	bool is_bad; /* a line that is no JSON object: counted and shown, not an entry */
};

struct dlq_group_row {
	const struct text *job;
	uint64_t group; /* hash of error type and message with ids, times and numbers left out */
	int state;      /* of its worst entry */
	const struct text *error_type;
	const struct text *message; /* of the newest entry */
	int64_t count;
	int64_t first_at, last_at; /* last_at: of those that are not dated in the future */
	struct series trend;       /* 15 one-minute buckets */
	const struct text *recommendation;
};

struct dlq_folder_row {
	const struct text *job;
	const struct text *folder;
	int64_t files, entries, pending, bad_lines, today, bytes;
	double indexed_pct;        /* 100 when all is read */
	int64_t first_at, last_at; /* last_at: of those that are not dated in the future */
	int64_t future;            /* entries dated in the future */
	int64_t counted_5m,
		counted_1h;        /* entries dated within the last 5 min and hour of `at` below;
				      ABSENT: a file of these days cannot be read whole */
	int64_t counted_at;        /* wall ms when the two were counted, and all these rows made */
	struct counts error_types; /* entries per type */
	struct counts error_types_5m;
	struct counts error_types_1h;
	struct series trend; /* 60 one-minute buckets of entries */
	int has_unfinished;  /* enum tri: the newest file ends in an unterminated line */
};

extern const struct schema schema_dlq_entry, schema_dlq_group, schema_dlq_folder;
/* The newest bad lines (struct dlq_entry_row with is_bad): beside the entries in a snapshot, so
 * that `dlq` of --json lists entries only. Pages that ask for them get them as dlq_entry rows. */
extern const struct schema schema_dlq_bad;

/* One line of a detail answer (pretty JSON, masked), in order. */
struct detail_row {
	int64_t index;
	const struct text *line;
	int kind; /* enum: 0 plain, 1 label, 2 masked value, 3 problem */
};
extern const struct schema schema_detail;

#endif
