/* verb_args.c - what was written behind a verb, checked before anything is looked at: a runbook
 * with a mistake in it must fail on the day it is written, not on the night it is needed. */
#include "verb_args.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../include/clock.h"
#include "../include/row/job.h"
#include "../include/row/jvm.h"

enum { HASH_MIN = 8, HASH_MAX = 64, WORD_MAX = 64, ID_MAX = 127 };

static const char *clean(const char *s)
{
	static char shown[200];

	text_clean_to(shown, sizeof(shown), s, strlen(s));
	return shown;
}

/* --- single values --- */

/* Digits only, above 0; *end is behind them. */
static bool whole(const char *s, const char **end, int64_t *out)
{
	char *stop;
	long long v;

	if (!isdigit((unsigned char)*s))
		return false;
	errno = 0;
	v = strtoll(s, &stop, 10);
	*end = stop;
	*out = v;
	return errno == 0 && v > 0;
}

bool verb_pid(const char *s, int64_t *pid, int64_t *start)
{
	*start = 0;
	if (!whole(s, &s, pid))
		return false;
	if (*s == '@' && !whole(s + 1, &s, start))
		return false;
	return *s == '\0';
}

/* A local time is that of this host's zone at that time, not of now. */
static int64_t from_local(int64_t at)
{
	int64_t utc = at - clock_local_offset_ms(at);

	return at - clock_local_offset_ms(utc);
}

int64_t verb_time(const char *s, int64_t now)
{
	enum time_zone_kind kind;
	int64_t ms, at;

	if (config_duration(s, strlen(s), &ms))
		return now - ms;
	at = clock_parse(s, strlen(s), &kind);
	return is_absent(at) || kind == TIME_HAS_ZONE ? at : from_local(at);
}

static int read_time(const char *option, const char *s, int64_t now, int64_t *out, struct err *err)
{
	if (s == NULL)
		return 0;
	*out = verb_time(s, now);
	if (!is_absent(*out))
		return 0;
	return err_set(err, ERR_USAGE,
		       "--%s: \"%s\" is no time; it would be like 2h, \"2026-11-20 14:03\" or "
		       "2026-11-20T14:03:00Z",
		       option, clean(s));
}

static bool is_verdict(const char *word, const char **near)
{
	const char *names[2 * WORD_MAX];
	size_t n = 0;

	for (const char *const *v = verdict_names; *v; v++)
		names[n++] = *v;
	for (const char *const *v = jvm_verdict_names; *v; v++)
		names[n++] = *v;
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], word) == 0)
			return true;
	*near = config_nearest(word, names, n);
	return false;
}

static int check_verdicts(const char *list, struct err *err)
{
	const char *near = NULL;
	char word[WORD_MAX];

	for (const char *p = list; p != NULL; p = *p ? p + 1 : NULL) {
		size_t len = strcspn(p, ",");

		text_clean_to(word, sizeof(word), p, len);
		if (!is_verdict(word, &near))
			return err_set(err, ERR_USAGE, "--if: \"%s\" is no verdict; %s%s%s", word,
				       near ? "did you mean \"" : "it would be like stale,unknown",
				       near ? near : "", near ? "\"?" : "");
		p += len;
	}
	return 0;
}

static int check_hashes(const struct verb_options *v, struct err *err)
{
	for (size_t i = 0; i < v->nhashes; i++) {
		size_t len = strspn(v->hashes[i], "0123456789abcdef");

		if (v->hashes[i][len] != '\0' || len > HASH_MAX)
			return err_set(err, ERR_USAGE,
				       "--hash: \"%s\" is no hash; it would be 8 to 64 of the "
				       "digits 0-9 a-f, as --once --json dlq shows it",
				       clean(v->hashes[i]));
		if (len < HASH_MIN)
			return err_set(err, ERR_USAGE,
				       "--hash: \"%s\" is too short; it would be the first %d "
				       "digits or more",
				       v->hashes[i], HASH_MIN);
	}
	return 0;
}

static int read_sets(struct verb_options *v, struct err *err)
{
	v->values = xcalloc(v->nsets + 1, sizeof(*v->values)); /* ended by an empty one */
	for (size_t i = 0; i < v->nsets; i++) {
		const char *equals = strchr(v->sets[i], '=');
		size_t len = equals ? (size_t)(equals - v->sets[i]) : 0;

		if (!len || strspn(v->sets[i], "abcdefghijklmnopqrstuvwxyz0123456789_.") != len ||
		    !islower((unsigned char)v->sets[i][0]))
			return err_set(err, ERR_USAGE,
				       "--set: \"%s\" is wrong; it would be KEY=VALUE with a name "
				       "from `values` of the job's configuration",
				       clean(v->sets[i]));
		v->values[i].name = xstrndup(v->sets[i], len);
		v->values[i].value = equals + 1;
	}
	return 0;
}

