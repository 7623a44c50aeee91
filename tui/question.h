/* question.h - the box that stands before everything that acts.
 *
 * The backend says what would happen (plan_row, live, under the number that backend_act() gave);
 * this shows it and takes the answer. It opens with the focus on Cancel, deaf until its plan was on
 * the screen for 400 ms; what was typed before is thrown away. Enter acts only when the focus is on
 * the action, what must be typed is there to the letter, and Enter came alone: a paste, a burst or
 * a key that repeats itself never acts; and all that is said of it must have been on the screen. It
 * closes as "no" after 60 s without a key, when a smaller terminal has no room for all of it any
 * more, and when the plan is gone. What is believed of all this is asked again by the backend. Main
 * thread only. */
#ifndef SPARKOPS_QUESTION_H
#define SPARKOPS_QUESTION_H

#include "../include/row/action.h"
#include "keys.h"
#include "prompt.h"

struct ui;

enum {
	QUESTION_DEAF_MS = 400,
	QUESTION_IDLE_MS = 60000,
	QUESTION_REPEAT_MS = 120, /* the same key again within that: it repeats itself */
	QUESTION_FIELDS = 12,
	QUESTION_MIN_W = 40, /* of the terminal */
	QUESTION_MIN_H = 12
};

struct question_field { /* a value that the plan asks for */
	char name[64], text[256];
	char found[256]; /* what the plan has for it: as long as nobody changes it, the text */
};

struct question {
	uint64_t plan; /* 0: closed */
	enum action_id action;
	bool is_decision;  /* of an action that runs and asks: SIGKILL? */
	bool is_off;       /* a hold is taken off */
	int64_t opened_at; /* mono ms */
	int64_t seen_at;   /* mono ms when its plan was first drawn; ABSENT: not yet */
	int64_t key_at;    /* mono ms of the last key */
	uint32_t last_key;
	int64_t changes;  /* of the plan, when what was typed was cleared last */
	char to_type[64]; /* of the plan: when it changes the text is cleared; "": nothing */
	char typed[64];
	bool has_fields;
	size_t nfields;
	struct question_field fields[QUESTION_FIELDS];
	struct prompt line;    /* the field with the focus, while it is edited */
	size_t focus;          /* a field; nfields: Cancel; nfields + 1: the action */
	int top, page, height; /* of the text that scrolls, in lines */
	int read, must;        /* lines of it that have been on the screen, that must have been */
	int pack;              /* how much was left out so that it fits */
	int w, h;              /* of the terminal when it was drawn last; 0: not yet */
	bool is_whole;         /* nothing that must be read was out of sight */
	char note[160];        /* of the console: what was left out */
	char says[200];        /* of the console: why a key did nothing */
};

/* Asks the backend for a plan of what is under the cursor and opens the box. 0, or < 0: why not. */
MUST_CHECK int question_ask(struct ui *ui, enum action_id action, struct err *err);
/* The decision that a running action waits for. to_type: what its question had, or "". */
void question_decide(struct ui *ui, const struct action_row *row, const char *to_type);
bool question_is_open(const struct ui *ui);
/* What it shows now, in the frame arena; NULL: closed, or its plan has not come. */
const struct plan_row *question_plan(struct ui *ui);
bool question_is_typed(const struct question *q); /* what must be typed is there */

void question_event(struct ui *ui, const struct key_event *ev);
void question_snapshot(struct ui *ui); /* there is a newer one */
void question_rearm(struct ui *ui);    /* deaf again: the terminal was somebody else's meanwhile */
void question_tick(struct ui *ui);     /* at least once a second */
void question_close(struct ui *ui, const char *why); /* as "no"; why: NULL or a line to say */
void question_copy(struct ui *ui);                   /* its lines to paste, to the clipboard */

/* Over what was drawn in `body`, which goes faint; and the bottom line. False: it does not fit. */
bool question_draw(struct ui *ui, struct area body);
void question_draw_keys(struct ui *ui, struct area bottom);

#endif
