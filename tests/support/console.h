/* console.h - the real program on a real pty, drawn by libvterm: what the screen tests drive.
 * Everything is waited for with a deadline, nothing is slept on. One thread. */
#ifndef TESTS_SUPPORT_CONSOLE_H
#define TESTS_SUPPORT_CONSOLE_H

#include <sys/types.h>

#include <vterm.h>

#include "../../include/buf.h"

struct console {
	pid_t pid; /* 0 once it was reaped */
	int fd, status;
	int rows, cols;
	VTerm *vt;
	VTermScreen *screen;
	struct buf raw; /* every byte it ever wrote */
	int titles, bells;
	size_t replies; /* bytes the terminal would have sent back */
};

/* argv[0] is run with TERM=term (NULL: xterm-256color) and LANG=C.UTF-8; env: NAME=VALUE list or
 * NULL. */
void console_start(struct console *c, int rows, int cols, const char *const *argv,
		   const char *term);
void console_end(struct console *c); /* kills it if it still runs, releases all */
void console_keys(struct console *c, const char *keys);
/* Reads until the screen shows the text, or so many ms have gone; false: it does not. */
bool console_shows(struct console *c, const char *text, int ms);
/* Reads until nothing came for quiet_ms (at most ms). */
void console_settle(struct console *c, int quiet_ms, int ms);
/* Reads until it has ended; true: it did within ms. Its wait status is in c->status. */
bool console_ends(struct console *c, int ms);
/* One row of the screen as UTF-8, without trailing blanks. */
void console_row(struct console *c, int y, struct buf *out);
void console_text(struct console *c, struct buf *out); /* all rows, one line each */

/* The stand-in cluster, ended by console_world_end or with this process. */
struct played {
	pid_t pid;
	char dir[128], config[160];
};
/* args: further arguments of the world, NULL-terminated. false: it does not start. */
bool played_start(struct played *w, const char *const *args);
void played_end(struct played *w);

#endif
