/* orders.h - commanding a stand-in while it lives, through the abstract Unix socket
 * `@sparkops-stand-in-PID`: a line in, a line out (`done`, or what is wrong). tell.c does it from
 * a shell. */
#ifndef WORLD_JVM_ORDERS_H
#define WORLD_JVM_ORDERS_H

/* Carries out LINE; NULL, or a sentence that says what would be right. Called on its own thread. */
typedef const char *orders_fn(void *data, char *line);

void orders_listen(orders_fn *obey, void *data);

#endif
