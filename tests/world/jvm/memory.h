/* memory.h - makes a stand-in as big as the JVM it stands for, in the eyes of /proc: it maps one
 * sparse file again and again, whose pages are the same for all stand-ins of a world. */
#ifndef WORLD_JVM_MEMORY_H
#define WORLD_JVM_MEMORY_H

/* Adds about BYTES to the resident set, of the file PATH. */
void memory_fill(const char *path, long long bytes);

#endif
