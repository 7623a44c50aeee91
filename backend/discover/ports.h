/* discover/ports.h - which ports of a Spark JVM are asked, what for, and what they said. Pure.
 *
 * DESIGN. To ask the wrong port is not polite: Spark logs a bad frame when HTTP meets its RPC, and
 * PySpark's accumulator server prints a stack trace. What tells ports apart before anything was
 * sent is how long a queue their owner asked the kernel for: a UI 1 to 8, Python's servers 5, a
 * plain Java server and py4j's gateway 50, RPC and block manager 4096. What was said is remembered
 * in a book by (process, port). What is something else is asked once; one that said nothing, or
 * what a server says that comes up, is asked again, soon at first, then less and less, and never
 * given up: how long a cold JVM takes hangs on how slow its host is. */
#ifndef SPARKOPS_DISCOVER_PORTS_H
#define SPARKOPS_DISCOVER_PORTS_H

#include "../../include/row/jvm.h"

enum port_is {
	PORT_IS_ASKED, /* right now */
	PORT_IS_UI,
	PORT_IS_HEALTH,
	PORT_IS_MASTER,
	PORT_IS_WORKER,
	PORT_IS_HISTORY,
	PORT_IS_LIVY,
	PORT_IS_STARTING, /* comes up: asked again */
	PORT_IS_SILENT,   /* no answer within the time: asked again */
	PORT_IS_OTHER,    /* something else, TLS, refused: `says` has it */
};

/* What a port is asked, by bit: at most one of the first four, and ASK_HEALTH when it is none. */
enum { ASK_UI = 1, ASK_HISTORY = 2, ASK_DAEMON = 4, ASK_LIVY = 8, ASK_HEALTH = 16 };

enum { PROCESS_ID_MAX = 48 };
enum { UI_BACKLOG_MAX = 8 }; /* Spark gives its web servers min(acceptors, 8) */

/* A port to ask. */
struct port_ask {
	char owner[PROCESS_ID_MAX]; /* PID@START of who listens */
	int64_t port;
	unsigned what;
	bool is_doubtful; /* more likely PySpark's own */
	bool is_brief;    /* and no time is lost on it */
};

struct port_answer {
	char owner[PROCESS_ID_MAX];
	int64_t port;
	enum port_is is;
	char name[256];           /* of the application; a master's spark:// URL; cleaned */
	char application_id[128]; /* cleaned */
	char says[200];           /* why it is none of these; cleaned */
	bool is_doubtful;         /* as it was asked */
	bool may_pass;    /* a redirect, no such page, not now: a UI says so while it comes up */
	unsigned tries;   /* that ended the same way */
	enum port_is was; /* before it was asked last */
	int64_t said_ms;  /* monotonic, of the last answer */
	int64_t seen_ms;  /* monotonic, when its owner was last among the JVMs */
};

struct port_book {
	struct port_answer *v;
	size_t n, size;
	uint32_t *slots;        /* open addressing: 1 + index into v; 0 is free */
	size_t nslots;          /* a power of two */
	int64_t ephemeral_from; /* ports from here on were given by the kernel, not chosen */
};

void port_book_init(struct port_book *b, int64_t ephemeral_from);
void port_book_release(struct port_book *b);
const struct port_answer *port_book_find(const struct port_book *b, const char *owner,
					 int64_t port);
/* Takes down what was said, or that it is being asked. */
void port_book_set(struct port_book *b, const struct port_answer *answer);
/* Forgets whom nobody has seen for a minute, and what a port said that was no use and is closed. */
void port_book_sweep(struct port_book *b, const struct jvm_row *const *jvms, size_t n, int64_t now);

bool ports_have(const struct jvm_ports *ports, int64_t port);
/* The next port of that JVM or its Python to ask. False: none, or its process is being asked. */
bool ports_next(const struct jvm_row *jvm, const struct port_book *b, int64_t now,
		struct port_ask *out);
/* Is it being asked for that (ASK_...), or about to be? */
bool ports_are_pending(const struct jvm_row *jvm, const struct port_book *b, int64_t now,
		       unsigned what);
/* What listens now and said it is that; else one that would be a UI but does not speak. NULL. */
const struct port_answer *ports_known(const struct jvm_row *jvm, const struct port_book *b,
				      enum port_is is);
/* Where that JVM would answer, if all of its ports that may be asked were, and none said what it
 * is; NULL. */
const struct jvm_port *ports_presumed(const struct jvm_row *jvm, const struct port_book *b);

#endif
