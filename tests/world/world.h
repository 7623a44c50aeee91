/* world.h - the stand-in cluster as a whole: its jobs, the ports they answer on, its clock. One
 * thread, one libuv loop; nothing here is locked. */
#ifndef WORLD_WORLD_H
#define WORLD_WORLD_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <uv.h>

#include "fault.h"
#include "job.h"

struct desk;
struct jvms;
struct kept;
struct raw;
struct visitor;
struct world;

enum service_kind { SERVICE_HEALTH, SERVICE_UI, SERVICE_MASTER };

/* One port. Lives as long as the world. */
struct service {
	enum service_kind kind;
	struct world *world;
	struct job *job; /* NULL for the master */
	struct faults faults;
	int port, fd;
	int front, front_fd;      /* the port of its JVM or Python that relays to it; 0: none */
	uv_poll_t *poll;          /* of fd, while it is open */
	struct visitor *visitors; /* its connections */
	struct raw *raws;         /* those of faults below HTTP */
	struct kept *kept;        /* answers that stay as they are */
	int64_t answers;          /* so many given */
	int64_t resets;           /* so many connections reset */
};

struct world {
	uv_loop_t loop;
	struct desk *desk; /* the HTTP server; see visit.c */
	struct job **jobs;
	int job_count;
	struct service *services; /* health and UI of job N at 2N and 2N+1, then the master */
	int service_count;
	bool master_is_v4, master_has_jvm;
	struct jvms *jvms; /* the processes that play JVMs; NULL: none */

	bool has_health, has_ui, has_dlq; /* which parts are played */
	bool is_fixed;                    /* the clock stands still */
	bool is_poisoned;                 /* all of it */
	double fast;                      /* script and batches run so many times faster */
	int first_port;                   /* 0: any free ones */
	uint32_t seed;
	int64_t begin_at, begin_loop; /* wall clock and loop clock at the start */
	char *dir, *config;           /* what it makes on disk */
	bool made_dir;
	FILE *trace; /* a line per request; NULL: none */
};

/* Now on the world's clock. */
int64_t world_now(const struct world *world);

/* Milliseconds of the script since the start (fast included). */
int64_t world_script_ms(const struct world *world);

struct job *world_find(const struct world *world, const char *name);

/* The job NAME, made if there is none yet. */
struct job *world_add(struct world *world, const char *name);

static inline struct service *world_service(const struct world *world, int job,
					    enum service_kind kind)
{
	return &world->services[job * 2 + (int)kind];
}

/* Where the world outside finds SERVICE; 0: it is not played. */
static inline int world_port(const struct service *service)
{
	return service->front ? service->front : service->port;
}

#endif
