/* log/signature.h - the known failure texts: what each is a sign of, what it means, what to do.
 *
 * A line is judged by the text of the lowest rank that stands in it: those of the configuration
 * first, then texts that make a line harmless whatever else it holds, then the known failures from
 * the special to the general. Pure; one set may be used by many threads. */
#ifndef SPARKOPS_LOG_SIGNATURE_H
#define SPARKOPS_LOG_SIGNATURE_H

#include "../../include/config_job.h"
#include "../../include/row/log.h"

enum signature_flags {
	SIGNATURE_QUIET = 1, /* the line is ordinary, whatever else stands in it */
	SIGNATURE_CODE = 2,  /* an exit code in the line says what it means */
	SIGNATURE_AFTER = 4, /* good news: counts only behind a failure */
	SIGNATURE_LEVEL = 8, /* no mark, but perhaps a line of level ERROR */
};

struct signature {
	const char *match; /* literal text */
	enum log_kind kind;
	const char *name, *means, *next; /* next may be NULL */
	unsigned flags;
	int exit_code; /* that follows from the text itself; 0: none */
};

struct signatures;

/* Those of the configuration (copied) before the built-in ones. One reference. */
struct signatures *signatures_new(const struct config_signature *own, size_t nown);
struct signatures *signatures_ref(struct signatures *s);
void signatures_unref(struct signatures *s);

/* A byte inside the first text found that judges a line, also of SIGNATURE_LEVEL; len: none. */
size_t signatures_find(const struct signatures *s, const char *p, size_t len);
/* What judges this line; NULL: nothing does. */
const struct signature *signatures_judge(const struct signatures *s, const char *p, size_t len);
/* The mark that this line is; NULL: it is none. *code: the exit code that goes
 * with it, or ABSENT. */
const struct signature *signatures_mark(const struct signatures *s, const char *p, size_t len,
					int64_t *code);
/* What a mark means and what to do, its exit code included; in the arena. */
const struct text *signature_name(struct arena *a, const struct signature *s, int64_t code);
const struct text *signature_means(struct arena *a, const struct signature *s, int64_t code);
const struct text *signature_next(struct arena *a, const struct signature *s, int64_t code);

/* The exit code that a line names ("Command exited with code 52"), or ABSENT. */
int64_t log_exit_code(const char *p, size_t len);
/* What an exit code says of an executor; NULL: nothing is known of it. */
struct exit_code {
	int code;
	const char *means, *next;
};
const struct exit_code *exit_code_find(int64_t code);

extern const struct signature signatures_built_in[];
extern const size_t signatures_nbuilt_in;

#endif
