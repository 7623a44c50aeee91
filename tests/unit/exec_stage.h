/* exec_stage.h - a folder of its own and a command to run, for the tests of commands. */
#ifndef SPARKOPS_TESTS_EXEC_STAGE_H
#define SPARKOPS_TESTS_EXEC_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../backend/net/exec.h"

struct world {
	char folder[64], file[128];
	struct arena arena;
	struct exec_result r;
	struct err err;
};

static inline int setup(void **state)
{
	struct world *w = xcalloc(1, sizeof(*w));

	snprintf(w->folder, sizeof(w->folder), "/tmp/sparkops-exec-XXXXXX");
	if (!mkdtemp(w->folder))
		return -1;
	snprintf(w->file, sizeof(w->file), "%s/out", w->folder);
	arena_init(&w->arena);
	*state = w;
	return 0;
}

static inline int teardown(void **state)
{
	struct world *w = *state;

	unlink(w->file);
	if (rmdir(w->folder))
		return -1;
	arena_release(&w->arena);
	free(w);
	return 0;
}

/* Between two looks at something that tells nobody when it changes. */
static inline void nap(void)
{
	poll(NULL, 0, 10);
}

static inline struct exec of(const char *const *argv)
{
	return (struct exec){.argv = argv, .timeout_ms = 20000, .cancel_fd = -1};
}

#endif