static int read_group(const struct verb_options *v, uint64_t *out, struct err *err)
{
	const char *end;
	int64_t id;

	if (v->group == NULL)
		return 0;
	if (!whole(v->group, &end, &id) || *end != '\0')
		return err_set(err, ERR_USAGE,
			       "--group: \"%s\" is no group; sparkops --once --json dlq_group "
			       "lists them",
			       clean(v->group));
	*out = (uint64_t)id;
	return 0;
}

static int read_rate(const struct verb_options *v, double *out, struct err *err)
{
	if (v->rate == NULL || config_rate(v->rate, strlen(v->rate), out))
		return 0;
	return err_set(err, ERR_USAGE, "--rate: \"%s\" is wrong; it would be a rate like 30/min",
		       clean(v->rate));
}

/* --- what a verb needs --- */

static int needs(const struct verb_options *v, const char *what, struct err *err)
{
	return err_set(err, ERR_USAGE, "%s needs %s: sparkops %s %s", v->is->name, what,
		       v->is->name, v->is->usage);
}

static int check_pid(const struct verb_options *v, struct err *err)
{
	int64_t pid, start;

	if (!verb_pid(v->pid, &pid, &start))
		return err_set(
			err, ERR_USAGE,
			"--pid: \"%s\" is wrong; it would be PID@START, the id that sparkops "
			"--once --json jvms shows",
			clean(v->pid));
	if (start == 0 && v->yes)
		return err_set(
			err, ERR_USAGE,
			"--pid %s: with --yes it needs the START, since the kernel gives a "
			"PID to somebody else in time; sparkops --once --json jvms shows the "
			"id",
			v->pid);
	return 0;
}

/* What is ended through Spark. */
static const struct thing {
	const char *option, *word; /* of the request */
	size_t at;                 /* in struct verb_options */
	bool is_of_job;            /* a number, of the job that is named */
} things[] = {
	{"spark-job", "job", offsetof(struct verb_options, spark_job), true},
	{"stage", "stage", offsetof(struct verb_options, stage), true},
	{"application", "application", offsetof(struct verb_options, application), false},
	{"driver", "driver", offsetof(struct verb_options, driver), false},
};

static const char *id_of(const struct thing *t, const struct verb_options *v)
{
	return *(const char *const *)(const void *)((const char *)v + t->at);
}

/* NULL: a JVM is meant. */
static const struct thing *thing_of(const struct verb_options *v)
{
	for (size_t i = 0; i < ARRAY_LEN(things); i++)
		if (id_of(&things[i], v))
			return &things[i];
	return NULL;
}

static int check_thing(const struct options *o, const struct thing *t, struct err *err)
{
	const char *id = id_of(t, &o->verb);
	size_t len =
		strspn(id, t->is_of_job ? "0123456789"
					: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					  "0123456789-_");

	if (t->is_of_job && o->job == NULL)
		return err_set(err, ERR_USAGE, "--%s %s needs --job, to know whose", t->option,
			       clean(id));
	if (len == 0 || len > ID_MAX || id[len] != '\0')
		return err_set(err, ERR_USAGE, "--%s: \"%s\" is wrong; it would be %s", t->option,
			       clean(id),
			       t->is_of_job ? "a number, as the driver's UI shows it"
					    : "an id, as the master shows it");
	if (!is_absent(o->verb.force_after_ms))
		return err_set(err, ERR_USAGE,
			       "--force-after is for a JVM; Spark is asked once to end --%s %s",
			       t->option, id);
	return 0;
}

static int check_kill(const struct options *o, struct err *err)
{
	const struct verb_options *v = &o->verb;
	const struct thing *thing = thing_of(v);
	const char *given[ARRAY_LEN(things) + 2];
	size_t n = 0;

	if (v->pid != NULL)
		given[n++] = "pid";
	if (o->job != NULL && (thing == NULL || !thing->is_of_job))
		given[n++] = "job";
	for (size_t i = 0; i < ARRAY_LEN(things); i++)
		if (id_of(&things[i], v))
			given[n++] = things[i].option;
	if (n == 0)
		return needs(v, "to know whom", err);
	if (n > 1)
		return err_set(err, ERR_USAGE, "--%s and --%s at once; choose one", given[0],
			       given[1]);
	if (thing != NULL)
		return check_thing(o, thing, err);
	return v->pid != NULL ? check_pid(v, err) : 0;
}

static void ask_spark(struct verb_options *v, struct action_request *r)
{
	const struct thing *t = thing_of(v);

	if (t == NULL)
		return;
	snprintf(v->spark, sizeof(v->spark), "%s %s", t->word, id_of(t, v));
	r->action = ACTION_KILL_SPARK;
	r->spark = v->spark;
}

