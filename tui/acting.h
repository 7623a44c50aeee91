/* acting.h - what is being done: the line above the bottom one, the decisions it waits for, and the
 * word of how it ended.
 *
 * Rows come in snapshot.actions; those begun here are remembered by their plan, so that their end
 * is said and their questions open by themselves. Main thread only. */
#ifndef SPARKOPS_ACTING_H
#define SPARKOPS_ACTING_H

#include "../include/row/action.h"
#include "draw.h"

struct ui;
struct question;

enum { ACTING_MAX = 8 };
struct acting {
	size_t n;
	struct acting_own {
		uint64_t plan;
		char to_type[64]; /* what its question had */
		bool has_asked;   /* its decision was opened by itself once */
	} v[ACTING_MAX];
};

void acting_begin(struct ui *ui, const struct plan_row *p, const struct question *q);
/* The action of that plan in the newest snapshot, or NULL. */
const struct action_row *acting_row(const struct ui *ui, uint64_t plan);
void acting_snapshot(struct ui *ui); /* there is a newer one */
/* Opens the decision that this row waits for. */
MUST_CHECK int acting_decide(struct ui *ui, const struct action_row *row, struct err *err);
MUST_CHECK int acting_cancel(struct ui *ui, const struct action_row *row, struct err *err);

/* `kill of java 18423`, and with how it stands. */
void acting_name(const struct action_row *row, char *out, size_t size);
void acting_line(const struct action_row *row, char *out, size_t size);
/* Draws one line when something runs; false: nothing does. */
bool acting_draw(const struct ui *ui, struct area a);
bool acting_is_on(const struct ui *ui);

#endif
