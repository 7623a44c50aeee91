/* threads.c - the threads of a driver or executor, as its UI tells them, for jobs that have a JVM:
 * the ones that its process's own dump shows (jvm/java_threads.h). 4.3 tells more of each. */
#include <stdio.h>

#include "answer.h"
#include "heap.h"
#include "job.h"
#include "jvm/java_threads.h"

static void write_frames(struct writer *writer, const struct job *job, enum java_stack stack)
{
	writer_object(writer, "stackTrace");
	writer_array(writer, "elems");
	for (const struct java_frame *f = java_stacks[stack]; f->method; f++) {
		char *text = heap_print("%s/%s(%s)%s", f->module ? f->module : "app/", f->method,
					f->place, job->is_v4 ? "\n" : "");
		writer_text(writer, NULL, text);
		heap_free(text);
	}
	writer_end(writer);
	writer_end(writer);
}

static void write_lock(struct writer *writer, const char *key, int holder)
{
	char *text = heap_print("Lock(java.util.concurrent.locks.ReentrantLock$NonfairSync@%d)",
				135367073 + holder);
	writer_text(writer, key, text);
	heap_free(text);
}

static void write_locks(struct writer *writer, const struct java_thread *thread,
			enum java_stack stack)
{
	int peer = thread->id == JAVA_LOCKED_ONE ? JAVA_LOCKED_OTHER : JAVA_LOCKED_ONE;

	if (stack == STACK_LOCK) {
		writer_int(writer, "blockedByThreadId", peer);
		write_lock(writer, "blockedByLock", peer);
	} else {
		writer_text(writer, "blockedByLock",
			    stack == STACK_PARK
				    ? "Lock(java.util.concurrent.locks.AbstractQueuedSynchronizer"
				      "$ConditionObject@667010214)"
				    : "");
	}
	writer_array(writer, "holdingLocks");
	if (stack == STACK_LOCK)
		write_lock(writer, NULL, thread->id);
	writer_end(writer);
}

static void write_more(struct writer *writer, const struct java_thread *thread)
{
	writer_array(writer, "synchronizers");
	writer_end(writer);
	writer_array(writer, "monitors");
	writer_end(writer);
	writer_bool(writer, "suspended", false);
	writer_bool(writer, "inNative", false);
	writer_bool(writer, "isDaemon", thread->is_daemon);
	writer_int(writer, "priority", thread->priority);
}

void answer_threads(struct answer *answer, const struct job *job, bool is_driver)
{
	static const enum collector collectors[] = {COLLECTOR_G1, COLLECTOR_PARALLEL,
						    COLLECTOR_SERIAL, COLLECTOR_Z};
	bool is_deadlocked = is_driver && fault_on(&job->faults, FAULT_DEADLOCK);
	struct writer *writer = &answer->body;

	writer_array(writer, NULL);
	for (const struct java_thread *t = java_threads; t->name; t++) {
		enum java_stack stack = java_stack_of(t, is_deadlocked);
		if (!t->id || !java_has(t, is_driver ? ROLE_DRIVER : ROLE_EXECUTOR,
					collectors[job->collector]))
			continue;
		writer_object(writer, NULL);
		writer_int(writer, "threadId", t->id);
		writer_text(writer, "threadName", t->name);
		writer_text(writer, "threadState", java_state(stack));
		write_frames(writer, job, stack);
		write_locks(writer, t, stack);
		if (job->is_v4)
			write_more(writer, t);
		writer_end(writer);
	}
	writer_end(writer);
}
