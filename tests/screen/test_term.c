/* test_term.c - the real program on a real pty: the terminal comes back after every signal, a cut
 * line ends the process, pastes do not act, sizes may change as they like, odd terminals get a
 * word.
 */
#include <dirent.h>
#include <sys/syscall.h>

#include "ptyrun.h"

static void test_quit(void **state)
{
	(void)state;
	start();
	wait_for("Enter open");
	keys("m"); /* mouse on: off again at the end */
	wait_for("mouse on");
	keys("q");
	wait_end(PATIENCE);
	assert_true(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0);
	assert_restored("q");
	finish();
	start();
	wait_for("Enter open");
	keys(":"); /* also out of a prompt, with all that can be said in it */
	wait_for(":   action");
	keys("\x03");
	wait_end(PATIENCE);
	assert_restored("Ctrl-C");
	finish();
}

static void test_every_signal(void **state)
{
	static const int signals[] = {SIGINT,  SIGTERM, SIGQUIT,  SIGHUP,    SIGSEGV, SIGBUS,
				      SIGFPE,  SIGILL,  SIGABRT,  SIGSYS,    SIGTRAP, SIGUSR1,
				      SIGUSR2, SIGALRM, SIGIO,    SIGVTALRM, SIGPROF, SIGXCPU,
				      SIGXFSZ, SIGPWR,  SIGSTKFLT};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		char when[32];

		snprintf(when, sizeof(when), "signal %d", signals[i]);
		start();
		wait_for("Enter open");
		kill(c.pid, signals[i]);
		wait_end(PATIENCE);
		assert_restored(when);
		finish();
	}
}

/* The thread that dies need not be the one that draws. */
static void test_other_thread(void **state)
{
	char path[64];
	struct dirent *d;
	pid_t other = 0;
	DIR *dir;

	(void)state;
	start();
	wait_for("127.0.0.1:9"); /* the backend runs: it has said something */
	snprintf(path, sizeof(path), "/proc/%d/task", (int)c.pid);
	dir = opendir(path);
	assert_non_null(dir);
	while ((d = readdir(dir)))
		if (strtol(d->d_name, NULL, 10) > c.pid)
			other = (pid_t)strtol(d->d_name, NULL, 10);
	closedir(dir);
	assert_true(other > 0);
	assert_int_equal(syscall(SYS_tgkill, c.pid, other, SIGSEGV), 0);
	wait_end(PATIENCE);
	assert_restored("SIGSEGV in another thread");
	finish();
}

/* The second one does not wait for anything. */
static void test_second_interrupt(void **state)
{
	(void)state;
	start();
	wait_for("Enter open");
	kill(c.pid, SIGSTOP); /* both are pending when it runs again */
	kill(c.pid, SIGINT);
	kill(c.pid, SIGTERM);
	kill(c.pid, SIGCONT);
	wait_end(PATIENCE);
	assert_restored("two signals");
	finish();
}

static void test_suspend(void **state)
{
	int status;

	(void)state;
	start();
	wait_for("Enter open");
	for (int i = 0; i < 5; i++) {
		int64_t until = now_ms() + PATIENCE;

		kill(c.pid, SIGTSTP);
		while (waitpid(c.pid, &status, WUNTRACED | WNOHANG) == 0) {
			assert_true(now_ms() < until);
			pump(20);
		}
		assert_true(WIFSTOPPED(status));
		while (pump(50))
			;
		assert_restored("stopped");
		assert_false(is_shown("Enter open"));
		kill(c.pid, SIGCONT);
		wait_for("Enter open");
		assert_int_equal(mode("1049"), 'h');
	}
	keys("q");
	wait_end(PATIENCE);
	assert_restored("q after fg");
	finish();
}

static double cpu(void)
{
	return (double)c.usage.ru_utime.tv_sec + (double)c.usage.ru_stime.tv_sec +
	       (double)(c.usage.ru_utime.tv_usec + c.usage.ru_stime.tv_usec) / 1e6;
}

/* Stopped without being asked (SIGSTOP), the shell takes the terminal; at CONT it is ours again. */
static void test_stopped_hard(void **state)
{
	struct termios now;
	int64_t until = now_ms() + PATIENCE;

	(void)state;
	start();
	wait_for("Enter open");
	kill(c.pid, SIGSTOP);
	assert_int_equal(waitpid(c.pid, &c.status, WUNTRACED), c.pid);
	assert_int_equal(tcsetattr(c.slave, TCSANOW, &c.before), 0);
	vterm_input_write(c.vt, "\x1b[?1049l$ ", 10);
	kill(c.pid, SIGCONT);
	wait_for("Enter open");
	do {
		assert_true(now_ms() < until);
		pump(20);
		assert_int_equal(tcgetattr(c.slave, &now), 0);
	} while (now.c_lflag & ICANON);
	keys("q");
	wait_end(PATIENCE);
	assert_restored("q after SIGSTOP");
	finish();
}

/* A cut line: the end comes by itself and without spinning, also where HUP is ignored (nohup). */
static void test_hang_up(void **state)
{
	(void)state;
	for (int ignored = 0; ignored < 2; ignored++) {
		start_as("xterm-256color", 100, 24, ignored);
		wait_for("Enter open");
		close(c.slave);
		close(c.master);
		c.master = c.slave = -1;
		/* 2 s are promised; a loaded machine and the sanitizers get some more. */
		wait_end(5000);
		assert_true(cpu() < 2.0);
		finish();
	}
}

