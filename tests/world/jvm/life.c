/* life.c - see life.h. */
#include "life.h"

#include <poll.h>
#include <unistd.h>

#define LEAVING_MS 800
#define STATUS_EXIT_ON_OOM 3

void life_init(struct life *life, const struct self *self)
{
	*life = (struct life){.self = self, .heap_pct = 30};
	gate_init(&life->gate);
	life->counters = counters_open(self);
}

void life_mode(struct life *life, enum mode mode)
{
	struct port *ui = &life->ports[PORT_UI];

	if (mode == MODE_STRANDED && ui->number) {
		port_shut(ui);
		ui->number = 0;
	}
	life->mode = mode;
	gate_set(&life->gate, mode == MODE_HANG || mode == MODE_THRASH);
}

void life_leave(struct life *life, int status)
{
	if (atomic_exchange(&life->is_leaving, true))
		for (;;)
			pause();
	if (life->ports[PORT_UI].number)
		port_shut(&life->ports[PORT_UI]);
	poll(NULL, 0, LEAVING_MS); /* its shutdown hooks */
	life_die(life, status);
}

void life_die(struct life *life, int status)
{
	if (status != STATUS_EXIT_ON_OOM)
		counters_remove(life->counters);
	_exit(status);
}
