/* rule/host.h - what the rules remember of this host's JVMs between two looks, and of the driver of
 * each job. Shared by the files of this folder only. */
#ifndef SPARKOPS_RULE_HOST_H
#define SPARKOPS_RULE_HOST_H

#include "jvms.h"

enum { JVM_ID_MAX = 48, DRIVER_COMMAND_MAX = 240 };

/* For how long each look has found something of one JVM: wall ms of the first one, ABSENT. */
struct jvm_memory {
	const struct text *id;
	int64_t orphan_since, closed_since, strain_since, hung_since, work_since;
	int64_t ui_seen_at; /* its UI answered, and it was this JVM that listened there */
	int64_t ui_open_at; /* it listened there, and discovery had found its UI there */
};

enum { GAPS_KEPT = 16 };

struct host {
	struct {
		int64_t at, ms;
	} gaps[GAPS_KEPT]; /* when our own loop was away */
	size_t next_gap;
	const struct dataset *data; /* the rows that were joined; one reference */
	int64_t looked_at;          /* wall ms when they were read */
	int64_t made_mono;
	size_t n;
	int *job_of;
	struct jvm_memory *memories; /* of the rows, in their order */
	const struct dataset *out;   /* judged rows; one reference; NULL: nobody looked */
};

/* The driver of a job, also when it is gone. */
struct driver {
	char id[JVM_ID_MAX]; /* ""; none seen yet */
	int64_t pid, started_at, python_pid;
	int64_t gone_at; /* wall ms of the first look without it; ABSENT: it is there, or unknown */
	int64_t exit_code;                /* as long as it was a zombie; ABSENT */
	int verdict;                      /* enum jvm_verdict of the last look; -1 */
	char command[DRIVER_COMMAND_MAX]; /* of its Python, as shown: without secrets; "" */
	/* when its UI answered last */
	int64_t answered_at; /* ABSENT */
	int64_t jobs_then;   /* that ran */
	double left_s;       /* the longest that one of them had to go, at its pace till then */
	bool had_query;      /* a streaming query was active */
	double old_pct;      /* how full its old generation was at the last look; NaN */
	bool was_closed;     /* its UI was closed while it, and its Python, still lived */
	int64_t oom_kills;   /* of its control group while we watched it; ABSENT */
	char earlier_id[JVM_ID_MAX];   /* the one before it */
	const struct jvm_row *earlier; /* while that one still lives; in host.out */
};

#endif
