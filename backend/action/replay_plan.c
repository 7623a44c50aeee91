/* action/replay_plan.c - what the question of a replay says: which entries, what is left out and
 * why, how it goes, how long it takes, and what will be sent as lines to paste. */
#include <stdlib.h>
#include <string.h>

#include "../../include/clock.h"
#include "probe.h"
#include "replay.h"

enum { LINES = 16, TYPES_SHOWN = 4, LACKING_LOOKED = 2000 };

/* Lines on their way into a struct texts. */
struct lines {
	struct arena *a;
	size_t n;
	const struct text *v[LINES];
};

static void add(struct lines *l, const struct text *t)
{
	if (l->n < LINES)
		l->v[l->n++] = t;
}

static struct texts texts_of(const struct lines *l)
{
	const struct text **v = ARENA_ARRAY(l->a, const struct text *, l->n + 1);

	memcpy(v, l->v, l->n * sizeof(*v));
	return (struct texts){l->n, v};
}

static const struct text *cleaned(struct arena *a, const char *s)
{
	return text_clean(a, s, strlen(s));
}

/* --- target --- */

static struct texts target(const struct replay *r, struct arena *a)
{
	struct lines l = {.a = a};
	const struct replay_pick *pick = &r->pick;

	add(&l, text_format(a, "job %s, folder %s", text_str(r->job->name), r->folder));
	if (pick->nunits == 1) {
		const struct queue_entry *e = queue_entry(r->queue, pick->units[0].first);
		char hex[2 * QUEUE_HASH + 1];
		queue_hex(e->hash, QUEUE_HASH, hex);
		add(&l, text_format(a, "line %u of %s, %s", e->line, queue_file(r->queue, e),
				    queue_type(r->queue, e)));
		add(&l, text_format(a, "hash %s", hex));
	}
	return texts_of(&l);
}

/* --- facts --- */

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void add_left_out(const struct replay *r, struct lines *l)
{
	const struct replay_pick *p = &r->pick;
	const struct {
		size_t n;
		const char *what;
	} left[] = {
		{p->ndoubt, "in doubt (M says what happened)"},
		{p->nold, "old (--since takes them, or one by one)"},
		{p->ntried, "tried too often (more needs a reason)"},
		{p->ngiven_up, "given up"},
		{p->nlater, "of a unit that was given up (M, or --hash and a reason)"},
		{p->nreturned, "whose failure came back as a later line"},
	};

	for (size_t i = 0; i < ARRAY_LEN(left); i++)
		if (left[i].n)
			add(l, text_format(l->a, "left out: %zu %s", left[i].n, left[i].what));
}

static void add_span(const struct replay *r, struct lines *l, int64_t now)
{
	char first[32], last[32];
	int64_t zone = is_absent(r->zone_ms) ? clock_local_offset_ms(now) : r->zone_ms;

	if (is_absent(r->pick.oldest))
		return;
	format_time(r->pick.oldest, now, zone, first, sizeof(first));
	format_time(r->pick.newest, now, zone, last, sizeof(last));
	add(l, text_format(l->a, "oldest %s, newest %s", first, last));
}

static void add_types(const struct replay *r, struct lines *l)
{
	const char *names[TYPES_SHOWN];
	size_t counts[TYPES_SHOWN] = {0}, n = 0, others = 0;
	struct buf out;

	for (size_t i = 0; i < r->pick.nentries; i++) {
		const char *type = queue_type(r->queue, queue_entry(r->queue, r->pick.entries[i]));
		size_t k = 0;
		while (k < n && strcmp(names[k], type) != 0)
			k++;
		if (k == TYPES_SHOWN) {
			others++;
			continue;
		}
		names[k] = type;
		n += k == n;
		counts[k]++;
	}
	buf_init(&out, 8 * TEXT_MAX);
	for (size_t i = 0; i < n; i++)
		buf_printf(&out, "%s%s %zu", i ? ", " : "types: ", *names[i] ? names[i] : "(none)",
			   counts[i]);
	if (others)
		buf_printf(&out, ", others %zu", others);
	if (n)
		add(l, text_clean(l->a, out.data, out.len));
	buf_release(&out);
}

