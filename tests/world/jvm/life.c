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

void life_ui(struct life *life, bool is_open)
{
	struct port *ui = &life->ports[PORT_UI];

	if (!ui->number || ui->is_shut == !is_open)
		return;
	ui->is_shut = !is_open;
	if (!is_open)
		port_shut(ui);
	else if (!port_open(ui, ui->number, 0, 1))
		perror("SparkUI");
}

void life_mode(struct life *life, enum mode mode)
{
	/* It closes with the SparkContext and comes back with a new one. */
	if (mode == MODE_STRANDED || life->mode == MODE_STRANDED)
		life_ui(life, mode != MODE_STRANDED);
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
