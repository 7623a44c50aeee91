/* backend_world.h - a configuration of jobs on a fault server, for the tests that start the whole
 * backend. */
#ifndef SPARKOPS_TESTS_BACKEND_WORLD_H
#define SPARKOPS_TESTS_BACKEND_WORLD_H

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../../include/backend.h"
#include "fault_server.h"

static inline int64_t world_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static inline void world_nap(int ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

/* What else runs on this host is no part of these tests. */
static inline const struct config *world_config(const char *yaml)
{
	const struct config *c = NULL;
	struct buf mistakes, text;

	buf_init(&mistakes, 1 << 16);
	buf_init(&text, 1 << 20);
	buf_printf(&text, "discover: false\n%s", yaml);
	if (config_parse("test", text.data, text.len, &c, &mistakes))
		BUG("%s", mistakes.data);
	buf_release(&mistakes);
	buf_release(&text);
	return c;
}

/* A job for each port, polled at that interval. */
static inline const struct config *world_jobs(const int *ports, size_t n, int interval_ms)
{
	struct buf yaml;
	const struct config *c;

	buf_init(&yaml, 1 << 20);
	buf_printf(&yaml, "interval: %dms\njobs:\n", interval_ms);
	for (size_t i = 0; i < n; i++)
		buf_printf(&yaml,
			   "  - name: job%zu\n    health: http://127.0.0.1:%d\n"
			   "    ui: http://127.0.0.1:%d\n",
			   i, ports[i], ports[i]);
	c = world_config(yaml.data);
	buf_release(&yaml);
	return c;
}

/* Reads snapshots until one pleases, as a front end does: wait, read eight bytes, take the latest.
 * NULL after a hundred seconds. */
typedef bool world_fn(const struct snapshot *s, void *data);
static inline const struct snapshot *world_wait(struct backend *b, world_fn *is_it, void *data)
{
	int64_t until = world_now_ms() + 100000;

	for (;;) {
		const struct snapshot *s = backend_latest(b);
		struct pollfd wake = {.fd = backend_wake_fd(b), .events = POLLIN};
		uint64_t n;

		if (is_it(s, data))
			return s;
		snapshot_unref(s);
		if (world_now_ms() > until)
			return NULL;
		if (poll(&wake, 1, 200) > 0 && read(wake.fd, &n, sizeof(n)) < 0)
			BUG("wake-up");
	}
}

#endif