static void add_time(const struct replay *r, struct lines *l)
{
	double s = r->per_s > 0 ? (double)(r->pick.nunits - 1) / r->per_s : 0;
	char text[32];

	if (r->pick.nunits < 2)
		return;
	s += (double)r->job->replay.settle_ms / 1000;
	format_age(s, text, sizeof(text));
	add(l, text_format(l->a, "takes %s at %.4g a minute", text, r->per_s * 60));
}

static struct texts facts(const struct replay *r, struct arena *a, int64_t now)
{
	struct lines l = {.a = a};
	const struct replay_pick *p = &r->pick;

	add(&l,
	    text_format(a, "%zu entr%s, %zu unit%s, %zu already covered", p->nentries,
			p->nentries == 1 ? "y" : "ies", p->nunits, plural(p->nunits), p->ndone));
	if (p->nentries == REPLAY_ENTRIES_MAX)
		add(&l,
		    text_format(a, "the oldest %d; run it again for the rest", REPLAY_ENTRIES_MAX));
	if (p->nothers)
		add(&l, text_format(a, "%zu more entr%s of the same unit%s become%s done with %s",
				    p->nothers, p->nothers == 1 ? "y" : "ies", plural(p->nunits),
				    p->nothers == 1 ? "s" : "", p->nunits == 1 ? "it" : "them"));
	if (p->nunits == 1 && p->units[0].attempts)
		add(&l, text_format(a, "attempt %lld; the last one: %s",
				    (long long)p->units[0].attempts + 1,
				    p->units[0].outcome ? p->units[0].outcome : "-"));
	add_span(r, &l, now);
	add_types(r, &l);
	add_time(r, &l);
	add_left_out(r, &l);
	if (r->others)
		add(&l, cleaned(a, r->others));
	return texts_of(&l);
}

/* --- steps --- */

/* One entry: what is really called; several: the template. */
static bool is_one_filled(const struct replay *r)
{
	return r->pick.nunits == 1 && r->call;
}

static const struct text *send_step(const struct replay *r, struct arena *a)
{
	const struct config_replay *cfg = &r->job->replay;

	if (cfg->http.url)
		return text_format(a, "%s %s with %s", cfg->http.method ? cfg->http.method : "POST",
				   is_one_filled(r) ? r->call : cfg->http.url,
				   cfg->http.body ? "the body of the configuration"
						  : "the entry's exact bytes");
	return text_format(a, "run %s with the entry's exact bytes on its input",
			   is_one_filled(r) ? r->call : cfg->command.argv[0]);
}

static struct texts steps(const struct replay *r, struct arena *a)
{
	const struct config_replay *cfg = &r->job->replay;
	const char *probe = r->pick.nunits == 1 && r->asks ? r->asks
			    : cfg->probe.http.url          ? cfg->probe.http.url
			    : cfg->probe.command.argv      ? cfg->probe.command.argv[0]
							   : NULL;
	struct lines l = {.a = a};
	char settle[32];

	if (probe && cfg->probe.is_first)
		add(&l, text_format(a, "ask %s: was it done already?", probe));
	add(&l, send_step(r, a));
	if (probe)
		add(&l, text_format(a, "ask %s: is it done?", probe));
	format_age((double)cfg->settle_ms / 1000, settle, sizeof(settle));
	if (r->pick.nunits > 1) {
		add(&l, text_format(a, "wait %s: does the same failure come back?", settle));
		add(&l, text_format(a,
				    "then the others, %.4g a minute; stops when one comes back, "
				    "pauses after 3 failures in a row",
				    r->per_s * 60));
	}
	return texts_of(&l);
}

/* --- dry run --- */

static void fill_calls(struct replay *r, const struct replay_send *s, struct arena *a)
{
	const struct config_probe *probe = &r->job->replay.probe;
	struct err err;

	(void)!hook_target(&s->hook, a, &r->call, &err);
	if (probe_is_set(probe))
		r->asks = probe_target(probe, &s->hook, a);
}

