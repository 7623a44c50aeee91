/* tui.c - the loop: poll the terminal, the backend's wake-up and the signals; feed the ui; draw at
 * most once per turn.
 *
 * DESIGN. The first frame goes out before the backend is even started, so nothing on the network or
 * on a disk is waited for. A key is drawn in the turn it came in, new sizes at most
 * 30 times a second, news at most ten times, the clock and what is only fresher once a second, in
 * one frame. While the terminal does
 * not drain nothing is drawn, and nothing here ever waits for it. A terminal that is gone ends the
 * loop: hang-up, error, end of input or SIGHUP, whichever is seen first, and an alarm ends the
 * process should the backend not stop in time. */
#include "tui.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../include/turns.h"
#include "leave.h"
#include "signals.h"
#include "term.h"
#include "ui.h"

enum {
	FIRST_FRAME_MS = 4,
	FRAME_MS = 33,
	DATA_MS = 100,
	FIRST_SNAPSHOTS = 8,
	ESC_MS = 25,
	BURST_BYTES = 8, /* in one read, or reads closer than BURST_MS: no hand types so */
	BURST_MS = 8,
	GONE_SECONDS = 1
};

struct loop {
	struct term *term;
	struct ui ui;
	struct screen screen;
	struct backend *backend;
	struct key_reader keys;
	int signal_fd;
	bool is_gone, is_key, must_draw;
	bool is_burst;   /* what was read last came faster than a hand types */
	int64_t read_at; /* mono ms when that was handled and drawn: what lay there by then came
			    while nobody looked, and may be its rest */
	int64_t drawn_at, taken_at; /* mono ms of the last frame and the last snapshot */
	unsigned taken;             /* snapshots so far: the first ones are not waited with */
	uint64_t news_seq;          /* of the snapshot taken last */
	int64_t drawn_second;       /* wall second shown */
};

static int request(void *data, const struct request *r, struct err *err)
{
	struct loop *l = data;

	if (!l->backend)
		return err_set(err, ERR_MISSING, "nothing is polled yet");
	return backend_request(l->backend, r, err);
}

/* What was accepted is not cut by an impatient second signal, from the moment it was. */
static void hold_signals(const struct loop *l)
{
	signals_hold(backend_acting(l->backend, false) > 0);
}

static int64_t act(void *data, const struct action_request *r, struct err *err)
{
	struct loop *l = data;
	int64_t rc;

	if (!l->backend)
		return err_set(err, ERR_MISSING, "nothing is watched yet, so nothing can be done");
	signals_hold(true);
	rc = backend_act(l->backend, r, err);
	hold_signals(l);
	return rc;
}

static int64_t mono(const struct loop *l)
{
	return clock_mono(l->ui.clock);
}

static int64_t wall_second(const struct loop *l)
{
	return clock_wall(l->ui.clock) / 1000;
}

static void fit(struct loop *l)
{
	int w, h;

	term_size(l->term, &w, &h);
	screen_resize(&l->screen, w, h);
	l->ui.is_dirty = true;
}

static void apply_theme(struct loop *l)
{
	struct err err;
	struct theme th;

	term_no_colour(l->term, l->ui.cfg->no_color);
	/* The ui knows names; how many colours there are only the terminal knows. */
	if (theme_load(l->ui.theme->name, term_colours(l->term), &th, &err) == 0)
		*l->ui.theme = th;
	term_theme(l->term, l->ui.theme);
}

static void draw(struct loop *l)
{
	ui_draw(&l->ui, &l->screen);
	l->drawn_second = wall_second(l);
	l->drawn_at = mono(l);
	l->is_key = false;
	switch (term_frame(l->term, &l->screen)) {
	case TERM_DRAWN:
		break;
	case TERM_BUSY:
		/* Part of it is on its way; or it was skipped, and is drawn when there is room. */
		l->ui.is_dirty = true;
		break;
	case TERM_GONE:
		l->is_gone = true;
		break;
	}
}

