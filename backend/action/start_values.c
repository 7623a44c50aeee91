/* action/start_values.c - what the placeholders of restart and resume stand for: values that were
 * asked or given, defaults, facts of the log, and the memory. */
#include "start.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "../config_value.h"
#include "../rule/memory.h"
#include "../store/audit.h"

enum { VALUES_MAX = 64, DAY_MS = 24 * 3600 * 1000, AUDIT_MAX = 500 };

/* --- lists --- */

struct list {
	struct config_pair *v;
	size_t n;
};

static void put(struct list *l, const char *name, const char *value)
{
	if (value && l->n < VALUES_MAX)
		l->v[l->n++] = (struct config_pair){name, value};
}

const char *start_value(const struct hook_values *values, const char *name)
{
	for (size_t i = 0; i < values->n; i++)
		if (!strcmp(values->v[i].name, name))
			return values->v[i].value;
	return NULL;
}

static const char *ident_text(const struct ident *i, struct arena *a)
{
	if (i->text)
		return arena_strdup(a, text_str(i->text));
	return is_absent(i->number) ? NULL : arena_printf(a, "%lld", (long long)i->number);
}

/* What does not depend on `values:`. */
static struct list known(struct act *a, const struct start *s, struct arena *arena)
{
	struct list l = {.v = ARENA_ARRAY(arena, struct config_pair, VALUES_MAX)};
	const struct job_row *job = act_job_row(a);

	put(&l, "job", act_job_name(a));
	if (job)
		put(&l, "last_batch_id", ident_text(&job->batch_id, arena));
	if (!s->is_executors) {
		put(&l, "driver_memory", spark_size(s->memory_bytes, arena));
		put(&l, "suggested_driver_memory", memory_enough(s->need_bytes, arena));
	}
	for (size_t i = 0; i < s->nfacts; i++)
		put(&l, s->facts[i].name, s->facts[i].value);
	return l;
}

static const struct fact *fact_in(const struct start *s, const char *template)
{
	const char *at = template, *end = template + strlen(template), *name;
	size_t len;

	while (value_placeholder(&at, end, &name, &len))
		for (size_t i = 0; i < s->nfacts; i++)
			if (strlen(s->facts[i].name) == len && !memcmp(s->facts[i].name, name, len))
				return &s->facts[i];
	return NULL;
}

const char *start_default(struct act *a, const struct start *s, const struct config_value *v,
			  struct arena *arena, const struct fact **why)
{
	struct list l = known(a, s, arena);
	struct hook_values values = {l.n, l.v};
	const char *out;
	struct err err;

	*why = v->fallback ? fact_in(s, v->fallback) : NULL;
	if (!v->fallback || hook_fill(v->fallback, HOOK_ARGUMENT, &values, arena, &out, &err))
		return NULL;
	return out;
}

const char *start_given(struct act *a, const char *name, struct arena *arena)
{
	const char *given = act_value(a, name);
	const struct act_cut *cut = act_cut(a);
	json_t *then;

	if (given || !cut || !cut->detail)
		return given;
	then = json_loads(cut->detail, 0, NULL);
	given = json_string_value(json_object_get(json_object_get(then, "values"), name));
	given = given ? arena_strdup(arena, given) : NULL;
	json_decref(then);
	return given;
}

static void put_values(struct act *a, const struct start *s, const struct config_hook *hook,
		       struct arena *arena, struct list *l)
{
	for (size_t i = 0; i < hook->nvalues; i++) {
		const struct config_value *v = &hook->values[i];
		const char *given = start_given(a, v->name, arena);
		const struct fact *why;

		put(l, v->name, given ? given : start_default(a, s, v, arena, &why));
	}
}

struct hook_values start_values(struct act *a, const struct start *s, struct arena *arena)
{
	const struct config_job *job = act_job(a);
	struct list l = {.v = ARENA_ARRAY(arena, struct config_pair, VALUES_MAX)}, base;

	if (job) {
		put_values(a, s, &job->restart, arena, &l);
		put_values(a, s, &job->resume, arena, &l);
	}
	base = known(a, s, arena);
	for (size_t i = 0; i < base.n; i++)
		put(&l, base.v[i].name, base.v[i].value);
	return (struct hook_values){l.n, l.v};
}

/* --- what is kept of a restart, and what was kept of an earlier one --- */

static json_t *values_json(struct act *a, const struct start *s, struct arena *arena)
{
	struct hook_values values = start_values(a, s, arena);
	const struct config_job *job = act_job(a);
	const struct config_hook *hooks[] = {&job->restart, &job->resume};
	json_t *out = json_object();

	for (size_t h = 0; h < ARRAY_LEN(hooks); h++) {
		for (size_t i = 0; i < hooks[h]->nvalues; i++) {
			const char *name = hooks[h]->values[i].name;
			const char *value = start_value(&values, name);

			if (value)
				json_object_set_new(out, name, json_string(value));
		}
	}
	return out;
}

static json_t *facts_json(const struct start *s)
{
	json_t *out = json_object();

	for (size_t i = 0; i < s->nfacts; i++)
		if (s->facts[i].value)
			json_object_set_new(out, s->facts[i].name, json_string(s->facts[i].value));
	return out;
}

