/* orders.c - see orders.h. */
#include "orders.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "thread.h"

struct orders {
	orders_fn *obey;
	void *data;
	int fd;
};

static void *take_orders(void *data)
{
	struct orders *orders = data;
	char line[4096];

	for (;;) {
		int fd = accept4(orders->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		ssize_t size = read(fd, line, sizeof(line) - 1);
		line[size > 0 ? size : 0] = '\0';
		line[strcspn(line, "\n")] = '\0';
		const char *problem = orders->obey(orders->data, line);
		dprintf(fd, "%s\n", problem ? problem : "done");
		close(fd);
	}
	return NULL;
}

void orders_listen(orders_fn *obey, void *data)
{
	struct orders *orders = calloc(1, sizeof(*orders));
	struct sockaddr_un own = {.sun_family = AF_UNIX};

	int size = snprintf(own.sun_path + 1, sizeof(own.sun_path) - 1, "sparkops-stand-in-%d",
			    getpid());
	*orders = (struct orders){obey, data, socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	if (orders->fd < 0 ||
	    bind(orders->fd, (const struct sockaddr *)&own,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size)) ||
	    listen(orders->fd, 8)) {
		perror("orders");
		exit(EXIT_FAILURE);
	}
	thread_start("process reaper", take_orders, orders);
}