static void grant_wishes(struct loop *l)
{
	struct ui_wish w = l->ui.wish;

	memset(&l->ui.wish, 0, sizeof(l->ui.wish));
	l->ui.wish.quit = w.quit;
	if (w.theme)
		apply_theme(l);
	if (w.mouse)
		term_mouse(l->term, l->ui.is_mouse);
	if (w.copy && !term_copy(l->term, l->ui.clip.data, l->ui.clip.len))
		ui_say(&l->ui, "not copied: %zu bytes are more than the terminal takes now",
		       l->ui.clip.len);
	if (w.redraw_all)
		term_forget(l->term);
	if (w.flush) { /* what was typed before a question is no answer to it */
		key_reader_drop(&l->keys);
		term_flush_input(l->term);
	}
	if (w.suspend) {
		term_suspend(l->term);
		fit(l);
	}
}

static void handle_keys(struct loop *l, bool is_late)
{
	struct key_event ev;

	while (!l->ui.wish.quit && key_reader_next(&l->keys, is_late, &ev)) {
		ev.is_burst = l->is_burst || key_reader_waits(&l->keys);
		ui_event(&l->ui, &ev);
		l->is_burst = true; /* for those behind it in the same read */
		l->is_key = true;
		if (l->ui.wish.theme || l->ui.wish.suspend || l->ui.wish.mouse || l->ui.wish.flush)
			grant_wishes(l);
	}
	grant_wishes(l);
}

static void read_keys(struct loop *l)
{
	char bytes[KEY_BUFFER];
	ssize_t n = read(term_fd(l->term), bytes, sizeof(bytes));
	int64_t now = mono(l);
	size_t fed = 0;

	l->is_burst = n >= BURST_BYTES || now - l->read_at < BURST_MS;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		l->is_gone = true;
		return;
	}
	if (l->ui.cfg->is_wall) /* deaf, but the line is kept empty so that Ctrl-C comes through */
		return;
	while (n > 0 && fed < (size_t)n) {
		fed += key_reader_feed(&l->keys, bytes + fed, (size_t)n - fed, now);
		/* A full buffer that holds nothing whole is no key. */
		handle_keys(l, l->keys.len == KEY_BUFFER);
	}
}

static void handle_signals(struct loop *l)
{
	struct signal_events ev = signals_take();

	if (ev.quit)
		l->ui.wish.quit = true;
	if (ev.hang_up)
		l->is_gone = true;
	if (ev.suspend && !l->ui.cfg->is_wall) /* nobody is there to say fg */
		l->ui.wish.suspend = true;
	if (ev.resize || ev.resumed)
		fit(l);
	if (ev.resumed || ev.suspend)
		question_rearm(&l->ui);
	if (ev.resumed) /* whoever had the terminal meanwhile left it as he liked */
		term_resume(l->term);
	grant_wishes(l);
}

/* The first pictures follow each other as the data comes, later ones at a pace for eyes. */
static int64_t frame_ms(const struct loop *l)
{
	return l->taken < FIRST_SNAPSHOTS ? FIRST_FRAME_MS : FRAME_MS;
}

static bool is_new_second(const struct loop *l)
{
	return wall_second(l) != l->drawn_second;
}

/* Is it too soon for another snapshot? The newest one waits at the backend. */
static bool rests(const struct loop *l)
{
	return l->taken >= FIRST_SNAPSHOTS && mono(l) - l->taken_at < DATA_MS;
}

/* What is only fresher is no reason for a frame: the clock's is near. */
static void take_latest(struct loop *l)
{
	const struct snapshot *s = backend_latest(l->backend);
	bool is_dirty = l->ui.is_dirty || s->news_seq > l->news_seq;

	l->news_seq = s->news_seq;
	hold_signals(l);
	ui_snapshot(&l->ui, s);
	l->ui.is_dirty = is_dirty;
	grant_wishes(l); /* a configuration read again may bring another theme */
}

static void take_news(struct loop *l)
{
	uint64_t count;

	l->taken_at = mono(l);
	l->taken++;
	if (read(backend_wake_fd(l->backend), &count, sizeof(count)) < 0 && errno != EAGAIN)
		return;
	take_latest(l);
}

/* Milliseconds until something must be done without any event; -1 is never used: there is a clock.
 */
static int timeout(const struct loop *l)
{
	int64_t wait = 1000 - clock_wall(l->ui.clock) % 1000 + 1;

	if (key_reader_waits(&l->keys))
		return ESC_MS;
	if (rests(l))
		wait = min_i64(wait, l->taken_at + DATA_MS - mono(l));
	if (l->ui.is_dirty && !term_is_busy(l->term))
		wait = min_i64(wait, max_i64(0, l->drawn_at + frame_ms(l) - mono(l)));
	return (int)max_i64(0, wait);
}

