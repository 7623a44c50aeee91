/* ptyrun.h - one real program at a time on a pty, with an emulator behind it and the modes of the
 * terminal remembered from before. Static functions: each screen test is one file. Every wait has a
 * deadline. */
#ifndef SPARKOPS_TESTS_PTYRUN_H
#define SPARKOPS_TESTS_PTYRUN_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <vterm.h>

#include "../../include/base.h"

enum { PATIENCE = 200000, RAW = 4 << 20 };

static struct {
	pid_t pid;
	int master, slave, status;
	struct termios before;
	VTerm *vt;
	VTermScreen *vs;
	int w, h;
	char *raw;
	size_t nraw;
	struct rusage usage;
} c;

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static const char *program(void)
{
	const char *p = getenv("SPARKOPS_ASAN");

	return p ? p : "build/sparkops-asan";
}

static void child(const char *term, bool ignore_hup)
{
	setsid();
	ioctl(c.slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(c.slave, fd);
	for (int fd = 3; fd < 64; fd++)
		close(fd);
	if (term)
		setenv("TERM", term, 1);
	else
		unsetenv("TERM");
	setenv("LC_ALL", "C.UTF-8", 1);
	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	setenv("LINES", "7", 1); /* must not be believed */
	setenv("COLUMNS", "30", 1);
	unsetenv("NO_COLOR");
	unsetenv("TMUX");
	if (ignore_hup)
		signal(SIGHUP, SIG_IGN);
	execl(program(), "sparkops", "--no-discover", "--health", "http://127.0.0.1:9",
	      (char *)NULL);
	_exit(126);
}

static void start_as(const char *term, int w, int h, bool ignore_hup)
{
	struct winsize ws = {(unsigned short)h, (unsigned short)w, 0, 0};

	memset(&c, 0, sizeof(c));
	c.w = w;
	c.h = h;
	c.raw = xmalloc(RAW);
	assert_int_equal(openpty(&c.master, &c.slave, NULL, NULL, &ws), 0);
	assert_int_equal(tcgetattr(c.slave, &c.before), 0);
	c.vt = vterm_new(h, w);
	vterm_set_utf8(c.vt, 1);
	c.vs = vterm_obtain_screen(c.vt);
	vterm_screen_enable_altscreen(c.vs, 1);
	vterm_screen_reset(c.vs, 1);
	c.pid = fork();
	assert_true(c.pid >= 0);
	if (!c.pid)
		child(term, ignore_hup);
}

static void start(void)
{
	start_as("xterm-256color", 100, 24, false);
}

/* Reads for at most ms; false when nothing came. */
static bool pump(int ms)
{
	struct pollfd p = {c.master, POLLIN, 0};
	char bytes[65536];
	ssize_t n;

	if (c.master < 0 || poll(&p, 1, ms) <= 0)
		return false;
	n = read(c.master, bytes, sizeof(bytes));
	if (n <= 0)
		return false;
	if (c.nraw + (size_t)n < RAW) {
		memcpy(c.raw + c.nraw, bytes, (size_t)n);
		c.nraw += (size_t)n;
	}
	vterm_input_write(c.vt, bytes, (size_t)n);
	return true;
}

static void row_text(int y, char *out, size_t size)
{
	size_t n = 0;

	for (int x = 0; x < c.w && n + 8 < size; x++) {
		VTermScreenCell cell;

		vterm_screen_get_cell(c.vs, (VTermPos){y, x}, &cell);
		out[n++] = cell.chars[0] > 0x20 && cell.chars[0] < 0x7F ? (char)cell.chars[0]
			   : cell.chars[0] > 0x7F                       ? '#'
									: ' ';
	}
	out[n] = '\0';
}

static bool is_shown(const char *text)
{
	char row[2048];

	for (int y = 0; y < c.h; y++) {
		row_text(y, row, sizeof(row));
		if (strstr(row, text))
			return true;
	}
	return false;
}

static void wait_for(const char *text)
{
	int64_t until = now_ms() + PATIENCE;

	while (!is_shown(text)) {
		if (now_ms() > until) {
			char row[2048];

			for (int y = 0; y < c.h; y++) {
				row_text(y, row, sizeof(row));
				fprintf(stderr, "|%s|\n", row);
			}
			fail_msg("\"%s\" did not appear", text);
		}
		pump(50);
	}
}

static void keys(const char *bytes)
{
	assert_int_equal(write(c.master, bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

/* Milliseconds until it ended; fails after ms. */
static int64_t wait_end(int64_t ms)
{
	int64_t begun = now_ms();

	while (wait4(c.pid, &c.status, WNOHANG, &c.usage) == 0) {
		if (now_ms() - begun > ms)
			fail_msg("still there after %d ms", (int)ms);
		pump(20);
	}
	c.pid = 0;
	while (pump(0))
		;
	return now_ms() - begun;
}

static void finish(void)
{
	if (!c.vt)
		return;
	if (c.pid > 0) {
		kill(c.pid, SIGKILL);
		waitpid(c.pid, &c.status, 0);
	}
	if (c.master >= 0)
		close(c.master);
	if (c.slave >= 0)
		close(c.slave);
	vterm_free(c.vt);
	free(c.raw);
	c.vt = NULL;
}

/* Also after a failure nothing stays behind. */
static int teardown(void **state)
{
	(void)state;
	finish();
	return 0;
}

/* The last word about a mode: 'h' set, 'l' reset, 0 never spoken of. */
static char mode(const char *number)
{
	size_t n = strlen(number);
	char last = 0;

	for (size_t i = 0; i + n + 4 <= c.nraw; i++)
		if (!memcmp(c.raw + i, "\x1b[?", 3) && !memcmp(c.raw + i + 3, number, n) &&
		    strchr("hl", c.raw[i + 3 + n]))
			last = c.raw[i + 3 + n];
	return last;
}

static void assert_restored(const char *when)
{
	struct termios after;

	assert_int_equal(tcgetattr(c.slave, &after), 0);
	if (after.c_iflag != c.before.c_iflag || after.c_oflag != c.before.c_oflag ||
	    after.c_cflag != c.before.c_cflag || after.c_lflag != c.before.c_lflag ||
	    memcmp(after.c_cc, c.before.c_cc, sizeof(after.c_cc)))
		fail_msg("%s: the modes of the terminal are not as before", when);
	if (mode("1049") != 'l' || mode("25") != 'h' || mode("2004") != 'l' ||
	    mode("1000") == 'h' || mode("1006") == 'h')
		fail_msg("%s: a mode was left on", when);
}

#endif
