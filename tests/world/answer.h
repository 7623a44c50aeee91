/* answer.h - one request to the stand-in cluster and what it gets. The answering functions are
 * pure: they read the job and the request and write into the answer, whoever then sends it. */
#ifndef WORLD_ANSWER_H
#define WORLD_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "writer.h"

struct job;
struct run;
struct service;
struct world;

struct request {
	char *method;
	char *path;  /* as sent, still percent-encoded, without the query */
	char *query; /* "" when there is none */
	char *form;  /* the body of a POST, as far as it is read; "" */
	char *host;  /* its Host header, for redirects */
	char *key;   /* its Idempotency-Key header; "" */
	int64_t now; /* when it came, on the world's clock */
};

struct answer {
	int status;
	const char *type;   /* NULL: no Content-Type */
	char *location;     /* NULL: none; owned */
	struct writer body; /* its poison and wrong types are set before a function answers */
};

/* URI is PATH[?QUERY]; all texts are copied. */
struct request *request_new(const char *method, const char *uri, int64_t now);
void request_free(struct request *request);

/* True if the query holds KEY=VALUE; request_asks: if it holds KEY at all. */
bool request_has(const struct request *request, const char *key, const char *value);
bool request_asks(const struct request *request, const char *key);
/* The value of KEY in the form or the query, into OUT; false: there is none that fits. */
bool request_gives(const struct request *request, const char *key, char *out, size_t size);

void answer_init(struct answer *answer);
void answer_release(struct answer *answer);

/* Short answers. Jetty's is the error page that Spark's server sends. */
void answer_line(struct answer *answer, int status, const char *type, const char *line);
void answer_jetty(struct answer *answer, int status, const struct request *request);
void answer_page(struct answer *answer, const char *title);
void answer_redirect(struct answer *answer, int status, const struct request *request,
		     const char *path);

/* health.c: the five endpoints of a job; 404 as Flask says it to all else. IS_BASIC: the job has
 * no /health/detailed. */
void answer_health(struct answer *answer, const struct job *job, const struct request *request,
		   bool is_basic);

/* spark.c: the UI of a driver, on the port of SERVICE (whose faults may make it huge). */
void answer_spark(struct answer *answer, const struct job *job, const struct request *request,
		  const struct service *service);

/* Parts of it, each in the file of its name. */
void answer_executors(struct answer *answer, const struct job *job, int64_t now,
		      const struct service *service, bool with_dead);
void answer_stages(struct answer *answer, const struct job *job, const struct request *request);
/* All attempts of one stage; false: there is none, nothing was written. */
bool answer_stage(struct answer *answer, const struct job *job, const struct request *request,
		  int64_t id);
void answer_threads(struct answer *answer, const struct job *job, bool is_driver);
void answer_environment(struct answer *answer, const struct job *job, int port);
void answer_metrics(struct answer *answer, const struct job *job, int64_t now);

/* master.c: the UI of the standalone master of all standalone jobs. */
void answer_master(struct answer *answer, const struct world *world, const struct request *request);

/* The peaks of one JVM, as executors and stages show them. NONE: nothing collected yet. */
void answer_peaks(struct writer *writer, const char *key, const struct job *job, int64_t now,
		  bool none);

/* The description of a Spark job and its stage: which query and batch, or which table. */
void answer_label(struct writer *writer, const struct job *job, const struct run *run);

#endif
