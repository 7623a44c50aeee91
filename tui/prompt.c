/* prompt.c - the line editor: emacs' usual keys, a history, a text that scrolls sideways when it is
 * longer than the line. What is typed or pasted is cleaned before it is kept. */
#include "prompt.h"

#include <stdio.h>
#include <string.h>

#include "keys.h"

void prompt_set(struct prompt *p, const char *text)
{
	text_clean_to(p->text, sizeof(p->text), text, strlen(text));
	p->len = p->at = strlen(p->text);
}

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *text)
{
	p->kind = kind;
	p->history_at = p->nhistory;
	prompt_set(p, text ? text : "");
}

void prompt_close(struct prompt *p, bool keep_in_history)
{
	if (keep_in_history && p->len && p->len < sizeof(p->history[0])) {
		if (p->nhistory == PROMPT_HISTORY) {
			p->nhistory--;
			memmove(p->history[0], p->history[1], sizeof(p->history[0]) * p->nhistory);
		}
		snprintf(p->history[p->nhistory++], sizeof(p->history[0]), "%.127s", p->text);
	}
	p->kind = PROMPT_NONE;
}

/* Start of the character before `at`, combining marks included. */
static size_t before(const struct prompt *p, size_t at)
{
	while (at > 0) {
		uint32_t cp;
		int columns = 1;

		do
			at--;
		while (at > 0 && ((unsigned char)p->text[at] & 0xC0) == 0x80);
		text_next(p->text + at, &cp, &columns);
		if (columns)
			break;
	}
	return at;
}

static size_t after(const struct prompt *p, size_t at)
{
	uint32_t cp;
	int columns;

	if (at < p->len)
		at += text_next(p->text + at, &cp, &columns);
	while (at < p->len) {
		size_t n = text_next(p->text + at, &cp, &columns);

		if (columns)
			break;
		at += n;
	}
	return at;
}

static void cut(struct prompt *p, size_t from, size_t to)
{
	memmove(p->text + from, p->text + to, p->len - to + 1);
	p->len -= to - from;
	p->at = from;
}

static size_t word_before(const struct prompt *p)
{
	size_t at = p->at;

	while (at > 0 && p->text[at - 1] == ' ')
		at--;
	while (at > 0 && p->text[at - 1] != ' ')
		at--;
	return at;
}

static bool insert(struct prompt *p, uint32_t cp)
{
	char name[24], clean[64];
	size_t n;

	if (cp == KEY_SPACE)
		cp = ' ';
	if (cp < 0x20 || cp >= KEY_BASE)
		return false;
	key_name(cp, name);
	text_clean_to(clean, sizeof(clean), name, strlen(name));
	n = strlen(clean);
	if (p->len + n >= sizeof(p->text))
		return false;
	memmove(p->text + p->at + n, p->text + p->at, p->len - p->at + 1);
	memcpy(p->text + p->at, clean, n);
	p->len += n;
	p->at += n;
	return true;
}

static enum prompt_result from_history(struct prompt *p, bool older)
{
	if (older && p->history_at > 0)
		p->history_at--;
	else if (!older && p->history_at < p->nhistory)
		p->history_at++;
	else
		return PROMPT_GOES_ON;
	prompt_set(p, p->history_at < p->nhistory ? p->history[p->history_at] : "");
	return PROMPT_CHANGED;
}

static enum prompt_result move_to(struct prompt *p, size_t at)
{
	p->at = at;
	return PROMPT_GOES_ON;
}

static enum prompt_result cut_to(struct prompt *p, size_t from, size_t to)
{
	if (from == to)
		return PROMPT_GOES_ON;
	cut(p, from, to);
	return PROMPT_CHANGED;
}

enum prompt_result prompt_key(struct prompt *p, uint32_t key)
{
	switch (key) {
	case KEY_ENTER:
		return PROMPT_DONE;
	case KEY_ESC:
	case KEY_CTRL | 'c':
	case KEY_CTRL | 'g':
		return PROMPT_CANCELLED;
	case KEY_TAB:
		return PROMPT_COMPLETE;
	case KEY_BACKSPACE:
		return p->len ? cut_to(p, before(p, p->at), p->at) : PROMPT_CANCELLED;
	case KEY_DELETE:
	case KEY_CTRL | 'd':
		return cut_to(p, p->at, after(p, p->at));
	case KEY_CTRL | 'u':
		return cut_to(p, 0, p->at);
	case KEY_CTRL | 'k':
		return cut_to(p, p->at, p->len);
	case KEY_CTRL | 'w':
		return cut_to(p, word_before(p), p->at);
	case KEY_LEFT:
	case KEY_CTRL | 'b':
		return move_to(p, before(p, p->at));
	case KEY_RIGHT:
	case KEY_CTRL | 'f':
		return move_to(p, after(p, p->at));
	case KEY_HOME:
	case KEY_CTRL | 'a':
		return move_to(p, 0);
	case KEY_END:
	case KEY_CTRL | 'e':
		return move_to(p, p->len);
	case KEY_UP:
	case KEY_CTRL | 'p':
		return from_history(p, true);
	case KEY_DOWN:
	case KEY_CTRL | 'n':
		return from_history(p, false);
	default:
		return insert(p, key) ? PROMPT_CHANGED : PROMPT_GOES_ON;
	}
}

void prompt_paste(struct prompt *p, uint32_t cp)
{
	if (cp == '\t')
		cp = ' ';
	if (cp != '\r' && cp != '\n')
		insert(p, cp);
}

void prompt_draw(const struct prompt *p, struct area a, const char *hint)
{
	static const char *const marks[] = {"", ":", "/", "/"};
	size_t from = 0;
	int x, cursor;

	x = draw_str(a, 0, 0, STYLE_KEY, marks[p->kind]);
	while (from < p->at && text_width_n(p->text + from, p->at - from) > a.w - x - 2)
		from = after(p, from);
	cursor = x + text_width_n(p->text + from, p->at - from);
	x = draw_str(a, x, 0, STYLE_STRONG, p->text + from);
	if (cursor < a.w) {
		a.s->cursor_x = a.x + cursor;
		a.s->cursor_y = a.y;
	}
	if (hint && *hint && x + 4 < a.w)
		draw_str_cut(a, x + 3, 0, a.w - x - 4, STYLE_DIM, hint);
}
