/* attach.h - the attach protocol and SIGQUIT, as HotSpot does them: SIGQUIT with an .attach_pidN
 * in the working folder or /tmp makes the process listen on /tmp/.java_pidN, without one it prints
 * a thread dump on standard output. OpenJDK, src/hotspot/os/posix/attachListener_posix.cpp. */
#ifndef WORLD_JVM_ATTACH_H
#define WORLD_JVM_ATTACH_H

#include "life.h"

/* What SIGQUIT does. */
void attach_quit(struct life *life);

/* Removes the socket at the end. */
void attach_remove(void);

#endif
