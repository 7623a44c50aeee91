/* console.c - see console.h. */
#include "console.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../include/clock.h"

enum { RAW_MAX = 256 << 20 };

static int on_prop(VTermProp prop, VTermValue *val ATTR_UNUSED, void *user)
{
	struct console *c = user;

	if (prop == VTERM_PROP_TITLE || prop == VTERM_PROP_ICONNAME)
		c->titles++;
	return 1;
}

static int on_bell(void *user)
{
	struct console *c = user;

	c->bells++;
	return 1;
}

static const VTermScreenCallbacks callbacks = {.settermprop = on_prop, .bell = on_bell};

static void child(const char *const *argv, const char *term)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setenv("TERM", term ? term : "xterm-256color", 1);
	setenv("LANG", "C.UTF-8", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("LINES");
	unsetenv("COLUMNS");
	unsetenv("NO_COLOR");
	unsetenv("TMUX");
	execv(argv[0], (char *const *)(uintptr_t)argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

void console_start(struct console *c, int rows, int cols, const char *const *argv, const char *term)
{
	struct winsize size = {(unsigned short)rows, (unsigned short)cols, 0, 0};

	memset(c, 0, sizeof(*c));
	c->rows = rows;
	c->cols = cols;
	buf_init(&c->raw, RAW_MAX);
	c->vt = vterm_new(rows, cols);
	vterm_set_utf8(c->vt, 1);
	c->screen = vterm_obtain_screen(c->vt);
	vterm_screen_enable_altscreen(c->screen, 1);
	vterm_screen_set_callbacks(c->screen, &callbacks, c);
	vterm_screen_reset(c->screen, 1);
	c->titles = c->bells = 0;
	c->pid = forkpty(&c->fd, NULL, NULL, &size);
	if (c->pid < 0)
		BUG("forkpty: %s", strerror(errno));
	if (c->pid == 0)
		child(argv, term);
	fcntl(c->fd, F_SETFL, O_NONBLOCK);
}

static void reap(struct console *c, int flags)
{
	if (c->pid && waitpid(c->pid, &c->status, flags) == c->pid)
		c->pid = 0;
}

void console_end(struct console *c)
{
	if (c->pid) {
		kill(c->pid, SIGKILL);
		reap(c, 0);
	}
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	vterm_free(c->vt);
	buf_release(&c->raw);
}

/* Reads what is there within ms; false when nothing came or it is gone. */
static bool pump(struct console *c, int ms)
{
	struct pollfd p = {c->fd, POLLIN, 0};
	char bytes[65536], answer[256];
	ssize_t n;
	size_t back;

	if (poll(&p, 1, ms) <= 0)
		return false;
	n = read(c->fd, bytes, sizeof(bytes));
	if (n <= 0)
		return false;
	if (!buf_add(&c->raw, bytes, (size_t)n))
		BUG("the console wrote more than %d bytes", RAW_MAX);
	vterm_input_write(c->vt, bytes, (size_t)n);
	while ((back = vterm_output_read(c->vt, answer, sizeof(answer))) > 0)
		c->replies += back;
	return true;
}

void console_keys(struct console *c, const char *keys)
{
	size_t len = strlen(keys), at = 0;

	while (at < len) {
		ssize_t n = write(c->fd, keys + at, len - at);

		if (n > 0)
			at += (size_t)n;
		else if (errno != EAGAIN && errno != EINTR)
			return;
		else
			pump(c, 10);
	}
}

void console_row(struct console *c, int y, struct buf *out)
{
	size_t keep = out->len;

	for (int x = 0; x < c->cols; x++) {
		VTermScreenCell cell;

		if (!vterm_screen_get_cell(c->screen, (VTermPos){y, x}, &cell) || !cell.chars[0]) {
			buf_putc(out, ' ');
			continue;
		}
		if (cell.chars[0] == (uint32_t)-1)
			continue; /* the right half of a wide one */
		for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i]; i++) {
			uint32_t u = cell.chars[i];
			char s[5] = {0};

			if (u < 0x80) {
				s[0] = (char)u;
			} else if (u < 0x800) {
				s[0] = (char)(0xc0 | u >> 6);
				s[1] = (char)(0x80 | (u & 0x3f));
			} else if (u < 0x10000) {
				s[0] = (char)(0xe0 | u >> 12);
				s[1] = (char)(0x80 | (u >> 6 & 0x3f));
				s[2] = (char)(0x80 | (u & 0x3f));
			} else {
				s[0] = (char)(0xf0 | u >> 18);
				s[1] = (char)(0x80 | (u >> 12 & 0x3f));
				s[2] = (char)(0x80 | (u >> 6 & 0x3f));
				s[3] = (char)(0x80 | (u & 0x3f));
			}
			buf_puts(out, s);
		}
	}
	while (out->len > keep && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
}

void console_text(struct console *c, struct buf *out)
{
	for (int y = 0; y < c->rows; y++) {
		console_row(c, y, out);
		buf_putc(out, '\n');
	}
}

static bool on_screen(struct console *c, const char *text)
{
	struct buf all;
	bool found;

	buf_init(&all, 1 << 22);
	console_text(c, &all);
	found = strstr(all.data, text) != NULL;
	buf_release(&all);
	return found;
}

bool console_shows(struct console *c, const char *text, int ms)
{
	int64_t end = clock_mono(&clock_real) + ms;

	for (;;) {
		int64_t left = end - clock_mono(&clock_real);

		if (on_screen(c, text))
			return true;
		if (left <= 0)
			return false;
		if (!pump(c, (int)min_i64(left, 200)))
			reap(c, WNOHANG);
		if (!c->pid && !pump(c, 0))
			return on_screen(c, text);
	}
}

void console_settle(struct console *c, int quiet_ms, int ms)
{
	int64_t end = clock_mono(&clock_real) + ms;

	while (clock_mono(&clock_real) < end && pump(c, quiet_ms))
		;
}

bool console_ends(struct console *c, int ms)
{
	int64_t end = clock_mono(&clock_real) + ms;

	while (c->pid && clock_mono(&clock_real) < end) {
		pump(c, 20);
		reap(c, WNOHANG);
	}
	while (pump(c, 0))
		;
	return !c->pid;
}

static bool wait_ready(int fd, int ms)
{
	int64_t end = clock_mono(&clock_real) + ms;
	char line[4096];
	size_t len = 0;

	while (len < sizeof(line) - 1) {
		int64_t left = end - clock_mono(&clock_real);
		struct pollfd p = {fd, POLLIN, 0};
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(fd, line + len, sizeof(line) - 1 - len);
		if (n <= 0)
			return false;
		len += (size_t)n;
		line[len] = '\0';
		if (memchr(line, '\n', len))
			break;
	}
	return strstr(line, "\"ready\":true") != NULL;
}

bool played_start(struct played *w, const char *const *args)
{
	const char *world = getenv("WORLD"),
		   *argv[32] = {world ? world : "build/world", "--dir", NULL};
	char dir[160];
	size_t n = 2;
	int ends[2];
	bool ready;

	snprintf(w->dir, sizeof(w->dir), "/tmp/sparkops-test.XXXXXX");
	if (!mkdtemp(w->dir) || pipe(ends))
		return false;
	snprintf(dir, sizeof(dir), "%s/cluster", w->dir);
	snprintf(w->config, sizeof(w->config), "%s/config.yaml", w->dir);
	argv[n++] = dir;
	argv[n++] = "--config-out";
	argv[n++] = w->config;
	while (*args && n < ARRAY_LEN(argv) - 1)
		argv[n++] = *args++;
	w->pid = fork();
	if (w->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(ends[1]);
	ready = w->pid > 0 && wait_ready(ends[0], 200000);
	close(ends[0]);
	return ready;
}

static int remove_one(const char *path, const struct stat *st ATTR_UNUSED, int kind ATTR_UNUSED,
		      struct FTW *at ATTR_UNUSED)
{
	return remove(path);
}

void played_end(struct played *w)
{
	if (w->pid > 0) {
		kill(w->pid, SIGTERM);
		waitpid(w->pid, NULL, 0);
	}
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
