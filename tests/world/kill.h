/* kill.h - the endpoints of the stand-in cluster that end something, in the manner of 3.5 and of
 * 4.3: the one takes whatever comes and answers 302 whether or not it did anything, the other wants
 * POST and the token of its page's form. The only requests that change what is played. */
#ifndef WORLD_KILL_H
#define WORLD_KILL_H

#include <stdbool.h>

struct answer;
struct job;
struct request;
struct service;
struct world;

/* True: REQUEST was for one of them, and is answered. */
bool kill_asked(struct service *service, const struct request *request, struct answer *answer);

/* The UI of an application that was killed closes with its context: not while a request is
 * answered.
 */
void kill_tick(struct world *world);

/* The page with the kill forms, which 4.3 shows while something can be killed. */
void kill_page(struct answer *answer, const struct job *job, const struct request *request,
	       const char *title);

/* The token of the forms: one per process, 32 hex digits. SEED: of who shows it. */
#define KILL_TOKEN 33
const char *kill_token(unsigned seed, char out[KILL_TOKEN]);

#endif
