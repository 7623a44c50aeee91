/* order.h - one line of a script, taken apart. */
#ifndef WORLD_ORDER_H
#define WORLD_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "fault.h"

struct world;

enum verb {
	VERB_SET,
	VERB_FAULT,
	VERB_WELL,
	VERB_FAIL,
	VERB_BAD,
	VERB_ROTATE,
	VERB_TRUNCATE,
	VERB_COPY_TRUNCATE,
	VERB_DELETE,
	VERB_LOG,
	VERB_RESTART,
};

enum scope { SCOPE_ALL, SCOPE_HEALTH, SCOPE_UI, SCOPE_DLQ };

#define ORDER_WORDS 32

struct order {
	char *words[ORDER_WORDS]; /* pieces of text */
	int word_count;
	char *text; /* owned */
	int line;
	int64_t at_ms; /* -1: before the start */
	char *target;  /* a job's name; NULL: the master */
	enum scope scope;
	enum verb verb;
	int first;        /* of the words after the verb (VERB_SET: of the settings) */
	enum fault fault; /* FAULT_COUNT after well: all */
	int64_t number, count, since_ms, until_ms;
	char *type;
	bool is_unfiled;
};

/* Takes TEXT apart (it is copied). False: *WHY says what is wrong and what would be right; it is
 * owned by the caller. An empty line has word_count 0. */
bool order_parse(struct order *order, const char *text, int line, char **why);
void order_release(struct order *order);

/* Carries the order out. */
void order_do(const struct order *order, struct world *world);

#endif
