/* rule/errors.h - error types: what they mean, what to do, and how many there were when. Pure. */
#ifndef SPARKOPS_RULE_ERRORS_H
#define SPARKOPS_RULE_ERRORS_H

#include "../../include/row/dlq.h"
#include "../../include/row/error.h"
#include "../../include/row/health.h"
#include "../../include/snapshot.h"
#include "window.h"

/* What is known of an error type by its name, with or without its package. Always something. */
struct error_kind {
	const struct text *alias; /* the name under which like types are merged; NULL: its own */
	const struct text *cause; /* NULL: not known */
	const struct text *recommendation;
};
struct error_kind error_kind_of(const char *type);
/* `AnalysisException` of `pyspark.errors.exceptions.captured.AnalysisException`. */
const char *error_short_name(const char *type);
/* Are the two one kind of error under two names? */
bool error_is_same(const char *type, const char *other);

/* What has to be remembered of one type of one job between two looks. */
struct type_track {
	char *key;
	struct counter counter;
	struct minutes minutes;
	int64_t first_at;   /* of all, where it began at 0 while we watched; ABSENT */
	int64_t last_at;    /* of those that we saw happen; ABSENT */
	int64_t last_after; /* the look before last_at: it happened between the two */
};
struct type_tracks {
	struct type_track *v;
	size_t n, size;
	bool is_read;    /* then a type that is not there was 0 ... */
	int64_t read_at; /* ... at that time */
};
enum { TYPES_TRACKED = 64 }; /* more types of one job are listed but not tracked */

void tracks_release(struct type_tracks *t);
void tracks_restart(struct type_tracks *t); /* windows begin anew */
/* All types that the job counts: one that never was among them is 0. */
void tracks_read(struct type_tracks *t, const struct counts *types, int64_t at, int64_t born_at,
		 enum life life);
const struct type_track *tracks_find(const struct type_tracks *t, const char *key);

struct error_sources {
	const struct text *job;
	int64_t at;
	const struct health_row *health; /* NULL */
	const struct type_tracks *tracks;
	const struct dlq_folder_row *folder; /* NULL */
	const struct rowset *groups;         /* of its DLQ; NULL */
};

/* Rows of this job, most frequent of the last hour first, then by count; n in
 * *nrows. Lives in a. */
struct error_row *error_rows(const struct error_sources *src, struct arena *a, size_t *nrows);

#endif
