/* discover/found_name.c - when a found job is told, under which name, and whether it is one that
 * ended before. */
#include <stdlib.h>
#include <string.h>

#include "../rule/jvms.h"
#include "found_parts.h"

enum {
	NAME_MAX_BYTES = 120,
	NAMES_MAX = 10000,
	ASKED_WITHIN_MS = 3000,  /* a name that is known waits so long for the ports */
	NAMED_WITHIN_MS = 10000, /* a UI that comes up may say the name */
	OLD_MS = 60000,          /* a process of that age has its UI, or none */
};

static bool is_name_used(const struct found *f, const char *name)
{
	int index;

	if (found_configured(f->base, name, &index))
		return true;
	for (const struct found_job *j = f->jobs; j; j = j->next)
		if (j->name && strcmp(j->name, name) == 0)
			return true;
	return false;
}

/* `etl.py` is etl, `org.example.Etl` is Etl. */
static const char *title_of_program(struct arena *a, const char *program)
{
	const char *slash = strrchr(program, '/'), *base = slash ? slash + 1 : program;
	size_t len = strlen(base);
	const char *dot;

	if (len > 3 && strcmp(base + len - 3, ".py") == 0)
		return arena_strndup(a, base, len - 3);
	if (slash || (len > 4 && strcmp(base + len - 4, ".jar") == 0))
		return base;
	dot = strrchr(base, '.');
	return dot && dot[1] ? dot + 1 : base;
}

static void give_name(struct found *f, struct found_job *j)
{
	const char *title = j->title;
	const char *name;

	if (!title && !is_blank(j->program))
		title = title_of_program(&j->kept, j->program);
	if (is_blank(title))
		title = arena_printf(&j->kept, "java-%lld", (long long)j->pid);
	title = text_str(text_clean_max(&j->kept, title, strlen(title), NAME_MAX_BYTES));
	name = title;
	for (int n = 2; is_name_used(f, name) && n < NAMES_MAX; n++)
		name = arena_printf(&j->kept, "%s-%d", title, n);
	j->name = name;
}

/* What was found dead has no title: its Python tells that it is the same. */
static bool is_of_same_python(const struct found_job *old, const struct found_job *young)
{
	return old->was_found_dead && old->python_id[0] &&
	       strcmp(old->python_id, young->python_id) == 0;
}

const struct text *found_own_class(const struct jvm_row *jvm, bool has_title)
{
	if (jvm->user_class || has_title)
		return jvm->user_class;
	/* the class of every job that was submitted */
	return text_is(jvm->main_class, "org.apache.spark.deploy.SparkSubmit") ? NULL
									       : jvm->main_class;
}

static bool is_same_job(const struct found_job *old, const struct found_job *young)
{
	if (old != young && old->name && found_has_ended(old) && !old->is_dismissed &&
	    is_of_same_python(old, young))
		return true;
	return old != young && old->name && found_has_ended(old) && !old->is_dismissed &&
	       old->uid == young->uid && (old->title || old->program) &&
	       is_same(old->title, young->title) && is_same(old->program, young->program) &&
	       is_same(old->folder, young->folder);
}

/* Its job ended before: this is that one, started again. */
static bool take_place(struct found *f, struct found_job *j)
{
	for (struct found_job *old = f->jobs; old; old = old->next) {
		if (!is_same_job(old, j))
			continue;
		j->name = arena_strdup(&j->kept, old->name);
		j->restarts = old->restarts + 1;
		if (!j->dlq && old->dlq)
			found_set_text(&j->dlq, old->dlq);
		found_remove(f, old);
		return true;
	}
	return false;
}

static bool is_ready(const struct found_job *j, const struct jvm_row *jvm,
		     const struct found_look *look)
{
	int64_t age = look->mono_ms - j->born_ms;
	bool is_pending = ports_are_pending(jvm, look->book, look->mono_ms, ASK_UI);
	bool is_old = !is_absent(jvm->started_at) && look->at - jvm->started_at > OLD_MS;

	if (jvm_is_dead(jvm))
		return true;
	if (is_pending)
		return !look->is_once && age >= (j->title ? ASKED_WITHIN_MS : NAMED_WITHIN_MS);
	return j->title || !is_absent(j->ui_port) || is_old || look->is_once ||
	       age >= NAMED_WITHIN_MS;
}

/* May one of these older ones, not told yet, get the name of that one? */
static bool is_name_open(const struct found_job *const *older, size_t n, const struct found_job *j)
{
	for (size_t i = 0; i < n; i++)
		if (!older[i]->title || is_same(older[i]->title, j->title))
			return true;
	return false;
}

/* Oldest first: whose UI answers first is chance, and names should be the same in every run. */
static void tell_drivers(struct found *f, const struct found_look *look,
			 const struct jvm_row *const *drivers, size_t n)
{
	const struct found_job **untold = xcalloc(n + 1, sizeof(*untold));
	size_t nuntold = 0;

	for (size_t i = 0; i < n; i++) {
		struct found_job *j = found_by_id(f, drivers[i]->id);

		if (!j || j->name || j->claimant || j->is_dismissed)
			continue;
		if (!is_ready(j, drivers[i], look) || is_name_open(untold, nuntold, j))
			untold[nuntold++] = j;
		else if (!take_place(f, j))
			give_name(f, j);
	}
	free(untold);
}

void found_tell_names(struct found *f, const struct found_look *look,
		      const struct jvm_row *const *drivers, size_t n)
{
	for (struct found_job *j = f->jobs; j; j = j->next)
		if (j->name && found_configured(look->base, j->name, &(int){0}))
			j->name = NULL;
	tell_drivers(f, look, drivers, n);
	for (struct found_job *j = f->jobs; j; j = j->next)
		if (!j->name && !j->claimant && !j->is_here)
			give_name(f, j);
}
