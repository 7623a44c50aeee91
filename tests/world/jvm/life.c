/* life.c - see life.h. */
#include "life.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "attach.h"

#define LEAVING_MS 800
#define STATUS_EXIT_ON_OOM 3

void life_init(struct life *life, const struct self *self)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	*life = (struct life){.self = self,
			      .live_pct = 30,
			      .used_pct = 40,
			      .began = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
			      .dump_fd = -1};
	gate_init(&life->gate);
	life->counters = counters_open(self);
}

static void set_port(struct life *life, int which, bool is_open, int backlog)
{
	struct port *port = &life->ports[which];

	if (!port->number || port->is_shut == !is_open)
		return;
	port->is_shut = !is_open;
	if (!is_open)
		port_shut(port);
	else if (!port_open(port, port->number, 0, backlog))
		perror("a port of its context");
}

void life_ui(struct life *life, bool is_open)
{
	set_port(life, PORT_UI, is_open, BACKLOG_JETTY);
}

/* What a SparkContext takes along when it is stopped; the gateway stays. */
static void set_context(struct life *life, bool is_open)
{
	life_ui(life, is_open);
	set_port(life, PORT_RPC, is_open, BACKLOG_NETTY);
	set_port(life, PORT_BLOCKS, is_open, BACKLOG_NETTY);
}

void life_mode(struct life *life, enum mode mode)
{
	if (mode == MODE_STRANDED || life->mode == MODE_STRANDED)
		set_context(life, mode != MODE_STRANDED);
	life->mode = mode;
	gate_set(&life->gate, mode == MODE_HANG || mode == MODE_THRASH || mode == MODE_DUMP);
	if (mode == MODE_DUMP || life->dump_fd < 0)
		return;
	close(life->dump_fd);
	life->dump_fd = -1;
}

void life_lose_gateway(struct life *life)
{
	struct port *gateway = &life->ports[PORT_GATEWAY];

	if (!gateway->number || gateway->is_shut)
		return;
	gateway->is_shut = true;
	port_shut(gateway);
	port_cut(gateway);
}

void life_leave(struct life *life, int status)
{
	if (atomic_exchange(&life->is_leaving, true))
		for (;;)
			pause();
	life_ui(life, false);
	poll(NULL, 0, LEAVING_MS); /* its shutdown hooks */
	life_die(life, status);
}

void life_grow_dump(struct life *life, long long bytes)
{
	char name[64];

	if (life->dump_fd < 0) {
		snprintf(name, sizeof(name), "java_pid%d.hprof", getpid());
		life->dump_fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	}
	off_t end = lseek(life->dump_fd, 0, SEEK_END);
	if (end < 0 || ftruncate(life->dump_fd, end + bytes))
		perror("hprof");
}

void life_die(struct life *life, int status)
{
	if (status != STATUS_EXIT_ON_OOM)
		counters_remove(life->counters);
	attach_remove();
	_exit(status);
}
