/* thread.c - see thread.h. */
#include "thread.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define STACK_BYTES (128 * 1024)
#define NAME_BYTES 16

void gate_init(struct gate *gate)
{
	pthread_mutex_init(&gate->lock, NULL);
	pthread_cond_init(&gate->opens, NULL);
	gate->is_shut = false;
}

void gate_pass(struct gate *gate)
{
	pthread_mutex_lock(&gate->lock);
	while (gate->is_shut)
		pthread_cond_wait(&gate->opens, &gate->lock);
	pthread_mutex_unlock(&gate->lock);
}

void gate_set(struct gate *gate, bool is_shut)
{
	pthread_mutex_lock(&gate->lock);
	gate->is_shut = is_shut;
	pthread_cond_broadcast(&gate->opens);
	pthread_mutex_unlock(&gate->lock);
}

void thread_start(const char *name, void *(*body)(void *), void *data)
{
	pthread_attr_t attributes;
	sigset_t all, own;
	pthread_t thread;
	char cut[NAME_BYTES];

	snprintf(cut, sizeof(cut), "%s", name);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &own);
	if (pthread_create(&thread, &attributes, body, data)) {
		perror(name);
		exit(EXIT_FAILURE);
	}
	pthread_sigmask(SIG_SETMASK, &own, NULL);
	pthread_setname_np(thread, cut);
	pthread_attr_destroy(&attributes);
}
