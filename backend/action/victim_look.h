/* action/victim_look.h - what /proc says of a process right now, as far as it decides whether it
 * may be signalled. Every answer is of one moment: only a pidfd that is held, and is not readable
 * after the look, makes it an answer about that process. Private to victim*.c. */
#ifndef SPARKOPS_ACTION_VICTIM_LOOK_H
#define SPARKOPS_ACTION_VICTIM_LOOK_H

#include "../jvm/proc.h"

struct sight {
	struct proc_stat stat;
	int64_t uid;                 /* effective */
	bool is_one_user;            /* real, effective and saved are the same */
	int64_t ns_pid, tracer;      /* pid in its own namespace; who traces it, 0 */
	char executable[256];        /* "": cannot be read (a zombie, somebody else's) */
	unsigned char arguments[32]; /* SHA-256 of its command line */
	bool has_own_ns;             /* its PID namespace is not ours */
	bool has_own_net;
	bool is_whole; /* all of it was read */
};

/* The /proc of this process. */
const struct proc *sight_proc(void);
/* false: there is no such process (any more), or nothing of it can be read. */
MUST_CHECK bool sight_take(int64_t pid, struct sight *out);
/* PID 1, ourselves, or one that we run below. */
MUST_CHECK bool sight_is_above_us(int64_t pid);
/* A live JVM below pid (children of children, too): its pid; 0: none. */
MUST_CHECK int64_t sight_jvm_below(int64_t pid);
/* Who has that socket open: a pid, 0: nobody that can be seen. */
MUST_CHECK int64_t sight_socket_holder(uint64_t inode);
/* Now, in the ticks since boot that start times are told in. */
int64_t sight_ticks(void);
/* Who comes back would be like this: that command line, in that folder ("": any), began then or
 * later, and is not `but`. */
struct likeness {
	const unsigned char *arguments;
	const char *folder;
	int64_t after_ticks, but;
};
/* The pid of one; 0: none. */
MUST_CHECK int64_t sight_likeness(const struct likeness *l);
/* Its working folder; "": cannot be read. */
void sight_folder(int64_t pid, char *out, size_t size);
/* The first line of a small file, without its end. */
void sight_line(int64_t pid, const char *name, char *out, size_t size);
/* The name of a user, or its number. */
void sight_user(int64_t uid, char *out, size_t size);

#endif
