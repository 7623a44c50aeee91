/* http_world.h - a loop, a fault server and the bridge between libcurl and libuv, for its tests. */
#ifndef SPARKOPS_TESTS_HTTP_WORLD_H
#define SPARKOPS_TESTS_HTTP_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../backend/net/http_parts.h"
#include "fault_server.h"

struct world {
	uv_loop_t loop;
	uv_timer_t guard;
	struct http *http;
	struct fault_server *server;
};

struct answer {
	struct world *world;
	int n;
	enum http_result result;
	long code;
	size_t len;
	char body[256], problem[400];
	int64_t retry_after_ms;
	bool is_new, is_unasked, is_nonsense;
	const char *again; /* what its callback asks next; NULL: nothing */
};

static const struct http_limits limits = {.connect_ms = 500, .total_ms = 800, .body_cap = 1 << 20};

static inline int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	uv_loop_init(&w->loop);
	uv_timer_init(&w->loop, &w->guard);
	w->server = fault_start();
	w->http = http_new(&w->loop, NULL);
	*state = w;
	return w->http ? 0 : -1;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	http_stop(w->http);
	uv_close((uv_handle_t *)&w->guard, NULL);
	uv_run(&w->loop, UV_RUN_DEFAULT);
	fault_stop(w->server);
	if (uv_loop_close(&w->loop))
		return -1;
	free(w);
	return 0;
}

static inline void on_answer(void *data, const struct http_reply *r)
{
	struct answer *a = data;

	a->n++;
	uv_stop(&a->world->loop); /* else this turn would wait for the next event first */
	a->result = r->result;
	a->code = r->code;
	a->len = r->len;
	a->is_new = r->is_new_connection;
	a->is_unasked = r->is_unasked;
	a->is_nonsense = r->is_nonsense;
	a->retry_after_ms = r->retry_after_ms;
	assert_int_equal(strlen(r->body) > r->len, 0);
	snprintf(a->body, sizeof(a->body), "%s", r->body);
	snprintf(a->problem, sizeof(a->problem), "%s", r->problem ? r->problem : "");
	assert_true((r->result == HTTP_ANSWERED) == (r->problem == NULL));
}

static inline void on_guard(uv_timer_t *t)
{
	*(bool *)t->data = true;
}

/* Runs the loop until n answers came; a deadline ends a test that would hang. */
static inline void wait_answers(struct world *w, const struct answer *a, int n)
{
	bool is_late = false;

	w->guard.data = &is_late;
	uv_timer_start(&w->guard, on_guard, 200000, 0);
	while (a->n < n && !is_late)
		uv_run(&w->loop, UV_RUN_ONCE);
	uv_timer_stop(&w->guard);
	assert_int_equal(a->n, n);
}

static inline struct answer ask_by(struct world *w, struct http_client *c, const char *url)
{
	struct answer a = {.world = w};

	http_get(c, url, &limits, on_answer, &a);
	assert_int_equal(a.n, 0); /* never from inside http_get() */
	assert_true(http_is_busy(c));
	wait_answers(w, &a, 1);
	assert_false(http_is_busy(c));
	return a;
}

static inline struct answer ask(struct world *w, int port, const char *path)
{
	char url[128];
	struct http_client *c = http_client_new(w->http);
	struct answer a = ask_by(w, c, fault_url(port, path, url));

	http_client_free(c);
	return a;
}

#endif
