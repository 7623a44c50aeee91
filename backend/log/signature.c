/* log/signature.c - a set of signatures and the search for them, and exit codes. The table is in
 * known.c. */
#include <stdlib.h>
#include <string.h>

#include "match.h"
#include "signature.h"

struct signatures {
	int refs;
	struct arena arena;
	size_t n;
	struct signature *all;
	struct matcher *matcher;
};

static enum log_kind kind_named(const char *name)
{
	for (int i = 0; name && log_kind_names[i]; i++)
		if (strcmp(log_kind_names[i], name) == 0)
			return (enum log_kind)i;
	return LOG_KIND_OTHER;
}

static struct signature from_config(struct arena *a, const struct config_signature *own)
{
	return (struct signature){
		.match = arena_strdup(a, own->match),
		.kind = kind_named(own->kind),
		.name = arena_strdup(a, own->match),
		.means = own->means ? arena_strdup(a, own->means) : "named in the configuration",
		.next = own->next ? arena_strdup(a, own->next) : NULL,
	};
}

struct signatures *signatures_new(const struct config_signature *own, size_t nown)
{
	struct signatures *s = xcalloc(1, sizeof(*s));
	const char **texts;

	s->refs = 1;
	arena_init(&s->arena);
	s->n = nown + signatures_nbuilt_in;
	s->all = ARENA_ARRAY(&s->arena, struct signature, s->n);
	texts = ARENA_ARRAY(&s->arena, const char *, s->n);
	for (size_t i = 0; i < nown; i++)
		s->all[i] = from_config(&s->arena, &own[i]);
	memcpy(s->all + nown, signatures_built_in, signatures_nbuilt_in * sizeof(*s->all));
	for (size_t i = 0; i < s->n; i++)
		texts[i] = s->all[i].match;
	s->matcher = matcher_new(texts, s->n);
	return s;
}

struct signatures *signatures_ref(struct signatures *s)
{
	__atomic_add_fetch(&s->refs, 1, __ATOMIC_RELAXED);
	return s;
}

void signatures_unref(struct signatures *s)
{
	if (!s || __atomic_sub_fetch(&s->refs, 1, __ATOMIC_ACQ_REL))
		return;
	matcher_free(s->matcher);
	arena_release(&s->arena);
	free(s);
}

size_t signatures_find(const struct signatures *s, const char *p, size_t len)
{
	return matcher_find(s->matcher, p, len);
}

const struct signature *signatures_judge(const struct signatures *s, const char *p, size_t len)
{
	size_t rank = matcher_rank(s->matcher, p, len);

	return rank < s->n ? &s->all[rank] : NULL;
}

/* --- exit codes --- */

/* SOURCES 20.2, ExecutorExitCode and SparkExitCode; above 128 it is a signal. */
static const struct exit_code codes[] = {
	{1, "ended by an error of its own before it could work", "read its stderr"},
	{3, "the JVM ended itself on OutOfMemoryError (ExitOnOutOfMemoryError)",
	 "raise its memory or lower its cores"},
	{50, "an uncaught exception ended it", "read its stderr for the exception"},
	{51, "an uncaught exception in the handler of another one", "read its stderr"},
	{52, "OutOfMemoryError: its heap was full",
	 "raise spark.executor.memory or lower spark.executor.cores"},
	{53, "it could not make its folder for blocks on disk",
	 "look at the disks named by spark.local.dir: space, rights"},
	{54, "the external block store could not be initialised", NULL},
	{55, "the external block store gave no folder", NULL},
	{56, "it could not reach the driver with its heartbeats",
	 "look at garbage collection first, then at the network"},
	{134, "the JVM aborted itself (SIGABRT, as CrashOnOutOfMemoryError does)",
	 "look for hs_err_pid*.log in its working folder"},
	{137, "killed by SIGKILL: the kernel's OOM killer, YARN or a person",
	 "raise spark.executor.memoryOverhead, or ask who killed it"},
	{139, "the JVM crashed (SIGSEGV)", "look for hs_err_pid*.log in its working folder"},
	{143, "asked to end by SIGTERM: its master, YARN or a person",
	 "normal when it was stopped; else ask who did"},
};

const struct exit_code *exit_code_find(int64_t code)
{
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			return &codes[i];
	return NULL;
}

static int64_t number_at(const char *p, const char *end)
{
	int64_t n = 0;

	if (p == end || *p < '0' || *p > '9')
		return ABSENT;
	for (; p < end && *p >= '0' && *p <= '9' && n < 100000; p++)
		n = n * 10 + (*p - '0');
	return n;
}

int64_t log_exit_code(const char *p, size_t len)
{
	static const char *const before[] = {"exited with code ", "exitStatus ",
					     "Exit status: ", "exit status ", "exit code "};

	for (size_t i = 0; i < ARRAY_LEN(before); i++) {
		const char *at = memmem(p, len, before[i], strlen(before[i]));
		int64_t code = at ? number_at(at + strlen(before[i]), p + len) : ABSENT;
		if (!is_absent(code))
			return code;
	}
	return ABSENT;
}

/* --- marks --- */

const struct signature *signatures_mark(const struct signatures *s, const char *p, size_t len,
					int64_t *code)
{
	const struct signature *what = signatures_judge(s, p, len);

	*code = ABSENT;
	if (!what || (what->flags & (SIGNATURE_QUIET | SIGNATURE_LEVEL)))
		return NULL;
	if (what->flags & SIGNATURE_CODE)
		*code = log_exit_code(p, len);
	else if (what->exit_code)
		*code = what->exit_code;
	return *code == 0 ? NULL : what; /* who leaves with 0 did what it should */
}

static const struct exit_code *code_of(const struct signature *s, int64_t code)
{
	return s->flags & SIGNATURE_CODE ? exit_code_find(code) : NULL;
}

const struct text *signature_name(struct arena *a, const struct signature *s, int64_t code)
{
	if (is_absent(code) || !(s->flags & SIGNATURE_CODE))
		return text_clean(a, s->name, strlen(s->name));
	return text_format(a, "%s: exit %lld", s->name, (long long)code);
}

const struct text *signature_means(struct arena *a, const struct signature *s, int64_t code)
{
	const struct exit_code *known = code_of(s, code);

	if (!known)
		return text_clean(a, s->means, strlen(s->means));
	return text_format(a, "%s: %s", s->means, known->means);
}

const struct text *signature_next(struct arena *a, const struct signature *s, int64_t code)
{
	const struct exit_code *known = code_of(s, code);
	const char *next = known && known->next ? known->next : s->next;

	return next ? text_clean(a, next, strlen(next)) : NULL;
}
