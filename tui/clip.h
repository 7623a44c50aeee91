/* clip.h - copying by OSC 52. No terminal answers whether it took the text, so none of this says
 * that it did: only where the text went, or, where TERM tells that nothing takes it, what does. */
#ifndef SPARKOPS_CLIP_H
#define SPARKOPS_CLIP_H

#include "../include/buf.h"

enum clip_way {
	CLIP_TERMINAL,
	CLIP_TMUX,       /* its own buffer and the terminal behind it, as it is configured */
	CLIP_MAYBE_TMUX, /* it or GNU screen, at the other end of a connection */
	CLIP_SCREEN,     /* hands it on in pieces */
	CLIP_NONE,       /* a terminal without a clipboard */
};

/* By TERM, TMUX and STY of the environment; each may be NULL. */
enum clip_way clip_way(const char *term, const char *tmux, const char *sty);

/* The bytes that copy, appended to out: base64, ended by ST, never by BEL. False: the text is
 * longer than there is room for, or nothing takes it; nothing is appended then. */
bool clip_encode(enum clip_way way, const char *text, size_t len, struct buf *out);

/* `sent to the terminal's clipboard`, or why not and what to do. */
const char *clip_says(enum clip_way way);

#endif
