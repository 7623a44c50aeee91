/* rule/jvm_signs.h - a JVM being judged, and its signs. For jvm_judge.c and jvm_signs.c only.
 *
 * A sign_...() that holds says its sentence and returns true; one that does not says nothing. */
#ifndef SPARKOPS_RULE_JVM_SIGNS_H
#define SPARKOPS_RULE_JVM_SIGNS_H

#include "jvms.h"

enum { SIGNS_MAX = 10 };

struct judging {
	const struct jvm_facts *f;
	const struct jvm_row *jvm;
	struct arena *a;
	const struct text *v[SIGNS_MAX];
	size_t n;
	bool is_ending; /* on its way out: its Python or its main thread is gone */
};

void sign_say(struct judging *j, const char *fmt, ...) ATTR_PRINTF(2, 3);
const char *sign_span(const struct judging *j, int64_t ms);
const char *sign_bytes(const struct judging *j, int64_t n);
/* Is it as long as the window, scaled? ABSENT is not. */
bool sign_lasts(const struct judging *j, int64_t ms, int64_t window_ms);
int64_t sign_watched(const struct judging *j); /* for how long; ABSENT at the first look */
bool sign_listens(const struct jvm_row *jvm, int64_t port);

static inline const char *word_s(int64_t n)
{
	return n == 1 ? "" : "s";
}

void sign_ports(struct judging *j, const char *before);
void sign_old_full(struct judging *j);
void sign_share(struct judging *j);      /* of the collector, in its time and CPU */
bool sign_silent(struct judging *j);     /* no HTTP answer */
bool sign_queue(struct judging *j);      /* connections that nobody accepts */
bool sign_batch(struct judging *j);      /* work is there, and no batch ends */
bool sign_deadlock(struct judging *j);   /* threads that wait for each other */
int sign_still(struct judging *j);       /* no CPU, in disk wait: how many */
bool sign_deaf(const struct judging *j); /* nothing answered, nothing accepted: for a moment */
bool sign_spent(struct judging *j);      /* by what is dated: it stands still since long before */
bool sign_little(struct judging *j);     /* what CPU it uses, where that is no work */
void sign_attached(struct judging *j);
void sign_waiting_call(struct judging *j);

#endif
