/* loop.c - libuv from 1.45 on begins a loop with two rings of io_uring, one of them with a thread
 * of the kernel that spins for some milliseconds after each use (libuv 1.48, src/unix/linux.c).
 * Nothing here has a use for them, and what goes around a filter of system calls must not even be
 * tried by a console that only reads. libuv looks at the variable when the first loop begins;
 * programs that are started later shall not inherit it. */
#include <stdbool.h>
#include <stdlib.h>

#include "loop.h"

int loop_begin(uv_loop_t *loop)
{
	bool is_ours = !getenv("UV_USE_IO_URING");
	int rc;

	if (is_ours)
		setenv("UV_USE_IO_URING", "0", 0);
	rc = uv_loop_init(loop);
	if (is_ours)
		unsetenv("UV_USE_IO_URING");
	return rc;
}
