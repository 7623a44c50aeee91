/* rule/network.h - "this box or its network?": when many targets fall silent at once, it is rarely
 * all of them. Pure but for what it keeps to be cheap. */
#ifndef SPARKOPS_RULE_NETWORK_H
#define SPARKOPS_RULE_NETWORK_H

#include "../../include/snapshot.h"

struct network {
	struct together *of; /* per section */
	size_t n;
	uint64_t fingerprint; /* of what was silent last time */
	char who[80];         /* "5 of 8 targets", "all 4 targets on 10.0.0.5"; empty: nothing */
	char banner[200];     /* empty: none, though some of those before may be left */
};

/* A target that fell silent with the others stays one of them when those answer again, until
 * unanswered probes of its own tell that it is alone. */
struct together {
	bool is_in;
	int64_t since;      /* of this silence */
	int64_t left_alone; /* silent probes when the others answered again; ABSENT: not yet */
};

void network_release(struct network *net);
/* Half of all network targets that ever answered, or all of one host, fell silent within two
 * intervals of each other, and they are of at least two jobs. A first unanswered probe is enough:
 * the line has to come before any verdict that follows from silence. */
void network_look(struct network *net, const struct section *const *sections, size_t n,
		  int64_t interval_ms);

#endif
