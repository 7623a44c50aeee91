/* dlq/index.h - what is kept of every line: 32 bytes each, and the counts over all of them.
 *
 * The words of a line stay in its file; here are offset, line number, batch id, time, error type
 * and group. Times without a zone are kept as they stand (as if they were UTC), because the job's
 * zone may become known later. One owner at a time; no locks. */
#ifndef SPARKOPS_DLQ_INDEX_H
#define SPARKOPS_DLQ_INDEX_H

#include "line.h"

enum entry_flags {
	ENTRY_BAD = 1,       /* a bad line */
	ENTRY_NAIVE = 2,     /* its time has no zone */
	ENTRY_DUPLICATE = 4, /* the same line is counted in another file of that day */
};

struct entry {
	int64_t at;    /* ms, ABSENT */
	int64_t batch; /* ABSENT: none, or not a 64-bit number */
	uint32_t offset_low, line;
	uint16_t offset_high, flags, type, group;
};

static inline int64_t entry_offset(const struct entry *e)
{
	return (int64_t)((uint64_t)e->offset_high << 32 | e->offset_low);
}

enum { ENTRY_BLOCK = 4096 };

/* Earliest and latest of zoned and of naive times; ABSENT while there are none. */
struct span_at {
	int64_t first[2], last[2]; /* [1]: naive */
};

/* The lines of one file in their order, blank ones left out. */
struct entries {
	struct entry *v;
	size_t n, size;
	struct span_at *blocks; /* of each ENTRY_BLOCK entries: lets windows skip what is old */
	size_t nblocks;
	int64_t undated; /* entries without a readable time */
	uint64_t order;  /* of the file: a higher one is newer */
};

struct error_type {
	char *raw; /* as UTF-8, not cleaned; NULL: no type was given */
	size_t len;
	uint64_t hash;
	int64_t count;
};

struct group {
	uint64_t id;
	uint16_t type;
	int64_t count;
	struct span_at at;
	const struct entries *newest_file; /* of its newest entry; NULL while it has none */
	size_t newest;                     /* index in that file */
	bool is_told;                      /* the tokens are those of the newest entry */
	struct span message, advice;       /* tokens of our own; what was cut has no end quote */
};

/* The last message of a type. */
struct lately {
	uint32_t len;
	uint16_t type, group;
	char bytes[248];
};

enum { LATELY = 8 };
enum { GROUP_HEAD = 1024 }; /* bytes of a message that are looked at */
enum { TYPES_MAX = 1024, GROUPS_MAX = 4096 };

/* Numbers of types or groups by hash: open addressing, at most a quarter is taken. The tags are
 * small enough to stay in the cache, and all that is looked at for a message that nobody had
 * before. */
struct slots {
	unsigned char *tags; /* of the hash, never 0; 0: free */
	uint16_t *v;
	size_t n; /* a power of two */
};

struct index {
	struct error_type *types; /* [0]: no type; [TYPES_MAX]: all that did not fit */
	size_t ntypes;
	struct group *groups; /* [0]: all that did not fit */
	size_t ngroups;
	struct slots type_slots, group_slots;
	uint16_t seen_types[64];     /* by a rough hash: tried first */
	struct buf scratch, decoded; /* while lines are added, as is the next */
	struct lately *lately;       /* [LATELY] or NULL */

	int64_t nentries, nbad;
	struct span_at at;
};

void index_init(struct index *x);
void index_release(struct index *x);
/* No line comes for a while: gives back what only adding needs. */
void index_rest(struct index *x);

void span_at_clear(struct span_at *s);
void span_at_add(struct span_at *s, const struct entry *e);
/* In UTC, with the naive times read in a zone (ABSENT: this host's). */
int64_t span_at_first(const struct span_at *s, int64_t zone_ms);
int64_t span_at_last(const struct span_at *s, int64_t zone_ms);
int64_t entry_utc(const struct entry *e, int64_t zone_ms);

/* One more line of `file`. where: offset and line number are set by the caller. */
void index_add(struct index *x, struct entries *file, struct entry where,
	       const struct line_fields *fields);
/* The group that a line with these tokens belongs to, without an index: for lines at the end of a
 * file that the index has not reached. */
uint64_t index_group_id(struct span type, struct span message);
/* Counts an entry that is there, or takes it out of the counts again. */
void index_count(struct index *x, const struct entries *file, size_t i);
/* Forgets all counts (not types and groups), for counting anew. */
void index_clear_counts(struct index *x);
/* Replaces a token of our own by a copy of t (len 0: by nothing). */
void span_keep(struct span *to, struct span t);
void entries_release(struct entries *e);

/* group.c: the id of a failure: error type and message with ids, times, numbers, hex, UUIDs and
 * quoted words left out. Never 0. */
uint64_t group_id(uint64_t type_hash, struct span message, struct buf *scratch);
/* The text that is hashed, for tests: appended to out. */
void group_normalise(const char *p, size_t len, struct buf *out);
uint64_t hash_bytes(const void *p, size_t len, uint64_t seed);

#endif
