/* discover/ask.h - one port is asked what it is: GET only, 127.0.0.1 only, one request at a time,
 * each with a short deadline. Loop thread only. */
#ifndef SPARKOPS_DISCOVER_ASK_H
#define SPARKOPS_DISCOVER_ASK_H

#include "../net/http.h"
#include "ports.h"

struct ask;
/* answer: all but the times. The ask is over and freed when this returns. */
typedef void ask_done_fn(void *data, struct port_answer *answer);

struct ask *ask_begin(struct http *http, const struct port_ask *what, ask_done_fn *done,
		      void *data);
void ask_free(struct ask *a); /* no callback any more */

/* What an answer shows; pure. */
enum reading {
	READ_STRANGE, /* it is not that */
	READ_MORE,    /* it is, the next question tells more */
	READ_DONE,
};
typedef enum reading ask_read_fn(const struct http_reply *r, struct port_answer *answer);

/* The questions, in the order in which they are asked; path NULL ends the list. */
struct question {
	unsigned what; /* ASK_... */
	const char *path;
	ask_read_fn *read;
};
extern const struct question ask_questions[];

#endif
