/* action/replay_queue.h - the dead-letter queue as a replay sees it: every entry that may matter,
 * oldest first, with the hash of its exact bytes; and those bytes, read again when they are sent.
 *
 * A snapshot holds the newest entries of a folder only; a replay of all, of a type or a group, and
 * the first entry of a unit, need the rest. An entry takes 96 bytes here, its words stay in its
 * file. Blocks on files: an act's thread. */
#ifndef SPARKOPS_ACTION_REPLAY_QUEUE_H
#define SPARKOPS_ACTION_REPLAY_QUEUE_H

#include "../../include/arena.h"
#include "../../include/buf.h"
#include "../../include/err.h"

enum { QUEUE_HASH = 32, QUEUE_UNIT = 16, QUEUE_MOST = 2000000, QUEUE_LINE_MAX = 16 << 20 };

struct queue_entry {
	unsigned char hash[QUEUE_HASH];
	unsigned char unit[QUEUE_UNIT]; /* digest of its unit, else of its batch id; zeros: none */
	uint64_t group;
	int64_t at; /* wall ms; ABSENT: not readable */
	int64_t offset;
	uint32_t line, day; /* YYYYMMDD of its file */
	uint32_t first;     /* the first entry of its unit; itself */
	uint16_t file, type;
};

struct queue_look {
	const char *folder, *job;
	const char *const *unit; /* templates, NULL-terminated; NULL: the line is the unit */
	int64_t zone_ms;         /* of times without a zone; ABSENT: this host's */
	int64_t now, max_age_ms;
};
/* What is read of the queue: the rest is passed over. With units or `all` nothing is. */
struct queue_wish {
	bool all;
	uint64_t group;         /* 0: any */
	const char *error_type; /* NULL: any */
	int64_t since_ms, until_ms;
};

struct queue;

struct queue *queue_new(const struct queue_look *look, const struct queue_wish *wish);
void queue_free(struct queue *q);
/* Reads what is there and was not read before, oldest first; more entries may be there afterwards.
 * is_over (NULL: never) is asked now and then; true ends it with -ERR_TIMEOUT. -ERR_LIMIT: there
 * are more than QUEUE_MOST. */
MUST_CHECK int queue_read(struct queue *q, bool (*is_over)(void *data), void *data,
			  struct err *err);
size_t queue_count(const struct queue *q);
const struct queue_entry *queue_entry(const struct queue *q, size_t i);
bool queue_has_units(const struct queue *q); /* are units configured? */
/* Of a unit or a batch id as text, as in queue_entry.unit. */
void queue_digest(const char *text, unsigned char out[static QUEUE_UNIT]);
/* The first entry of that unit (as text), or count. */
size_t queue_unit_first(const struct queue *q, const char *unit);
/* Is it about that batch, and of that type (NULL: of none)? */
bool queue_is_same_failure(const struct queue *q, const struct queue_entry *e, const char *batch_id,
			   const char *error_type);
/* Is there a later entry with the same failure? For lines, not for units. */
bool queue_has_later(const struct queue *q, size_t i);
size_t queue_find(const struct queue *q,
		  const unsigned char hash[static QUEUE_HASH]);             /* or count */
const char *queue_type(const struct queue *q, const struct queue_entry *e); /* cleaned; "" */
const char *queue_file(const struct queue *q, const struct queue_entry *e); /* its name */
bool queue_is_gz(const struct queue *q, const struct queue_entry *e);
bool queue_is_old(const struct queue *q, const struct queue_entry *e);
/* Its time; of one whose time cannot be read the end of its file's day. */
int64_t queue_time(const struct queue_entry *e);
bool queue_has_unit(const struct queue_entry *e);
/* Lines of that hash prefix (hex digits); *at is one of them. */
size_t queue_prefix(const struct queue *q, const char *prefix, size_t *at);

/* Its exact bytes without the line end, also where its file was renamed or packed meanwhile.
 * -ERR_MISSING: the line changed or is gone. */
MUST_CHECK int queue_bytes(struct queue *q, const struct queue_entry *e, struct buf *out,
			   struct err *err);
/* What an entry of these bytes says; in a, exact (not cleaned), NULL: not there. */
struct queue_words {
	const char *batch_id, *timestamp, *error_type;
	const char *batch_text; /* batch_id cleaned */
	const char *unit;       /* cleaned; NULL: the line itself */
	const char *context;    /* its JSON object; NULL */
	size_t context_len;
};
void queue_words(const struct queue *q, const struct queue_entry *e, const struct buf *bytes,
		 struct arena *a, struct queue_words *out);
/* A member of the context as it is meant; NULL: not there, or no text or number. */
const char *queue_context(const struct queue_words *w, const char *name, size_t len,
			  struct arena *a);

void queue_hex(const unsigned char *digest, size_t n, char *out); /* 2n digits and a NUL */

#endif