void replay_dry_run(struct replay *r, struct arena *a)
{
	size_t n = min_size(r->pick.nunits, REPLAY_PASTES), i;
	struct arena scratch;

	r->paste = ARENA_ARRAY(a, const char *, n + 2);
	r->npaste = r->nlacking = 0;
	r->call = r->asks = NULL;
	arena_init(&scratch);
	/* where all of them lack something, one that can be sent is looked for */
	for (i = 0; i < n || (i < r->pick.nunits && i < LACKING_LOOKED && r->nlacking == i); i++) {
		const struct replay_unit *unit = &r->pick.units[i];
		struct replay_send *s = xcalloc(1, sizeof(*s));
		const char *line;
		struct err err;
		int rc = replay_load(r, unit, &scratch, s, &err);
		if (!rc)
			rc = replay_paste(r, unit, s, &scratch, &line, &err);
		if (!rc && n == 1)
			fill_calls(r, s, a);
		r->nlacking += rc != 0;
		r->lacking = rc && r->nlacking == 1 ? arena_strdup(a, err.message) : r->lacking;
		r->paste[r->npaste++] =
			rc ? arena_printf(a, "# line %u of %s: %s",
					  queue_entry(r->queue, unit->first)->line,
					  queue_file(r->queue, queue_entry(r->queue, unit->first)),
					  err.message)
			   : arena_strdup(a, line);
		replay_unload(s);
		free(s);
		arena_reset(&scratch);
	}
	if (r->pick.nunits > n)
		r->paste[r->npaste++] =
			arena_printf(a, "# and %zu more like these", r->pick.nunits - n);
	arena_release(&scratch);
}

static struct texts pastes(const struct replay *r, struct arena *a)
{
	const struct text **v = ARENA_ARRAY(a, const struct text *, r->npaste + 1);

	for (size_t i = 0; i < r->npaste; i++)
		v[i] = cleaned(a, r->paste[i]);
	return (struct texts){r->npaste, v};
}

/* --- the whole --- */

static const struct text *warning(struct act *a, const struct replay *r, struct arena *arena)
{
	const struct job_row *job = act_job_row(a);

	if (job && (job->verdict == VERDICT_CRASHED || job->verdict == VERDICT_HUNG ||
		    job->verdict == VERDICT_UNREACHABLE || job->verdict == VERDICT_ENDED))
		return text_format(arena,
				   "this job is %s: what is replayed now reaches nobody, or "
				   "fails again",
				   verdict_names[job->verdict]);
	if (r->nlacking)
		return text_format(arena, "%zu of the first %zu cannot be sent: %s", r->nlacking,
				   min_size(r->pick.nunits, REPLAY_PASTES), r->lacking);
	return NULL;
}

static void ask_reason(struct plan_row *p, struct arena *a)
{
	struct plan_ask *ask = ARENA_NEW(a, struct plan_ask);

	ask->name = TEXT("reason");
	ask->ask = TEXT("why it is sent again");
	p->asks = ask;
	p->nasks = 1;
}

void replay_describe(struct act *a, struct replay *r, struct plan_row *p, struct arena *arena)
{
	const struct snapshot *s = act_look(a);
	const struct replay_pick *pick = &r->pick;

	p->title = pick->nunits > 1 ? text_format(arena, "Replay %zu failed batches?", pick->nunits)
				    : TEXT("Replay this failed batch?");
	p->button =
		pick->nunits > 1 ? text_format(arena, "replay %zu", pick->nunits) : TEXT("replay");
	p->target = target(r, arena);
	p->facts = facts(r, arena, s->at);
	p->steps = steps(r, arena);
	p->paste = pastes(r, arena);
	p->warning = warning(a, r, arena);
	if (pick->nunits > 1)
		p->to_type = text_format(arena, "%zu", pick->nunits);
	if (pick->nunits == 1 && r->nlacking)
		p->refused = cleaned(arena, r->lacking);
	else if (r->nlacking == pick->nunits)
		p->refused = text_format(arena, "none of the %zu can be sent: %s", pick->nunits,
					 r->lacking);
	if (pick->needs_reason)
		ask_reason(p, arena);
}
