/* term.c - the terminal on one descriptor: modes, frames, and the way back.
 *
 * DESIGN. What undoes everything is worked out once, when the terminal is taken, and lies in static
 * memory: a handler of a fatal signal only writes those bytes and sets the saved modes. Output goes
 * through a descriptor of its own, opened anew by name, so that non-blocking is not shared with the
 * shell; a frame is one write, and while a part of it is still to go, newer frames are skipped. */
#include "term.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "encode.h"

enum { OUT_CAP = 8 << 20 };

/* The one mutable state outside a struct: signal handlers have nothing else to hold on to. */
static struct {
	volatile sig_atomic_t is_taken;
	int fd, in_fd;
	bool was_nonblocking;
	struct termios modes;
	char bytes[512];
	size_t len;
} restore;

struct term {
	int in_fd; /* what we were given */
	int fd;    /* ours, non-blocking */
	bool is_own_fd, is_utf8, has_last, is_mouse, is_cursor_shown;
	bool is_blocked; /* the terminal took less than all of the last write */
	int ncolours;
	struct terminfo ti;
	struct theme theme;
	struct encoder enc;
	struct termios raw;
	struct screen last;
	struct buf out;
	size_t sent;
	int cursor_x, cursor_y;
	struct term_stats stats;
};

void term_restore(void)
{
	size_t sent = 0;

	if (!restore.is_taken)
		return;
	restore.is_taken = 0;
	for (int tries = 0; sent < restore.len && tries < 20; tries++) {
		ssize_t n = write(restore.fd, restore.bytes + sent, restore.len - sent);
		struct pollfd p = {restore.fd, POLLOUT, 0};

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			break;
		else
			poll(&p, 1, 10); /* a terminal that is held back gets 200 ms */
	}
	if (!restore.was_nonblocking && restore.fd == restore.in_fd)
		fcntl(restore.fd, F_SETFL, fcntl(restore.fd, F_GETFL) & ~O_NONBLOCK);
	tcsetattr(restore.in_fd, TCSANOW, &restore.modes);
	tcflush(restore.in_fd, TCIFLUSH);
}

/* The terminal's character set is what the locale's name says; the locale itself need not be
 * installed for that. */
static bool says_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return strcasestr(v, "utf-8") || strcasestr(v, "utf8");
	}
	return false;
}

static void prepare_restore(struct term *t)
{
	char *b = restore.bytes;
	size_t size = sizeof(restore.bytes);
	int n = snprintf(b, size, "%s%s%s%s%s",
			 t->ti.is_ansi ? "\x1b[?2004l\x1b[?1006l\x1b[?1000l" : "", t->ti.reset,
			 t->ti.show, t->ti.keypad_off,
			 *t->ti.exit_ca ? t->ti.exit_ca : t->ti.clear);

	if (*t->ti.exit_ca && t->ncolours && n > 0 && (size_t)n < size)
		n += snprintf(b + n, size - (size_t)n, "%s", t->ti.reset);
	restore.len = n > 0 ? min_size((size_t)n, size - 1) : 0;
	restore.fd = t->fd;
	restore.in_fd = t->in_fd;
}

static void enter_modes(struct term *t)
{
	restore.is_taken = 1;
	tcsetattr(t->in_fd, TCSANOW, &t->raw);
	buf_puts(&t->out, t->ti.enter_ca);
	buf_puts(&t->out, t->ti.keypad_on);
	buf_puts(&t->out, t->ti.hide);
	if (t->ti.is_ansi)
		buf_puts(&t->out, "\x1b[?2004h");
	if (t->is_mouse)
		buf_puts(&t->out, "\x1b[?1000h\x1b[?1006h");
	t->is_cursor_shown = false;
	term_forget(t);
}

static struct termios raw_modes(struct termios m)
{
	m.c_iflag &= ~(tcflag_t)(IXON | ICRNL | INLCR | IGNCR | ISTRIP);
	m.c_oflag &= ~(tcflag_t)OPOST;
	/* ISIG stays: Ctrl-C must work even when this thread does not. */
	m.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
	m.c_cc[VMIN] = 1;
	m.c_cc[VTIME] = 0;
	return m;
}

/* A descriptor of our own to the same device, so that O_NONBLOCK stays with us. */
static int reopen(int fd)
{
	struct stat a, b;
	char name[128];
	int own;

	if (ttyname_r(fd, name, sizeof(name)))
		return -1;
	own = open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (own < 0)
		return -1;
	if (!fstat(fd, &a) && !fstat(own, &b) && a.st_rdev == b.st_rdev)
		return own;
	close(own);
	return -1;
}

