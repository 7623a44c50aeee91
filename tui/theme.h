/* theme.h - a theme file and what it makes of each role.
 *
 * One role per line: `role  fg=203,red bg=24,blue bold mono=reverse`. Colours are 0 to 255 or
 * `default`; after the comma stands what a terminal with eight colours gets (a name; without it the
 * nearest). Attributes: bold reverse underline strike. `mono=` and `eight=` give other attributes
 * (joined by `+`, or `none`) for terminals without colours and with eight. `#` begins a comment. A
 * role that is not mentioned looks like its parent (style.h). An unknown role, colour or attribute
 * is an error with its line and the nearest name. Pure. */
#ifndef SPARKOPS_THEME_H
#define SPARKOPS_THEME_H

#include "../include/buf.h"
#include "../include/err.h"
#include "style.h"

struct embedded_file {
	const char *name, *text;
};
extern const struct embedded_file embedded_themes[]; /* name NULL ends; made by the Makefile from
							themes/ *.theme */

enum { ATTR_BOLD = 1, ATTR_REVERSE = 2, ATTR_UNDERLINE = 4, ATTR_STRIKE = 8 };
enum { COLOUR_DEFAULT = -1 };

/* What a cell looks like on one kind of terminal. */
struct look {
	int16_t fg, bg; /* colour number or COLOUR_DEFAULT */
	uint8_t attrs;
};

struct theme {
	const char *name; /* borrowed: of the list, or as given to theme_parse() */
	int ncolours;     /* 256, 8 or 0 */
	struct look looks[STYLE_COUNT][GROUND_COUNT];
};

/* name stands for the file in messages. 0 or -ERR_CONFIG: `FILE:LINE: unknown role ...`. */
MUST_CHECK int theme_parse(const char *name, const char *text, size_t len, int ncolours,
			   struct theme *out, struct err *err);
/* One of the list, by name. */
MUST_CHECK int theme_load(const char *name, int ncolours, struct theme *out, struct err *err);
const char *theme_name(size_t i); /* the list: NULL ends it */
/* A user's own themes, NAME.theme each, join the list; one with the name of another is in force
 * instead of it. Before the console begins. No folder: none. */
void themes_read_folder(const char *folder);
void themes_read_file(const char *path); /* its name is its path */
/* false: a line for each of them that is wrong: `FILE:LINE: unknown role ...`. */
bool themes_check(struct buf *mistakes);
extern const char *const style_names[]; /* by enum style, NULL-terminated */

#endif
