/* java_threads.h - the threads of a Spark JVM as data: for the names a stand-in's own threads bear,
 * for its thread dumps, and for what its UI says under executors/ID/threads. Names, states and
 * frames are of recorded drivers of Spark 3.5.9 on OpenJDK 17. */
#ifndef WORLD_JVM_JAVA_THREADS_H
#define WORLD_JVM_JAVA_THREADS_H

#include <stdbool.h>

#include "self.h"

enum java_stack {
	STACK_NONE,
	STACK_MAIN,   /* the Python gateway reads its standard input */
	STACK_PARK,   /* a worker of a pool waits for work */
	STACK_WAIT,   /* Object.wait() */
	STACK_SELECT, /* a network thread */
	STACK_ACCEPT, /* the gateway waits for a connection */
	STACK_READ,   /* a gateway connection waits for a command */
	STACK_LOCK,   /* a gateway connection waits for a lock that its peer holds */
	STACK_COUNT
};

struct java_frame {
	const char *module; /* NULL: of the application */
	const char *method, *place;
};

struct java_thread {
	int id; /* 0: one of the VM's own, without Java frames */
	const char *name;
	enum java_stack stack;
	int priority;
	bool is_daemon;
	unsigned roles, collectors; /* bits: 1 << role; of enum collector */
};

/* Ends with a name of NULL. */
extern const struct java_thread java_threads[];

/* Each ends with a method of NULL. */
extern const struct java_frame *const java_stacks[STACK_COUNT];

/* RUNNABLE, WAITING, TIMED_WAITING */
const char *java_state(enum java_stack stack);

/* Has a JVM of that role and collector this thread? */
bool java_has(const struct java_thread *thread, enum role role, enum collector collector);

/* The two that wait for each other in a deadlock: the ids of gateway connections. */
#define JAVA_LOCKED_ONE 72
#define JAVA_LOCKED_OTHER 73

/* What THREAD does, in a deadlock or not. */
enum java_stack java_stack_of(const struct java_thread *thread, bool is_deadlocked);

#endif
