/* poll_queue.c - one question to the kernel for all listening sockets of this host. */
#include "poll_queue.h"

#include "../include/url.h"
#include "jvm/sockets.h"
#include "own_names.h"

int64_t poll_queue(const char *url)
{
	struct sockets all = {0};
	struct arena a;
	int64_t port, waiting = 0;

	arena_init(&a);
	port = url_port_here(url, own_names(&a));
	arena_release(&a);
	if (port <= 0)
		return 0;
	if (sockets_listening(&all))
		for (size_t i = 0; i < all.n; i++)
			if (all.v[i].port == port && !is_absent(all.v[i].queue))
				waiting = max_i64(waiting, all.v[i].queue);
	sockets_free(&all);
	return waiting;
}
