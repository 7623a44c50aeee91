/* loop.h - an event loop of libuv, as this program wants one. */
#ifndef SPARKOPS_LOOP_H
#define SPARKOPS_LOOP_H

#include <uv.h>

/* As uv_loop_init(); to be called while there is one thread, for it changes the environment for a
 * moment. */
int loop_begin(uv_loop_t *loop);

#endif