static void test_paste(void **state)
{
	(void)state;
	start();
	wait_for("Enter open");
	keys("\x1b[200~qKq\r:quit\r\x1b[201~");
	wait_for("a paste was dropped");
	keys("j"); /* the notice goes with the next key; it is still there */
	wait_for("Enter open");
	keys(":\x1b[200~he\x1b[31mlp\x1b[201~");
	wait_for(":he");
	assert_true(is_shown(":he[31mlp")); /* Esc itself is no text */
	keys("\x15help\r");
	wait_for("keys everywhere");
	keys("qq");
	wait_end(PATIENCE);
	assert_restored("paste");
	finish();
}

static void resize(int w, int h)
{
	struct winsize ws = {(unsigned short)h, (unsigned short)w, 0, 0};

	c.w = w;
	c.h = h;
	vterm_set_size(c.vt, h, w);
	assert_int_equal(ioctl(c.master, TIOCSWINSZ, &ws), 0);
}

static void test_resize_storm(void **state)
{
	uint32_t x = 1;

	(void)state;
	start();
	wait_for("Enter open");
	for (int i = 0; i < 600; i++) {
		x = x * 1664525 + 1013904223;
		resize(1 + (int)(x >> 8) % 300, 1 + (int)(x >> 20) % 100);
		pump(0);
	}
	resize(1, 1);
	while (pump(200))
		;
	resize(30, 3); /* too small for a view: the worst thing all the same */
	wait_for("127.0.0.1");
	resize(90, 20);
	wait_for("Enter open");
	assert_true(is_shown("sparkops"));
	keys("q");
	wait_end(PATIENCE);
	assert_restored("resize storm");
	finish();
}

/* Is there an SGR with colours among what was sent? */
static bool has_colour(void)
{
	for (size_t i = 0; i + 4 < c.nraw; i++) {
		size_t k = i + 2;

		if (memcmp(c.raw + i, "\x1b[", 2))
			continue;
		while (k < c.nraw && strchr("0123456789;", c.raw[k]))
			k++;
		if (k < c.nraw && c.raw[k] == 'm')
			for (size_t p = i + 2; p + 1 < k; p++)
				if ((c.raw[p - 1] == ';' || c.raw[p - 1] == '[') &&
				    (c.raw[p] == '3' || c.raw[p] == '4') && c.raw[p + 1] >= '0' &&
				    c.raw[p + 1] <= '8')
					return true;
	}
	return false;
}

static void test_terminals(void **state)
{
	static const struct {
		const char *term;
		bool colour;
	} cases[] = {{"xterm", true}, {"xterm-256color", true}, {"tmux", true},  {"screen", true},
		     {"linux", true}, {"vt100", false},         {"vt220", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct termios after;

		start_as(cases[i].term, 80, 24, false);
		wait_for("Enter open");
		wait_for("sparkops");
		if (has_colour() != cases[i].colour)
			fail_msg("%s: colour is wrong", cases[i].term);
		keys("q");
		wait_end(PATIENCE);
		assert_true(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 0);
		assert_int_equal(tcgetattr(c.slave, &after), 0);
		assert_int_equal(after.c_lflag, c.before.c_lflag);
		assert_int_equal(mode("2004"), 'l');
		finish();
	}
}

static void test_cannot(void **state)
{
	static const char *const terms[] = {"dumb", "unknown", "no-such-terminal", "", NULL};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(terms); i++) {
		struct termios after;

		start_as(terms[i], 160, 24, false);
		wait_end(PATIENCE);
		assert_true(WIFEXITED(c.status) && WEXITSTATUS(c.status) == 64);
		assert_true(is_shown("sparkops --once --text"));
		/* Not one escape sequence to a terminal we know nothing of. */
		assert_null(memchr(c.raw, 0x1b, c.nraw));
		assert_int_equal(tcgetattr(c.slave, &after), 0);
		assert_int_equal(after.c_lflag, c.before.c_lflag);
		finish();
	}
}

/* A terminal that does not take anything for a while holds up neither keys nor the end. */
static void test_held_back(void **state)
{
	int64_t begun;

	(void)state;
	start();
	wait_for("Enter open");
	tcflow(c.slave, TCOOFF);
	begun = now_ms();
	for (int i = 0; i < 50; i++)
		keys("?q");
	kill(c.pid, SIGTERM);
	wait_end(PATIENCE);
	tcflow(c.slave, TCOON);
	assert_true(now_ms() - begun < 10000);
	finish();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_quit, teardown),
		cmocka_unit_test_teardown(test_every_signal, teardown),
		cmocka_unit_test_teardown(test_other_thread, teardown),
		cmocka_unit_test_teardown(test_second_interrupt, teardown),
		cmocka_unit_test_teardown(test_suspend, teardown),
		cmocka_unit_test_teardown(test_stopped_hard, teardown),
		cmocka_unit_test_teardown(test_hang_up, teardown),
		cmocka_unit_test_teardown(test_paste, teardown),
		cmocka_unit_test_teardown(test_resize_storm, teardown),
		cmocka_unit_test_teardown(test_terminals, teardown),
		cmocka_unit_test_teardown(test_cannot, teardown),
		cmocka_unit_test_teardown(test_held_back, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
