/* launcher.h - command lines of Spark's JVMs, word for word as its launcher writes them (those of
 * 3.5.9 and 4.3.0 were recorded). */
#ifndef WORLD_JVM_LAUNCHER_H
#define WORLD_JVM_LAUNCHER_H

#include <stdbool.h>
#include <stddef.h>

#define ARGS_MAX 128

/* An argument vector under construction; its words are owned and never freed one by one. */
struct args {
	char *v[ARGS_MAX];
	size_t n;
	bool is_v4; /* Spark 4.3, else 3.5 */
};

void args_add(struct args *args, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Words parted by blanks. */
void args_split(struct args *args, const char *words);

/* `JAVA -cp ...`, then OPTIONS. */
void launch_begin(struct args *args, const char *java, const char *options);

/* The options that Spark itself gives every JVM but the daemons of 3.5; a driver of 4.3 has one
 * more. */
void launch_opens(struct args *args, bool is_driver);

/* FILE in the folder of this program; the caller frees it. */
char *launch_beside(const char *file);

void args_free(struct args *args);

#endif