static json_t *number(int64_t v)
{
	return is_absent(v) ? json_null() : json_integer(v);
}

const char *start_detail(struct act *a, const struct start *s, struct arena *arena)
{
	json_t *o = json_object();
	char *text, *out;

	json_object_set_new(o, "oom", json_boolean(s->after_oom));
	json_object_set_new(o, "place", json_string(s->place));
	json_object_set_new(o, "facts", facts_json(s));
	json_object_set_new(o, "memory", number(s->memory_bytes));
	json_object_set_new(o, "need", number(s->need_bytes));
	json_object_set_new(o, "application", json_string(s->application_id));
	json_object_set_new(o, "jvm", json_string(s->jvm));
	json_object_set_new(o, "began_at", number(s->began_at));
	json_object_set_new(o, "start_time", number(s->start_time));
	json_object_set_new(o, "batches", number(s->batches));
	if (act_job(a))
		json_object_set_new(o, "values", values_json(a, s, arena));
	text = json_dumps(o, JSON_COMPACT);
	out = arena_strndup(arena, text ? text + 1 : "", text ? strlen(text) - 2 : 0);
	free(text);
	json_decref(o);
	return out;
}

static void text_from(const json_t *o, const char *name, char *out, size_t size)
{
	const char *value = json_string_value(json_object_get(o, name));

	if (value)
		snprintf(out, size, "%s", value);
}

static void number_from(const json_t *o, const char *name, int64_t *out)
{
	const json_t *value = json_object_get(o, name);

	if (json_is_integer(value))
		*out = json_integer_value(value);
}

static void facts_from(const json_t *o, struct start *s)
{
	const json_t *facts = json_object_get(o, "facts");

	for (size_t i = 0; i < s->nfacts; i++) {
		const char *value = json_string_value(json_object_get(facts, s->facts[i].name));

		if (value && (!s->facts[i].value || strcmp(value, s->facts[i].value) != 0))
			s->facts[i].value = arena_strdup(&s->arena, value);
	}
}

void start_restore(struct start *s, const char *detail)
{
	json_t *o = json_loads(detail ? detail : "", 0, NULL);

	text_from(o, "application", s->application_id, sizeof(s->application_id));
	text_from(o, "jvm", s->jvm, sizeof(s->jvm));
	number_from(o, "began_at", &s->began_at);
	number_from(o, "start_time", &s->start_time);
	number_from(o, "batches", &s->batches);
	number_from(o, "memory", &s->memory_bytes);
	number_from(o, "need", &s->need_bytes);
	text_from(o, "place", s->place, sizeof(s->place));
	facts_from(o, s);
	s->after_oom = s->after_oom || json_is_true(json_object_get(o, "oom"));
	json_decref(o);
}

/* Would this run be told apart from that one by the job? */
static bool differs(struct act *a, const struct start *s, const json_t *then, struct arena *arena)
{
	json_int_t memory = json_integer_value(json_object_get(then, "memory"));
	json_t *now = values_json(a, s, arena);
	bool out = !json_equal(now, json_object_get(then, "values"));

	json_decref(now);
	return out || (memory > 0 && s->memory_bytes > 0 && memory != s->memory_bytes);
}

static bool is_same_place(const struct start *s, const json_t *then)
{
	const char *place = json_string_value(json_object_get(then, "place"));

	return json_is_true(json_object_get(then, "oom")) && place && !strcmp(place, s->place);
}

static bool is_restart(const struct audit_entry *e, const char *job, int64_t since)
{
	return e->at >= since && e->kind && !strcmp(e->kind, "intent") && e->job &&
	       !strcmp(e->job, job) && e->action && e->detail &&
	       (!strcmp(e->action, "restart") || !strcmp(e->action, "recover"));
}

/* What failed before anything was started has met no second OutOfMemoryError. */
static bool was_started(struct ledger *l, int64_t intent, struct arena *arena)
{
	struct audit_list rows;

	if (audit_of(l, intent, arena, &rows, NULL))
		return false;
	for (size_t i = 0; i < rows.n; i++)
		if (rows.v[i].state && !strcmp(rows.v[i].kind, "step") &&
		    !strcmp(rows.v[i].state, "started"))
			return true;
	return false;
}

struct start_earlier start_earlier(struct act *a, const struct start *s, struct arena *arena)
{
	struct start_earlier out = {.at = 0};
	struct ledger *ledger = act_ledger(a);
	int64_t since = clock_wall(&clock_real) - DAY_MS;
	struct audit_list list;
	struct err err;

	/* one that goes on was decided already */
	if (!s->after_oom || !act_job(a) || !ledger || act_cut(a) ||
	    audit_list(ledger, arena, AUDIT_MAX, &list, &err))
		return out;
	for (size_t i = 0; i < list.n && !out.at; i++) {
		const struct audit_entry *e = &list.v[i];
		json_t *then;

		if (!is_restart(e, act_job_name(a), since) || (uint64_t)e->seq == act_number(a) ||
		    !was_started(ledger, e->seq, arena))
			continue;
		then = json_loads(e->detail, 0, NULL);
		if (then && is_same_place(s, then)) {
			out.at = e->at;
			out.has_changed = differs(a, s, then, arena);
		}
		json_decref(then);
	}
	return out;
}
