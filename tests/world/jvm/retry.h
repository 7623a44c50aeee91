/* retry.h - how a PySpark job meets the death of its JVM: the call that was under way fails, then
 * it tries the dead session again and again, and says so. */
#ifndef WORLD_JVM_RETRY_H
#define WORLD_JVM_RETRY_H

/* Watches the connection FD to the gateway at PORT; retries each EVERY_MS once it is cut. */
void retry_watch(int fd, int port, int every_ms);

/* `2026-11-20 20:28:24 - migration_orchestrator - LEVEL - MESSAGE` on standard output. */
void retry_say(const char *level, const char *message);

#endif
