/* keys.h - bytes of the terminal to keys, key names, and which key does what.
 *
 * A binding says: in this scope this key runs this command line. Lookup is the view's own scope
 * first, then global; the configuration's `keys:` come before both. Pure. */
#ifndef SPARKOPS_KEYS_H
#define SPARKOPS_KEYS_H

#include "../include/config.h"

/* A key is a code point, or one of these; with KEY_ALT added when Alt (or Esc
 * before it) was held. */
/* clang-format off */
#define KEY_NAME_LIST(X) \
	X(ENTER, "Enter") X(ESC, "Esc") X(TAB, "Tab") X(BACKTAB, "S-Tab") \
	X(BACKSPACE, "Backspace") X(SPACE, "Space") X(UP, "Up") X(DOWN, "Down") \
	X(LEFT, "Left") X(RIGHT, "Right") X(PGUP, "PgUp") X(PGDN, "PgDn") \
	X(HOME, "Home") X(END, "End") X(INSERT, "Insert") X(DELETE, "Delete") \
	X(F1, "F1") X(F2, "F2") X(F3, "F3") X(F4, "F4") \
	X(F5, "F5") X(F6, "F6") X(F7, "F7") X(F8, "F8") \
	X(F9, "F9") X(F10, "F10") X(F11, "F11") X(F12, "F12")
/* clang-format on */

enum {
	KEY_NONE = 0,
	KEY_BASE = 0x110000,
#define X(id, name) KEY_##id,
	KEY_NAME_LIST(X)
#undef X
		KEY_CTRL = 0x200000, /* C-a is KEY_CTRL | 'a' */
	KEY_ALT = 0x400000
};

/* `a`, `K`, `<`, `Enter`, `<Enter>`, `C-c`, `<C-c>`, `F1`, `M-x`; 0 when it is none. */
uint32_t key_parse(const char *name);
void key_name(uint32_t key, char out[static 24]);

enum key_event_kind { KEY_EVENT_KEY, KEY_EVENT_PASTE, KEY_EVENT_PASTE_END, KEY_EVENT_MOUSE };
struct key_event {
	enum key_event_kind kind;
	uint32_t key;  /* KEY: the key; PASTE: one pasted code point */
	int x, y;      /* MOUSE: cell, 0 is the first */
	int button;    /* MOUSE: 0 left pressed, 1 middle, 2 right, 64 wheel up, 65 wheel down */
	bool is_burst; /* came with others, faster than a hand types: a paste, type-ahead. The loop
			  knows the times and says so */
};

enum { KEY_BUFFER = 512, KEY_SEQUENCES = 64 };
struct key_reader {
	unsigned char buf[KEY_BUFFER];
	size_t len;
	bool is_pasting;
	int64_t paste_since; /* mono ms of the last pasted byte: a paste without an end is ended
				after 10 s */
	/* what this terminal sends for its special keys (terminfo), beside the usual ones */
	struct {
		char bytes[16];
		uint32_t key;
	} extra[KEY_SEQUENCES];
	size_t nextra;
};
void key_reader_init(struct key_reader *r);
void key_reader_learn(struct key_reader *r, const char *bytes, uint32_t key);
/* Takes as many bytes as there is room for; returns how many. Drain with key_reader_next. */
size_t key_reader_feed(struct key_reader *r, const char *bytes, size_t n, int64_t mono_ms);
/* false: nothing whole is there. is_late: nothing came for a while, so that a lone Esc is a key and
 * an unfinished sequence is dropped. */
bool key_reader_next(struct key_reader *r, bool is_late, struct key_event *ev);
bool key_reader_waits(const struct key_reader *r); /* an unfinished sequence is there */
void key_reader_drop(struct key_reader *r);        /* forgets what was not taken yet */
/* Ends a paste that has no end mark; true when it did. */
bool key_reader_watchdog(struct key_reader *r, int64_t mono_ms);

struct binding {
	const char *key;     /* NULL ends a list */
	const char *command; /* a command line */
	const char *help;    /* one line for the help page */
	const char *foot;    /* a word for the bottom line, or NULL */
};
extern const struct binding bindings_global[]; /* in tui/bindings.c */

/* The configuration's remaps beside the built-in tables. NULL: err names the key that is none. */
struct keymap;
struct keymap *keymap_new(const struct config_key *keys, size_t n, struct err *err);
void keymap_free(struct keymap *m);
/* What `key` does in a view (its name and own bindings; both may be NULL). NULL: nothing. */
const char *keymap_command(const struct keymap *m, const char *scope, const struct binding *own,
			   uint32_t key);
/* The first key that does it there, for the bottom line and help; false: none. */
bool keymap_key(const struct keymap *m, const char *scope, const struct binding *own,
		const char *command, char out[static 24]);

#endif