/* Which entries: one way to say it, and not two. */
static int check_entries(const struct options *o, struct err *err)
{
	const struct verb_options *v = &o->verb;
	int n = (v->nhashes > 0) + (v->error_type != NULL) + (v->group != NULL) + v->all;

	if (n == 0)
		return needs(v, "to know which entries", err);
	if (n > 1)
		return err_set(err, ERR_USAGE, "%s takes one of --hash, --type, --group%s",
			       v->is->name, v->is->with == WITH_REPLAY ? " and --all" : "");
	return 0;
}

static int check_mark(const struct options *o, struct err *err)
{
	static const char *const states[] = {"done", "given-up", "pending"};
	const struct verb_options *v = &o->verb;
	int rc = check_entries(o, err);

	if (rc != 0)
		return rc;
	if (v->as == NULL)
		return needs(v, "--as", err);
	if (v->reason == NULL)
		return needs(v, "--reason", err);
	for (size_t i = 0; i < ARRAY_LEN(states); i++)
		if (strcmp(states[i], v->as) == 0)
			return 0;
	return err_set(err, ERR_USAGE,
		       "--as: \"%s\" is wrong; it would be done, given-up or pending",
		       clean(v->as));
}

static int check_hold(const struct options *o, struct err *err)
{
	const struct verb_options *v = &o->verb;

	if (v->off && !is_absent(v->for_ms))
		return err_set(err, ERR_USAGE, "--for and --off at once; choose one");
	return v->reason == NULL ? needs(v, "--reason", err) : 0;
}

static int check_words(const struct options *o, struct err *err)
{
	const struct verb_options *v = &o->verb;

	if (v->is->with == WITH_AUDIT) {
		if (o->more != NULL || (o->what != NULL && strcmp(o->what, "verify") != 0 &&
					strcmp(o->what, "list") != 0))
			return err_set(err, ERR_USAGE, "audit takes verify or list, not \"%s\"",
				       clean(o->more != NULL ? o->more : o->what));
		return 0;
	}
	if (o->what != NULL)
		return err_set(err, ERR_USAGE,
			       "unknown word \"%s\"; %s takes options only, see sparkops %s --help",
			       clean(o->what), v->is->name, v->is->name);
	if (o->job == NULL && v->is->with != WITH_KILL)
		return needs(v, "--job", err);
	return 0;
}

static int check_verb(const struct options *o, struct err *err)
{
	int rc = check_words(o, err);

	if (rc != 0)
		return rc;
	switch (o->verb.is->with) {
	case WITH_KILL:
		return check_kill(o, err);
	case WITH_REPLAY:
		return check_entries(o, err);
	case WITH_MARK:
		return check_mark(o, err);
	case WITH_HOLD:
		return check_hold(o, err);
	default:
		return 0;
	}
}

static int check_span(const struct action_request *r, struct err *err)
{
	if (is_absent(r->since_ms) || is_absent(r->until_ms) || r->since_ms < r->until_ms)
		return 0;
	return err_set(err, ERR_USAGE,
		       "--since is not before --until: there is nothing in between");
}

int verb_args(struct options *o, int64_t now, struct err *err)
{
	struct verb_options *v = &o->verb;
	struct action_request *r = &v->request;
	int rc = check_verb(o, err);

	if (rc != 0 || v->is->action < 0)
		return rc;
	*r = action_request_of(ACTION_PLAN, (enum action_id)v->is->action);
	if ((v->only_if && (rc = check_verdicts(v->only_if, err)) != 0) ||
	    (rc = check_hashes(v, err)) != 0 || (rc = read_sets(v, err)) != 0 ||
	    (rc = read_group(v, &r->group, err)) != 0 || (rc = read_rate(v, &r->per_s, err)) != 0 ||
	    (rc = read_time("since", v->since, now, &r->since_ms, err)) != 0 ||
	    (rc = read_time("until", v->until, now, &r->until_ms, err)) != 0 ||
	    (rc = check_span(r, err)) != 0)
		return rc;
	if (!is_absent(v->limit) && v->limit < 1)
		return err_set(err, ERR_USAGE, "--limit: 0 entries are none; leave it out for all");
	ask_spark(v, r);
	r->job = o->job;
	r->reason = v->reason;
	r->only_if = v->only_if;
	r->force_after_ms = v->force_after_ms;
	r->limit = v->limit;
	r->max_attempts = v->max_attempts;
	r->hashes = v->hashes;
	r->nhashes = v->nhashes;
	r->values = v->values;
	r->nvalues = v->nsets;
	r->error_type = v->error_type;
	r->is_all = v->all;
	r->as = v->as;
	r->for_ms = v->for_ms;
	r->is_off = v->off;
	r->is_yes = v->yes;
	r->is_dry_run = v->dry_run;
	return 0;
}

void verb_args_release(struct options *o)
{
	for (struct action_value *v = o->verb.values; v && v->name; v++)
		free((char *)(uintptr_t)v->name);
	free(o->verb.values);
}
