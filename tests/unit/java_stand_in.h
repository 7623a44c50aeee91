/* java_stand_in.h - a JVM as far as the attach protocol goes: the test program itself under the
 * name java, with a libjvm.so in its maps; a process of its own that takes SIGQUIT, opens the
 * socket and answers as it was told - well, badly, or not at all. */
#ifndef SPARKOPS_TESTS_JAVA_STAND_IN_H
#define SPARKOPS_TESTS_JAVA_STAND_IN_H

#include <sys/types.h>

#include "../../backend/jvm/attach.h"

enum { STAND_IN_LIMIT_MS = 250 };

struct stand_in {
	pid_t pid;
	int out; /* its standard output */
	struct attach_request ask;
	bool has_no_library; /* set before the start: only its name is java */
};

extern const char stand_in_dump[];

/* First in main(): does not return in the stand-in. */
void stand_in_main(int argc, char **argv);
/* Group setup and teardown: the program under its other name. */
int make_java(void **state);
int drop_java(void **state);
/* mode: open (its socket is there) answer (made on request) silent deaf rs stopped dies refuse
 * garbage close big. Returns once it runs. */
void stand_in_start(struct stand_in *s, const char *mode, const char *option);
void stand_in_end(struct stand_in *s);
int stand_in_serve(const char *path); /* a listening socket at that path */
int64_t start_ticks(pid_t pid);

#endif
