/* style.h - the list of style roles.
 *
 * Everything on the screen is drawn with one of these; what colour that is, only the theme knows.
 * To add a role: one line here (id, name in theme files, the role it inherits from). A role that a
 * theme does not mention looks like its parent, and in the end like `default`.
 *
 * The background of a cell is a second thing, its ground: the row under the cursor changes the
 * background and leaves the roles of its cells as they are. */
#ifndef SPARKOPS_STYLE_H
#define SPARKOPS_STYLE_H

#define STYLE_LIST(X)                                                                              \
	X(DEFAULT, "default", DEFAULT)                                                             \
	X(TEXT, "text", DEFAULT)  /* values */                                                     \
	X(STRONG, "strong", TEXT) /* what the row is about */                                      \
	X(DIM, "dim", TEXT)       /* labels, zeros, old data */                                    \
	X(FAINT, "faint", DIM)    /* behind a question, old sparklines */                          \
	X(TITLE, "title", STRONG) /* section names */                                              \
	X(KEY, "key", TITLE)      /* names of keys in texts */                                     \
	X(NEXT, "next", TITLE)    /* the next step */                                              \
	X(FRAME, "frame", DIM)    /* rules and boxes */                                            \
	X(TRACK, "track", FRAME)  /* the empty part of a gauge */                                  \
	X(BAR, "bar", DEFAULT)    /* top and bottom line */                                        \
	X(BAR_STRONG, "bar.strong", BAR)                                                           \
	X(BAR_DIM, "bar.dim", BAR)                                                                 \
	X(CURSOR, "cursor", DEFAULT) /* the selected row: its background */                        \
	X(OK, "ok", TEXT)                                                                          \
	X(WARN, "warn", TEXT)                                                                      \
	X(BAD, "bad", WARN)                                                                        \
	X(CRIT, "crit", BAD)                                                                       \
	X(STALE, "stale", TEXT)     /* old or unreachable */                                       \
	X(INFO, "info", TEXT)       /* starting */                                                 \
	X(COUNT_OK, "count.ok", OK) /* counts in the top line */                                   \
	X(COUNT_WARN, "count.warn", WARN)                                                          \
	X(SPARK, "spark", INFO)       /* sparklines and charts */                                  \
	X(CRITBAR, "critbar", CRIT)   /* READ-ONLY, PLAYBACK, banner */                            \
	X(LABEL, "label", BAR_STRONG) /* the label of the configuration, DEMO, PAUSED */           \
	X(MATCH, "match", WARN)       /* what a search found in a text */                          \
	X(ESCAPED, "escaped", STALE)  /* a character shown by its number, because it could act */  \
	X(FIELD, "field", BAR_STRONG) /* what is typed into a question */                          \
	X(ENDED, "ended", DIM)        /* evidence that does not hold any more: struck out */

enum style {
#define X(id, name, parent) STYLE_##id,
	STYLE_LIST(X)
#undef X
		STYLE_COUNT
};

enum ground { GROUND_NONE, GROUND_BAR, GROUND_CURSOR, GROUND_COUNT };

#endif
