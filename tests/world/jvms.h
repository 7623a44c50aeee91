/* jvms.h - the processes of a world whose jobs have a JVM: they own the ports that the world
 * answers for, so that who looks at /proc and who asks over HTTP learn of one and the same job. A
 * port in front of a service belongs to such a process and is relayed to the world's own. */
#ifndef WORLD_JVMS_H
#define WORLD_JVMS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "fault.h"

struct service;
struct world;

/* Does a process stand in front of SERVICE? */
bool jvms_front(const struct service *service);

/* Has this world any? */
bool jvms_wanted(const struct world *world);

/* Starts them all, once the services are open. False: it could not, and said why. */
bool jvms_start(struct world *world);

/* FAULT begins in job I; those of ENDED have ended: a process that is gone is started again. */
void jvms_fault(struct world *world, int i, enum fault fault);
void jvms_well(struct world *world, int i, const struct faults *ended);

/* Opens or closes the port in front of SERVICE, as its faults say. */
void jvms_apply(const struct service *service);

/* Has job I's driver write "LEVEL CLASS TEXT" as a record of its log. */
void jvms_log(const struct world *world, int i, const char *text);

/* Ends the processes of job I and starts new ones. */
void jvms_restart(struct world *world, int i);

/* Has as many executors as the job says, with their ids. */
void jvms_executors(struct world *world, int i);

/* pid of job I's driver and of its Python; 0: none. */
void jvms_pids(const struct world *world, int i, int64_t *java, int64_t *python);

/* Ends them, before the loop runs out, and waits until they are gone. */
void jvms_stop(struct world *world);

#endif
