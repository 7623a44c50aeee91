/* snapshot.h - what the backend knows, frozen.
 *
 * A dataset is rows that never change, with the arena they live in; a section is what one target
 * last said; a snapshot is an array of pointers to both. All are reference counted (atomic), so any
 * thread may keep one as long as it likes. A source that fails gets a new section that keeps the
 * last good dataset: old data stays visible, with its age. */
#ifndef SPARKOPS_SNAPSHOT_H
#define SPARKOPS_SNAPSHOT_H

#include "arena.h"
#include "field.h"
#include "source.h"

/* Rows of one type: an array of pointers, so that rows may be shared and reordered cheaply. */
struct rowset {
	const struct schema *schema;
	size_t n;
	const void *const *rows;
};

struct dataset {
	const struct rowset *sets;
	size_t nsets;
	/* private */
	int refs;
	struct arena arena;
	struct dataset_kept *kept;
};

/* Makes an empty dataset whose arena the caller fills; one reference. */
struct dataset *dataset_new(void);
/* The same with room for as much as was in the one before it (NULL: none), which spoke of the same
 * thing a moment ago. */
struct dataset *dataset_new_after(const struct dataset *before);
/* Adds a rowset of n rows lying one behind the other in an array (the rows must live in d's arena).
 * Before publishing. */
void dataset_add(struct dataset *d, const struct schema *s, const void *rows, size_t n);
/* The same from an array of pointers that lives in d's arena. */
void dataset_add_pointers(struct dataset *d, const struct schema *s, const void *const *rows,
			  size_t n);
/* Holds a reference of other for as long as d lives: d's rows may point into it. */
void dataset_keep(struct dataset *d, const struct dataset *other);
const struct dataset *dataset_ref(const struct dataset *d);
void dataset_unref(const struct dataset *d); /* NULL is fine */
/* The rowset of that schema (by name), or an empty one. */
const struct rowset *dataset_rows(const struct dataset *d, const struct schema *s);
/* First row of that type or NULL: for datasets that hold one. */
const void *dataset_one(const struct dataset *d, const struct schema *s);

enum section_state { SECTION_WAITING, SECTION_OK, SECTION_LATE, SECTION_FAILED };
extern const char *const section_state_names[]; /* waiting ok late failed NULL */

struct section {
	enum source_id source;
	const char *job;   /* name of the job it belongs to; NULL: none (a cluster) */
	const char *where; /* URL or folder, cleaned */
	enum section_state state;
	int64_t tried_at; /* wall ms of the last answer or failure, ABSENT before the first */
	int64_t good_at;  /* wall ms of the last good answer, ABSENT */
	int64_t next_at;  /* wall ms, at the latest: of one that failed or is late, else ABSENT */
	int64_t took_ms;  /* of the last answer, ABSENT */
	int64_t code;     /* HTTP code of the last answer, ABSENT */
	int64_t silent_probes; /* unanswered in a row */
	int64_t silent_ms;     /* from the first of those to the last, 0 */
	bool is_refused; /* the last failure was "connection refused": the host answers, the port is
			    closed */
	const char *problem;  /* why it is not ok; of one that is, what it does not see; NULL */
	const char *found_by; /* "config", "argv", or how it was found */
	const struct dataset *data; /* the last good rows; NULL before the first */
	/* private */
	int refs;
	struct arena arena;
	const struct section *names; /* one reference: job, where and found_by are its texts; NULL:
					they are in the arena */
};

struct section *section_new(void);
/* What stays from answer to answer is in the section names, which has no rows. */
struct section *section_new_named(const struct section *names);
const struct section *section_ref(const struct section *s);
void section_unref(const struct section *s);

struct config;

struct snapshot {
	uint64_t seq;
	uint64_t news_seq; /* of the last one up to this in which more than times moved on */
	int64_t at;        /* wall ms when it was made */
	int64_t mono_at;   /* monotonic ms */
	size_t nsections;
	const struct section *const *sections;
	/* Derived by the rules, a rowset each: job rows (worst first), incidents, errors,
	 * executors, targets. */
	const struct dataset *jobs, *incidents, *errors, *executors, *targets, *dlq, *jvms;
	const struct dataset *actions; /* what was done and what is being done; NULL: nothing */
	const struct dataset *plan;    /* open questions (plan_row); NULL: none */
	const struct dataset *detail;  /* answer to the last detail request, or NULL */
	const struct config *cfg; /* one reference of what the backend runs with; NULL: in tests */
	const char *banner;     /* one thing the operator must know (broken configuration, own loop
				   late), or NULL */
	const char *banner_job; /* whose row it is to be answered in; NULL: none */
	/* private */
	int refs;
	struct arena arena;
};

const struct snapshot *snapshot_ref(const struct snapshot *s);
void snapshot_unref(const struct snapshot *s);
/* Is the caller's reference the only one? Stays true where nobody else can take another. */
bool snapshot_is_alone(const struct snapshot *s);
/* All rows of that schema over all sections and derived datasets, gathered into a (frame) arena:
 * what the generic table and --json show. Derived datasets come first and hide the sections' own
 * rows of the same schema. */
struct rowset snapshot_rows(const struct snapshot *s, const struct schema *schema, struct arena *a);

#endif
