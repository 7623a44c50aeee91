/* err.h - failure is a value.
 *
 * A function that can fail returns 0 or a negative code and, where a person will read why, fills a
 * struct err: what happened, to what, what would be right. The low layer writes the text, upper
 * layers may prefix it. */
#ifndef SPARKOPS_ERR_H
#define SPARKOPS_ERR_H

#include "base.h"

#define ERR_LIST(X)                                                                                \
	X(USAGE, "usage")                                                                          \
	X(CONFIG, "configuration")                                                                 \
	X(IO, "input or output")                                                                   \
	X(NET, "network")                                                                          \
	X(TIMEOUT, "no answer in time")                                                            \
	X(FORMAT, "not the expected format")                                                       \
	X(LIMIT, "over a limit")                                                                   \
	X(MISSING, "not there")                                                                    \
	X(REFUSED, "refused")                                                                      \
	X(TERMINAL, "terminal")

enum err_code {
	ERR_NONE = 0,
#define X(id, text) ERR_##id,
	ERR_LIST(X)
#undef X
};

struct err {
	enum err_code code;
	char message[400];
};

/* Fills err (may be NULL) and returns -code, so that `return err_set(...)` reads well. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) ATTR_PRINTF(3, 4);
/* Puts "prefix: " in front of the message. */
void err_prefix(struct err *err, const char *fmt, ...) ATTR_PRINTF(2, 3);
const char *err_name(enum err_code code);

/* Exit codes: sparkops(1), EXIT STATUS; 64, 70 and 78 are those of sysexits.h. */
enum { EXIT_HEALTHY = 0, EXIT_WARNING = 1, EXIT_CRITICAL = 2, EXIT_UNKNOWN = 3 };
enum { EXIT_USAGE = 64, EXIT_BUG = 70, EXIT_CONFIG = 78 };

#endif
