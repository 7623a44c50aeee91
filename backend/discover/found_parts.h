/* discover/found_parts.h - a found job as its keepers see it: found.c keeps its life,
 * found_name.c tells names, found_logs.c knows the executors' logs, found_list.c writes the list.
 * Nobody else includes it. */
#ifndef SPARKOPS_DISCOVER_FOUND_PARTS_H
#define SPARKOPS_DISCOVER_FOUND_PARTS_H

#include <string.h>

#include "found.h"

/* One whose log its worker gives. */
struct found_executor {
	char id[PROCESS_ID_MAX];
	char *url;
	bool is_here;
};

struct found_job {
	struct found_job *next;
	struct arena kept; /* what does not change while its driver lives */
	struct arena now;  /* what the last look at its driver showed */

	/* in kept */
	const char *name;        /* as it is listed; NULL: not told yet */
	const char *title;       /* as Spark calls it; NULL: not known */
	const char *program;     /* script or class; NULL */
	const char *match_class; /* by which its JVM is known again; NULL */
	const char *folder, *user, *unit, *container;
	const char *const *argv, *const *environment;
	bool is_known;       /* its Python was looked for */
	bool is_title_final; /* the command line says it */

	int64_t uid, pid, python_pid;
	char jvm_id[PROCESS_ID_MAX], python_id[PROCESS_ID_MAX]; /* "" : none, or gone */
	int64_t born_ms, gone_ms; /* monotonic; gone_ms ABSENT while it lives */
	int64_t gone_at;          /* wall; ABSENT */
	int64_t restarts;
	bool is_here; /* its driver was among the JVMs of the last look */
	bool is_dead; /* it is, but as a zombie */
	bool has_spoken, is_dismissed;
	bool is_old;         /* it ran for a while before it was seen */
	bool was_found_dead; /* nobody saw it alive: what is known of it is its Python's */
	int claimed_by;      /* index of the configured job it belongs to, or -1 */
	char *claimant;      /* that job's name, for when it has gone; NULL */

	/* places */
	int64_t ui_port, health_port; /* ABSENT */
	int64_t waiting_ui;           /* would be its UI, but others wait there; 0 */
	bool is_ui_given;             /* by the kernel */
	bool is_pythons_health;
	bool is_orphan; /* its Python was never seen, and is not there */
	char *dlq;      /* NULL */
	bool is_dlq_said;
	struct found_executor *executors; /* in the order of their birth; NULL */
	size_t nexecutors;

	/* in now */
	const char *const *logs; /* NULL-terminated; NULL */
	const char *unseen, *note;
};

/* A daemon that answered, or where it should; in found.now. */
struct found_daemon {
	enum port_is is;
	int64_t pid, port;
	const char *name;
	const char *says; /* what it says instead; NULL */
};

struct found {
	struct found_world world;
	struct found_job *jobs; /* in the order of their birth */
	const struct config *base;
	const char *const *own_names;
	struct arena now;
	struct found_daemon *daemons;
	size_t ndaemons;
};

static inline bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static inline bool is_blank(const char *s)
{
	return !s || s[strspn(s, " ")] == '\0';
}

/* Its driver is not there any more, or as a zombie only. */
static inline bool found_has_ended(const struct found_job *j)
{
	return j->is_dead || !j->is_here;
}

void found_remove(struct found *f, struct found_job *j);
struct found_job *found_by_id(const struct found *f, const struct text *id);
void found_set_text(char **to, const char *s);
/* Has the configuration a job of that name? */
bool found_configured(const struct config *base, const char *name, int *index);
/* found_logs.c: after the drivers; in both calls they are those of the look, oldest first. */
void found_look_at_executors(struct found *f, const struct found_look *look,
			     const struct jvm_row *const *drivers, size_t n);
const char *const *found_worker_logs(const struct found_job *j, struct arena *a);
void found_free_executors(struct found_job *j);
/* found_daemons.c */
void found_look_at_daemons(struct found *f, const struct found_look *look);
/* found_name.c */
void found_tell_names(struct found *f, const struct found_look *look,
		      const struct jvm_row *const *drivers, size_t n);
/* found_name.c: by which its JVM is known again, beside its title; NULL. */
const struct text *found_own_class(const struct jvm_row *jvm, bool has_title);

#endif