struct term *term_open(int fd, bool no_colour, struct err *err)
{
	struct term *t;
	struct terminfo ti;
	int flags;

	if (!isatty(fd)) {
		err_set(err, ERR_TERMINAL,
			"the console needs a terminal; sparkops --once --text prints without one");
		return NULL;
	}
	if (terminfo_load(getenv("TERM"), fd, &ti, err))
		return NULL;
	t = xcalloc(1, sizeof(*t));
	t->ti = ti;
	t->in_fd = fd;
	if (tcgetattr(fd, &restore.modes)) {
		err_set(err, ERR_TERMINAL, "the terminal does not tell its modes: %s",
			strerror(errno));
		terminfo_free();
		free(t);
		return NULL;
	}
	flags = fcntl(fd, F_GETFL);
	restore.was_nonblocking = flags & O_NONBLOCK;
	t->fd = reopen(fd);
	t->is_own_fd = t->fd >= 0;
	if (!t->is_own_fd) {
		t->fd = fd;
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	}
	t->is_utf8 = says_utf8();
	term_no_colour(t, no_colour);
	buf_init(&t->out, OUT_CAP);
	screen_init(&t->last, &glyphs_unicode);
	t->raw = raw_modes(restore.modes);
	t->enc = (struct encoder){.ti = &t->ti, .theme = &t->theme, .is_utf8 = t->is_utf8};
	prepare_restore(t);
	enter_modes(t);
	base_on_death(term_restore);
	return t;
}

void term_close(struct term *t)
{
	if (!t)
		return;
	term_restore();
	base_on_death(NULL);
	if (t->is_own_fd)
		close(t->fd);
	terminfo_free();
	screen_release(&t->last);
	buf_release(&t->out);
	free(t);
}

int term_fd(const struct term *t)
{
	return t->fd;
}

int term_colours(const struct term *t)
{
	return t->ncolours;
}

void term_no_colour(struct term *t, bool on)
{
	t->ncolours = on ? 0 : t->ti.ncolours >= 256 ? 256 : t->ti.ncolours >= 8 ? 8 : 0;
}

bool term_is_utf8(const struct term *t)
{
	return t->is_utf8;
}

void term_learn_keys(const struct term *t, struct key_reader *r)
{
	for (size_t i = 0; i < t->ti.nkeys; i++)
		key_reader_learn(r, t->ti.keys[i].bytes, key_parse(t->ti.keys[i].name));
}

void term_size(const struct term *t, int *w, int *h)
{
	struct winsize ws = {0};

	if (ioctl(t->fd, TIOCGWINSZ, &ws) || !ws.ws_col || !ws.ws_row) {
		/* A serial line does not know its size. */
		*w = t->ti.width > 0 ? t->ti.width : 80;
		*h = t->ti.nlines > 0 ? t->ti.nlines : 24;
		return;
	}
	*w = ws.ws_col;
	*h = ws.ws_row;
}

void term_theme(struct term *t, const struct theme *th)
{
	t->theme = *th;
	term_forget(t);
}

void term_forget(struct term *t)
{
	t->has_last = false;
	t->enc.has_look = false;
	t->enc.x = t->enc.y = -1;
}

bool term_is_busy(const struct term *t)
{
	return t->is_blocked;
}

