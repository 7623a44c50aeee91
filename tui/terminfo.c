/* terminfo.c - the only file that includes the terminal library's headers. Padding (`$<2>`) is left
 * out: no terminal of this century needs it. */
#include "terminfo.h"

#include <stdio.h>
#include <string.h>

#define NCURSES_NOMACROS
#include <curses.h>
#include <term.h>

/* Copies a capability without its padding; "" when it is missing or too long. */
static size_t copy(const char *from, char *out, size_t size)
{
	size_t n = 0;

	*out = '\0';
	if (!from || from == (const char *)-1)
		return 0;
	while (*from) {
		if (from[0] == '$' && from[1] == '<' && strchr(from, '>')) {
			from = strchr(from, '>') + 1;
			continue;
		}
		if (n + 1 >= size) {
			*out = '\0';
			return 0;
		}
		out[n++] = *from++;
	}
	out[n] = '\0';
	return n;
}

static void get(const char *name, char out[static TERMINFO_STRING])
{
	char cap[16];

	snprintf(cap, sizeof(cap), "%s", name);
	copy(tigetstr(cap), out, TERMINFO_STRING);
}

static int number(const char *name)
{
	char cap[16];

	snprintf(cap, sizeof(cap), "%s", name);
	return tigetnum(cap);
}

static bool flag(const char *name)
{
	char cap[16];

	snprintf(cap, sizeof(cap), "%s", name);
	return tigetflag(cap) > 0;
}

static void load_keys(struct terminfo *t)
{
	static const char *const keys[][2] = {
		{"kcuu1", "Up"},     {"kcud1", "Down"},   {"kcub1", "Left"}, {"kcuf1", "Right"},
		{"kpp", "PgUp"},     {"knp", "PgDn"},     {"khome", "Home"}, {"kend", "End"},
		{"kich1", "Insert"}, {"kdch1", "Delete"}, {"kcbt", "S-Tab"}, {"kent", "Enter"},
		{"kf1", "F1"},       {"kf2", "F2"},       {"kf3", "F3"},     {"kf4", "F4"},
		{"kf5", "F5"},       {"kf6", "F6"},       {"kf7", "F7"},     {"kf8", "F8"},
		{"kf9", "F9"},       {"kf10", "F10"},     {"kf11", "F11"},   {"kf12", "F12"},
	};

	for (size_t i = 0; i < ARRAY_LEN(keys) && t->nkeys < TERMINFO_KEYS; i++) {
		char bytes[TERMINFO_STRING];

		get(keys[i][0], bytes);
		if (bytes[0] != '\x1b' || strlen(bytes) >= sizeof(t->keys[0].bytes))
			continue;
		snprintf(t->keys[t->nkeys].bytes, sizeof(t->keys[0].bytes), "%.15s", bytes);
		t->keys[t->nkeys++].name = keys[i][1];
	}
}

static bool known_sync(const char *term)
{
	static const char *const names[] = {"kitty",   "foot",      "ghostty",
					    "wezterm", "alacritty", "contour"};
	char cap[] = "Sync";
	const char *ext = tigetstr(cap);

	if (ext && ext != (const char *)-1)
		return true;
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strstr(term, names[i]))
			return true;
	return false;
}

static const char hint[] = "sparkops --once --text prints without one";

int terminfo_load(const char *term, int fd, struct terminfo *t, struct err *err)
{
	char move[128], cup[] = "cup";
	int why = 0;

	memset(t, 0, sizeof(*t));
	if (!term || !*term)
		return err_set(err, ERR_TERMINAL,
			       "TERM is not set, so this terminal cannot be drawn on; %s", hint);
	snprintf(t->name, sizeof(t->name), "%.63s", term);
	use_env(FALSE);
	if (setupterm(t->name, fd, &why) != OK)
		return err_set(err, ERR_TERMINAL, "TERM=%.40s is not known on this machine; %s",
			       term, hint);
	copy(tigetstr(cup), move, sizeof(move));
	get("clear", t->clear);
	if (!*move || !*t->clear) {
		terminfo_free();
		return err_set(err, ERR_TERMINAL,
			       "the terminal TERM=%.40s cannot move its cursor; %s", term, hint);
	}
	t->ncolours = number("colors");
	t->nlines = number("lines");
	t->width = number("cols");
	get("smcup", t->enter_ca);
	get("rmcup", t->exit_ca);
	get("civis", t->hide);
	get("cnorm", t->show);
	get("smkx", t->keypad_on);
	get("rmkx", t->keypad_off);
	get("el", t->erase_line);
	get("sgr0", t->reset);
	get("bold", t->bold);
	get("rev", t->reverse);
	get("smul", t->underline);
	t->is_ansi = !strncmp(move, "\x1b[%i%p1%d;%p2%dH", 14) && !strncmp(t->clear, "\x1b[", 2) &&
		     (!*t->reverse || !strcmp(t->reverse, "\x1b[7m"));
	t->has_safe_corner = !flag("am") || flag("xenl");
	t->has_sync = known_sync(term);
	load_keys(t);
	return 0;
}

void terminfo_free(void)
{
	if (cur_term)
		del_curterm(cur_term);
}

size_t terminfo_move(int x, int y, char *out, size_t size)
{
	char cup[] = "cup", *s = tigetstr(cup);

	return copy(s ? tparm(s, (long)y, (long)x, 0L, 0L, 0L, 0L, 0L, 0L, 0L) : NULL, out, size);
}

size_t terminfo_colour(bool background, int colour, char *out, size_t size)
{
	char fg[] = "setaf", bg[] = "setab", op[] = "op";
	char *s = tigetstr(colour < 0 ? op : background ? bg : fg);

	if (!s || s == (char *)-1) {
		*out = '\0';
		return 0;
	}
	if (colour < 0)
		return copy(s, out, size);
	return copy(tparm(s, (long)colour, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L), out, size);
}
