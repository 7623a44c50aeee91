/* poll_queue.c - one question to the kernel for all listening sockets of this host. */
#include "poll_queue.h"

#include <stdlib.h>

#include "../include/url.h"
#include "jvm/sockets.h"
#include "own_names.h"

enum { FRESH_MS = 500 };

struct poll_queues {
	struct arena arena;
	const char *const *names; /* of this host */
	struct sockets all;
	int64_t read_ms;
};

struct poll_queues *poll_queues_new(void)
{
	struct poll_queues *q = xcalloc(1, sizeof(*q));

	q->names = own_names(&q->arena);
	q->read_ms = ABSENT;
	return q;
}

void poll_queues_free(struct poll_queues *q)
{
	if (!q)
		return;
	sockets_free(&q->all);
	arena_release(&q->arena);
	free(q);
}

int64_t poll_queue(struct poll_queues *q, const char *url, int64_t now_ms)
{
	int64_t port = url_port_here(url, q->names), waiting = 0;

	if (port <= 0)
		return 0;
	if (is_absent(q->read_ms) || now_ms - q->read_ms >= FRESH_MS) {
		sockets_free(&q->all);
		q->read_ms = now_ms;
		if (!sockets_listening(&q->all))
			return 0;
	}
	for (size_t i = 0; i < q->all.n; i++)
		if (q->all.v[i].port == port && !is_absent(q->all.v[i].queue))
			waiting = max_i64(waiting, q->all.v[i].queue);
	return waiting;
}