enum term_result term_flush(struct term *t)
{
	while (t->sent < t->out.len) {
		ssize_t n = write(t->fd, t->out.data + t->sent, t->out.len - t->sent);

		t->stats.writes++;
		if (n > 0) {
			t->sent += (size_t)n;
			t->stats.bytes += (uint64_t)n;
			t->is_blocked = t->sent < t->out.len;
			if (t->is_blocked)
				return TERM_BUSY; /* took a part: it is full now */
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		t->is_blocked = true;
		return n < 0 && errno == EAGAIN ? TERM_BUSY : TERM_GONE;
	}
	buf_clear(&t->out);
	t->sent = 0;
	t->is_blocked = false;
	return TERM_DRAWN;
}

static void copy_screen(struct screen *to, const struct screen *from)
{
	size_t n = (size_t)from->w * (size_t)from->h;

	if (to->w != from->w || to->h != from->h || !to->cells)
		screen_resize(to, from->w, from->h);
	memcpy(to->cells, from->cells, n * sizeof(struct cell));
	to->ncombs = from->ncombs;
	if (from->ncombs > to->combs_size) {
		to->combs_size = from->ncombs;
		to->combs = xrealloc(to->combs, to->combs_size * sizeof(struct comb));
	}
	if (from->ncombs)
		memcpy(to->combs, from->combs, from->ncombs * sizeof(struct comb));
}

static void place_cursor(struct term *t, const struct screen *s, bool moved)
{
	bool show = s->cursor_x >= 0;
	char move[64];

	if (show && (moved || !t->is_cursor_shown || t->cursor_x != s->cursor_x ||
		     t->cursor_y != s->cursor_y)) {
		buf_putn(&t->out, move,
			 terminfo_move(s->cursor_x, s->cursor_y, move, sizeof(move)));
		t->enc.x = s->cursor_x;
		t->enc.y = s->cursor_y;
	}
	if (show != t->is_cursor_shown)
		buf_puts(&t->out, show ? t->ti.show : t->ti.hide);
	t->is_cursor_shown = show;
	t->cursor_x = s->cursor_x;
	t->cursor_y = s->cursor_y;
}

enum term_result term_frame(struct term *t, const struct screen *s)
{
	enum term_result r;
	size_t begin, cells;

	if (t->is_blocked) {
		r = term_flush(t);
		if (r != TERM_DRAWN)
			return r;
	}
	begin = t->out.len;
	if (t->ti.has_sync)
		buf_puts(&t->out, "\x1b[?2026h");
	cells = encode_frame(&t->enc, t->has_last ? &t->last : NULL, s, &t->out);
	place_cursor(t, s, cells > 0);
	if (t->ti.has_sync) {
		if (t->out.len == begin + 8)
			t->out.len = begin;
		else
			buf_puts(&t->out, "\x1b[?2026l");
	}
	if (cells || !t->has_last || s->ncombs)
		copy_screen(&t->last, s);
	t->has_last = true;
	t->stats.cells += cells;
	if (!t->out.len)
		return TERM_DRAWN;
	t->stats.frames++;
	return term_flush(t);
}

void term_mouse(struct term *t, bool on)
{
	if (!t->ti.is_ansi || on == t->is_mouse)
		return;
	t->is_mouse = on;
	buf_puts(&t->out, on ? "\x1b[?1000h\x1b[?1006h" : "\x1b[?1006l\x1b[?1000l");
}

void term_flush_input(struct term *t)
{
	tcflush(t->in_fd, TCIFLUSH);
}

/* Minutes after which the kernel blanks its consoles; 0: never. setterm(1) sets the same. */
static int blank_minutes(void)
{
	FILE *f = fopen("/sys/module/kernel/parameters/consoleblank", "re");
	char line[32] = "";
	long seconds;

	if (!f)
		return 0;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	seconds = strtol(line, NULL, 10);
	return seconds > 0 && seconds <= 3600 ? (int)(seconds + 59) / 60 : 0;
}

void term_stay_lit(struct term *t)
{
	size_t len = restore.len;
	int minutes = blank_minutes();

	if (strncmp(t->ti.name, "linux", 5) != 0)
		return;
	buf_puts(&t->out, "\x1b[9;0]");
	if (minutes && len + 16 < sizeof(restore.bytes))
		restore.len += (size_t)snprintf(restore.bytes + len, 16, "\x1b[9;%d]", minutes);
}

enum clip_way term_clipboard(const struct term *t)
{
	return t->ti.is_ansi ? clip_way(t->ti.name, getenv("TMUX"), getenv("STY")) : CLIP_NONE;
}

bool term_copy(struct term *t, const char *text, size_t len)
{
	return t->out.len <= OUT_CAP / 4 && clip_encode(term_clipboard(t), text, len, &t->out);
}

void term_resume(struct term *t)
{
	enter_modes(t);
}

void term_suspend(struct term *t)
{
	term_flush(t);
	buf_clear(&t->out);
	t->sent = 0;
	t->is_blocked = false;
	term_restore();
	raise(SIGSTOP);
	/* Continued: the shell may have changed the modes it left us with. */
	if (!tcgetattr(t->in_fd, &restore.modes))
		t->raw = raw_modes(restore.modes);
	enter_modes(t);
	tcflush(t->in_fd, TCIFLUSH);
}

struct term_stats term_stats(const struct term *t)
{
	return t->stats;
}

size_t term_encode(struct term *t, const struct screen *old, const struct screen *now,
		   struct buf *out)
{
	struct encoder e = t->enc;

	return encode_frame(&e, old, now, out);
}
