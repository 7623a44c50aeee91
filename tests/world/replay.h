/* replay.h - a played job takes failed batches again: POST /replay/BATCH with an Idempotency-Key
 * does it once for each key, GET /replayed/KEY says whether it did (200, 404), GET /replayed says
 * how often each key was sent and done. A job whose batches fail fails them again: the entry comes
 * back in its dead-letter queue. */
#ifndef WORLD_REPLAY_H
#define WORLD_REPLAY_H

#include <stdbool.h>

struct answer;
struct job;
struct request;

#define REPLAY_KEY 65
struct replayed {
	char key[REPLAY_KEY];
	long batch;
	int sent, done; /* times */
};

/* True: REQUEST, on the health port of JOB, was for one of them, and is answered. */
bool replay_asked(struct job *job, const struct request *request, struct answer *answer);

#endif
