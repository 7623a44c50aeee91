/* rule/state.h - what the rules remember between two looks: one struct job_state per job. Shared by
 * the files of this folder only.
 *
 * A job's derived rows live in a piece (a small dataset), which is made anew when one of its
 * sections brought something or a second has passed, and is otherwise shared by
 * the next snapshots. */
#ifndef SPARKOPS_RULE_STATE_H
#define SPARKOPS_RULE_STATE_H

#include "../../include/row/action.h"
#include "../../include/row/dlq.h"
#include "errors.h"
#include "facts.h"
#include "incident.h"
#include "host.h"
#include "network.h"
#include "rule.h"

/* A start that lies further ahead is told in another zone. */
enum { START_AHEAD_MS = 5000 };

enum { EVENTS_KEPT = 24, APP_ID_MAX = 128, LOGS_MAX = 8, ACTING_MAX = 32 };

struct event {
	int64_t at;
	char *what;        /* owned */
	const char *where; /* literal */
	bool is_bad;
	int64_t errors; /* how many more it tells of; 0: it tells of something else */
};

/* The sections of one job at this look; NULL where there is none. */
struct job_sections {
	const struct section *health, *ui, *dlq;
	const struct section *logs[LOGS_MAX];
	size_t nlogs;
};

/* What a health answer tells: where all of it is the same, nothing moves. */
struct told {
	double uptime_s, since_batch_s;
	int64_t batches, records, errors, last_at;
};

struct job_state {
	const struct config_job *cfg;
	struct job_sections now;
	bool is_suspect, is_ui_suspect; /* health, UI: silent together with other jobs' */

	/* from the health endpoint */
	int64_t health_read_at; /* good_at of the last answer read, ABSENT */
	int64_t start_time, asked_at;
	double uptime_s;
	struct told told;
	int64_t same_since;      /* wall ms when all of that was first seen */
	int64_t looks;           /* good answers read since then */
	int64_t uptime_moved_at; /* ABSENT */
	bool is_uptime_idle;     /* other figures move, this one does not */
	struct counter errors, batches, records;
	struct samples record_samples;
	int64_t batch_rose_at;
	double batch_gap_s; /* as seen; NaN */
	/* since when it has counted as many batches, and our last look before; ABSENT */
	int64_t same_batch_since, same_batch_after;
	bool has_seen_batch; /* then the last one ended between the two */
	int64_t zone_slip;   /* its dates without a zone against this host's, by that; ABSENT */
	struct quiet quiet;
	struct minutes batch_minutes, record_minutes, error_minutes, uptime_minutes;
	struct type_tracks types;
	int64_t looked_since; /* our own first look; ABSENT */
	int64_t watched_since;
	int64_t restarts, restarted_at;
	unsigned restart_echoes;      /* signs of that same restart which may still come */
	struct rules_counters *seeds; /* of earlier runs, until used; own their keys */
	size_t nseeds;

	/* from the driver's UI */
	int64_t ui_read_at;
	char application_id[APP_ID_MAX];
	int64_t spark_jobs, spark_tasks; /* totals last seen, ABSENT */
	int64_t progress_at;             /* when those last rose */
	int64_t batch_seen_at;           /* date of the newest micro-batch seen */
	struct ident batch;              /* its number; without text */
	struct minutes spark_minutes;
	bool is_filled_from_spark;
	const struct dataset *filled_from_dlq;
	/* when queue and counter were first seen together: what dates the errors before our first
	 * look; ABSENT */
	int64_t entries_then, errors_then;
	struct {
		int64_t total, first_at, last_at; /* by /health/dlq */
	} queue_then;

	/* from this host's JVMs: rows of host.out, judged */
	const struct jvm_row *jvm;         /* its driver; NULL: none seen */
	const struct jvm_row *const *jvms; /* the driver first, then executors */
	size_t njvms;
	uint64_t jvm_print;
	struct driver driver;
	struct slid slid;

	/* what was made of it */
	int verdict; /* enum verdict, -1: none yet */
	int64_t since;
	struct rules_standing stood;     /* as an earlier run left it; at ABSENT: there was none */
	bool is_since_dated, is_settled; /* by a date; all of its targets answered once before */
	struct event *events;            /* ring of EVENTS_KEPT; NULL: nothing happened yet */
	size_t nevents, next_event;
	struct executors_summary sum;
	struct dataset *executors;                             /* piece: executor rows */
	const struct dataset *executors_from, *executors_host; /* kept alive by the piece */
	int64_t executors_at;
	struct incident_memory incidents[INCIDENT_COUNT];
	struct dataset *piece; /* the job row, its error rows and incidents */
	const struct job_row *row;
	int64_t at, made_mono; /* when it was made */
	/* compared with `now` to see whether anything changed; kept alive by the piece */
	const struct dataset *health_data, *ui_data, *dlq_data;
	uint64_t print;
};

struct rules {
	const struct config *cfg;
	const struct clock *clk;
	struct job_state *jobs;
	size_t njobs;
	int64_t gap_at, gap_ms; /* our own loop was late; ABSENT */
	struct network network;
	struct host host;
	char banner[320];

