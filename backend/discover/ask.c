/* discover/ask.c - the questions to one port, one after the other, on one connection. */
#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../source/answer.h"

/* A master with a thousand workers says megabytes. */
static const struct http_limits limits = {
	.connect_ms = 1000, .total_ms = 1500, .body_cap = 8 << 20};

/* Where hardly anything is to be expected; what is there is on this host. */
static const struct http_limits brief = {.connect_ms = 300, .total_ms = 400, .body_cap = 8 << 20};

struct ask {
	struct http_client *client;
	const struct http_limits *limits;
	unsigned what;
	const struct question *question; /* that was asked last */
	struct port_answer answer;
	ask_done_fn *done;
	void *data;
};

static void finish(struct ask *a)
{
	a->done(a->data, &a->answer);
	ask_free(a);
}

static void on_reply(void *data, const struct http_reply *r);

/* The next question of those, or the end. */
static void ask_from(struct ask *a, const struct question *q, unsigned what)
{
	char url[128];

	while (q->path && !(q->what & what))
		q++;
	if (!q->path) {
		finish(a);
		return;
	}
	a->question = q;
	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", (int)a->answer.port, q->path);
	http_get(a->client, url, a->limits, on_reply, a);
}

static void say(struct ask *a, const char *what)
{
	snprintf(a->answer.says, sizeof(a->answer.says), "%s", what);
}

static void on_no_answer(struct ask *a, const struct http_reply *r)
{
	switch (r->result) {
	case HTTP_TIMED_OUT:
		a->answer.is = PORT_IS_SILENT; /* and in which words, below */
		break;
	case HTTP_REFUSED:
		say(a, "refuses connections to 127.0.0.1");
		return;
	case HTTP_BROKEN:
		snprintf(a->answer.says, sizeof(a->answer.says),
			 "does not speak HTTP (TLS, or something else): %s", r->problem);
		return;
	default:
		break;
	}
	say(a, r->problem);
}

/* What a UI was seen to answer between its page `starting up` and its own: it has no page, then it
 * sends everything to one that is not there yet. */
static bool is_passing(long code)
{
	return (code >= 300 && code < 400) || code == 404 || code == 429 || code >= 500;
}

static void on_stranger(struct ask *a, const struct http_reply *r)
{
	char type[64], code[160];
	const char *why = answer_code_problem(r, code);

	a->answer.may_pass = a->answer.may_pass || is_passing(r->code);
	answer_type(r, type);
	if (why)
		say(a, why);
	else
		snprintf(a->answer.says, sizeof(a->answer.says),
			 "answers %ld and %s, but as nothing known here", r->code, type);
}

static void on_reply(void *data, const struct http_reply *r)
{
	struct ask *a = data;
	const struct question *q = a->question;
	enum reading reading;

	if (r->result != HTTP_ANSWERED) {
		if (a->answer.is == PORT_IS_OTHER)
			on_no_answer(a, r);
		finish(a);
		return;
	}
	reading = q->read(r, &a->answer);
	if (reading == READ_STRANGE && a->answer.is == PORT_IS_OTHER) {
		on_stranger(a, r);
		/* More of what it is not is not asked. */
		ask_from(a, q + 1, a->what & (q->what == ASK_HEALTH ? ASK_HEALTH : ~q->what));
	} else if (reading == READ_MORE) {
		ask_from(a, q + 1, q->what);
	} else {
		finish(a);
	}
}

struct ask *ask_begin(struct http *http, const struct port_ask *what, ask_done_fn *done, void *data)
{
	struct ask *a = xcalloc(1, sizeof(*a));

	a->client = http_client_new(http);
	a->limits = what->is_brief ? &brief : &limits;
	a->what = what->what;
	a->done = done;
	a->data = data;
	a->answer.is = PORT_IS_OTHER;
	a->answer.port = what->port;
	a->answer.is_doubtful = what->is_doubtful;
	memcpy(a->answer.owner, what->owner, sizeof(a->answer.owner));
	ask_from(a, ask_questions, a->what);
	return a;
}

void ask_free(struct ask *a)
{
	if (!a)
		return;
	http_client_free(a->client);
	free(a);
}
