/* terminfo.h - what this kind of terminal can do, read once from the terminfo data base.
 *
 * Apart from term.c because the library's header defines a few hundred short words as macros. */
#ifndef SPARKOPS_TERMINFO_H
#define SPARKOPS_TERMINFO_H

#include "../include/err.h"

enum { TERMINFO_STRING = 48, TERMINFO_KEYS = 40 };

struct terminfo {
	char name[64];
	int ncolours, nlines, width; /* -1: not said */
	bool is_ansi;         /* moves and attributes are ECMA-48's: encoded without the library */
	bool has_safe_corner; /* the last cell of the screen may be written */
	bool has_sync;        /* known to understand synchronized output marks */
	char enter_ca[TERMINFO_STRING], exit_ca[TERMINFO_STRING];
	char hide[TERMINFO_STRING], show[TERMINFO_STRING];
	char keypad_on[TERMINFO_STRING], keypad_off[TERMINFO_STRING];
	char clear[TERMINFO_STRING], erase_line[TERMINFO_STRING];
	char reset[TERMINFO_STRING], bold[TERMINFO_STRING], reverse[TERMINFO_STRING],
		underline[TERMINFO_STRING];
	size_t nkeys;
	struct {
		char bytes[16];
		const char *name; /* as key_parse reads it */
	} keys[TERMINFO_KEYS];
};

/* 0, or -ERR_TERMINAL: an unknown TERM, or one that cannot move the cursor. */
MUST_CHECK int terminfo_load(const char *term, int fd, struct terminfo *out, struct err *err);
void terminfo_free(void);
/* Through the library, for terminals that are not is_ansi. Return bytes written. */
size_t terminfo_move(int x, int y, char *out, size_t size);
size_t terminfo_colour(bool background, int colour, char *out, size_t size);

#endif
