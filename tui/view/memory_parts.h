/* memory_parts.h - what the three parts of the memory view share: its inputs, where they come from
 * and what was typed over them. */
#ifndef SPARKOPS_VIEW_MEMORY_PARTS_H
#define SPARKOPS_VIEW_MEMORY_PARTS_H

#include "../../include/headroom.h"
#include "../../include/row/executor.h"
#include "../ui.h"

enum memory_input {
	IN_PARALLELISM,
	IN_EXECUTORS,
	IN_CORES,
	IN_TASK,
	IN_MEMORY,
	IN_OVERHEAD,
	IN_FRACTION,
	IN_SAFETY,
	IN_CONNECTIONS,
	INPUTS
};
enum memory_kind { MEMORY_COUNT, MEMORY_BYTES, MEMORY_REAL };

/* A row of the table: what the job runs with, and what is tried instead. */
struct memory_row {
	const struct text *name, *setting, *origin;
	double now, tried; /* NaN: not known */
	enum memory_input input;
	enum memory_kind kind;
	bool is_changed;
};
extern const struct table_spec memory_spec;

/* What is known of the job; made anew in each update. */
struct memory_facts {
	struct headroom_plan now;
	const struct text *origin[INPUTS]; /* NULL: not known */
	bool is_local, is_standalone;
	bool has_default_overhead, has_all_cores; /* not set: they follow memory and cores */
	struct headroom_signs signs;
	double gc_pct; /* the worst of its executors */
	const struct text *gc_of;
	const struct executor_row *least; /* the least room that rests on figures, not on a guess */
	int64_t lost_at;                  /* the last executor lost to memory; ABSENT */
	size_t nworkers;                  /* of its cluster; 0: none is watched */
	const struct headroom_worker *workers;
	const struct text *application, *master;
};

struct memory_own {
	char job[256]; /* the edits are about this one */
	double edit[INPUTS];
	bool is_edited[INPUTS];
	struct memory_facts facts;
	struct headroom_plan tried; /* facts.now with the edits, and what follows from them */
	struct memory_row rows[INPUTS];
};

static inline struct memory_own *memory_own(struct view_state *v)
{
	return v->own;
}

double memory_get(const struct headroom_plan *p, enum memory_input in);
void memory_set(struct headroom_plan *p, enum memory_input in, double v);
/* Spark's setting for it; NULL: there is none. */
const char *memory_setting(const struct memory_facts *f, enum memory_input in);
const char *memory_name(const struct memory_facts *f, enum memory_input in);
enum memory_kind memory_kind(enum memory_input in);
/* `512M`, `0.6`; "-" when NaN. */
void memory_format(enum memory_kind kind, double v, char *out, size_t size);
/* As Spark wants it written: `12g`, `1536m`, `local[4]`. */
void memory_spark_value(const struct memory_facts *f, enum memory_input in,
			const struct headroom_plan *p, char *out, size_t size);

/* Start values and signs, from the rows of the job. */
void memory_gather(struct ui *ui, struct view_state *v, const char *job, struct memory_facts *out);
/* A setting that is to be changed; false: it stays. */
struct memory_change {
	const char *setting;
	char was[32], is[32], why[200];
};
bool memory_change(const struct memory_own *o, enum memory_input in, struct memory_change *out);
/* What the signs ask for, a sentence each; returns how many, at most `max`. */
size_t memory_advice(const struct memory_own *o, struct arena *a, const struct text **out,
		     size_t max);
bool memory_is_changed(const struct memory_own *o);

void memory_draw(struct ui *ui, struct view_state *v, struct area a);

#endif
