/* turns.c - a key is answered in a fraction of a millisecond of work; what it waits for is a core,
 * behind a queue that is indexed or a body that is decoded, until the kernel's next tick (4 ms).
 *
 * Three things keep that wait away, all without privilege:
 * - Turns. Since Linux 6.12 a task may say for how long it wants to run at a time (sched_runtime of
 *   SCHED_OTHER, Documentation/scheduler/sched-eevdf.rst): who asks for less goes first when it
 *   wakes, at no more CPU in sum. The screen asks for a frame's length, the backend for more than
 *   the usual, but little more: who was kept waiting may run on for twice his turn.
 * - Batch. The backend never takes the core from somebody when it wakes.
 * - A core that the backend does not use. Tasks of one session stand in the kernel's queue as one:
 *   when the screen has drawn and sleeps, the backend would take over the rest of its turn, before
 *   the kernel's worker and the sshd that carry the picture to its reader.
 *
 * Older kernels ignore the turns; there the nice value does a part of it. What is started for an
 * action (a Spark job) inherits nothing of this: its thread is born of the screen's, which resets
 * it. */
#include "../include/turns.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SHORT_NS = 300000, LONG_NS = 3000000, LONG_NICE = 5, RESET_ON_FORK = 1 };

struct sched_attr_v0 { /* <sched.h> of a new libc has it, of an old one not */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime_ns, deadline_ns, period_ns;
};

/* A policy that somebody chose for the whole program (chrt) stays. */
static void ask(uint32_t policy, uint64_t runtime_ns, int nice, uint64_t flags)
{
	struct sched_attr_v0 attr = {.size = sizeof(attr)};

	if (syscall(SYS_sched_getattr, 0, &attr, sizeof(attr), 0U) || attr.policy != SCHED_OTHER)
		return;
	attr.policy = policy;
	attr.nice = attr.nice > nice ? attr.nice : nice;
	attr.flags |= flags;
	attr.runtime_ns = runtime_ns;
	(void)syscall(SYS_sched_setattr, 0, &attr, 0U);
}

void turns_short(void)
{
	ask(SCHED_OTHER, SHORT_NS, PRIO_MIN, RESET_ON_FORK);
}

/* The last one: interrupts are often for the first. Any failure leaves all. */
static void leave_a_core(void)
{
	cpu_set_t set;
	size_t last = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(set), &set) || CPU_COUNT(&set) < 2)
		return;
	while (!CPU_ISSET(last, &set))
		last--;
	CPU_CLR(last, &set);
	(void)sched_setaffinity(0, sizeof(set), &set);
}

void turns_long(void)
{
	ask(SCHED_BATCH, LONG_NS, LONG_NICE, 0);
	leave_a_core();
}
