/* life.h - how a stand-in JVM is doing: its mode, set by orders (orders.h), and what follows from
 * it for counters, CPU and ports. */
#ifndef WORLD_JVM_LIFE_H
#define WORLD_JVM_LIFE_H

#include <stdatomic.h>

#include "counters.h"
#include "port.h"
#include "self.h"

enum mode {
	MODE_IDLE,
	MODE_BUSY,     /* tasks run: CPU, collections of the young generation */
	MODE_THRASH,   /* ten full collections a second, old = max, nobody accepts */
	MODE_STRUGGLE, /* the same, but it still answers */
	MODE_HANG,     /* nothing moves, nobody accepts, no CPU */
	MODE_DEADLOCK, /* answers; two of its threads wait for each other */
	MODE_DUMP,     /* writes a heap dump: a safepoint without end, its file grows */
	MODE_STRANDED  /* SparkContext stopped: UI gone, the gateway listens */
};

#define BACKLOG_JETTY 1
#define BACKLOG_NETTY 4096
#define BACKLOG_JDK 50

enum { PORT_GATEWAY, PORT_RPC, PORT_BLOCKS, PORT_UI, PORT_REST, PORT_COUNT };

struct life {
	const struct self *self;
	struct counters *counters;
	struct pulse *pulse; /* pulse.c */
	struct gate gate;    /* shut while it does not accept */
	struct port ports[PORT_COUNT];
	int ui_relay;                 /* who answers for the UI on loopback; 0: it does itself */
	atomic_int every_ms, took_ms; /* busy for so long each time; 0: always */
	atomic_int mode;
	atomic_int live_pct, used_pct; /* of the heap: what lives through a collection, the mean */
	atomic_bool is_leaving;
	atomic_bool is_attach_slow; /* a tool is attached and gets no answer yet */
	double began;               /* s of the monotonic clock */
	int dump_fd;                /* of the heap dump; -1: none was begun */
};

void life_init(struct life *life, const struct self *self);
void life_mode(struct life *life, enum mode mode);

/* The UI's port closes, or opens again. */
void life_ui(struct life *life, bool is_open);

/* The gateway's own threads died of a full heap: its connections are cut, it refuses new ones. */
void life_lose_gateway(struct life *life);

/* Ends as Spark does on SIGTERM or when its Python is gone: the UI closes, then the process ends.
 * A second call waits for the first one's end. */
_Noreturn void life_leave(struct life *life, int status);

/* Ends at once. Counters are removed, as after Spark's own exit(52), but not by 3: that is
 * -XX:+ExitOnOutOfMemoryError. */
_Noreturn void life_die(struct life *life, int status);

/* The heap dump has grown by BYTES; its file is begun in the working folder if there is none. */
void life_grow_dump(struct life *life, long long bytes);

/* pulse.c: the counters begin to be this JVM's own; then bodies of threads. One moves the counters,
 * the others use CPU as their mode wants. */
void pulse_begin(struct life *life);
void *pulse_beat(void *data);
void *pulse_collect(void *data);
void *pulse_work(void *data);

#endif
