/* term.h - the terminal: its modes, its bytes, and giving it back.
 *
 * Works with terminfo's strings (ncurses' library) and its own difference of two grids: ncurses'
 * own screen update makes 60 to 430 writes a frame, 1.1 to 1.5 times the bytes needed and 20 to 50
 * times the CPU (measured, see term.c), and its signal handlers are documented as unsafe. A frame
 * is one write(2). Main thread only; term_restore also from signal handlers. */
#ifndef SPARKOPS_TERM_H
#define SPARKOPS_TERM_H

#include "../include/err.h"
#include "clip.h"
#include "draw.h"
#include "keys.h"
#include "theme.h"

struct term;

/* Opens the terminal on `fd`. NULL: err says why and what to do instead. no_colour: NO_COLOR. */
struct term *term_open(int fd, bool no_colour, struct err *err);
void term_close(struct term *t); /* restores it */
int term_fd(const struct term *t);
int term_colours(const struct term *t);       /* 256, 8 or 0 */
void term_no_colour(struct term *t, bool on); /* then give it the theme again */
bool term_is_utf8(const struct term *t);
void term_learn_keys(const struct term *t, struct key_reader *r);
void term_size(const struct term *t, int *w, int *h); /* asks the kernel */
void term_theme(struct term *t, const struct theme *th);

enum term_result { TERM_DRAWN, TERM_BUSY, TERM_GONE };
/* Sends what differs from the last frame. BUSY: the terminal does not take more now; call again
 * when fd is writable. */
enum term_result term_frame(struct term *t, const struct screen *s);
bool term_is_busy(const struct term *t); /* part of a frame is still to be written */
enum term_result term_flush(struct term *t);
void term_forget(struct term *t); /* the next frame draws everything */
void term_mouse(struct term *t, bool on);
void term_flush_input(struct term *t); /* what was typed and not read yet is thrown away */
/* A console of the kernel (TERM=linux) is not blanked while it is ours. */
void term_stay_lit(struct term *t);
enum clip_way term_clipboard(const struct term *t);
/* Cleaned text, to the clipboard. False: it was not sent, as it is too long or the terminal does
 * not take more now. */
bool term_copy(struct term *t, const char *text, size_t len);
void term_resume(struct term *t);  /* after a stop that nobody told us of: takes it again */
void term_suspend(struct term *t); /* gives the terminal back, stops, takes it again */

/* Signal-safe: puts the terminal back as it was found; may be called twice. */
void term_restore(void);

/* What the last frame cost, for tests and make bench. */
struct term_stats {
	uint64_t frames, writes, bytes, cells;
};
struct term_stats term_stats(const struct term *t);

/* The encoder alone: bytes that turn picture `old` (NULL: unknown) into `now` on that kind of
 * terminal, appended to out. Returns cells changed. For tests of the number of bytes. */
size_t term_encode(struct term *t, const struct screen *old, const struct screen *now,
		   struct buf *out);

#endif
