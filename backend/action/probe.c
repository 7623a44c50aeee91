/* action/probe.c - asks a job whether a replay was done: `probe:` of the configuration. */
#include "probe.h"

enum { TIMEOUT_MS = 10000 };

/* A probe reads: GET, without the entry's bytes. */
static struct hook_send question(const struct config_probe *p, const struct hook_send *like,
				 struct config_http *http)
{
	struct hook_send h = *like;

	*http = p->http;
	http->method = "GET";
	http->body = NULL;
	if (!http->timeout_ms)
		http->timeout_ms = TIMEOUT_MS;
	h.http = p->http.url ? http : NULL;
	h.command = p->http.url ? NULL : &p->command;
	h.body = NULL;
	h.len = 0;
	return h;
}

static enum probe_says meaning(const struct config_probe *p, const struct hook_answer *r)
{
	if (is_absent(r->code))
		return PROBE_NOTHING;
	if (p->http.url)
		return r->code == p->done      ? PROBE_DONE
		       : r->code == p->missing ? PROBE_MISSING
					       : PROBE_NOTHING;
	return r->code == 0 ? PROBE_DONE : r->code == 1 ? PROBE_MISSING : PROBE_NOTHING;
}

enum probe_says probe_ask(const struct config_probe *p, const struct hook_send *like,
			  const struct config *cfg, struct arena *a, const char **why)
{
	struct config_http http;
	struct hook_send h = question(p, like, &http);
	struct hook_answer answer;
	struct err err;

	if (hook_call(&h, cfg, -1, a, &answer, &err)) {
		*why = arena_printf(a, "the probe could not be asked: %s", err.message);
		return PROBE_NOTHING;
	}
	const char *what = p->http.url ? "answered" : "exit";
	switch (meaning(p, &answer)) {
	case PROBE_DONE:
		*why = arena_printf(a, "the probe says done (%s %lld)", what,
				    (long long)answer.code);
		return PROBE_DONE;
	case PROBE_MISSING:
		*why = arena_printf(a, "the probe says missing (%s %lld)", what,
				    (long long)answer.code);
		return PROBE_MISSING;
	case PROBE_NOTHING:
	default:
		*why = arena_printf(a, "the probe says nothing that is known: %s", answer.says);
		return PROBE_NOTHING;
	}
}

const char *probe_target(const struct config_probe *p, const struct hook_send *like,
			 struct arena *a)
{
	struct config_http http;
	struct hook_send h = question(p, like, &http);
	const char *who = NULL;
	struct err err;

	return hook_target(&h, a, &who, &err) == 0 ? who : NULL;
}
