/* orders.h - orders given while the cluster lives: the lines of a script (without `at`) on
 * standard input, which must be a pipe. Each is carried out at once and answered by a line on
 * standard output, {"done":true} or {"error":"..."}: so a test changes the world when it is ready
 * for it, and never has to guess a time. The end of standard input ends the cluster. */
#ifndef WORLD_ORDERS_H
#define WORLD_ORDERS_H

#include <stdbool.h>

struct orders;
struct world;

typedef void orders_end_fn(void *data);

/* NULL: standard input is no pipe. ON_END is called with DATA when it has ended. */
struct orders *orders_open(struct world *world, orders_end_fn *on_end, void *data);

/* Frees itself when the loop has closed it. */
void orders_close(struct orders *orders);

#endif
