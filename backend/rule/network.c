/* rule/network.c - finds targets that fell silent together. A refusal is an answer of the host and
 * does not count; a target that never answered cannot fall silent; one job's health endpoint and UI
 * dying together is that job. */
#include "network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct silent {
	uint64_t host;
	int64_t since;
	size_t section;
	bool is_silent;
};

void network_release(struct network *net)
{
	free(net->is_in);
	memset(net, 0, sizeof(*net));
}

static bool is_network(const struct section *s)
{
	return s->where && strstr(s->where, "://") && !is_absent(s->good_at);
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
	return (x->since > y->since) - (x->since < y->since);
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

static void mark(struct network *net, const struct silent *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		net->is_in[v[i].section] = true;
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
		while (v[i].since - v[first].since > span)
			first++;
		if (i - first + 1 > best) {
			best = i - first + 1;
			best_first = first;
		}
	}
	if (!best || best * 2 < total || !is_of_two_jobs(sections, v + best_first, best))
		return false;
	mark(net, v + best_first, best);
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
		if (!v[end - 1].is_silent || v[end - 1].since - v[i].since > span ||
		    !is_of_two_jobs(sections, v + i, end - i))
			continue;
		mark(net, v + i, end - i);
		host = host_of(sections[v[i].section], &len);
		snprintf(net->who, sizeof(net->who), "all %zu targets on %.*s", end - i,
			 (int)min_size(len, 40), host);
	}
}

void network_look(struct network *net, const struct section *const *sections, size_t n,
		  int64_t interval_ms)
{
	uint64_t print = mix(n, (uint64_t)interval_ms);
	size_t total = 0, silent = 0;
	struct silent *v;

	for (size_t i = 0; i < n; i++) {
		if (!is_network(sections[i]))
			continue;
		total++;
		if (is_silent(sections[i])) {
			silent++;
			print = mix(mix(print, i),
				    (uint64_t)(sections[i]->tried_at - sections[i]->silent_ms));
		}
	}
	print = mix(print, total);
	if (print == net->fingerprint && net->n == n)
		return;
	network_release(net);
	net->fingerprint = print;
	net->n = n;
	net->is_in = xcalloc(n ? n : 1, sizeof(*net->is_in));
	if (!silent)
		return;
	v = xcalloc(total, sizeof(*v));
	total = 0;
	for (size_t i = 0; i < n; i++) {
		const struct section *s = sections[i];

		if (is_network(s))
			v[total++] = (struct silent){host_hash(s), s->tried_at - s->silent_ms, i,
						     is_silent(s)};
	}
	if (!look_at_half(net, sections, v, total, interval_ms * 2))
		look_at_hosts(net, sections, v, total, interval_ms * 2);
	free(v);
	if (net->who[0])
		snprintf(net->banner, sizeof(net->banner),
			 "%s fell silent at once: this box or its network?", net->who);
}
