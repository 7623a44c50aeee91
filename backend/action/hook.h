/* action/hook.h - the configuration's templates filled in, and what a hook's answer means
 * (sparkops(1), HOOKS).
 *
 * A placeholder is one argument or one URL-encoded or JSON-escaped piece, whichever the place
 * needs; outside JSON quotes only a number, true, false or null may stand in. One that has no value
 * means "refused, not sent". Pure but for hook_call(). */
#ifndef SPARKOPS_ACTION_HOOK_H
#define SPARKOPS_ACTION_HOOK_H

#include "../../include/arena.h"
#include "../../include/config.h"
#include "../net/call.h"
#include "../net/exec.h"

enum hook_place { HOOK_ARGUMENT, HOOK_URL, HOOK_JSON };

struct hook_values {
	size_t n;
	const struct config_pair *v;
};

MUST_CHECK int hook_fill(const char *text, enum hook_place place, const struct hook_values *values,
			 struct arena *a, const char **out, struct err *err);

enum hook_meaning {
	HOOK_DONE,
	HOOK_ALREADY,  /* 409, exit 100 */
	HOOK_ACCEPTED, /* 202, exit 101; answer: later and silent at the deadline */
	HOOK_LATER,    /* 429, 503, exit 75 */
	HOOK_FAILED,
	HOOK_IN_DOUBT
};

struct hook_send {
	const struct config_http *http; /* one of the two is set */
	const struct config_command *command;
	struct hook_values values;      /* placeholders */
	struct hook_values headers;     /* http */
	struct hook_values environment; /* command: SPARKOPS_... */
	const void *body;               /* the entry's exact bytes; NULL: none */
	size_t len;
	const char *log; /* detached command: where its output goes */
};
struct hook_answer {
	enum hook_meaning meaning;
	int64_t code;           /* HTTP code or exit code, ABSENT */
	int64_t retry_after_ms; /* ABSENT */
	int64_t pid;            /* of a detached command, ABSENT */
	const char *says;       /* a sentence */
	const char *output;     /* the last 64 KiB a command said, cleaned; NULL */
};
/* Blocks for up to its timeout; cancel_fd: readable when it is to be given up
 * (-1). Strings in a. */
MUST_CHECK int hook_call(const struct hook_send *h, const struct config *cfg, int cancel_fd,
			 struct arena *a, struct hook_answer *out, struct err *err);
/* Where the body lies, for a line to paste: a whole file, or a line of it. */
struct hook_body {
	const char *file; /* NULL: nowhere, it stands in the line itself */
	int64_t line;     /* from 1; ABSENT: the whole file */
	bool is_gz;
};
/* The same as a line to paste into any sh: `curl ...` or `env ... argv < FILE`, behind a pipe where
 * the body is a line of a file; what looks like a secret is `***` in it. */
MUST_CHECK int hook_paste(const struct hook_send *h, const struct hook_body *body, struct arena *a,
			  const char **out, struct err *err);
/* What is called: the URL, or the arguments; filled in, secrets hidden. */
MUST_CHECK int hook_target(const struct hook_send *h, struct arena *a, const char **out,
			   struct err *err);
/* One argument as a shell reads it, appended. */
void hook_quote(const char *argument, struct buf *out);

#endif