static bool is_due(const struct loop *l)
{
	if (term_is_busy(l->term))
		return false;
	if (l->is_key)
		return true;
	if (l->ui.is_dirty)
		return mono(l) - l->drawn_at >= frame_ms(l);
	return is_new_second(l);
}

static void turn(struct loop *l)
{
	struct pollfd fds[3] = {
		{term_fd(l->term), POLLIN, 0},
		{l->signal_fd, POLLIN, 0},
		{l->backend && !rests(l) ? backend_wake_fd(l->backend) : -1, POLLIN, 0},
	};
	int n;

	if (term_is_busy(l->term))
		fds[0].events |= POLLOUT;
	n = poll(fds, ARRAY_LEN(fds), timeout(l));
	if (n < 0 && errno != EINTR)
		BUG("poll: %s", strerror(errno));
	if (n < 0)
		return;
	if (fds[1].revents)
		handle_signals(l);
	if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) {
		l->is_gone = true;
		return;
	}
	if (fds[0].revents & POLLIN)
		read_keys(l);
	else if (key_reader_waits(&l->keys) && !n)
		handle_keys(l, true);
	ui_tick(&l->ui);
	if (key_reader_watchdog(&l->keys, mono(l)))
		ui_say(&l->ui, "a paste without an end was ended");
	if (fds[0].revents & POLLOUT && term_flush(l->term) == TERM_GONE)
		l->is_gone = true;
	/* a key that came with it is drawn first */
	if (!l->is_key || term_is_busy(l->term)) {
		if (fds[2].revents & POLLIN)
			take_news(l);
		else if (is_new_second(l))
			take_latest(l);
	}
	if (!l->is_gone && !l->ui.wish.quit && is_due(l))
		draw(l);
	if (fds[0].revents & POLLIN)
		l->read_at = mono(l);
}

static int begin(struct loop *l, const struct config *cfg, struct err *err)
{
	int rc;

	rc = ui_init(&l->ui, cfg, &clock_real, err);
	if (rc)
		return rc;
	l->ui.request = request;
	l->ui.act = act;
	l->ui.request_data = l;
	l->term = term_open(STDIN_FILENO, cfg->no_color, err);
	if (!l->term) {
		ui_release(&l->ui);
		return -ERR_TERMINAL;
	}
	l->ui.clip_way = term_clipboard(l->term);
	l->signal_fd = signals_open(term_restore);
	l->ui.is_ascii_only = !term_is_utf8(l->term);
	if (l->ui.is_ascii_only)
		l->ui.glyphs = &glyphs_ascii;
	key_reader_init(&l->keys);
	term_learn_keys(l->term, &l->keys);
	screen_init(&l->screen, l->ui.glyphs);
	apply_theme(l);
	if (cfg->is_wall)
		term_stay_lit(l->term);
	fit(l);
	draw(l);
	if (cfg->read_only && backend_guard(cfg, err) < 0)
		return -ERR_REFUSED;
	/* The backend's threads are born with signals blocked: all are for this one. */
	signals_block();
	l->backend = backend_start(cfg, err);
	signals_unblock();
	if (!l->backend)
		return err && err->code ? -(int)err->code : -ERR_IO;
	ui_snapshot(&l->ui, backend_latest(l->backend));
	return 0;
}

static void end(struct loop *l)
{
	term_restore();
	if (l->backend)
		leave_wait(l->backend, l->signal_fd, l->is_gone);
	if (l->is_gone)
		alarm(GONE_SECONDS);
	if (l->backend)
		backend_stop(l->backend);
	alarm(0);
	signals_close();
	ui_release(&l->ui);
	screen_release(&l->screen);
	term_close(l->term);
}

int tui_run(const struct config *cfg, struct err *err)
{
	struct loop *l = xcalloc(1, sizeof(*l));
	int rc = begin(l, cfg, err);

	turns_short(); /* after backend_start(): what is started from now on is for actions */
	while (!rc && !l->ui.wish.quit && !l->is_gone)
		turn(l);
	if (l->term)
		end(l);
	free(l);
	return rc;
}
