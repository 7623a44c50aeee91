/* log.h - what a Spark JVM writes on its standard error, in the shape of its log4j pattern. */
#ifndef WORLD_JVM_LOG_H
#define WORLD_JVM_LOG_H

/* `26/11/20 20:28:22 LEVEL CLASS: MESSAGE` */
void log_record(const char *level, const char *class, const char *message);

/* As PySpark's drivers begin. */
void log_begin(void);

/* A task ran out of heap: the last words before exit 52. */
void log_task_oom(void);

/* The heap is so full that threads die one by one, the JVM lives on. */
void log_crippled(void);

#endif
