/* rule/network.c - finds targets that fell silent together. A refusal is an answer of the host and
 * does not count; a target that never answered cannot fall silent; one job's health endpoint and UI
 * dying together is that job. A target fell silent somewhere between its last good answer and the
 * end of its first unanswered probe, which comes seconds later, at another time-out for each kind
 * of target: so the last good answers are compared, as far as one probe can reach back. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PROBE_MS = 10000, SLACK_MS = 2000, SAME_MS = 1000, ALONE_PROBES = 2 };

struct silent {
	uint64_t host;
	int64_t from, since; /* fell silent after `from`; not later than `since` */
	size_t section;
	bool is_silent;
};

void network_release(struct network *net)
{
	free(net->of);
	memset(net, 0, sizeof(*net));
}

static bool is_network(const struct section *s)
{
	return s->source != SOURCE_DLQ && s->where && strstr(s->where, "://") &&
	       !is_absent(s->good_at);
}

static bool is_silent(const struct section *s)
{
	return s->silent_probes > 0 && !s->is_refused && !is_absent(s->tried_at);
}

static const char *host_of(const struct section *s, size_t *len)
{
	const char *p = strstr(s->where, "://") + 3;

	if (*p == '[')
		*len = strcspn(p, "]") + 1;
	else
		*len = strcspn(p, ":/");
	return p;
}

static uint64_t mix(uint64_t h, uint64_t v)
{
	h = (h ^ v) * 0x100000001b3u;
	return h ^ h >> 29;
}

static uint64_t host_hash(const struct section *s)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t len;
	const char *p = host_of(s, &len);

	for (size_t i = 0; i < len; i++)
		h = mix(h, (unsigned char)p[i]);
	return h;
}

static int by_since(const void *a, const void *b)
{
	const struct silent *x = a, *y = b;

	if (x->is_silent != y->is_silent)
		return x->is_silent ? -1 : 1;
	return (x->from > y->from) - (x->from < y->from);
}

static int by_host(const void *a, const void *b)
{
	const struct silent *x = a, *y = b;

	if (x->host != y->host)
		return x->host < y->host ? -1 : 1;
	return by_since(a, b);
}

static bool is_of_two_jobs(const struct section *const *sections, const struct silent *v, size_t n)
{
	const char *first = sections[v[0].section]->job;

	for (size_t i = 1; i < n; i++) {
		const char *job = sections[v[i].section]->job;

		if (!job != !first || (job && first && strcmp(job, first) != 0))
			return true;
	}
	return false;
}

static void mark(struct network *net, const struct silent *v)
{
	net->of[v->section] = (struct together){true, v->since, ABSENT};
}

/* The largest group of the first `silent` ones within `span`: at least half of all. */
static bool look_at_half(struct network *net, const struct section *const *sections,
			 struct silent *v, size_t total, int64_t span)
{
	size_t silent = 0, first = 0, best = 0, best_first = 0;

	qsort(v, total, sizeof(*v), by_since);
	while (silent < total && v[silent].is_silent)
		silent++;
	for (size_t i = 0; i < silent; i++) {
		while (v[i].from - v[first].from > span)
			first++;
		if (i - first + 1 > best) {
			best = i - first + 1;
			best_first = first;
		}
	}
	if (!best || best * 2 < total || !is_of_two_jobs(sections, v + best_first, best))
		return false;
	/* and whatever may have fallen silent at that time */
	for (size_t i = 0; i < silent; i++) {
		if (v[i].from <= v[best_first + best - 1].from + span &&
		    v[i].since >= v[best_first].from)
			mark(net, &v[i]);
	}
	snprintf(net->who, sizeof(net->who), "%zu of %zu targets", best, total);
	return true;
}

static void look_at_hosts(struct network *net, const struct section *const *sections,
			  struct silent *v, size_t total, int64_t span)
{
	size_t end;

	qsort(v, total, sizeof(*v), by_host);
	for (size_t i = 0; i < total; i = end) {
		const char *host;
		size_t len;

		for (end = i + 1; end < total && v[end].host == v[i].host; end++)
			continue;
		/* sorted: when the last one is silent, all are */
		if (!v[end - 1].is_silent || v[end - 1].from - v[i].from > span ||
		    !is_of_two_jobs(sections, v + i, end - i))
			continue;
		for (size_t k = i; k < end; k++)
			mark(net, &v[k]);
		host = host_of(sections[v[i].section], &len);
		snprintf(net->who, sizeof(net->who), "all %zu targets on %.*s", end - i,
			 (int)min_size(len, 40), host);
	}
}

/* Those whose group is gone and who are still silent. */
static void keep_the_rest(struct network *net, const struct together *before,
			  const struct section *const *sections, const char *who)
{
	for (size_t i = 0; i < net->n; i++) {
		const struct section *s = sections[i];
		struct together old = before[i];

		if (!old.is_in || net->of[i].is_in || !is_silent(s) ||
		    llabs(s->tried_at - s->silent_ms - old.since) > SAME_MS)
			continue;
		if (is_absent(old.left_alone))
			old.left_alone = s->silent_probes;
		if (s->silent_probes >= old.left_alone + ALONE_PROBES)
			continue;
		net->of[i] = old;
		if (!net->who[0])
			snprintf(net->who, sizeof(net->who), "%s", who);
	}
}

static uint64_t print_of(const struct section *const *sections, size_t n, size_t *total)
{
	uint64_t print = n;

	*total = 0;
	for (size_t i = 0; i < n; i++) {
		if (!is_network(sections[i]))
			continue;
		++*total;
		if (is_silent(sections[i]))
			print = mix(mix(print, i), (uint64_t)sections[i]->silent_probes);
	}
	return mix(print, *total);
}

static void look_for_groups(struct network *net, const struct section *const *sections,
			    size_t total, int64_t interval_ms)
{
	struct silent *v = xcalloc(total ? total : 1, sizeof(*v));
	int64_t span = interval_ms * 2 + SLACK_MS;
	size_t k = 0;

	for (size_t i = 0; i < net->n; i++) {
		const struct section *s = sections[i];
		int64_t since, reach;

		if (!is_network(s))
			continue;
		since = s->tried_at - s->silent_ms;
		reach = since - PROBE_MS - interval_ms;
		v[k++] = (struct silent){host_hash(s), max_i64(min_i64(s->good_at, since), reach),
					 since, i, is_silent(s)};
	}
	if (!look_at_half(net, sections, v, total, span))
		look_at_hosts(net, sections, v, total, span);
	free(v);
	if (net->who[0])
		snprintf(net->banner, sizeof(net->banner),
			 "%s fell silent at once: this box or its network?", net->who);
}

void network_look(struct network *net, const struct section *const *sections, size_t n,
		  int64_t interval_ms)
{
	size_t total;
	uint64_t print = mix(print_of(sections, n, &total), (uint64_t)interval_ms);
	struct together *before = net->of;
	char who[sizeof(net->who)];

	if (before && print == net->fingerprint && net->n == n)
		return;
	if (net->n != n) { /* another list: who is who is not known any more */
		free(before);
		before = NULL;
	}
	memcpy(who, net->who, sizeof(who));
	*net = (struct network){.n = n, .fingerprint = print};
	net->of = xcalloc(n ? n : 1, sizeof(*net->of));
	look_for_groups(net, sections, total, interval_ms);
	if (before)
		keep_the_rest(net, before, sections, who);
	free(before);
}
