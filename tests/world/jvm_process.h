/* jvm_process.h - one stand-in process (or a Python and its JVM, which are one), started and given
 * orders by the control socket of jvm/orders.h. */
#ifndef WORLD_JVM_PROCESS_H
#define WORLD_JVM_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "jvm_command.h"

struct jvms;
struct world;

/* As many as a PySpark job opens without having been told where. */
#define JVM_KEPT 8

struct jvm {
	struct world *world;
	enum jvm_kind kind;
	int job; /* -1: none */
	int64_t executor;
	struct uv_process_s *process; /* NULL: it has ended */
	pid_t python, java;           /* 0: it is not known, or never was */
	int rpc;                      /* its port */
	int kept[JVM_KEPT]; /* sockets: its other ports are nobody else's, also when it has ended */
};

/* Starts it, with the variable TOKEN in its environment, and waits until its ports are open. False:
 * it could not, and said why. */
bool jvm_start(struct jvm *jvm, const struct jvm_ports *ports, const char *token);

/* Forgets its process, which others end. */
void jvm_release(struct jvm *jvm);

/* Anybody may have its ports. */
void jvm_give_up(struct jvm *jvm);

/* Gives PID an order and waits until it has answered; one that is stopped does not. */
void jvm_tell(pid_t pid, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
