/* verb_ask.c - the question on a terminal that only scrolls: the plan, the values it asks for, and
 * what must be typed. It is as deaf and as careful as the console's box: what was typed before is
 * thrown away, silence is no, and what changes while it is open is said and asked again. */
#include "verb_wait.h"

#include <string.h>

#include "verb_say.h"

enum { SILENCE_MS = 60 * 1000 };

static const char no[] = "not confirmed: nothing was done";
static const char silence[] = "no answer for 60 s: nothing was done";
static const char closed[] = "the question closed by itself: nothing was done";
static const char signalled[] = "ended by a signal: nothing was done";

/* NULL: v->line holds an answer, or the plan is not as it was shown any more: it is refused, or
 * *has_changed since `changes`. Else why nothing is done. */
static const char *read_answer(struct verb *v, int64_t changes, bool *has_changed)
{
	for (;;) {
		enum verb_woken woken = verb_wait(v, true, SILENCE_MS);
		const struct plan_row *p = verb_plan(v);

		*has_changed = p && p->changes != changes;
		if (woken == WOKEN_BY_SIGNAL)
			return signalled;
		if (woken == WOKEN_BY_END)
			return no;
		if (woken == WOKEN_BY_TIME)
			return silence;
		if (!p)
			return closed;
		if (p->refused || *has_changed || woken == WOKEN_BY_LINE)
			return NULL;
	}
}

static char *trimmed(char *s)
{
	size_t len;

	s += strspn(s, " \t");
	len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		s[--len] = '\0';
	return s;
}

static const char *given(const struct verb *v, const struct text *name)
{
	for (size_t i = 0; i < v->request.nvalues; i++)
		if (text_is(name, v->request.values[i].name))
			return v->request.values[i].value;
	return NULL;
}

static void add_value(struct verb *v, const char *name, const char *value)
{
	size_t n = v->request.nvalues;
	struct action_value *more = ARENA_ARRAY(&v->arena, struct action_value, n + 1);

	if (n)
		memcpy(more, v->request.values, n * sizeof(*more));
	more[n].name = name;
	more[n].value = arena_strdup(&v->arena, value);
	v->request.values = more;
	v->request.nvalues = n + 1;
}

/* NULL: there is a value, or what was typed is none and is asked for again. An empty line takes the
 * default. */
static const char *ask_value(struct verb *v, const struct plan_ask *ask, int64_t changes)
{
	const char *name = arena_strdup(&v->arena, text_str(ask->name)), *why, *typed;
	const char *fallback =
		ask->fallback ? arena_strdup(&v->arena, text_str(ask->fallback)) : NULL;
	struct err err = {0};
	bool has_changed;

	if (ask->evidence)
		fprintf(v->say, "  %s\n", text_str(ask->evidence));
	fprintf(v->say, "%s%s%s%s: ", text_str(ask->ask ? ask->ask : ask->name),
		fallback ? " [" : "", fallback ? fallback : "", fallback ? "]" : "");
	fflush(v->say);
	do
		why = read_answer(v, changes, &has_changed);
	while (!why && has_changed);
	if (why)
		return why;
	typed = trimmed(v->line);
	if (!*typed && !fallback)
		return no;
	add_value(v, name, *typed ? typed : fallback);
	if (verb_send(v, ACTION_TRY, &err) != 0) {
		v->request.nvalues--;
		fprintf(v->say, "%s\n", err.message);
	}
	return NULL;
}

/* Of what the plan asks for, the first that nobody has said. */
static const struct plan_ask *next_ask(const struct verb *v, const struct plan_row *p)
{
	for (size_t i = 0; i < p->nasks; i++)
		if (!given(v, p->asks[i].name))
			return &p->asks[i];
	return NULL;
}

/* `again` is asked with nothing as its default, and nothing is not enough. */
static bool is_lacking(const struct verb *v, const struct plan_ask *q)
{
	const struct action_request *r = &v->request;

	if (given(v, q->name) || (text_is(q->name, "reason") && r->reason) ||
	    (text_is(q->name, "as") && r->as))
		return false;
	return !q->fallback || (text_is(q->name, "again") && text_len(q->fallback) == 0);
}

const struct plan_ask *verb_lacks(const struct verb *v, const struct plan_row *p)
{
	for (size_t i = 0; i < p->nasks; i++)
		if (is_lacking(v, &p->asks[i]))
			return &p->asks[i];
	return NULL;
}

/* NULL: confirmed. */
static const char *confirm(struct verb *v)
{
	for (;;) {
		const struct plan_row *p = verb_plan(v);
		const char *want, *why;
		bool has_changed;
		int64_t changes;

		if (!p)
			return closed;
		if (p->refused)
			return arena_strdup(&v->arena, text_str(p->refused));
		changes = p->changes;
		want = arena_strdup(&v->arena, p->to_type ? text_str(p->to_type) : "yes");
		fprintf(v->say, "Type %s to confirm: ", want);
		fflush(v->say);
		why = read_answer(v, changes, &has_changed);
		if (why)
			return why;
		if (has_changed) {
			p = verb_plan(v);
			fprintf(v->say, "\n%s\n", p && p->says ? text_str(p->says) : "it changed");
			verb_flush(v);
			continue;
		}
		p = verb_plan(v);
		if (!p || p->refused)
			continue;
		v->request.typed = arena_strdup(&v->arena, trimmed(v->line));
		return strcmp(v->request.typed, want) == 0 ? NULL : no;
	}
}

const char *verb_ask(struct verb *v)
{
	const struct plan_row *p = verb_plan(v);
	const char *why = NULL;

	say_plan(v->say, p);
	verb_flush(v);
	while (!why && (p = verb_plan(v)) && next_ask(v, p))
		why = ask_value(v, next_ask(v, p), p->changes);
	return why ? why : confirm(v);
}
