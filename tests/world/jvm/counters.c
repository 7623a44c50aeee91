/* counters.c - see counters.h. The layout is of OpenJDK's perfMemory.hpp: a prologue of 32 bytes,
 * then entries, each with its name and its value behind its head; longs on 8 bytes. */
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counters_table.h"

#define FILE_BYTES 32768
#define JAVA_TEXT 1024 /* a command line is cut there */
#define KINDS 300

struct prologue {
	uint8_t magic[4];
	uint8_t byte_order, major, minor, is_accessible;
	int32_t used, overflow;
	int64_t modified_at;
	int32_t entry_offset, entry_count;
};

struct entry {
	int32_t size, name_offset, length;
	uint8_t type, flags, units, variability;
	int32_t data_offset;
};

struct counters {
	char path[128];
	char *bytes;
	int data_at[KINDS]; /* of each kind; 0: not this collector's */
};

static void join(char *out, char *const *argv, int from, int to)
{
	size_t used = 0;

	*out = '\0';
	for (int i = from; i < to && used < JAVA_TEXT; i++) {
		int n = snprintf(out + used, JAVA_TEXT - used, "%s%s", i > from ? " " : "",
				 argv[i]);
		used += (size_t)n;
	}
}

/* What a text begins with, in OUT of JAVA_TEXT bytes if it is this process's own. */
static const char *text_of(const struct counter_kind *kind, const struct self *self, char *out)
{
	if (strcmp(kind->name, "java.rt.vmArgs") == 0)
		join(out, self->argv, 1, self->main_at);
	else if (strcmp(kind->name, "sun.rt.javaCommand") == 0)
		join(out, self->argv, self->main_at, self->argc);
	else if (strcmp(kind->name, "java.property.java.class.path") == 0)
		snprintf(out, JAVA_TEXT, "%s", self->main_at > 2 ? self->argv[2] : "");
	else
		return kind->text;
	return out;
}

/* Writes the entry of KIND at AT; where its value lies. */
static int add_entry(char *at, const struct counter_kind *kind, const struct self *self)
{
	char own[JAVA_TEXT];
	struct entry entry = {.name_offset = sizeof(entry),
			      .type = kind->type,
			      .flags = kind->flags,
			      .units = kind->units,
			      .variability = kind->variability};
	int name_end = (int)(sizeof(entry) + strlen(kind->name) + 1);

	if (kind->type == 'J') {
		entry.data_offset = (name_end + 7) & ~7;
		entry.size = entry.data_offset + 8;
		memcpy(at + entry.data_offset, &kind->value, sizeof(kind->value));
	} else {
		const char *text = text_of(kind, self, own);
		entry.data_offset = name_end;
		entry.length = kind->room ? kind->room : (int)strlen(text) + 1;
		entry.size = (name_end + entry.length + 7) & ~7;
		memcpy(at + entry.data_offset, text, strlen(text));
	}
	memcpy(at, &entry, sizeof(entry));
	memcpy(at + sizeof(entry), kind->name, strlen(kind->name));
	return entry.data_offset;
}

static void fill(struct counters *counters, const struct self *self)
{
	struct prologue prologue = {.magic = {0xca, 0xfe, 0xc0, 0xc0},
				    .byte_order = 1,
				    .major = 2,
				    .is_accessible = 1,
				    .entry_offset = sizeof(prologue)};
	int at = sizeof(prologue);

	for (int i = 0; counter_kinds[i].name; i++) {
		if (!(counter_kinds[i].collectors & self->collector))
			continue;
		int data = add_entry(counters->bytes + at, &counter_kinds[i], self);
		struct entry entry;
		memcpy(&entry, counters->bytes + at, sizeof(entry));
		counters->data_at[i] = at + data;
		at += entry.size;
		prologue.entry_count++;
	}
	prologue.used = at;
	prologue.modified_at = 79324079;
	memcpy(counters->bytes, &prologue, sizeof(prologue));
}

static bool make_file(struct counters *counters)
{
	const struct passwd *user = getpwuid(geteuid());
	char folder[64];

	snprintf(folder, sizeof(folder), "/tmp/hsperfdata_%.40s", user ? user->pw_name : "nobody");
	snprintf(counters->path, sizeof(counters->path), "%s/%d", folder, getpid());
	if (mkdir(folder, 0755) && errno != EEXIST)
		return false;
	int fd = open(counters->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return false;
	bool is_sized = ftruncate(fd, FILE_BYTES) == 0;
	if (is_sized)
		counters->bytes = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return is_sized && counters->bytes != MAP_FAILED;
}

struct counters *counters_open(const struct self *self)
{
	struct counters *counters;

	if (!self->has_counters)
		return NULL;
	counters = calloc(1, sizeof(*counters));
	if (!counters || !make_file(counters)) {
		perror("hsperfdata");
		free(counters);
		return NULL;
	}
	fill(counters, self);
	return counters;
}

int counters_find(const struct counters *counters, const char *name)
{
	for (int i = 0; counters && counter_kinds[i].name; i++)
		if (counters->data_at[i] && strcmp(counter_kinds[i].name, name) == 0)
			return i;
	return -1;
}

void counters_set(struct counters *counters, int which, int64_t value)
{
	if (counters && which >= 0)
		__atomic_store_n((int64_t *)(void *)(counters->bytes + counters->data_at[which]),
				 value, __ATOMIC_RELAXED);
}

void counters_text(struct counters *counters, int which, const char *text)
{
	if (counters && which >= 0)
		snprintf(counters->bytes + counters->data_at[which],
			 (size_t)counter_kinds[which].room, "%s", text);
}

void counters_remove(struct counters *counters)
{
	if (counters)
		unlink(counters->path);
}
