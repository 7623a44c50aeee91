/* thread.h - the threads of a stand-in: detached, with a small stack, named as the real ones. A
 * gate is what they all pass before they serve anybody: shut, the process hangs without using any
 * CPU, as one does whose threads wait for each other. */
#ifndef WORLD_JVM_THREAD_H
#define WORLD_JVM_THREAD_H

#include <pthread.h>
#include <stdbool.h>

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t opens;
	bool is_shut;
};

void gate_init(struct gate *gate);
void gate_pass(struct gate *gate);
void gate_set(struct gate *gate, bool is_shut);

/* Signals go to the first thread only. The name is cut at 15 bytes, as Linux does with a JVM's. */
void thread_start(const char *name, void *(*body)(void *), void *data);

#endif
