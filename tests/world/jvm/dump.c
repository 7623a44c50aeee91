/* dump.c - see dump.h. The shape is of OpenJDK 17: a head with the list of threads, a paragraph for
 * each, the deadlock found, if there is one. Addresses are made up and agree with each other. */
#include "dump.h"

#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "java_threads.h"

#define HEAP_BASE 0xe0000000ULL

static unsigned long long address(int id)
{
	return 0x00007fdc40000000ULL + (unsigned long long)id * 0x1220;
}

/* The lock that thread ID holds in a deadlock. */
static unsigned long long lock_of(int id)
{
	return HEAP_BASE + 0x16e78540ULL + (unsigned long long)id * 0x13ac8;
}

static int peer_of(int id)
{
	return id == JAVA_LOCKED_ONE ? JAVA_LOCKED_OTHER : JAVA_LOCKED_ONE;
}

static void print_frames(FILE *out, const struct java_thread *thread, enum java_stack stack)
{
	for (const struct java_frame *f = java_stacks[stack]; f->method; f++) {
		fprintf(out, "\tat %s(%s%s%s)\n", f->method, f->module ? f->module : "",
			f->module ? "/" : "", f->place);
		if (f == java_stacks[stack] && stack == STACK_LOCK)
			fprintf(out,
				"\t- parking to wait for  <0x%016llx> (a "
				"java.util.concurrent.locks.ReentrantLock$NonfairSync)\n",
				lock_of(peer_of(thread->id)));
		else if (f == java_stacks[stack] && stack == STACK_PARK)
			fprintf(out,
				"\t- parking to wait for  <0x%016llx> (a "
				"java.util.concurrent.locks."
				"AbstractQueuedSynchronizer$ConditionObject)\n",
				HEAP_BASE + (unsigned long long)thread->id * 0x1a8);
		else if (f == java_stacks[stack] && stack == STACK_WAIT)
			fprintf(out, "\t- waiting on <no object reference available>\n");
	}
}

static const char *doing(enum java_stack stack)
{
	return stack == STACK_WAIT                          ? "in Object.wait()"
	       : stack == STACK_PARK || stack == STACK_LOCK ? "waiting on condition"
							    : "runnable";
}

static void print_java(FILE *out, const struct java_thread *thread, enum java_stack stack,
		       double elapsed)
{
	fprintf(out,
		"\"%s\" #%d %sprio=%d os_prio=0 cpu=%.2fms elapsed=%.2fs tid=0x%016llx "
		"nid=0x%x %s  [0x%016llx]\n   java.lang.Thread.State: %s%s\n",
		thread->name, thread->id, thread->is_daemon ? "daemon " : "", thread->priority,
		thread->id * 1.7, elapsed, address(thread->id), getpid() + thread->id, doing(stack),
		stack == STACK_NONE ? 0ULL : address(-thread->id), java_state(stack),
		stack == STACK_PARK || stack == STACK_LOCK ? " (parking)"
		: stack == STACK_WAIT                      ? " (on object monitor)"
							   : "");
	print_frames(out, thread, stack);
}

static void print_locks(FILE *out, const struct java_thread *thread, enum java_stack stack)
{
	fputs("\n   Locked ownable synchronizers:\n", out);
	if (stack == STACK_LOCK)
		fprintf(out,
			"\t- <0x%016llx> (a "
			"java.util.concurrent.locks.ReentrantLock$NonfairSync)\n",
			lock_of(thread->id));
	else
		fputs("\t- None\n", out);
}

static const char *name_of(int id)
{
	const struct java_thread *thread = java_threads;
	while (thread->name && thread->id != id)
		thread++;
	return thread->name;
}

static void print_deadlock(FILE *out)
{
	static const int ids[] = {JAVA_LOCKED_ONE, JAVA_LOCKED_OTHER};

	fputs("\nFound one Java-level deadlock:\n=============================\n", out);
	for (int i = 0; i < 2; i++)
		fprintf(out,
			"\"%s\":\n  waiting for ownable synchronizer 0x%016llx, (a "
			"java.util.concurrent.locks.ReentrantLock$NonfairSync),\n  which is held "
			"by \"%s\"\n\n",
			name_of(ids[i]), lock_of(ids[1 - i]), name_of(ids[1 - i]));
	fputs("Java stack information for the threads listed above:\n"
	      "===================================================\n",
	      out);
	for (int i = 0; i < 2; i++) {
		const struct java_thread thread = {.id = ids[i]};
		fprintf(out, "\"%s\":\n", name_of(ids[i]));
		print_frames(out, &thread, STACK_LOCK);
	}
	fputs("\nFound 1 deadlock.\n\n", out);
}

static void print_head(const struct life *life, FILE *out)
{
	time_t now = time(NULL);
	struct tm parts;
	char text[32];
	int count = 0;

	localtime_r(&now, &parts);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts);
	fprintf(out,
		"%s\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15+6-Debian-1deb12u1 mixed "
		"mode, sharing):\n\nThreads class SMR info:\n",
		text);
	for (const struct java_thread *t = java_threads; t->name; t++)
		count += t->id && java_has(t, life->self->role, life->self->collector);
	fprintf(out, "_java_thread_list=0x%016llx, length=%d, elements={", address(900), count);
	for (const struct java_thread *t = java_threads; t->name; t++)
		if (t->id && java_has(t, life->self->role, life->self->collector))
			fprintf(out, "%s0x%016llx", t->id == 1 ? "\n" : ", ", address(t->id));
	fputs("\n}\n\n", out);
}

void dump_threads(const struct life *life, FILE *out, bool with_locks)
{
	bool is_deadlocked = life->mode == MODE_DEADLOCK;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	double elapsed = (double)now.tv_sec + (double)now.tv_nsec / 1e9 - life->began;
	print_head(life, out);
	for (const struct java_thread *t = java_threads; t->name; t++) {
		if (!java_has(t, life->self->role, life->self->collector))
			continue;
		enum java_stack stack = java_stack_of(t, is_deadlocked);
		if (t->id) {
			print_java(out, t, stack, elapsed);
			if (with_locks)
				print_locks(out, t, stack);
		} else {
			fprintf(out,
				"\"%s\" os_prio=0 cpu=42.00ms elapsed=%.2fs tid=0x%016llx "
				"nid=0x%x runnable  \n",
				t->name, elapsed, address((int)(t - java_threads) + 1000),
				getpid() + (int)(t - java_threads));
		}
		fputc('\n', out);
	}
	fputs("JNI global refs: 26, weak refs: 0\n\n", out);
	if (is_deadlocked)
		print_deadlock(out);
	fflush(out);
}
