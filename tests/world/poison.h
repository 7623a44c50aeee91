/* poison.h - what a hostile or broken program may put into a string: escape sequences that a
 * terminal would obey, controls that move or hide text, bytes that are no text at all. Every kind
 * carries its own marker (pz-csi, pz-osc52, ...), so that a test can tell what came through. */
#ifndef WORLD_POISON_H
#define WORLD_POISON_H

#include <stdbool.h>
#include <stdint.h>

struct writer;

struct poison {
	bool is_raw;    /* bytes as they are: no longer valid JSON; else escaped as JSON demands */
	int64_t big_at; /* this string of the answer (counted from 0) gets 1 MB more; -1: none */
	int64_t count;  /* strings written so far */
};

/* Prepares the poison of answer number TURN of one place: two of three are valid JSON, the second
 * of these with a string of 1 MB (another string each time), the third is raw. */
void poison_init(struct poison *poison, int64_t turn);

/* Writes all kinds after the string TEXT, beginning with another kind for another text (and with
 * the same one for the same text: a poisoned error type stays one error type). */
void poison_write(struct poison *poison, const char *text, struct writer *writer);

#endif