	/* what runs at this look; rows of the input's */
	const struct action_row *acting[ACTING_MAX];
	size_t nacting;

	/* where each section belongs: index into jobs, or -1 */
	int *job_of;
	size_t nsections;
	struct dataset *names; /* texts of the targets */
	struct target_names {
		const struct text *source, *job, *where, *found_by;
	} * target_names;

	/* the last derived datasets; one reference each */
	const struct dataset *out_jobs, *out_errors, *out_executors, *out_dlq, *out_targets,
		*out_incidents;
};

void job_state_init(struct job_state *j, const struct config_job *cfg);
void job_state_release(struct job_state *j);
void driver_init(struct driver *d);
/* A sign that the job was started again. One restart shows by up to three of them, in any order:
 * it is counted once. */
enum restart_sign { RESTART_BY_HEALTH = 1, RESTART_BY_APPLICATION = 2, RESTART_BY_DRIVER = 4 };
void job_restarted(struct job_state *j, int64_t at, const char *where, enum restart_sign sign);
void job_event_add(struct job_state *j, int64_t at, const char *where, bool is_bad, const char *fmt,
		   ...) ATTR_PRINTF(5, 6);

/* remember.c: takes in what is new since the last look. */
void remember_look(struct job_state *j, int64_t at);
/* Windows begin anew: nobody looked for a while. */
void remember_gap(struct job_state *j, int64_t at, int64_t gap_ms);
void remember_seed(struct job_state *j, const struct rules_counters *c);

/* remember_moves.c: for read_health() only. What of this answer moved since the last one. */
void note_moves(struct job_state *j, const struct health_row *h);
/* By its counter, which rose by so much since `before`, or without one by its date: since when no
 * batch more is known. */
void note_last_batch(struct job_state *j, const struct health_row *h, int64_t at, int64_t before,
		     int64_t rose);

/* Usual time between two batches: as configured, as seen, or the mean of its life; NaN. */
double batch_gap_s(const struct job_state *j, const struct health_row *h);

/* gather.c: sections and memory to facts. rows: this job's error rows. */
struct gathering {
	const struct job_state *job;
	int64_t at, interval_ms;
	const struct section *const *sections; /* for what the masters say */
	size_t nsections;
	const struct error_row *errors;
	size_t nerrors;
	const char *network;
	bool is_once; /* one look, then the end */
	bool may_act; /* neither read-only nor a wall */
};
void gather_facts(const struct gathering *g, struct arena *a, struct job_facts *out);

/* gather_errors.c: its windows and its most telling type, by its counters and its queue. */
void gather_errors(const struct gathering *g, struct arena *a, struct job_facts *f);

/* gather_driver.c: what is known of its driver's process, also when that is gone. */
void gather_driver(const struct job_state *j, struct arena *a, struct job_facts *f);
/* The first line of its logs later than `after` which says that its driver ran out of memory or its
 * session is dead; NULL: there is none, or a new session since. */
const struct log_mark_row *driver_words(const struct job_state *j, int64_t after);

/* build.c: facts to rows. Makes the job's pieces. */
struct build {
	struct rules *r;
	const struct rules_input *in;
};
void build_job(const struct build *b, struct job_state *j);

/* acting.c: what is being done to a job now; NULL: nothing. */
void acting_look(struct rules *r, const struct dataset *actions);
const struct action_row *acting_on(const struct rules *r, const struct text *job);
void acting_fill(const struct rules *r, int64_t at, struct arena *a, struct job_row *row);

/* jvms.c: joins and judges; sets every job's jvm, jvms and driver. */
void host_look(struct rules *r, const struct rules_input *in);
void host_gap(struct host *h, int64_t at, int64_t ms);
void host_forget(struct rules *r); /* another configuration: all is joined anew */
void host_release(struct host *h);

/* driver.c: the memory of a job's driver. */
void driver_look(struct job_state *j, const struct host *h);

/* slid.c: looks for a driver of its name near its UI's port. */
void slid_look(struct rules *r, struct job_state *j, const char *const *own_names);

/* executors.c: makes the job's executor rows; true: made anew. */
bool build_executors(const struct build *b, struct job_state *j);

/* targets.c: one row per section; takes over into out_targets. True: made anew. */
bool targets_look(struct rules *r, const struct rules_input *in);

/* May a job have counted so many seconds? NaN is none, and nothing runs for three hundred years. */
static inline bool is_span(double seconds)
{
	return seconds >= 0 && seconds < 1e10;
}

static inline const struct health_row *health_of(const struct job_state *j)
{
	const struct section *s = j->now.health;

	return s && s->data ? dataset_one(s->data, &schema_health) : NULL;
}

static inline const struct app_row *app_of(const struct job_state *j)
{
	const struct section *s = j->now.ui;

	return s && s->data ? dataset_one(s->data, &schema_app) : NULL;
}

static inline const struct dlq_folder_row *folder_of(const struct job_state *j)
{
	const struct section *s = j->now.dlq;

	return s && s->data ? dataset_one(s->data, &schema_dlq_folder) : NULL;
}

#endif
