/* jvm_command.h - what the processes of a played job are called: argument vectors and environments
 * as Spark's launcher makes them, with the ports of this world. */
#ifndef WORLD_JVM_COMMAND_H
#define WORLD_JVM_COMMAND_H

#include <stdint.h>

#include "jvm/launcher.h"

struct job;

enum jvm_kind { JVM_PAIR, JVM_DRIVER, JVM_EXECUTOR, JVM_MASTER, JVM_WORKER };

/* Ports as the world outside sees them; 0: not there. */
struct jvm_ports {
	int ui, health, rpc;                    /* own */
	int ui_relay, health_relay;             /* who answers for them */
	int driver_rpc, worker_rpc, master_rpc; /* of others */
};

/* JOB is NULL for a master or worker, EXECUTOR the id of one. The file to execute is args->v[0];
 * args->is_v4 is set before. */
void jvm_command(struct args *args, enum jvm_kind kind, const struct job *job,
		 const struct jvm_ports *ports, int64_t executor);

/* Variables to add, NAME=VALUE. */
void jvm_environment(struct args *args, enum jvm_kind kind, const struct job *job,
		     const struct jvm_ports *ports);

#endif
