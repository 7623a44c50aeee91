/* rule/jvms.h - which job a JVM belongs to, and how it is. Pure.
 *
 * DESIGN. The jvm source brings rows with numbers and windows. Here each finds its job
 * (jvms_join), is judged with what the job's other sources say (jvm_judge), and is copied into the
 * derived rows with job, verdict, evidence. `hung` wants at least two signs that agree; every
 * verdict but busy, idle, dead and unknown says at least two, each with its number. */
#ifndef SPARKOPS_RULE_JVMS_H
#define SPARKOPS_RULE_JVMS_H

#include "../../include/config.h"
#include "../../include/row/jvm.h"
#include "../../include/row/log.h"
#include "../../include/row/spark.h"
#include "../../include/snapshot.h"
#include "../../include/url.h"

/* Its main thread has ended, others have not yet. */
static inline bool jvm_is_ending(const struct jvm_row *jvm)
{
	return jvm->state == 'Z' && jvm->threads > 1;
}

/* Gone but for its exit code, which its parent has not fetched. */
static inline bool jvm_is_dead(const struct jvm_row *jvm)
{
	return (jvm->state == 'Z' && !jvm_is_ending(jvm)) || jvm->state == 'X';
}

/* The Python of a job: below its JVM (`spark-submit JOB.py`; what stands above only started that),
 * else above it. */
struct python_half {
	int64_t pid;           /* ABSENT: there is none */
	const struct text *id; /* PID@START; NULL */
	const struct jvm_ports *listens;
	bool is_below;
};
struct python_half python_of(const struct jvm_row *jvm);

/* What is known of one job when its JVM is looked for. */
struct join_job {
	const struct config_job *cfg;
	const char *jvm_id;           /* its driver at the last look; "" */
	const char *application_id;   /* as its UI last said; "" */
	bool ui_answers;              /* right now: who holds its port is its driver */
	const char *const *own_names; /* of this host beside localhost; NULL-terminated, or NULL */
	int64_t ended_at;             /* wall ms when that driver was missed; ABSENT */
};

/* Does it have the names that the job's `match` asks for? False without `match`. */
bool jvm_is_named(const struct config_job *c, const struct jvm_row *jvm);
/* May it be a job's driver: no executor, no daemon. */
bool jvm_may_drive(const struct jvm_row *jvm);

/* job_of[i]: index of the job of jvms[i], or -1. Drivers by the id remembered or found, the port of
 * ui or health (of it or its Python), application id, match; executors by their driver. A job that
 * was found is tied by id alone: its ports may be another's by now. An application id ties no JVM
 * that holds none of the job's ports of this host. One with `match` takes nobody's port who does
 * not match, and who matches and listens elsewhere than where the job is known to is a stranger; of
 * two that live and have only the name neither is taken. A driver belongs to one job at most, and a
 * job has one driver: of several the one whose port answers its ui, else the youngest that lives,
 * else the youngest. */
void jvms_join(const struct jvm_row *const *jvms, size_t n, const struct join_job *jobs,
	       size_t njobs, int *job_of);

/* What the job's other sources say about a driver, and for how long something has been seen at each
 * look. Times are wall ms, numbers ABSENT or NaN. */
struct jvm_facts {
	int64_t at;
	const struct jvm_row *jvm;
	int64_t watched_since; /* ABSENT: this is the first look */
	int64_t lost_ms;       /* of the last minutes, in which nobody looked */
	bool has_ui, ui_answers,
		ui_refused; /* its UI is asked; the last answer was good; port closed */
	int64_t silent_probes, silent_ms; /* of the UI */
	bool is_common;                   /* that silence began together with other jobs' */
	int64_t ui_port;                  /* on this host; 0: not known */
	int64_t ui_good_at;
	bool ui_was_seen;   /* it answered once since this JVM began */
	bool ui_was_found;  /* this JVM listened there when that was found to be its UI */
	bool ui_is_written; /* somebody wrote down that it is there */
	int64_t active_tasks, active_jobs; /* by the UI, while it answers */
	int64_t progress_at; /* wall ms when jobs, tasks or batches last moved; ABSENT */
	int64_t batch_age_s, batch_usual_s; /* age of the last batch and what is usual; ABSENT */
	bool is_work_due;                   /* it is configured to have a batch now and then */
	int64_t orphan_ms, closed_ms, strain_ms; /* for how long each look has found
					jvm_is_orphan(), jvm_ui_is_closed(), jvm_is_strained();
					ABSENT: this one does not */
	int64_t hung_ms; /* for how long it has been judged hung; ABSENT: the last look did not */
	int64_t work_ms; /* for how long each look has found jvm_works(); ABSENT: not now */
	const struct thread_sign_row *threads; /* the last list of this JVM, however old; NULL */
	const char *job;
	const struct log_mark_row *words; /* the line of its log that told of its end, since when
					no batch ended and its UI never answered; NULL */
	bool context_stopped;             /* its log says so (stopped SparkContext) */
	double scale;                     /* of all windows; 1; tests run an hour in minutes */
};

bool jvm_is_orphan(const struct jvm_row *jvm);    /* a PySpark JVM without its Python */
bool jvm_ui_is_closed(const struct jvm_facts *f); /* though it was there */
bool jvm_is_strained(const struct jvm_row *jvm);  /* most of the time goes into collections */
bool jvm_works(const struct jvm_row *jvm);        /* uses CPU as none does that only ticks */

struct jvm_judgement {
	enum jvm_verdict verdict;
	struct texts evidence; /* most telling first; never empty */
};
/* Texts live in the arena. */
void jvm_judge(const struct jvm_facts *f, struct arena *a, struct jvm_judgement *out);

#endif
