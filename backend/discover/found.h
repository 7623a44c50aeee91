/* discover/found.h - the jobs, clusters and services of this host, and their lives. Pure: rows,
 * answers and times go in, a list for config_with_found() comes out.
 *
 * DESIGN. Each driver JVM that no configured job claims becomes a job.
 *
 * Its name is what Spark calls it: spark.app.name or --name of the command line, else the name the
 * UI says, else its script's or class's, else java-PID. A job is told when its name is known and
 * its ports were asked, or after a few seconds without. Of two jobs with one name the later gets
 * `-2`, and keeps it for as long as it is listed; older processes are told first, so that every run
 * of the program gives the same names.
 *
 * A driver that ends leaves its job behind, with the time. A new driver of the same user, title,
 * folder and program takes the place of one that ended: it is the same job, restarted. A job that
 * ended leaves a day later, or when a person dismisses it. One that went within seconds and never
 * spoke was no job. */
#ifndef SPARKOPS_DISCOVER_FOUND_H
#define SPARKOPS_DISCOVER_FOUND_H

#include "../../include/config.h"
#include "ports.h"

struct found;

/* What only the system can say. */
struct found_world {
	/* Is the process PID@START still there? */
	bool (*lives)(void *data, const char *id);
	/* Its command line, NULL-terminated, in the arena; NULL: not readable. */
	const char *const *(*argv)(void *data, const char *id, struct arena *a);
	/* Names of Spark's variables in its environment; NULL: none, or not readable. */
	const char *const *(*environment)(void *data, const char *id, struct arena *a);
	void *data;
};

struct found_look {
	int64_t at, mono_ms; /* wall and monotonic time */
	const struct jvm_row *const *jvms;
	size_t n;
	const struct port_book *book;
	const struct config *base;
	const char *const *own_names; /* of this host */
	bool is_once;                 /* nothing will be known better later */
};

struct found *found_new(const struct found_world *world);
void found_free(struct found *f);
void found_look(struct found *f, const struct found_look *look);
/* The folder of the queue as the job's /health/dlq says it; it is there. True: it is news. */
bool found_dlq(struct found *f, const char *job, const char *folder);
/* The working folder of a listed job, for a relative path that it says; NULL. */
const char *found_folder(const struct found *f, const char *job);
/* What the job of that JVM is called; NULL: it has no name yet. */
const char *found_name(const struct found *f, const char *jvm_id);
/* Takes a job that ended from the list. 0, or -ERR_USAGE with why not. */
MUST_CHECK int found_dismiss(struct found *f, const char *job, struct err *err);
/* What is found now; all of it lives in the arena or as long as the next look is not taken. */
void found_finds(const struct found *f, struct arena *a, struct config_finds *out);
/* The same as text, so that two lists are compared. */
void found_print(const struct config_finds *finds, struct buf *out);

#endif
