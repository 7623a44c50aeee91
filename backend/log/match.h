/* log/match.h - finds many literal texts at once in a stream of bytes.
 *
 * Most log lines hold none of the texts, so what counts is how fast that is seen: a fixed stride of
 * bytes is looked at and everything between is skipped. Texts are bytes without a newline, at least
 * MATCH_MIN long. Pure; one matcher may be used by many threads. */
#ifndef SPARKOPS_LOG_MATCH_H
#define SPARKOPS_LOG_MATCH_H

#include "../../include/base.h"

enum { MATCH_MIN = 4 };

struct matcher;

/* Copies the texts; their order is their rank. */
struct matcher *matcher_new(const char *const *texts, size_t n);
void matcher_free(struct matcher *m);
/* A byte of the first text found; len: there is none. */
size_t matcher_find(const struct matcher *m, const char *p, size_t len);
/* The lowest rank of all texts in p; n: there is none. */
size_t matcher_rank(const struct matcher *m, const char *p, size_t len);

#endif
