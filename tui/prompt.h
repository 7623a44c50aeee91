/* prompt.h - the line editor at the bottom: for `:`, `/` and a view's own questions. Text only;
 * what becomes of it is the caller's. Pasted text comes in here and nowhere else. */
#ifndef SPARKOPS_PROMPT_H
#define SPARKOPS_PROMPT_H

#include "draw.h"

enum { PROMPT_MAX = 1024, PROMPT_HISTORY = 32 };
enum prompt_kind { PROMPT_NONE, PROMPT_COMMAND, PROMPT_FILTER, PROMPT_SEARCH };
enum prompt_result {
	PROMPT_GOES_ON,
	PROMPT_CHANGED,
	PROMPT_DONE,
	PROMPT_CANCELLED,
	PROMPT_COMPLETE
};

struct prompt {
	enum prompt_kind kind; /* PROMPT_NONE: closed */
	char text[PROMPT_MAX]; /* valid UTF-8, cleaned */
	size_t len, at;        /* bytes; the cursor */
	char history[PROMPT_HISTORY][128];
	size_t nhistory, history_at;
};

void prompt_open(struct prompt *p, enum prompt_kind kind, const char *text);
enum prompt_result prompt_key(struct prompt *p, uint32_t key);
void prompt_paste(struct prompt *p, uint32_t cp); /* line ends are dropped */
void prompt_set(struct prompt *p, const char *text);
void prompt_close(struct prompt *p, bool keep_in_history);
/* Mark, text and cursor; hint stands dim behind it (completions, the count). */
void prompt_draw(const struct prompt *p, struct area a, const char *hint);

#endif
