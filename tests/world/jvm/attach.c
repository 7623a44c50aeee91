/* attach.c - see attach.h. One command a connection, one after the other, as in HotSpot: whoever
 * does not read his answer blocks the next. */
#include "attach.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "dump.h"

#define ARGS 5 /* version, command and three arguments, each ended by a NUL */
#define REQUEST_BYTES 1024
#define SLOW_MS 100

static char path[64];
static int listener = -1;

static bool is_asked(void)
{
	char name[64];
	struct stat info;

	snprintf(name, sizeof(name), ".attach_pid%d", getpid());
	if (stat(name, &info) == 0 && info.st_uid == geteuid())
		return true;
	snprintf(name, sizeof(name), "/tmp/.attach_pid%d", getpid());
	return stat(name, &info) == 0 && info.st_uid == geteuid();
}

static bool read_request(int fd, char *bytes, const char **args)
{
	size_t used = 0;
	int ends = 0;

	while (ends < ARGS && used < REQUEST_BYTES) {
		ssize_t size = read(fd, bytes + used, 1);
		if (size <= 0)
			return false;
		ends += bytes[used++] == '\0';
	}
	for (int i = 0; i < ARGS; i++) {
		args[i] = bytes;
		bytes += strlen(bytes) + 1;
	}
	return ends == ARGS;
}

static void heap_info(const struct life *life, FILE *out)
{
	long long total = life->self->heap_bytes / 1024;

	fprintf(out,
		" garbage-first heap   total %lldK, used %lldK [0x%016llx, 0x0000000100000000)\n"
		"  region size 1024K, 70 young (71680K), 2 survivors (2048K)\n"
		" Metaspace       used 127350K, committed 128704K, reserved 1179648K\n"
		"  class space    used 16457K, committed 17088K, reserved 1048576K\n",
		total, total * life->used_pct / 100,
		0x100000000ULL - (unsigned long long)total * 1024);
}

static void obey(struct life *life, const char *const *args, FILE *out)
{
	const char *command = args[1], *first = args[2];

	if (strcmp(args[0], "1") != 0)
		fputs("101\n", out);
	else if (strcmp(command, "threaddump") == 0)
		fputs("0\n", out), dump_threads(life, out, strstr(first, "-l") != NULL);
	else if (strcmp(command, "jcmd") == 0 && strncmp(first, "Thread.print", 12) == 0)
		fputs("0\n", out), dump_threads(life, out, strstr(first, "-l") != NULL);
	else if (strcmp(command, "jcmd") == 0 && strcmp(first, "GC.heap_info") == 0)
		fputs("0\n", out), heap_info(life, out);
	else if (strcmp(command, "properties") == 0)
		fputs("0\njava.version=17.0.15\n", out);
	else
		fprintf(out, "-1\nOperation %s not recognized!\n", command);
}

static void *listen_all(void *data)
{
	struct life *life = data;
	char bytes[REQUEST_BYTES];
	const char *args[ARGS];

	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		gate_pass(&life->gate);
		while (life->is_attach_slow)
			poll(NULL, 0, SLOW_MS);
		FILE *out = read_request(fd, bytes, args) ? fdopen(fd, "w") : NULL;
		if (!out) {
			close(fd);
			continue;
		}
		obey(life, args, out);
		fclose(out);
	}
	return NULL;
}

static bool start_listening(struct life *life)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(path, sizeof(path), "/tmp/.java_pid%d", getpid());
	snprintf(own.sun_path, sizeof(own.sun_path), "%s.tmp", path);
	unlink(own.sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&own, sizeof(own)) || listen(fd, 5) ||
	    chmod(own.sun_path, 0600) || rename(own.sun_path, path))
		return false;
	listener = fd;
	thread_start("Attach Listener", listen_all, life);
	return true;
}

void attach_quit(struct life *life)
{
	bool can_attach = !life->self->is_closed;

	if (can_attach && is_asked() && (listener >= 0 || start_listening(life)))
		return;
	dump_threads(life, stdout, false);
}

void attach_remove(void)
{
	if (listener >= 0)
		unlink(path);
}
